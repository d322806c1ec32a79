"""Reading a table of format risks, in the form the US National Archives publish it or in our own, line by line.

A table that breaks its form anywhere is not used at all: a level misread for one format would be believed for years.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from functools import cache

from profiles.finding import Finding, Severity
from profiles.finding_codes import FindingCode
from profiles.format_risk import (
    COLUMNS,
    SHIPPED,
    Advice,
    Risk,
    RiskEntry,
    RiskTable,
    is_puid,
    parse_day,
    shipped_bytes,
)
from profiles.requirement import LocatedFinding, located

MAX_OCTETS = 32_000_000
"""Larger files are no such table: the published one has 0.8 MB for 758 formats."""
MAX_FAULTS = 100
"""After so many faults reading stops: the file is something else."""

_ID, _URL, _LEVEL, _ACTION = "NARA Format ID", "PRONOM URL", "NARA Risk Level", "NARA Preservation Action"
_DELIMITERS = ",;\t"
_LONGEST_HEADING = 10_000
_OWN_LEVELS = tuple(str(risk) for risk in Risk if risk is not Risk.UNRATED)
_OWN_ADVICE = tuple(str(advice) for advice in Advice)
_LEVELS = {"low risk": Risk.LOW, "moderate risk": Risk.MODERATE, "high risk": Risk.HIGH}
_ADVICE = {
    "retain": Advice.KEEP,
    "identify version": Advice.TELL_VERSION,
    "retain for future assessment": Advice.STUDY,
    "transform": Advice.TRANSFORM,
}
_REGISTERED = re.compile(r"(?:https?://(?:www\.)?nationalarchives\.gov\.uk/pronom/)?([a-z-]+)/([0-9]+)/?", re.I)
_NO_FORMATS = frozenset({"cmp", "x-cmp", "chr", "x-chr"})
"""Registers of PRONOM that number no file formats: compressions, character encodings."""


class Form(StrEnum):
    """The two forms a table may have."""

    PUBLISHED = "published"
    OWN = "own"


@dataclass(frozen=True, slots=True)
class Reading:
    """What a table says: its form, one entry for each format, and what was odd.

    ``without_format`` counts lines that rate something without naming a format by PUID; ``notes`` are lines that
    contradict one another.
    """

    form: Form
    entries: tuple[RiskEntry, ...]
    without_format: int = 0
    notes: tuple[LocatedFinding, ...] = ()

    @property
    def date(self) -> date:
        """The day of the newest entry."""
        return max(entry.date for entry in self.entries)

    @property
    def table(self) -> RiskTable:
        """The entries by PUID."""
        return {entry.puid: entry for entry in self.entries}


@dataclass(frozen=True, slots=True)
class Refused:
    """No risk table: the faults, by line."""

    faults: tuple[LocatedFinding, ...]


@dataclass(frozen=True, slots=True)
class _Line:
    """One row: the line it begins on, counted from 1, and its cells by column, without blanks around them."""

    number: int
    cells: dict[str, str]


class _Fault(Exception):
    """A line breaks the form; said in words that follow ``line 7:``."""


def form_of(data: bytes) -> Form | None:
    """The form that the heading announces; None where it is neither."""
    found = _heading(data[:_LONGEST_HEADING].decode("utf-8-sig", "replace"))
    return None if found is None else found[0]


def day_in_name(name: str) -> date | None:
    """The day that the name of a published table ends in, as in ``_20260320.csv``; None where it does not."""
    found = re.search(r"_([0-9]{4})([0-9]{2})([0-9]{2})\.csv$", name, re.I)
    try:
        return None if found is None else date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return None


def read_table(data: bytes, *, name: str, day: date | None = None) -> Reading | Refused:
    """What the file ``name`` with these octets says.

    ``day`` is the date of a published table, which does not tell it itself; ValueError without it. In one that is
    published, several lines may speak of one format: the strictest holds, and a note says where they contradict.
    """
    if len(data) > MAX_OCTETS:
        return _refused(name, 1, f"begins a file of more than {MAX_OCTETS:,} octets; no risk table is so long")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return _refused(name, line, "is not UTF-8; save the table as CSV UTF-8")
    found = _heading(text[:_LONGEST_HEADING])
    if found is None:
        wanted = f"neither {','.join(COLUMNS)} nor the published one with {_ID}, {_URL}, {_LEVEL} and {_ACTION}"
        return _refused(name, 1, f"is no heading of a risk table: {wanted}")
    form, delimiter = found
    rows = _Rows(name)
    if form is Form.OWN:
        reading = _read_own(rows, text, delimiter)
    elif day is not None:
        reading = _read_published(rows, text, delimiter, day)
    else:
        raise ValueError("a published table needs the day of its publication")
    if not reading.entries and not rows.faults:
        rows.refuse(1, "is followed by no line that rates a format")
    return Refused(tuple(rows.faults)) if rows.faults else reading


@cache
def shipped_risks() -> Reading:
    """The shipped table."""
    found = read_table(shipped_bytes(), name=SHIPPED)
    if isinstance(found, Refused):
        raise ValueError(found.faults[0].message)
    return found


def _heading(text: str) -> tuple[Form, str] | None:
    """The form and the delimiter of a table that begins like this."""
    for delimiter in _DELIMITERS:
        try:
            found = next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True), [])
        except csv.Error:
            continue
        columns = [cell.strip() for cell in found]
        if sorted(columns) == sorted(COLUMNS):
            return Form.OWN, delimiter
        if all(columns.count(column) == 1 for column in (_ID, _URL, _LEVEL, _ACTION)):
            return Form.PUBLISHED, delimiter
    return None


class _Rows:
    """The rows of one file, and the faults found in them so far."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.faults: list[LocatedFinding] = []

    def refuse(self, line: int, message: str) -> None:
        """Note a fault."""
        self.faults.append(located(Finding(FindingCode.RISK_TABLE, Severity.ERROR, self.name, message), line, ""))

    def each(self, text: str, delimiter: str) -> Iterator[_Line]:
        """Rows that have a cell for each column; ends early where there is no going on."""
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        heading = [cell.strip() for cell in next(rows)]
        while True:
            number = rows.line_num + 1
            if len(self.faults) >= MAX_FAULTS:
                self.refuse(number, f"was not read: {MAX_FAULTS} faults before it are enough")
                return
            try:
                cells = next(rows, None)
            except csv.Error as error:
                self.refuse(number, f"is no CSV: {error}")
                return
            if cells is None:
                return
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) == len(heading):
                yield _Line(number, {column: cell.strip() for column, cell in zip(heading, cells, strict=True)})
            else:
                self.refuse(number, f"has {len(cells)} cells where the heading has {len(heading)}")


def _read_own(rows: _Rows, text: str, delimiter: str) -> Reading:
    entries: dict[str, RiskEntry] = {}
    on: dict[str, int] = {}
    for line in rows.each(text, delimiter):
        try:
            entry = _own_entry(line)
            if entry.puid in entries:
                raise _Fault(f"rates {entry.puid}, which line {on[entry.puid]} rates already")
        except _Fault as fault:
            rows.refuse(line.number, str(fault))
        else:
            entries[entry.puid], on[entry.puid] = entry, line.number
    return Reading(Form.OWN, tuple(entries.values()))


def _own_entry(line: _Line) -> RiskEntry:
    puid, source, day = line.cells["puid"], line.cells["source"], line.cells["date"]
    if not is_puid(puid):
        raise _Fault(f"'{puid}' is no PUID such as fmt/40, x-fmt/111 or local/wacz")
    if not source.isprintable() or not 0 < len(source) <= 200:
        raise _Fault("'source' says who rated the format, in 1 to 200 printable characters")
    risk = Risk(_word(line.cells["risk"], _OWN_LEVELS, "risk"))
    advice = Advice(_word(line.cells["advice"], _OWN_ADVICE, "advice"))
    try:
        return RiskEntry(puid, risk, advice, source, parse_day(day))
    except ValueError:
        raise _Fault(f"'{day}' in 'date' is no day such as 2026-03-20") from None


def _read_published(rows: _Rows, text: str, delimiter: str, day: date) -> Reading:
    said: dict[str, list[tuple[int, RiskEntry]]] = {}
    without_format = 0
    for line in rows.each(text, delimiter):
        try:
            entries = list(_published_entries(line, day))
        except _Fault as fault:
            rows.refuse(line.number, str(fault))
            continue
        without_format += not entries
        for entry in entries:
            said.setdefault(entry.puid, []).append((line.number, entry))
    if not text.endswith(("\n", "\r")):
        rows.refuse(text.count("\n") + 1, "has no end: the file may have been cut off")
    chosen = {puid: _strictest([entry for _, entry in group]) for puid, group in said.items()}
    notes = [
        _contradiction(rows.name, chosen[puid], group)
        for puid, group in said.items()
        if len({entry.severity for _, entry in group}) > 1
    ]
    return Reading(Form.PUBLISHED, tuple(chosen.values()), without_format, tuple(notes))


def _published_entries(line: _Line, day: date) -> Iterator[RiskEntry]:
    """One entry for each format the line names; none where PRONOM does not number it."""
    risk = _LEVELS[_word(line.cells[_LEVEL].lower(), _LEVELS, _LEVEL)]
    advice = _ADVICE[_word(line.cells[_ACTION].lower(), _ADVICE, _ACTION)]
    identifier = line.cells[_ID]
    if not re.fullmatch(r"NF[0-9]{5,6}", identifier):
        raise _Fault(f"'{identifier}' in '{_ID}' is no identifier such as NF00141")
    for url in dict.fromkeys(re.split(r"[|,;\s]+", line.cells[_URL])):
        if not url:
            continue
        registered = _REGISTERED.fullmatch(url)
        register = registered[1].lower() if registered else ""
        if register in _NO_FORMATS:
            continue
        puid = f"{register}/{registered[2]}" if registered else url
        if register not in ("fmt", "x-fmt") or not is_puid(puid):
            raise _Fault(f"'{url}' in '{_URL}' names no format of PRONOM")
        yield RiskEntry(puid, risk, advice, f"NARA {identifier}", day)


def _strictest(entries: Sequence[RiskEntry]) -> RiskEntry:
    """The strictest of what is said of one format, with all who say so."""
    strictest = max(entries, key=lambda entry: entry.severity)
    agreeing = sorted({e.source.removeprefix("NARA ") for e in entries if e.severity == strictest.severity})
    return replace(strictest, source=f"NARA {' '.join(agreeing)}")


def _contradiction(name: str, chosen: RiskEntry, group: Sequence[tuple[int, RiskEntry]]) -> LocatedFinding:
    said = ", ".join(f"{entry.risk} and {entry.advice} on line {number}" for number, entry in group)
    message = (
        f"{chosen.puid} is rated in different ways: {said}; the strictest holds, {chosen.risk} and {chosen.advice}"
    )
    return located(Finding(FindingCode.RISK_CONTRADICTION, Severity.INFO, name, message), group[0][0], "")


def _word(text: str, known: Collection[str], column: str) -> str:
    if text not in known:
        raise _Fault(f"'{text}' in '{column}' is none of: {', '.join(known)}")
    return text


def _refused(name: str, line: int, message: str) -> Refused:
    rows = _Rows(name)
    rows.refuse(line, message)
    return Refused(tuple(rows.faults))
