"""Closing an accession: nothing pending, numbers that add up, and its papers sealed."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from typing import IO

from archive.catalogue.rows import AccessionRow, Totals
from archive.errors import ArchiveError
from archive.holdings.receipts import receipt_line
from archive.holdings.sealing import own_disk, seal_record, sealed_safely
from archive.ingest.accession import Desk
from archive.ingest.journal import delivered_items
from archive.ingest.matching import match
from archive.ingest.scratch import scratch_file
from archive.ingest.seal import Prepared, findings_so_far, place, provenance
from archive.ingest.survey import Delivery
from archive.ingest.told import told
from archive.ingest.workbench import Workbench
from archive.model.digests import CHUNK
from archive.model.entries import EntryKind
from archive.model.identifiers import AccessionId, PackageId, new_identifier
from archive.model.malware import Scanned
from archive.model.moments import parse_moment
from archive.model.names import shown
from archive.model.packages import Outcome, PackageKind, replica_key
from archive.model.records import AccessionClosedRecord, Record
from archive.packages.accession import (
    AccessionContent,
    MemberPackage,
    csv_line,
    guarded_cell,
    seal_accession,
)
from archive.storage.descent import open_unlinked
from archive.storage.directory import discard
from profiles.finding import Finding, Severity

_NEEDS_PERSON = frozenset(
    {"file-without-row", "row-without-file", "contradicting-rows", "rights-unclear"}
    | {"file-without-group", "item-of-several-groups"}
    | {"quarantined", "quarantine-key-made"}
    | {"changed-while-received", "replica-not-stored", "custody-copy-failed"}
)
_FINDINGS = b"data/documentation/findings.json"


@dataclass(frozen=True, slots=True)
class Accessioned:
    """How a delivery stands now."""

    accession: AccessionId
    totals: Totals
    aips: tuple[PackageId, ...]
    accession_package: PackageId | None
    closed: bool
    findings: tuple[Finding, ...]
    quarantine: tuple[PackageId, ...] = ()
    malware: tuple[Scanned, ...] = ()
    """What the scanner said last of the files held of it, counted."""

    @property
    def needs_person(self) -> bool:
        """Whether somebody has to look at something."""
        return not self.closed or any(needs_person(finding) for finding in self.findings)


def needs_person(finding: Finding) -> bool:
    """Whether a finding about a delivery waits for a person rather than only standing in the receipt."""
    return finding.severity is Severity.ERROR or finding.code in _NEEDS_PERSON


def close(desk: Desk, delivery: Delivery, *, owed: Iterable[Finding], bench: Workbench) -> Accessioned:
    """Close the accession and seal its package if nothing is pending; answer how it stands either way.

    ``owed`` are findings about copies that could not be made; they are told, and stand in no package.
    """
    totals = bench.holdings.catalogue.totals(desk.accession)
    with scratch_file(bench.staging) as unmatched:
        so_far = _still_true(findings_so_far(desk.folder), desk.accession, bench)
        orphans = _orphans(desk, delivery, unmatched)
        every = chain(delivery.findings, desk.listed.findings, orphans, so_far)
        findings = tuple(told(every, where="the packages and the papers of the accession have them all"))
        may_close = totals.pending == 0 and not desk.listed.blocked
        if may_close:
            papers = _content(desk, delivery, totals=totals, findings=findings, unmatched=unmatched, bench=bench)
            owed = [*owed, *_seal_papers(desk, papers, totals=totals, bench=bench)]
            discard(desk.folder)
    return report(desk.accession, findings=(*findings, *owed), closed=may_close, bench=bench)


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
    findings = tuple(_kept_findings(standing.accession_package, bench))
    return report(accession.id, findings=findings, closed=True, bench=bench)


def _kept_findings(package: PackageId, bench: Workbench) -> Iterator[Finding]:
    for location in bench.holdings.online():
        try:
            with location.reader(replica_key(package)).open(_FINDINGS) as stream:
                kept = json.loads(b"".join(iter(lambda: stream.read(CHUNK), b"")))
            findings = [Finding(**{**given, "severity": Severity(given["severity"])}) for given in kept]
        except (OSError, ValueError, TypeError, KeyError):
            continue  # another copy may be better; the audit will say what is wrong with this one
        yield from findings
        return


def _still_true(findings: Iterable[Finding], accession: AccessionId, bench: Workbench) -> Iterator[Finding]:
    """Without what an earlier run said of files that could be read since."""
    pending = {shown(row.name) for row in bench.holdings.catalogue.files(accession, outcome=Outcome.PENDING)}
    return (finding for finding in findings if finding.code != "unreadable" or finding.subject in pending)


def _orphans(desk: Desk, delivery: Delivery, unmatched: IO[bytes]) -> Iterator[Finding]:
    """What the table and the delivery have not in common; every one of them is also written to ``unmatched``."""
    if delivery.metadata is None:
        return
    for finding in match(delivery.metadata.rows, delivered_items(desk.listed.path), orphans=delivery.terms.orphans):
        with own_disk(desk.folder):
            unmatched.write(csv_line(finding.code, guarded_cell(finding.subject), finding.message))
        yield finding


def _seal_papers(desk: Desk, content: AccessionContent, *, totals: Totals, bench: Workbench) -> list[Finding]:
    bench.progress.stage("closing the accession")
    package = content.provenance.package
    folder = desk.folder / package
    sealed = sealed_safely(folder, lambda root: seal_accession(root, content))
    record = seal_record(bench.holdings, sealed, desk.accession, PackageKind.ACCESSION)
    closed = AccessionClosedRecord(
        **bench.holdings.stamp(),
        accession=desk.accession,
        package=package,
        received=totals.received,
        accepted=totals.accepted,
        duplicate=totals.duplicate,
        quarantined=totals.quarantined,
        rejected=totals.rejected,
    )
    records: tuple[Record, ...] = (record, closed)
    return place(Prepared(folder, records, ()), desk=desk.folder, bench=bench)


def _content(
    desk: Desk,
    delivery: Delivery,
    *,
    totals: Totals,
    findings: tuple[Finding, ...],
    unmatched: IO[bytes],
    bench: Workbench,
) -> AccessionContent:
    """The papers of the accession, in a package of their own."""
    catalogue = bench.holdings.catalogue
    opened = catalogue.accession(desk.accession)
    if opened is None:
        raise ValueError(f"accession {desk.accession} is not open")
    counted = {name: getattr(totals, name) for name in ("received", "accepted", "duplicate", "quarantined", "rejected")}
    members = tuple(
        MemberPackage(row.id, row.files, row.bytes, row.tagmanifest_sha256)
        for row in catalogue.packages(desk.accession)
        if row.kind is not PackageKind.ACCESSION
    )
    return AccessionContent(
        provenance=provenance(PackageId(new_identifier()), accession=desk.accession, delivery=delivery, bench=bench),
        opened_at=parse_moment(opened.opened_at),
        listing=_lines(desk.listed.path),
        submission=_submission(delivery),
        receipt=map(partial(receipt_line, catalogue), catalogue.files(desk.accession)),
        stored_once=catalogue.references(desk.accession),
        totals=counted,
        members=members,
        findings=findings,
        malware=tuple(catalogue.malware_counts(desk.accession)),
        unmatched=_from_beginning(unmatched),
    )


def _from_beginning(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    yield from file


def _lines(path: Path) -> Iterator[bytes]:
    with open(path, "rb") as file:
        yield from file


def _submission(delivery: Delivery) -> Iterator[tuple[bytes, Iterable[bytes]]]:
    """The producer's table, and the tag files of a delivered bag, as received."""
    if delivery.metadata is not None:
        yield delivery.metadata.name, delivery.metadata.octets()
        if delivery.metadata.mapping is not None:
            yield b"metadata-map.toml", (delivery.metadata.mapping.data,)
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
