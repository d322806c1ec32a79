"""The steps of the fold for what leaves the house: handovers, their volumes, and time-stamps over checkpoints."""

from __future__ import annotations

from dataclasses import replace

from archive.catalogue.catalogue import Catalogue
from archive.catalogue.rows import HandoverRow, HandoverVolumeRow, TimestampRow
from archive.holdings.folding import folds, recorded
from archive.model.moments import format_moment
from archive.model.records import HandoverFrozenRecord, HandoverPlannedRecord, HandoverVolumeRecord, TimestampRecord


@folds(HandoverPlannedRecord)
def _plan(catalogue: Catalogue, n: int, record: HandoverPlannedRecord) -> None:
    catalogue.insert([_handover(n, record)])


def _handover(n: int, record: HandoverPlannedRecord) -> HandoverRow:
    return HandoverRow(
        leaf=n,
        id=record.handover,
        recipient=record.recipient or "",
        planned_at=format_moment(record.time),
        frozen_at=None,
        log_size=None,
        log_root=None,
        packages=None,
        files=None,
        bytes=None,
    )


@folds(HandoverFrozenRecord)
def _freeze_handover(catalogue: Catalogue, n: int, record: HandoverFrozenRecord) -> None:
    known = recorded(catalogue.handover(record.handover), "a handover")
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


@folds(HandoverVolumeRecord)
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
    catalogue.put(row)


@folds(TimestampRecord)
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
    catalogue.put(row)
