"""What was erased: which erasures of a log count, where they were carried out, and where lines are still owed.

A line that an erasure names is *owed* wherever it still lies: it is never read, copied or repaired there, and goes as
soon as the place is in reach. Where that was done already is remembered beside the log, in ``erased.json``; without
this file, as after a rebuild, every place counts as owed until it is looked at.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from archive import canonical, durable
from archive.catalogue.catalogue import Catalogue
from archive.codec.record_codec import UnknownRecord, file_at
from archive.codec.stand_ins import kept_of, stand_in
from archive.custody.erased import Reading, every_erasure
from archive.custody.leaf import Pair
from archive.custody.log import CustodyLog
from archive.custody.openings import is_erased_line
from archive.holdings.docket import PAPERS, Docket
from archive.model.log_records import ErasedOpening, ErasureRecord, ProgramRecord
from archive.model.records import (
    AccessionClosedRecord,
    KeyRecord,
    LocationRecord,
    Record,
    SealRecord,
    TombstoneRecord,
)
from profiles.finding import Finding, Severity
from profiles.finding_codes import FindingCode

CARRIED_OUT = "erased.json"
"""Up to which erasure each location is rid of what was erased; in the archive's own folder."""


_MANY = 100
"""Records for which the whole log is read rather than each by itself, which reads half of its segment."""


@dataclass(frozen=True, slots=True)
class LogReading:
    """The archive's own log, read to know what was erased."""

    log: CustodyLog

    def records(self, kinds: frozenset[str]) -> Iterator[tuple[int, Record]]:
        """Numbers and records of these kinds; erasures alone, of which there are few, one by one."""
        if kinds != {ErasureRecord.kind}:
            yield from self.log.records(kinds=kinds)
            return
        for n, _ in self.log.numbers_of(*kinds):
            item = self.log.item(n)
            if isinstance(item, ErasureRecord):
                yield n, item

    def spelled(self, numbers: Collection[int]) -> dict[int, bytes]:
        """The bytes of the records of these numbers, of those whose openings are here."""
        if len(numbers) > _MANY:
            entries: Iterable[tuple[int, Pair, bytes]] = self.log.entries()
        else:
            entries = (entry for n in numbers if n < self.log.size for entry in self.log.entries(n, n + 1))
        return {n: spelled for n, pair, spelled in entries if n in numbers and not is_erased_line(pair.opening)}


def judged_erasures(archive: str, reading: Reading) -> Iterator[tuple[int, ErasureRecord, str | None]]:
    """Every erasure of a log, and why it was not allowed; None where it was.

    Beside what is asked of every act of two persons, the keys under the request must have been added lawfully, because
    no erasure can be undone; and what tells of a file goes only behind a tombstone that names this file, while no legal
    hold keeps it. Of an opening that is still here, what is kept must be what it says.
    """
    known = every_erasure(reading)
    if not known:
        return
    spelled = reading.spelled(
        {line.n for record in known for line in record.lines} | {one.n for record in known for one in record.openings}
    )
    docket, forged, gone = Docket(archive), set[str](), dict[str, set[str]]()
    for n, record in reading.records(_KINDS):
        wrong = docket.take(n, record)
        if isinstance(record, KeyRecord) and wrong is not None:
            forged.add(record.name)
        elif isinstance(record, TombstoneRecord) and wrong is None:
            places = {str(record.package), docket.accessions.get(record.package, "")}
            gone |= {file: {file, *places} for file in record.files}
        elif isinstance(record, ErasureRecord):
            wrong = wrong or _forged(docket, record, forged)
            held = {hold.subject for hold in docket.holds.values()}
            kept = [
                *(_why_kept(n, line.n, line.i, spelled, gone, held) for line in record.lines),
                *(_why_opening_kept(n, opening, spelled, gone, held) for opening in record.openings),
            ]
            yield n, record, wrong or next((why for why in kept if why is not None), None)


_KINDS = PAPERS | {SealRecord.kind}


def _forged(docket: Docket, record: ErasureRecord, forged: set[str]) -> str | None:
    filed = docket.requests[record.request]
    signers = {filed.record.requested_by, *(approval.key for approval in filed.approvals)}
    named = sorted(signers & forged)
    return f"the key '{named[0]}' under its request was not added lawfully" if named else None


def _why_kept(
    n: int, of: int, i: int, spelled: Mapping[int, bytes], gone: Mapping[str, set[str]], held: set[str]
) -> str | None:
    """Why line ``i`` of record ``of`` had to stay when erasure ``n`` was recorded; None where it might go."""
    if of not in spelled or of >= n:
        return f"there is no record {of} before it"
    try:
        file = file_at(spelled[of], i)
    except UnknownRecord:
        return None  # a newer program let two persons ask for it, and knew what it tells of
    except ValueError as error:
        return f"record {of}: {error}"
    return _why_file_kept(f"line {i} of record {of}", file, gone, held)


def _why_file_kept(what: str, file: str | None, gone: Mapping[str, set[str]], held: set[str]) -> str | None:
    if file is None:
        return None
    if file not in gone:
        return f"{what} tells of file {file}, which no tombstone before it names"
    return f"a legal hold stood against it: on file {file}" if gone[file] & held else None


def _why_opening_kept(
    n: int, opening: ErasedOpening, spelled: Mapping[int, bytes], gone: Mapping[str, set[str]], held: set[str]
) -> str | None:
    """Why an opening had to stay when erasure ``n`` was recorded; None where it might go."""
    if opening.n >= n:
        return f"there is no record {opening.n} before it"
    if opening.kind in STAYING:
        return f"record {opening.n}: {why_staying(opening.kind)}"
    try:
        stand_in(opening)
        if opening.n in spelled and kept_of(opening.n, spelled[opening.n]) != opening:
            return f"record {opening.n} says something else than what is kept of it"
    except ValueError as error:
        return f"record {opening.n}: {error}"
    return _why_file_kept(f"record {opening.n}", file_of(opening), gone, held)


STAYING = PAPERS | {kind.kind for kind in (ProgramRecord, LocationRecord, SealRecord, AccessionClosedRecord)}
"""Kinds of records whose openings stay: acts, counts and seals are judged by them, or the archive works by them."""


def why_staying(kind: str) -> str:
    """Why the opening of a record of such a kind is not erased."""
    return f"acts, counts and seals are judged by {kind} records, or the archive works by them: they stay"


def file_of(opening: ErasedOpening) -> str | None:
    """The file that an opening tells of; None where it tells of none by itself."""
    return opening.kept.get("file")


def lawful_erasures(archive: str, reading: Reading) -> list[ErasureRecord]:
    """The erasures of a log that count: the others took nothing away from it."""
    return [record for _, record, wrong in judged_erasures(archive, reading) if wrong is None]


def unlawful_erasures(archive: str, reading: Reading) -> list[Finding]:
    """A finding for each erasure that does not count."""
    return [
        Finding(
            FindingCode.ACT_NOT_ALLOWED,
            Severity.ERROR,
            f"record {n}",
            f"the log holds an erasure that was not allowed, and that nothing is erased for: {wrong}",
            "ADR 0031",
        )
        for n, _, wrong in judged_erasures(archive, reading)
        if wrong is not None
    ]


def erasure_numbers(catalogue: Catalogue) -> list[int]:
    """The numbers of all erasures, in order."""
    return [paper.number for paper in catalogue.papers() if paper.kind == ErasureRecord.kind]


def carried_out_at(home: Path) -> dict[str, int]:
    """The number of the last erasure that was carried out at each location, as far as is remembered."""
    try:
        found = json.loads((home / CARRIED_OUT).read_bytes())
    except (OSError, ValueError):
        return {}
    return {name: n for name, n in found.items() if type(n) is int} if isinstance(found, dict) else {}


def remember_carried_out(home: Path, location: str, number: int) -> None:
    """From now on the location is known to be rid of what erasures up to this one name."""
    known = carried_out_at(home)
    if known.get(location) != number:
        durable.write_atomic(home / CARRIED_OUT, canonical.encode({**known, location: number}) + b"\n")


def owed_erasures(home: Path, catalogue: Catalogue, locations: Iterable[str]) -> list[Finding]:
    """A finding for each of these locations at which lines that were erased may still lie."""
    numbers, done = erasure_numbers(catalogue), carried_out_at(home)
    found = {name: [n for n in numbers if n > done.get(name, -1)] for name in locations}
    return [owed_finding(name, waiting) for name, waiting in found.items() if waiting]


def owed_finding(location: str, numbers: list[int]) -> Finding:
    """What is told of a location at which the erasures of these numbers were not carried out yet."""
    first = f"record {numbers[0]}" + (f" and {len(numbers) - 1} more" if len(numbers) > 1 else "")
    message = f"lines that were erased ({first}) still lie at '{location}', or nobody knows that they do not: "
    message += "they are neither read nor copied, and go with the first command that changes something and reaches it"
    data = {"location": location}
    return Finding(FindingCode.CUSTODY_OWED, Severity.WARNING, location, message, "ADR 0031", data)
