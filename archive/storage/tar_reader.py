"""Reading a package that lies as one tar file, by where each member begins, without unpacking anything."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from archive.model.digests import CHUNK
from archive.model.entries import Entry, EntryKind
from archive.storage.backend import StorageBackend
from archive.storage.tar_format import BLOCK, END, Header, folders_above, padding, parse_header, parse_plain

_STRAYING = frozenset({b"", b".", b".."})
"""Parts of a path that no file in a package has."""


@dataclass(frozen=True, slots=True)
class Member:
    """One file in a tar file: where its octets begin, how many they are, and what ``entries`` says of it."""

    offset: int
    size: int
    mtime_ns: int
    kind: EntryKind


@dataclass(slots=True)
class Index:
    """Where everything lies in one tar file. ``odd`` are stretches, from and to, that are no part of such a file."""

    members: dict[bytes, Member] = field(default_factory=dict)
    odd: list[tuple[int, int]] = field(default_factory=list)


class TarReader:
    """Reads the package in the object ``key``, whose members lie below the folder ``root``."""

    def __init__(self, backend: StorageBackend, key: str, root: str) -> None:
        self._backend = backend
        self._key = key
        self._root = os.fsencode(root) + b"/"
        self._index: Index | None = None

    @property
    def where(self) -> str:
        """Where the object lies."""
        return self._backend.where(self._key)

    def entries(self) -> Iterator[Entry]:
        """Every member, the folders they stand in, and what is no part of such a file, in order of their bytes.

        A member whose header or padding is not as it was written, that is cut short or stands there twice has the kind
        DAMAGED; so has a stretch of octets that no member accounts for, under a name that says where it is.
        """
        index = self._indexed()
        found = {path: Entry(path, member.kind, member.size) for path, member in index.members.items()}
        found |= {path: Entry(path, EntryKind.FOLDER) for path in folders_above(found) if path not in found}
        for begin, end in index.odd:
            path = b"(octets %d to %d)" % (begin, end - 1)
            found[path] = Entry(path, EntryKind.DAMAGED, end - begin)
        yield from (found[path] for path in sorted(found))

    def open(self, path: bytes) -> BinaryIO:
        """A reading of one member, also of one that is damaged; OSError where there is none."""
        member = self._member(path)
        return self._backend.open(self._key, offset=member.offset, length=member.size)

    def modified(self, path: bytes) -> int:
        """The time in its header."""
        return self._member(path).mtime_ns

    def size(self, path: bytes) -> int:
        """The size in its header."""
        return self._member(path).size

    def local(self, path: bytes) -> Path | None:
        """None: members are no files of their own."""
        self._member(path)
        return None

    def _member(self, path: bytes) -> Member:
        if path.startswith(b"/") or b".." in path.split(b"/"):
            raise ValueError(f"outside the package: {path!r}")
        member = self._indexed().members.get(path)
        if member is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), f"{self.where}/{os.fsdecode(path)}")
        if member.kind not in (EntryKind.FILE, EntryKind.DAMAGED):
            raise OSError(errno.EINVAL, "not a regular file", f"{self.where}/{os.fsdecode(path)}")
        return member

    def _indexed(self) -> Index:
        if self._index is None:
            stands = self._backend.stat(self._key)
            if stands is None:
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), self.where)
            if stands.kind is not EntryKind.FILE:
                raise OSError(errno.EINVAL, "not a regular file", self.where)
            with self._backend.open(self._key) as file:
                self._index = _Indexing(file, stands.size, self._root).run()
        return self._index


class _Indexing:
    """Goes from header to header; where one is damaged, on from the next that is not."""

    def __init__(self, file: BinaryIO, size: int, root: bytes) -> None:
        self._file = file
        self._size = size
        self._root = root
        self._index = Index()

    def run(self) -> Index:
        at = 0
        while at < self._size:
            block = self._read(at, BLOCK)
            if block == END[:BLOCK] and self._size - at == len(END) and self._read(at, len(END)) == END:
                return self._index
            header = self._header(at, block)
            if header is None:
                following = self._next_header(at + BLOCK)
                self._index.odd.append((at, following))
                at = following
            else:
                at = self._take(at, header)
        self._index.odd.append((self._size, self._size + len(END)))  # the end is missing
        return self._index

    def _take(self, at: int, header: Header) -> int:
        """Put a member into the index; where the next header should begin."""
        offset = at + header.length
        gap = padding(header.size)
        end = offset + header.size + len(gap)
        kind = header.kind
        path = header.name.removeprefix(self._root).rstrip(b"/")
        inside = header.name == self._root + path and not _STRAYING.intersection(path.split(b"/"))
        whole = end <= self._size and self._read(offset + header.size, len(gap)) == gap
        if kind is EntryKind.FOLDER or (kind is EntryKind.FILE and not (header.exact and whole and inside)):
            kind = EntryKind.DAMAGED  # folders have no members of their own
        if path in self._index.members:
            self._index.odd.append((at, min(end, self._size)))
            kind = EntryKind.DAMAGED
        self._index.members[path] = Member(offset, header.size, header.mtime_ns, kind)
        return end

    def _header(self, at: int, block: bytes) -> Header | None:
        parsed = parse_header(block)
        if isinstance(parsed, int):
            parsed = parse_header(self._read(at, parsed))
        return parsed if isinstance(parsed, Header) else None

    def _next_header(self, at: int) -> int:
        """Where the next block that is a header, or the end, begins; the file's size if there is none."""
        while at < self._size:
            octets = self._read(at, CHUNK)
            for step in range(0, len(octets), BLOCK):
                if parse_plain(octets[step : step + BLOCK]) is not None or self._size - at - step == len(END):
                    return at + step
            at += len(octets) or self._size
        return self._size

    def _read(self, at: int, length: int) -> bytes:
        """The octets there, fewer only at the end of the file."""
        self._file.seek(at)
        octets = self._file.read(length)
        while len(octets) < length and (more := self._file.read(length - len(octets))):
            octets += more
        return octets
