"""Reaching what lies below a folder part by part: through no link, and however long the whole path is.

A path given to the system in one piece may go through a folder that somebody replaced by a link a moment ago, and may
be at most ``PATH_MAX`` long. A name inside a folder that is held open can do neither.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from io import FileIO
from types import TracebackType

from archive.storage.reading import open_quietly

_PASS = os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC | getattr(os, "O_PATH", os.O_RDONLY)
_HELD = 64
"""Folders held open at once; those of a deeper tree are reached anew from the last of them."""


def open_unlinked(path: bytes) -> FileIO:
    """As ``open_quietly``, for an absolute path of any length of which no part may be a link.

    Raises OSError; ValueError for a path that is not absolute or climbs (``..``).
    """
    root, *folders, name = path.split(b"/")
    if root or not name:
        raise ValueError(f"not the absolute path of a file: {path!r}")
    holder = _reach(None, [part for part in folders if part])
    try:
        return open_quietly(name, within=holder)
    finally:
        os.close(holder)


class Descent:
    """Looks at names below the folder ``root``, which is held open. The paths of folders below it end in ``/``."""

    def __init__(self, root: bytes) -> None:
        """Raises OSError where ``root`` is no folder that can be opened."""
        self.root = root
        self._held = [(b"", os.open(root, _PASS & ~os.O_NOFOLLOW))]

    def names(self, folder: bytes) -> list[bytes]:
        """The names in a folder, in order of their bytes; OSError where it cannot be listed or is no folder now."""
        holder = self._hold(folder)
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
        try:
            listed = os.open(b".", flags | getattr(os, "O_NOATIME", 0), dir_fd=holder)
        except PermissionError:  # only the owner may ask to leave the access time alone
            listed = os.open(b".", flags, dir_fd=holder)
        try:
            return sorted(os.fsencode(name) for name in os.listdir(listed))
        finally:
            os.close(listed)

    def status(self, folder: bytes, name: bytes) -> os.stat_result:
        """What ``lstat`` says of a name in a folder."""
        return os.stat(name, dir_fd=self._hold(folder), follow_symlinks=False)

    def target(self, folder: bytes, name: bytes) -> bytes:
        """Where the link ``name`` in a folder points."""
        return os.readlink(name, dir_fd=self._hold(folder))

    def __enter__(self) -> Descent:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        while self._held:
            os.close(self._held.pop()[1])

    def _hold(self, folder: bytes) -> int:
        """An open descriptor of a folder; of those above it that are held too, it is reached from the nearest."""
        while not folder.startswith(self._held[-1][0]):
            os.close(self._held.pop()[1])
        nearest, holder = self._held[-1]
        if nearest == folder:
            return holder
        reached = _reach(holder, folder[len(nearest) : -1].split(b"/"))
        if len(self._held) > _HELD:
            os.close(self._held.pop()[1])
        self._held.append((folder, reached))
        return reached


def _reach(start: int | None, parts: Sequence[bytes]) -> int:
    """A descriptor of the folder that ``parts`` lead to, from ``start`` (None: the root of all), through no link."""
    if b".." in parts:
        raise ValueError(f"a path that climbs: {parts!r}")
    here = os.open(b"/", _PASS) if start is None else os.dup(start)
    for part in parts:
        above = here
        try:
            here = os.open(part, _PASS, dir_fd=above)
        finally:
            os.close(above)
    return here
