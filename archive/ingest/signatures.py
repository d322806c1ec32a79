"""Signatures and time-stamps among the delivered files: each is put to whoever can check it, and the answer kept."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from archive.ingest.grouping import SideCar, side_car, subjects
from archive.ingest.receive import Received, ReceivedFile
from archive.ingest.workbench import SignatureQuestion, Workbench
from archive.model.names import shown
from archive.model.signatures import SignatureJudgement, SignatureOutcome
from archive.packages.content import JudgedSignature
from archive.packages.folder import delivered_file
from profiles.finding import Finding, Severity
from profiles.finding_codes import FindingCode

_SIGNATURES = frozenset(
    {
        SideCar.OPENTIMESTAMPS,
        SideCar.TIMESTAMP,
        SideCar.OPENPGP_ARMORED,
        SideCar.SIGNATURE,
        SideCar.MINISIGN,
        SideCar.C2PA,
    }
)
_ALONE = SignatureJudgement(SignatureOutcome.UNVERIFIABLE, "the file it is about is not beside it")
_PUBLIC_KEY = b"pubkey.asc"


def judge_signatures(received: Received, *, bench: Workbench) -> tuple[JudgedSignature, ...]:
    """What came of every signature and time-stamp of a lot."""
    items: dict[str, list[ReceivedFile]] = {}
    for file in received.files:
        if file.expected.item is not None:
            items.setdefault(file.expected.item, []).append(file)
    return tuple(
        _judge(file, kind, items.get(file.expected.item or "", [file]), received.folder, bench)
        for file in received.files
        if (kind := _kind(file)) is not None
    )


def told(signatures: Sequence[JudgedSignature], received: Received) -> Iterator[Finding]:
    """What a person must know: a signature that does not fit."""
    names = {file.expected.file: file.expected.name for file in received.files}
    for signature in signatures:
        if signature.judgement.outcome is SignatureOutcome.INVALID:
            message = f"the signature or time-stamp does not fit: {signature.judgement.reason}; it is kept as it is"
            yield Finding(FindingCode.SIGNATURE_INVALID, Severity.ERROR, shown(names[signature.file]), message)


def _kind(file: ReceivedFile) -> SideCar | None:
    base = os.path.basename(file.expected.name)
    kind = side_car(base)
    return kind if kind in _SIGNATURES and base != _PUBLIC_KEY else None


def _judge(
    file: ReceivedFile, kind: SideCar, item: Sequence[ReceivedFile], folder: Path, bench: Workbench
) -> JudgedSignature:
    by_name = {os.path.basename(member.expected.name): member for member in item}
    about = [by_name[name] for name in subjects(os.path.basename(file.expected.name), list(by_name))]
    if not about:
        return JudgedSignature(file.expected.file, kind, (), _ALONE)
    files = tuple((delivered_file(folder, member.path), member.sha256) for member in about)
    answer = bench.judge_signature(SignatureQuestion(kind, delivered_file(folder, file.path), files))
    checked = about if answer.subject is None else [about[answer.subject]]
    return JudgedSignature(file.expected.file, kind, tuple(m.expected.file for m in checked), answer.judgement)
