"""Sealing an accession package: the papers of one delivery, never a second copy of its content."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from pathlib import Path

from archive.model.identifiers import FileId, PackageId
from archive.model.malware import Scanned
from archive.model.moments import format_moment, moment_from_ns
from archive.model.names import PackagePaths, shown
from archive.model.packages import Outcome
from archive.model.transfer import Transfer
from archive.packages import preservation
from archive.packages.aip import bag_info, write_texts
from archive.packages.content import Provenance, Sealed
from archive.packages.description import write_dublin_core, write_root_mets
from archive.packages.explanations import template
from archive.packages.folder import PackageFolder, Stored
from premis.mets import OaisPackageType
from premis.writer import write_premis
from profiles.finding import Finding, finding_as_json

SUBMISSION = "data/documentation/submission/"
"""Folder of what the producer sent along."""
UNMATCHED_HEADING = b"finding,path,message\n"
EARLIER = "data/documentation/earlier/"

ACCESSION_BAG_PROFILE = "urn:uuid:8a1f7d54-3b0e-4c1b-8e0a-b6c1f0b4d9e2"
"""Identifier of the BagIt profile of our accession packages, version 1."""


Receipts = Callable[[str, Sequence[Stored]], Iterable[tuple[str, bytes]]]
"""Writes the receipt, given the SHA-256 of ``receipt.csv`` and what was submitted: names and content."""


@dataclass(frozen=True, slots=True)
class ReceiptLine:
    """One delivered file in the receipt; ``mtime`` in nanoseconds since 1970.

    Its bytes lie in ``aip``, there as the file ``same_as`` where that is set.
    """

    name: bytes
    outcome: Outcome
    size: int
    sha256: str | None
    blake3: str | None
    mtime: int
    aip: PackageId | None
    file: FileId
    same_as: FileId | None


@dataclass(frozen=True, slots=True)
class MemberPackage:
    """One AIP of the accession, pinned by the digest of its tagmanifest."""

    package: PackageId
    files: int
    bytes: int
    tagmanifest_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessionContent:
    """Everything one accession package is made of. The iterables are taken once, in turn."""

    provenance: Provenance
    opened_at: datetime
    listing: Iterable[bytes]
    """Lines of the listing of the delivered tree, each ending in a line feed."""
    stored_once: int
    """Delivered files without room of their own, because others of the accession have the same bytes."""
    submission: Iterable[tuple[bytes, Iterable[bytes]]]
    """Metadata and checksum files as received: delivered name and content, in pieces."""
    receipt: Iterable[ReceiptLine]
    totals: dict[str, int]
    members: tuple[MemberPackage, ...]
    findings: tuple[Finding, ...]
    malware: tuple[Scanned, ...] = ()
    unmatched: Iterable[bytes] = ()
    """Lines about every file without a row in the producer's table and every row without a file."""
    transfers: tuple[Transfer, ...] = ()
    """How what was delivered came into the archive's hands."""
    earlier: Iterable[tuple[bytes, Iterable[bytes]]] = ()
    """Papers of what was received into the accession before: name and content, in pieces."""
    receipts: Receipts | None = None


def seal_accession(root: Path, content: AccessionContent) -> Sealed:
    """Write the papers below ``root`` and make the folder a bag. Nothing is synced or published here."""
    folder = PackageFolder(root)
    write_texts(folder, {"README.txt": (readme := accession_readme(content.provenance, content.totals))})
    with folder.writing("data/documentation/listing.jsonl") as out:
        for line in content.listing:
            out.write(line)
    with folder.writing("data/documentation/receipt.csv") as out:
        for line in receipt_lines(content.receipt):
            out.write(line)
    folder.write("data/documentation/packages.csv", members_table(content.members))
    folder.write("data/documentation/findings.json", _findings(content.findings))
    folder.write("data/documentation/malware.csv", malware_table(content.malware))
    _write_unmatched(folder, content.unmatched)
    _write_named(folder, SUBMISSION, content.submission)
    _write_named(folder, EARLIER, content.earlier)
    if content.receipts is not None:
        digest = folder.stored("data/documentation/receipt.csv").sha256
        for name, text in content.receipts(digest, folder.below(SUBMISSION)):
            folder.write(f"data/documentation/{name}", text)
    write_dublin_core(folder, content.provenance)
    _write_premis(folder, content)
    write_root_mets(folder, content.provenance, OaisPackageType.AIC)
    size = sum(stored.size for stored in folder.below("data/"))
    info = bag_info(content.provenance, profile=ACCESSION_BAG_PROFILE, size=size)
    return folder.finish(content.provenance.package, info=info, readme=readme)


def _write_named(folder: PackageFolder, below: str, named: Iterable[tuple[bytes, Iterable[bytes]]]) -> None:
    paths = PackagePaths()
    for name, chunks in named:
        with folder.writing(f"{below}{paths.path(name)}") as out:
            for chunk in chunks:
                out.write(chunk)


def _write_unmatched(folder: PackageFolder, lines: Iterable[bytes]) -> None:
    rest = iter(lines)
    first = next(rest, None)
    if first is None:
        return
    with folder.writing("data/documentation/unmatched.csv") as out:
        for line in chain((UNMATCHED_HEADING, first), rest):
            out.write(line)


def accession_readme(provenance: Provenance, totals: Mapping[str, int]) -> bytes:
    """What explains an accession package."""
    return template(
        "README-accession.txt",
        package=provenance.package,
        accession=provenance.accession,
        producer=provenance.producer,
        sealed=format_moment(provenance.sealed_at),
        **totals,
    )


def receipt_lines(receipt: Iterable[ReceiptLine]) -> Iterator[bytes]:
    """``receipt.csv``, line by line."""
    yield b"outcome,size,modified,sha256,blake3,package,file,bytes_of,path\n"
    for line in receipt:
        yield csv_line(
            line.outcome,
            line.size,
            moment_from_ns(line.mtime),
            line.sha256 or "",
            line.blake3 or "",
            line.aip or "",
            line.file,
            line.same_as or "",
            guarded_cell(shown(line.name)),
        )


def guarded_cell(text: str) -> str:
    """``text`` so that no spreadsheet takes it for a formula."""
    return "'" + text if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def csv_line(*cells: object) -> bytes:
    """One line of a table for people and programs: commas, quotes where needed, UTF-8."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue().encode("utf-8", "backslashreplace")


def members_table(members: tuple[MemberPackage, ...]) -> bytes:
    """``packages.csv``."""
    head = b"package,payload_files,payload_bytes,tagmanifest_sha256\n"
    return head + b"".join(csv_line(m.package, m.files, m.bytes, m.tagmanifest_sha256) for m in members)


def malware_table(malware: tuple[Scanned, ...]) -> bytes:
    """``malware.csv``: what a scanner said, and of how many files."""
    return b"outcome,detail,files\n" + b"".join(
        csv_line(said.outcome, guarded_cell(said.detail or ""), said.files) for said in malware
    )


def _findings(findings: tuple[Finding, ...]) -> bytes:
    text = json.dumps([finding_as_json(finding) for finding in findings], ensure_ascii=False, indent=1)
    return text.encode("utf-8", "backslashreplace") + b"\n"


def _write_premis(folder: PackageFolder, content: AccessionContent) -> None:
    provenance = content.provenance
    package = preservation.uuid_identifier(provenance.package)
    members = [preservation.uuid_identifier(member.package) for member in content.members]
    parts = (preservation.structural("has Part", *members),) if members else ()
    entity = preservation.package_entity(provenance, relationships=parts)
    numbers = ", ".join(f"{name} {count}" for name, count in content.totals.items())
    accession = preservation.new_event(
        "accession",
        at=content.opened_at,
        objects=(package,),
        detail=f"accession {provenance.accession} from producer {provenance.producer}",
        note=numbers,
    )
    events = [preservation.transfer_event(one, of=package, before=content.opened_at) for one in content.transfers]
    events.append(accession)
    if content.stored_once:
        note = (
            f"{content.stored_once} files have the same bytes as another of this delivery, and the same rights; they "
            "are stored once, and receipt.csv says in which package and as which file"
        )
        at = provenance.sealed_at
        events.append(preservation.new_event("appraisal", at=at, objects=(package,), detail="duplicates", note=note))
    made = preservation.new_event("information package creation", at=provenance.sealed_at, objects=(package,))
    with folder.writing("data/metadata/preservation/premis.xml") as out:
        write_premis(
            out,
            objects=(entity,),
            events=(*events, made),
            agents=[
                *preservation.software_agents(provenance.software_version),
                preservation.producer_agent(provenance.producer),
                *preservation.person_agents(content.transfers),
            ],
            rights=(preservation.embargo((package,), notes=("names and metadata may identify people",)),),
        )
