"""Walking a tree by names that are bytes, never following a link, in one fixed order."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass

from archive.model.entries import EntryKind


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


def walk(root: bytes) -> Iterator[Walked]:
    """Every entry below ``root``, depth first, names in order of their bytes; folders before what they hold.

    A folder that cannot be listed is an entry with ``error``; the walk goes on. Raises OSError only for ``root``.
    """
    names = sorted(os.listdir(root))
    pending = [(root, name, b"") for name in reversed(names)]
    while pending:
        folder, name, prefix = pending.pop()
        full, path = os.path.join(folder, name), prefix + name
        found = _look(full, path)
        if found.kind is not EntryKind.FOLDER:
            yield found
            continue
        try:
            children = sorted(os.listdir(full))
        except OSError as error:
            yield _with_error(found, error)
            continue
        yield _folder(found, empty=not children)
        pending.extend((full, child, path + b"/") for child in reversed(children))


def _look(full: bytes, path: bytes) -> Walked:
    try:
        status = os.lstat(full)
        kind = kind_of(status.st_mode)
        target = os.readlink(full) if kind is EntryKind.LINK else None
    except OSError as error:
        return Walked(path, EntryKind.UNKNOWN, 0, 0, (0, 0), 0, error=error.strerror or str(error))
    size = status.st_size if kind is EntryKind.FILE else 0
    return Walked(path, kind, size, status.st_mtime_ns, (status.st_dev, status.st_ino), status.st_nlink, target)


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
