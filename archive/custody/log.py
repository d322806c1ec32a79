"""The archive's own custody log: a folder to append records to, and to read them from (DESIGN §7).

On disk, below the log's folder (``custody/`` of an archive)::

    head.json                                   what is acknowledged
    leaves/<first n, 20 digits>-65536.jsonl     a settled segment
    leaves/<first n, 20 digits>-open.jsonl      the growing one
    openings/…                                  the same names, also where one was erased (see ``openings``)
    private/…                                   see ``private_folder``
    append.lock                                 held while appending or recovering

A batch is appended in this order: private lines, openings, leaves, each synced; the head, replaced atomically, which
acknowledges the batch; then segments that became full are renamed. Everything a batch adds goes to ``-open`` files,
also where it fills several segments, so a settled name never holds a record that is not acknowledged.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby, tee
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO

from archive import durable
from archive.codec.record_codec import read_or_tell, spell_record, time_in
from archive.codec.stand_ins import StandIn
from archive.custody.erased import Lawful, erased_lines, every_erasure, generations
from archive.custody.examination import examine
from archive.custody.head import HEAD_NAME, decode_head, encode_head
from archive.custody.leaf import SALT_SIZE, Pair, close_all
from archive.custody.lines import read_lines, size_or_zero
from archive.custody.merkle import Frontier, leaf_hashes
from archive.custody.openings import OpeningsReading, is_erased_line, spelled_at, stand_ins, torn, without_openings
from archive.custody.private import Placed, objects_of, of_record, spell_line
from archive.custody.private_folder import PrivateFolder
from archive.custody.recovery import Recovery, carry_out, survey
from archive.custody.segments import LEAVES, OPENINGS, PARTS, SEGMENT, Segment, growing_name, pieces, segment_name
from archive.errors import ArchiveError, CustodyError, LockedError
from archive.model.log_records import ErasureRecord
from archive.model.record import Record, Unread
from profiles.finding import Finding

LOCK_NAME = "append.lock"
"""Name of the lock file in the log's folder."""


class CustodyLog:
    """A log that was created or opened; see ``create`` and ``open``.

    Reads what was acknowledged when it was opened, and what was appended through it since. ``folder`` is where it
    lies, ``segment`` how many records its segments hold (``SEGMENT`` but in tests). ``lawful`` says which erasures
    count; whoever knows whose log it is sets it.
    """

    __slots__ = ("_ends", "_erased", "_frontier", "_last", "_salts", "folder", "lawful", "private", "segment")

    def __init__(self, folder: Path, frontier: Frontier, *, segment: int, salts: Callable[[int], bytes]) -> None:
        self.folder = folder
        self.segment = segment
        self._frontier = frontier
        self._salts = salts
        self._ends: dict[str, int] = dict.fromkeys(PARTS, 0)
        self._last: tuple[int, datetime | None] = (0, None)
        self.private = PrivateFolder(folder, segment=segment)
        self.lawful: Lawful = every_erasure
        self._erased = _Erased()

    @classmethod
    def create(
        cls, folder: Path, *, segment: int = SEGMENT, salts: Callable[[int], bytes] = secrets.token_bytes
    ) -> CustodyLog:
        """Begin an empty log in ``folder``, whose parent exists.

        ``salts`` returns that many random octets. Raises FileExistsError where a log is already, and CustodyError
        where lines lie without their head. Begun and broken off, it can be begun again.
        """
        if (folder / HEAD_NAME).exists():
            raise FileExistsError(f"{folder} holds a custody log already")
        for path in (folder, *(folder / part for part in PARTS)):
            path.mkdir(exist_ok=True)
        if any(any((folder / part).iterdir()) for part in PARTS):
            raise _no_head(folder)
        durable.sync_folder(folder)
        durable.sync_folder(folder.parent)
        durable.write_atomic(folder / HEAD_NAME, encode_head(Frontier()))
        return cls(folder, Frontier(), segment=segment, salts=salts)

    @classmethod
    def open(
        cls, folder: Path, *, segment: int = SEGMENT, salts: Callable[[int], bytes] = secrets.token_bytes
    ) -> CustodyLog:
        """The log in ``folder``, with what a crash left above the acknowledged size cut away.

        While another process is appending, and where the folder cannot be written to, nothing is cut: reading ends
        at the acknowledged size anyway. No power cut takes back what is read. Raises CustodyError, and changes
        nothing, where there is no head, or the files hold less than it acknowledges.
        """
        frontier, found = _survey_steadily(folder, segment=segment)
        log = cls(folder, frontier, segment=segment, salts=salts)
        log._ends = found.ends
        if found.needed and os.access(folder, os.W_OK):
            with contextlib.suppress(LockedError), log._exclusive("recovering the custody log"):
                log._frontier = _read_head(folder)  # the one who held the lock may have acknowledged more
                log._recover()
        _keep_head(folder)
        return log

    def refresh(self) -> None:
        """Take notice of what other processes appended since; the caller sees to it that none is appending now."""
        head = _read_head(self.folder)
        if head != self._frontier:
            self._ends = survey(self.folder, size=head.size, segment=self.segment).ends
            _keep_head(self.folder)
            self._frontier = head

    @property
    def size(self) -> int:
        """How many records are acknowledged."""
        return self._frontier.size

    @property
    def frontier(self) -> Frontier:
        """The tree over all leaves that are acknowledged."""
        return self._frontier

    def append(self, records: Sequence[Record]) -> int:
        """Record all of ``records`` or none, durably; returns the number of the first.

        Raises ValueError for a record that cannot be spelled, LockedError where the log is being appended to, or was
        since it was opened here, and OSError where the disk fails; then none is recorded, unless the disk failed in
        the very act of acknowledging, which opening the log again decides.
        """
        spelled: list[bytes] = []
        private: list[Sequence[bytes]] = []
        for n, record in enumerate(records, self.size):  # nothing is kept that would be looked at as garbage again
            found, lines = spell_record(record, self._salts)
            spelled.append(found)
            private.append([spell_line(n, line) for line in lines] if lines else ())
        leaves, openings = close_all(self.size, records, spelled, self._salts(SALT_SIZE * len(records)))
        first = self._append(leaves, openings, private)
        if records:
            self._last = (self.size, records[-1].time)
        return first

    def append_closed(
        self,
        pairs: Sequence[Pair],
        private: Sequence[Sequence[bytes]] = (),
        erased: Mapping[int, StandIn] = MappingProxyType({}),
    ) -> int:
        """Append leaves and openings that were made earlier, as they are; otherwise like ``append``.

        ``private`` are the private lines of each, or nothing where none has any; ``erased`` what is read in the place
        of openings that were erased. Raises ValueError where a pair or a private line does not fit, or is not the next.
        """
        private = private or [()] * len(pairs)
        for n, (pair, lines) in enumerate(zip(pairs, private, strict=True), self.size):
            objects_of(spelled_at(n, pair, erased), (of_record(n, line) for line in lines))
        return self._append([pair.leaf for pair in pairs], [pair.opening for pair in pairs], private)

    def records(
        self,
        start: int = 0,
        kinds: frozenset[str] | None = None,
        *,
        where: Callable[[bytes], bool] = lambda spelled: True,
    ) -> Iterator[tuple[int, Record]]:
        """Numbers and records from ``start`` to the end, of these ``kinds`` only where any are given.

        ``where`` is asked with the record's bytes, to spare the decoding of what is long and not wanted.
        Streams in flat memory. Every pair on the way is checked against its commitment, also where it is left out.
        What this program cannot read is left out: ``read`` tells of it. Raises CustodyError, naming number and files,
        at the first that is missing or was altered.
        """
        for n, item in self._read(start, kinds, where):
            if isinstance(item, Record) and (not kinds or item.kind in kinds):
                yield n, item

    def read_kinds(self, kinds: frozenset[str]) -> Iterator[tuple[int, Record | Unread]]:
        """As ``read``, of these kinds only."""
        return ((n, item) for n, item in self._read(0, kinds, lambda spelled: True) if item.kind in kinds)

    def numbers_of(self, *kinds: str, start: int = 0) -> list[tuple[int, str]]:
        """Numbers of the records from ``start`` on whose openings show one of these kinds; nothing is checked."""
        needles = [(kind, b'"kind":"%b"' % kind.encode()) for kind in kinds]
        return [
            (n, kind)
            for block in pieces(start, self.size, self.segment)
            for n, opening in enumerate(self.lines(OPENINGS, block), block.first)
            for kind, needle in needles
            if needle in opening
        ]

    def read(self, start: int = 0) -> Iterator[tuple[int, Record | Unread]]:
        """As ``records``, with a word in its place for each record that this program cannot read."""
        return self._read(start, None, lambda spelled: True)

    def _read(
        self, start: int, kinds: frozenset[str] | None, where: Callable[[bytes], bool]
    ) -> Iterator[tuple[int, Record | Unread]]:
        needles = [b'"kind":"%b"' % kind.encode() for kind in sorted(kinds or ())]
        for n, pair, spelled, lines in self.full_entries(start):
            # Inside a JSON string the quotes would be escaped: a record of a kind always shows its needle.
            if needles and not any(needle in spelled for needle in needles):
                continue
            if where(spelled):
                yield n, self._understood(n, pair, spelled, lines)

    def record(self, n: int) -> Record:
        """Record ``n``.

        Raises ValueError where there is none, CustodyError where it was altered, ArchiveError where this program cannot
        read it.
        """
        if not 0 <= n < self.size:
            raise ValueError(f"the log holds the records 0 to {self.size - 1}, not {n}")
        item = self.item(n)
        if isinstance(item, Unread):
            raise ArchiveError(
                f"record {n} of the custody log is intact but not understood: {item.why}",
                hint="use the version of this program that wrote it, or a newer one",
            )
        return item

    def item(self, n: int) -> Record | Unread:
        """As ``record``, with a word in its place where this program cannot read it."""
        ((_, pair, spelled, lines),) = self.full_entries(n, n + 1)
        return self._understood(n, pair, spelled, lines)

    def _understood(self, n: int, pair: Pair, spelled: bytes, lines: list[Placed]) -> Record | Unread:
        objects = self._objects(n, spelled, lines)
        return self.stand_ins(n)[n].record if is_erased_line(pair.opening) else read_or_tell(spelled, objects)

    def time_of(self, n: int) -> datetime | None:
        """The time that record ``n`` carries, whatever its kind; None where it carries none."""
        ((_, _, spelled),) = self.entries(n, n + 1)
        return time_in(spelled)

    def last_time(self) -> datetime | None:
        """The time that the last record carries; None in an empty log, and where it carries none."""
        if self._last[0] != self.size:
            self._last = (self.size, self.time_of(self.size - 1))
        return self._last[1]

    def full_entries(self, start: int = 0, stop: int | None = None) -> Iterator[tuple[int, Pair, bytes, list[Placed]]]:
        """As ``entries``, with the private lines that are here of each record; these are not checked yet."""
        held: Iterator[tuple[int, list[Placed]]] = iter(())
        block, waiting = -1, _NONE
        for n, pair, spelled in self.entries(start, stop):
            if n // self.segment != block:
                block = n // self.segment
                held, waiting = self._private_of(Segment(n, self.segment - n % self.segment)), _NONE
            if waiting[0] < n:
                waiting = next(held, (self.size, []))
            yield n, pair, spelled, waiting[1] if waiting[0] == n else []

    def _private_of(self, run: Segment) -> Iterator[tuple[int, list[Placed]]]:
        try:
            yield from self.private.read(run)
        except ValueError as error:
            raise CustodyError(f"{self.private.path(run.first)}: {error}", hint=_RESTORE) from error

    def checked_lines(self, n: int, spelled: bytes, lines: list[Placed]) -> list[Placed]:
        """``lines`` of record ``n``; raises CustodyError where one does not fit the digest in it."""
        self._objects(n, spelled, lines)
        return lines

    def erasures(self) -> list[ErasureRecord]:
        """All erasures that count, from the beginning of the log; it is read for them once at each size."""
        if self._erased.size != self.size:
            found = list(self.lawful(OpeningsReading(self)))
            self._erased = _Erased(self.size, found, stand_ins(found))
        return self._erased.erasures

    def stand_ins(self, n: int | None = None) -> Mapping[int, StandIn]:
        """What is read in the place of each record whose opening was erased; of record ``n`` at least."""
        if n is None or n not in self._erased.stand_ins:
            self.erasures()
        return self._erased.stand_ins

    def erased(self) -> dict[int, frozenset[int]]:
        """The private lines that were erased: places by record."""
        records = (self.item(n) for n, _ in self.numbers_of(ErasureRecord.kind))
        return erased_lines(record for record in records if isinstance(record, ErasureRecord))

    def owes(self, erasures: Sequence[ErasureRecord]) -> bool:
        """Whether anything that these records name still lies here."""
        if any(self.private.owes(*named) for named in self._named_by(erasures)):
            return True
        blocks = list(self._openings_named_by(erasures))
        return any(line != left for block, gone in blocks for line, left in self._rewritten(block, gone)) or (
            bool(blocks) and bool(torn(self.folder / OPENINGS))
        )

    def erase(self, erasures: Sequence[ErasureRecord]) -> int:
        """Write files of private lines and of openings anew without what these records name; how many lines went.

        ``erasures`` are all that count, from the beginning of the log. May be done twice. Raises CustodyError where a
        file is altered, LockedError where the log is being appended to.
        """
        with self._exclusive("erasing lines"):
            try:
                went = sum(
                    self.private.erase(block, places, generation=generation)
                    for block, places, generation in self._named_by(erasures)
                )
            except ValueError as error:
                raise CustodyError(f"{self.private.folder}: {error}", hint=_RESTORE) from error
            return went + self._erase_openings(erasures)

    def _erase_openings(self, erasures: Sequence[ErasureRecord]) -> int:
        """Each file is replaced under its own name, whole. The caller holds the log's lock."""
        went = 0
        blocks = list(self._openings_named_by(erasures))
        for block, gone in blocks:
            found = list(self._rewritten(block, gone))
            if len(found) < block.count:
                raise self._altered(block.first + len(found), "the opening is missing")
            changed = sum(line != left for line, left in found)
            if changed:
                data = b"".join(left + b"\n" for _, left in found)
                durable.write_atomic(self._path(OPENINGS, block.first), data)
                went += changed
        if blocks:
            for path in torn(self.folder / OPENINGS):
                durable.promise(f"remove {path.name}")
                path.unlink()
            durable.sync_folder(self.folder / OPENINGS)
            self._ends[OPENINGS] = self._growing_size(OPENINGS)
        return went

    def _openings_named_by(self, erasures: Sequence[ErasureRecord]) -> Iterator[tuple[Segment, frozenset[int]]]:
        """The blocks that these records name openings of, and their numbers."""
        gone = sorted({one.n for record in erasures for one in record.openings if one.n < self.size})
        for first, numbers in groupby(gone, lambda n: n - n % self.segment):
            yield Segment(first, min(self.segment, self.size - first)), frozenset(numbers)

    def _rewritten(self, block: Segment, gone: Collection[int]) -> Iterator[tuple[bytes, bytes]]:
        """Each opening of a block as it lies here, and as it is to be."""
        lines, again = tee(self.lines(OPENINGS, block))
        return zip(lines, without_openings(again, block.first, gone), strict=True)

    def _named_by(self, erasures: Sequence[ErasureRecord]) -> Iterator[tuple[Segment, dict[int, frozenset[int]], int]]:
        """The blocks that these records name lines of: which lines, and which generation that makes."""
        named = erased_lines(erasures)
        for first, generation in sorted(generations(erasures, self.segment).items()):
            block = Segment(first, min(self.segment, self.size - first))
            yield block, {n: places for n, places in named.items() if block.first <= n < block.end}, generation

    def _objects(self, n: int, spelled: bytes, lines: list[Placed]) -> dict[int, bytes]:
        if not lines:
            return {}
        try:
            return objects_of(spelled, lines)
        except ValueError as error:
            raise self._altered(n, str(error)) from error

    def entries(self, start: int = 0, stop: int | None = None) -> Iterator[tuple[int, Pair, bytes]]:
        """Number, leaf and opening, and the record's bytes, from ``start`` up to ``stop`` or the acknowledged size.

        Each pair has been checked. Raises CustodyError like ``records``, also where the log ends before ``stop`` or
        ``start``.
        """
        if start < 0:
            raise ValueError(f"records are counted from 0, not {start}")
        if max(start, stop or 0) > self.size:
            raise CustodyError(
                f"the custody log in {self.folder} holds {self.size} records, not {max(start, stop or 0)}",
                hint="if the log was restored from an older copy, find a newer one",
            )
        for run in pieces(start, self.size if stop is None else stop, self.segment):
            leaves = self.lines(LEAVES, run)
            openings = self.lines(OPENINGS, run)
            for n in range(run.first, run.end):
                leaf, opening = next(leaves, None), next(openings, None)
                if leaf is None or opening is None:
                    raise self._altered(n, "the leaf is missing" if leaf is None else "the opening is missing")
                pair = Pair(leaf, opening)
                yield n, pair, self.committed(n, pair, self.stand_ins(n) if is_erased_line(opening) else {})

    def committed(self, n: int, pair: Pair, erased: Mapping[int, StandIn] = MappingProxyType({})) -> bytes:
        """The bytes of record ``n``, or of what is read in its place; raises CustodyError where the pair is altered."""
        try:
            return spelled_at(n, pair, erased)
        except ValueError as error:
            raise self._altered(n, str(error)) from error

    def lines(self, part: str, run: Segment) -> Iterator[bytes]:
        """Lines of one part as they lie on disk, unchecked, without their LF; ``run`` is inside one block.

        Ends early where lines are missing; raises CustodyError where the whole file is.
        """
        base = run.first - run.first % self.segment
        with self._open_block(part, base) as file:
            yield from read_lines(file, run.first - base, run.end - base)

    def verify(self) -> list[Finding]:
        """Everything wrong with the log as it lies on disk, in full: each line, the numbers, the tree, the head."""
        return examine(self)

    def _append(self, leaves: list[bytes], openings: list[bytes], private: Sequence[Sequence[bytes]]) -> int:
        first = self.size
        if not leaves:
            return first
        with self._exclusive("appending to the custody log"):
            if _read_head(self.folder) != self._frontier:
                raise LockedError(
                    "another command has appended to the custody log meanwhile",
                    hint="give the same command again",
                    transient=True,
                )
            touched = list(pieces(first, first + len(leaves), self.segment))
            if self._disturbed(touched):
                self._recover()
            grown = self._frontier.extend(leaf_hashes(leaves))
            self.private.append(first, private)
            self._write(OPENINGS, touched, openings)
            self._write(LEAVES, touched, leaves)
            durable.write_atomic(self.folder / HEAD_NAME, encode_head(grown))
            self._frontier = grown
            self._ends = {part: self._growing_size(part) for part in PARTS}
            with contextlib.suppress(OSError):  # acknowledged is acknowledged: the next one who opens it renames
                self._settle(touched)
        return first

    def _write(self, part: str, touched: list[Segment], lines: list[bytes]) -> None:
        """Bring new lines to the medium, in growing segments only."""
        offset = 0
        created = False
        for run in touched:
            path = self._growing(part, run.first)
            created = created or not path.exists()
            with open(path, "ab") as file:
                file.write(b"\n".join(lines[offset : offset + run.count]) + b"\n")
                file.flush()
                durable.sync_file(file.fileno())
            offset += run.count
        if created:
            durable.sync_folder(self.folder / part)

    def _settle(self, touched: list[Segment]) -> None:
        """Give growing segments that are full and acknowledged their final name."""
        for run in touched:
            if run.end % self.segment == 0:
                whole = Segment(run.end - self.segment, self.segment)
                for part in PARTS:
                    durable.publish(self._growing(part, whole.first), self.folder / part / segment_name(whole))
                self.private.settle(whole)

    def _disturbed(self, touched: list[Segment]) -> bool:
        """Whether the files about to grow are not as long as they were left, as after a crash."""
        first = touched[0].first
        return any(
            size_or_zero(self._growing(part, run.first)) != (self._ends[part] if run.first == first else 0)
            for part in PARTS
            for run in touched
        )

    def _recover(self) -> None:
        recovery = survey(self.folder, size=self.size, segment=self.segment)
        carry_out(recovery)
        self._ends = recovery.ends

    def _exclusive(self, doing: str) -> contextlib.AbstractContextManager[None]:
        return durable.exclusive(self.folder / LOCK_NAME, doing=doing)

    def _growing(self, part: str, n: int) -> Path:
        return self.folder / part / growing_name(n - n % self.segment)

    def _growing_size(self, part: str) -> int:
        return size_or_zero(self._growing(part, self.size)) if self.size % self.segment else 0

    def _path(self, part: str, n: int) -> Path:
        """The file of the block that record ``n`` is in."""
        settled = self.folder / part / segment_name(Segment(n - n % self.segment, self.segment))
        return settled if settled.exists() else self._growing(part, n)

    def _open_block(self, part: str, base: int) -> BinaryIO:
        settled = self.folder / part / segment_name(Segment(base, self.segment))
        for path in (settled, self._growing(part, base), settled):  # another process may rename it in between
            with contextlib.suppress(FileNotFoundError):
                return open(path, "rb")
        raise CustodyError(f"{settled} is missing, and so is {growing_name(base)}", hint=_RESTORE)

    def _altered(self, n: int, why: str) -> CustodyError:
        name = f"{n - n % self.segment:020d}-….jsonl"
        return CustodyError(
            f"custody log {self.folder}, record {n} (leaves/{name}, openings/{name}): {why}", hint=_RESTORE
        )


@dataclass(frozen=True, slots=True)
class _Erased:
    """The erasures that count in a log of this size, and what is read in the place of openings."""

    size: int = -1
    erasures: list[ErasureRecord] = field(default_factory=list)
    stand_ins: Mapping[int, StandIn] = field(default_factory=dict)


_NONE: tuple[int, list[Placed]] = (-1, [])

_RESTORE = "keep the folder as it is and compare it with the copies at the locations"


def _read_head(folder: Path) -> Frontier:
    try:
        return decode_head((folder / HEAD_NAME).read_bytes())
    except FileNotFoundError:
        raise _no_head(folder) from None
    except ValueError as error:
        raise CustodyError(f"{folder / HEAD_NAME}: {error}", hint=_RESTORE) from error


def _survey_steadily(folder: Path, *, segment: int) -> tuple[Frontier, Recovery]:
    """Head and survey that belong together, although another process may be appending."""
    while True:
        frontier = _read_head(folder)
        try:
            return frontier, survey(folder, size=frontier.size, segment=segment)
        except CustodyError:
            if _read_head(folder) == frontier:
                raise


def _keep_head(folder: Path) -> None:
    """Bring the name of the head that was read to the medium.

    One who was killed between renaming and syncing it, or is there now, leaves a head that a power cut takes back. Who
    opens the log may sign or copy what it holds, and a log that then went on from less would be another one.
    """
    try:
        durable.sync_folder(folder)
    except OSError:
        if os.access(folder, os.W_OK):  # a medium that cannot be written to may not know how to sync, and loses nothing
            raise


def _no_head(folder: Path) -> CustodyError:
    return CustodyError(f"{folder} holds no head of a custody log ({HEAD_NAME})", hint=_RESTORE)
