"""What stands in a delivery twice: names that some disks take for one, and files under several names. On disk."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from itertools import groupby, islice
from pathlib import Path

from archive.ingest.scratch import scratch_database, writing_scratch
from archive.model.names import twin_key

_SCHEMA = """
CREATE TABLE name (key BLOB NOT NULL, path BLOB NOT NULL) STRICT;
CREATE TABLE link (device TEXT NOT NULL, inode TEXT NOT NULL, size INTEGER NOT NULL, path BLOB NOT NULL) STRICT;
"""
_BATCH = 5_000
_MOST = 100  # names of one group that are looked at


@dataclass(frozen=True, slots=True)
class Twins:
    """Names in one folder that a disk may take for one; ``capitals`` whether they differ in capitals."""

    paths: tuple[bytes, ...]
    capitals: bool


@dataclass(frozen=True, slots=True)
class HardLinks:
    """One file of ``size`` octets that stands under several names, ``count`` of them in this delivery."""

    first: bytes
    count: int
    size: int


class Twice:
    """Takes every entry of a walk; its memory does not grow with the tree."""

    def __init__(self, scratch: Path | None) -> None:
        self._database = scratch_database(scratch, _SCHEMA)
        self._names: list[tuple[bytes, bytes]] = []
        self._links: list[tuple[str, str, int, bytes]] = []

    def add_name(self, folder: bytes, base: bytes, path: bytes) -> None:
        """Take one name of any kind; ``path`` is ``folder`` and ``base`` together."""
        folded = base.lower() if base.isascii() else twin_key(_text(base)).encode("utf-8", "surrogatepass")
        key = blake2b(folded, digest_size=8, key=blake2b(folder, digest_size=16).digest()).digest()
        self._names.append((key, path))
        if len(self._names) >= _BATCH:
            self._flush()

    def add_link(self, inode: tuple[int, int], size: int, path: bytes) -> None:
        """Take one name of a file that has several, wherever the others are."""
        device, number = inode
        self._links.append((str(device), str(number), size, path))
        if len(self._links) >= _BATCH:
            self._flush()

    def twins(self) -> Iterator[Twins]:
        """Each group of names that a disk may take for one."""
        self._flush()
        query = (
            "SELECT key, path FROM name WHERE key IN (SELECT key FROM name GROUP BY key HAVING COUNT(*) > 1) "
            "ORDER BY key, path"
        )
        for _, rows in groupby(self._database.execute(query), key=lambda row: row[0]):
            paths = [path for _, path in islice(rows, _MOST)]
            forms = {unicodedata.normalize("NFC", _text(path.rpartition(b"/")[2])) for path in paths}
            yield Twins(tuple(paths), capitals=len(forms) > 1)

    def hard_links(self) -> Iterator[HardLinks]:
        """Each file with several names in the delivery."""
        self._flush()
        query = (
            "SELECT MIN(path), COUNT(*), MAX(size) FROM link GROUP BY device, inode HAVING COUNT(*) > 1 "
            "ORDER BY MIN(path)"
        )
        for first, count, size in self._database.execute(query):
            yield HardLinks(first, count, size)

    def _flush(self) -> None:
        with writing_scratch(self._database):
            self._database.executemany("INSERT INTO name VALUES (?, ?)", self._names)
            self._database.executemany("INSERT INTO link VALUES (?, ?, ?, ?)", self._links)
        self._names, self._links = [], []


def _text(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")
