"""The steps of the fold for malware and quarantine."""

from __future__ import annotations

from dataclasses import replace

from archive import canonical
from archive.catalogue.catalogue import Catalogue
from archive.catalogue.rows import MalwareFileRow, MalwareScanRow, QuarantineKeyRow, QuarantineRow
from archive.catalogue.writing import Contradiction
from archive.holdings.folding import folds, recorded
from archive.model.identifiers import PackageId
from archive.model.knowledge_records import (
    MalwareRecord,
    QuarantineDecisionRecord,
    QuarantineKeyRecord,
    QuarantineRecord,
)
from archive.model.moments import format_moment


@folds(MalwareRecord)
def _scan(catalogue: Catalogue, n: int, record: MalwareRecord) -> None:
    moment = format_moment(record.time)
    before = catalogue.malware_scan(record.package)
    row = MalwareScanRow(
        leaf=n,
        package=record.package,
        scanner=record.scanner,
        signatures=record.signatures,
        outcome=record.outcome,
        detail=record.detail,
        scanned_at=moment,
        rescanned_at=None if before is None else moment,
    )
    catalogue.put(row)
    known = {told.file: told for told in catalogue.malware_files(record.package)}
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


@folds(QuarantineKeyRecord)
def _use_key(catalogue: Catalogue, n: int, record: QuarantineKeyRecord) -> None:
    if record.recipient not in {row.recipient for row in catalogue.quarantine_keys()}:
        catalogue.insert([QuarantineKeyRow(leaf=n, recipient=record.recipient, added_at=format_moment(record.time))])


@folds(QuarantineRecord)
def _keep_apart(catalogue: Catalogue, n: int, record: QuarantineRecord) -> None:
    catalogue.insert([_quarantine(n, record)])


def _quarantine(n: int, record: QuarantineRecord) -> QuarantineRow:
    return QuarantineRow(
        leaf=n,
        package=record.package,
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


@folds(QuarantineDecisionRecord)
def _decide(catalogue: Catalogue, n: int, record: QuarantineDecisionRecord) -> None:
    known = recorded(catalogue.get(QuarantineRow, record.package), "a package in quarantine")
    if known.decision is not None and known.decision.is_final and record.decision is not known.decision:
        raise Contradiction("it decides anew about what was released from quarantine")
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
