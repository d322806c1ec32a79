"""What is held: the custody log and the catalogue, moved together, and the locations the packages lie at."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from archive import durable
from archive.catalogue.catalogue import Catalogue
from archive.catalogue.rows import RemarkRow
from archive.catalogue.writing import Contradiction
from archive.clock import TOLERANCE, WatchedClock
from archive.custody.copies import copy_new
from archive.custody.epoch_files import put_note
from archive.custody.log import CustodyLog
from archive.custody.note_copies import copy_notes
from archive.custody.signer import Signing
from archive.custody.stamp_copies import copy_stamps
from archive.custody.stamps import Place
from archive.errors import ArchiveError, CatalogueError, CustodyError, StorageError
from archive.holdings.apply import Numbered, apply, apply_at_once
from archive.holdings.erasures import LogReading, erasure_numbers, lawful_erasures, remember_carried_out
from archive.holdings.homes import Seen, look
from archive.holdings.judging import Judge, programs_aside
from archive.holdings.numbering import numbered
from archive.holdings.program import this_program
from archive.holdings.timing import in_order
from archive.model.announced import Announced, announced_in
from archive.model.identifiers import IncidentId, new_identifier
from archive.model.log_records import ClockRecord, ErasureRecord, SetAsideRecord
from archive.model.moments import parse_moment
from archive.model.record import Unread
from archive.model.record_versions import known_kinds, vocabulary
from archive.model.records import Record
from archive.model.remarks import RemarkCode
from archive.storage.location import Location
from profiles.finding import Finding, Severity
from profiles.finding_codes import FindingCode

_TURN = "recording.lock"
_PATIENCE = 600.0  # seconds; others hold it for a batch, or while the log is copied to a slow location

_BATCH = 5_000
"""Records in memory at a time while the catalogue catches up."""

_TRANSACTION = 50_000
"""Records taken in together then. Nearly every page of an index is touched by 5,000 random keys, and written again."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """Who acts, on which machine, with which version: what every record says of its origin."""

    actor: str
    machine: str
    version: str
    clock: WatchedClock

    def __call__(self, reason: str = "") -> dict[str, Any]:
        """The common fields of a record made now."""
        time, clock = self.clock.read()
        return {
            "time": time,
            "clock": clock,
            "actor": self.actor,
            "machine": self.machine,
            "version": self.version,
            "reason": reason,
        }


@dataclass(frozen=True, slots=True)
class Holdings:
    """An open archive's memory. Log first, catalogue second: a crash in between is caught up at the next opening.

    What is to be recorded is tried on the catalogue before the log has it, and committed there when the log has it.
    """

    home: Path
    log: CustodyLog
    catalogue: Catalogue
    locations: Mapping[str, Location]
    stamp: Stamp
    signing: Signing

    def __post_init__(self) -> None:
        """The log learns which erasures count: it cannot know whose log it is."""
        self.log.lawful = partial(lawful_erasures, self.archive)

    def record(self, records: Sequence[Record]) -> list[Record]:
        """Append ``records`` to the custody log and take them into the catalogue. All of them or none.

        Answers what was appended: where time must not fall, a record has a later time than it was made with. Raises
        ArchiveError in a home that is not the one that goes on.
        """
        if not records:
            return []
        with self.in_turn():
            self.seen().require_in_force(records)
            appended = self._record(records)
        if any(isinstance(record, SetAsideRecord | ErasureRecord) for record in records):
            self.settle()
        return appended

    def present(self) -> datetime:
        """The present moment, for what must not be dated before the log: time falls in the log first. In turn only."""
        now, last = self.stamp.clock(), self.log.last_time()
        if last is None or now >= last:
            return now
        if last - now < TOLERANCE:
            return last
        self._record([self._falling(IncidentId(new_identifier()), last, now)])
        return now

    def _record(self, records: Sequence[Record]) -> list[Record]:
        self.catch_up()
        last, fall = self.log.last_time(), partial(self._falling, IncidentId(new_identifier()))
        ordered = in_order([*self._program(last, records[0].time), *records], last, clock=self.stamp.clock, fall=fall)
        placed = [*numbered(self.catalogue, ordered)]
        with self.catalogue.transaction():
            self._take_in(list(enumerate(placed, start=self.log.size)))
            self._append(placed)
        return placed

    def _program(self, last: datetime | None, first: datetime) -> list[Record]:
        """What stands before anything else that another program than the last one records: which program it is.

        It is dated as what follows it. Time does not fall at it, also where it falls behind it.
        """
        programs = [row for row in self.catalogue.programs() if row.kinds]
        program = this_program()
        if programs and programs[-1].identity == program.identity:
            return []
        return [program.record({**self.stamp(), "time": first if last is None else max(first, last)})]

    def _falling(self, incident: IncidentId, last: datetime, time: datetime) -> ClockRecord:
        """What stands where time falls. ``incident`` is told of, unless one is open already."""
        is_open = (known.id for known in self.catalogue.incidents(only_open=True) if known.type == "clock")
        stamped = [parse_moment(row.stamped) for row in self.catalogue.timestamps()]
        return ClockRecord(
            **{**self.stamp(), "time": time, "clock": self.stamp.clock.fell(last - time)},
            incident=next(is_open, incident),
            last=last,
            stamped=max(stamped, default=None),
            cosigned=None,
        )

    def _take_in(self, numbered: Sequence[tuple[int, Record]]) -> None:
        """Take into the catalogue what is about to be appended; nothing is appended that would take no effect."""
        aside = programs_aside(self.archive, self.log, self.catalogue)
        judge = Judge(self.archive, self.log, self.catalogue, aside=aside)
        try:
            refused = [
                row.why for row in apply_at_once(self.catalogue, [(n, judge.take(n, record)) for n, record in numbered])
            ]
        except Contradiction as error:
            refused = [str(error)]
        if refused:
            raise ArchiveError(
                f"this cannot be recorded: {refused[0]}",
                hint="nothing was recorded; if another command did the same just now, look at what is there already",
            )
        self.catalogue.set_applied(numbered[-1][0] + 1)
        self.catalogue.set_vocabulary(vocabulary())

    def _append(self, records: Sequence[Record]) -> None:
        try:
            self.log.append(records)
        except OSError as error:
            raise StorageError(
                f"the custody log cannot be written: {error.strerror or error}",
                hint="free space or mend the disk, then give the same command again; nothing was lost",
                transient=True,
            ) from error

    @contextmanager
    def in_turn(self) -> Iterator[None]:
        """One process at a time writes the log, its copies and the catalogue; each sees what the others wrote."""
        with durable.exclusive(self.home / _TURN, doing=None, of="the custody log", patience=_PATIENCE):
            self.log.refresh()
            yield

    def settle(self) -> None:
        """Catch up, at the beginning of a command that changes something."""
        with self.in_turn():
            self.follow()
            self._erase()

    def _erase(self) -> None:
        """Take away here what two persons agreed to erase, while anything of it is left; then read the log anew.

        The catalogue is emptied first: a kill leaves one that is filled again from what the log then holds.
        """
        try:
            erasures = self._erasures_due()
        except CustodyError:
            return  # nothing is taken away from a log that is damaged, which every check tells
        if not erasures:
            return
        with self.catalogue.transaction():
            self.catalogue.empty()
        try:
            self.log.erase(erasures)
        except OSError as error:
            raise StorageError(
                f"what was erased still lies here: {error.strerror or error}",
                hint="free space or mend the disk, then give any command that changes something; it goes on with it",
                transient=True,
            ) from error
        self.catch_up()

    def follow(self) -> None:
        """Catch up, from the beginning of the log where the catalogue was made by a program that read less of it."""
        if self.is_outgrown():
            with self.catalogue.transaction():
                self.catalogue.empty()
        self.catch_up()

    def is_outgrown(self) -> bool:
        """Whether a record is to be taken otherwise than it was.

        One that could not be read is read by this program; or a ``program`` record was set aside since: what only it
        announced was never announced; or a newer program took in what this one cannot read.
        """
        aside = {row.number for row in self.catalogue.set_aside()}
        if any(row.number in aside and row.kinds for row in self.catalogue.programs()):
            return True
        if self.catalogue.vocabulary() not in (None, vocabulary()) and self._announces_more_than_is_known():
            return True
        return any(self._reads_otherwise(row) for row in self.catalogue.remarks() if row.code != RemarkCode.CONTRADICTS)

    def _announces_more_than_is_known(self) -> bool:
        known = known_kinds()
        return any(not announced_in(row.kinds).kinds <= known for row in self.catalogue.programs())

    def _reads_otherwise(self, row: RemarkRow) -> bool:
        if row.number >= self.log.size:
            return False  # the log was cut, which catching up tells
        _, read = next(self.log.read(row.number))
        read = self._announced_at(row.number).judged(read)
        return not isinstance(read, Unread) or (read.code, read.why) != (row.code, row.why)

    def catch_up(self, kinds: Counter[str] | None = None) -> int:
        """Take into the catalogue what the log holds and the catalogue has not seen; answer how many records.

        ``kinds`` counts, where it is given, the records that were taken in.

        Raises CustodyError if the catalogue has seen more than the log holds: then the log was cut.
        """
        applied = self.catalogue.applied()
        if applied > self.log.size:
            raise CustodyError(
                f"the catalogue knows {applied} records, the custody log holds only {self.log.size}",
                hint="the log was cut or replaced; compare it with the copies at the locations before doing anything",
            )
        aside = programs_aside(self.archive, self.log, self.catalogue)
        for first in range(applied, self.log.size, _TRANSACTION):
            end = min(first + _TRANSACTION, self.log.size)
            try:
                counted = self._fold(first, end, apply_at_once, aside)
            except Contradiction:
                counted = self._fold(first, end, apply, aside)
            if kinds is not None:
                kinds.update(counted)
        return self.log.size - applied

    def _fold(
        self,
        first: int,
        end: int,
        taking: Callable[[Catalogue, Sequence[Numbered]], object],
        aside: frozenset[int],
    ) -> Counter[str]:
        """Take these records into the catalogue in one transaction; how many there were of each kind."""
        counted, batch = Counter[str](), list[Numbered]()
        with self.catalogue.transaction():
            judge = Judge(self.archive, self.log, self.catalogue, aside=aside)
            for n, item in islice(self.log.read(first), end - first):
                if len(batch) == _BATCH or isinstance(item, SetAsideRecord):  # what comes before decides whether it may
                    taking(self.catalogue, batch)
                    batch = []
                batch.append((n, judge.take(n, item)))
                counted[item.kind] += 1
            taking(self.catalogue, batch)
            self.catalogue.set_applied(end)
            self.catalogue.set_vocabulary(vocabulary())
        return counted

    def _announced_at(self, n: int) -> Announced:
        programs = [row for row in self.catalogue.programs() if row.number < n and row.kinds]
        return announced_in(programs[-1].kinds) if programs else Announced()

    def seen(self) -> Seen:
        """Whether this home is the one that goes on, by the locations in reach, now."""
        return look(self.home, self.signing.origin, self.catalogue.keys, self.online())

    @property
    def archive(self) -> str:
        """The identifier of this archive."""
        return self.signing.origin.partition("/")[2]

    def folders(self) -> Iterator[Path]:
        """The folders this archive writes to, on whatever disk."""
        yield self.home
        yield from (location.folder for location in self.locations.values() if location.folder is not None)

    def online(self) -> Iterator[Location]:
        """The locations that can be used now, in the order they were added."""
        return (location for location in self.locations.values() if location.offline() is None)

    def stamped(self) -> list[Place]:
        """Which checkpoints were time-stamped by whom, in the order in which the log says so.

        None where the catalogue cannot be read: whoever asked for more of it says so.
        """
        with suppress(CatalogueError):
            return [Place(row.size, row.authority) for row in self.catalogue.timestamps()]
        return []

    def _erasures_due(self) -> list[ErasureRecord]:
        """All erasures that count, where anything that they name lies here still; otherwise nothing.

        Each is carried out before another is recorded, so the last one tells whether there is anything to do. Raises
        CustodyError where the log cannot be read to its end: the catalogue could not be filled again.
        """
        last = [self.log.item(n) for n in erasure_numbers(self.catalogue)[-1:]]
        if not self.log.owes([record for record in last if isinstance(record, ErasureRecord)]):
            return []
        erasures = lawful_erasures(self.archive, LogReading(self.log))
        if not self.log.owes(erasures):
            return []
        deque(self.log.read(), maxlen=0)
        return erasures

    def _last_erasure(self) -> int | None:
        """The number of the newest erasure; None where there is none, or the catalogue cannot be read."""
        with suppress(CatalogueError):
            return next(iter(erasure_numbers(self.catalogue)[-1:]), None)
        return None

    def _known_erasures(self) -> list[ErasureRecord] | None:
        """All erasures in the log, by the catalogue; None where that does not tell."""
        with suppress(CatalogueError):
            if self.catalogue.applied() == self.log.size:
                items = (self.log.item(n) for n in erasure_numbers(self.catalogue))
                return [item for item in items if isinstance(item, ErasureRecord)]
        return None

    def copy_log(self) -> list[Finding]:
        """Bring what is new of the log, its checkpoints and time-stamps to every location in reach.

        Called at the end of each command that changes the archive. Nothing is copied from a home that is not the one
        that goes on.
        """
        with self.in_turn():
            seen = self.seen()
            return seen.told() + (self._copy_log(seen) if seen.in_force else [])

    def _copy_log(self, seen: Seen) -> list[Finding]:
        try:
            with suppress(CatalogueError):
                self._erase()
        except StorageError as error:
            message = f"the custody log was copied nowhere: {error}"
            return [Finding(FindingCode.CUSTODY_COPY_FAILED, Severity.WARNING, "private", message)]
        findings = []
        stamped, last = self.stamped(), self._last_erasure()
        try:
            erasures = self._known_erasures()
        except CustodyError:
            erasures = None
        for location in self.online():
            try:
                if seen.home is not None and seen.home.note is not None:
                    put_note(location.backend, seen.home.note)
                copy_new(self.log, location.backend, erasures)
                if last is not None:
                    remember_carried_out(self.home, location.name, last)
                copy_notes(self.log.folder, location.backend)
                copy_stamps(self.log.folder, location.backend, stamped)
            except CustodyError as error:
                message = f"the copy of the custody log at location '{location.name}' tells another history: {error}"
                findings.append(
                    Finding(FindingCode.CUSTODY_COPY_DIFFERS, Severity.ERROR, location.name, message, "DESIGN §7")
                )
            except (OSError, StorageError) as error:
                message = f"the custody log could not be copied to location '{location.name}': {error}"
                findings.append(Finding(FindingCode.CUSTODY_COPY_FAILED, Severity.WARNING, location.name, message))
        return findings
