"""A backend of objects under keys, on a file system."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from archive import durable
from archive.errors import StorageError
from archive.model.digests import Digester


class FileSystemBackend:
    """Objects under keys below one folder: written whole or not at all, never overwritten, synced when acknowledged.

    A key is one or more parts joined by ``/``; ValueError for one that would leave the folder.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, key: str, data: bytes) -> None:
        """Store ``data``; FileExistsError if the key is taken."""
        self.put_stream(key, (data,))

    def put_stream(self, key: str, chunks: Iterable[bytes], *, sha256: str | None = None) -> int:
        """Store the joined ``chunks`` and answer their size in octets.

        Raises FileExistsError if the key is taken, StorageError if the bytes do not have the digest ``sha256``.
        """
        final = self._path(key)
        if final.exists():
            raise FileExistsError(f"{key} is stored already")
        make_folders(self.root, final.parent)
        temporary = final.with_name(f".{secrets.token_hex(8)}.tmp")
        digester = Digester(("sha256",))
        try:
            with open(temporary, "xb") as file:
                for chunk in chunks:
                    digester.update(chunk)
                    file.write(chunk)
                file.flush()
                durable.sync_file(file.fileno())
            if sha256 is not None and digester.digests()["sha256"] != sha256:
                raise StorageError(f"{key}: the bytes to store are not the bytes expected; nothing was stored")
            durable.publish(temporary, final)
        finally:
            temporary.unlink(missing_ok=True)
        return digester.size

    def open(self, key: str, *, offset: int = 0) -> BinaryIO:
        """A reading of the object from ``offset`` (octets) on; FileNotFoundError if there is none."""
        file = open(self._path(key), "rb")  # noqa: SIM115 - handed to the caller
        file.seek(offset)
        return file

    def read(self, key: str) -> bytes:
        """The object's bytes; FileNotFoundError if there is none."""
        return self._path(key).read_bytes()

    def size(self, key: str) -> int | None:
        """The object's size in octets, None if there is none."""
        try:
            return self._path(key).stat().st_size
        except FileNotFoundError:
            return None

    def keys(self, prefix: str) -> Iterator[str]:
        """Keys of the objects in the folder ``prefix``, in order; temporary files are no objects."""
        folder = self._path(prefix)
        if not folder.is_dir():
            return
        for name in sorted(os.listdir(folder)):
            if not name.startswith(".") and (folder / name).is_file():
                yield f"{prefix.rstrip('/')}/{name}"

    def delete(self, key: str) -> None:
        """Remove the object; nothing happens if there is none."""
        path = self._path(key)
        path.unlink(missing_ok=True)
        durable.sync_folder(path.parent)

    def _path(self, key: str) -> Path:
        parts = key.strip("/").split("/")
        if any(part in ("", ".", "..") or "\0" in part for part in parts):
            raise ValueError(f"not a key: {key!r}")
        return self.root.joinpath(*parts)


def make_folders(root: Path, folder: Path) -> None:
    """Make ``folder`` below ``root`` and sync every folder that was new."""
    missing = []
    while folder != root and not folder.exists():
        missing.append(folder)
        folder = folder.parent
    for path in reversed(missing):
        path.mkdir(exist_ok=True)
        durable.sync_folder(path.parent)
