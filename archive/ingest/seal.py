"""Sealing and placing: a package becomes visible in one step, and is recorded after it is stored.

Store first, record last. What is about to be recorded is written down beside the staged package before the package
becomes visible (``<package>.sealed``); a run that was killed in between is finished from there by ``finish``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from archive import canonical, durable
from archive.codec.record_codec import decode_record, encode_record, renewed
from archive.config import STORE
from archive.errors import ArchiveError
from archive.holdings.identification import identification
from archive.holdings.malware import malware_record
from archive.holdings.replicate import replicate, replication, require_right
from archive.holdings.sealing import own_disk, seal_record, sealed_of, sealed_safely
from archive.ingest.appraise import Decision
from archive.ingest.groups import in_words
from archive.ingest.papers import PAPERS
from archive.ingest.survey import Delivery
from archive.ingest.unreceived import not_received
from archive.ingest.workbench import Workbench
from archive.model.identifiers import AccessionId, FileId, ItemId, PackageId, new_identifier
from archive.model.names import shown
from archive.model.packages import Outcome, PackageKind, replica_key
from archive.model.records import ItemRecord, Octets, ReceiptRecord, Record, ReferenceRecord, RightsRecord, SealRecord
from archive.model.rights import Statement
from archive.model.sentences import with_data
from archive.packages.aip import seal_aip
from archive.packages.content import AipContent, HeldGroup, JudgedSignature, PackagedFile, Provenance
from archive.packages.sealed import read_promise
from archive.storage.folders import DirectoryReader, discard
from archive.storage.location import PackageReader
from profiles.finding import Finding, finding_as_json, finding_from_json
from profiles.finding_codes import FindingCode
from profiles.ingest_profile import Grouping, IngestProfile

SEALED = ".sealed"
DONE = ".done"


@dataclass(frozen=True, slots=True)
class Prepared:
    """A sealed package still in staging, with what will be recorded once it is stored. ``folder`` None: no package."""

    folder: Path | None
    records: tuple[Record, ...]
    findings: tuple[Finding, ...]


def seal(decision: Decision, *, delivery: Delivery, accession: AccessionId, bench: Workbench) -> Prepared:
    """Make the package of a decided lot in staging, sync it, and have bagit-python read it back from the medium.

    A lot of which nothing could be read, or whose bytes are all stored already, makes no package, only receipts.
    """
    received = decision.received
    if not decision.files:
        receipts, rights = _receipts(decision, accession, bench), _rights(decision, bench)
        return Prepared(None, (*receipts, *rights), _not_told_apart(decision))
    bench.progress.stage("sealing")
    group = received.lot.group
    content = AipContent(
        provenance=provenance(received.lot.package, accession=accession, delivery=delivery, bench=bench),
        received_at=received.received_at,
        files=decision.files,
        items=None if delivery.metadata is None else delivery.metadata.items(file.name for file in decision.files),
        signatures=_signatures(decision),
        group=held_group(decision, delivery),
    )
    sealed = sealed_safely(received.folder, lambda folder: seal_aip(folder, content))
    of_group = None if group is None else group.id
    record = seal_record(bench.holdings, sealed, accession, PackageKind.AIP, group=of_group)
    answered = ((file.id, file.answers) for file in decision.files)
    told = identification(bench.holdings.stamp, received.lot.package, tools=decision.tools, answered=answered)
    records = (record, *told_of_files(decision, accession, bench), told)
    return Prepared(received.folder, records, _not_told_apart(decision))


def findings_about(decision: Decision, files: Iterable[PackagedFile]) -> tuple[Finding, ...]:
    """What was found about these files of a lot."""
    names = {shown(file.name) for file in files}
    return tuple(finding for finding in decision.received.findings if finding.subject in names)


def _not_told_apart(decision: Decision) -> tuple[Finding, ...]:
    """What was found, but for what stands with the packages in quarantine."""
    apart = frozenset(findings_about(decision, decision.apart))
    return tuple(finding for finding in decision.received.findings if finding not in apart)


def told_of_files(decision: Decision, accession: AccessionId, bench: Workbench) -> Iterator[Record]:
    """The records about the files of a package, but for what they are: receipts, items, rights, malware."""
    yield from _receipts(decision, accession, bench)
    yield from _items(decision, bench)
    yield from _rights(decision, bench)
    package, scans = decision.received.lot.package, ((file.id, file.scan) for file in decision.files)
    yield malware_record(bench.holdings.stamp, package, scans)


def held_group(decision: Decision, delivery: Delivery) -> HeldGroup | None:
    """The one group that the files of a lot belong to, as a package says it."""
    group = decision.received.lot.group
    return None if group is None else HeldGroup(group.id, in_words(group.kind, delivery.terms))


def _signatures(decision: Decision) -> tuple[JudgedSignature, ...]:
    """What came of checking the signatures among the files of the package, and not of those that are kept apart."""
    apart = {file.id for file in decision.apart}
    return tuple(judged for judged in decision.signatures if judged.file not in apart)


def provenance(package: PackageId, *, accession: AccessionId, delivery: Delivery, bench: Workbench) -> Provenance:
    """Where a package of this delivery comes from."""
    return Provenance(
        package=package,
        accession=accession,
        producer=delivery.producer,
        organization=bench.policy.organization,
        title=title_of(delivery.title, accession=accession, producer=delivery.producer, terms=delivery.terms),
        sealed_at=bench.holdings.stamp.clock(),
        software_version=bench.holdings.stamp.version,
    )


def title_of(folder: str, *, accession: AccessionId, producer: str, terms: IngestProfile) -> str:
    """What a package is called; of persons and cases without the folder's name, which may be somebody's."""
    what = folder if terms.grouping is Grouping.NONE else f"Accession {accession}"
    return f"{what}, from {producer}"


def _receipts(decision: Decision, accession: AccessionId, bench: Workbench) -> list[Record]:
    stamp = bench.holdings.stamp()
    received = chain(
        ((file, decision.received.lot.package) for file in decision.files),
        ((reference.file, None) for reference in decision.references),
    )
    accepted: list[Record] = [
        ReceiptRecord(
            **stamp,
            accession=accession,
            file=file.id,
            name=file.name,
            size=Octets(file.size),
            sha256=file.sha256,
            blake3=file.blake3,
            mtime=Octets(file.mtime_ns),
            outcome=file.outcome,
            package=aip,
        )
        for file, aip in received
    ]
    known = {row.id for row in bench.holdings.catalogue.received(accession, [p.name for p in decision.pending])}
    pending = [
        not_received(file, accession, Outcome.PENDING, bench.holdings.stamp("cannot be read"))
        for file in decision.pending
        if file.file not in known  # said once already, by a run that could not read it either
    ]
    return accepted + list(_references(decision, bench)) + pending


def _references(decision: Decision, bench: Workbench) -> Iterator[Record]:
    """Which of the files are stored as another."""
    alike: dict[FileId, list[FileId]] = {}
    for reference in decision.references:
        alike.setdefault(reference.same_as, []).append(reference.file.id)
    for holder, files in alike.items():
        yield ReferenceRecord(**bench.holdings.stamp(), same_as=holder, files=tuple(files))


def _items(decision: Decision, bench: Workbench) -> Iterator[Record]:
    """Which of the files belong together."""
    members: dict[ItemId, list[FileId]] = {}
    for file in decision.files:
        if file.item is not None:
            members.setdefault(file.item, []).append(file.id)
    for item, files in members.items():
        yield ItemRecord(**bench.holdings.stamp(), item=item, package=decision.received.lot.package, files=tuple(files))


def _rights(decision: Decision, bench: Workbench) -> Iterator[Record]:
    """What was stated about the rights in the files, each statement once."""
    alike: dict[tuple[PackageId, Statement], list[FileId]] = {}
    stored = ((decision.received.lot.package, file) for file in decision.files)
    for aip, file in chain(stored, ((reference.aip, reference.file) for reference in decision.references)):
        if file.rights is not None:
            alike.setdefault((aip, file.rights.statement), []).append(file.id)
    for (aip, statement), files in alike.items():
        yield RightsRecord(
            **bench.holdings.stamp(),
            package=aip,
            statement=statement.as_text(),
            files=tuple(files),
        )


def place(prepared: Prepared, *, desk: Path, bench: Workbench) -> list[Finding]:
    """Store a prepared package at every location that can be reached, then record it; answer what is still owed.

    ``desk`` is the accession's folder in staging.
    """
    seals = [record for record in prepared.records if isinstance(record, SealRecord)]
    if not seals:
        lasting = tuple(finding for finding in prepared.findings if finding.code != FindingCode.UNREADABLE)
        keep_findings(lasting, desk=desk, name=new_identifier())
        bench.holdings.record(prepared.records)
        return []
    intent = desk / f"{seals[0].package}{SEALED}"
    with own_disk(intent):
        durable.write_atomic(intent, _encode(prepared))
    return finish(intent, prepared.records, bench=bench)


def finish(intent: Path, records: Sequence[Record], *, bench: Workbench) -> list[Finding]:
    """Store and record the package that ``intent`` speaks of, from wherever an earlier run was stopped.

    ``records`` are those that ``intent`` holds.
    """
    record = next(record for record in records if isinstance(record, SealRecord))
    holdings, store = bench.holdings, bench.holdings.locations[STORE]
    staged, key = intent.with_suffix(""), replica_key(record.package)
    findings: list[Finding] = []
    if holdings.catalogue.package(record.package) is None:
        if not store.holds(key):
            if not staged.is_dir():
                raise ArchiveError(f"package {record.package} is neither in staging nor in the store")

            def check(copy: PackageReader) -> None:
                require_right(copy, read_promise(sealed_of(record), [DirectoryReader(staged)]))

            with own_disk(staged):
                store.take_in(staged, key, check=check)
        bench.progress.stage("replicating")
        copies, findings = replicate(
            holdings, record.package, sealed_of(record), source=store.reader(key), held=frozenset({STORE})
        )
        holdings.record([*records, replication(holdings, record.package, STORE), *copies])
    with own_disk(intent):
        durable.replace(intent, intent.with_suffix(DONE))
    return findings


def finish_interrupted(desk: Path, *, bench: Workbench) -> list[Finding]:
    """Finish every package that an earlier run had sealed and not recorded; throw away what it was only preparing."""
    findings: list[Finding] = []
    if not desk.is_dir():
        return findings
    for intent in sorted(desk.glob(f"*{SEALED}")):
        findings += finish(intent, _decode(intent), bench=bench)
    for folder in desk.iterdir():
        if folder.is_dir() and folder.name != PAPERS:
            discard(folder)
    return findings


def keep_findings(findings: tuple[Finding, ...], *, desk: Path, name: str) -> None:
    """Keep findings on a desk that no package there has."""
    if findings:
        with own_disk(desk):
            durable.write_atomic(desk / f"{name}{DONE}", _encode(Prepared(None, (), findings)))


def findings_so_far(desk: Path) -> Iterator[Finding]:
    """Findings about the lots recorded so far, also by earlier runs."""
    return (finding for done in sorted(desk.glob(f"*{DONE}")) for finding in _findings(done))


def _encode(prepared: Prepared) -> bytes:
    findings = canonical.encode([finding_as_json(finding) for finding in prepared.findings])
    return b"\n".join([findings, *map(encode_record, prepared.records)]) + b"\n"


def _decode(intent: Path) -> Sequence[Record]:
    return [renewed(decode_record(line)) for line in intent.read_bytes().splitlines()[1:]]


def _findings(done: Path) -> Iterable[Finding]:
    with open(done, "rb") as file:
        line = file.readline()
    for given in json.loads(line):
        yield with_data(finding_from_json(given))
