"""Copies of the log at storage locations: immutable segments, and the way back from them (DESIGN §7.5).

A location holds ``custody/leaves/<first n, 20 digits>-<count>.jsonl`` and ``custody/openings/…``, nothing that is ever
written to twice. Each call of ``copy_new`` adds what is new as segments inside one block of 65,536 records; when a
block is complete it is stored as one full segment, and the short ones are removed after the full one was read back.
Whatever breaks off in between, the location holds at least what it held.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from types import MappingProxyType

from archive import durable
from archive.codec.record_codec import read_or_tell
from archive.custody.erased import Lawful, every_erasure
from archive.custody.leaf import Pair, committed_record, record_in
from archive.custody.log import CustodyLog
from archive.custody.private_copies import copy_private, held_private, private_lines_of
from archive.custody.segments import (
    LEAVES,
    OPENINGS,
    PARTS,
    SEGMENT,
    Segment,
    cover,
    parse_segment,
    pieces,
    segment_name,
    uncovered,
)
from archive.custody.store import CUSTODY, SegmentStore, require_equal
from archive.custody.withheld import Places
from archive.errors import CustodyError
from archive.model.record import Record

_AT_ONCE = 1_000
"""Lines that are handed to a location together."""


def copy_new(log: CustodyLog, store: SegmentStore, withheld: Places = MappingProxyType({})) -> int:
    """Copy what the location does not hold of the log yet; returns how many leaves were new there.

    ``withheld`` are private lines that do not go there, for a copy that others receive; a location of the archive
    gets all of them.

    Looks at the location's names, reads back the last segment, and nothing else unless segments are merged; what is
    missing in between is filled in. Every record is checked before it is copied. Raises CustodyError, and overwrites
    and removes nothing, where the location holds another history than ``log``, and where ``log`` itself is altered.
    """
    held = {part: _held(store, part) for part in PARTS}
    _require_same_history(log, store, held)
    private = held_private(store) if log.private.files() else []
    copied = 0
    superseded: list[str] = []
    for block in pieces(0, log.size, log.segment):
        superseded += copy_private(log, store, private, block, withheld)
        leaves, keys = _copy_block(log, store, held, block)
        copied += leaves
        superseded += keys
    for key in superseded:  # last, so that a location that refuses to remove has everything all the same
        store.delete(key)
    return copied


def require_beginning(log: CustodyLog, store: SegmentStore) -> None:
    """Raise CustodyError where the location holds another history than ``log``, by its names and last segments."""
    _require_same_history(log, store, {part: _held(store, part) for part in PARTS})


def read_copy(store: SegmentStore) -> Iterator[tuple[int, bytes, bytes]]:
    """Number, leaf and opening of every record that a location holds, in order, lines without their LF.

    Overlapping segments, as a broken-off merge leaves them, are fine; openings whose leaves did not arrive any more
    are left out. Each pair is checked. Raises CustodyError on a gap and on a pair that does not fit together. That
    the last records are missing cannot be seen here.
    """
    leaves, openings = (_numbered_lines(store, part) for part in (LEAVES, OPENINGS))
    for n, leaf in leaves:
        _, opening = next(openings, (n, b""))
        if not opening:
            raise CustodyError(f"the location's copy of the custody log has no opening for record {n}", hint=_OTHERS)
        try:
            committed_record(n, Pair(leaf, opening))
        except ValueError as error:
            raise CustodyError(f"the location's copy of the custody log, record {n}: {error}", hint=_OTHERS) from error
        yield n, leaf, opening


def restore(store: SegmentStore, folder: Path, *, segment: int = SEGMENT, lawful: Lawful = every_erasure) -> CustodyLog:
    """Build the log in ``folder``, which must not exist yet, from a location's copy, byte for byte.

    Private lines that an erasure names are left out, wherever they still lie; ``lawful`` says which erasures count.
    The folder appears when everything in it is synced. Raises CustodyError as ``read_copy`` does and where the
    location holds no copy at all, FileExistsError where ``folder`` exists.
    """
    if folder.exists():
        raise FileExistsError(f"{folder} exists already")
    building = folder.with_name(f".{folder.name}.restoring")
    shutil.rmtree(building, ignore_errors=True)  # left by a restore that was broken off
    log = CustodyLog.create(building, segment=segment)
    batch: list[Pair] = []
    lines: list[list[bytes]] = []
    erasures = lawful(CopyReading(store)) if held_private(store) else []
    private = private_lines_of(store, erasures, segment)
    held, mine = next(private, (-1, []))
    for n, leaf, opening in read_copy(store):
        while 0 <= held < n:
            held, mine = next(private, (-1, []))
        batch.append(Pair(leaf, opening))
        lines.append([placed.line for placed in mine] if held == n else [])
        if (n + 1) % segment == 0:
            log.append_closed(batch, lines)
            batch, lines = [], []
    log.append_closed(batch, lines)
    if not log.size:
        shutil.rmtree(building)
        raise CustodyError("the location holds no copy of the custody log", hint=_OTHERS)
    log.erase(erasures)  # no line is left to go: each file gets the generation that it has elsewhere
    durable.publish(building, folder)
    return CustodyLog.open(folder, segment=segment)


@dataclass(frozen=True, slots=True)
class CopyReading:
    """The records of a location's copy, without private lines, for whoever asks what was erased."""

    store: SegmentStore

    def records(self, kinds: frozenset[str]) -> Iterator[tuple[int, Record]]:
        """The records of these kinds; each is checked later."""
        needles = [b'"kind":"%b"' % kind.encode() for kind in kinds]
        for n, opening in self._openings():
            if any(needle in opening for needle in needles):
                record = read_or_tell(record_in(opening), {})
                if isinstance(record, Record) and record.kind in kinds:
                    yield n, record

    def spelled(self, numbers: Collection[int]) -> dict[int, bytes]:
        """The bytes of those of these records that the copy holds."""
        return {n: record_in(opening) for n, opening in self._openings() if n in numbers}

    def _openings(self) -> Iterator[tuple[int, bytes]]:
        """The openings whose leaves arrived too: the others are no part of the copy yet."""
        return islice(_numbered_lines(self.store, OPENINGS), held_records(self.store))


def held_records(store: SegmentStore) -> int:
    """How many records the location's leaves reach to."""
    return max((segment.end for segment in _held(store, LEAVES)), default=0)


_OTHERS = "try the copy at another location"

_Held = dict[str, list[Segment]]


def _key(part: str, segment: Segment) -> str:
    return f"{CUSTODY}{part}/{segment_name(segment)}"


def _held(store: SegmentStore, part: str) -> list[Segment]:
    """The segments a location holds; names that are no segment's are somebody else's."""
    prefix = f"{CUSTODY}{part}/"
    found = (parse_segment(key.removeprefix(prefix)) for key in store.keys(prefix))
    return sorted(segment for segment in found if segment is not None)


def _require_same_history(log: CustodyLog, store: SegmentStore, held: _Held) -> None:
    """Names and last segments agree with the log; this much is looked at on every call."""
    for part, segments in held.items():
        if not segments:
            continue
        last = max(segments, key=lambda segment: (segment.end, segment.first))
        if last.end > log.size:
            raise CustodyError(
                f"the location holds {part} up to {last.end} ({_key(part, last)}), the archive's own log only "
                f"{log.size}: the archive has lost records, or the location belongs to another archive",
                hint="nothing was copied; find out which of the two is right before anything is recorded",
            )
        require_equal(store, _key(part, last), _checked(log, {part: [last]})[part, last])


def _copy_block(log: CustodyLog, store: SegmentStore, held: _Held, block: Segment) -> tuple[int, list[str]]:
    """Bring one block, or what the log has of it, to the location: openings first, then leaves.

    Returns how many leaves were missing, and the keys of short segments that a full one, read back, stands for now.
    """
    whole = block.count == log.segment
    missing = {part: uncovered(block, held[part]) for part in PARTS}
    short = {part: [s for s in held[part] if whole and block.holds(s) and s != block] for part in PARTS}
    wanted = {part: [block] if short[part] and block not in held[part] else missing[part] for part in PARTS}
    if not any(wanted.values()) and not any(short.values()):
        return 0, []
    own = _checked(log, {part: [block, *short[part], *wanted[part]] for part in PARTS})
    for part in PARTS:  # before anything is stored: the short ones may be what is right, and our own lines rotten
        for segment in short[part]:
            require_equal(store, _key(part, segment), own[part, segment])
    for part in PARTS:
        for segment in wanted[part]:
            _put(log, store, part, segment, own[part, segment])
    for part in PARTS:
        if short[part]:
            require_equal(store, _key(part, block), own[part, block])
    superseded = [_key(part, segment) for part in PARTS for segment in short[part]]
    return sum(segment.count for segment in missing[LEAVES]), superseded


def _checked(log: CustodyLog, runs: Mapping[str, Iterable[Segment]]) -> dict[tuple[str, Segment], str]:
    """The SHA-256 of the log's own lines in each of ``runs``, by part; each record in them was checked."""
    wanted = {(part, run): hashlib.sha256() for part, some in runs.items() for run in some}
    first, end = min(run.first for _, run in wanted), max(run.end for _, run in wanted)
    for n, pair, _ in log.entries(first, end):
        lines = {LEAVES: pair.leaf + b"\n", OPENINGS: pair.opening + b"\n"}
        for (part, run), hasher in wanted.items():
            if run.first <= n < run.end:
                hasher.update(lines[part])
    return {place: hasher.hexdigest() for place, hasher in wanted.items()}


def _put(log: CustodyLog, store: SegmentStore, part: str, segment: Segment, sha256: str) -> None:
    lines = log.lines(part, segment)
    chunks = iter(lambda: b"".join(line + b"\n" for line in islice(lines, _AT_ONCE)), b"")
    try:
        store.put_stream(_key(part, segment), chunks, sha256=sha256)
    except FileExistsError:  # it was not among the names a moment ago; the same bytes are as good as ours
        require_equal(store, _key(part, segment), sha256)


def _numbered_lines(store: SegmentStore, part: str) -> Iterator[tuple[int, bytes]]:
    """Every line of one part of a location's copy, counted from 0 without gaps."""
    expected = 0
    for segment, run in cover(_held(store, part)):
        if run.first != expected:
            raise CustodyError(
                f"the location's copy of the custody log has a gap: {part} {expected} to {run.first - 1} are missing",
                hint=_OTHERS,
            )
        yield from enumerate(islice(_lines(store, part, segment), run.first - segment.first, None), run.first)
        expected = run.end


def _lines(store: SegmentStore, part: str, segment: Segment) -> Iterator[bytes]:
    """The lines of a segment, without their LF; CustodyError where they are not as many as its name says."""
    count, whole = 0, True
    with store.open(_key(part, segment)) as stream:
        for line in stream:
            count, whole = count + 1, line.endswith(b"\n")
            if count > segment.count or not whole:
                break
            yield line[:-1]
    if count != segment.count or not whole:
        raise CustodyError(f"the location's {_key(part, segment)} does not hold {segment.count} lines", hint=_OTHERS)
