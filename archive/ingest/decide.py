"""What a person decides about what is in quarantine: it stays there, it is released, or it is rejected (ADR 0021).

No byte is deleted here. What is released is decrypted beside the store, held against what the log says was sealed, and
stored as the ordinary package it was before it was encrypted; a run that was killed is finished by the next one.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from archive import durable
from archive.catalogue.rows import FileRow, PackageRow, QuarantineRow, here
from archive.errors import ArchiveError, StorageError, UsageError
from archive.holdings.holdings import Holdings
from archive.holdings.identification import identification
from archive.holdings.malware import infection, malware_record, newly_infected
from archive.holdings.quarantine_key import find_identity
from archive.holdings.remarks import require_no_remarks
from archive.holdings.replicate import require_right
from archive.holdings.sealing import own_disk, seal_record
from archive.holdings.sources import good_sources, no_good_source
from archive.ingest.seal import Prepared, finish_interrupted, place
from archive.ingest.workbench import Workbench
from archive.inspection.verdict import of_interest
from archive.model.formats import Tool
from archive.model.identifiers import PackageId
from archive.model.knowledge_records import QuarantineDecisionRecord
from archive.model.packages import Outcome, PackageKind
from archive.model.quarantine import QuarantineDecision
from archive.model.records import Octets, ReceiptRecord, Record
from archive.packages.content import Sealed
from archive.packages.folder import CONTENT
from archive.packages.quarantine import CONTENT as ENCRYPTED
from archive.packages.sealed import Promise, read_promise
from archive.storage.encryption import Identity, decrypt
from archive.storage.folders import DirectoryReader, discard
from archive.storage.tar import untar
from profiles.finding import Finding

DESKS = "quarantine"
"""Where what is released is unpacked, inside the archive's own folder, until it is stored."""

_OUTCOMES = {QuarantineDecision.KEEP: Outcome.QUARANTINED, QuarantineDecision.REJECT: Outcome.REJECTED}


@dataclass(frozen=True, slots=True)
class Decided:
    """What was decided about ``row``'s package; ``changed`` is False where that had been decided already.

    ``files`` are the delivered files it is about, ``findings`` copies that are still owed.
    """

    row: QuarantineRow
    decision: QuarantineDecision
    files: tuple[FileRow, ...]
    changed: bool
    findings: tuple[Finding, ...] = ()


def consider(holdings: Holdings, package: PackageId, decision: QuarantineDecision) -> Decided:
    """What a decision would be about, with nothing changed. Raises UsageError where it cannot be made."""
    row, held = holdings.catalogue.quarantine(package), holdings.catalogue.package(package)
    if row is None or held is None:
        raise UsageError(f"no package {package} is in quarantine", hint="archive quarantine list shows what is")
    held = _held(holdings, row)
    files = tuple(holdings.catalogue.files_of(row.content if row.decision is QuarantineDecision.RELEASE else held.id))
    if row.decision is not None and row.decision.is_final and decision is not row.decision:
        raise UsageError(
            f"package {row.package} was released on {row.decided_at}: its content is held as package {row.content}",
            hint="what is held openly can only be deleted, by two persons: archive deletion request",
        )
    if decision is QuarantineDecision.RELEASE and row.decision is not decision:
        require_no_remarks(holdings.catalogue, f"releasing package {row.package} from quarantine")
    return Decided(row, decision, files, changed=row.decision is not decision)


def decide(
    package: PackageId, decision: QuarantineDecision, *, reason: str, identity: Path | None, bench: Workbench
) -> Decided:
    """Record a decision and do what follows from it. The same call goes on where a killed one stopped.

    ``identity`` is the file with the secret, None for where it was made. Raises UsageError where the decision cannot be
    made, ArchiveError or StorageError where the content cannot be had or is not what was sealed: nothing is changed.
    """
    if not reason.strip():
        raise UsageError("say why: --reason TEXT", hint="it stands in the custody log for ever")
    owed = tuple(_tidy(bench))
    wanted = consider(bench.holdings, package, decision)
    if not wanted.changed:
        return Decided(wanted.row, decision, wanted.files, changed=False, findings=owed)
    if decision is QuarantineDecision.RELEASE:
        owed += tuple(_release(wanted, reason=reason, identity=identity, bench=bench))
    else:
        outcome = _OUTCOMES[decision]
        changed = [file for file in wanted.files if file.outcome is not outcome]
        receipts = _receipts(bench.holdings, changed, outcome, wanted.row.package, reason)
        bench.holdings.record([_record(bench.holdings, wanted, reason), *receipts])
    return Decided(wanted.row, decision, wanted.files, changed=True, findings=owed)


def _held(holdings: Holdings, row: QuarantineRow) -> PackageRow:
    held = holdings.catalogue.package(row.package)
    if held is None or held.deaccessioned_at is not None:
        raise UsageError(f"package {row.package} was deaccessioned and is held no more")
    return held


def _tidy(bench: Workbench) -> Iterator[Finding]:
    """Finish releases that were killed when their content was ready; throw away what was only being unpacked."""
    folder = bench.holdings.home / DESKS
    for desk in sorted(folder.iterdir()) if folder.is_dir() else []:
        yield from finish_interrupted(desk, bench=bench)
        with own_disk(desk):
            discard(desk)


def _record(holdings: Holdings, wanted: Decided, reason: str) -> QuarantineDecisionRecord:
    return QuarantineDecisionRecord(**holdings.stamp(reason), package=wanted.row.package, decision=wanted.decision)


def _receipts(
    holdings: Holdings, files: Sequence[FileRow], outcome: Outcome, package: PackageId, reason: str
) -> Iterator[Record]:
    stamp = holdings.stamp(reason)
    for file in files:
        yield ReceiptRecord(
            **stamp,
            accession=file.accession,
            file=file.id,
            name=file.name,
            size=Octets(here(file.size)),
            sha256=file.sha256,
            blake3=file.blake3,
            mtime=Octets(here(file.mtime)),
            outcome=outcome,
            package=package,
        )


def _release(wanted: Decided, *, reason: str, identity: Path | None, bench: Workbench) -> list[Finding]:
    holdings, row = bench.holdings, wanted.row
    desk = holdings.home / DESKS / row.package
    secret = find_identity(holdings, row.recipient, identity)
    with own_disk(desk):
        desk.mkdir(mode=0o700, parents=True)
    try:
        promise = _unpack(wanted, secret, desk, bench)
        folder = desk / row.content
        held = _held(holdings, row)
        seal = seal_record(holdings, _promised(row), held.accession, PackageKind.AIP, group=held.group_id)
        receipts = _receipts(holdings, wanted.files, Outcome.ACCEPTED, row.content, reason)
        examined = _examined(wanted, folder, promise, bench)
        records = (seal, *receipts, *examined, _record(holdings, wanted, reason))
    except BaseException:
        discard(desk)
        raise
    owed = place(Prepared(folder, records, ()), desk=desk, bench=bench)
    with own_disk(desk):
        discard(desk)
    return owed


def _promised(row: QuarantineRow) -> Sealed:
    """What the log says of the package inside."""
    return Sealed(
        row.content,
        row.content_files,
        row.content_bytes,
        row.content_tag_files,
        row.content_tagmanifest_sha256,
        row.content_manifest_sha256,
    )


def _unpack(wanted: Decided, secret: Identity, desk: Path, bench: Workbench) -> Promise:
    """Decrypt the content from the first copy that allows it, unpack it, and hold it against what was sealed."""
    row, tar = wanted.row, desk / "content.tar"
    bench.progress.stage("decrypting")
    with own_disk(desk):
        _decrypt(_held(bench.holdings, row), secret, tar, bench.holdings)
        untar(tar, desk)
        tar.unlink()
        durable.sync_filesystem(desk)
    folder = desk / row.content
    reader = DirectoryReader(folder)
    promise = read_promise(_promised(row), [reader]) if folder.is_dir() else None
    if promise is None or not promise.complete:
        raise StorageError(f"what was decrypted is not package {row.content} as it was sealed", hint=_UNCHANGED)
    require_right(reader, promise)
    return promise


_UNCHANGED = "nothing was changed; archive audit says how the copies are"


def _decrypt(package: PackageRow, secret: Identity, tar: Path, holdings: Holdings) -> None:
    failed: StorageError | None = None
    for reader, promise in good_sources(holdings, package):
        expected = promise.files[ENCRYPTED.encode()].sha256
        try:
            with reader.open(ENCRYPTED.encode()) as stream:
                digesting = _Digesting(stream)
                decrypt(digesting, tar, [secret])
            if digesting.sha256.hexdigest() != expected:
                tar.unlink()
                raise StorageError(f"{reader.where}: what is encrypted is not what was sealed")
            return
        except ArchiveError as error:  # also "not our key": its public half is right, so it is the copy that is wrong
            failed = StorageError(f"{reader.where}: {error.what}", hint=_UNCHANGED)
        except OSError as error:
            failed = StorageError(f"{reader.where} cannot be read: {error.strerror or error}", hint=_UNCHANGED)
    raise failed or no_good_source(package)


class _Digesting:
    """A reading that digests what it reads."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.sha256 = hashlib.sha256()

    def read(self, size: int) -> bytes:
        data = self._stream.read(size)
        self.sha256.update(data)
        return data


def _examined(wanted: Decided, folder: Path, promise: Promise, bench: Workbench) -> Iterator[Record]:
    """What the files are, and what the scanner says of them today."""
    content = CONTENT.encode()
    lying = {expected.sha256: path for path, expected in promise.files.items() if path.startswith(content)}
    missing = [file for file in wanted.files if file.sha256 not in lying]
    if missing:
        raise StorageError(f"file {missing[0].id} is not in package {wanted.row.content}", hint=_UNCHANGED)
    paths = [folder / os.fsdecode(lying[file.sha256]) for file in wanted.files]
    names = (here(file.name).decode("utf-8", "surrogateescape") for file in wanted.files)
    answers = list(bench.identify(zip(paths, names, strict=True)))
    tools = tuple(Tool(one.tool, one.tool_version, one.signatures) for one in answers[0]) if answers else ()
    told = ((file.id, of_interest(said)) for file, said in zip(wanted.files, answers, strict=True))
    yield identification(bench.holdings.stamp, wanted.row.content, tools=tools, answered=told)
    scans = bench.find_scanner().scan_all(paths)
    said = list(zip((file.id for file in wanted.files), scans, strict=True))
    yield malware_record(bench.holdings.stamp, wanted.row.content, said)
    new = newly_infected(bench.holdings, wanted.row.package, said)
    yield from infection(bench.holdings, wanted.row.content, new, when="as it was released from quarantine")
