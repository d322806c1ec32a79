"""A folder of ours as one stream of octets and back: a plain tar file (POSIX.1-2001), without owners and devices."""

from __future__ import annotations

import os
import stat
import tarfile
from collections.abc import Iterator
from pathlib import Path

from archive.errors import StorageError
from archive.model.digests import CHUNK
from archive.storage.folders import copy_stream
from archive.storage.reading import open_quietly


def tar_stream(root: Path) -> Iterator[bytes]:
    """The regular files below ``root`` as a tar file, in the order of their names, under the folder's own name.

    Raises StorageError where something else than files and folders lies there, or a file changes meanwhile.
    """
    for path in sorted(root.rglob("*"), key=lambda found: os.fsencode(found)):
        status = path.lstat()
        if stat.S_ISDIR(status.st_mode):
            continue
        if not stat.S_ISREG(status.st_mode):
            raise StorageError(f"{path} is no file")
        entry = tarfile.TarInfo(f"{root.name}/{path.relative_to(root).as_posix()}")
        entry.size, entry.mtime, entry.mode = status.st_size, int(status.st_mtime), 0o644
        yield entry.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")
        yield from _octets(path, status.st_size)
    yield bytes(2 * tarfile.BLOCKSIZE)


def _octets(path: Path, size: int) -> Iterator[bytes]:
    left = size
    with open_quietly(path) as file:
        while chunk := file.read(CHUNK):
            left -= len(chunk)
            yield chunk
    if left:
        raise StorageError(f"{path} changed while it was read")
    yield bytes(-size % tarfile.BLOCKSIZE)


def untar(source: Path, target: Path) -> None:
    """Unpack the tar file ``source`` that ``tar_stream`` made into the folder ``target``.

    Nothing is written outside of it, and nothing but regular files: StorageError where that is asked for. A stream that
    was cut between two files is not noticed here.
    """
    try:
        with tarfile.open(source, "r:", encoding="utf-8", errors="surrogateescape") as archive:
            for entry in archive:
                _unpack(archive, entry, target)
    except tarfile.TarError as error:
        raise StorageError(f"{source} is no tar file that can be read: {error}") from error


def _unpack(archive: tarfile.TarFile, entry: tarfile.TarInfo, target: Path) -> None:
    parts = entry.name.split("/")
    content = archive.extractfile(entry) if entry.isreg() else None
    if content is None or any(part in ("", ".", "..") for part in parts):
        raise StorageError(f"the tar file holds {entry.name!r}, which is no file of a package")
    place = target.joinpath(*parts)
    place.parent.mkdir(parents=True, exist_ok=True)
    with content:
        chunks = iter(lambda: content.read(CHUNK), b"")
        copy_stream(chunks, place, mtime_ns=int(entry.mtime) * 1_000_000_000, sync=False)
