"""One record of a table, in whatever form the table came."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from enum import StrEnum

from profiles.finding import Finding
from profiles.finding_codes import FindingCode


class Unit(StrEnum):
    """What a person counts in such a table to find a record."""

    LINE = "line"
    ROW = "row"


@dataclass(frozen=True, slots=True)
class Remark:
    """What is odd about one cell, told by the reader of the table; ``place`` counts columns from 0."""

    code: FindingCode
    place: int
    why: str


@dataclass(frozen=True, slots=True)
class Record:
    """One record: the line or row it begins in, counted from 1 as a person sees it, and its cells.

    ``error`` says why it could not be read; then ``cells`` holds its first line alone, as it stands there.
    """

    line: int
    cells: tuple[str, ...]
    error: str | None = None
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True, slots=True)
class Contents:
    """What a table says: its headings, and its records behind them, taken once, to be closed.

    ``reading`` says how it was read, so that the same table read in another way is not taken for the same.
    ``wrong_octets``: some of it may be no text in its encoding. ``findings`` are about the table as a whole.
    """

    reading: dict[str, str]
    unit: Unit
    heading: tuple[str, ...]
    records: Generator[Record, None, None]
    findings: tuple[Finding, ...]
    wrong_octets: bool = False
