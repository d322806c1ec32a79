"""From records about malware and quarantine to rows: a part of the fold in ``apply``."""

from __future__ import annotations

from dataclasses import replace

from archive import canonical
from archive.catalogue.catalogue import Catalogue
from archive.catalogue.rows import MalwareFileRow, MalwareScanRow, QuarantineKeyRow, QuarantineRow
from archive.model.identifiers import PackageId
from archive.model.moments import format_moment
from archive.model.quarantine_records import (
    MalwareRecord,
    QuarantineDecisionRecord,
    QuarantineKeyRecord,
    QuarantineRecord,
)
from archive.model.record import Record


def apply_one(catalogue: Catalogue, n: int, record: Record) -> bool:
    """Take one record into the catalogue; answer whether it is of a kind this file knows."""
    match record:
        case MalwareRecord():
            _scan(catalogue, n, record)
        case QuarantineKeyRecord():
            if record.recipient not in {row.recipient for row in catalogue.quarantine_keys()}:
                moment = format_moment(record.time)
                catalogue.insert([QuarantineKeyRow(leaf=n, recipient=record.recipient, added_at=moment)])
        case QuarantineRecord():
            catalogue.insert([_quarantine(n, record)])
        case QuarantineDecisionRecord():
            _decide(catalogue, n, record)
        case _:
            return False
    return True


def _scan(catalogue: Catalogue, n: int, record: MalwareRecord) -> None:
    moment = format_moment(record.time)
    before = catalogue.malware_scan(record.aip)
    row = MalwareScanRow(
        leaf=n,
        package=record.aip,
        scanner=record.scanner,
        signatures=record.signatures,
        outcome=record.outcome,
        detail=record.detail,
        scanned_at=moment,
        rescanned_at=None if before is None else moment,
    )
    if before is None:
        catalogue.insert([row])
    else:
        catalogue.replace(row)
    known = {told.file: told for told in catalogue.malware_files(record.aip)}
    rows = [
        MalwareFileRow(leaf=n, file=said.file, outcome=said.outcome, detail=said.detail, scanned_at=moment)
        for said in record.files
    ]
    named = {told.file for told in rows}
    rows += [
        MalwareFileRow(leaf=n, file=file, outcome=record.outcome, detail=record.detail, scanned_at=moment)
        for file in known
        if file not in named
    ]
    catalogue.insert([told for told in rows if told.file not in known])
    catalogue.replace_all([told for told in rows if told.file in known])


def _quarantine(n: int, record: QuarantineRecord) -> QuarantineRow:
    return QuarantineRow(
        leaf=n,
        package=record.aip,
        why=record.why,
        threats=canonical.encode(list(record.threats)).decode(),
        recipient=record.recipient,
        content=record.content,
        content_files=record.content_files,
        content_bytes=record.content_bytes,
        content_tag_files=record.content_tag_files,
        content_tagmanifest_sha256=record.content_tagmanifest_sha256,
        content_manifest_sha256=record.content_manifest_sha256,
        quarantined_at=format_moment(record.time),
    )


def _decide(catalogue: Catalogue, n: int, record: QuarantineDecisionRecord) -> None:
    known = catalogue.quarantine(record.aip)
    if known is None or known.package != record.aip:
        raise ValueError(f"record {n} decides about a package that is not in quarantine: {record.aip}")
    decided = replace(
        known,
        leaf=n,
        decision=record.decision,
        decided_at=format_moment(record.time),
        decided_by=record.actor,
        decided_reason=record.reason,
    )
    catalogue.replace(decided)


def move_scan(catalogue: Catalogue, n: int, package: PackageId, remainder: PackageId) -> None:
    """What was said of the files that are left of a package goes with them."""
    told = catalogue.malware_scan(package)
    if told is not None:
        catalogue.insert([replace(told, leaf=n, package=remainder)])
