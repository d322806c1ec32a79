"""Setting a record aside: two persons agree that what is wrong with it was looked at (DESIGN §7.3).

The record stays in the log and is told for ever. It has no effect, and what destroys or releases goes on without it.
"""

from __future__ import annotations

from archive.custody.leaf import committed_in
from archive.custody.times import falls_at
from archive.errors import UsageError
from archive.holdings.acting import Acting, Performance, Subjects, number, text
from archive.holdings.approvals import carried_out
from archive.holdings.docket import Filed
from archive.holdings.holdings import Holdings
from archive.model.log_records import SetAsideRecord
from profiles.finding import Finding


def subject_of(holdings: Holdings, record: int) -> dict[str, object]:
    """How the record of that number stands in a request; UsageError where it has no finding to be set aside."""
    row = next((row for row in holdings.catalogue.remarks() if row.number == record), None)
    is_program = any(program.number == record for program in holdings.catalogue.programs())
    if row is not None and row.set_aside is not None:
        raise UsageError(f"record {record} was set aside already, by record {row.set_aside}")
    if row is None and not is_program and not falls_at(holdings.log, record):
        raise UsageError(
            f"record {record} has no finding: only what took no effect, announces records, or is dated before the one "
            "it follows, can be set aside",
            hint="archive custody verify names these records",
        )
    ((_, pair, _),) = holdings.log.entries(record, record + 1)
    return {"record": record, "commitment": committed_in(pair.leaf)}


def _check(acting: Acting, subjects: Subjects) -> None:
    for subject in subjects:
        if subject_of(acting.holdings, number(subject, "record")) != dict(subject):
            raise UsageError(f"record {number(subject, 'record')} is not the one that was looked at")


def _words(acting: Acting, subjects: Subjects) -> list[str]:
    remarks = {row.number: row for row in acting.holdings.catalogue.remarks()}
    lines = []
    for subject in subjects:
        row = remarks.get(number(subject, "record"))
        what = row.why if row is not None else "it is dated before the record it follows"
        if any(program.number == subject["record"] for program in acting.holdings.catalogue.programs()):
            what = "a program record; what only it announced is tampering from then on"
        lines.append(f"set record {number(subject, 'record')} of the custody log aside: {what}")
    return lines


def _carry_out(acting: Acting, filed: Filed) -> list[Finding]:
    holdings, request = acting.holdings, filed.record.request
    records = [
        SetAsideRecord(
            **holdings.stamp(filed.record.reason),
            number=number(subject, "record"),
            commitment=text(subject, "commitment"),
            request=request,
        )
        for subject in filed.subjects()
    ]
    holdings.record([*records, carried_out(holdings, request)])
    return []


SETTING_ASIDE = Performance(_check, _words, _carry_out)
