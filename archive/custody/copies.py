"""Copies of the log at storage locations: immutable segments, and the way back from them (DESIGN §7.5).

A location holds ``custody/leaves/<first n, 20 digits>-<count>.jsonl`` and ``custody/openings/…``, nothing that is ever
written to twice. Each call of ``copy_new`` adds what is new as segments inside one block of 65,536 records; when a
block is complete it is stored as one full segment, and the short ones are removed after the full one was read back.
Where openings were erased, one file of the next generation takes the place of all those of the block, in the same way.
Whatever breaks off in between, the location holds at least what it held.
"""

from __future__ import annotations

import hashlib
import operator
import shutil
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from types import MappingProxyType

from archive import durable
from archive.codec.record_codec import read_or_tell
from archive.custody.erased import Lawful, every_erasure, opening_generations
from archive.custody.leaf import Pair, record_in
from archive.custody.log import CustodyLog
from archive.custody.openings import erased_line, is_erased_line, spelled_at, stand_ins, without_openings
from archive.custody.private_copies import copy_private, held_private, private_lines_of
from archive.custody.segments import (
    LEAVES,
    OPENINGS,
    PARTS,
    SEGMENT,
    Segment,
    SettledFile,
    cover,
    parse_segment,
    parse_settled,
    pieces,
    plan,
    uncovered,
)
from archive.custody.store import CUSTODY, SegmentStore, require_equal
from archive.custody.withheld import Places
from archive.errors import CustodyError
from archive.model.log_records import ErasureRecord
from archive.model.record import Record

_AT_ONCE = 1_000
"""Lines that are handed to a location together."""


def copy_new(
    log: CustodyLog,
    store: SegmentStore,
    erasures: Sequence[ErasureRecord] | None = None,
    *,
    withheld: Places = MappingProxyType({}),
) -> int:
    """Copy what the location does not hold of the log yet; returns how many leaves were new there.

    Looks at the location's names, reads back the last segment, and nothing else unless segments are merged or lines
    were erased; what is missing in between is filled in. Every record is checked before it is copied. ``erasures`` are
    those in the log, whether or not they count, where the caller knows them: else they are looked for. ``withheld`` are
    private lines that do not go there, for a copy that others receive; a location of the archive gets all of them.
    Raises CustodyError, and overwrites and removes nothing, where the location holds another history than ``log``, and
    where ``log`` itself is altered.
    """
    held = _all_held(store)
    own = _own(log, held, erasures)
    _require_same_history(own, store, held)
    private = held_private(store) if log.private.files() else []
    copied = 0
    superseded: list[str] = []
    for block in pieces(0, log.size, log.segment):
        superseded += copy_private(log, store, private, block, withheld)
        leaves, keys = _copy_block(own, store, held, block)
        copied += leaves
        superseded += keys
    for key in superseded:  # last, so that a location that refuses to remove has everything all the same
        store.delete(key)
    return copied


def require_beginning(log: CustodyLog, store: SegmentStore) -> None:
    """Raise CustodyError where the location holds another history than ``log``, by its names and last segments."""
    held = _all_held(store)
    _require_same_history(_own(log, held, None), store, held)


def read_copy(
    store: SegmentStore, *, segment: int = SEGMENT, lawful: Lawful = every_erasure
) -> Iterator[tuple[int, bytes, bytes]]:
    """Number, leaf and opening of every record that a location holds, in order, lines without their LF.

    Overlapping segments, as a broken-off merge leaves them, are fine; openings whose leaves did not arrive any more
    are left out. Each pair is checked; ``lawful`` says which erasures of the copy count. Raises CustodyError on a gap
    and on a pair that does not fit together. That the last records are missing cannot be seen here.
    """
    written_anew = any(file.generation for file in held_openings(store))
    yield from _pairs(store, lawful(CopyReading(store)) if written_anew else (), segment)


def _pairs(store: SegmentStore, erasures: Sequence[ErasureRecord], segment: int) -> Iterator[tuple[int, bytes, bytes]]:
    erased, made = stand_ins(erasures), opening_generations(erasures, segment)
    counting = (file for file in held_openings(store) if file.generation <= made[_base(file, segment)])
    leaves = _numbered_lines(store, LEAVES, {leaf.segment: leaf for leaf in _held_leaves(store)})
    openings = _numbered_lines(store, OPENINGS, {file.segment: file for file in sorted(counting, key=_generation)})
    for n, leaf in leaves:
        _, opening = next(openings, (n, b""))
        if not opening:
            raise CustodyError(f"the location's copy of the custody log has no opening for record {n}", hint=_OTHERS)
        try:
            spelled_at(n, Pair(leaf, opening), erased)
        except ValueError as error:
            raise CustodyError(f"the location's copy of the custody log, record {n}: {error}", hint=_OTHERS) from error
        yield n, leaf, opening


def restore(store: SegmentStore, folder: Path, *, segment: int = SEGMENT, lawful: Lawful = every_erasure) -> CustodyLog:
    """Build the log in ``folder``, which must not exist yet, from a location's copy, byte for byte.

    Lines that an erasure names are left out, wherever they still lie; ``lawful`` says which erasures count. The folder
    appears when everything in it is synced. Raises CustodyError as ``read_copy`` does and where the location holds no
    copy at all, FileExistsError where ``folder`` exists.
    """
    if folder.exists():
        raise FileExistsError(f"{folder} exists already")
    building = folder.with_name(f".{folder.name}.restoring")
    shutil.rmtree(building, ignore_errors=True)  # left by a restore that was broken off
    log = CustodyLog.create(building, segment=segment)
    batch: list[Pair] = []
    lines: list[list[bytes]] = []
    erasures = lawful(CopyReading(store))
    erased = stand_ins(erasures)
    private = private_lines_of(store, erasures, segment)
    held, mine = next(private, (-1, []))
    for n, leaf, opening in _pairs(store, erasures, segment):
        while 0 <= held < n:
            held, mine = next(private, (-1, []))
        batch.append(Pair(leaf, erased_line(n) if n in erased else opening))
        lines.append([placed.line for placed in mine] if held == n else [])
        if (n + 1) % segment == 0:
            log.append_closed(batch, lines, erased)
            batch, lines = [], []
    log.append_closed(batch, lines, erased)
    if not log.size:
        shutil.rmtree(building)
        raise CustodyError("the location holds no copy of the custody log", hint=_OTHERS)
    log.erase(erasures)  # no line is left to go: each private file gets the generation that it has elsewhere
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
        here = ((n, record_in(opening)) for n, opening in self._openings() if n in numbers)
        return {n: spelled for n, spelled in here if spelled}

    def _openings(self) -> Iterator[tuple[int, bytes]]:
        """The openings whose leaves arrived too: the others are no part of the copy yet.

        Of two files of the same records the newer one is read: nothing by which an erasure is judged can be erased.
        """
        files = {file.segment: file for file in sorted(held_openings(self.store), key=_generation)}
        return islice(_numbered_lines(self.store, OPENINGS, files), held_records(self.store))


def held_records(store: SegmentStore) -> int:
    """How many records the location's leaves reach to."""
    return max((file.segment.end for file in _held_leaves(store)), default=0)


def held_openings(store: SegmentStore) -> list[SettledFile]:
    """The files of openings at a location; names that are none of ours are somebody else's."""
    found = (parse_settled(key.removeprefix(_PREFIX[OPENINGS])) for key in store.keys(_PREFIX[OPENINGS]))
    return sorted(file for file in found if file is not None)


_OTHERS = "try the copy at another location"

_PREFIX = {part: f"{CUSTODY}{part}/" for part in PARTS}

_Held = dict[str, list[SettledFile]]

_generation = operator.attrgetter("generation")


def _held_leaves(store: SegmentStore) -> list[SettledFile]:
    found = (parse_segment(key.removeprefix(_PREFIX[LEAVES])) for key in store.keys(_PREFIX[LEAVES]))
    return sorted(SettledFile(segment) for segment in found if segment is not None)


def _all_held(store: SegmentStore) -> _Held:
    return {OPENINGS: held_openings(store), LEAVES: _held_leaves(store)}


def _key(part: str, file: SettledFile) -> str:
    return f"{_PREFIX[part]}{file.name}"


@dataclass(frozen=True, slots=True)
class _Own:
    """The archive's own log as it is to lie at locations.

    ``gone`` are the numbers of openings that were erased; ``made`` the generations of openings, by the first record
    of the block.
    """

    log: CustodyLog
    gone: frozenset[int]
    made: Counter[int]

    def generation(self, part: str, n: int) -> int:
        """The generation of the part's file of the block that record ``n`` is in."""
        return self.made[n - n % self.log.segment] if part == OPENINGS else 0

    def lines(self, part: str, run: Segment) -> Iterator[bytes]:
        """The lines of one part, without what was erased; nothing is checked."""
        lines = self.log.lines(part, run)
        return lines if part == LEAVES else without_openings(lines, run.first, self.gone)

    def checked(self, runs: Mapping[str, Iterable[Segment]]) -> dict[tuple[str, Segment], str]:
        """The SHA-256 of the log's own lines in each of ``runs``, by part; each record in them was checked."""
        wanted = {(part, run): hashlib.sha256() for part, some in runs.items() for run in some}
        first, end = min(run.first for _, run in wanted), max(run.end for _, run in wanted)
        for n, pair, _ in self.log.entries(first, end):
            lines = {LEAVES: pair.leaf, OPENINGS: erased_line(n) if n in self.gone else pair.opening}
            for (part, run), hasher in wanted.items():
                if run.first <= n < run.end:
                    hasher.update(lines[part] + b"\n")
        return {place: hasher.hexdigest() for place, hasher in wanted.items()}


def _own(log: CustodyLog, held: _Held, erasures: Sequence[ErasureRecord] | None) -> _Own:
    """The log without what was erased. Which erasures count is asked only where the names of ``held`` do not tell.

    A location whose openings are all in the generation that all erasures make was written when all of them counted.
    """
    if erasures is None:
        erasures = log.erasures()
    else:
        made = opening_generations(erasures, log.segment)
        blocks = {_base(file, log.segment) for file in held[OPENINGS]}
        as_named = all(file.generation == made[_base(file, log.segment)] for file in held[OPENINGS])
        told = as_named and made.keys() <= blocks
        erasures = erasures if told else log.erasures()
    gone = frozenset(opening.n for record in erasures for opening in record.openings)
    return _Own(log, gone, opening_generations(erasures, log.segment))


def _base(file: SettledFile, segment: int) -> int:
    """The first record of the block that a file is in."""
    return file.segment.first - file.segment.first % segment


def _require_same_history(own: _Own, store: SegmentStore, held: _Held) -> None:
    """Names and last segments agree with the log; this much is looked at on every call."""
    for part, files in held.items():
        if not files:
            continue
        last = max(files, key=lambda file: (file.segment.end, file.segment.first, file.generation))
        if last.segment.end > own.log.size:
            raise CustodyError(
                f"the location holds {part} up to {last.segment.end} ({_key(part, last)}), the archive's own log only "
                f"{own.log.size}: the archive has lost records, or the location belongs to another archive",
                hint="nothing was copied; find out which of the two is right before anything is recorded",
            )
        if last.generation == own.generation(part, last.segment.first):
            require_equal(store, _key(part, last), own.checked({part: [last.segment]})[part, last.segment])
        else:
            _require_equal_but_erased(own, store, last)


def _require_equal_but_erased(own: _Own, store: SegmentStore, file: SettledFile) -> None:
    """Raise CustodyError unless a file of openings says the same as the log, where neither of them has it erased."""
    key, run = _key(OPENINGS, file), file.segment
    theirs = _lines(store, key, run.count)
    for (n, pair, _), line in zip(own.log.entries(run.first, run.end), theirs, strict=True):
        if line not in (pair.opening, erased_line(n)) and not is_erased_line(pair.opening):
            raise CustodyError(
                f"the location's {key}, record {n}, is not what the archive's own log says: one of them was altered, "
                "or the location belongs to another archive",
                hint="nothing was overwritten or removed; compare both with the copy at a third location",
            )


def _copy_block(own: _Own, store: SegmentStore, held: _Held, block: Segment) -> tuple[int, list[str]]:
    """Bring one block, or what the log has of it, to the location: openings first, then leaves.

    Returns how many leaves were missing, and the keys of files that another one, read back, stands for now.
    """
    made = {part: own.generation(part, block.first) for part in PARTS}
    there = {part: [file for file in held[part] if block.holds(file.segment)] for part in PARTS}
    plans = {part: plan(block, there[part], made[part], whole=block.count == own.log.segment) for part in PARTS}
    runs = {part: [file.segment for file in there[part] if file.generation == made[part]] for part in PARTS}
    if not any(one.wanted or one.superseded for one in plans.values()):
        return 0, []
    current = {part: [file for file in one.superseded if file.generation == made[part]] for part, one in plans.items()}
    compared = {part: [file.segment for file in some] for part, some in current.items()}
    sums = own.checked({part: [block, *compared[part], *one.wanted] for part, one in plans.items()})
    for part, one in plans.items():  # before anything is stored: those there may be right, and our own lines rotten
        for file in one.superseded:
            if file.generation == made[part]:
                require_equal(store, _key(part, file), sums[part, file.segment])
            else:
                _require_equal_but_erased(own, store, file)
    for part, one in plans.items():
        for run in one.wanted:
            _put(own, store, part, SettledFile(run, made[part]), sums[part, run])
    for part, one in plans.items():
        if one.superseded:
            require_equal(store, _key(part, SettledFile(block, made[part])), sums[part, block])
    superseded = [_key(part, file) for part, one in plans.items() for file in one.superseded]
    return sum(run.count for run in uncovered(block, runs[LEAVES])), superseded


def _put(own: _Own, store: SegmentStore, part: str, file: SettledFile, sha256: str) -> None:
    lines = own.lines(part, file.segment)
    chunks = iter(lambda: b"".join(line + b"\n" for line in islice(lines, _AT_ONCE)), b"")
    try:
        store.put_stream(_key(part, file), chunks, sha256=sha256)
    except FileExistsError:  # it was not among the names a moment ago; the same bytes are as good as ours
        require_equal(store, _key(part, file), sha256)


def _numbered_lines(
    store: SegmentStore, part: str, files: Mapping[Segment, SettledFile]
) -> Iterator[tuple[int, bytes]]:
    """Every line of one part of a location's copy, counted from 0 without gaps."""
    expected = 0
    for segment, run in cover(files):
        if run.first != expected:
            raise CustodyError(
                f"the location's copy of the custody log has a gap: {part} {expected} to {run.first - 1} are missing",
                hint=_OTHERS,
            )
        lines = _lines(store, _key(part, files[segment]), segment.count)
        yield from enumerate(islice(lines, run.first - segment.first, None), run.first)
        expected = run.end


def _lines(store: SegmentStore, key: str, wanted: int) -> Iterator[bytes]:
    """The lines of a segment, without their LF; CustodyError where they are not as many as its name says."""
    count, whole = 0, True
    with store.open(key) as stream:
        for line in stream:
            count, whole = count + 1, line.endswith(b"\n")
            if count > wanted or not whole:
                break
            yield line[:-1]
    if count != wanted or not whole:
        raise CustodyError(f"the location's {key} does not hold {wanted} lines", hint=_OTHERS)
