"""Putting files into quarantine: one package for each infected item, one for what has no row (ADR 0021).

What is kept apart is sealed as the ordinary package it would have been, and that package is encrypted.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import replace

from archive.holdings.quarantine_key import require_key
from archive.holdings.sealing import own_disk, seal_record, sealed_safely
from archive.ingest.accession import Desk
from archive.ingest.appraise import Decision
from archive.ingest.seal import Prepared, findings_about, held_group, place, provenance, told_of_files
from archive.ingest.survey import Delivery
from archive.ingest.workbench import Workbench
from archive.model.identifiers import AccessionId, PackageId, new_identifier
from archive.model.knowledge_records import QuarantineRecord
from archive.model.malware import MalwareOutcome
from archive.model.names import shown
from archive.model.packages import PackageKind
from archive.model.quarantine import QuarantineReason
from archive.model.record import Octets
from archive.packages.aip import seal_aip
from archive.packages.content import AipContent, PackagedFile, Sealed
from archive.packages.folder import delivered_file
from archive.packages.quarantine import QuarantineContent, seal_quarantine
from archive.storage.folders import discard
from archive.storage.tar import tar_stream
from profiles.finding import Finding, Severity
from profiles.finding_codes import FindingCode


def quarantine(decision: Decision, *, delivery: Delivery, desk: Desk, bench: Workbench) -> list[Finding]:
    """Seal, store and record what a decision keeps apart, in packages of their own; answer what is still owed.

    Its files leave the lot's folder in staging.
    """
    infected: dict[str, list[PackagedFile]] = {}
    for file in decision.apart:
        if decision.why[file.id] is QuarantineReason.INFECTED:
            infected.setdefault(file.item or file.id, []).append(file)
    without_row = [file for file in decision.apart if decision.why[file.id] is QuarantineReason.WITHOUT_ROW]
    groups = [(QuarantineReason.INFECTED, files) for files in infected.values()]
    groups += [(QuarantineReason.WITHOUT_ROW, without_row)] if without_row else []
    owed = []
    for why, files in groups:
        prepared = _seal(decision, files, why, delivery=delivery, accession=desk.accession, bench=bench)
        owed += place(prepared, desk=desk.folder, bench=bench)
    return owed


def _seal(
    decision: Decision,
    files: Sequence[PackagedFile],
    why: QuarantineReason,
    *,
    delivery: Delivery,
    accession: AccessionId,
    bench: Workbench,
) -> Prepared:
    bench.progress.stage("putting into quarantine")
    package, holdings = PackageId(new_identifier()), bench.holdings
    inside = _seal_inside(decision, files, delivery=delivery, accession=accession, bench=bench)
    inner = decision.received.folder.parent / inside.package
    recipient, findings = require_key(holdings)
    told = provenance(package, accession=accession, delivery=delivery, bench=bench)
    content = QuarantineContent(
        provenance=replace(told, producer="", title=f"Quarantined files of accession {accession}"),
        why=why,
        files=len(files),
        content=inside,
        recipient=recipient,
        octets=tar_stream(inner),
    )
    folder = inner.parent / package
    sealed = sealed_safely(folder, lambda root: seal_quarantine(root, content))
    discard(inner)
    lot = replace(decision.received.lot, package=package)
    kept = replace(
        decision, received=replace(decision.received, lot=lot), files=tuple(files), pending=(), references=(), apart=()
    )
    threats = {file.scan.threat for file in files if file.scan.outcome is MalwareOutcome.INFECTED}
    record = QuarantineRecord(
        **holdings.stamp(),
        package=package,
        why=why,
        threats=tuple(sorted(filter(None, threats))),
        recipient=recipient,
        content=inside.package,
        content_files=inside.files,
        content_bytes=Octets(inside.bytes),
        content_tag_files=inside.tag_files,
        content_tagmanifest_sha256=inside.tagmanifest_sha256,
        content_manifest_sha256=inside.manifest_sha256,
    )
    group = None if lot.group is None else lot.group.id
    seal = seal_record(holdings, sealed, accession, PackageKind.QUARANTINE, group=group)
    records = (seal, record, *told_of_files(kept, accession, bench))
    return Prepared(folder, records, (*findings, *findings_about(decision, files), *_told(files, why, package)))


def _seal_inside(
    decision: Decision, files: Sequence[PackagedFile], *, delivery: Delivery, accession: AccessionId, bench: Workbench
) -> Sealed:
    """Move the files into a package of their own and seal it."""
    package = PackageId(new_identifier())
    folder = decision.received.folder.parent / package
    with own_disk(folder):
        for file in files:
            place, lay = delivered_file(folder, file.path), delivered_file(decision.received.folder, file.path)
            place.parent.mkdir(parents=True, exist_ok=True)
            os.rename(lay, place)
            with contextlib.suppress(OSError):
                os.removedirs(lay.parent)  # as far up as nothing else lies there
    own = {file.id for file in files}
    content = AipContent(
        provenance=provenance(package, accession=accession, delivery=delivery, bench=bench),
        received_at=decision.received.received_at,
        files=tuple(files),
        items=None if delivery.metadata is None else delivery.metadata.items(file.name for file in files),
        signatures=tuple(judged for judged in decision.signatures if judged.file in own),
        group=held_group(decision, delivery),
    )
    return sealed_safely(folder, lambda root: seal_aip(root, content))


def _told(files: Sequence[PackagedFile], why: QuarantineReason, package: PackageId) -> Iterator[Finding]:
    decide = f"decide about it: archive quarantine decide {package}"
    if why is QuarantineReason.WITHOUT_ROW:
        count = "1 file has" if len(files) == 1 else f"{len(files)} files have"
        message = (
            f"{count} no row in the producer's table and {'is' if len(files) == 1 else 'are'} kept apart; {decide}"
        )
        yield Finding(FindingCode.QUARANTINED, Severity.WARNING, package, message, data={"package": package})
        return
    for file in files:
        if file.scan.outcome is MalwareOutcome.INFECTED:
            message = f"{file.scan.word}; kept apart in package {package}; {decide}"
        else:
            message = f"belongs to an infected file and is kept apart with it in package {package}"
        yield Finding(FindingCode.QUARANTINED, Severity.WARNING, shown(file.name), message, data={"package": package})
