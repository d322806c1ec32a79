"""The steps of the fold for deliveries: who delivers, by what terms, what came, and what was received of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields, replace

from archive import canonical
from archive.catalogue.catalogue import Catalogue
from archive.catalogue.rows import (
    AccessionRow,
    AgreementRow,
    FileRow,
    ItemFileRow,
    ProducerRow,
    QuarantineRow,
    TransferRow,
)
from archive.catalogue.writing import Contradiction
from archive.holdings.folding import folds, folds_runs, recorded
from archive.holdings.numbering import accession_number
from archive.model.identifiers import AccessionId
from archive.model.moments import format_moment
from archive.model.packages import Outcome
from archive.model.quarantine import QuarantineDecision
from archive.model.records import (
    AccessionClosedRecord,
    AccessionRecord,
    AgreementRecord,
    ItemRecord,
    ProducerRecord,
    ReceiptRecord,
    ReferenceRecord,
    TransferRecord,
)
from archive.model.transfer import Transfer


@folds(ProducerRecord)
def _producer(catalogue: Catalogue, n: int, record: ProducerRecord) -> None:
    if catalogue.producer(record.code) is None:  # two ingests of a new one's deliveries may both have said so
        catalogue.insert([ProducerRow(leaf=n, code=record.code, name=record.name or "")])


@folds(AgreementRecord)
def _agree(catalogue: Catalogue, n: int, record: AgreementRecord) -> None:
    catalogue.insert([_agreement(n, record)])


def _agreement(n: int, record: AgreementRecord) -> AgreementRow:
    return AgreementRow(
        leaf=n,
        id=record.agreement,
        producer=record.producer,
        profile=record.profile,
        terms=record.terms or b"",
        agreed_at=format_moment(record.time),
    )


@folds(AccessionRecord)
def _open_accession(catalogue: Catalogue, n: int, record: AccessionRecord) -> None:
    known = catalogue.accession(record.accession)
    row = AccessionRow(
        leaf=n,
        id=record.accession,
        producer=record.producer,
        source=record.source or b"",
        listing_sha256=record.listing_sha256 or "",
        metadata_name=record.metadata_name,
        metadata_sha256=record.metadata_sha256,
        opened_at=format_moment(record.time),
        closed_at=None,
        metadata_reading=_reading(record),
        checksums_sha256=" ".join(record.checksums_sha256),
        number=_number(catalogue, record) if known is None else known.number,
    )
    if known is not None:
        if record.number not in ("", known.number):
            raise Contradiction("it gives an accession another number than it has")
        row = replace(row, opened_at=known.opened_at, receipts=known.receipts)
    catalogue.put(row)


def _number(catalogue: Catalogue, record: AccessionRecord) -> str:
    """The number of a new accession: the next one of the year in which it is recorded. Version 1 did not say it."""
    year = record.time.year
    number = accession_number(year, catalogue.accessions_of_year(year) + 1)
    if record.number not in ("", number):
        raise Contradiction("it gives an accession another number than the next one")
    return number


def _reading(record: AccessionRecord) -> str | None:
    given = record.metadata_reading
    return None if given is None else canonical.encode(given).decode("utf-8")


@folds(AccessionClosedRecord)
def _close_accession(catalogue: Catalogue, n: int, record: AccessionClosedRecord) -> None:
    known = recorded(catalogue.accession(record.accession), "an accession")
    catalogue.replace(replace(known, leaf=n, closed_at=format_moment(record.time)))


@folds(TransferRecord)
def _take_over(catalogue: Catalogue, n: int, record: TransferRecord) -> None:
    said = {field.name: getattr(record, field.name) for field in fields(Transfer)}
    catalogue.put(TransferRow(leaf=n, accession=record.accession, source=record.source or b"", **said))


@folds_runs(ReceiptRecord)
def _receive(catalogue: Catalogue, numbered: Sequence[tuple[int, ReceiptRecord]]) -> None:
    for _, record in numbered:
        _require_whole(record)
    rows = [*_numbered(catalogue, numbered)]
    known = catalogue.known_files([row.id for row in rows])
    if len({row.id for row in rows}) < len(rows):
        raise Contradiction(_FINAL)  # each is to be judged by what the one before it left
    for row in rows:
        if row.id in known:
            _require_next(catalogue, known[row.id], row)
    catalogue.insert([row for row in rows if row.id not in known])
    catalogue.replace_all([replace(row, number=known[row.id].number) for row in rows if row.id in known])


_FINAL = "the file has its final receipt already"
_ELSE = "it is about something else than the receipt of this file before it"


def _numbered(catalogue: Catalogue, numbered: Sequence[tuple[int, ReceiptRecord]]) -> Iterator[FileRow]:
    """What these receipts say of their files, each with its place among the receipts of its accession."""
    accessions: dict[AccessionId, AccessionRow] = {}
    for n, record in numbered:
        of = accessions.get(record.accession)
        if of is None:
            of = recorded(catalogue.accession(record.accession), "an accession")
        accessions[record.accession] = of = replace(of, receipts=of.receipts + 1)
        yield _file(n, record, of.receipts)
    catalogue.replace_all([*accessions.values()])


def _file(n: int, record: ReceiptRecord, number: int) -> FileRow:
    return FileRow(
        leaf=n,
        id=record.file,
        accession=record.accession,
        number=number,
        name=record.name,
        size=record.size,
        sha256=record.sha256,
        blake3=record.blake3,
        mtime=record.mtime,
        outcome=record.outcome,
        aip=record.package,
        received_at=format_moment(record.time),
    )


def _require_whole(record: ReceiptRecord) -> None:
    """What is held has its digests and lies in a package, unless it is stored as another file; what is pending not.

    What stands in a private line that is not here is not asked for.
    """
    held = record.outcome in (Outcome.ACCEPTED, Outcome.QUARANTINED)
    if _ABOUT not in record.absent and None in (record.name, record.mtime):
        raise Contradiction("it does not say which file was received")
    if _CONTENT not in record.absent:
        if record.size is None:
            raise Contradiction("it does not say how large the file is")
        digests = None not in (record.sha256, record.blake3)
        if (held or record.package is not None or record.outcome is Outcome.DUPLICATE) and not digests:
            raise Contradiction("it says that a file is held, and no digest of it")
    if held and record.package is None:
        raise Contradiction("it says that a file is held, and not in which package")
    if record.outcome is Outcome.PENDING and record.package is not None:
        raise Contradiction("it says that a file is pending, and in which package it lies")


_CONTENT, _ABOUT = 2, 3
"""Places of the private lines of a receipt (``archive.codec.record_codec``)."""


def _require_next(catalogue: Catalogue, before: FileRow, row: FileRow) -> None:
    """What is pending becomes anything; what lies in quarantine what was decided; all else stays what it is."""
    if before.outcome is Outcome.PENDING:
        if row.accession != before.accession or not _agree_in(before, row, "name"):
            raise Contradiction(_ELSE)
        return
    kept = None if before.aip is None else catalogue.get(QuarantineRow, before.aip)
    if kept is None:
        raise Contradiction(_FINAL)
    standing = (before.deaccessioned_at, before.same_as) == (None, None)
    if not standing or row.accession != before.accession or not _agree_in(before, row, *_OF_THE_FILE):
        raise Contradiction(_ELSE)
    released = (row.outcome, row.aip) == (Outcome.ACCEPTED, kept.content)  # its decision is recorded behind it
    decided = row.aip == before.aip and (kept.decision, row.outcome) in _DECIDED
    if not (decided or (released and catalogue.package(kept.content) is not None)):
        raise Contradiction("nothing was decided about the quarantined file that would lead to this receipt")


_OF_THE_FILE = ("name", "size", "sha256", "blake3", "mtime")


def _agree_in(before: FileRow, row: FileRow, *names: str) -> bool:
    """Whether two receipts say the same of a file, as far as their private lines are here."""
    pairs = ((getattr(before, name), getattr(row, name)) for name in names)
    return all(None in pair or pair[0] == pair[1] for pair in pairs)


_DECIDED = (
    (QuarantineDecision.KEEP, Outcome.QUARANTINED),
    (QuarantineDecision.REJECT, Outcome.REJECTED),
)


@folds(ReferenceRecord)
def _refer(catalogue: Catalogue, n: int, record: ReferenceRecord) -> None:
    # Where the bytes of ``same_as`` are not held, or it never was, custody verify says so: reference-without-file.
    rows = [recorded(catalogue.file(file), "a file") for file in record.files]
    catalogue.replace_all([replace(row, same_as=record.same_as) for row in rows])


@folds(ItemRecord)
def _item(catalogue: Catalogue, n: int, record: ItemRecord) -> None:
    catalogue.insert([ItemFileRow(leaf=n, file=file, item=record.item) for file in record.files])
