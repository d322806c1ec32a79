"""The steps of the fold for formats: what files are, what persons decided, signature files and risk tables in use."""

from __future__ import annotations

from dataclasses import replace

from archive.catalogue.catalogue import Catalogue
from archive.catalogue.rows import FileFormatRow, IdentificationRow, RiskTableRow, SignaturesRow
from archive.holdings.folding import folds, recorded
from archive.holdings.tools import spelled
from archive.model.formats import DECIDED, FileFormat, ToldBy
from archive.model.moments import format_moment
from archive.model.records import FormatDecisionRecord, IdentificationRecord, RiskTableRecord, SignaturesRecord


@folds(IdentificationRecord)
def _identify(catalogue: Catalogue, n: int, record: IdentificationRecord) -> None:
    moment = format_moment(record.time)
    row = IdentificationRow(leaf=n, package=record.package, tools=spelled(record.tools), identified_at=moment)
    catalogue.put(row)
    told = {row.file: row for row in catalogue.file_formats(record.package) if row.told_by is ToldBy.MACHINES}
    rows = [_told_format(n, record, file, told.get(file.file)) for file in record.files]
    catalogue.insert([row for row in rows if row.file not in told])
    catalogue.replace_all([row for row in rows if row.file in told])


def _told_format(n: int, record: IdentificationRecord, file: FileFormat, known: FileFormatRow | None) -> FileFormatRow:
    row = FileFormatRow(
        leaf=n,
        file=file.file,
        told_by=ToldBy.MACHINES,
        package=record.package,
        puid=file.puid,
        name=None if file.puid is None else record.formats.get(file.puid),
        verdict=file.verdict,
        basis=file.basis,
        told_at=format_moment(record.time),
        actor=record.actor,
        reason=(record.said or {}).get(file.file, ""),
        since=n,
        former_puid=None,
        former_verdict=None,
    )
    if known is None:
        return row
    if (known.puid, known.verdict) == (row.puid, row.verdict):
        return replace(row, since=known.since, former_puid=known.former_puid, former_verdict=known.former_verdict)
    return replace(row, former_puid=known.puid, former_verdict=known.verdict)


@folds(FormatDecisionRecord)
def _decide_format(catalogue: Catalogue, n: int, record: FormatDecisionRecord) -> None:
    file = recorded(catalogue.file(record.file), "a file")
    package = recorded(file.aip, "the package of a file")
    known = next((row for row in catalogue.formats_of(record.file) if row.told_by is ToldBy.PERSON), None)
    row = FileFormatRow(
        leaf=n,
        file=record.file,
        told_by=ToldBy.PERSON,
        package=package,
        puid=record.puid,
        name=record.name,
        verdict=DECIDED,
        basis=None,
        told_at=format_moment(record.time),
        actor=record.actor,
        reason=record.reason,
        since=n,
        former_puid=None if known is None else known.puid,
        former_verdict=None if known is None else known.verdict,
    )
    catalogue.put(row)


@folds(SignaturesRecord)
def _adopt_signatures(catalogue: Catalogue, n: int, record: SignaturesRecord) -> None:
    row = SignaturesRow(
        leaf=n,
        tool=record.tool,
        part=record.part,
        release=record.release,
        sha256=record.sha256,
        file=record.file_name,
        adopted_at=format_moment(record.time),
    )
    catalogue.put(row)


@folds(RiskTableRecord)
def _take_risk_table(catalogue: Catalogue, n: int, record: RiskTableRecord) -> None:
    known = next((row for row in catalogue.risk_tables() if row.form == record.form), None)
    row = RiskTableRow(
        leaf=n,
        form=record.form,
        name=record.name or "",
        sha256=record.sha256,
        date=record.date,
        formats=len(record.entries),
        taken_at=format_moment(record.time),
        previous=None if known is None else known.leaf,
    )
    catalogue.put(row)
