"""From records to rows: the catalogue is a fold over the custody log, and this is its step.

The same function serves the first recording, the catching up after a crash, and the rebuilding of a lost catalogue,
so that all three end with the same rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from itertools import groupby

from archive import canonical
from archive.catalogue.catalogue import Catalogue
from archive.catalogue.rows import (
    AccessionRow,
    AgreementRow,
    DamageRow,
    FileFormatRow,
    FileRow,
    HandoverRow,
    HandoverVolumeRow,
    IdentificationRow,
    IncidentRow,
    ItemFileRow,
    LocationRow,
    PackageRow,
    ProducerRow,
    ReplicaRow,
    RiskTableRow,
    SignaturesRow,
    TimestampRow,
    TransferRow,
)
from archive.holdings import apply_acts, apply_quarantine
from archive.holdings.apply_rights import register_consent, state_rights, withdraw_consent
from archive.holdings.tools import spelled
from archive.model.formats import DECIDED, FileFormat, ToldBy
from archive.model.identifiers import PackageId
from archive.model.moments import format_moment
from archive.model.packages import ReplicaState
from archive.model.records import (
    AccessionClosedRecord,
    AccessionRecord,
    AgreementRecord,
    AuditRecord,
    ConsentRecord,
    ConsentWithdrawnRecord,
    DamageRecord,
    FormatDecisionRecord,
    HandoverFrozenRecord,
    HandoverPlannedRecord,
    HandoverVolumeRecord,
    IdentificationRecord,
    IncidentClosedRecord,
    IncidentRecord,
    ItemRecord,
    LocationRecord,
    ProducerRecord,
    ReceiptRecord,
    Record,
    ReferenceRecord,
    RepairRecord,
    ReplicationRecord,
    RightsRecord,
    RiskTableRecord,
    SealRecord,
    SignaturesRecord,
    TimestampRecord,
    TransferRecord,
)
from archive.model.transfer import Transfer

Numbered = tuple[int, Record]
"""A record and its number in the log."""


def apply(catalogue: Catalogue, numbered: Sequence[Numbered]) -> None:
    """Take records into the catalogue, in order, inside a transaction of the caller's."""
    for is_receipt, group in groupby(numbered, key=lambda pair: isinstance(pair[1], ReceiptRecord)):
        if is_receipt:
            catalogue.put_files([_file(n, record) for n, record in group if isinstance(record, ReceiptRecord)])
        else:
            for n, record in group:
                if not any(part.apply_one(catalogue, n, record) for part in (apply_acts, apply_quarantine)):
                    _apply_one(catalogue, n, record)


def _apply_one(catalogue: Catalogue, n: int, record: Record) -> None:
    match record:
        case LocationRecord():
            catalogue.insert([_location(n, record)])
        case ProducerRecord():
            if catalogue.producer(record.code) is None:  # two ingests of a new one's deliveries may both have said so
                catalogue.insert([ProducerRow(leaf=n, code=record.code, name=record.name)])
        case AgreementRecord():
            catalogue.insert([_agreement(n, record)])
        case AccessionRecord():
            _open_accession(catalogue, n, record)
        case TransferRecord():
            _take_over(catalogue, n, record)
        case AccessionClosedRecord():
            _close_accession(catalogue, n, record)
        case SealRecord():
            catalogue.insert([_package(n, record)])
        case IdentificationRecord():
            _identify(catalogue, n, record)
        case FormatDecisionRecord():
            _decide_format(catalogue, n, record)
        case SignaturesRecord():
            _adopt_signatures(catalogue, n, record)
        case RiskTableRecord():
            _take_risk_table(catalogue, n, record)
        case ReferenceRecord():
            _refer(catalogue, record)
        case ItemRecord():
            catalogue.insert([ItemFileRow(leaf=n, file=file, item=record.item) for file in record.files])
        case RightsRecord():
            state_rights(catalogue, n, record)
        case ConsentRecord():
            register_consent(catalogue, n, record)
        case ConsentWithdrawnRecord():
            withdraw_consent(catalogue, n, record)
        case ReplicationRecord():
            _store_replica(catalogue, n, record)
        case AuditRecord():
            _audit_replica(catalogue, n, record)
        case IncidentRecord():
            _open_incident(catalogue, n, record)
        case DamageRecord():
            catalogue.insert([_damage(n, record)])
        case RepairRecord():
            _repair(catalogue, n, record)
        case IncidentClosedRecord():
            _close_incident(catalogue, n, record)
        case HandoverPlannedRecord():
            catalogue.insert([_handover(n, record)])
        case HandoverFrozenRecord():
            _freeze_handover(catalogue, n, record)
        case HandoverVolumeRecord():
            _put_volume(catalogue, n, record)
        case TimestampRecord():
            _put_timestamp(catalogue, n, record)
        case _:
            raise ValueError(f"no catalogue row is known for a record of kind {record.kind}")


def _location(n: int, record: LocationRecord) -> LocationRow:
    attributes = canonical.encode(record.attributes).decode()
    return LocationRow(leaf=n, name=record.name, uri=record.uri, form=record.form, attributes=attributes)


def _agreement(n: int, record: AgreementRecord) -> AgreementRow:
    return AgreementRow(
        leaf=n,
        id=record.agreement,
        producer=record.producer,
        profile=record.profile,
        terms=record.terms,
        agreed_at=format_moment(record.time),
    )


def _file(n: int, record: ReceiptRecord) -> FileRow:
    return FileRow(
        leaf=n,
        id=record.file,
        accession=record.accession,
        name=record.name,
        size=record.size,
        sha256=record.sha256,
        blake3=record.blake3,
        mtime=record.mtime,
        outcome=record.outcome,
        aip=record.aip,
        received_at=format_moment(record.time),
    )


def _refer(catalogue: Catalogue, record: ReferenceRecord) -> None:
    rows = [row for file in record.files if (row := catalogue.file(file)) is not None]
    catalogue.replace_all([replace(row, same_as=record.same_as) for row in rows])


def _open_accession(catalogue: Catalogue, n: int, record: AccessionRecord) -> None:
    row = AccessionRow(
        leaf=n,
        id=record.accession,
        producer=record.producer,
        source=record.source,
        listing_sha256=record.listing_sha256,
        metadata_name=record.metadata_name,
        metadata_sha256=record.metadata_sha256,
        opened_at=format_moment(record.time),
        closed_at=None,
        metadata_reading=_reading(record),
        checksums_sha256=" ".join(record.checksums_sha256),
    )
    known = catalogue.accession(record.accession)
    if known is None:
        catalogue.insert([row])
    else:
        catalogue.replace(replace(row, opened_at=known.opened_at))


def _take_over(catalogue: Catalogue, n: int, record: TransferRecord) -> None:
    said = {field.name: getattr(record, field.name) for field in fields(Transfer)}
    row = TransferRow(leaf=n, accession=record.accession, source=record.source, **said)
    if any(known.source == record.source for known in catalogue.transfers(record.accession)):
        catalogue.replace(row)
    else:
        catalogue.insert([row])


def _reading(record: AccessionRecord) -> str | None:
    given = record.metadata_reading
    return None if given is None else canonical.encode(given).decode("utf-8")


def _close_accession(catalogue: Catalogue, n: int, record: AccessionClosedRecord) -> None:
    known = catalogue.accession(record.accession)
    if known is None:
        raise ValueError(f"record {n} closes an accession that was never opened: {record.accession}")
    catalogue.replace(replace(known, leaf=n, closed_at=format_moment(record.time)))


def _package(n: int, record: SealRecord) -> PackageRow:
    return PackageRow(
        leaf=n,
        id=record.aip,
        accession=record.accession,
        kind=record.package,
        files=record.files,
        bytes=record.bytes,
        tag_files=record.tag_files,
        tagmanifest_sha256=record.tagmanifest_sha256,
        manifest_sha256=record.manifest_sha256,
        sealed_at=format_moment(record.time),
        group_id=record.group,
    )


def _identify(catalogue: Catalogue, n: int, record: IdentificationRecord) -> None:
    moment = format_moment(record.time)
    row = IdentificationRow(leaf=n, package=record.aip, tools=spelled(record.tools), identified_at=moment)
    if catalogue.identification(record.aip) is None:
        catalogue.insert([row])
    else:
        catalogue.replace(row)
    told = {row.file: row for row in catalogue.file_formats(record.aip) if row.told_by is ToldBy.MACHINES}
    rows = [_told_format(n, record, file, told.get(file.file)) for file in record.files]
    catalogue.insert([row for row in rows if row.file not in told])
    catalogue.replace_all([row for row in rows if row.file in told])


def _told_format(n: int, record: IdentificationRecord, file: FileFormat, known: FileFormatRow | None) -> FileFormatRow:
    row = FileFormatRow(
        leaf=n,
        file=file.file,
        told_by=ToldBy.MACHINES,
        package=record.aip,
        puid=file.puid,
        name=None if file.puid is None else record.formats.get(file.puid),
        verdict=file.verdict,
        basis=file.basis,
        told_at=format_moment(record.time),
        actor=record.actor,
        reason=record.said.get(file.file, ""),
        since=n,
        former_puid=None,
        former_verdict=None,
    )
    if known is None:
        return row
    if (known.puid, known.verdict) == (row.puid, row.verdict):
        return replace(row, since=known.since, former_puid=known.former_puid, former_verdict=known.former_verdict)
    return replace(row, former_puid=known.puid, former_verdict=known.verdict)


def _decide_format(catalogue: Catalogue, n: int, record: FormatDecisionRecord) -> None:
    file = catalogue.file(record.file)
    if file is None or file.aip is None:
        raise ValueError(f"record {n} decides on the format of a file that is not held: {record.file}")
    known = next((row for row in catalogue.formats_of(record.file) if row.told_by is ToldBy.PERSON), None)
    row = FileFormatRow(
        leaf=n,
        file=record.file,
        told_by=ToldBy.PERSON,
        package=file.aip,
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
    if known is None:
        catalogue.insert([row])
    else:
        catalogue.replace(row)


def _adopt_signatures(catalogue: Catalogue, n: int, record: SignaturesRecord) -> None:
    row = SignaturesRow(
        leaf=n,
        tool=record.tool,
        part=record.part,
        release=record.release,
        sha256=record.sha256,
        file=record.file,
        adopted_at=format_moment(record.time),
    )
    if any((known.tool, known.part) == (row.tool, row.part) for known in catalogue.signatures()):
        catalogue.replace(row)
    else:
        catalogue.insert([row])


def _take_risk_table(catalogue: Catalogue, n: int, record: RiskTableRecord) -> None:
    known = next((row for row in catalogue.risk_tables() if row.form == record.form), None)
    row = RiskTableRow(
        leaf=n,
        form=record.form,
        name=record.name,
        sha256=record.sha256,
        date=record.date,
        formats=len(record.entries),
        taken_at=format_moment(record.time),
        previous=None if known is None else known.leaf,
    )
    if known is None:
        catalogue.insert([row])
    else:
        catalogue.replace(row)


def _store_replica(catalogue: Catalogue, n: int, record: ReplicationRecord) -> None:
    moment = format_moment(record.time)
    row = ReplicaRow(
        leaf=n,
        package=record.aip,
        location=record.location,
        key=record.key,
        state=ReplicaState.OK,
        stored_at=moment,
        last_verified=moment,
    )
    if catalogue.replica(record.aip, record.location) is None:
        catalogue.insert([row])
    else:
        catalogue.replace(row)


def _audit_replica(catalogue: Catalogue, n: int, record: AuditRecord) -> None:
    known = _replica(catalogue, n, record.aip, record.location)
    if known.state is ReplicaState.FROZEN:
        return
    damaged = record.altered + record.missing + record.extra + record.unreadable
    if record.files and record.missing == record.files:
        catalogue.replace(replace(known, leaf=n, state=ReplicaState.MISSING))
    elif damaged:
        catalogue.replace(replace(known, leaf=n, state=ReplicaState.DAMAGED))
    elif record.ok == record.files:
        catalogue.replace(replace(known, leaf=n, state=ReplicaState.OK, last_verified=format_moment(record.time)))


def _open_incident(catalogue: Catalogue, n: int, record: IncidentRecord) -> None:
    row = IncidentRow(
        leaf=n,
        id=record.incident,
        type=record.type,
        package=record.aip,
        location=record.location,
        summary=record.summary,
        opened_at=format_moment(record.time),
        closed_at=None,
        closed_reason=None,
    )
    catalogue.insert([row])
    if record.type == "tampering" and record.aip is not None and record.location is not None:
        known = _replica(catalogue, n, record.aip, record.location)
        catalogue.replace(replace(known, leaf=n, state=ReplicaState.FROZEN))


def _damage(n: int, record: DamageRecord) -> DamageRow:
    return DamageRow(
        leaf=n,
        incident=record.incident,
        path=record.path,
        package=record.aip,
        location=record.location,
        outcome=record.outcome,
        expected_sha256=record.expected_sha256,
        observed_sha256=record.observed_sha256,
        found_at=format_moment(record.time),
        repaired_at=None,
        set_aside=None,
    )


def _repair(catalogue: Catalogue, n: int, record: RepairRecord) -> None:
    moment = format_moment(record.time)
    damages = catalogue.damages(package=record.aip, location=record.location)
    waiting = [damage for damage in damages if damage.repaired_at is None]
    mended = [damage for damage in waiting if record.path in (damage.path, b"")]  # the whole package mends each file
    for damage in mended:
        catalogue.replace(replace(damage, leaf=n, repaired_at=moment, set_aside=record.set_aside))
    if mended == waiting:
        known = _replica(catalogue, n, record.aip, record.location)
        catalogue.replace(replace(known, leaf=n, state=ReplicaState.OK, last_verified=moment))


def _close_incident(catalogue: Catalogue, n: int, record: IncidentClosedRecord) -> None:
    known = catalogue.incident(record.incident)
    if known is None:
        raise ValueError(f"record {n} closes an incident that was never opened: {record.incident}")
    moment = format_moment(record.time)
    catalogue.replace(replace(known, leaf=n, closed_at=moment, closed_reason=record.reason))


def _handover(n: int, record: HandoverPlannedRecord) -> HandoverRow:
    return HandoverRow(
        leaf=n,
        id=record.handover,
        recipient=record.recipient,
        planned_at=format_moment(record.time),
        frozen_at=None,
        log_size=None,
        log_root=None,
        packages=None,
        files=None,
        bytes=None,
    )


def _freeze_handover(catalogue: Catalogue, n: int, record: HandoverFrozenRecord) -> None:
    known = catalogue.handover(record.handover)
    if known is None:
        raise ValueError(f"record {n} freezes a handover that was never planned: {record.handover}")
    frozen = replace(
        known,
        leaf=n,
        frozen_at=format_moment(record.time),
        log_size=record.log_size,
        log_root=record.log_root,
        packages=record.packages,
        files=record.files,
        bytes=record.bytes,
    )
    catalogue.replace(frozen)


def _put_volume(catalogue: Catalogue, n: int, record: HandoverVolumeRecord) -> None:
    row = HandoverVolumeRow(
        leaf=n,
        handover=record.handover,
        volume=record.volume,
        packages=record.packages,
        files=record.files,
        bytes=record.bytes,
        sha256sums_sha256=record.sha256sums_sha256,
        written_at=format_moment(record.time),
    )
    if any(known.volume == record.volume for known in catalogue.handover_volumes(record.handover)):
        catalogue.replace(row)
    else:
        catalogue.insert([row])


def _put_timestamp(catalogue: Catalogue, n: int, record: TimestampRecord) -> None:
    row = TimestampRow(
        leaf=n,
        size=record.size,
        authority=record.authority,
        stamped=format_moment(record.stamped),
        expires=format_moment(record.expires),
        sha256=record.sha256,
        recorded_at=format_moment(record.time),
    )
    if catalogue.timestamp(record.size, record.authority) is None:
        catalogue.insert([row])
    else:
        catalogue.replace(row)


def _replica(catalogue: Catalogue, n: int, package: PackageId, location: str) -> ReplicaRow:
    known = catalogue.replica(package, location)
    if known is None:
        raise ValueError(f"record {n} speaks of a replica that was never stored: {package} at {location}")
    return known
