"""CSV as programs and people write it: which separator, which quotes, and its records one by one.

A record that cannot be read is one malformed record, and reading goes on in the line behind its first: an unclosed
quotation mark must not swallow the rest of a table (RFC 4180 knows nothing of either). Pure.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from archive.ingest.record import Record

DELIMITERS = (",", ";", "\t", "|")
"""Separators looked for, in order of preference; any other single character may be declared."""
NAMED = {"comma": ",", "semicolon": ";", "tab": "\t", "\\t": "\t", "pipe": "|", "space": " "}
"""Words for separators that a shell or an eye would lose."""
LONGEST_RECORD = 16 * 1024 * 1024
"""Characters in one record: a cell may hold a whole testimony, and not a whole table."""

_JUDGED = 500  # records that tell the dialect
_CUT_OFF = "unexpected end of data"  # what Python's reader says of a quotation mark still open at the end


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a table separates and quotes its cells; ``escape`` where quotes inside a cell stand behind a backslash."""

    delimiter: str
    quote: str = '"'
    escape: str | None = None


class _Lines:
    """Lines that can be given back: those of the record being read."""

    def __init__(self, lines: Iterable[str], *, before: int) -> None:
        self._lines = iter(lines)
        self._again: deque[str] = deque()
        self._taken: list[str] = []
        self._size = 0
        self.line = before + 1
        """The line in which the current record begins."""

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._lines)
        self._taken.append(line)
        self._size += len(line)
        if self._size > LONGEST_RECORD or (len(line) == LONGEST_RECORD and line[-1] not in "\r\n"):
            raise csv.Error(f"no end within {LONGEST_RECORD:,} characters; a quotation mark is not closed")
        return line

    def settle(self) -> None:
        """The current record is whole."""
        self.line += len(self._taken)
        self._taken, self._size = [], 0

    def give_back(self) -> str:
        """Take the current record's first line for itself, and the others as not read yet."""
        first, *others = self._taken
        self._again.extendleft(reversed(others))
        self._taken = [first]
        self.settle()
        return first


def records(lines: Iterable[str], dialect: Dialect, *, before: int = 0) -> Generator[Record, None, None]:
    """The records of a table; ``before`` lines were read already. Records of empty cells only are left out.

    Each line ends as it ended in the file: LF, CR or CRLF.
    """
    fed = _Lines(lines, before=before)
    reader = _reader(fed, dialect)
    while True:
        try:
            cells = _next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            begins = fed.line
            yield Record(begins, (fed.give_back().rstrip("\r\n"),), str(error))
            reader = _reader(fed, dialect)
            continue
        begins = fed.line
        fed.settle()
        if any(cells):
            yield Record(begins, tuple(cells))


def _next(reader: Iterator[list[str]]) -> list[str]:
    """The next record; Python's limit for a cell, which holds for everybody, is ours meanwhile."""
    usual = csv.field_size_limit(LONGEST_RECORD)
    try:
        return next(reader)
    finally:
        csv.field_size_limit(usual)


def _reader(lines: Iterable[str], dialect: Dialect) -> Iterator[list[str]]:
    return csv.reader(
        lines,
        delimiter=dialect.delimiter,
        quotechar=dialect.quote,
        escapechar=dialect.escape,
        doublequote=dialect.escape is None,
        strict=True,
    )


def declared_delimiter(text: str) -> str:
    """The separator a person means; raises ValueError for what is not one character or its name."""
    delimiter = NAMED.get(text.lower(), text)
    if len(delimiter) != 1 or delimiter in "\r\n\0\"'":
        raise ValueError(f"{text!r} is not one character, nor one of {', '.join(NAMED)}")
    return delimiter


def said_delimiter(first_line: str) -> str | None:
    """The separator said by a first line ``sep=;``, which spreadsheets write for one another; None for others."""
    line = first_line.rstrip("\r\n")
    return line[4] if len(line) == 5 and line[:4].lower() == "sep=" else None


def detect(sample: str, *, cut: bool, delimiter: str | None, is_known: Callable[[str], bool]) -> Dialect:
    """The dialect of a table that begins with ``sample``, which may be ``cut`` anywhere.

    Judged by the records it makes: known headings first, then how few of them are broken or have more cells than the
    first one, then how many have as many. ``is_known`` says whether a heading means something.
    """
    lines = io.StringIO(sample, newline="").readlines()
    if cut and len(lines) > 1:
        lines.pop()
    best, best_score = Dialect(delimiter or DELIMITERS[0]), (-1.0, -1.0, -1.0)
    for dialect in _candidates(sample, delimiter):
        score = _score(list(islice(_whole(lines, dialect, cut=cut), _JUDGED)), is_known)
        if score > best_score:
            best, best_score = dialect, score
    return best


def _whole(lines: Sequence[str], dialect: Dialect, *, cut: bool) -> Iterator[Record]:
    """The records of a sample up to one that is broken only because the sample was cut inside it."""
    for record in records(lines, dialect):
        if cut and record.error == _CUT_OFF:
            return
        yield record


def _candidates(sample: str, delimiter: str | None) -> Iterator[Dialect]:
    """Dialects that the sample gives reason for, the plainest first."""
    delimiters = DELIMITERS if delimiter is None else (delimiter,)
    yield from (Dialect(found) for found in delimiters)
    for found in delimiters:
        edge = re.escape(found)
        quoted_once = re.search(rf"(?:\A|[\r\n]|{edge})'[^'\n]*'(?:\Z|[\r\n]|{edge})", sample)
        if quoted_once and not re.search(rf'(?:\A|[\r\n]|{edge})"', sample):
            yield Dialect(found, quote="'")
        if '\\"' in sample:
            yield Dialect(found, escape="\\")


def _score(found: Sequence[Record], is_known: Callable[[str], bool]) -> tuple[float, float, float]:
    if not found:
        return (0, 0, 0)
    heading = [cell.strip() for cell in found[0].cells]
    widths = Counter(_width(record.cells) for record in found if record.error is None)
    fitting = sum(count for width, count in widths.items() if width <= len(heading))
    even = widths[len(heading)]
    broken = sum(record.error is not None for record in found)
    known = sum(map(is_known, heading))
    # A table of one column has the same records whatever separates: then fewer broken ones decide, then preference.
    return (known, round((fitting - broken) / len(found), 2), round(even / len(found), 1))


def _width(cells: Sequence[str]) -> int:
    """Cells up to the last that says something: some programs leave empty ones out, others add one."""
    return max((place for place, cell in enumerate(cells, start=1) if cell), default=0)
