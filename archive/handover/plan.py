"""Planning and freezing a handover: what goes, what stands in the way, and the moment the set is fixed."""

from __future__ import annotations

from dataclasses import dataclass

from archive.catalogue.rows import HandoverRow, PackageRow
from archive.errors import ArchiveError, UsageError
from archive.holdings.holdings import Holdings
from archive.model.identifiers import new_identifier
from archive.model.packages import ReplicaState
from archive.model.records import HandoverFrozenRecord, HandoverPlannedRecord, Octets
from profiles.finding import Finding, Severity
from profiles.finding_codes import FindingCode


@dataclass(frozen=True, slots=True)
class Plan:
    """What a handover would hold now; ``bytes`` in octets of payload. ``open_points`` wait for a person."""

    handover: str
    recipient: str
    packages: int
    files: int
    bytes: int
    open_points: tuple[Finding, ...]


def plan(holdings: Holdings, *, recipient: str) -> Plan:
    """Open a handover to ``recipient`` and say what it would hold. Raises UsageError for an empty name."""
    if not recipient.strip() or not recipient.isprintable():
        raise UsageError("say who receives: --recipient NAME")
    handover = new_identifier()
    holdings.record([HandoverPlannedRecord(**holdings.stamp(), handover=handover, recipient=recipient)])
    return look(holdings, handover=handover, recipient=recipient)


def look(holdings: Holdings, *, handover: str, recipient: str) -> Plan:
    """What a handover would hold now, recording nothing."""
    packages = holdings.catalogue.packages()
    return Plan(
        handover=handover,
        recipient=recipient,
        packages=len(packages),
        files=sum(package.files for package in packages),
        bytes=sum(package.bytes for package in packages),
        open_points=tuple(_open_points(holdings, packages)),
    )


def freeze(holdings: Holdings) -> HandoverRow:
    """Fix what the latest handover contains: every package sealed until now. Answers the frozen handover.

    Raises UsageError where none is planned or it is frozen already, ArchiveError where a package has no good replica.
    """
    handover = latest(holdings)
    if handover.frozen_at is not None:
        raise UsageError(
            f"handover {handover.id} was frozen on {handover.frozen_at}",
            hint="write its volume, or plan a new handover",
        )
    packages = holdings.catalogue.packages()
    if not packages:
        raise ArchiveError("the archive holds no packages", hint="ingest something first")
    for package in packages:
        if not good_locations(holdings, package):
            raise ArchiveError(
                f"package {package.id} has no good replica that can be reached",
                hint="bring its location back or look at archive incident list, then freeze again",
            )
    record = HandoverFrozenRecord(
        **holdings.stamp(),
        handover=handover.id,
        log_size=holdings.log.size,
        log_root=holdings.log.frontier.root().hex(),
        packages=len(packages),
        files=sum(package.files for package in packages),
        bytes=Octets(sum(package.bytes for package in packages)),
    )
    holdings.record([record])
    return latest(holdings)


def latest(holdings: Holdings) -> HandoverRow:
    """The handover planned last; UsageError if there is none."""
    handovers = holdings.catalogue.handovers()
    if not handovers:
        raise UsageError("no handover is planned", hint="begin with: archive handover plan --recipient NAME")
    return handovers[-1]


def good_locations(holdings: Holdings, package: PackageRow) -> list[str]:
    """Locations that can be reached and whose replica of ``package`` is good, as far as is known."""
    return [
        replica.location
        for replica in holdings.catalogue.replicas(package.id)
        if replica.state is ReplicaState.OK and holdings.locations[replica.location].offline() is None
    ]


def _open_points(holdings: Holdings, packages: list[PackageRow]) -> list[Finding]:
    catalogue = holdings.catalogue
    points = [
        Finding(FindingCode.ACCESSION_OPEN, Severity.WARNING, accession.id, "the accession is not closed yet")
        for accession in catalogue.accessions()
        if accession.closed_at is None
    ]
    points += [
        Finding(FindingCode.INCIDENT_OPEN, Severity.WARNING, incident.id, incident.summary)
        for incident in catalogue.incidents(only_open=True)
    ]
    points += [
        Finding(
            FindingCode.QUARANTINE_UNDECIDED,
            Severity.WARNING,
            row.package,
            "in quarantine, and nobody decided about it",
        )
        for row in catalogue.quarantined()
        if row.decision is None
    ]
    points += [
        Finding(FindingCode.NO_GOOD_REPLICA, Severity.ERROR, package.id, "no good replica can be reached")
        for package in packages
        if not good_locations(holdings, package)
    ]
    return points
