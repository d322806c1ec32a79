"""Readers and hand-made bags for the tests of archive.bags."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import stat
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import blake3

from archive.bags.validation import Verdict, validate
from archive.model.entries import Entry, EntryKind
from profiles.finding import Severity


@dataclass
class FolderReader:
    """A bag in a folder, listed before it is opened, links never followed."""

    root: Path

    def entries(self) -> Iterator[Entry]:
        base = os.fsencode(self.root)
        for folder, folders, files in os.walk(base):
            folders.sort()
            for name in sorted((*folders, *files)):
                full = os.path.join(folder, name)
                status = os.lstat(full)
                kind = _kind(status.st_mode)
                yield Entry(os.path.relpath(full, base), kind, status.st_size if kind is EntryKind.FILE else 0)

    def open(self, path: bytes) -> BinaryIO:
        return open(os.path.join(os.fsencode(self.root), path), "rb")


def _kind(mode: int) -> EntryKind:
    if stat.S_ISREG(mode):
        return EntryKind.FILE
    if stat.S_ISDIR(mode):
        return EntryKind.FOLDER
    return EntryKind.LINK if stat.S_ISLNK(mode) else EntryKind.FIFO if stat.S_ISFIFO(mode) else EntryKind.UNKNOWN


class _CountingStream(io.BytesIO):
    """Counts octets handed out, in small portions as a raw file may."""

    def __init__(self, data: bytes, count: Counter[bytes], path: bytes) -> None:
        super().__init__(data)
        self._count, self._path = count, path

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(min(size, 7) if size and size > 0 else size)
        self._count[self._path] += len(data)
        return data


@dataclass
class MemoryReader:
    """A bag in memory that counts what is read, and fails where told to."""

    files: Mapping[bytes, bytes]
    others: Mapping[bytes, EntryKind] = field(default_factory=dict)
    unreadable: frozenset[bytes] = frozenset()
    unlistable: bool = False
    read: Counter[bytes] = field(default_factory=Counter)
    opened: Counter[bytes] = field(default_factory=Counter)

    def entries(self) -> Iterator[Entry]:
        parts = [path.split(b"/") for path in self.files]
        folders = {b"/".join(p[:n]) for p in parts for n in range(1, len(p))}
        found = {path: Entry(path, EntryKind.FILE, len(data)) for path, data in self.files.items()}
        found |= {path: Entry(path, EntryKind.FOLDER) for path in folders}
        found |= {path: Entry(path, kind) for path, kind in self.others.items()}
        yield from (found[path] for path in sorted(found))
        if self.unlistable:
            raise OSError(errno.EACCES, os.strerror(errno.EACCES))

    def open(self, path: bytes) -> BinaryIO:
        self.opened[path] += 1
        if path in self.unreadable:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return _CountingStream(self.files[path], self.read, path)


def digest(algorithm: str, data: bytes) -> str:
    if algorithm == "blake3":
        return str(blake3.blake3(data).hexdigest())
    return hashlib.new(algorithm, data).hexdigest()


def lines(algorithm: str, files: Mapping[bytes, bytes], *, encoding: str = "utf-8") -> bytes:
    text = "".join(
        f"{digest(algorithm, data)}  {path.decode('utf-8', 'surrogateescape')}\n" for path, data in files.items()
    )
    return text.encode(encoding, "surrogateescape")


def declaration(version: str = "1.0", encoding: str = "UTF-8") -> bytes:
    return f"BagIt-Version: {version}\nTag-File-Character-Encoding: {encoding}\n".encode()


def bag(
    payload: Mapping[bytes, bytes] | None = None,
    *,
    version: str = "1.0",
    encoding: str = "UTF-8",
    algorithms: tuple[str, ...] = ("sha256",),
    tag_files: Mapping[bytes, bytes] | None = None,
    sealed: bool = True,
) -> dict[bytes, bytes]:
    """A bag; ``tag_files`` add to or replace its tag files before the tag manifest is made."""
    payload = {b"data/a.txt": b"alpha", b"data/b/c.txt": b"gamma"} if payload is None else dict(payload)
    tags = {b"bagit.txt": declaration(version, encoding)}
    for algorithm in algorithms:
        tags[f"manifest-{algorithm}.txt".encode()] = lines(algorithm, payload, encoding=encoding)
    tags |= tag_files or {}
    if sealed:
        tags[b"tagmanifest-sha256.txt"] = lines("sha256", tags, encoding=encoding)
    return payload | tags


def write(root: Path, files: Mapping[bytes, bytes]) -> Path:
    for path, data in files.items():
        full = os.path.join(os.fsencode(root), path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "wb") as file:
            file.write(data)
    return root


def judge(files: Mapping[bytes, bytes], **reader: object) -> Verdict:
    return validate(MemoryReader(files, **reader))  # type: ignore[arg-type]


def codes(verdict: Verdict, *severities: Severity) -> set[str]:
    return {finding.code for finding in verdict.findings if not severities or finding.severity in severities}


def errors(verdict: Verdict) -> set[str]:
    return codes(verdict, Severity.ERROR)


def warnings(verdict: Verdict) -> set[str]:
    return codes(verdict, Severity.WARNING)
