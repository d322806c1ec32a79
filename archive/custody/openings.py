"""Erased openings of records of the first form: the line in the place of one, and what is read instead (DESIGN §7.7).

Such a record holds everything in its opening, which goes as a whole. In its place stands ``{"erased":true,"n":12}``, so
that a segment keeps its count of lines; the ``erasure`` record keeps the open part. The line says nothing by itself: it
is accepted where an erasure that counts names the opening, and is an altered log anywhere else.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from archive.codec.record_codec import read_or_tell
from archive.codec.stand_ins import StandIn, stand_in
from archive.custody.leaf import Pair, committed_record, date_in
from archive.custody.segments import LEAVES, OPENINGS, Segment, pieces
from archive.model.log_records import ErasureRecord
from archive.model.record import Record

if TYPE_CHECKING:  # a log reads itself through this module
    from archive.custody.log import CustodyLog

_ERASED = re.compile(rb'\{"erased":true,"n":(0|[1-9][0-9]{0,15})\}')


def erased_line(n: int) -> bytes:
    """What stands in the place of the opening of record ``n``, without its LF."""
    return b'{"erased":true,"n":%d}' % n


def is_erased_line(line: bytes) -> bool:
    """Whether a line stands in the place of an opening that was erased."""
    return line.startswith(b'{"erased":') and _ERASED.fullmatch(line) is not None


def stand_ins(erasures: Iterable[ErasureRecord]) -> dict[int, StandIn]:
    """What is read in the place of each record whose opening these erasures name; the first one that names it counts.

    One that keeps what cannot be read is left out: no erasure that counts does.
    """
    found: dict[int, StandIn] = {}
    for record in erasures:
        for opening in record.openings:
            if opening.n not in found:
                with suppress(ValueError):
                    found[opening.n] = stand_in(opening)
    return found


def spelled_at(n: int, pair: Pair, erased: Mapping[int, StandIn]) -> bytes:
    """The bytes of record ``n``, or of what is read in its place; raises ValueError like ``committed_record``."""
    if not is_erased_line(pair.opening):
        return committed_record(n, pair)
    day = date_in(n, pair.leaf)
    if pair.opening != erased_line(n):
        raise ValueError("the line of another opening that was erased stands in the place of its own")
    if n not in erased:
        raise ValueError("its opening is gone, and no erasure that counts names it")
    if b'"time":"' + day + b"T" not in erased[n].spelled:
        raise ValueError("the leaf's date is not the one that the erasure keeps")
    return erased[n].spelled


class OpeningsReading:
    """The records of a log that are here, without their private lines, for whoever asks which erasures count."""

    def __init__(self, log: CustodyLog) -> None:
        self._log = log

    def records(self, kinds: frozenset[str]) -> Iterator[tuple[int, Record]]:
        """The records of these kinds, each checked. None of those by which an erasure is judged can be erased."""
        needles = [b'"kind":"%b"' % kind.encode() for kind in kinds]
        for run in pieces(0, self._log.size, self._log.segment):
            for n, pair in self._pairs(run):
                if any(needle in pair.opening for needle in needles):
                    record = read_or_tell(self._log.committed(n, pair), {})
                    if isinstance(record, Record) and record.kind in kinds:
                        yield n, record

    def spelled(self, numbers: Collection[int]) -> dict[int, bytes]:
        """The bytes of those of these records that are here."""
        found = {}
        for n in sorted(n for n in numbers if n < self._log.size):
            for _, pair in self._pairs(Segment(n, 1)):
                if not is_erased_line(pair.opening):
                    found[n] = self._log.committed(n, pair)
        return found

    def _pairs(self, run: Segment) -> Iterator[tuple[int, Pair]]:
        lines = zip(self._log.lines(LEAVES, run), self._log.lines(OPENINGS, run), strict=False)
        return ((n, Pair(leaf, opening)) for n, (leaf, opening) in enumerate(lines, run.first))


def without_openings(lines: Iterable[bytes], first: int, erased: Collection[int]) -> Iterator[bytes]:
    """Openings numbered from ``first``, with the line for an erased one in the place of each of those."""
    return (erased_line(n) if n in erased else line for n, line in enumerate(lines, first))


def torn(folder: Path) -> list[Path]:
    """What kills left of such writing."""
    names = (name for name in os.listdir(folder) if name.startswith(".") and name.endswith(".tmp"))
    return sorted(folder / name for name in names)
