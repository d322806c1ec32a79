"""Walking a tree by names that are bytes, never following a link, in one fixed order."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from dataclasses import dataclass

from archive.model.entries import EntryKind
from archive.storage.descent import Descent


@dataclass(frozen=True, slots=True)
class Walked:
    """One name below a root, with what ``lstat`` says. ``error`` tells why a folder or entry could not be looked at."""

    path: bytes
    kind: EntryKind
    size: int
    mtime_ns: int
    inode: tuple[int, int]
    links: int
    target: bytes | None = None
    empty: bool = False
    error: str | None = None
    allocated: int | None = None
    """Octets that a file takes on its disk, where the system says so; fewer than ``size`` where it has holes."""


LONGEST = 32_767
"""Octets of the longest path that is looked at: as many units as NTFS allows, eight times what Linux takes at once."""


def walk(root: bytes) -> Iterator[Walked]:
    """Every entry below ``root``, depth first, names in order of their bytes; folders before what they hold.

    A folder that cannot be listed is an entry with ``error``; the walk goes on. It never leaves ``root``, whatever
    others put in a folder's place meanwhile. Raises OSError only for ``root``.
    """
    with Descent(root) as descent:
        pending = [(b"", name) for name in reversed(descent.names(b""))]
        while pending:
            folder, name = pending.pop()
            found = _look(descent, folder, name)
            if found.kind is not EntryKind.FOLDER:
                yield found
                continue
            below = found.path + b"/"
            try:
                children = descent.names(below)
            except OSError as error:
                yield _with_error(found, error)
                continue
            yield _folder(found, empty=not children)
            pending.extend((below, child) for child in reversed(children))


def _look(descent: Descent, folder: bytes, name: bytes) -> Walked:
    path = folder + name
    try:
        if len(path) > LONGEST:
            raise OSError(f"its path is longer than {LONGEST:,} octets")
        status = descent.status(folder, name)
        kind = kind_of(status.st_mode)
        target = descent.target(folder, name) if kind is EntryKind.LINK else None
    except OSError as error:
        return Walked(path, EntryKind.UNKNOWN, 0, 0, (0, 0), 0, error=error.strerror or str(error))
    size = status.st_size if kind is EntryKind.FILE else 0
    blocks = getattr(status, "st_blocks", None) if kind is EntryKind.FILE else None
    allocated = None if blocks is None else 512 * blocks
    inode = (status.st_dev, status.st_ino)
    return Walked(path, kind, size, status.st_mtime_ns, inode, status.st_nlink, target, allocated=allocated)


def _folder(found: Walked, *, empty: bool) -> Walked:
    return Walked(found.path, found.kind, 0, found.mtime_ns, found.inode, found.links, empty=empty)


def _with_error(found: Walked, error: OSError) -> Walked:
    reason = error.strerror or str(error)
    return Walked(found.path, found.kind, 0, found.mtime_ns, found.inode, found.links, error=reason)


def kind_of(mode: int) -> EntryKind:
    """What a file mode (``st_mode``) stands for."""
    for test, kind in (
        (stat.S_ISREG, EntryKind.FILE),
        (stat.S_ISDIR, EntryKind.FOLDER),
        (stat.S_ISLNK, EntryKind.LINK),
        (stat.S_ISFIFO, EntryKind.FIFO),
        (stat.S_ISSOCK, EntryKind.SOCKET),
    ):
        if test(mode):
            return kind
    return EntryKind.DEVICE
