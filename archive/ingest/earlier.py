"""What an accession knows of its files while its delivery is listed again; on disk, so that it needs no memory."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from pathlib import Path
from typing import TypeVar

from archive.catalogue.rows import FileRow
from archive.ingest.journal import Earlier
from archive.ingest.scratch import scratch_database, writing_scratch
from archive.model.identifiers import FileId, ItemId
from archive.model.packages import Outcome

T = TypeVar("T")

_SCHEMA = """
CREATE TABLE decided (name BLOB, size INTEGER, mtime TEXT, PRIMARY KEY (name, size, mtime)) WITHOUT ROWID;
CREATE TABLE waiting (name BLOB PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE item (name BLOB PRIMARY KEY, value TEXT) WITHOUT ROWID;
"""


def known_before(
    files: Iterable[FileRow], items: Iterable[tuple[bytes, ItemId]], *, same_folder: bool, scratch: Path
) -> Earlier:
    """What was received before, from the receipts and items of an accession.

    Only in the ``same_folder`` do name, size and time tell that a file is the same one.
    """
    database = scratch_database(scratch, _SCHEMA)
    with writing_scratch(database):
        for row in files:
            if row.name is None or row.mtime is None:  # it was erased: no file of a folder can be known as that one
                continue
            if row.outcome is Outcome.PENDING:
                database.execute("INSERT OR REPLACE INTO waiting VALUES (?, ?)", (row.name, row.id))
            elif same_folder:
                facts = (row.name, row.size, str(row.mtime))
                database.execute("INSERT OR IGNORE INTO decided VALUES (?, ?, ?)", facts)
        database.executemany("INSERT OR REPLACE INTO item VALUES (?, ?)", items)
    return Earlier(_Decided(database), _ByName(database, "waiting", FileId), _ByName(database, "item", ItemId))


class _Decided(Set[tuple[bytes, int, int]]):
    """Files by name, size and time."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def __contains__(self, file: object) -> bool:
        if not isinstance(file, tuple):
            return False
        name, size, mtime = file
        query = "SELECT 1 FROM decided WHERE name = ? AND size = ? AND mtime = ?"
        return self._database.execute(query, (name, size, str(mtime))).fetchone() is not None

    def __iter__(self) -> Iterator[tuple[bytes, int, int]]:
        for name, size, mtime in self._database.execute("SELECT name, size, mtime FROM decided"):
            yield bytes(name), size, int(mtime)

    def __len__(self) -> int:
        return int(self._database.execute("SELECT COUNT(*) FROM decided").fetchone()[0])


class _ByName(Mapping[bytes, T]):
    """Identifiers by delivered name."""

    def __init__(self, database: sqlite3.Connection, table: str, kind: Callable[[str], T]) -> None:
        self._database, self._kind = database, kind
        self._names, self._one = f"SELECT name FROM {table}", f"SELECT value FROM {table} WHERE name = ?"
        self._count = f"SELECT COUNT(*) FROM {table}"

    def __getitem__(self, name: bytes) -> T:
        found = self._database.execute(self._one, (name,)).fetchone()
        if found is None:
            raise KeyError(name)
        return self._kind(found[0])

    def __iter__(self) -> Iterator[bytes]:
        return (bytes(name) for (name,) in self._database.execute(self._names))

    def __len__(self) -> int:
        return int(self._database.execute(self._count).fetchone()[0])
