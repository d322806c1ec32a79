"""Retiring a location: it counts no more, and what lies there stays there untouched."""

from __future__ import annotations

from archive.config import STORE, Config
from archive.errors import ArchiveError, UsageError
from archive.holdings.acting import Acting, Performance, Subjects, text
from archive.holdings.approvals import carried_out
from archive.holdings.docket import Filed
from archive.holdings.holdings import Holdings
from archive.model.identifiers import PackageId
from archive.model.packages import ReplicaState
from archive.model.records import LocationRetiredRecord
from profiles.finding import Finding, Severity
from profiles.finding_codes import FindingCode


def check_retirement(holdings: Holdings, name: str, config: Config) -> None:
    """Refuse to retire a location that is not there, or without which a package would have too few good copies.

    Raises UsageError for the first, ArchiveError for the second.
    """
    known = holdings.catalogue.location(name)
    if known is None or known.retired_at is not None:
        raise UsageError(
            f"there is no location '{name}'"
            if known is None
            else f"location '{name}' was retired on {known.retired_at}",
            hint=f"known locations: {', '.join(holdings.locations)}",
        )
    if name == STORE:
        raise UsageError(f"'{STORE}' lies in the archive's own folder and cannot be retired")
    required, left = config.copies.required, [other for other in holdings.locations if other != name]
    if len(left) < required:
        raise ArchiveError(
            f"without '{name}' there would be {len(left)} locations, and {required} copies of everything are required",
            hint="add another location first: archive location add, then archive replicate",
        )
    poor = _with_too_few_copies(holdings, name, required)
    if poor:
        raise ArchiveError(
            f"without '{name}' {len(poor)} packages would have fewer than {required} good copies, {poor[0]} among them",
            hint="archive replicate and archive audit first, with every location at hand",
        )


def _with_too_few_copies(holdings: Holdings, name: str, required: int) -> list[PackageId]:
    good: dict[PackageId, int] = {package.id: 0 for package in holdings.catalogue.packages()}
    for replica in holdings.catalogue.replicas():
        if replica.state is ReplicaState.OK and replica.location != name:
            good[replica.package] += 1
    return [package for package, count in good.items() if count < required]


def _check(acting: Acting, subjects: Subjects) -> None:
    for subject in subjects:
        check_retirement(acting.holdings, text(subject, "location"), acting.config)


def _words(acting: Acting, subjects: Subjects) -> list[str]:
    lines = []
    for subject in subjects:
        name = text(subject, "location")
        known = acting.holdings.catalogue.location(name)
        replicas = [r for r in acting.holdings.catalogue.replicas() if r.location == name]
        where = "" if known is None else f" ({known.uri})"
        lines.append(f"retire location '{name}'{where}: its {len(replicas)} copies count no more, and stay on its disk")
    return lines


def _carry_out(acting: Acting, filed: Filed) -> list[Finding]:
    holdings, request = acting.holdings, filed.record.request
    names = [text(subject, "location") for subject in filed.subjects()]
    records = [LocationRetiredRecord(**holdings.stamp(filed.record.reason), name=n, request=request) for n in names]
    due = [replica for replica in holdings.catalogue.replicas_in(ReplicaState.REMOVAL_DUE) if replica.location in names]
    holdings.record([*records, carried_out(holdings, request)])
    return [
        Finding(
            FindingCode.REMOVAL_DUE,
            Severity.WARNING,
            replica.package,
            f"this package was deaccessioned, and its copy at '{replica.location}' was never removed; that location is "
            "retired now: remove the copy by hand when the disk is found",
            data={"location": replica.location},
        )
        for replica in due
    ]


LOCATION_RETIREMENT = Performance(_check, _words, _carry_out)
