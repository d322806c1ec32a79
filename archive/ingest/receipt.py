"""The receipt of an accession: what a producer may hold the archive to, from the catalogue and the papers."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from archive.catalogue.rows import AccessionRow, FileRow, Totals
from archive.custody.checkpoint import Checkpoint
from archive.holdings.checkpoints import newest_checkpoint
from archive.holdings.holdings import Holdings
from archive.holdings.receipts import receipt_line
from archive.model.identifiers import AccessionId, PackageId
from archive.model.moments import parse_moment
from archive.model.names import shown
from archive.model.packages import Outcome, PackageKind
from archive.model.transfer import Transfer
from archive.packages.accession import MemberPackage, ReceiptLine
from profiles.finding import Finding

SMALL = 100
"""Files at most that are named one by one in the receipt itself; ``receipt.csv`` has all of any number."""
UNDECIDED = 100
"""Pending and rejected files at most that are named one by one."""


@dataclass(frozen=True, slots=True)
class Undecided:
    """A file that is not kept: pending or rejected, and why."""

    file: FileRow
    reason: str


@dataclass(frozen=True, slots=True)
class Submitted:
    """Something the producer sent along, under the name it is kept by below ``submission/``."""

    name: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What was received, from whom, and what became of it, as known ``at`` a moment.

    ``log`` names the custody log. ``papers`` is the accession package of a closed accession; where the receipt lies in
    that package itself, ``closing`` names it. ``checkpoint`` is the newest one; ``is_covered`` whether it covers the
    closing.
    """

    log: str
    organization: str
    accession: AccessionId
    producer: str
    title: str
    opened_at: datetime
    closed_at: datetime | None
    close_reason: str
    at: datetime
    transfers: tuple[Transfer, ...]
    totals: Totals
    octets: int
    also: tuple[tuple[str, int], ...]
    """What else was counted, each with its label: results of scans, for one."""
    files: tuple[FileRow, ...]
    undecided: tuple[Undecided, ...]
    csv_sha256: str
    submission: tuple[Submitted, ...]
    findings: tuple[Finding, ...]
    packages: tuple[MemberPackage, ...]
    closing: PackageId | None
    papers: MemberPackage | None
    earlier_papers: tuple[MemberPackage, ...]
    """Accession packages of it that were sealed when it was closed before, and are held like all others."""
    checkpoint: Checkpoint | None
    is_covered: bool
    more_to_come: bool = False
    """Whether a delivery of it was listed and not received to its end, so that more was delivered than is told here."""

    @property
    def sum(self) -> str:
        """The conservation law, with numbers."""
        t = self.totals
        return (
            f"received {t.received:,} = accepted {t.accepted:,} + duplicate {t.duplicate:,}"
            f" + quarantined {t.quarantined:,} + rejected {t.rejected:,} + pending {t.pending:,}"
        )


def gather(
    holdings: Holdings,
    known: AccessionRow,
    *,
    organization: str,
    findings: tuple[Finding, ...],
    submission: tuple[Submitted, ...],
    csv_sha256: str,
    closing: PackageId | None,
    at: datetime,
    reason: str,
    more_to_come: bool = False,
) -> Receipt:
    """The receipt of an accession. ``closing`` is the package that is being sealed now and will hold it, if so."""
    catalogue = holdings.catalogue
    totals = catalogue.totals(known.id)
    rows = catalogue.packages(known.id)
    members = [(row.kind, MemberPackage(row.id, row.files, row.bytes, row.tagmanifest_sha256)) for row in rows]
    aips = tuple(member for kind, member in members if kind is not PackageKind.ACCESSION)
    papers = [member for kind, member in members if kind is PackageKind.ACCESSION]
    is_closed = known.closed_at is not None and closing is None and bool(papers)
    content = catalogue.content()
    checkpoint = newest_checkpoint(holdings)
    closed_at = parse_moment(known.closed_at) if known.closed_at else (at if closing else None)
    return Receipt(
        log=holdings.signing.origin,
        organization=organization,
        accession=known.id,
        producer=known.producer,
        title=shown(os.path.basename(known.source) or known.source),
        opened_at=parse_moment(known.opened_at),
        closed_at=closed_at,
        close_reason=reason,
        at=at,
        transfers=tuple(row.transfer for row in catalogue.transfers(known.id)),
        totals=totals,
        octets=sum(content.get(aip.package, (0, 0))[1] for aip in aips),
        also=tuple((f"malware: {said.label}", said.files) for said in catalogue.malware_counts(known.id)),
        files=tuple(catalogue.files(known.id)) if totals.received <= SMALL else (),
        undecided=tuple(_undecided(holdings, known.id)),
        csv_sha256=csv_sha256,
        submission=submission,
        findings=findings,
        packages=aips,
        closing=closing,
        papers=papers[-1] if is_closed else None,
        earlier_papers=tuple(papers[:-1] if is_closed else papers),
        checkpoint=checkpoint,
        is_covered=known.closed_at is not None and checkpoint is not None and checkpoint.size > known.leaf,
        more_to_come=more_to_come,
    )


def receipt_rows(holdings: Holdings, accession: AccessionId) -> Iterator[ReceiptLine]:
    """One line for each delivered file, for ``receipt.csv``."""
    for row in holdings.catalogue.files(accession):
        yield receipt_line(holdings.catalogue, row)


def _undecided(holdings: Holdings, accession: AccessionId) -> Iterator[Undecided]:
    for outcome in (Outcome.PENDING, Outcome.REJECTED):
        for file in islice(holdings.catalogue.files(accession, outcome=outcome), UNDECIDED):
            yield Undecided(file, holdings.log.record(file.leaf).reason)
