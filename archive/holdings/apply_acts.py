"""The steps of the fold for keys, policy, requests and what they allow.

Nothing is judged here: a record that is in the log is taken in. Whether it should be there, ``docket`` tells.
"""

from __future__ import annotations

from dataclasses import replace

from archive.catalogue.catalogue import Catalogue
from archive.catalogue.rows import (
    AgentRow,
    FileRow,
    KeyRow,
    LegalHoldRow,
    PolicyRow,
    TombstoneRow,
)
from archive.catalogue.writing import Contradiction
from archive.holdings.apply_quarantine import move_scan
from archive.holdings.folding import folds, recorded
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


@folds(KeyRecord)
def _add_key(catalogue: Catalogue, n: int, record: KeyRecord) -> None:
    catalogue.insert([_key(n, record)])


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


@folds(KeyRetiredRecord)
def _retire_key(catalogue: Catalogue, n: int, record: KeyRetiredRecord) -> None:
    known = recorded(catalogue.key(record.name), "a key")
    catalogue.replace(replace(known, leaf=n, retired_at=format_moment(record.time)))


@folds(AgentRecord)
def _agent(catalogue: Catalogue, n: int, record: AgentRecord) -> None:
    catalogue.insert([AgentRow(leaf=n, code=record.code, role=record.role)])


def _paper(catalogue: Catalogue, n: int, record: Record) -> None:
    """Nothing more: a paper has its row already, and what it says is read from the log."""


for _kind in (RequestRecord, ApprovalRecord, RequestWithdrawnRecord, CarriedOutRecord):
    folds(_kind)(_paper)


@folds(PolicyRecord)
def _put_policy(catalogue: Catalogue, n: int, record: PolicyRecord) -> None:
    settings = record.settings.items()
    catalogue.put_all([PolicyRow(leaf=n, setting=setting, value=int(value)) for setting, value in settings])


@folds(LegalHoldRecord)
def _place_hold(catalogue: Catalogue, n: int, record: LegalHoldRecord) -> None:
    catalogue.insert([_hold(n, record)])


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


@folds(LegalHoldLiftedRecord)
def _lift(catalogue: Catalogue, n: int, record: LegalHoldLiftedRecord) -> None:
    known = recorded(catalogue.legal_hold(record.hold), "a legal hold")
    catalogue.replace(replace(known, leaf=n, lifted_at=format_moment(record.time)))


@folds(LocationRetiredRecord)
def _retire_location(catalogue: Catalogue, n: int, record: LocationRetiredRecord) -> None:
    known = recorded(catalogue.location(record.name), "a location")
    catalogue.replace(replace(known, retired_at=format_moment(record.time)))
    for replica in catalogue.replicas_at(record.name):
        if replica.state not in PAST:  # a removal that is due stays due: nothing is left silently
            catalogue.replace(replace(replica, leaf=n, state=ReplicaState.RETIRED))


@folds(TombstoneRecord)
def _deaccession(catalogue: Catalogue, n: int, record: TombstoneRecord) -> None:
    known = recorded(catalogue.package(record.package), "a package")
    moment = format_moment(record.time)
    gone: set[str] = set(record.files)
    catalogue.replace(replace(known, deaccessioned_at=moment))
    files = [_after(file, record, gone=file.id in gone, at=moment) for file in catalogue.files_of(record.package)]
    catalogue.replace_all(files)
    carried = catalogue.references_to([file.id for file in files if file.id in gone])
    catalogue.replace_all([replace(file, deaccessioned_at=moment) for file in carried if file.id in gone])
    if record.remainder is not None:
        _move_formats(catalogue, n, record.package, record.remainder, gone=gone)
        move_scan(catalogue, n, record.package, record.remainder)
    for replica in catalogue.replicas_ever(record.package):
        if replica.state not in PAST:
            catalogue.replace(replace(replica, leaf=n, state=ReplicaState.REMOVAL_DUE))
    row = TombstoneRow(
        leaf=n,
        package=record.package,
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
        raise Contradiction("it deletes a package and does not say what becomes of all its files")
    return replace(file, aip=record.remainder)


def _move_formats(catalogue: Catalogue, n: int, package: PackageId, remainder: PackageId, *, gone: set[str]) -> None:
    """What the files that are left are was told once, and goes with them."""
    told = catalogue.identification(package)
    if told is not None:
        catalogue.insert([replace(told, leaf=n, package=remainder)])
    rows = [replace(row, package=remainder) for row in catalogue.file_formats(package) if row.file not in gone]
    catalogue.replace_all(rows)


@folds(RemovalRecord)
def _remove(catalogue: Catalogue, n: int, record: RemovalRecord) -> None:
    recorded(catalogue.tombstone(record.package), "the deletion of a package")
    known = recorded(catalogue.replica(record.package, record.location), "a replica")
    catalogue.replace(replace(known, leaf=n, state=ReplicaState.REMOVED))
