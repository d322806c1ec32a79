"""The rows of a producer's table, found by the path they speak of; on disk, so that a million rows need no memory."""

from __future__ import annotations

import json
import sqlite3
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from archive.ingest.columns import DIGESTS, PATH, STATED, Columns
from archive.ingest.encoding import SINGLE_OCTET
from archive.ingest.faults import Faults, is_digest, warning
from archive.ingest.record import Record, Unit
from archive.ingest.scratch import scratch_database, writing_scratch
from archive.ingest.told import Told
from archive.model.names import shown
from archive.model.rights import Statement
from profiles.finding import Finding
from profiles.finding_codes import FindingCode

_SCHEMA = """
CREATE TABLE row (
    number INTEGER PRIMARY KEY, line INTEGER NOT NULL, path BLOB NOT NULL, alike BLOB NOT NULL,
    cells TEXT NOT NULL, met INTEGER NOT NULL
) STRICT;
CREATE INDEX row_by_path ON row (path);
CREATE INDEX row_by_alike ON row (alike);
"""
_NAMED_LINES = 5


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table; ``line`` counts from 1 as a person sees it, ``path`` is as the table spells it."""

    line: int
    path: bytes
    cells: tuple[str, ...]


class Rows:
    """The rows of one table and what its columns mean. Each lookup is a question to a scratch database.

    ``unit`` is what a person counts to find a row.
    """

    def __init__(
        self, heading: tuple[str, ...], columns: Columns, *, scratch: Path | None, unit: Unit = Unit.LINE
    ) -> None:
        self.heading = heading
        self.columns = columns
        self.unit = unit
        self._database = scratch_database(scratch, _SCHEMA)

    def fill(self, records: Iterable[Record], *, today: date, wrong_octets: bool) -> Iterator[Finding]:
        """Take every record in, telling by its line what is wrong with it; then what several rows say of one path.

        ``wrong_octets``: some of the file is no text in its encoding, so that each cell is looked at.
        """
        told = Told()
        faults = Faults(self.heading, self.columns, unit=self.unit, today=today, wrong_octets=wrong_octets)

        def rows() -> Iterator[tuple[int, bytes, bytes, str]]:
            for record in records:
                for finding in faults.of(record):
                    told.add(finding)
                path = self.columns.cell(record.cells, PATH)
                if path and record.error is None:
                    spelled = record.cells[self.columns.places[PATH]]
                    yield record.line, _octets(spelled), _octets(normal(spelled)), json.dumps(record.cells)

        with writing_scratch(self._database):
            self._database.executemany("INSERT INTO row (line, path, alike, cells, met) VALUES (?, ?, ?, ?, 0)", rows())
        for finding in self._repeated():
            told.add(finding)
        yield from told.findings(where=f"the table as received has every {self.unit}")

    def of(self, name: bytes) -> Iterator[Row]:
        """The rows about the delivered file ``name``."""
        for spelling in self.spellings(name):
            yield from self._rows(spelling)

    def spellings(self, name: bytes) -> tuple[bytes, ...]:
        """How the table spells the path of a delivered file: exactly so where it does, else whatever is alike.

        A name that is not UTF-8 is read in each encoding it may be in; where only one leads to a row, it is that one.
        """
        if self._has(name):
            return (name,)
        try:
            return self._alike(name.decode("utf-8"))
        except UnicodeDecodeError:
            read = {text for codec in SINGLE_OCTET if (text := _read(name, codec)) is not None}
            found = {alike for text in read if (alike := self._alike(text))}
            return found.pop() if len(found) == 1 else ()

    def digests(self, name: bytes) -> Iterator[tuple[str, str]]:
        """Algorithm and digest, lower-case, that the table gives for a file; none of those it contradicts itself in."""
        given: dict[str, set[str]] = {}
        for row in self.of(name):
            for algorithm in DIGESTS:
                digest = self.columns.cell(row.cells, algorithm).lower()
                if is_digest(digest, algorithm):
                    given.setdefault(algorithm, set()).add(digest)
        return ((algorithm, min(digests)) for algorithm, digests in given.items() if len(digests) == 1)

    def statement(self, names: Iterable[bytes]) -> Statement:
        """What the rows about these files state of their rights, taken together."""
        return Statement.read(
            (stated, cell)
            for name in names
            for row in self.of(name)
            for column, stated in STATED.items()
            if (cell := self.columns.cell(row.cells, column))
        )

    def place_of(self, column: str) -> int:
        """Where a column of ours, or any heading of the table, stands, from 0; ValueError where it has none."""
        place = self.columns.places.get(column)
        return self.heading.index(column) if place is None else place

    def meeting(self) -> AbstractContextManager[None]:
        """Around the comparison with what was delivered: ``meet`` is quick inside."""
        return writing_scratch(self._database)

    def meet(self, name: bytes) -> tuple[bytes, ...]:
        """The spellings of a delivered file, from now on counted as met."""
        spellings = self.spellings(name)
        for spelling in spellings:
            self._database.execute("UPDATE row SET met = 1 WHERE path = ?", (spelling,))
        return spellings

    def unmet(self) -> Iterator[Row]:
        """The first row of each path that no delivered file has met, in order of the table."""
        query = (
            "SELECT line, path, cells FROM row AS this WHERE met = 0 AND number = "
            "(SELECT MIN(number) FROM row WHERE path = this.path) ORDER BY number"
        )
        return (_row(found) for found in self._database.execute(query))

    def count(self) -> int:
        """How many rows there are."""
        return int(self._database.execute("SELECT COUNT(*) FROM row").fetchone()[0])

    def first_line(self, path: bytes) -> int:
        """The line of the first row with that path."""
        return int(self._database.execute("SELECT MIN(line) FROM row WHERE path = ?", (path,)).fetchone()[0])

    def _rows(self, path: bytes) -> Iterator[Row]:
        query = "SELECT line, path, cells FROM row WHERE path = ? ORDER BY number"
        return (_row(found) for found in self._database.execute(query, (path,)))

    def _has(self, path: bytes) -> bool:
        return self._database.execute("SELECT 1 FROM row WHERE path = ? LIMIT 1", (path,)).fetchone() is not None

    def _alike(self, text: str) -> tuple[bytes, ...]:
        query = "SELECT path FROM row WHERE alike = ? GROUP BY path ORDER BY MIN(number)"
        found = self._database.execute(query, (_octets(unicodedata.normalize("NFC", text)),))
        return tuple(path for (path,) in found)

    def _repeated(self) -> Iterator[Finding]:
        query = "SELECT path FROM row GROUP BY path HAVING COUNT(*) > 1"
        for (path,) in self._database.execute(query):
            yield _repetition(self._rows(path), self.heading, self.unit)


def normal(path: str) -> str:
    """A path without what spellings differ in: blanks around it, ``./``, Windows' strokes, and normalised (NFC)."""
    cleaned = path.strip().replace("\\", "/") if "\\" in path and "/" not in path else path.strip()
    return unicodedata.normalize("NFC", cleaned.removeprefix("./"))


def _row(found: sqlite3.Row | tuple[int, bytes, str]) -> Row:
    line, path, cells = found
    return Row(line, path, tuple(json.loads(cells)))


def _octets(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _read(name: bytes, codec: str) -> str | None:
    try:
        return name.decode(codec)
    except UnicodeDecodeError:
        return None


def _repetition(rows: Iterable[Row], heading: Sequence[str], unit: Unit) -> Finding:
    """What several rows about one file are to each other: the same, complete, or in contradiction."""
    rest = iter(rows)
    first = next(rest)
    count, lines = 1, [first.line]
    said = {place: cell for place, cell in enumerate(first.cells) if cell}
    contradicted: dict[int, None] = {}
    same = True
    for row in rest:
        count += 1
        lines += [row.line] if count <= _NAMED_LINES else []
        same = same and {place: cell for place, cell in enumerate(row.cells) if cell} == said
        for place, cell in enumerate(row.cells):
            if cell and said.setdefault(place, cell) != cell:
                contradicted[place] = None
    more = f" and {count - len(lines)} more" if count > len(lines) else ""
    where = f"{unit}s {', '.join(map(str, lines))}{more}"
    subject = shown(first.path)
    if contradicted:
        names = ", ".join(heading[place] if place < len(heading) else f"cell {place + 1}" for place in contradicted)
        message = f"{where} of the table contradict each other about this file ({shown(names)}); all are kept"
        return warning(FindingCode.CONTRADICTING_ROWS, subject, message)
    word = "are the same" if same else "speak of this file and complete each other"
    return warning(FindingCode.DUPLICATE_ROW, subject, f"{where} of the table {word}; all are kept")
