"""Repair: a damaged file replaced from a copy verified in the same run, the damaged bytes set aside (DESIGN §9)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from archive.audit.examination import Examined
from archive.catalogue.rows import PackageRow, ReplicaRow
from archive.errors import StorageError
from archive.holdings.holdings import Holdings
from archive.holdings.replicate import require_right
from archive.model.digests import SEALED, digest_stream
from archive.model.fixity import FixityOutcome
from archive.model.identifiers import IncidentId, PackageId
from archive.model.packages import ReplicaState
from archive.model.records import RepairRecord
from archive.packages.comparison import FileResult
from archive.packages.sealed import Expected, Promise, read_promise
from archive.storage.location import Location, PackageReader


@dataclass(frozen=True, slots=True)
class Repaired:
    """What came of one repair: how many files are right again, or why none is."""

    files: int
    reason: str | None = None


def promised(holdings: Holdings, examined: Examined) -> Promise:
    """What a damaged replica must be, from the lists of all replicas that can be reached."""
    own = holdings.locations[examined.replica.location].reader(examined.replica.key)
    others = _others(holdings, examined.package.id, besides=examined.replica.location)
    return read_promise(examined.package, [own, *(location.reader(replica.key) for location, replica in others)])


def repair_file(
    holdings: Holdings, examined: Examined, result: FileResult, *, promise: Promise, incident: IncidentId
) -> Repaired:
    """Bring one damaged file back, or move an extra one aside, and record it."""
    location, key = holdings.locations[examined.replica.location], examined.replica.key
    source = None
    try:
        if result.outcome is FixityOutcome.EXTRA:
            aside = location.set_aside(key, result.path, incident=incident)
        else:
            source, reader, sha256 = _good_source(holdings, examined, result.path, promise.files.get(result.path))
            aside = location.exchange_file(reader, key, result.path, sha256=sha256, incident=incident)
    except StorageError as error:
        return Repaired(0, error.what)
    holdings.record([_record(holdings, examined, result.path, incident=incident, source=source, aside=aside)])
    return Repaired(1)


def repair_whole(holdings: Holdings, examined: Examined, *, incidents: Mapping[bytes, IncidentId]) -> Repaired:
    """Replace a damaged package of which no single file can be exchanged, and record it for each damage.

    ``incidents`` are those of the damages, by path. The whole damaged package is set aside, under the first of them.
    """
    package, replica = examined.package, examined.replica
    first = incidents[min(incidents)]
    try:
        name, aside = _exchange(holdings, package, replica, incident=first)
    except StorageError as error:
        return Repaired(0, error.what)
    holdings.record(
        [
            _record(holdings, examined, path, incident=incident, source=name, aside=aside)
            for path, incident in sorted(incidents.items())
        ]
    )
    return Repaired(len(incidents))


def restore_package(
    holdings: Holdings, package: PackageRow, replica: ReplicaRow, *, incident: IncidentId, reason: str = ""
) -> str:
    """Bring a whole package back from a good copy, set aside whatever stood in its place, and record it.

    Answers the location it came from. Raises StorageError, having changed nothing, where there is no good copy.
    """
    name, aside = _exchange(holdings, package, replica, incident=incident)
    holdings.record(
        [
            RepairRecord(
                **holdings.stamp(reason),
                incident=incident,
                package=package.id,
                location=replica.location,
                path=b"",
                source=name,
                set_aside=aside,
            )
        ]
    )
    return name


def _exchange(
    holdings: Holdings, package: PackageRow, replica: ReplicaRow, *, incident: IncidentId
) -> tuple[str, str | None]:
    """Put a good copy in the place of a replica; the location it came from, and where what stood there is kept."""
    location = holdings.locations[replica.location]
    name, source = _good_package(holdings, package, besides=replica.location)
    promise = read_promise(package, [source])
    aside = location.exchange(source, replica.key, check=lambda copy: require_right(copy, promise), incident=incident)
    return name, aside


def _good_source(
    holdings: Holdings, examined: Examined, path: bytes, expected: Expected | None
) -> tuple[str, PackageReader, str]:
    """Location, reader and SHA-256 of a copy of the file that was just read and is right; StorageError without one."""
    for location, replica in _others(holdings, examined.package.id, besides=examined.replica.location):
        reader = location.reader(replica.key)
        sha256 = None if expected is None else _right_sha256(reader, path, expected)
        if sha256 is not None:
            return location.name, reader, sha256
    raise StorageError("no reachable replica has this file as it was sealed")


def _right_sha256(reader: PackageReader, path: bytes, expected: Expected) -> str | None:
    """The file's SHA-256 where it is what was sealed."""
    try:
        with reader.open(path) as stream:
            _, digests = digest_stream(stream, SEALED)
    except OSError:
        return None  # this replica is no help; its own examination will say why
    wanted = [(digests["sha256"], expected.sha256), (digests["blake3"], expected.blake3)]
    known = [(found, digest) for found, digest in wanted if digest is not None]
    return digests["sha256"] if known and all(found == digest for found, digest in known) else None


def _good_package(holdings: Holdings, package: PackageRow, *, besides: str) -> tuple[str, PackageReader]:
    for location, replica in _others(holdings, package.id, besides=besides):
        reader = location.reader(replica.key)
        try:
            require_right(reader, read_promise(package, [reader]))
        except StorageError:
            continue  # this replica is no help; its own examination will say why
        return location.name, reader
    raise StorageError(
        f"package {package.id}: no reachable replica is right, so none can be copied to '{besides}'",
        hint="bring back a location that is offline, then try again",
    )


def _others(holdings: Holdings, package: PackageId, *, besides: str) -> list[tuple[Location, ReplicaRow]]:
    """The package's other replicas that can be reached and that nobody suspects."""
    return [
        (holdings.locations[replica.location], replica)
        for replica in holdings.catalogue.replicas(package)
        if replica.location != besides
        and replica.state is not ReplicaState.FROZEN
        and holdings.locations[replica.location].offline() is None
    ]


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
        package=examined.package.id,
        location=examined.replica.location,
        path=path,
        source=source,
        set_aside=aside,
    )
