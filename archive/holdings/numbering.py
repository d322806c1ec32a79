"""Numbers that people cite: of accessions, such as 2026-0042, and of files in them, such as 2026-0042/000417.

The number of an accession is given when its record is appended, that of a file follows from the log: it is the place of
its first receipt among those of its accession. Neither ever changes; there may be gaps.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from archive.catalogue.catalogue import Catalogue
from archive.catalogue.rows import AccessionRow, FileRow
from archive.model.identifiers import AccessionId, FileId
from archive.model.records import AccessionRecord, Record


def accession_number(year: int, place: int) -> str:
    """The number of the accession that is the ``place``-th of its year; of the 10,000th too."""
    return f"{year}-{place:04d}"


def file_number(accession: str, place: int) -> str:
    """The number of the file whose first receipt is the ``place``-th of the accession with that number."""
    return f"{accession}/{place:06d}"


def accession_called(catalogue: Catalogue, word: str) -> AccessionRow | None:
    """The accession of that identifier or number."""
    return catalogue.accession(AccessionId(word)) or catalogue.accession_numbered(word)


def file_called(catalogue: Catalogue, word: str) -> FileRow | None:
    """The file of that identifier, or of a number such as ``2026-0042/000417``."""
    number, _, place = word.partition("/")
    if place.isascii() and place.isdigit() and (of := catalogue.accession_numbered(number)) is not None:
        return catalogue.file_numbered(of.id, int(place))
    return catalogue.file(FileId(word))


def number_of(catalogue: Catalogue, file: FileRow) -> str | None:
    """The number that people cite a file by."""
    of = catalogue.accession(file.accession)
    return None if of is None else file_number(of.number, file.number)


def numbered(catalogue: Catalogue, records: Sequence[Record]) -> Iterator[Record]:
    """``records`` about to be appended, each accession with its number: the one it has, or the next of the year."""
    given: dict[AccessionId, str] = {}
    new = 0
    for record in records:
        if isinstance(record, AccessionRecord):
            number = given.get(record.accession)
            if number is None and (known := catalogue.accession(record.accession)) is not None:
                number = known.number
            if number is None:
                year = record.time.year
                number = accession_number(year, catalogue.accessions_of_year(year) + new + 1)
                new += 1
            given[record.accession] = number
            record = replace(record, number=number)
        yield record
