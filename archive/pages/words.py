"""Small words that plots and tables share."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Tone(StrEnum):
    """How something is meant. Each has a colour, a pattern and a shape: none is needed to tell it apart."""

    PLAIN = "plain"
    GOOD = "good"
    CAUTION = "caution"
    DANGER = "danger"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Size:
    """A number of octets, which people read in larger units."""

    octets: int
