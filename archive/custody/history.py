"""What the leaves themselves say the log was at earlier sizes: the ground on which every checkpoint is judged."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from archive.custody.log import CustodyLog
from archive.custody.merkle import Frontier, leaf_hash
from archive.custody.segments import LEAVES, pieces
from archive.errors import CustodyError

_DAY = re.compile(rb'"time":"([0-9]{4}-[0-9]{2}-[0-9]{2})"')


@dataclass(frozen=True, slots=True)
class Past:
    """The log at one size, recomputed: its root, and the date (UTC, ISO 8601) in the last leaf it had; "" without."""

    root: bytes
    last_day: str


def recount(log: CustodyLog, sizes: Iterable[int]) -> dict[int, Past]:
    """The log at each of these sizes, from its leaves as they lie on disk, in one reading.

    Sizes that the leaves do not reach, because the log is shorter or lines are missing, are left out.
    """
    wanted = sorted(set(sizes))
    found: dict[int, Past] = {}
    leaves = _leaves(log)
    frontier, last = Frontier(), b""
    for size in wanted:
        while frontier.size < size:
            lines = list(islice(leaves, min(size - frontier.size, log.segment)))
            if not lines:
                return found
            frontier, last = frontier.extend(leaf_hash(line) for line in lines), lines[-1]
        day = _DAY.search(last)
        found[size] = Past(frontier.root(), "" if day is None else day[1].decode("ascii"))
    return found


def _leaves(log: CustodyLog) -> Iterator[bytes]:
    """Every leaf in order, up to the first that is missing."""
    for block in pieces(0, log.size, log.segment):
        count = 0
        try:
            for line in log.lines(LEAVES, block):
                count += 1
                yield line
        except (CustodyError, OSError):
            return
        if count < block.count:
            return
