"""Bags, catalogue and custody log tell the same story: nothing in one that is not in the others.

The log is replayed into an empty catalogue by the one fold there is, and what comes out is held against the catalogue
as it lies on disk, row by row, and against the bags at every location, package by package and file by file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from archive.audit.checks import SAID, Check, odd, some, told, wrong
from archive.audit.standing import differing_names, misplaced, strangers
from archive.catalogue.catalogue import Catalogue
from archive.catalogue.rows import PackageRow, ReplicaRow
from archive.catalogue.schema import keys_of_tables
from archive.errors import CatalogueError
from archive.holdings.holdings import Holdings
from archive.model.digests import sha256_hex
from archive.model.identifiers import PackageId
from archive.model.names import shown
from archive.model.packages import PAST, PackageKind, ReplicaState
from archive.model.records import AccessionClosedRecord
from archive.packages.sealed import TAGMANIFEST, read_promise, read_small
from archive.progress import Progress
from archive.storage.location import Location, PackageReader
from profiles.finding import Finding
from profiles.finding_codes import FindingCode, code_named

_DELIVERED = b"data/representations/original/data/"
"""Where the delivered files of an AIP lie (DESIGN §5)."""

_BEGUN = ("staging/*/journal.jsonl", "staging/*/*.sealed", "deaccession/*/*.sealed", "quarantine/*/*.sealed")
"""Where a command writes down, before it begins, which packages it is going to seal."""

_KNOWN_BAD = (ReplicaState.DAMAGED, ReplicaState.MISSING, ReplicaState.FROZEN)
"""States in which the log itself says that a replica is not as it was sealed."""


def check_catalogue(replayed: Catalogue, stored: Catalogue, size: int) -> Check:
    """Every row of the stored catalogue against what the log says; ``size`` is the log's."""
    findings, rows = list[Finding](), 0
    try:
        applied = stored.applied()
        if applied != size:
            message = f"it says it has taken in {applied} records, and the log holds {size}"
            findings.append(wrong(FindingCode.CATALOGUE_APPLIED, "applied", message))
        keys = keys_of_tables()
        more = Counter[str]()
        for table, key, ours, theirs in _joined(replayed, stored, keys):
            rows += theirs is not None
            if ours != theirs:
                found = _difference(table, key, ours, theirs)
                more[found.code] += 1
                findings += [found] if more[found.code] <= SAID else []
        for code, count in more.items():
            if count > SAID:
                findings.append(wrong(code_named(code), "catalogue", f"and {count - SAID} more rows"))
    except CatalogueError as error:
        findings.append(wrong(FindingCode.CATALOGUE_UNREADABLE, "catalogue", error.what))
    return Check("catalogue", rows, "rows of the catalogue, against the log", tuple(findings))


def check_accessions(holdings: Holdings) -> Check:
    """Each closed accession has as many receipts as it said when it was closed last."""
    findings, count = list[Finding](), 0
    closings = holdings.log.records(kinds=frozenset({AccessionClosedRecord.kind}))
    without_effect = {row.number for row in holdings.catalogue.remarks()}
    last = {
        record.accession: (n, record)
        for n, record in closings
        if isinstance(record, AccessionClosedRecord) and n not in without_effect
    }
    for n, record in last.values():
        accession = holdings.catalogue.accession(record.accession)
        if accession is None or accession.closed_at is not None:  # else more of the delivery is being taken in
            count += 1
            received = holdings.catalogue.totals(record.accession).received
            if received != record.received:
                message = (
                    f"closed with {record.received} files received (record {n}), the log holds {received} receipts"
                )
                findings.append(wrong(FindingCode.ACCESSION_RECEIPTS, record.accession, message))
    return Check("accessions", count, "closed accessions, against their receipts", tuple(findings))


def check_bags(holdings: Holdings, location: Location, *, progress: Progress) -> Check:
    """The packages that stand at a location are those that the log says were stored there, sealed as it says.

    Those of deaccessioned packages stand there no more, once the log says that they were removed.
    """
    name = f"bags {location.name}"
    reason = location.offline()
    if reason is not None:
        why = misplaced(location)
        odds = () if why is None else (odd(FindingCode.LOCATION_MISPLACED, location.name, why),)
        return Check(name, 0, "not looked at", (told(FindingCode.LOCATION_OFFLINE, location.name, reason), *odds))
    recorded = {row.key: row for row in holdings.catalogue.replicas_at(location.name)}
    findings: list[Finding] = []
    try:
        findings += strangers(location)
        standing = set(location.package_keys())
    except OSError as error:
        findings.append(wrong(FindingCode.LOCATION_UNREADABLE, location.name, str(error)))
        standing = set()
    progress.stage(f"packages at {location.name}", total=len(standing | recorded.keys()))
    for key in sorted(standing | recorded.keys()):
        row = recorded.get(key)
        if row is None:
            findings.append(_unrecorded(key, location, holdings.home))
        elif row.state in PAST:
            findings += _gone(row, location, stands=key in standing)
        elif key not in standing:
            findings.append(
                _weighed(row, FindingCode.BAG_MISSING, f"package {row.package} is not at '{location.name}'")
            )
        else:
            findings += _sealed(holdings, row, location)
            findings += _names(holdings, row, location)
        progress.advance()
    sentence = "packages that stand there, against what the log sealed, by the names of their files"
    return Check(name, len(standing), sentence, tuple(findings))


def check_files(holdings: Holdings, *, progress: Progress) -> Check:
    """Each delivered file in a package has its receipt, and each receipt its file, by what the manifests list."""
    findings, count = list[Finding](), 0
    packages = [package for package in holdings.catalogue.packages() if package.kind is PackageKind.AIP]
    progress.stage("files and receipts", total=len(packages))
    for package in packages:
        listed = _listed(holdings, package)
        if listed is None:
            message = "no list of its files that the log vouches for can be read anywhere; archive audit says more"
            findings.append(odd(FindingCode.PACKAGE_UNLISTED, package.id, message))
        else:
            count += len(listed)
            findings += some(_unmatched(holdings, package.id, listed), what="files")
        progress.advance()
    findings += some(_astray(holdings), what="files")
    return Check("files", count, "delivered files in packages, against their receipts", tuple(findings))


Values = Mapping[str, object]
_Key = tuple[bytes | int, ...]


def _joined(
    replayed: Catalogue, stored: Catalogue, keys: Mapping[str, list[str]]
) -> Iterator[tuple[str, _Key, Values | None, Values | None]]:
    """Rows of both catalogues side by side, in the order of tables and keys, which both answer in."""
    order = {table: position for position, table in enumerate(keys)}
    ours, theirs = _keyed(replayed, keys, order), _keyed(stored, keys, order)
    one, two = next(ours, None), next(theirs, None)
    while one is not None or two is not None:
        if two is None or (one is not None and one[:2] < two[:2]):
            assert one is not None
            yield one[2], one[1], one[3], None
            one = next(ours, None)
        elif one is None or two[:2] < one[:2]:
            yield two[2], two[1], None, two[3]
            two = next(theirs, None)
        else:
            yield one[2], one[1], one[3], two[3]
            one, two = next(ours, None), next(theirs, None)


def _keyed(
    catalogue: Catalogue, keys: Mapping[str, list[str]], order: Mapping[str, int]
) -> Iterator[tuple[int, _Key, str, Values]]:
    for table, values in catalogue.evidence():
        yield order[table], tuple(_comparable(values[name]) for name in keys[table]), table, values


def _comparable(value: object) -> bytes | int:
    """As SQLite orders keys: text by its UTF-8, blobs by their octets, numbers by value."""
    if isinstance(value, int | bytes):
        return value
    return str(value).encode("utf-8", "surrogateescape")


def _difference(table: str, key: _Key, ours: Values | None, theirs: Values | None) -> Finding:
    subject = f"{table} {', '.join(str(part) if isinstance(part, int) else shown(part) for part in key)}"
    if ours is None:
        return wrong(FindingCode.CATALOGUE_EXTRA, subject, "the catalogue has this row and the log knows nothing of it")
    if theirs is None:
        return wrong(FindingCode.CATALOGUE_MISSING, subject, "the log tells of this and the catalogue has no such row")
    columns = sorted(name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name))
    return wrong(
        FindingCode.CATALOGUE_DIFFERS, subject, f"the catalogue says something else than the log: {', '.join(columns)}"
    )


def _weighed(row: ReplicaRow, code: FindingCode, message: str) -> Finding:
    """An error, unless the log itself says that this replica is not as it was sealed."""
    if row.state in _KNOWN_BAD:
        return odd(code, row.package, f"{message}; the log knows it as {row.state}")
    return wrong(code, row.package, message)


def _gone(row: ReplicaRow, location: Location, *, stands: bool) -> Iterator[Finding]:
    """A replica that is held no more: it stands where it should not, or was removed and that was not recorded."""
    if row.state is ReplicaState.REMOVAL_DUE:
        said = "is still to be removed" if stands else "is gone, and that was not recorded yet"
        yield odd(FindingCode.BAG_REMOVAL_DUE, row.package, f"deaccessioned; its copy at '{location.name}' {said}")
    elif row.state is ReplicaState.REMOVED and stands:
        message = f"the log says that its copy at '{location.name}' was removed, and it stands there"
        yield wrong(FindingCode.BAG_NOT_REMOVED, row.package, message)


def _unrecorded(key: str, location: Location, home: Path) -> Finding:
    package = key.rpartition("/")[2]
    if any(package in notes.read_text("utf-8", "replace") for pattern in _BEGUN for notes in home.glob(pattern)):
        message = f"{key} stands at '{location.name}': a command was broken off; the same command takes it up"
        return odd(FindingCode.BAG_UNRECORDED, package, message)
    return wrong(
        FindingCode.BAG_UNRECORDED, package, f"{key} stands at '{location.name}' and the log knows nothing of it"
    )


def _sealed(holdings: Holdings, row: ReplicaRow, location: Location) -> Iterator[Finding]:
    package = holdings.catalogue.package(row.package)
    assert package is not None  # the table of replicas refers to it
    data = read_small(location.reader(row.key), TAGMANIFEST)
    if data is None:
        yield _weighed(
            row, FindingCode.BAG_UNREADABLE, f"the tagmanifest of {row.key} at '{location.name}' cannot be read"
        )
    elif sha256_hex(data) != package.tagmanifest_sha256:
        message = f"the tagmanifest of {row.key} at '{location.name}' is not the one that record {package.leaf} sealed"
        yield _weighed(row, FindingCode.BAG_DIFFERS, message)


def _names(holdings: Holdings, row: ReplicaRow, location: Location) -> Iterator[Finding]:
    """Files that were taken out of a replica or slipped into it, and anything in its place that is no folder."""
    package, place = holdings.catalogue.package(row.package), f"{row.key} at '{location.name}'"
    assert package is not None  # the table of replicas refers to it
    try:
        if not location.holds(row.key):
            yield _weighed(
                row, FindingCode.BAG_NO_FOLDER, f"what stands as {place} is no package: something else has its name"
            )
            return
        missing, spare = differing_names(package, location.reader(row.key), _other_readers(holdings, row))
    except OSError as error:
        yield _weighed(row, FindingCode.BAG_UNREADABLE, f"{place} cannot be listed: {error.strerror or error}")
        return
    for code, paths, said in (
        (FindingCode.BAG_FILE_MISSING, missing, "lacks"),
        (FindingCode.BAG_FILE_EXTRA, spare, "holds, unlisted,"),
    ):
        if paths:
            more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
            yield _weighed(row, code, f"{place} {said} {paths[0]}{more}; archive audit reads it, and repairs")


def _other_readers(holdings: Holdings, row: ReplicaRow) -> Iterator[PackageReader]:
    for other in holdings.catalogue.replicas(row.package):
        place = holdings.locations.get(other.location)
        if place is not None and other.location != row.location and place.offline() is None:
            yield place.reader(other.key)


def _listed(holdings: Holdings, package: PackageRow) -> list[tuple[bytes, str]] | None:
    """Path and SHA-256 of every delivered file by a manifest that the log vouches for; None where none is to be had."""
    replicas = holdings.catalogue.replicas(package.id)
    places = [(holdings.locations.get(row.location), row) for row in replicas]
    readers = [place.reader(row.key) for place, row in places if place is not None and place.offline() is None]
    promise = read_promise(package, readers)
    files = [(path, expected.sha256) for path, expected in promise.files.items() if path.startswith(_DELIVERED)]
    listed = [(path, sha256) for path, sha256 in files if sha256 is not None]
    return listed if promise.complete and len(listed) == len(files) else None


def _astray(holdings: Holdings) -> Iterator[Finding]:
    """Receipts of files stored once with others, of which the bytes are not held where the log says."""
    for row in holdings.catalogue.broken_references():
        message = f"its bytes are said to be those of file {row.same_as}, which are not the same or not held any more"
        yield wrong(FindingCode.REFERENCE_WITHOUT_FILE, row.id, message)


def _unmatched(holdings: Holdings, package: PackageId, listed: list[tuple[bytes, str]]) -> Iterator[Finding]:
    receipts = Counter(row.sha256 for row in holdings.catalogue.files_of(package))
    held = {sha256 for _, sha256 in listed}
    spare = receipts.copy()
    for path, sha256 in listed:
        if spare[sha256] > 0:
            spare[sha256] -= 1
        else:
            message = f"the package holds {shown(path)}, and no receipt of the log accounts for it"
            yield wrong(FindingCode.FILE_WITHOUT_RECEIPT, package, message)
    for sha256 in sorted(str(each) for each in receipts.keys() - held):
        yield wrong(
            FindingCode.RECEIPT_WITHOUT_FILE, package, f"the log has a receipt of a file {sha256}, which is not in it"
        )
