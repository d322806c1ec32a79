"""Writing a volume: every package, the log, the tables, words for people, and one list that checks it all.

A volume being written holds ``.unfinished.json``; the same command goes on with it. ``SHA256SUMS`` is written last,
when everything it lists has been read back from the medium; the mark goes when the log has it on record.
"""

from __future__ import annotations

import base64
import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from itertools import groupby
from pathlib import Path

from archive import durable
from archive.catalogue.catalogue import Catalogue
from archive.catalogue.rows import HandoverRow, PackageRow
from archive.custody.copies import copy_new
from archive.custody.note_copies import copy_notes
from archive.custody.stamp_copies import copy_stamps
from archive.custody.withheld import WITHHELD, WithheldLine
from archive.errors import ArchiveError, CustodyError, StorageError, UsageError
from archive.handover.export import allowing_request
from archive.handover.plan import good_locations, latest
from archive.handover.verifier import TRAVELLING, travelling
from archive.handover.withholding import Withholding, as_received, withhold
from archive.holdings.approvals import carried_out
from archive.holdings.checkpoints import log_state, make_checkpoint
from archive.holdings.holdings import Holdings
from archive.holdings.remarks import require_no_remarks
from archive.holdings.replicate import require_right
from archive.model.digests import digest_stream, sha256_hex
from archive.model.entries import EntryKind
from archive.model.names import shown
from archive.model.packages import replica_key
from archive.model.records import HandoverVolumeRecord, Octets
from archive.packages.accession import guarded_cell
from archive.packages.sealed import Promise, read_promise
from archive.progress import Progress
from archive.storage.backend import StorageBackend
from archive.storage.folders import DirectoryReader, discard
from archive.storage.forms import objects_in, shelf
from archive.storage.location import Location, PackageReader

SUMS = "SHA256SUMS"
PACKAGES = "packages"
UNFINISHED = ".unfinished.json"


@dataclass(frozen=True, slots=True)
class Volume:
    """A volume that was written and read back; ``files`` are the lines of ``SHA256SUMS``, ``bytes`` what they hold."""

    handover: str
    volume: int
    path: Path
    packages: int
    files: int
    bytes: int
    sums_sha256: str


def write_volume(
    holdings: Holdings, number: int, target: Path, *, progress: Progress, withheld: Sequence[WithheldLine] = ()
) -> Volume:
    """Write volume ``number`` of the latest, frozen handover into the folder ``target``, or go on writing it.

    ``withheld`` are private lines of the log that do not go along; a ``selection`` record below the volume's checkpoint
    counts them. No command gives any before packages with something withheld go as remainder packages.

    Raises UsageError for a handover that is not frozen, a number that does not exist or a folder that holds something
    else, ArchiveError where two persons must agree first, packages were deaccessioned since it was frozen, or a record
    of the log took no effect, StorageError where a package has no good replica or the volume cannot be written.
    """
    require_no_remarks(holdings.catalogue, "writing a handover volume")
    handover = _frozen(holdings)
    request = allowing_request(holdings)
    if number != 1:
        raise UsageError(f"this handover has one volume, not a volume {number}", hint="give the number 1")
    _begin(handover, number, target, home=holdings.home)
    packages = _members(holdings, handover)
    try:
        sums = _write_packages(holdings, packages, target, progress=progress)
        withholding = withhold(holdings, withheld, query=f"volume {number} of handover {handover.id}", request=request)
        sums |= _write_rest(holdings, handover, packages, target, count=len(sums), withholding=withholding)
        volume = _finish(handover, number, target, packages=packages, sums=sums)
    except OSError as error:
        raise StorageError(
            f"{target}: {error.strerror or error}",
            hint="free space or mend the disk, then give the same command again; it goes on where it stopped",
            transient=True,
        ) from error
    closing = [] if request is None else [carried_out(holdings, request)]
    holdings.record([_record(holdings, volume, request, withholding), *closing])
    (target / UNFINISHED).unlink()
    durable.sync_folder(target)
    return volume


def _frozen(holdings: Holdings) -> HandoverRow:
    handover = latest(holdings)
    if handover.frozen_at is None:
        raise UsageError(f"handover {handover.id} is not frozen yet", hint="first: archive handover freeze")
    return handover


def _members(holdings: Holdings, handover: HandoverRow) -> list[PackageRow]:
    members = [package for package in holdings.catalogue.packages() if package.leaf < (handover.log_size or 0)]
    if len(members) != handover.packages:
        raise ArchiveError(
            f"handover {handover.id} was frozen with {handover.packages} packages, of which {len(members)} are held: "
            "the others were deaccessioned since",
            hint="plan and freeze a new handover",
        )
    return members


def _begin(handover: HandoverRow, number: int, target: Path, *, home: Path) -> None:
    mark = json.dumps({"handover": handover.id, "volume": number}).encode()
    if target.resolve().is_relative_to(home.resolve()):
        raise UsageError(f"{target} lies inside the archive", hint="give a folder on the disk that will be handed over")
    try:
        target.mkdir(parents=False, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{target} cannot be made: {error.strerror}", hint="is the disk mounted?") from error
    unfinished = target / UNFINISHED
    if not any(target.iterdir()):
        durable.write_atomic(unfinished, mark)
    elif not unfinished.is_file() or unfinished.read_bytes() != mark:
        raise UsageError(
            f"{target} is not empty, and it is no unfinished volume of this handover",
            hint="give an empty folder; nothing is ever overwritten",
        )


def _write_packages(
    holdings: Holdings, packages: list[PackageRow], target: Path, *, progress: Progress
) -> dict[str, tuple[str, int]]:
    """Copy every package, each read back from the medium; digest and size of every file by its path on the volume."""
    (target / PACKAGES).mkdir(exist_ok=True)
    on_volume = shelf(target / PACKAGES)
    sums: dict[str, tuple[str, int]] = {}
    progress.stage("writing packages", total=len(packages))
    for package in packages:
        promise = _copy_package(holdings, package, on_volume)
        sums |= _sums_of(on_volume.reader(replica_key(package.id)), package, promise)
        progress.advance()
        if progress.stopping():
            raise ArchiveError("stopped; the volume is unfinished", hint="the same command goes on where it stopped")
    on_volume.clear_incoming()
    return sums


def _copy_package(holdings: Holdings, package: PackageRow, on_volume: Location) -> Promise:
    key = replica_key(package.id)
    trouble = "no replica can be reached"
    for name in good_locations(holdings, package):
        source = holdings.locations[name].reader(key)
        promise = read_promise(package, [source])
        try:
            if on_volume.holds(key):
                require_right(on_volume.reader(key), promise)
            else:
                on_volume.copy_in(source, key, check=lambda copy, promise=promise: require_right(copy, promise))  # type: ignore[misc]
        except StorageError as error:
            trouble = error.what
            continue
        return promise
    raise StorageError(f"package {package.id} cannot be handed over: {trouble}", hint="run archive audit, then go on")


def _sums_of(reader: PackageReader, package: PackageRow, promise: Promise) -> Iterator[tuple[str, tuple[str, int]]]:
    sizes = {entry.path: entry.size for entry in reader.entries() if entry.kind is EntryKind.FILE}
    for path, expected in promise.files.items():
        if expected.sha256 is None:
            raise StorageError(f"package {package.id}: no SHA-256 is known for {path!r}")
        yield f"{PACKAGES}/{replica_key(package.id)}/{path.decode()}", (expected.sha256, sizes[path])


def _write_rest(
    holdings: Holdings,
    handover: HandoverRow,
    packages: list[PackageRow],
    target: Path,
    *,
    count: int,
    withholding: Withholding,
) -> dict[str, tuple[str, int]]:
    """The log, the tables and the words. Written anew each time: they are small, and the log may have grown."""
    for folder in ("custody", "catalogue"):
        discard(target / folder)
    _cover(holdings)
    _write_log(holdings, objects_in(target), withholding)
    if withholding.count:
        with as_received(holdings, objects_in(target)) as catalogue:
            _write_tables(catalogue, target / "catalogue")
    else:
        _write_tables(holdings.catalogue, target / "catalogue")
    _put(target / "packages.csv", _package_list(packages))
    facts = {
        "handover": handover.id,
        "recipient": handover.recipient,
        "volume": 1,
        "partial": False,
        "frozen_at": handover.frozen_at,
        "packages": len(packages),
        "files": sum(package.files for package in packages),
        "bytes": sum(package.bytes for package in packages),
        "log_size": handover.log_size,
        "log_root": handover.log_root,
    }
    _put(target / "handover.json", json.dumps(facts, ensure_ascii=False, indent=1).encode() + b"\n")
    _put(target / "0README.txt", _text("0README.txt", facts))
    for name in TRAVELLING:
        _put(target / name, travelling(name))
    written = count + sum(1 for _ in _loose_files(target)) + (0 if (target / "HOWTO-VERIFY.txt").exists() else 1)
    keys = "\n".join(f"       {text}" for _, text in log_state(holdings).keys)
    _put(target / "HOWTO-VERIFY.txt", _text("HOWTO-VERIFY.txt", {"count": written, "keys": keys}))
    return dict(_digested(target))


def _cover(holdings: Holdings) -> None:
    """See to a checkpoint over all of the log that goes onto the volume, unless the signer is not to be had now.

    The verifier says how many records are newer than the newest checkpoint.
    """
    try:
        make_checkpoint(holdings)
    except CustodyError:
        raise
    except ArchiveError:
        return


def _write_log(holdings: Holdings, volume: StorageBackend, withholding: Withholding) -> None:
    """The custody log with its checkpoints and time-stamps, and the list of what is withheld of it."""
    folder = holdings.log.folder
    if withholding.count:
        volume.put(WITHHELD, withholding.data)
    copy_new(holdings.log, volume, withheld=withholding.places)
    copy_notes(folder, volume)
    copy_stamps(folder, volume, holdings.stamped())


def _loose_files(target: Path) -> Iterator[Path]:
    """Files of the volume outside the packages, but for the marks of the writing itself."""
    for path in sorted(target.rglob("*")):
        inside = path.relative_to(target)
        if path.is_file() and inside.parts[0] != PACKAGES and inside.as_posix() not in (SUMS, UNFINISHED):
            yield path


def _digested(target: Path) -> Iterator[tuple[str, tuple[str, int]]]:
    durable.sync_filesystem(target)
    for path in _loose_files(target):
        with DirectoryReader(path.parent).open(path.name.encode()) as stream:
            size, digests = digest_stream(stream, ("sha256",))
        yield path.relative_to(target).as_posix(), (digests["sha256"], size)


def _finish(
    handover: HandoverRow,
    number: int,
    target: Path,
    *,
    packages: list[PackageRow],
    sums: Mapping[str, tuple[str, int]],
) -> Volume:
    listing = "".join(f"{digest}  {path}\n" for path, (digest, _) in sorted(sums.items())).encode()
    durable.write_atomic(target / SUMS, listing)
    return Volume(
        handover=handover.id,
        volume=number,
        path=target,
        packages=len(packages),
        files=len(sums),
        bytes=sum(size for _, size in sums.values()),
        sums_sha256=sha256_hex(listing),
    )


def _write_tables(catalogue: Catalogue, folder: Path) -> None:
    """Every table of evidence rows as CSV, streamed; a column of bytes becomes one to read and one in base64."""
    folder.mkdir(exist_ok=True)
    tables = catalogue.columns()
    rows = groupby(catalogue.evidence(), key=lambda pair: pair[0])
    filled = {table for table, group in rows if write_table(folder, table, tables[table], (row for _, row in group))}
    for table in tables.keys() - filled:
        _put(folder / f"{table}.csv", _csv_line(_titles(tables[table])))


def write_table(folder: Path, table: str, columns: Mapping[str, bool], rows: Iterator[Mapping[str, object]]) -> int:
    """Write one table, and answer how many rows; ``columns``: whether a column holds octets, by its name."""
    count = 0
    with open(folder / f"{table}.csv", "wb") as out:
        out.write(_csv_line(_titles(columns)))
        for row in rows:
            out.write(_csv_line([cell for name, octets in columns.items() for cell in _cells(row[name], octets)]))
            count += 1
    return count


def _csv_line(cells: list[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue().encode("utf-8", "backslashreplace")


def _titles(columns: Mapping[str, bool]) -> list[str]:
    return [title for name, octets in columns.items() for title in ((name, f"{name}_b64") if octets else (name,))]


def _cells(value: object, is_octets: bool) -> tuple[str, ...]:
    if not is_octets:
        return ("" if value is None else guarded_cell(shown(str(value))),)
    octets = value if isinstance(value, bytes) else b""
    return guarded_cell(shown(octets)), base64.b64encode(octets).decode("ascii")


def _package_list(packages: list[PackageRow]) -> bytes:
    lines = ["folder,kind,accession,payload_files,payload_bytes,tagmanifest_sha256\n"]
    for package in packages:
        folder = f"{PACKAGES}/{replica_key(package.id)}"
        facts = (folder, package.kind, package.accession, package.files, package.bytes, package.tagmanifest_sha256)
        lines.append(",".join(map(str, facts)) + "\n")
    return "".join(lines).encode()


def _text(name: str, facts: Mapping[str, object]) -> bytes:
    text = resources.files("archive.handover").joinpath(f"data/{name}").read_text(encoding="utf-8")
    return text.format(**facts).encode()


def _put(path: Path, data: bytes) -> None:
    path.parent.mkdir(exist_ok=True)
    durable.write_atomic(path, data)


def _record(holdings: Holdings, volume: Volume, request: str | None, withholding: Withholding) -> HandoverVolumeRecord:
    return HandoverVolumeRecord(
        **holdings.stamp(),
        handover=volume.handover,
        volume=volume.volume,
        packages=volume.packages,
        files=volume.files,
        bytes=Octets(volume.bytes),
        sha256sums_sha256=volume.sums_sha256,
        request=request,
        withheld=withholding.count,
        withheld_sha256=withholding.sha256,
    )
