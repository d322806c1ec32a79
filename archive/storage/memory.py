"""A store and a location that live in memory alone: what a test needs of a place, and the seam at its shortest."""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from archive import durable
from archive.errors import StorageError
from archive.model.digests import Digester, sha256_hex
from archive.model.entries import Entry, EntryKind
from archive.storage.backed import BackedLocation
from archive.storage.backend import Capabilities, key_parts
from archive.storage.copying import octets_of, read_from
from archive.storage.folders import DirectoryReader, discard
from archive.storage.location import INCOMING, SET_ASIDE, Check, PackageReader
from archive.storage.tar_format import folders_above

MEMORY = "memory"


class MemoryBackend:
    """Objects in a dictionary. ``absent`` says why they cannot be reached, while it is not None."""

    capabilities = Capabilities(atomic_rename=True, versions=False, lock=False, local_path=False)

    def __init__(self, name: str = MEMORY) -> None:
        self.name = name
        self.objects: dict[str, bytes] = {}
        self.times: dict[str, int] = {}
        self.absent: str | None = None

    def where(self, key: str = "") -> str:
        """``memory:NAME/KEY``."""
        return f"{MEMORY}:{self.name}/{key}" if key else f"{MEMORY}:{self.name}"

    def offline(self) -> str | None:
        """What ``absent`` says."""
        return self.absent

    def obstacle(self) -> str | None:
        """None: there is always room for a dictionary."""
        return self.absent

    def prepare(self) -> None:
        """Nothing is to be made."""
        self._reach()

    def put(self, key: str, data: bytes) -> None:
        """Keep the data."""
        self.put_stream(key, (data,))

    def put_stream(self, key: str, chunks: Iterable[bytes], *, sha256: str | None = None) -> int:
        """Keep the joined chunks."""
        key = self._key(key)
        self._require_free(key)
        digester, parts = Digester(("sha256",)), list[bytes]()
        for chunk in chunks:
            digester.update(chunk)
            parts.append(bytes(chunk))
        if sha256 is not None and digester.digests()["sha256"] != sha256:
            raise StorageError(f"{key}: the bytes to store are not the bytes expected; nothing was stored")
        durable.promise(f"publish {key.rpartition('/')[2]}")
        self._require_free(key)
        self.objects[key] = b"".join(parts)
        return digester.size

    def open(self, key: str, *, offset: int = 0, length: int | None = None) -> BinaryIO:
        """A reading of a part of the data."""
        data = self.read(key)
        return io.BytesIO(data[offset : None if length is None else offset + length])

    def read(self, key: str) -> bytes:
        """The data."""
        found = self.objects.get(self._key(key))
        if found is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), self.where(key))
        return found

    def stat(self, key: str) -> Entry | None:
        """What stands there: an object, or a folder where objects have longer keys."""
        key = self._key(key)
        if key in self.objects:
            return Entry(os.fsencode(key), EntryKind.FILE, len(self.objects[key]))
        return Entry(os.fsencode(key), EntryKind.FOLDER) if self._below(key) else None

    def keys(self, prefix: str) -> Iterator[str]:
        """Keys directly in the folder."""
        folder = self._key(prefix)
        yield from (key for key in self._below(folder) if "/" not in key[len(folder) + 1 :])

    def entries(self, prefix: str = "") -> Iterator[Entry]:
        """Every object below the folder, and the folders that their keys speak of."""
        self._reach()
        folder = self._key(prefix) if prefix else ""
        inside = {os.fsencode(key): len(self.objects[key]) for key in (self._below(folder) if prefix else self.objects)}
        above = {path for path in folders_above(inside) if len(path) > len(os.fsencode(folder))}
        for path in sorted(inside.keys() | above):
            yield Entry(path, EntryKind.FILE, inside[path]) if path in inside else Entry(path, EntryKind.FOLDER)

    def move(self, source: str, target: str) -> None:
        """Rename an object, or a folder with everything in it."""
        source, target = self._key(source), self._key(target)
        moved = [source] if source in self.objects else self._below(source)
        if not moved:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), self.where(source))
        durable.promise(f"publish {target.rpartition('/')[2]}")
        self._require_free(target)
        for key in moved:
            self.objects[target + key[len(source) :]] = self.objects.pop(key)
            if key in self.times:
                self.times[target + key[len(source) :]] = self.times.pop(key)

    def delete(self, key: str) -> None:
        """Forget the object."""
        self.objects.pop(self._key(key), None)
        self.times.pop(key, None)

    def _below(self, folder: str) -> list[str]:
        return sorted(key for key in self.objects if key.startswith(f"{folder}/"))

    def _require_free(self, key: str) -> None:
        if key in self.objects or self._below(key):
            raise FileExistsError(f"{key} is stored already")

    def _key(self, key: str) -> str:
        self._reach()
        return "/".join(key_parts(key))

    def _reach(self) -> None:
        if self.absent is not None:
            raise OSError(errno.ENXIO, self.absent)


class MemoryReader:
    """Reads a package whose files are objects below the key ``root``."""

    def __init__(self, backend: MemoryBackend, root: str) -> None:
        self._backend = backend
        self._root = root

    @property
    def where(self) -> str:
        """Where the package lies."""
        return self._backend.where(self._root)

    def entries(self) -> Iterator[Entry]:
        """Every file, and the folders that they stand in."""
        begin = len(os.fsencode(self._root)) + 1
        found = list(self._backend.entries(self._root))
        if not found:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), self.where)
        yield from (Entry(entry.path[begin:], entry.kind, entry.size) for entry in found)

    def open(self, path: bytes) -> BinaryIO:
        """A reading of one file."""
        return self._backend.open(self._key(path))

    def modified(self, path: bytes) -> int:
        """The time that was kept with it."""
        self.size(path)
        return self._backend.times.get(self._key(path), 0)

    def size(self, path: bytes) -> int:
        """Its length."""
        return len(self._backend.read(self._key(path)))

    def local(self, path: bytes) -> Path | None:
        """None: it is no file."""
        self.size(path)
        return None

    def _key(self, path: bytes) -> str:
        if path.startswith(b"/") or b".." in path.split(b"/"):
            raise ValueError(f"outside the package: {path!r}")
        return f"{self._root}/{os.fsdecode(path)}"


class MemoryLocation(BackedLocation):
    """A location whose packages are kept file by file in a ``MemoryBackend``."""

    __slots__ = ()

    backend: MemoryBackend

    @property
    def form(self) -> str:
        """``memory``."""
        return MEMORY

    @property
    def repairs_files(self) -> bool:
        """It does: each is an object of its own."""
        return True

    def reader(self, key: str) -> MemoryReader:
        """A reader of the package stored under ``key``."""
        return MemoryReader(self.backend, key)

    def holds(self, key: str) -> bool:
        """Whether files lie below ``key``."""
        stands = self.backend.stat(key)
        return stands is not None and stands.kind is EntryKind.FOLDER

    def occupied(self, key: str) -> bool:
        """Whether anything does."""
        return self.backend.stat(key) is not None

    def copy_in(self, source: PackageReader, key: str, *, check: Check) -> None:
        """Copy, check, rename."""
        incoming = self._bring(source, key, check=check)
        with self._discarding(incoming):
            self.backend.move(incoming, key)

    def take_in(self, folder: Path, key: str, *, check: Check) -> None:
        """Copy the folder, then throw it away."""
        self.copy_in(DirectoryReader(folder), key, check=check)
        discard(folder)

    def exchange(self, source: PackageReader, key: str, *, check: Check, incident: str) -> str | None:
        """Copy, check, set aside, rename."""
        incoming = self._bring(source, key, check=check)
        with self._discarding(incoming):
            aside = self.set_aside(key, None, incident=incident)
            self.backend.move(incoming, key)
        return aside

    def exchange_file(self, source: PackageReader, key: str, path: bytes, *, sha256: str, incident: str) -> str | None:
        """Copy one file, check its digest, set aside what stands there, rename."""
        incoming = f"{INCOMING}/{key.rpartition('/')[2]}.file"
        with self._discarding(incoming):
            data = b"".join(octets_of(source, path))
            if sha256_hex(data) != sha256:
                raise StorageError(f"location '{self.name}': the bytes for {path!r} did not arrive as they should")
            self._keep(incoming, data, source.modified(path))
            aside = self.set_aside(key, path, incident=incident)
            self.backend.move(incoming, f"{key}/{os.fsdecode(path)}")
        return aside

    def set_aside(self, key: str, path: bytes | None, *, incident: str) -> str | None:
        """Rename what stands there."""
        name = key.rpartition("/")[2] if path is None else os.fsdecode(path)
        origin = key if path is None else f"{key}/{name}"
        with self._troubled():
            kept, free = self._free_place(name, incident)
            if self.backend.stat(origin) is not None:
                self.backend.move(origin, free)
                kept = free
        return kept

    def remove(self, key: str, *, incidents: Iterable[str]) -> None:
        """Forget all of it."""
        with self._troubled():
            for place in (key, *(f"{SET_ASIDE}/{incident}" for incident in incidents), INCOMING):
                self._delete_below(place)

    def _key_of(self, entry: Entry) -> str | None:
        parts = os.fsdecode(entry.path).split("/")
        return "/".join(parts) if len(parts) == 2 and len(parts[0]) == 2 else None

    def _is_of_package(self, key: str) -> bool:
        return True

    def _bring(self, source: PackageReader, key: str, *, check: Check) -> str:
        incoming = f"{INCOMING}/{key.rpartition('/')[2]}"
        with self._discarding(incoming):
            self._delete_below(incoming)
            for entry in read_from(source, source.entries()):
                if entry.kind is EntryKind.FILE:
                    data = b"".join(octets_of(source, entry.path))
                    self._keep(f"{incoming}/{os.fsdecode(entry.path)}", data, source.modified(entry.path))
                elif entry.kind is not EntryKind.FOLDER:
                    raise StorageError(f"{entry.path!r} in a sealed package is no file")
            check(MemoryReader(self.backend, incoming))
        return incoming

    def _keep(self, key: str, data: bytes, mtime_ns: int) -> None:
        self.backend.delete(key)
        self.backend.put(key, data)
        self.backend.times[key] = mtime_ns

    def _discard(self, incoming: str) -> None:
        self.backend.delete(incoming)
        self._delete_below(incoming)
