"""What is wrong with one row of a producer's table, told by its line. Nothing is dropped for it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from functools import lru_cache

from archive.ingest.columns import DIGESTS, FUTURE_DATES, PAST_DATES, PATH, STATED, Columns
from archive.ingest.dates import impossible, number_of_a_day
from archive.ingest.record import Record, Unit
from archive.model.digests import HEX_LENGTH
from archive.model.names import shown
from archive.model.rights import UNREADABLE, coded
from profiles.finding import Finding, Severity
from profiles.finding_codes import FindingCode

_NO_TEXT = re.compile("[\udc80-\udcff\ufffd]")
_HEX = frozenset("0123456789abcdef")

# Most rows of a table say the same few things about their rights, and of their days there are not many.
_coded = lru_cache(maxsize=4096)(coded)
_impossible = lru_cache(maxsize=4096)(impossible)


def is_digest(text: str, algorithm: str) -> bool:
    """Whether ``text`` is spelled as a digest of that algorithm, in lower-case hexadecimal."""
    return len(text) == HEX_LENGTH[algorithm] and _HEX.issuperset(text)


def warning(code: FindingCode, subject: str, message: str) -> Finding:
    """A finding that stops nothing."""
    return Finding(code, Severity.WARNING, subject, message)


class Faults:
    """Looks at rows of one table, in those of its columns that can be judged.

    ``unit`` is what is counted to find a record. ``wrong_octets``: some of the file is no text in its encoding, so that
    each cell is looked at.
    """

    def __init__(
        self, heading: Sequence[str], columns: Columns, *, unit: Unit, today: date, wrong_octets: bool
    ) -> None:
        self._unit = unit
        self._heading = heading
        self._width = len(heading)
        self._columns = columns
        self._today = today
        self._wrong_octets = wrong_octets
        self._digests = [name for name in DIGESTS if name in columns]
        self._dates = [name for name in (*PAST_DATES, *FUTURE_DATES) if name in columns]
        self._stated = [(name, stated) for name, stated in STATED.items() if name in columns]

    def of(self, record: Record) -> Iterator[Finding]:
        """What is wrong with one record."""
        line, cells = f"{self._unit} {record.line}", record.cells
        path = self._columns.cell(cells, PATH)
        if record.error is not None:
            message = f"{line} cannot be read ({record.error}); it belongs to no file: {_short(cells[0])}"
            yield Finding(FindingCode.ROW_MALFORMED, Severity.ERROR, line, message, "RFC 4180 §2")
        elif not path:
            yield warning(FindingCode.ROW_WITHOUT_PATH, line, f"{line} of the table names no file")
        else:
            for code, message in self._of_cells(cells):
                yield warning(code, shown(path), f"{line}{message}")
        for remark in record.remarks:
            yield warning(remark.code, shown(path) or line, f"{line}, under {self._under(remark.place)}: {remark.why}")

    def _under(self, place: int) -> str:
        name = self._heading[place] if place < self._width else ""
        return _short(name) if name else f"heading {place + 1}, which is empty"

    def _of_cells(self, cells: Sequence[str]) -> Iterator[tuple[FindingCode, str]]:
        if len(cells) < self._width or any(cells[self._width :]):
            yield (
                FindingCode.RAGGED_ROW,
                f" has {len(cells)} cells, the first {self._unit} {self._width}; what is missing counts as empty",
            )
        if self._wrong_octets and any(map(_NO_TEXT.search, cells)):
            yield FindingCode.NOT_TEXT, " holds octets that are no text in this encoding"
        for algorithm in self._digests:
            given = self._columns.cell(cells, algorithm).lower()
            if given and not is_digest(given, algorithm):
                yield (
                    FindingCode.DIGEST_MALFORMED,
                    f": '{_short(given)}' is no {algorithm} digest; nothing is compared with it",
                )
        for column in self._dates:
            given = self._columns.cell(cells, column)
            ahead = column in FUTURE_DATES
            if given and (meant := number_of_a_day(given)) is not None:
                yield (
                    FindingCode.DATE_AS_NUMBER,
                    f": '{_short(given)}' under {column} is a number; as a spreadsheet's, {meant}",
                )
            why = _impossible(given, today=self._today, may_be_ahead=ahead) if given else None
            if why is not None:
                yield FindingCode.DATE_IMPOSSIBLE, f": '{_short(given)}' under {column}: {why}"
        for column, stated in self._stated:
            given = self._columns.cell(cells, column)
            if given and UNREADABLE in _coded(stated, given):
                yield (
                    FindingCode.RIGHTS_UNCLEAR,
                    f": '{_short(given)}' under {column} holds no code known here; embargo holds",
                )


def _short(text: str) -> str:
    return shown(text if len(text) <= 60 else f"{text[:60]}…")
