"""Closing an accession: its papers kept, nothing pending, numbers that add up, and the papers sealed."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import IO

from archive.catalogue.catalogue import Catalogue
from archive.catalogue.rows import AccessionRow, Totals
from archive.errors import ArchiveError, UsageError
from archive.holdings.sealing import own_disk
from archive.ingest.accession import Desk
from archive.ingest.journal import delivered_items, journal_path
from archive.ingest.matching import match
from archive.ingest.papers import file_away, filed, kept_findings, standing, was_received
from archive.ingest.scratch import scratch_file
from archive.ingest.seal import findings_so_far, finish_interrupted
from archive.ingest.seal_papers import seal_papers
from archive.ingest.survey import Delivery
from archive.ingest.told import told
from archive.ingest.transfer import transfer_findings
from archive.ingest.workbench import Workbench
from archive.model.digests import CHUNK
from archive.model.entries import EntryKind
from archive.model.identifiers import AccessionId, PackageId
from archive.model.malware import Scanned
from archive.model.names import shown
from archive.model.packages import Outcome, PackageKind
from archive.packages.accession import csv_line, guarded_cell
from archive.storage.descent import open_unlinked
from archive.storage.folders import discard
from profiles.finding import Finding
from profiles.finding_codes import FindingCode, may_reach_producer, needs_person

_EVERY_ONE = "the packages and the papers of the accession have them all"


@dataclass(frozen=True, slots=True)
class Accessioned:
    """How a delivery stands now."""

    accession: AccessionId
    totals: Totals
    aips: tuple[PackageId, ...]
    accession_package: PackageId | None
    closed: bool
    findings: tuple[Finding, ...]
    kept_open: bool = False
    """Whether it stays open because that was asked for, and for nothing else."""
    obstacles: tuple[str, ...] = ()
    """Why it cannot be closed now, in sentences."""
    quarantine: tuple[PackageId, ...] = ()
    malware: tuple[Scanned, ...] = ()
    """What the scanner said last of the files held of it, counted."""

    @property
    def needs_person(self) -> bool:
        """Whether somebody has to look at something."""
        waits = not self.closed and not self.kept_open
        return waits or any(needs_person(finding) for finding in self.findings)


def close(
    desk: Desk, delivery: Delivery, *, owed: Sequence[Finding], bench: Workbench, keep_open: bool = False
) -> Accessioned:
    """Keep the papers, and close the accession if nothing is pending; answer how it stands either way.

    ``owed`` are findings about copies that could not be made; they are told, and stand in no package. ``keep_open``:
    more of it is to come.
    """
    with scratch_file(bench.staging) as unmatched:
        transfers = (row.transfer for row in bench.holdings.catalogue.transfers(desk.accession))
        seen = chain(transfer_findings(transfers, delivery.source), delivery.findings, desk.listed.findings)
        unread = [
            finding for finding in owed if finding.code == FindingCode.UNREADABLE
        ]  # of lots of which nothing was sealed
        every = list(told(chain(seen, _orphans(desk, delivery, unmatched), unread), where=_EVERY_ONE))
        file_away(
            desk.folder,
            desk.listed.path,
            source=os.fsencode(delivery.source),
            listing_sha256=desk.listed.sha256,
            blocked=desk.listed.blocked,
            findings=every,
            unmatched=unmatched,
            submission=_submission(delivery),
        )
    return _close(desk.accession, owed=owed, bench=bench, keep_open=keep_open, reason="")


def close_by_hand(accession: AccessionId, *, reason: str, bench: Workbench) -> Accessioned:
    """Close an accession that stayed open, without its medium; answer how it stands, with what is in the way.

    ``reason`` is why it is closed although something in the delivery could not be looked at, empty where nothing.
    Raises UsageError for an accession that is not there.
    """
    bench.leases.take(accession, of=f"accession {accession}")
    known = bench.holdings.catalogue.accession(accession)
    if known is None:
        raise UsageError(f"there is no accession {accession}", hint="archive accession list shows them")
    if known.closed_at is not None:
        return report_finished(known, bench=bench)
    owed = finish_interrupted(_desk(accession, bench), bench=bench)
    return _close(accession, owed=owed, bench=bench, keep_open=False, reason=reason)


def obstacles(known: AccessionRow, *, reason: str, staging: Path, pending: int) -> tuple[str, ...]:
    """Why an open accession cannot be closed, in sentences."""
    desk = journal_path(staging, known.id).parent
    found = []
    if not was_received(known, desk):
        place = shown(known.source)
        found.append(
            f"{place} was not received to its end: give the ingest command of it again, or, where it cannot be had any "
            "more, decide with archive accession reject --all"
        )
    if pending:
        found.append(
            f"{pending:,} of its files are pending: mend the medium and give the ingest command again, or decide with "
            "archive accession reject"
        )
    if not reason and any(one.blocked for one in standing(filed(desk))):
        found.append(
            "something in the delivery could not be looked at (findings unreadable-folder, unreadable-entry): mend the "
            "medium and give the ingest command again, or say why it is closed all the same: archive accession close "
            "--reason"
        )
    return tuple(found)


def _close(
    accession: AccessionId, *, owed: Iterable[Finding], bench: Workbench, keep_open: bool, reason: str
) -> Accessioned:
    known = bench.holdings.catalogue.accession(accession)
    if known is None:
        raise ValueError(f"accession {accession} is not open")
    desk, totals = _desk(accession, bench), bench.holdings.catalogue.totals(accession)
    sets = filed(desk)
    findings = open_findings(accession, desk, bench.holdings.catalogue)
    barred = obstacles(known, reason=reason, staging=bench.staging, pending=totals.pending)
    if not barred and not keep_open:
        told_in_papers = tuple(filter(may_reach_producer, findings))
        owed = [*owed, *seal_papers(known, sets, desk=desk, findings=told_in_papers, reason=reason, bench=bench)]
        discard(desk)
    answer = report(accession, findings=(*findings, *owed), closed=not barred and not keep_open, bench=bench)
    return replace(answer, kept_open=keep_open and not barred, obstacles=barred)


def open_findings(accession: AccessionId, desk: Path, catalogue: Catalogue) -> tuple[Finding, ...]:
    """What was found so far about an open accession."""
    seen = (finding for one in standing(filed(desk)) for finding in one.findings)
    every = _still_true(chain(seen, findings_so_far(desk)), accession, catalogue)
    return tuple(dict.fromkeys(told(every, where=_EVERY_ONE)))


def _desk(accession: AccessionId, bench: Workbench) -> Path:
    return journal_path(bench.staging, accession).parent


def report(accession: AccessionId, *, findings: tuple[Finding, ...], closed: bool, bench: Workbench) -> Accessioned:
    """How an accession stands, from the catalogue."""
    packages = bench.holdings.catalogue.packages(accession)
    papers = [package.id for package in packages if package.kind is PackageKind.ACCESSION]
    return Accessioned(
        accession=accession,
        totals=bench.holdings.catalogue.totals(accession),
        aips=tuple(package.id for package in packages if package.kind is PackageKind.AIP),
        accession_package=papers[-1] if papers else None,
        closed=closed,
        findings=tuple(dict.fromkeys(findings)),
        quarantine=tuple(package.id for package in packages if package.kind is PackageKind.QUARANTINE),
        malware=tuple(bench.holdings.catalogue.malware_counts(accession)),
    )


def report_finished(accession: AccessionRow, *, bench: Workbench) -> Accessioned:
    """How an accession ended that was closed before, with the findings kept in its own package."""
    standing = report(accession.id, findings=(), closed=True, bench=bench)
    if standing.accession_package is None:
        return standing
    findings = tuple(kept_findings(standing.accession_package, bench.holdings))
    return report(accession.id, findings=findings, closed=True, bench=bench)


def _still_true(findings: Iterable[Finding], accession: AccessionId, catalogue: Catalogue) -> Iterator[Finding]:
    """Without what an earlier run said of files that could be read since."""
    outcomes = (Outcome.PENDING, Outcome.REJECTED)
    unread = {shown(row.name) for outcome in outcomes for row in catalogue.files(accession, outcome=outcome)}
    return (finding for finding in findings if finding.code != FindingCode.UNREADABLE or finding.subject in unread)


def _orphans(desk: Desk, delivery: Delivery, unmatched: IO[bytes]) -> Iterator[Finding]:
    """What the producer's papers and the delivery have not in common; all of it is also written to ``unmatched``."""
    items, orphans = delivered_items(desk.listed.path), delivery.terms.orphans
    rows = () if delivery.metadata is None else match(delivery.metadata.rows, items, orphans=orphans)
    names = (name for item in delivered_items(desk.listed.path) for name in item)
    for finding in chain(rows, delivery.unlisted(names)):
        with own_disk(desk.folder):
            unmatched.write(csv_line(finding.code, guarded_cell(finding.subject), finding.message))
        yield finding


def _folders(delivery: Delivery) -> set[bytes]:
    """Names that are taken among what the producer sent."""
    taken = {b"metadata-map.toml", b"hand-over"}
    taken |= set() if delivery.checksums is None else {b"checksums"}
    return taken | (set() if delivery.bag is None else {b"bag"})


def _submission(delivery: Delivery) -> Iterator[tuple[bytes, Iterable[bytes]]]:
    """The producer's table and checksum files, and the tag files of a delivered bag, as received."""
    if delivery.metadata is not None:
        name = delivery.metadata.name
        yield b"table/" + name if name in _folders(delivery) else name, delivery.metadata.octets()
        if delivery.metadata.mapping is not None:
            yield b"metadata-map.toml", (delivery.metadata.mapping.data,)
    if delivery.checksums is not None:
        names = set[bytes]()
        for number, one in enumerate(delivery.checksums.lists(), 1):
            known = one.name in names
            names.add(one.name)
            yield b"checksums/" + (b"%d/" % number if known else b"") + one.name, delivery.checksums.octets(one)
    if delivery.bag is not None:
        for entry in delivery.bag.entries.values():
            if entry.kind is EntryKind.FILE and not entry.path.startswith(b"data/"):
                yield b"bag/" + entry.path, _chunks(delivery, entry.path)


def _chunks(delivery: Delivery, path: bytes) -> Iterator[bytes]:
    full = os.path.join(os.fsencode(delivery.source), path)
    try:
        with open_unlinked(full) as file:
            while chunk := file.read(CHUNK):
                yield chunk
    except OSError as error:
        raise ArchiveError(
            f"{os.fsdecode(full)!r} cannot be read: {error.strerror or error}",
            hint="mend the medium and give the same command again; the accession stays open",
        ) from error
