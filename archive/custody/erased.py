"""What the log says was erased: private lines and openings, and which files of them were written anew for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Protocol

from archive.model.log_records import ErasedLine, ErasedOpening, ErasureRecord
from archive.model.record import Record


class Reading(Protocol):
    """A log or a copy of it, as far as it must be read to know what was erased."""

    def records(self, kinds: frozenset[str]) -> Iterator[tuple[int, Record]]:
        """Numbers and records of these kinds, in order; private fields may be left out."""

    def spelled(self, numbers: Collection[int]) -> dict[int, bytes]:
        """The bytes of the records of these numbers, of those that are there."""


Lawful = Callable[[Reading], Sequence[ErasureRecord]]
"""Which erasures of a log count."""


def every_erasure(reading: Reading) -> list[ErasureRecord]:
    """All of them, whoever wrote them."""
    records = reading.records(frozenset({ErasureRecord.kind}))
    return [record for _, record in records if isinstance(record, ErasureRecord)]


def erased_lines(records: Iterable[ErasureRecord]) -> dict[int, frozenset[int]]:
    """The places of the lines that these records name, by the number of the record they belong to."""
    found: dict[int, set[int]] = {}
    for record in records:
        for line in record.lines:
            found.setdefault(line.n, set()).add(line.i)
    return {n: frozenset(places) for n, places in found.items()}


def generations(records: Iterable[ErasureRecord], segment: int) -> Counter[int]:
    """How many of these records name further lines of each block of ``segment`` records, by the block's first record.

    So often was the block's file of private lines written anew: that many is the generation in its name, here and at
    every location, whoever wrote it.
    """
    return _generations((record.lines for record in records), segment)


def opening_generations(records: Iterable[ErasureRecord], segment: int) -> Counter[int]:
    """As ``generations``, of openings: the generation in the names of a block's openings at every location."""
    return _generations((record.openings for record in records), segment)


def _generations(named: Iterable[Iterable[ErasedLine] | Iterable[ErasedOpening]], segment: int) -> Counter[int]:
    found, before = Counter[int](), set[tuple[int, int | None]]()
    for some in named:
        further = {(one.n, one.i if isinstance(one, ErasedLine) else None) for one in some} - before
        found.update({n - n % segment for n, _ in further})
        before |= further
    return found
