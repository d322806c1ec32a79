"""A delivered tree in the order it is packed in: item by item, folder by folder; on disk while it is being listed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from archive.ingest.grouping import Counts, Mark, is_one_item, items, marks, order, runs
from archive.ingest.scratch import scratch_database, writing_scratch

_SCHEMA = """
CREATE TABLE entry (
    folder INTEGER, place BLOB, base BLOB, name BLOB, size INTEGER, mtime TEXT, marks INTEGER, line BLOB,
    PRIMARY KEY (folder, place)
) WITHOUT ROWID;
"""
_BATCH = 5_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that stands in a delivery: its line for the journal, and for a file its delivered ``name``."""

    line: bytes
    base: bytes
    name: bytes | None
    size: int
    mtime: int


class Listing:
    """Takes what a walk meets, depth first, and gives it back as items; its memory does not grow with the tree."""

    def __init__(self, scratch: Path | None) -> None:
        self._database = scratch_database(scratch, _SCHEMA)
        self._batch: list[tuple[object, ...]] = []
        self._open: list[tuple[bytes, int]] = []
        self._folders = 0

    def add(self, path: bytes, *, name: bytes | None, size: int, mtime: int, line: bytes) -> None:
        """Take one entry; ``name`` is None for what is no file."""
        folder, base = os.path.split(path)
        told = 0 if name is None else int(marks(base))
        self._batch.append((self._number(folder), order(base), base, name, size, str(mtime), told, line))
        if len(self._batch) >= _BATCH:
            self._flush()

    def items(self, *, at_most: int) -> Iterator[tuple[Entry, ...]]:
        """Everything that was taken: entries that are no files one by one, files item by item, the first first.

        Folders come in the order of the walk, what stands in one in order of its names. ``at_most`` is how many files
        an item may have that is one by its folder.
        """
        self._flush()
        for folder in range(self._folders):
            if is_one_item(self._counts(folder), at_most=at_most):
                yield from _one_item(self._entries(folder))
            else:
                yield from self._by_name(folder)

    def names(self, *, at_most: int) -> Iterator[tuple[bytes, ...]]:
        """The delivered names of all files, item by item."""
        for entries in self.items(at_most=at_most):
            names = tuple(entry.name for entry in entries if entry.name is not None)
            if names:
                yield names

    def _by_name(self, folder: int) -> Iterator[tuple[Entry, ...]]:
        """What stands in a folder, put together by names."""
        found: dict[bytes, Entry] = {}
        others: list[Entry] = []

        def names() -> Iterator[bytes]:
            for entry in self._entries(folder):
                if entry.name is None:
                    others.append(entry)
                else:
                    found[entry.base] = entry
                    yield entry.base

        for run in runs(names()):
            for item in items(run):
                yield tuple(found.pop(base) for base in item)
            yield from ((entry,) for entry in others)
            others.clear()
        yield from ((entry,) for entry in others)

    def _number(self, folder: bytes) -> int:
        """The number of a folder, given in the order of the walk; those above it are remembered, no others."""
        while self._open and not _lies_in(folder, self._open[-1][0]):
            self._open.pop()
        if not self._open or self._open[-1][0] != folder:
            self._open.append((folder, self._folders))
            self._folders += 1
        return self._open[-1][1]

    def _flush(self) -> None:
        with writing_scratch(self._database):
            self._database.executemany("INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?)", self._batch)
        self._batch = []

    def _counts(self, folder: int) -> Counts:
        sums = ", ".join(f"TOTAL(marks & {int(mark)} != 0)" for mark in Mark)
        query = f"SELECT COUNT(*), {sums} FROM entry WHERE folder = ? AND name IS NOT NULL"
        files, *found = self._database.execute(query, (folder,)).fetchone()
        return Counts(files, {mark: int(count) for mark, count in zip(Mark, found, strict=True)})

    def _entries(self, folder: int) -> Iterator[Entry]:
        query = "SELECT line, base, name, size, mtime FROM entry WHERE folder = ? ORDER BY place"
        for line, base, name, size, mtime in self._database.execute(query, (folder,)):
            yield Entry(line, base, name, size, int(mtime))


def _lies_in(folder: bytes, other: bytes) -> bool:
    return other in (b"", folder) or folder.startswith(other + b"/")


def _one_item(entries: Iterator[Entry]) -> Iterator[tuple[Entry, ...]]:
    files = []
    for entry in entries:
        if entry.name is None:
            yield (entry,)
        else:
            files.append(entry)
    yield tuple(files)
