"""Copies of the private lines at storage locations, and the way back from them (DESIGN §7.7).

A location holds ``custody/private/<first n, 20 digits>-<count>.jsonl``, or with a generation before the ending where
lines were erased: then one file for all these records takes the place of every older one there, once it was read back.
Which lines a location holds never says which history it has; leaves and openings do.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

from archive.custody.erased import erased_lines, generations
from archive.custody.log import CustodyLog
from archive.custody.private import PRIVATE, Placed, lines_by_record
from archive.custody.segments import Segment, SettledFile, cover, parse_settled, plan
from archive.custody.store import CUSTODY, SegmentStore, require_equal
from archive.custody.withheld import Places
from archive.errors import CustodyError
from archive.model.log_records import ErasureRecord

PREFIX = f"{CUSTODY}{PRIVATE}/"
"""Where private lines lie below a location."""

_AT_ONCE = 1_000


def held_private(store: SegmentStore) -> list[SettledFile]:
    """The files of private lines at a location; names that are none of ours are somebody else's."""
    found = (parse_settled(key.removeprefix(PREFIX)) for key in store.keys(PREFIX))
    return sorted(file for file in found if file is not None)


def copy_private(
    log: CustodyLog, store: SegmentStore, held: Iterable[SettledFile], block: Segment, withheld: Places
) -> list[str]:
    """Bring the private lines of one block, but for those ``withheld``, to a location.

    Answers which files there others stand for now. Every line is held against its record before it is copied. Raises
    CustodyError where one does not fit, and where what was written reads back differently.
    """
    own = log.private.file(block.first)
    if own is None:
        return []
    there = [file for file in held if block.first <= file.segment.first < block.end]
    todo = plan(block, there, own.generation, whole=block.count == log.segment)
    for run in todo.wanted:
        _put(log, store, SettledFile(run, own.generation), withheld)
    return [PREFIX + file.name for file in todo.superseded]


def private_lines_of(
    store: SegmentStore, erasures: Sequence[ErasureRecord], segment: int
) -> Iterator[tuple[int, list[Placed]]]:
    """The private lines that a location holds of each record, but for those that ``erasures`` name.

    Of files of several generations the newest go first, up to the one that these records make: what a broken-off copy
    left there of a newer one tells of more of the log than the location holds. Raises CustodyError on a file that holds
    anything else than lines in order.
    """
    erased, lawful = erased_lines(erasures), generations(erasures, segment)
    held = held_private(store)
    firsts = sorted({file.segment.first - file.segment.first % segment for file in held})
    for base in firsts:
        there = [file for file in held if file.segment.first - file.segment.first % segment == base]
        generation = max((g for g in (file.generation for file in there) if g <= lawful[base]), default=-1)
        files = {file.segment: file for file in there if file.generation == generation}
        for whole, run in cover(files):
            for n, lines in _records(store, files[whole]):
                if run.first <= n < run.end:
                    yield n, [line for line in lines if line.i not in erased.get(n, frozenset())]


def _records(store: SegmentStore, file: SettledFile) -> Iterator[tuple[int, list[Placed]]]:
    try:
        with store.open(PREFIX + file.name) as stream:
            yield from lines_by_record(line.removesuffix(b"\n") for line in stream)
    except ValueError as error:
        raise CustodyError(
            f"the location's {PREFIX}{file.name}: {error}", hint="try the copy at another location"
        ) from error


def _put(log: CustodyLog, store: SegmentStore, file: SettledFile, withheld: Places) -> None:
    hasher = hashlib.sha256()
    for line in _checked_lines(log, file.segment, withheld):
        hasher.update(line + b"\n")
    sha256 = hasher.hexdigest()
    lines = _checked_lines(log, file.segment, withheld)
    chunks = iter(lambda: b"".join(line + b"\n" for line in islice(lines, _AT_ONCE)), b"")
    key = PREFIX + file.name
    try:
        store.put_stream(key, chunks, sha256=sha256)
    except FileExistsError:  # it was not among the names a moment ago; the same bytes are as good as ours
        require_equal(store, key, sha256)
    if file.generation:
        require_equal(store, key, sha256)


def _checked_lines(log: CustodyLog, run: Segment, withheld: Places) -> Iterator[bytes]:
    return chain.from_iterable(
        (placed.line for placed in log.checked_lines(n, spelled, lines) if placed.i not in withheld.get(n, ()))
        for n, _, spelled, lines in log.full_entries(run.first, run.end)
    )
