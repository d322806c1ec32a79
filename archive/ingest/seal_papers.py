"""Sealing the papers of an accession: what was kept on its desk, its receipt, and the list of its packages."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path

from archive.catalogue.rows import AccessionRow, TransferRow
from archive.holdings.sealing import seal_record, sealed_safely
from archive.ingest.agreement import terms_for
from archive.ingest.papers import Filed, note_on
from archive.ingest.receipt import Receipt, Submitted, gather, receipt_rows
from archive.ingest.receipt_json import as_json_text
from archive.ingest.receipt_page import page_of
from archive.ingest.receipt_text import as_text
from archive.ingest.seal import Prepared, place, title_of
from archive.ingest.workbench import Workbench
from archive.model.identifiers import PackageId, new_identifier
from archive.model.moments import parse_moment
from archive.model.names import shown
from archive.model.packages import PackageKind
from archive.model.records import AccessionClosedRecord, Record
from archive.packages.accession import SUBMISSION, UNMATCHED_HEADING, AccessionContent, MemberPackage, seal_accession
from archive.packages.content import Provenance
from archive.packages.folder import Stored
from archive.pages.rendering import render
from profiles.finding import Finding

HAND_OVER = b"hand-over/"
"""Folder of the hand-over notes among what was submitted."""


def seal_papers(
    known: AccessionRow, sets: list[Filed], *, desk: Path, findings: tuple[Finding, ...], reason: str, bench: Workbench
) -> list[Finding]:
    """Seal the accession package of an accession with nothing pending, and record that it is closed.

    Answers findings about copies that could not be made. ``sets`` are the papers on its ``desk``, the newest last.
    """
    bench.progress.stage("closing the accession")
    totals = bench.holdings.catalogue.totals(known.id)
    content = _content(known, sets, desk=desk, findings=findings, reason=reason, bench=bench)
    package = content.provenance.package
    folder = desk / package
    sealed = sealed_safely(folder, lambda root: seal_accession(root, content))
    record = seal_record(bench.holdings, sealed, known.id, PackageKind.ACCESSION)
    closed = AccessionClosedRecord(
        **bench.holdings.stamp(reason),
        accession=known.id,
        package=package,
        received=totals.received,
        accepted=totals.accepted,
        duplicate=totals.duplicate,
        quarantined=totals.quarantined,
        rejected=totals.rejected,
    )
    records: tuple[Record, ...] = (record, closed)
    return place(Prepared(folder, records, ()), desk=desk, bench=bench)


def _content(
    known: AccessionRow, sets: list[Filed], *, desk: Path, findings: tuple[Finding, ...], reason: str, bench: Workbench
) -> AccessionContent:
    catalogue, stamp, newest = bench.holdings.catalogue, bench.holdings.stamp, sets[-1]
    totals, transfers = catalogue.totals(known.id), catalogue.transfers(known.id)
    folder, terms = shown(os.path.basename(known.source) or known.source), terms_for(catalogue, known.producer)
    provenance = Provenance(
        package=PackageId(new_identifier()),
        accession=known.id,
        producer=known.producer,
        organization=bench.policy.organization,
        title=title_of(folder, accession=known.id, producer=known.producer, terms=terms),
        sealed_at=stamp.clock(),
        software_version=stamp.version,
    )
    counted = {name: getattr(totals, name) for name in ("received", "accepted", "duplicate", "quarantined", "rejected")}

    def receipts(csv_sha256: str, stored: Sequence[Stored]) -> Iterator[tuple[str, bytes]]:
        """The receipt as far as it can be known now, in its three forms."""
        receipt = gather(
            bench.holdings,
            known,
            organization=bench.policy.organization,
            findings=findings,
            submission=tuple(Submitted(one.path.removeprefix(SUBMISSION), one.sha256) for one in stored),
            csv_sha256=csv_sha256,
            closing=provenance.package,
            at=provenance.sealed_at,
            reason=reason,
        )
        return _forms(receipt)

    return AccessionContent(
        provenance=provenance,
        opened_at=parse_moment(known.opened_at),
        listing=newest.listing(),
        submission=chain(newest.submission(), _notes(transfers, desk)),
        receipt=receipt_rows(bench.holdings, known.id),
        stored_once=catalogue.references(known.id),
        totals=counted,
        members=tuple(
            MemberPackage(row.id, row.files, row.bytes, row.tagmanifest_sha256)
            for row in catalogue.packages(known.id)
            if row.kind is not PackageKind.ACCESSION
        ),
        findings=findings,
        malware=tuple(catalogue.malware_counts(known.id)),
        unmatched=newest.unmatched(),
        transfers=tuple(row.transfer for row in transfers),
        earlier=_earlier(sets[:-1]),
        receipts=receipts,
    )


def _notes(transfers: Iterable[TransferRow], desk: Path) -> Iterator[tuple[bytes, Iterable[bytes]]]:
    """The hand-over notes; one that came with two media is kept once."""
    notes = dict.fromkeys((row.note_name or b"note", row.note_sha256) for row in transfers if row.note_sha256)
    names = set[bytes]()
    for number, (name, digest) in enumerate(notes, 1):
        folder = b"%d/" % number if name in names else b""
        names.add(name)
        yield HAND_OVER + folder + name, (note_on(desk, digest or ""),)


def _earlier(sets: list[Filed]) -> Iterator[tuple[bytes, Iterable[bytes]]]:
    """The papers of what was received into the accession before."""
    for number, one in enumerate(sets, 1):
        folder = b"%d/" % number
        yield folder + b"listing.jsonl", one.listing()
        yield folder + b"unmatched.csv", chain((UNMATCHED_HEADING,), one.unmatched())
        for name, chunks in one.submission():
            yield folder + b"submission/" + name, chunks


def _forms(receipt: Receipt) -> Iterator[tuple[str, bytes]]:
    yield "receipt.txt", as_text(receipt).encode("utf-8", "backslashreplace")
    yield "receipt.json", as_json_text(receipt).encode("utf-8", "backslashreplace")
    yield "receipt.html", render(page_of(receipt)).encode("utf-8", "backslashreplace")
