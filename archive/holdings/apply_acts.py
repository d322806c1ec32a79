"""From records to rows, for keys, requests and what they allow: ``apply`` leaves this part of the fold to this file.

Nothing is judged here: a record that is in the log is taken in. Whether it should be there, ``docket`` tells.
"""

from __future__ import annotations

from dataclasses import replace

from archive import canonical
from archive.catalogue.catalogue import Catalogue
from archive.catalogue.rows import (
    AgentRow,
    FileRow,
    KeyRow,
    LegalHoldRow,
    PaperRow,
    PolicyRow,
    TombstoneRow,
)
from archive.holdings.apply_quarantine import move_scan
from archive.holdings.docket import PAPERS
from archive.model.identifiers import PackageId
from archive.model.moments import format_moment
from archive.model.packages import PAST, ReplicaState
from archive.model.records import (
    AgentRecord,
    ApprovalRecord,
    CarriedOutRecord,
    KeyRecord,
    KeyRetiredRecord,
    LegalHoldLiftedRecord,
    LegalHoldRecord,
    LocationRetiredRecord,
    PolicyRecord,
    Record,
    RemovalRecord,
    RequestRecord,
    RequestWithdrawnRecord,
    TombstoneRecord,
)


def apply_one(catalogue: Catalogue, n: int, record: Record) -> bool:
    """Take one record into the catalogue; answer whether it is of a kind this file knows."""
    if record.kind in PAPERS:
        catalogue.insert([PaperRow(leaf=n, number=n, kind=record.kind)])
    match record:
        case KeyRecord():
            catalogue.insert([_key(n, record)])
        case KeyRetiredRecord():
            _retire_key(catalogue, n, record)
        case AgentRecord():
            catalogue.insert([AgentRow(leaf=n, code=record.code, role=record.role)])
        case PolicyRecord():
            _put_policy(catalogue, n, record)
        case LegalHoldRecord():
            catalogue.insert([_hold(n, record)])
        case LegalHoldLiftedRecord():
            _lift(catalogue, n, record)
        case LocationRetiredRecord():
            _retire_location(catalogue, n, record)
        case TombstoneRecord():
            _deaccession(catalogue, n, record)
        case RemovalRecord():
            _remove(catalogue, n, record)
        case RequestRecord() | ApprovalRecord() | RequestWithdrawnRecord() | CarriedOutRecord():
            pass  # papers and nothing else
        case _:
            return False
    return True


def _key(n: int, record: KeyRecord) -> KeyRow:
    return KeyRow(
        leaf=n,
        name=record.name,
        role=record.role,
        public_key=record.raw,
        holder=record.holder,
        added_at=format_moment(record.time),
        retired_at=None,
    )


def _retire_key(catalogue: Catalogue, n: int, record: KeyRetiredRecord) -> None:
    known = catalogue.key(record.name)
    if known is None:
        raise ValueError(f"record {n} retires a key that was never added: {record.name}")
    catalogue.replace(replace(known, leaf=n, retired_at=format_moment(record.time)))


def _put_policy(catalogue: Catalogue, n: int, record: PolicyRecord) -> None:
    known = catalogue.policy()
    for setting, value in record.settings.items():
        row = PolicyRow(leaf=n, setting=setting, value=int(value))
        if setting in known:
            catalogue.replace(row)
        else:
            catalogue.insert([row])


def _hold(n: int, record: LegalHoldRecord) -> LegalHoldRow:
    return LegalHoldRow(
        leaf=n,
        id=record.hold,
        scope=record.scope,
        subject=record.subject,
        reason=record.reason,
        placed_at=format_moment(record.time),
        lifted_at=None,
    )


def _lift(catalogue: Catalogue, n: int, record: LegalHoldLiftedRecord) -> None:
    known = catalogue.legal_hold(record.hold)
    if known is None:
        raise ValueError(f"record {n} lifts a legal hold that was never placed: {record.hold}")
    catalogue.replace(replace(known, leaf=n, lifted_at=format_moment(record.time)))


def _retire_location(catalogue: Catalogue, n: int, record: LocationRetiredRecord) -> None:
    known = catalogue.location(record.name)
    if known is None:
        raise ValueError(f"record {n} retires a location that was never added: {record.name}")
    catalogue.replace(replace(known, retired_at=format_moment(record.time)))
    for replica in catalogue.replicas_at(record.name):
        if replica.state not in PAST:  # a removal that is due stays due: nothing is left silently
            catalogue.replace(replace(replica, leaf=n, state=ReplicaState.RETIRED))


def _deaccession(catalogue: Catalogue, n: int, record: TombstoneRecord) -> None:
    known = catalogue.package(record.aip)
    if known is None:
        raise ValueError(f"record {n} deaccessions a package that was never sealed: {record.aip}")
    moment = format_moment(record.time)
    gone = set(_identifiers(record.files))
    catalogue.replace(replace(known, deaccessioned_at=moment))
    files = [_after(file, record, gone=file.id in gone, at=moment) for file in catalogue.files_of(record.aip)]
    catalogue.replace_all(files)
    carried = catalogue.references_to([file.id for file in files if file.id in gone])
    catalogue.replace_all([replace(file, deaccessioned_at=moment) for file in carried if file.id in gone])
    if record.remainder is not None:
        _move_formats(catalogue, n, record.aip, record.remainder, gone=gone)
        move_scan(catalogue, n, record.aip, record.remainder)
    for replica in catalogue.replicas_ever(record.aip):
        if replica.state not in PAST:
            catalogue.replace(replace(replica, leaf=n, state=ReplicaState.REMOVAL_DUE))
    row = TombstoneRow(
        leaf=n,
        package=record.aip,
        request=record.request,
        remainder=record.remainder,
        files=len(gone),
        bytes=record.bytes,
        at=moment,
    )
    catalogue.insert([row])


def _after(file: FileRow, record: TombstoneRecord, *, gone: bool, at: str) -> FileRow:
    """A file of a deaccessioned package: held no more, or held in the remainder."""
    if gone:
        return replace(file, deaccessioned_at=at)
    if record.remainder is None:
        raise ValueError(f"the tombstone of package {record.aip} says nothing of file {file.id}")
    return replace(file, aip=record.remainder)


def _move_formats(catalogue: Catalogue, n: int, package: PackageId, remainder: PackageId, *, gone: set[str]) -> None:
    """What the files that are left are was told once, and goes with them."""
    told = catalogue.identification(package)
    if told is not None:
        catalogue.insert([replace(told, leaf=n, package=remainder)])
    rows = [replace(row, package=remainder) for row in catalogue.file_formats(package) if row.file not in gone]
    catalogue.replace_all(rows)


def _identifiers(text: str) -> list[str]:
    found = canonical.decode(text.encode())
    return [str(identifier) for identifier in found] if isinstance(found, list) else []


def _remove(catalogue: Catalogue, n: int, record: RemovalRecord) -> None:
    known = catalogue.replica(record.aip, record.location)
    if known is None:
        raise ValueError(f"record {n} removes a replica that was never stored: {record.aip} at {record.location}")
    catalogue.replace(replace(known, leaf=n, state=ReplicaState.REMOVED))
