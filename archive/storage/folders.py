"""Folders of this machine: read as one package, written to, thrown away."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from archive import durable
from archive.model.digests import Digester
from archive.model.entries import Entry
from archive.storage.reading import open_from_medium
from archive.storage.walking import walk

Opener = Callable[[Path], BinaryIO]
"""Opens one file for reading; replaced where reading errors are injected."""


class DirectoryReader:
    """Reads the folder of one bag (the seam ``archive.bags.reader.BagReader``)."""

    def __init__(self, root: Path, *, opener: Opener = open_from_medium) -> None:
        self.root = root
        self._opener = opener
        self._plain_folder: bytes | None = None  # the folder last seen to be reached by no link: files come in runs

    @property
    def where(self) -> str:
        """The folder, in words for a person."""
        return str(self.root)

    def entries(self) -> Iterator[Entry]:
        """Every entry below the root in order of its bytes; links are named, never followed.

        Raises OSError, after everything else, where a folder could not be listed or a name not be looked at.
        """
        unlisted = None
        for found in walk(os.fsencode(self.root)):
            yield Entry(found.path, found.kind, found.size)
            if found.error is not None and unlisted is None:
                unlisted = OSError(errno.EIO, found.error, found.path)
        if unlisted is not None:
            raise unlisted

    def open(self, path: bytes) -> BinaryIO:
        """A fresh reading of the file at ``path`` (relative); OSError where it cannot be had."""
        return self._opener(self.within(path))

    def within(self, path: bytes) -> Path:
        """Where ``path`` lies; OSError if a link stands on the way and would lead out of the bag."""
        located = self.locate(path)
        holder = path.rpartition(b"/")[0]
        if holder != self._plain_folder:
            for folder in located.parents[: path.count(b"/")]:
                if folder.is_symlink():
                    raise OSError(errno.ELOOP, "a link stands in a folder's place", os.fspath(folder))
            self._plain_folder = holder
        return located

    def locate(self, path: bytes) -> Path:
        """Where ``path`` lies; ValueError if it would leave the bag."""
        if path.startswith(b"/") or b".." in path.split(b"/"):
            raise ValueError(f"outside the bag: {path!r}")
        return self.root / os.fsdecode(path)

    def modified(self, path: bytes) -> int:
        """The file's modification time in nanoseconds since 1970."""
        return os.stat(self.within(path), follow_symlinks=False).st_mtime_ns

    def size(self, path: bytes) -> int:
        """The size of a regular file in octets; OSError where there is none."""
        return self._regular(path)[1].st_size

    def local(self, path: bytes) -> Path:
        """Where a regular file lies; OSError where there is none."""
        return self._regular(path)[0]

    def _regular(self, path: bytes) -> tuple[Path, os.stat_result]:
        place = self.within(path)
        status = os.stat(place, follow_symlinks=False)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "not a regular file", os.fspath(place))
        return place, status


def copy_stream(chunks: Iterable[bytes], target: Path, *, mtime_ns: int, sync: bool) -> str:
    """Write the joined ``chunks`` to the new file ``target`` and answer their SHA-256."""
    digester = Digester(("sha256",))
    with open(target, "xb", buffering=0) as file:
        for chunk in chunks:
            digester.update(chunk)
            write_all(file.fileno(), chunk)
        os.utime(file.fileno(), ns=(mtime_ns, mtime_ns))
        if sync:
            durable.sync_file(file.fileno())
    return digester.digests()["sha256"]


def write_all(descriptor: int, data: bytes) -> None:
    """Write all of ``data``, however many calls that takes."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def discard(path: Path) -> None:
    """Remove a folder or file of ours that never became visible; nothing happens if there is none."""
    with contextlib.suppress(FileNotFoundError):
        if stat.S_ISDIR(os.lstat(path).st_mode):
            shutil.rmtree(path)
        else:
            path.unlink()


def make_folders(root: Path, folder: Path) -> None:
    """Make ``folder`` below ``root`` and sync every folder that was new."""
    missing = []
    while folder != root and not folder.exists():
        missing.append(folder)
        folder = folder.parent
    for path in reversed(missing):
        path.mkdir(exist_ok=True)
        durable.sync_folder(path.parent)
