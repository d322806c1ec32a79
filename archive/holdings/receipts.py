"""One delivered file as the papers of its accession tell of it."""

from __future__ import annotations

from archive.catalogue.catalogue import Catalogue
from archive.catalogue.rows import FileRow, here
from archive.packages.accession import ReceiptLine


def receipt_line(catalogue: Catalogue, row: FileRow) -> ReceiptLine:
    """The line of a file in ``receipt.csv``; of one stored once with others it names the package with the bytes."""
    return ReceiptLine(
        name=here(row.name),
        outcome=row.outcome,
        size=here(row.size),
        sha256=row.sha256,
        blake3=row.blake3,
        mtime=here(row.mtime),
        aip=catalogue.package_of(row),
        file=row.id,
        same_as=row.same_as,
    )
