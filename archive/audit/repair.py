"""Repair: a damaged file replaced from a copy verified in the same run, the damaged bytes set aside (DESIGN §9)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from archive.audit.examination import Examined
from archive.catalogue.rows import PackageRow, ReplicaRow
from archive.errors import StorageError
from archive.holdings.holdings import Holdings
from archive.holdings.replicate import require_right
from archive.model.digests import digest_stream
from archive.model.fixity import FixityOutcome
from archive.model.identifiers import IncidentId, PackageId
from archive.model.packages import ReplicaState
from archive.model.records import RepairRecord
from archive.packages.comparison import FileResult
from archive.packages.sealed import Expected, read_promise
from archive.storage.directory import DirectoryLocation


@dataclass(frozen=True, slots=True)
class Repaired:
    """What came of one repair: how many files are right again, or why none is."""

    files: int
    reason: str | None = None


class _NoSource(Exception):
    """No reachable replica has the file as it was sealed."""


def repair_file(holdings: Holdings, examined: Examined, result: FileResult, *, incident: IncidentId) -> Repaired:
    """Bring one damaged file back, or move an extra one aside, and record it."""
    location = holdings.locations[examined.replica.location]
    key = examined.replica.key
    try:
        source = None if result.outcome is FixityOutcome.EXTRA else _good_source(holdings, examined, result)
        aside = None
        if result.outcome is not FixityOutcome.MISSING:
            aside = location.set_aside(key, result.path, incident=incident)
        if source is not None:
            _copy_back(source, location, key, result)
    except (_NoSource, StorageError) as error:
        return Repaired(0, str(error))
    name = None if source is None else source.name
    holdings.record([_record(holdings, examined, result.path, incident=incident, source=name, aside=aside)])
    return Repaired(1)


def restore_package(
    holdings: Holdings, package: PackageRow, replica: ReplicaRow, *, incident: IncidentId, reason: str = ""
) -> str:
    """Set aside whatever stands in a replica's place, bring the whole package back from a good copy, and record it.

    Answers the location it came from. Raises StorageError, having changed nothing, where there is no good copy.
    """
    location = holdings.locations[replica.location]
    source = _good_package(holdings, package, besides=replica.location)
    if source is None:
        raise StorageError(
            f"package {package.id}: no reachable replica is right, so none can be copied to '{replica.location}'",
            hint="bring back a location that is offline, then try again",
        )
    aside = None
    if location.holds(replica.key):
        aside = location.set_aside(replica.key, None, incident=incident)
    reader = source.reader(replica.key)
    promise = read_promise(package, [reader])
    location.copy_in(reader, replica.key, check=lambda copy: require_right(copy, promise))
    holdings.record(
        [
            RepairRecord(
                **holdings.stamp(reason),
                incident=incident,
                aip=package.id,
                location=replica.location,
                path=b"",
                source=source.name,
                set_aside=aside,
            )
        ]
    )
    return source.name


def _copy_back(source: DirectoryLocation, location: DirectoryLocation, key: str, result: FileResult) -> None:
    reader = source.reader(key)
    if result.expected_sha256 is None:
        raise _NoSource("no trustworthy digest says what the file must be")
    try:
        with reader.open(result.path) as stream:
            location.put_file(
                key, result.path, stream, sha256=result.expected_sha256, mtime_ns=reader.modified(result.path)
            )
    except OSError as error:
        raise StorageError(f"location '{source.name}': {error.strerror or error}") from error


def _good_source(holdings: Holdings, examined: Examined, result: FileResult) -> DirectoryLocation:
    """A location whose copy of the file was just read and is right."""
    package = examined.package
    for location, replica in _others(holdings, package.id, besides=examined.replica.location):
        promise = read_promise(package, [location.reader(replica.key)])
        if _is_right(location, replica.key, result.path, promise.files.get(result.path)):
            return location
    raise _NoSource("no reachable replica has this file as it was sealed")


def _is_right(location: DirectoryLocation, key: str, path: bytes, expected: Expected | None) -> bool:
    if expected is None or expected.sha256 is None:
        return False
    try:
        with location.reader(key).open(path) as stream:
            _, digests = digest_stream(stream, ("sha256",))
    except OSError:
        return False  # this replica is no help; its own examination will say why
    return digests["sha256"] == expected.sha256


def _good_package(holdings: Holdings, package: PackageRow, *, besides: str) -> DirectoryLocation | None:
    for location, replica in _others(holdings, package.id, besides=besides):
        reader = location.reader(replica.key)
        try:
            require_right(reader, read_promise(package, [reader]))
        except (OSError, StorageError):
            continue  # this replica is no help; its own examination will say why
        return location
    return None


def _others(holdings: Holdings, package: PackageId, *, besides: str) -> Sequence[tuple[DirectoryLocation, ReplicaRow]]:
    """The package's other replicas that can be reached and that nobody suspects."""
    found = []
    for replica in holdings.catalogue.replicas(package):
        location = holdings.locations.get(replica.location)
        usable = location is not None and location.offline() is None and location.holds(replica.key)
        if location is not None and usable and replica.location != besides and replica.state != ReplicaState.FROZEN:
            found.append((location, replica))
    return found


def _record(
    holdings: Holdings,
    examined: Examined,
    path: bytes,
    *,
    incident: IncidentId,
    source: str | None,
    aside: str | None,
) -> RepairRecord:
    return RepairRecord(
        **holdings.stamp(),
        incident=incident,
        aip=examined.package.id,
        location=examined.replica.location,
        path=path,
        source=source,
        set_aside=aside,
    )
