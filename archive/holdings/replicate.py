"""Bringing packages to every location, each copy read back from its medium before it counts."""

from __future__ import annotations

from archive.catalogue.rows import PackageRow, ReplicaRow
from archive.errors import StorageError
from archive.holdings.holdings import Holdings
from archive.model.identifiers import IncidentId, PackageId, new_identifier
from archive.model.names import shown
from archive.model.packages import ReplicaState, replica_key
from archive.model.records import IncidentRecord, ReplicationRecord
from archive.packages.comparison import compare
from archive.packages.content import Sealed
from archive.packages.sealed import Promise, read_promise
from archive.storage.location import Location, PackageReader
from profiles.finding import Finding, Severity
from profiles.finding_codes import FindingCode

Seal = Sealed | PackageRow
"""What is known of a sealed package, just sealed or from the catalogue."""


def replicate(
    holdings: Holdings, package: PackageId, seal: Seal, *, source: PackageReader, held: frozenset[str]
) -> tuple[list[ReplicationRecord], list[Finding]]:
    """Copy a package to every location not in ``held``; records of what was stored, findings of what could not be.

    Recording is the caller's: a copy without a record is an orphan that the next run adopts.
    """
    promise: Promise | None = None
    records, findings = [], []
    for location in holdings.locations.values():
        if location.name in held:
            continue
        reason = location.offline()
        if reason is None:
            promise = promise or read_promise(seal, [source])
            reason = store(holdings, location, package, source=source, promise=promise)
        if reason is None:
            records.append(replication(holdings, package, location.name))
        else:
            findings.append(not_stored(package, location.name, reason))
    return records, findings


def store(
    holdings: Holdings, location: Location, package: PackageId, *, source: PackageReader, promise: Promise
) -> str | None:
    """Store a copy at ``location`` unless a right one stands there already; the reason where that failed.

    A right one is the orphan of a run that was killed. What stands there and is not right is set aside and kept, with
    an incident, once the right copy has arrived.
    """
    key = replica_key(package)
    try:
        wrong = _wrong(location, key, promise) if location.occupied(key) else None
        if wrong is not None:
            incident = IncidentId(new_identifier())
            location.exchange(source, key, check=lambda copy: require_right(copy, promise), incident=incident)
            holdings.record([_displaced(holdings, package, location.name, wrong, incident)])
        elif not location.occupied(key):
            location.copy_in(source, key, check=lambda copy: require_right(copy, promise))
    except StorageError as error:
        return error.what
    return None


def _wrong(location: Location, key: str, promise: Promise) -> str | None:
    """Why what stands under ``key`` is not the package, or None where it is."""
    try:
        if not location.holds(key):
            return "it is no folder"
        require_right(location.reader(key), promise)
    except (OSError, StorageError) as error:
        return str(error)
    return None


def _displaced(
    holdings: Holdings, package: PackageId, location: str, wrong: str, incident: IncidentId
) -> IncidentRecord:
    return IncidentRecord(
        **holdings.stamp(),
        incident=incident,
        type="damage",
        package=package,
        location=location,
        summary=f"what stood at '{location}' in the place of package {package} was not what was sealed ({wrong}); "
        f"it is kept under set-aside/{incident}, and a right copy was stored",
    )


def require_right(reader: PackageReader, promise: Promise) -> None:
    """Read a whole replica; StorageError naming the first file that is not what was sealed."""
    if not promise.complete:
        raise StorageError("no trustworthy list of the package's files could be read")
    for result in compare(reader, promise):
        if result.outcome != "ok":
            raise StorageError(f"{shown(result.path)} is {result.outcome} when read back")


def replication(holdings: Holdings, package: PackageId, location: str) -> ReplicationRecord:
    """The record of a replica just stored and read back."""
    return ReplicationRecord(**holdings.stamp(), package=package, location=location, key=replica_key(package))


def not_stored(package: PackageId, location: str, reason: str) -> Finding:
    """A copy that is still owed."""
    return Finding(
        FindingCode.REPLICA_NOT_STORED,
        Severity.WARNING,
        package,
        f"no copy at location '{location}': {reason}; archive replicate makes it when the location is back",
        data={"location": location},
    )


def owed(holdings: Holdings) -> list[tuple[PackageRow, list[ReplicaRow]]]:
    """Packages without a replica at every location, each with the replicas it has."""
    replicas: dict[PackageId, list[ReplicaRow]] = {}
    for replica in holdings.catalogue.replicas():
        replicas.setdefault(replica.package, []).append(replica)
    return [
        (package, found)
        for package in holdings.catalogue.packages()
        if len(found := replicas.get(package.id, [])) < len(holdings.locations)
    ]


def replicate_missing(holdings: Holdings) -> tuple[int, list[Finding]]:
    """Make every copy that policy wants and that was never stored; how many, and what could not be done."""
    stored, findings = 0, list[Finding]()
    for package, replicas in owed(holdings):
        made, found = _from_first_good(holdings, package, replicas)
        stored += made
        findings += found
    return stored, findings


def _from_first_good(holdings: Holdings, package: PackageRow, replicas: list[ReplicaRow]) -> tuple[int, list[Finding]]:
    held = frozenset(replica.location for replica in replicas)
    findings = [not_stored(package.id, "any", "no good replica to copy from can be reached")]
    for replica in replicas:
        location = holdings.locations[replica.location]
        if replica.state is not ReplicaState.OK or location.offline() is not None:
            continue
        records, findings = replicate(holdings, package.id, package, source=location.reader(replica.key), held=held)
        holdings.record(records)
        if records:
            return len(records), findings
    return 0, findings
