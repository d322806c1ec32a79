"""A backend of objects under keys, on a file system."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, cast

from archive import durable
from archive.errors import StorageError
from archive.model.digests import Digester
from archive.model.entries import Entry
from archive.storage.backend import Bounded, Capabilities, key_parts
from archive.storage.folders import Opener, make_folders
from archive.storage.walking import kind_of, walk


def _open(path: Path) -> BinaryIO:
    return open(path, "rb")


class FileSystemBackend:
    """Objects under keys below one folder: written whole or not at all, never overwritten, synced when acknowledged.

    ``opener`` opens objects for reading: ``open_from_medium`` where what was written is to be read back.
    """

    capabilities = Capabilities(atomic_rename=True, versions=False, lock=False, local_path=True)

    def __init__(self, root: Path, *, opener: Opener = _open) -> None:
        self.root = root
        self._opener = opener

    def where(self, key: str = "") -> str:
        """The path."""
        return str(self._path(key) if key else self.root)

    def offline(self) -> str | None:
        """Why the folder is not there, or None."""
        try:
            return None if self.root.is_dir() else f"{self.root} is not there"
        except OSError as error:
            return f"{self.root} cannot be looked at ({error})"

    def obstacle(self) -> str | None:
        """Why the folder can be no store: something else has its name, or it would stand in none."""
        if self.root.is_dir():
            return None
        if self.root.exists():
            return "it is no folder"
        return None if self.root.parent.is_dir() else "the folder above it is missing"

    def prepare(self) -> None:
        """Make the folder in one that exists."""
        obstacle = self.obstacle()
        if obstacle is not None:
            raise FileNotFoundError(errno.ENOENT, obstacle, str(self.root))
        self.root.mkdir(exist_ok=True)

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

    def open(self, key: str, *, offset: int = 0, length: int | None = None) -> BinaryIO:
        """A reading of the object from ``offset`` on, of ``length`` octets; FileNotFoundError if there is none."""
        file = self._opener(self._path(key))
        file.seek(offset)
        return file if length is None else cast(BinaryIO, Bounded(file, length))

    def read(self, key: str) -> bytes:
        """The object's bytes; FileNotFoundError if there is none."""
        return self._path(key).read_bytes()

    def stat(self, key: str) -> Entry | None:
        """What stands under the key, by itself: a link is a link."""
        try:
            status = os.lstat(self._path(key))
        except (FileNotFoundError, NotADirectoryError):
            return None
        return Entry(key.encode("utf-8", "surrogateescape"), kind_of(status.st_mode), status.st_size)

    def keys(self, prefix: str) -> Iterator[str]:
        """Keys of the objects in the folder ``prefix``, in order; temporary files are no objects."""
        folder = self._path(prefix)
        if not folder.is_dir():
            return
        for name in sorted(os.listdir(folder)):
            if not name.startswith(".") and (folder / name).is_file():
                yield f"{prefix.rstrip('/')}/{name}"

    def entries(self, prefix: str = "") -> Iterator[Entry]:
        """Everything below the folder ``prefix``, by names in bytes, following no link."""
        folder = self._path(prefix) if prefix else self.root
        if not folder.is_dir():
            return
        above = os.fsencode(prefix.strip("/") + "/") if prefix else b""
        unlisted = None
        for found in walk(os.fsencode(folder)):
            yield Entry(above + found.path, found.kind, found.size)
            if found.error is not None and unlisted is None:
                unlisted = OSError(errno.EIO, found.error, above + found.path)
        if unlisted is not None:
            raise unlisted

    def move(self, source: str, target: str) -> None:
        """Rename within the folder; FileExistsError if the new key is taken."""
        origin, final = self._path(source), self._path(target)
        if not os.path.lexists(origin):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(origin))
        make_folders(self.root, final.parent)
        durable.publish(origin, final)

    def delete(self, key: str) -> None:
        """Remove the object; nothing happens if there is none."""
        path = self._path(key)
        path.unlink(missing_ok=True)
        if path.parent.is_dir():
            durable.sync_folder(path.parent)

    def _path(self, key: str) -> Path:
        return self.root.joinpath(*key_parts(key))
