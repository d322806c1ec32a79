"""The life of a package or of a file, in sentences.

Two witnesses are heard: the custody log, which says what the archive did, and the PREMIS inside the package, which says
what was done to the file before the package was sealed.
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from archive.catalogue.rows import FileRow, PackageRow
from archive.errors import UsageError
from archive.holdings.holdings import Holdings
from archive.model.identifiers import FileId, PackageId
from archive.model.moments import moment_from_ns, parse_moment
from archive.model.names import shown
from archive.model.packages import PackageKind, ReplicaState
from archive.model.records import (
    AccessionClosedRecord,
    AccessionRecord,
    AuditRecord,
    DamageRecord,
    HandoverFrozenRecord,
    HandoverVolumeRecord,
    IncidentClosedRecord,
    IncidentRecord,
    LegalHoldRecord,
    ReceiptRecord,
    Record,
    RemovalRecord,
    RepairRecord,
    ReplicationRecord,
    SealRecord,
    TombstoneRecord,
)
from archive.model.sentences import behind_the_log
from archive.report.explain_formats import formats_told
from archive.report.explain_quarantine import KINDS, quarantine_told
from archive.report.witness import premis_of
from premis.model import Event, File

_PACKAGE_PREMIS = b"data/metadata/preservation/premis.xml"
_FILE_PREMIS = b"data/representations/original/metadata/preservation/premis.xml"
_ABOUT_PACKAGES = frozenset(
    {"accession", "accession-closed", "seal", "replication", "audit", "damage", "repair", "incident", "incident-closed"}
    | {"handover-frozen", "handover-volume", "identification", "format-decision"}
    | {"tombstone", "removal", "legal-hold", "legal-hold-lifted"}
    | KINDS
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """One thing that happened: when, what, and which witness says so (``log`` with the record's number, or PREMIS)."""

    time: str
    text: str
    source: str


@dataclass(frozen=True, slots=True)
class Life:
    """A life told: what it is, what happened in order, and how it stands now."""

    title: str
    sentences: tuple[Sentence, ...]
    now: tuple[str, ...]


def explain(holdings: Holdings, identifier: str) -> Life:
    """The life of the package or the file with this identifier. Raises UsageError for an unknown one."""
    package = holdings.catalogue.package(PackageId(identifier))
    if package is not None:
        return _package_life(holdings, package)
    file = holdings.catalogue.file(FileId(identifier))
    if file is not None:
        return _file_life(holdings, file)
    raise UsageError(
        f"nothing here has the identifier {identifier}", hint="archive list shows packages, archive find shows files"
    )


def day_and_time(text: str) -> str:
    """A moment for a reader: ``22 November 2026, 03:27 UTC``."""
    try:
        moment = parse_moment(text)
    except ValueError:
        return text
    return f"{moment.day} {moment:%B %Y, %H:%M} UTC"


def _package_life(holdings: Holdings, package: PackageRow) -> Life:
    told = list(_from_log(holdings, package, file=None))
    told += _from_premis(holdings, package, file=None)
    title = f"Package {package.id}: {_KINDS_OF[package.kind]}, {package.files:,} payload files, {package.bytes:,} bytes"
    if package.deaccessioned_at is not None:
        gone = f"It was deaccessioned on {day_and_time(package.deaccessioned_at)} and is held no more."
        return Life(title, _in_order(told), (gone, *_removals(holdings, package)))
    return Life(title, _in_order(told), tuple(_standing(holdings, package)))


_KINDS_OF = {
    PackageKind.AIP: "evidence",
    PackageKind.ACCESSION: "the papers of an accession",
    PackageKind.QUARANTINE: "kept apart and encrypted",
}


def _file_life(holdings: Holdings, file: FileRow) -> Life:
    size = "size not here" if file.size is None else f"{file.size:,} bytes"
    title = f"File {file.id}: {shown(file.name)}, {size}"
    package = None if file.aip is None else holdings.catalogue.package(file.aip)
    if file.same_as is not None:
        return _reference_life(holdings, file, title)
    if package is None:
        told = [
            Sentence(
                file.received_at, f"The file was listed in accession {file.accession} and is {file.outcome}.", "log"
            )
        ]
        return Life(title, tuple(told), ("It is in no package yet.",))
    told = list(_from_log(holdings, package, file=file))
    told += _from_premis(holdings, package, file=file)
    digests = _digests(file)
    if file.deaccessioned_at is not None:
        gone = f"It was deaccessioned on {day_and_time(file.deaccessioned_at)} and is held no more."
        return Life(title, _in_order(told), (gone, *digests, *_removals(holdings, package)))
    shared = tuple(
        f"The same bytes were received as {shown(other.name)} too (file {other.id}), and not stored again."
        for other in holdings.catalogue.references_to([file.id])
    )
    return Life(title, _in_order(told), (*digests, *shared, *_standing(holdings, package)))


def _reference_life(holdings: Holdings, file: FileRow, title: str) -> Life:
    """The life of a receipt whose bytes are stored once, with those of another file."""
    record, aip = holdings.log.record(file.leaf), holdings.catalogue.package_of(file)
    told = [_sentence(record, file.leaf, _receipt(record, file.same_as))] if isinstance(record, ReceiptRecord) else []
    package = None if aip is None else holdings.catalogue.package(aip)
    if file.deaccessioned_at is not None:
        now = [f"It was deaccessioned on {day_and_time(file.deaccessioned_at)} and is held no more."]
    elif package is None:
        now = [f"Its bytes are those of file {file.same_as}, which is in no package."]
    else:
        now = [f"Its bytes are those of file {file.same_as}, in package {aip}: archive explain {file.same_as}"]
        now += _standing(holdings, package)
    return Life(title, _in_order(told), (*_digests(file), *now))


def _digests(file: FileRow) -> tuple[str, ...]:
    """The digests of a file, one a line; those that were withheld or erased are not here."""
    known = (("SHA-256", file.sha256), ("BLAKE3 ", file.blake3))
    return tuple(f"{name} {digest}" for name, digest in known if digest is not None) or ("Its digests are not here.",)


def _in_order(told: list[Sentence]) -> tuple[Sentence, ...]:
    return tuple(sorted(told, key=lambda sentence: sentence.time))


def _standing(holdings: Holdings, package: PackageRow) -> Iterator[str]:
    for replica in holdings.catalogue.replicas(package.id):
        location = holdings.locations[replica.location]
        offline = location.offline()
        state = replica.state if offline is None else ReplicaState.OFFLINE
        verified = (
            "never read since" if replica.last_verified is None else f"read {day_and_time(replica.last_verified)}"
        )
        yield f"Copy at '{replica.location}': {state}, {verified}, {location.where(replica.key)}"


def _removals(holdings: Holdings, package: PackageRow) -> Iterator[str]:
    """What became of the copies of a deaccessioned package."""
    for replica in holdings.catalogue.replicas_ever(package.id):
        yield f"Copy at '{replica.location}': {_PAST_WORDS.get(replica.state, replica.state)}"


_PAST_WORDS = {
    ReplicaState.REMOVED: "removed",
    ReplicaState.REMOVAL_DUE: "still to be removed",
    ReplicaState.RETIRED: "the location was retired; what lies there was not touched",
}


def _lineage(holdings: Holdings, package: PackageRow) -> tuple[PackageId, ...]:
    """The package, and the packages whose remaining files were sealed anew until they came to lie in it."""
    line = [package.id]
    while (behind := holdings.catalogue.tombstone_behind(line[-1])) is not None:
        line.append(behind.package)
    return tuple(line)


def _from_log(holdings: Holdings, package: PackageRow, *, file: FileRow | None) -> Iterator[Sentence]:
    """What the log says about the package, and about the one file where only that is asked."""
    if file is not None:
        record = holdings.log.record(file.leaf)
        if isinstance(record, ReceiptRecord):
            yield _sentence(record, file.leaf, _receipt(record, file.same_as))
    line = (package.id,) if file is None else _lineage(holdings, package)
    kept = {*line, *(row.package for one in line if (row := holdings.catalogue.quarantine(one)) is not None)}
    mine: set[str] = set()
    foreign = set[str]() if file is None else _incidents_of_others(holdings, package, file)
    without_effect = {row.number for row in holdings.catalogue.remarks()}
    for number, record in holdings.log.records(kinds=_ABOUT_PACKAGES, where=partial(_may_be_about, kept)):
        if number in without_effect or getattr(record, "incident", None) in foreign:
            continue
        text = (
            formats_told(record, package, file)
            or quarantine_told(record, kept, file)
            or _words(record, package.accession, line, mine)
            or _act_words(record, package, line, file)
        )
        if text is not None:
            yield _sentence(record, number, text)


def _may_be_about(packages: Set[str], spelled: bytes) -> bool:
    """Records of what thousands of files are need not be decoded when they name another package."""
    large = b'"kind":"identification"' in spelled or b'"kind":"malware"' in spelled
    return not large or any(package.encode() in spelled for package in packages)


def _incidents_of_others(holdings: Holdings, package: PackageRow, file: FileRow) -> set[str]:
    """Incidents about other files of the same package."""
    own = (b"", _path_of(holdings, package, file))  # b"" is the whole package
    return {str(damage.incident) for damage in holdings.catalogue.damages(package=package.id) if damage.path not in own}


def _path_of(holdings: Holdings, package: PackageRow, file: FileRow) -> bytes | None:
    """Where the file lies in its package, as its PREMIS object says."""
    for found in premis_of(holdings, package, _FILE_PREMIS):
        if isinstance(found, File) and found.identifiers[0].value == file.id:
            return b"data/" + (found.storage[0].location_value or "").encode()
    return None


def _sentence(record: Record, number: int, text: str) -> Sentence:
    behind = behind_the_log(record.clock)
    doubt = "" if behind is None else f" (The clock was {behind:,} s behind the log; the order is that of the numbers.)"
    return Sentence(_moment(record.time), text + doubt, f"log {number}")


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S.%f}Z"


def _receipt(record: ReceiptRecord, same_as: FileId | None) -> str:
    same = ""
    if record.outcome == "duplicate":
        stored = "were stored again" if same_as is None else f"are stored once, as file {same_as}"
        same = f" The archive held the same bytes already; they {stored}."
    changed = "at a time not here" if record.mtime is None else moment_from_ns(record.mtime)
    return (
        f"The file was received in accession {record.accession} as {shown(record.name)}, last changed "
        f"{changed} on the delivered medium, and was {record.outcome}.{same}"
    )


def _act_words(record: Record, package: PackageRow, line: tuple[PackageId, ...], file: FileRow | None) -> str | None:
    """The sentence for a deletion or a legal hold, if it speaks of the package or the file."""
    named = {package.id, package.accession, *line} | (set() if file is None else {file.id})
    match record:
        case TombstoneRecord(package=aip) if aip in line:
            return _tombstone(record, file)
        case TombstoneRecord(remainder=remainder) if remainder == package.id:
            return f"It was made of what was left of package {record.package}, from which files were deaccessioned."
        case RemovalRecord(package=aip) if aip in line:
            return f"The copy of package {aip} at '{record.location}' was removed, on request {record.request}."
        case LegalHoldRecord(subject=subject) if subject in named:
            return f"A legal hold was placed on {record.scope} {subject} by {record.actor}: {record.reason}."
    return None


def _tombstone(record: TombstoneRecord, file: FileRow | None) -> str:
    on = f"on request {record.request}, which two persons signed ({record.reason})"
    if file is not None and file.id in record.files:
        return f"The file was deaccessioned {on}."
    rest = "" if record.remainder is None else f"; the others were sealed anew as package {record.remainder}"
    return f"{len(record.files):,} files of package {record.package} were deaccessioned {on}{rest}."


def _words(record: Record, own: str, line: tuple[PackageId, ...], mine: set[str]) -> str | None:
    """The sentence for a record if it speaks of the accession ``own`` or of a package in ``line``.

    ``mine`` gathers the incidents that do.
    """
    match record:
        case AccessionRecord(accession=accession, producer=producer) if accession == own:
            return f"Producer {producer} delivered {shown(record.source)}; accession {accession} was opened."
        case AccessionClosedRecord(accession=accession) if accession == own:
            return f"The accession was closed with {record.received:,} files received."
        case SealRecord(package=aip) if aip in line:
            return f"The package was sealed with {record.files:,} payload files. Its bytes have not changed since."
        case ReplicationRecord(package=aip) if aip in line:
            return f"A copy was stored at '{record.location}' and read back right from the medium."
        case AuditRecord(package=aip) if aip in line:
            return _audit(record)
        case IncidentRecord(package=aip) if aip in line:
            mine.add(record.incident)
            return f"Incident {record.incident} was opened: {record.summary}."
        case IncidentClosedRecord(incident=incident) if incident in mine:
            return f"Incident {incident} was closed by {record.actor}: {record.reason}."
        case DamageRecord(package=aip) if aip in line:
            what = shown(record.path) or "the whole package"
            return f"At '{record.location}', {what} was found {record.outcome}."
        case RepairRecord(package=aip) if aip in line:
            return _repair(record)
        case HandoverFrozenRecord() | HandoverVolumeRecord():
            return _handover(record)
    return None


def _audit(record: AuditRecord) -> str:
    wrong = {
        "altered": record.altered,
        "missing": record.missing,
        "extra": record.extra,
        "unreadable": record.unreadable,
        "not checked": record.not_checked,
    }
    found = ", ".join(f"{count:,} {word}" for word, count in wrong.items() if count)
    result = f"{found} of {record.files:,} files" if found else f"all {record.files:,} files are right"
    return f"The copy at '{record.location}' was read in full: {result}."


def _repair(record: RepairRecord) -> str:
    what = shown(record.path) or "the whole package"
    if record.source is None:
        return (
            f"At '{record.location}', {what} was put right; what was in its place is kept ({record.set_aside or '-'})."
        )
    kept = f" The damaged bytes are kept in {record.set_aside}." if record.set_aside else ""
    return f"At '{record.location}', {what} was brought back from '{record.source}'.{kept}"


def _handover(record: HandoverFrozenRecord | HandoverVolumeRecord) -> str:
    if isinstance(record, HandoverFrozenRecord):
        return f"A handover was fixed at log record {record.log_size}, with {record.packages:,} packages."
    return f"Volume {record.volume} of handover {record.handover} was written, with {record.packages:,} packages."


def _from_premis(holdings: Holdings, package: PackageRow, *, file: FileRow | None) -> Iterator[Sentence]:
    """Events that happened before sealing; of a file, the file's own and those said once for all files."""
    own: set[str] = set()
    if file is not None:
        for event in _events(holdings, package, _FILE_PREMIS):
            if any(linked.identifier.value == file.id for linked in event.objects):
                own.add(event.type.value)
                yield _event_sentence(event)
    for event in _events(holdings, package, _PACKAGE_PREMIS):
        if event.type.value not in own:
            yield _event_sentence(event)


def _events(holdings: Holdings, package: PackageRow, path: bytes) -> Iterator[Event]:
    return (found for found in premis_of(holdings, package, path) if isinstance(found, Event))


def _event_sentence(event: Event) -> Sentence:
    outcomes = [outcome.outcome.value for outcome in event.outcomes if outcome.outcome is not None]
    notes = [_note(note) for outcome in event.outcomes for note in outcome.notes]
    details = [_note(detail) for detail in event.details]
    agents = [agent.identifier.value.removeprefix("software:") for agent in event.agents]
    text = f"{event.type.value[:1].upper()}{event.type.value[1:]}"
    said = "; ".join([*details, *notes])
    text += f" ({said})" if said else ""
    text += f": {', '.join(outcomes)}" if outcomes else ""
    text += f", by {', '.join(agents)}." if agents else "."
    return Sentence(event.date_time, text, "PREMIS")


def _note(note: object) -> str:
    return note if isinstance(note, str) else str(getattr(note, "note", "") or "")
