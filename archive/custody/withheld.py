"""What a copy of the log for others does not hold: private lines that are withheld, each named with a reason class.

They stand in ``custody/withheld.jsonl`` of a handover volume, one canonical line ``{"i","n","reason_class"}`` for each,
in the order of (n, i). Its SHA-256 and the count of its lines stand in a ``selection`` record of the same log, so that
a line which somebody took away is never mistaken for one that the archive withheld (DESIGN §7.7).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from archive import canonical
from archive.custody.store import CUSTODY

WITHHELD = f"{CUSTODY}withheld.jsonl"
"""Where the withheld lines are named on a volume."""

Places = Mapping[int, frozenset[int]]
"""Private lines: the places of some of them, by the number of the record they belong to."""

_REASON_CLASS = re.compile("[a-z][a-z0-9-]{0,63}")


@dataclass(frozen=True, slots=True, order=True)
class WithheldLine:
    """One private line that is withheld: of record ``n``, the one at place ``i``.

    ``reason_class`` is a code such as ``embargo``, never a free word: whoever receives the volume reads it.
    """

    n: int
    i: int
    reason_class: str

    def __post_init__(self) -> None:
        """Raise ValueError for a reason class that is no code."""
        if not _REASON_CLASS.fullmatch(self.reason_class):
            raise ValueError(f"{self.reason_class!r} is no reason class: small letters, digits and '-'")


def spell_withheld(lines: Iterable[WithheldLine]) -> bytes:
    """The content of the file, for lines in any order. Raises ValueError where one line is named twice."""
    found = sorted(lines)
    for before, line in pairwise(found):
        if (before.n, before.i) == (line.n, line.i):
            raise ValueError(f"line {line.i} of record {line.n} is named twice")
    return b"".join(
        canonical.encode({"i": line.i, "n": line.n, "reason_class": line.reason_class}) + b"\n" for line in found
    )


def withheld_places(lines: Iterable[WithheldLine]) -> Places:
    """The places of these lines by record."""
    found: dict[int, set[int]] = {}
    for line in lines:
        found.setdefault(line.n, set()).add(line.i)
    return {n: frozenset(places) for n, places in found.items()}
