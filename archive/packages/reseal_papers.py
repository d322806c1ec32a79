"""Sealing the papers of an accession anew, without what tells of files that were deaccessioned.

The receipt keeps one line for each delivered file, so that the numbers still add up; the line of a file that is gone
says that it was deaccessioned, and nothing else.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from archive.bags.baginfo import parse_info, values
from archive.bags.versions import V1_0
from archive.model.identifiers import AccessionId, PackageId
from archive.model.names import shown
from archive.packages import preservation
from archive.packages.accession import (
    ACCESSION_BAG_PROFILE,
    MemberPackage,
    ReceiptLine,
    accession_readme,
    members_table,
    receipt_lines,
)
from archive.packages.aip import bag_info, write_texts
from archive.packages.content import Provenance, Sealed
from archive.packages.description import write_dublin_core, write_root_mets
from archive.packages.division import (
    GoneFile,
    Lines,
    Naming,
    is_list_of_digests,
    is_table,
    without_digests,
    without_entries,
    without_rows,
)
from archive.packages.folder import PackageFolder
from archive.packages.remainder_premis import Derivation, deaccession_event, derived_from, with_persons
from archive.packages.sealed import Promise
from archive.packages.sealed_source import SealedSource
from archive.storage.location import PackageReader
from premis.mets import OaisPackageType
from premis.model import (
    Agent,
    Entity,
    Event,
    IntellectualEntity,
    LinkingObject,
    RelatedObject,
    Relationship,
    RightsStatement,
)
from premis.reader import read_premis
from premis.terms import term
from premis.writer import write_premis

_PAPERS = b"data/documentation/"
_LISTING = b"data/documentation/listing.jsonl"
_RECEIPT = b"data/documentation/receipt.csv"
_MEMBERS = b"data/documentation/packages.csv"
_FINDINGS = b"data/documentation/findings.json"
_README = b"data/documentation/README"
_PREMIS = b"data/metadata/preservation/premis.xml"
_EARLIER = b"data/documentation/earlier/"
_LEFT_OUT = frozenset(b"data/documentation/receipt." + form for form in (b"txt", b"json", b"html"))
"""The receipt as it was given to the producer; archive accession receipt makes one of what is held now."""
_GONE_LINE = b'{"kind": "file", "deaccessioned": true}\n'
_GONE_RECEIPT = b"deaccessioned,,,,,,,,\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class RemainingPapers:
    """What the new papers say. ``receipt`` are the files that are held, ``gone`` all that are not any more."""

    package: PackageId
    accession: AccessionId
    producer: str
    derivation: Derivation
    gone: Sequence[GoneFile]
    receipt: Iterable[ReceiptLine]
    totals: Mapping[str, int]
    members: tuple[MemberPackage, ...]
    sealed_at: datetime
    software_version: str


def reseal_papers(
    root: Path, papers: RemainingPapers, *, source: PackageReader, promise: Promise
) -> tuple[Sealed, list[str]]:
    """Make below ``root`` the papers without what tells of files that are gone.

    Answers what was sealed, and a sentence for each paper that still names such a file, or may, because nobody can
    divide it: a letter, a workbook. Raises StorageError where the source is not what was sealed.
    """
    taken = SealedSource(source, promise)
    provenance = _provenance(taken, papers)
    folder = PackageFolder(root)
    readme = accession_readme(provenance, papers.totals)
    write_texts(folder, {"README.txt": readme})
    doubts = []
    for path in sorted(promise.files):
        if path.startswith(_PAPERS) and not path.startswith(_README) and path not in (_RECEIPT, _MEMBERS, *_LEFT_OUT):
            doubt = _take_over(folder, taken, path, papers.gone)
            doubts += [] if doubt is None else [doubt]
    with folder.writing(_RECEIPT.decode()) as out:
        for line in receipt_lines(papers.receipt):
            out.write(line)
        for _ in papers.gone:
            out.write(_GONE_RECEIPT)
    folder.write(_MEMBERS.decode(), members_table(papers.members))
    write_dublin_core(folder, provenance)
    _write_premis(folder, tuple(read_premis(io.BytesIO(taken.data(_PREMIS)))), papers)
    write_root_mets(folder, provenance, OaisPackageType.AIC)
    size = sum(stored.size for stored in folder.below("data/"))
    info = bag_info(provenance, profile=ACCESSION_BAG_PROFILE, size=size)
    return folder.finish(papers.package, info=info, readme=readme), doubts


def _provenance(taken: SealedSource, papers: RemainingPapers) -> Provenance:
    info, _ = parse_info(taken.data(b"bag-info.txt").decode(), name="bag-info.txt", version=V1_0)
    return Provenance(
        package=papers.package,
        accession=papers.accession,
        producer=papers.producer,
        organization="".join(values(info, "Source-Organization")),
        title="".join(values(info, "External-Description")),
        sealed_at=papers.sealed_at,
        software_version=papers.software_version,
    )


def _take_over(folder: PackageFolder, taken: SealedSource, path: bytes, gone: Sequence[GoneFile]) -> str | None:
    """Write one of the papers without what tells of ``gone``; answer what a person should know of it, if anything."""
    lines: Lines = lambda: taken.lines(path)  # noqa: E731 - the file, from its beginning, as often as it is asked for
    naming = Naming(gone)
    if path == _LISTING or (path.startswith(_EARLIER) and path.endswith(b"/listing.jsonl")):
        _write(folder, path, without_entries(lines(), gone, instead=_GONE_LINE))
        return None
    if path == _FINDINGS:
        _write(folder, path, _findings(b"".join(lines()), gone))
        return None
    named = naming.names(lines())
    if named and is_list_of_digests(lines()):
        _write(folder, path, without_digests(lines(), gone))
    elif named and is_table(lines):
        _write(folder, path, without_rows(lines(), gone))
    else:
        taken.copy(path, folder)
    name = shown(path.removeprefix(_PAPERS))
    if named and naming.names(_written(folder, path)):
        return f"{name} still names a file that was deleted, and could not be divided"
    if any(b"\0" in line for line in lines()):
        return f"{name} is no plain text, and could not be looked into: it may name a file that was deleted"
    return None


def _write(folder: PackageFolder, path: bytes, lines: Iterable[bytes]) -> None:
    with folder.writing(path.decode()) as out:
        for line in lines:
            out.write(line)


def _written(folder: PackageFolder, path: bytes) -> Iterator[bytes]:
    with open(folder.root / os.fsdecode(path), "rb") as file:
        yield from file


def _findings(data: bytes, gone: Iterable[GoneFile]) -> Iterator[bytes]:
    """What was found to be unusual, without what was found about files that are gone."""
    naming, kept = Naming(gone), []
    subjects = {shown(file.name) for file in gone}
    for finding in json.loads(data):
        told = json.dumps(finding, ensure_ascii=False).encode("utf-8", "surrogateescape")
        if finding["subject"] not in subjects and not naming.names([told]):
            kept.append(finding)
    yield json.dumps(kept, ensure_ascii=False, indent=1).encode("utf-8", "backslashreplace") + b"\n"


def _write_premis(folder: PackageFolder, before: tuple[Entity, ...], papers: RemainingPapers) -> None:
    new = preservation.uuid_identifier(papers.package)
    relationships = [derived_from(papers.derivation.source)]
    if papers.members:
        members = tuple(RelatedObject(preservation.uuid_identifier(member.package)) for member in papers.members)
        structural = term("relationshipType", "structural")
        relationships.append(Relationship(structural, term("relationshipSubType", "has Part"), members))
    made = preservation.new_event("information package creation", at=papers.sealed_at, objects=(new,))
    rights = [
        replace(entity, objects=_moved(entity, papers)) for entity in before if isinstance(entity, RightsStatement)
    ]
    with folder.writing(_PREMIS.decode()) as out:
        write_premis(
            out,
            objects=(
                IntellectualEntity((new,), relationships=tuple(relationships)),
                *(entity for entity in before if isinstance(entity, IntellectualEntity)),
            ),
            events=[
                *(entity for entity in before if isinstance(entity, Event)),
                deaccession_event(papers.derivation, new),
                made,
            ],
            agents=with_persons(
                (entity for entity in before if isinstance(entity, Agent)),
                papers.derivation.authority,
                papers.software_version,
            ),
            rights=rights,
        )


def _moved(statement: RightsStatement, papers: RemainingPapers) -> tuple[LinkingObject, ...]:
    """What a statement was about, with the new papers in the place of the old."""
    new = preservation.uuid_identifier(papers.package)
    return tuple(
        replace(link, identifier=new) if link.identifier.value == papers.derivation.source else link
        for link in statement.objects
    )
