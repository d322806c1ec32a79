"""Handing confidential things over, under dual control: what is asked for, and what allows a volume to be written.

A volume holds the openings of the log and every package in plain form. Once two persons have approvers' keys, nobody
writes one alone.
"""

from __future__ import annotations

from archive.catalogue.rows import HandoverRow
from archive.errors import ArchiveError, UsageError
from archive.handover.plan import latest
from archive.holdings.acting import Acting, Performance, Subjects, text
from archive.holdings.approvals import docket_from_log, needs_two_persons
from archive.holdings.docket import Filed, Standing
from archive.holdings.holdings import Holdings
from archive.model.acts import Act
from profiles.finding import Finding


def export_subject(holdings: Holdings) -> dict[str, object]:
    """What the latest handover holds, as it stands in a request. Raises UsageError where it is not frozen."""
    handover = latest(holdings)
    if handover.frozen_at is None:
        raise UsageError(f"handover {handover.id} is not frozen yet", hint="first: archive handover freeze")
    return _subject(handover)


def allowing_request(holdings: Holdings) -> str | None:
    """The approved request that allows a volume of the latest handover now; None where none is needed.

    Raises ArchiveError where one is needed, and there is none that is ready.
    """
    if not needs_two_persons(holdings):
        return None
    subject = export_subject(holdings)
    now = holdings.stamp.clock()
    for filed in docket_from_log(holdings).requests.values():
        asked = filed.record.act is Act.EXPORT and subject in filed.subjects()
        if asked and filed.standing(now) in (Standing.READY, Standing.BEGUN):
            return filed.record.request
    raise ArchiveError(
        f"a volume of handover {subject['handover']} takes an approved request, and there is none that is ready",
        hint="archive handover request --reason … --key NAME; then another person: archive approve REQUEST --key NAME",
    )


def _subject(handover: HandoverRow) -> dict[str, object]:
    return {
        "handover": handover.id,
        "recipient": handover.recipient,
        "log_size": handover.log_size,
        "log_root": handover.log_root,
        "packages": handover.packages,
    }


def _check(acting: Acting, subjects: Subjects) -> None:
    current = export_subject(acting.holdings)
    for subject in subjects:
        if dict(subject) != current:
            raise ArchiveError(
                f"handover {text(subject, 'handover')} is not the latest any more, or holds something else by now",
                hint="ask anew: archive handover request",
            )


def _words(acting: Acting, subjects: Subjects) -> list[str]:
    return [
        f"write a volume of handover {text(subject, 'handover')} for {text(subject, 'recipient')}: "
        f"{subject['packages']} packages, the tables, and the log with its openings, in plain form"
        for subject in subjects
    ]


def _carry_out(_acting: Acting, filed: Filed) -> list[Finding]:
    raise UsageError(
        f"request {filed.record.request} is ready, and an export is carried out by writing the volume",
        hint="archive handover volume 1 DIR",
    )


EXPORT = Performance(_check, _words, _carry_out)
