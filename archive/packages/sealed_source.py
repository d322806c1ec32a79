"""A sealed package from which something is taken over into another one: only what is as it was sealed."""

from __future__ import annotations

import os
from collections.abc import Iterator

from archive.errors import StorageError
from archive.model.digests import CHUNK, Digester, sha256_hex
from archive.model.names import shown
from archive.packages.folder import PackageFolder
from archive.packages.sealed import Promise, read_small
from archive.storage.location import PackageReader


class SealedSource:
    """A replica from which only what was sealed is taken."""

    def __init__(self, reader: PackageReader, promise: Promise) -> None:
        self._reader = reader
        self._promise = promise

    def data(self, path: bytes) -> bytes:
        """A small file, checked; StorageError where it is not what was sealed."""
        data = read_small(self._reader, path)
        expected = self._promise.files.get(path)
        if data is None or expected is None or sha256_hex(data) != expected.sha256:
            raise _not_as_sealed(path)
        return data

    def copy(self, path: bytes, folder: PackageFolder) -> None:
        """Copy a file into a new package under the same path, checked in the same reading."""
        expected = self._promise.files.get(path)
        digester = Digester(folder.algorithms)
        target = folder.root / os.fsdecode(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        mtime_ns = self._reader.modified(path)
        with self._reader.open(path) as stream, open(target, "xb") as out:
            while chunk := stream.read(CHUNK):
                digester.update(chunk)
                out.write(chunk)
        os.utime(target, ns=(mtime_ns, mtime_ns))
        found = digester.digests()
        if expected is None or (found["sha256"], found["blake3"]) != (expected.sha256, expected.blake3):
            raise _not_as_sealed(path)
        folder.add(path.decode(), size=digester.size, digests=found)

    def lines(self, path: bytes) -> Iterator[bytes]:
        """The lines of a file of any size, each with its line feed; StorageError at the end where it is not right."""
        digester = Digester(("sha256",))
        rest = b""
        with self._reader.open(path) as stream:
            while chunk := stream.read(CHUNK):
                digester.update(chunk)
                *whole, rest = (rest + chunk).split(b"\n")
                yield from (line + b"\n" for line in whole)
        if rest:
            yield rest
        expected = self._promise.files.get(path)
        if expected is None or digester.digests()["sha256"] != expected.sha256:
            raise _not_as_sealed(path)


def _not_as_sealed(path: bytes) -> StorageError:
    return StorageError(
        f"{shown(path)} of the package to be divided is not what was sealed",
        hint="run archive audit, then give the same command again; nothing was changed",
    )
