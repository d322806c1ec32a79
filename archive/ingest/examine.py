"""Examining: what the files are, asked of the bytes just copied."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from archive import durable
from archive.holdings.sealing import own_disk
from archive.ingest.identifying import Awaited
from archive.ingest.receive import Received, ReceivedFile
from archive.ingest.signatures import judge_signatures, told
from archive.ingest.workbench import Workbench
from archive.inspection.identification import Answers
from archive.inspection.verdict import SENTENCES, decide, heard, of_interest
from archive.model.formats import Tool
from archive.model.malware import Scan
from archive.model.names import shown
from archive.packages.content import JudgedSignature
from archive.packages.folder import delivered_file
from profiles.finding import Finding, Severity
from profiles.finding_codes import FindingCode


@dataclass(frozen=True, slots=True)
class Examined:
    """A received lot with what each identifier said of each file, in the same order, and what came of signatures.

    ``tools`` are all identifiers that were asked, ``scans`` what the malware scanner said, in the order of the files.
    Of our own signatures' answers only those are kept that add something.
    """

    received: Received
    answers: tuple[Answers, ...]
    tools: tuple[Tool, ...]
    signatures: tuple[JudgedSignature, ...]
    scans: tuple[Scan, ...]

    def pairs(self) -> tuple[tuple[ReceivedFile, Answers], ...]:
        """Each file with the answers to it."""
        return tuple(zip(self.received.files, self.answers, strict=True))


def examine(received: Received, identified: Awaited, *, bench: Workbench) -> Examined:
    """What every received file is, whether it is infected and whether signatures fit; where a person should look."""
    scans = _scan(received, bench)
    bench.progress.stage("identifying formats")
    if received.files:
        with own_disk(received.folder):  # the medium takes what was copied while the crew looks at it
            durable.sync_filesystem(received.folder)
    said = identified()
    tools = tuple(answer.said_by for answer in said[0]) if said else ()
    answers = [of_interest(of_one) for of_one in said]
    signatures = judge_signatures(received, bench=bench)
    findings = (*received.findings, *_to_review(received.files, answers), *told(signatures, received))
    return Examined(replace(received, findings=findings), tuple(answers), tools, signatures, scans)


def _scan(received: Received, bench: Workbench) -> tuple[Scan, ...]:
    bench.progress.stage("looking for malware")
    with own_disk(received.folder):
        paths = (delivered_file(received.folder, file.path) for file in received.files)
        return tuple(bench.find_scanner().scan_all(paths))


def _to_review(files: Sequence[ReceivedFile], answers: Sequence[Answers]) -> Iterator[Finding]:
    for file, of_one in zip(files, answers, strict=True):
        kind = decide(of_one).kind
        if kind.needs_a_person:
            subject = shown(file.expected.name)
            message = f"{SENTENCES[kind]} ({heard(of_one)})"
            yield Finding(FindingCode.FORMAT_REVIEW, Severity.INFO, subject, message, "format verdict")
