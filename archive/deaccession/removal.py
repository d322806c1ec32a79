"""Removing the replicas of deaccessioned packages wherever they can be reached, now or when a location comes back."""

from __future__ import annotations

from collections.abc import Iterator

from archive.catalogue.rows import ReplicaRow, TombstoneRow
from archive.errors import StorageError
from archive.holdings.holdings import Holdings
from archive.holdings.remarks import require_no_remarks
from archive.model.identifiers import PackageId
from archive.model.packages import ReplicaState
from archive.model.records import RemovalRecord
from profiles.finding import Finding, Severity
from profiles.finding_codes import FindingCode


def remove_due(holdings: Holdings) -> tuple[int, list[Finding]]:
    """Remove every replica that is due and can be reached: how many were, and what is still due.

    A replica stays while what was left of its package is not safe in as many copies as are required. Raises where
    records of the log that took no effect forbid any removal.
    """
    removed, findings = 0, list[Finding]()
    due = removals_due(holdings)
    if due:
        require_no_remarks(holdings.catalogue, "removing copies of deaccessioned packages")
    for replica in due:
        reason = _why_not(holdings, replica) or _remove(holdings, replica)
        if reason is None:
            removed += 1
        else:
            findings.append(_still_due(replica, reason))
    return removed, findings


def removals_due(holdings: Holdings) -> list[ReplicaRow]:
    """Replicas of deaccessioned packages that were not removed yet."""
    return holdings.catalogue.replicas_in(ReplicaState.REMOVAL_DUE)


def _why_not(holdings: Holdings, replica: ReplicaRow) -> str | None:
    location = holdings.locations.get(replica.location)
    if location is None:
        return "the location was retired; remove the copy by hand when its disk is found"
    offline = location.offline()
    if offline is not None:
        return f"the location is offline: {offline}"
    remainder = _held_remainder(holdings, replica.package)
    if remainder is None:
        return None
    required = holdings.catalogue.policy().get("copies.required", 1)
    good = [row for row in holdings.catalogue.replicas(remainder) if row.state is ReplicaState.OK]
    if len(good) < required:
        return f"what was left of it, package {remainder}, has {len(good)} good copies, and {required} are required"
    return None


def _held_remainder(holdings: Holdings, package: PackageId) -> PackageId | None:
    """The package that holds today what was left of ``package``; None where nothing is."""
    tombstone: TombstoneRow | None = holdings.catalogue.tombstone(package)
    while tombstone is not None and tombstone.remainder is not None:
        package = tombstone.remainder
        tombstone = holdings.catalogue.tombstone(package)
        if tombstone is None:
            return package
    return None


def _remove(holdings: Holdings, replica: ReplicaRow) -> str | None:
    """Remove one replica and record it; the reason where that failed."""
    tombstone = holdings.catalogue.tombstone(replica.package)
    if tombstone is None:
        return "no tombstone allows it"
    try:
        holdings.locations[replica.location].remove(replica.key, incidents=_incidents(holdings, replica))
    except StorageError as error:
        return error.what
    record = RemovalRecord(
        **holdings.stamp(), request=tombstone.request, package=replica.package, location=replica.location
    )
    holdings.record([record])
    return None


def _incidents(holdings: Holdings, replica: ReplicaRow) -> Iterator[str]:
    """Incidents under which bytes of the package may have been set aside at the location."""
    for incident in holdings.catalogue.incidents():
        if incident.package == replica.package and incident.location == replica.location:
            yield incident.id


def _still_due(replica: ReplicaRow, reason: str) -> Finding:
    return Finding(
        FindingCode.REMOVAL_DUE,
        Severity.WARNING,
        replica.package,
        f"its copy at '{replica.location}' is still to be removed: {reason}",
        "ADR 0016",
        {"location": replica.location},
    )
