"""How much at risk a format is, as the custody log keeps it: in words that were used then."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RatedFormat:
    """What ``source`` said of one format on the day ``date`` (``2026-03-20``)."""

    puid: str
    risk: str
    advice: str
    source: str
    date: str
