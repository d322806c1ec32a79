"""Segments: how the lines of the log are cut into files, and how those are named (DESIGN §7.5). Pure.

A *block* is a run of ``SEGMENT`` records that starts at a multiple of it; a *segment* is a run inside one block. A
segment that no longer changes is called ``<first n, 20 digits>-<count>.jsonl``; the one that still grows, which only
the archive's own folder has, ``<first n, 20 digits>-open.jsonl``.

At locations nothing is ever written to twice. Where lines were erased a file of the same records has a *generation* in
its name, ``<first n, 20 digits>-<count>.<g>.jsonl``, and takes the place of every one with a smaller generation.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

SEGMENT = 65_536
"""Most records in one segment (DESIGN §7.5)."""

LEAVES = "leaves"
"""Folder of the lines that may be public."""

OPENINGS = "openings"
"""Folder of the confidential lines."""

PARTS = (OPENINGS, LEAVES)
"""Both, in the order in which they are written: a leaf without its opening would be a record lost."""

_NAME = re.compile(r"([0-9]{20})-([1-9][0-9]{0,4}|open)\.jsonl")
_ANEW = re.compile(r"([0-9]{20}-[1-9][0-9]{0,4})\.([1-9][0-9]{0,5})\.jsonl")


@dataclass(frozen=True, slots=True, order=True)
class Segment:
    """A run of records: the number of the first, and how many."""

    first: int
    count: int

    @property
    def end(self) -> int:
        """Number behind the last record."""
        return self.first + self.count

    def holds(self, other: Segment) -> bool:
        """Whether every record of ``other`` is in this run."""
        return self.first <= other.first and other.end <= self.end


def segment_name(segment: Segment) -> str:
    """File name of a segment that no longer changes."""
    return f"{segment.first:020d}-{segment.count}.jsonl"


def growing_name(first: int) -> str:
    """File name of the segment that still grows and starts at ``first``."""
    return f"{first:020d}-open.jsonl"


def parse_segment(name: str) -> Segment | None:
    """The segment called ``name``; None for a name that is no segment's, or runs over the end of a block."""
    match = _NAME.fullmatch(name)
    if match is None or match[2] == "open":
        return None
    segment = Segment(int(match[1]), int(match[2]))
    return segment if segment.first % SEGMENT + segment.count <= SEGMENT else None


@dataclass(frozen=True, slots=True, order=True)
class SettledFile:
    """A file at a location: its records, and its generation, which counts how often lines of them were erased."""

    segment: Segment
    generation: int = 0

    @property
    def name(self) -> str:
        """What it is called."""
        plain = segment_name(self.segment)
        return f"{plain.removesuffix('.jsonl')}.{self.generation}.jsonl" if self.generation else plain


def parse_settled(name: str) -> SettledFile | None:
    """The file called ``name``; None where ``parse_segment`` answers so of the name without its generation."""
    match = _ANEW.fullmatch(name)
    segment = parse_segment(name if match is None else f"{match[1]}.jsonl")
    return None if segment is None else SettledFile(segment, 0 if match is None else int(match[2]))


@dataclass(frozen=True, slots=True)
class Plan:
    """How a location gets what it lacks of one block: files to put there, and those that they stand for then."""

    wanted: tuple[Segment, ...]
    superseded: tuple[SettledFile, ...]


def plan(block: Segment, there: Iterable[SettledFile], generation: int, *, whole: bool) -> Plan:
    """What to do so that files of this ``generation`` hold all of ``block``, of which ``there`` are at the location.

    A ``whole`` block lies in one file. So does one where a file of a smaller generation is: it makes place for one that
    stands for everything there. Files of a greater generation are left alone.
    """
    files = sorted(there)
    current = [file for file in files if file.generation == generation]
    outdated = [file for file in files if file.generation < generation]
    short = [file for file in current if file.segment != block]
    merge = bool(outdated) or (whole and bool(short))
    runs = [file.segment for file in current]
    wanted = [block] if merge and block not in runs else uncovered(block, runs)
    return Plan(tuple(wanted), (*outdated, *(short if merge else ())))


def parse_growing(name: str) -> int | None:
    """Number of the first record of the growing segment called ``name``; None for any other name."""
    match = _NAME.fullmatch(name)
    return int(match[1]) if match is not None and match[2] == "open" else None


def pieces(first: int, end: int, segment: int = SEGMENT) -> Iterator[Segment]:
    """The run from ``first`` up to but not including ``end``, cut where blocks of ``segment`` records end."""
    while first < end:
        stop = min(end, first - first % segment + segment)
        yield Segment(first, stop - first)
        first = stop


def uncovered(wanted: Segment, held: Iterable[Segment]) -> list[Segment]:
    """What of ``wanted`` none of ``held`` covers, in order."""
    missing = []
    first = wanted.first
    for segment in sorted(held):
        if segment.end <= first or segment.first >= wanted.end:
            continue
        if segment.first > first:
            missing.append(Segment(first, segment.first - first))
        first = segment.end
    if first < wanted.end:
        missing.append(Segment(first, wanted.end - first))
    return missing


def cover(held: Iterable[Segment]) -> Iterator[tuple[Segment, Segment]]:
    """A way to read overlapping segments from 0 to the end of the last: which to open, and the run to take from it.

    Of several that could go on, the one that reaches furthest is taken. Where none can, the next one is taken all the
    same: the caller sees the gap between two runs.
    """
    first = 0
    waiting = sorted(held, key=lambda segment: (segment.first, -segment.end))
    position = 0
    while position < len(waiting):
        best = waiting[position]
        while position < len(waiting) and waiting[position].first <= max(first, best.first):
            best = max(best, waiting[position], key=lambda segment: segment.end)
            position += 1
        if best.end > first:
            start = max(first, best.first)
            yield best, Segment(start, best.end - start)
            first = best.end
