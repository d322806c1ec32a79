"""What the papers of an accession say once files of it are held no more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

from archive.catalogue.rows import AccessionRow
from archive.deaccession.request import Doomed
from archive.holdings.holdings import Holdings
from archive.holdings.receipts import receipt_line
from archive.model.identifiers import PackageId
from archive.model.packages import PackageKind
from archive.packages.accession import MemberPackage, ReceiptLine
from archive.packages.division import GoneFile
from archive.packages.remainder_premis import Authority, Derivation
from archive.packages.reseal_papers import RemainingPapers


def remaining_papers(holdings: Holdings, one: Doomed, package: PackageId, authority: Authority) -> RemainingPapers:
    """The papers to be sealed anew as ``package``, without the files whose lines go and all that went before."""
    catalogue, accession = holdings.catalogue, one.package.accession
    going = {file.id for file in one.lines}
    rows = list(catalogue.files(accession))
    held = {row.sha256 for row in rows if row.deaccessioned_at is None and row.id not in going}
    gone = [
        GoneFile(row.id, row.name or b"", None if row.sha256 in held else row.sha256)
        for row in rows
        if row.deaccessioned_at is not None or row.id in going
    ]
    totals = {name: count for name, count in asdict(catalogue.totals(accession)).items() if name in _TOLD}
    return RemainingPapers(
        package=package,
        accession=accession,
        producer=accession_of(holdings, one).producer,
        derivation=Derivation(one.package.id, one.package.tagmanifest_sha256, len(one.lines), authority),
        gone=gone,
        receipt=_receipt(holdings, one, without={file.id for file in gone}),
        totals={"received": sum(totals.values()), **totals},
        members=tuple(
            MemberPackage(row.id, row.files, row.bytes, row.tagmanifest_sha256)
            for row in catalogue.packages(accession)
            if row.kind is not PackageKind.ACCESSION
        ),
        sealed_at=holdings.stamp.clock(),
        software_version=holdings.stamp.version,
    )


_TOLD = ("accepted", "duplicate", "quarantined", "rejected")


def _receipt(holdings: Holdings, one: Doomed, *, without: set[str]) -> Iterator[ReceiptLine]:
    for row in holdings.catalogue.files(one.package.accession):
        if row.id not in without:
            yield receipt_line(holdings.catalogue, row)


def accession_of(holdings: Holdings, one: Doomed) -> AccessionRow:
    """The accession a package belongs to."""
    accession = holdings.catalogue.accession(one.package.accession)
    if accession is None:
        raise ValueError(f"accession {one.package.accession} is not known")
    return accession
