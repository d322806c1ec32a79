"""The steps of the fold for records about the log itself: programs, what was set aside, time that fell."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from archive.catalogue.catalogue import Catalogue
from archive.catalogue.rows import IncidentRow, ProgramRow, SetAsideRow
from archive.catalogue.writing import Contradiction
from archive.holdings.folding import folds
from archive.holdings.program import identity
from archive.model.log_records import ClockRecord, ErasureRecord, NoticeRecord, ProgramRecord, SetAsideRecord
from archive.model.moments import format_moment
from archive.model.record import Record
from archive.model.records import AssessmentRecord, LocationChangedRecord, SelectionRecord


@folds(ProgramRecord)
def _program(catalogue: Catalogue, n: int, record: ProgramRecord) -> None:
    catalogue.insert([ProgramRow(leaf=n, number=n, kinds=" ".join(record.kinds), identity=identity(record))])


@folds(SetAsideRecord)
def _set_aside(catalogue: Catalogue, n: int, record: SetAsideRecord) -> None:
    """The record is set aside; whether two persons wanted that was judged before (``judging``)."""
    catalogue.insert([SetAsideRow(leaf=n, number=record.number, request=record.request)])
    remark = next((row for row in catalogue.remarks(open_only=True) if row.number == record.number), None)
    if remark is not None:
        catalogue.replace(replace(remark, leaf=n, set_aside=n))
    elif record.number >= n:
        raise Contradiction("it sets aside a record that stands behind it")


@folds(ClockRecord)
def _clock(catalogue: Catalogue, n: int, record: ClockRecord) -> None:
    """It opens the incident that it names, unless an earlier one did and nobody has closed it since.

    What was read by a clock that ran ahead is due again.
    """
    catalogue.replace_all([replace(row, last_verified=None) for row in catalogue.read_after(record.time)])
    known = catalogue.incident(record.incident)
    if known is not None and known.type == "clock" and known.closed_at is None:
        return
    behind = (record.last - record.time) // timedelta(seconds=1)
    row = IncidentRow(
        leaf=n,
        id=record.incident,
        type="clock",
        package=None,
        location=None,
        summary=f"the clock of machine '{record.machine}' ran backwards: it is {behind} s behind the last record in "
        "the log; records stay in the order of their numbers, but times around here are not to be trusted",
        opened_at=format_moment(record.time),
        closed_at=None,
        closed_reason=None,
    )
    catalogue.insert([row])


def _paper(catalogue: Catalogue, n: int, record: Record) -> None:
    """Nothing more: a paper has its row already, and what it says is read from the log."""


for _kind in (ErasureRecord, NoticeRecord):
    folds(_kind)(_paper)


def _declared(catalogue: Catalogue, n: int, record: Record) -> None:
    """Nothing: the kind is read and kept, and no table holds what it says so far (ADR 0033)."""


for _later in (AssessmentRecord, LocationChangedRecord, SelectionRecord):
    folds(_later)(_declared)
