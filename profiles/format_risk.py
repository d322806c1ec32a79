"""How much at risk formats are, according to whom and when: levels by PUID, in tables that are never edited.

A table is spelled as CSV with the columns ``puid,risk,advice,source,date``. The one that is shipped holds facts taken
from the digital preservation plans of the US National Archives (CC0) by ``docs/derive_risk.py``.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from importlib import resources

SHIPPED = "risk-nara-2026-03-20.csv"
"""The table that holds until an archive is given a newer one."""

COLUMNS = ("puid", "risk", "advice", "source", "date")
"""The heading of a table in our own form."""

_PUID = re.compile(r"(?:x-)?fmt/[1-9][0-9]{0,5}|fido-fmt/[0-9a-z.-]{1,40}|local/[0-9a-z-]{1,40}")


class Risk(StrEnum):
    """How likely a format is to become unreadable, in the order of danger; nobody's judgement is a level too."""

    LOW = "low"
    UNRATED = "unrated"
    MODERATE = "moderate"
    HIGH = "high"


class Advice(StrEnum):
    """What a table's author would do with files of a format, from nothing to most."""

    KEEP = "keep"
    TELL_VERSION = "tell-version"
    STUDY = "study"
    TRANSFORM = "transform"


@dataclass(frozen=True, slots=True)
class RiskEntry:
    """What one ``source`` said of one format on one day. ``risk`` is never ``unrated``."""

    puid: str
    risk: Risk
    advice: Advice
    source: str
    date: date

    @property
    def severity(self) -> tuple[int, int]:
        """Grows with the risk, then with what is advised."""
        return list(Risk).index(self.risk), list(Advice).index(self.advice)


RiskTable = Mapping[str, RiskEntry]
"""Entries by PUID."""


def is_puid(text: str) -> bool:
    """Whether ``text`` can name a format here: a PUID of PRONOM, FIDO's own, or one of this archive's."""
    return _PUID.fullmatch(text) is not None


def parse_day(text: str) -> date:
    """The day that ``2026-03-20`` spells; ValueError for anything else."""
    if not re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise ValueError(f"no day: {text!r}")
    return date.fromisoformat(text)


def spell_table(entries: Iterable[RiskEntry]) -> str:
    """A table in our own form, in the order of registries and numbers."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    for entry in sorted(entries, key=lambda entry: _in_order(entry.puid)):
        writer.writerow((entry.puid, entry.risk, entry.advice, entry.source, entry.date.isoformat()))
    return file.getvalue()


def shipped_bytes() -> bytes:
    """The shipped table as it lies in this package."""
    return resources.files("profiles").joinpath("data/formats", SHIPPED).read_bytes()


def _in_order(puid: str) -> tuple[str, int, str]:
    registry, _, number = puid.partition("/")
    return registry, int(number) if number.isdecimal() else 0, number
