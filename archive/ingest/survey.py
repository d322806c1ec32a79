"""Looking at what was delivered, copying nothing: is it a folder, is it a bag, what stands in it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path

from archive.bags.completeness import judge_completeness, judge_oxum
from archive.bags.structure import Structure, read_structure
from archive.bags.validation import judge_tag_files
from archive.errors import UsageError
from archive.ingest.checksums import Checksums, find_checksums
from archive.ingest.metadata import MetadataFile, MetadataTable, read_metadata
from archive.ingest.terms import judge
from archive.model.digests import HEX_LENGTH
from archive.model.entries import EntryKind
from archive.model.names import shown
from archive.storage.descent import Descent, open_unlinked
from archive.storage.folders import DirectoryReader
from archive.storage.walking import Walked, kind_of, walk
from profiles.finding import Finding, Severity
from profiles.finding_codes import FindingCode, is_said_otherwise_by_ingest
from profiles.ingest_profile import NO_AGREEMENT, IngestProfile

_PAYLOAD = b"data/"


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivered folder, looked at. ``bag`` is set where it is a bag: then its payload is what is delivered."""

    source: Path
    producer: str
    metadata: MetadataTable | None
    bag: Structure | None
    findings: tuple[Finding, ...]
    terms: IngestProfile = NO_AGREEMENT
    checksums: Checksums | None = None

    @property
    def title(self) -> str:
        """What to call the delivery in a sentence."""
        return shown(os.fsencode(self.source.name or str(self.source)))

    def item_name(self, walked: Walked) -> bytes | None:
        """The delivered name of an item: relative to the folder, or to a bag's payload; None for what is no item."""
        if walked.kind is not EntryKind.FILE:
            return None
        if self.bag is None:
            return walked.path
        return walked.path.removeprefix(_PAYLOAD) if walked.path.startswith(_PAYLOAD) else None

    def locate(self, name: bytes) -> bytes:
        """Where the item ``name`` lies on the delivered medium."""
        return os.path.join(os.fsencode(self.source), self._path(name))

    def _path(self, name: bytes) -> bytes:
        return name if self.bag is None else _PAYLOAD + name

    def producer_digests(self, name: bytes) -> Iterator[tuple[str, str, str]]:
        """Digests the producer gave for an item: algorithm, digest, and where it was given."""
        if self.metadata is not None:
            for algorithm, given in self.metadata.rows.digests(name):
                yield algorithm, given, f"{self.producer}, {shown(self.metadata.name)}"
        if self.bag is not None:
            for algorithm, listed in self.bag.payload_manifests.items():
                digest = listed.get(_PAYLOAD + name, "")
                if len(digest) == HEX_LENGTH[algorithm]:  # one of another length was named when it was parsed
                    yield algorithm, digest.lower(), f"{self.producer}, manifest-{algorithm}.txt"
        if self.checksums is not None:
            for algorithm, digest, where in self.checksums.digests(self._path(name)):
                yield algorithm, digest, f"{self.producer}, {where}"

    def unlisted(self, names: Iterable[bytes]) -> Iterator[Finding]:
        """What the producer's checksum files and the delivered files called ``names`` have not in common."""
        if self.checksums is not None:
            yield from self.checksums.compare(self._path(name) for name in names)

    @property
    def given_checksums(self) -> tuple[str, ...]:
        """SHA-256 of each checksum file that was given beside the delivery."""
        return () if self.checksums is None else self.checksums.given

    def walk(self) -> Iterator[Walked]:
        """Everything that stands in the delivered folder, in one fixed order."""
        return walk(os.fsencode(self.source))

    def has_files(self, count: int) -> bool:
        """Whether so many files stand there at least; not more than it takes to say so is looked at."""
        files = (walked for walked in self.walk() if walked.kind is EntryKind.FILE)
        return next(islice(files, count - 1, None), None) is not None


def look(
    source: Path,
    *,
    producer: str,
    metadata: MetadataFile | None,
    ours: Iterable[Path],
    scratch: Path | None,
    today: date,
    terms: IngestProfile = NO_AGREEMENT,
    checksums: Sequence[Path] | None = (),
) -> Delivery:
    """The delivery at ``source``. Raises UsageError where there is nothing that could be taken in.

    ``ours`` are folders that ingest writes to, which cannot be delivered; none where only a look is meant.
    ``scratch`` is a folder with room for the table, None for the system's own; ``today`` judges its dates. ``terms`` is
    what was agreed with the producer. ``checksums`` are checksum files that were given beside the delivery; where
    None, none is looked for in it either.
    """
    if not os.path.exists(source):  # unlike Path.exists it has an answer for every name
        raise UsageError(f"there is no folder {source}", hint="check the path; is the medium mounted?")
    if not source.is_dir():
        raise UsageError(f"{source} is not a folder", hint="put the file into a folder and give the folder")
    source = source.resolve()
    for folder in ours:
        if source.is_relative_to(folder.resolve()) or folder.resolve().is_relative_to(source):
            raise UsageError(
                f"{source} and the archive's own folder {folder} lie in one another",
                hint="what is delivered is never written to: deliver a folder that holds nothing of the archive",
            )
    try:
        with Descent(os.fsencode(source)) as descent:
            descent.names(b"")
    except OSError as error:
        raise UsageError(f"{source} cannot be listed: {error.strerror}") from error
    table = None if metadata is None else read_metadata(metadata, scratch=scratch, today=today)
    bag, findings = _bag(source)
    listed = None if checksums is None else _checksums(source, bag, given=checksums, scratch=scratch)
    told = (*findings, *(table.findings if table else ()), *judge(terms, table, bag))
    told += () if listed is None else listed.findings()
    return Delivery(source, producer, table, bag, told, terms, listed)


def _checksums(source: Path, bag: Structure | None, *, given: Sequence[Path], scratch: Path | None) -> Checksums | None:
    """The checksum files of a delivery; of a bag those in its payload, for its manifests are read by other rules."""
    payload = b"" if bag is None else _PAYLOAD
    files = (walked.path for walked in walk(os.fsencode(source)) if walked.kind is EntryKind.FILE)
    within = (path for path in files if path.startswith(payload))
    return find_checksums(source, within, given=given, payload=payload, scratch=scratch)


def _bag(source: Path) -> tuple[Structure | None, tuple[Finding, ...]]:
    """The bag at ``source``, or None. What claims to be a bag and cannot be read as one is taken as a plain folder."""
    declared = _kind(source / "bagit.txt")
    if declared is None:
        return None, ()
    findings: tuple[Finding, ...] = ()
    if declared is EntryKind.FILE:
        structure = read_structure(DirectoryReader(source, opener=lambda path: open_unlinked(os.fsencode(path))))
        findings = structure.findings
        if any(structure.payload()) and structure.payload_manifests:
            return structure, (*findings, *_departures(structure), *_not_delivered(structure))
    message = "bagit.txt is there, but no payload with a manifest that can be checked: taken in as a plain folder"
    return None, (*findings, Finding(FindingCode.NOT_A_BAG, Severity.WARNING, shown(os.fsencode(source.name)), message))


def _kind(path: Path) -> EntryKind | None:
    """What stands there, without following a link; None for nothing."""
    try:
        return kind_of(os.lstat(path).st_mode)
    except OSError:
        return None


def _departures(structure: Structure) -> Iterator[Finding]:
    """What is wrong with a bag and can be told before its payload is read."""
    payload = tuple(structure.payload())
    yield from (found for found in judge_completeness(structure) if not is_said_otherwise_by_ingest(found))
    yield from judge_oxum(structure, octets=sum(entry.size for entry in payload), streams=len(payload))
    yield from judge_tag_files(structure)


def _not_delivered(structure: Structure) -> Iterator[Finding]:
    present = {entry.path for entry in structure.payload()}
    listed = {path for manifest in structure.payload_manifests.values() for path in manifest}
    to_fetch = {entry.path for entry in structure.fetch}
    for path in sorted(listed - present - to_fetch):
        message = "the bag's manifest lists this file, and it was not delivered"
        yield Finding(FindingCode.LISTED_NOT_DELIVERED, Severity.ERROR, shown(path), message, "RFC 8493 §3")
    for path in sorted(present - listed):
        message = "the file is in the payload and in no manifest of the bag"
        yield Finding(FindingCode.DELIVERED_NOT_LISTED, Severity.WARNING, shown(path), message, "RFC 8493 §3")


ODDITIES = {
    EntryKind.LINK: (
        FindingCode.LINK,
        Severity.WARNING,
        "a symbolic link; it was not followed, and its target is in the listing",
    ),
    EntryKind.FIFO: (FindingCode.FIFO, Severity.WARNING, "a named pipe, which holds no bytes to keep"),
    EntryKind.SOCKET: (FindingCode.SOCKET, Severity.WARNING, "a socket, which holds no bytes to keep"),
    EntryKind.DEVICE: (FindingCode.DEVICE, Severity.WARNING, "a device, which was not opened"),
    EntryKind.UNKNOWN: (FindingCode.UNREADABLE_ENTRY, Severity.ERROR, "cannot be looked at"),
}
"""What is found and not received: finding code, weight and sentence by kind."""


def oddity(walked: Walked) -> Finding | None:
    """The finding about an entry that is no regular file, None for files and for folders that hold something."""
    if walked.kind is EntryKind.FILE:
        return None
    subject = shown(walked.path)
    if walked.kind in ODDITIES:
        code, severity, message = ODDITIES[walked.kind]
        return Finding(code, severity, subject, message if walked.error is None else f"{message}: {walked.error}")
    if walked.kind is EntryKind.FOLDER and walked.error is not None:
        return Finding(
            FindingCode.UNREADABLE_FOLDER, Severity.ERROR, subject, f"the folder cannot be listed: {walked.error}"
        )
    if walked.kind is EntryKind.FOLDER and walked.empty:
        return Finding(FindingCode.EMPTY_FOLDER, Severity.INFO, subject, "an empty folder; it stands in the listing")
    return None
