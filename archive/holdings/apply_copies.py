"""The steps of the fold for packages and their copies: places, seals, replicas, audits, damage and incidents."""

from __future__ import annotations

from dataclasses import replace

from archive import canonical
from archive.catalogue.catalogue import Catalogue
from archive.catalogue.rows import DamageRow, IncidentRow, LocationRow, PackageRow, ReplicaRow
from archive.holdings.folding import folds, recorded
from archive.model.identifiers import PackageId
from archive.model.moments import format_moment
from archive.model.packages import ReplicaState
from archive.model.records import (
    AuditRecord,
    DamageRecord,
    IncidentClosedRecord,
    IncidentRecord,
    LocationRecord,
    RepairRecord,
    ReplicationRecord,
    SealRecord,
)


@folds(LocationRecord)
def _add_location(catalogue: Catalogue, n: int, record: LocationRecord) -> None:
    catalogue.insert([_location(n, record)])


def _location(n: int, record: LocationRecord) -> LocationRow:
    attributes = canonical.encode(record.attributes or {}).decode()
    return LocationRow(leaf=n, name=record.name, uri=record.uri or "", form=record.form, attributes=attributes)


@folds(SealRecord)
def _seal(catalogue: Catalogue, n: int, record: SealRecord) -> None:
    catalogue.insert([_package(n, record)])


def _package(n: int, record: SealRecord) -> PackageRow:
    return PackageRow(
        leaf=n,
        id=record.package,
        accession=record.accession,
        kind=record.package_kind,
        files=record.files,
        bytes=record.bytes,
        tag_files=record.tag_files,
        tagmanifest_sha256=record.tagmanifest_sha256,
        manifest_sha256=record.manifest_sha256,
        sealed_at=format_moment(record.time),
        group_id=record.group,
    )


@folds(ReplicationRecord)
def _store_replica(catalogue: Catalogue, n: int, record: ReplicationRecord) -> None:
    moment = format_moment(record.time)
    row = ReplicaRow(
        leaf=n,
        package=record.package,
        location=record.location,
        key=record.key,
        state=ReplicaState.OK,
        stored_at=moment,
        last_verified=moment,
    )
    catalogue.put(row)


@folds(AuditRecord)
def _audit_replica(catalogue: Catalogue, n: int, record: AuditRecord) -> None:
    known = _replica(catalogue, record.package, record.location)
    if known.state is ReplicaState.FROZEN:
        return
    damaged = record.altered + record.missing + record.extra + record.unreadable
    if record.files and record.missing == record.files:
        catalogue.replace(replace(known, leaf=n, state=ReplicaState.MISSING))
    elif damaged:
        catalogue.replace(replace(known, leaf=n, state=ReplicaState.DAMAGED))
    elif record.ok == record.files:
        catalogue.replace(replace(known, leaf=n, state=ReplicaState.OK, last_verified=format_moment(record.time)))


@folds(IncidentRecord)
def _open_incident(catalogue: Catalogue, n: int, record: IncidentRecord) -> None:
    row = IncidentRow(
        leaf=n,
        id=record.incident,
        type=record.type,
        package=record.package,
        location=record.location,
        summary=record.summary or "",
        opened_at=format_moment(record.time),
        closed_at=None,
        closed_reason=None,
    )
    catalogue.insert([row])
    if record.type == "tampering" and record.package is not None and record.location is not None:
        known = _replica(catalogue, record.package, record.location)
        catalogue.replace(replace(known, leaf=n, state=ReplicaState.FROZEN))


@folds(IncidentClosedRecord)
def _close_incident(catalogue: Catalogue, n: int, record: IncidentClosedRecord) -> None:
    known = recorded(catalogue.incident(record.incident), "an incident")
    moment = format_moment(record.time)
    catalogue.replace(replace(known, leaf=n, closed_at=moment, closed_reason=record.reason))


@folds(DamageRecord)
def _note_damage(catalogue: Catalogue, n: int, record: DamageRecord) -> None:
    catalogue.insert([_damage(n, record)])


def _damage(n: int, record: DamageRecord) -> DamageRow:
    return DamageRow(
        leaf=n,
        incident=record.incident,
        path=_path(n, record.path),
        package=record.package,
        location=record.location,
        outcome=record.outcome,
        expected_sha256=record.expected_sha256,
        observed_sha256=record.observed_sha256,
        found_at=format_moment(record.time),
        repaired_at=None,
        set_aside=None,
    )


def _path(n: int, path: bytes | None) -> bytes:
    """What a record says where its private line is not here: something that no other damage is called."""
    return b"(record %d)" % n if path is None else path


@folds(RepairRecord)
def _repair(catalogue: Catalogue, n: int, record: RepairRecord) -> None:
    moment = format_moment(record.time)
    damages = catalogue.damages(package=record.package, location=record.location)
    waiting = [damage for damage in damages if damage.repaired_at is None]
    mended = [damage for damage in waiting if record.path in (damage.path, b"")]  # the whole package mends each file
    for damage in mended:
        catalogue.replace(replace(damage, leaf=n, repaired_at=moment, set_aside=record.set_aside))
    if mended == waiting:
        known = _replica(catalogue, record.package, record.location)
        catalogue.replace(replace(known, leaf=n, state=ReplicaState.OK, last_verified=moment))


def _replica(catalogue: Catalogue, package: PackageId, location: str) -> ReplicaRow:
    return recorded(catalogue.replica(package, location), "a replica")
