"""Sealing the papers of an accession anew, without what tells of files that were deaccessioned.

The receipt keeps one line for each delivered file, so that the numbers still add up; the line of a file that is gone
says that it was deaccessioned, and nothing else.
"""

from __future__ import annotations

import base64
import io
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote_to_bytes

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
from archive.packages.division import without_rows_about
from archive.packages.folder import PackageFolder
from archive.packages.remainder_premis import Derivation, deaccession_event, derived_from, with_persons
from archive.packages.sealed import Promise
from archive.packages.sealed_source import SealedSource
from archive.storage.directory import DirectoryReader
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
_GONE_LINE = b'{"kind": "file", "deaccessioned": true}\n'
_GONE_RECEIPT = b"deaccessioned,,,,,,\n"
_CHECKSUM = re.compile(rb"\s*([0-9A-Fa-f]{32,128})\s+[ *]?(.+?)\s*")
_SHORTEST = 4
"""Octets a name must have to be looked for in running text: a shorter one is found everywhere."""


@dataclass(frozen=True, slots=True)
class GoneFile:
    """A file that is held no more, as the papers may name it; ``sha256`` is None where a file still held has it too."""

    id: str
    name: bytes
    sha256: str | None


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
    root: Path, papers: RemainingPapers, *, source: DirectoryReader, promise: Promise
) -> tuple[Sealed, list[str]]:
    """Make below ``root`` the papers without what tells of files that are gone.

    Answers what was sealed, and the paths of papers that still name such a file because nobody can divide them: a
    letter, a table in an encoding unknown here. Raises StorageError where the source is not what was sealed.
    """
    taken = SealedSource(source, promise)
    provenance = _provenance(taken, papers)
    folder = PackageFolder(root)
    readme = accession_readme(provenance, papers.totals)
    write_texts(folder, {"README.txt": readme})
    naming = []
    for path in sorted(promise.files):
        taken_over = path.startswith(_PAPERS) and not path.startswith(_README) and path not in (_RECEIPT, _MEMBERS)
        if taken_over and _take_over(folder, taken, path, papers.gone):
            naming.append(shown(path.removeprefix(_PAPERS)))
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
    return folder.finish(papers.package, info=info, readme=readme), naming


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


def _take_over(folder: PackageFolder, taken: SealedSource, path: bytes, gone: Sequence[GoneFile]) -> bool:
    """Write one of the papers without what tells of ``gone``; answer whether it still names one of them."""
    naming = _Naming(gone)
    if path == _LISTING:
        with folder.writing(path.decode()) as out:
            for line in _without_entries(taken.lines(path), gone):
                naming.look(line)
                out.write(line)
    elif not any(naming.names(line) for line in taken.lines(path)):
        taken.copy(path, folder)
    else:
        data = taken.data(path)
        divided = _findings(data, gone) if path == _FINDINGS else _divided(data, gone)
        naming.look(divided)
        folder.write(path.decode(), divided)
    return naming.found


class _Naming:
    """Looks for files in running text, by name, by the base64 of the name, and by digest."""

    def __init__(self, gone: Iterable[GoneFile]) -> None:
        self._needles: set[bytes] = set()
        for file in gone:
            self._needles.add(base64.b64encode(file.name))
            if file.sha256 is not None:
                self._needles.add(file.sha256.encode())
            if len(file.name) >= _SHORTEST:
                self._needles |= _spellings(file.name)
        self.found = False

    def names(self, data: bytes) -> bool:
        """Whether ``data`` names one of the files."""
        return any(needle in data for needle in self._needles)

    def look(self, data: bytes) -> None:
        """Remember whether anything looked at named one."""
        self.found = self.found or self.names(data)


def _spellings(name: bytes) -> set[bytes]:
    """A name as it may stand in a text: as it is, composed or not, in JSON, in a quoted cell of a table."""
    told = name.decode("utf-8", "surrogateescape")
    forms = {told, shown(name), *(unicodedata.normalize(form, told) for form in ("NFC", "NFD"))}
    forms |= {json.dumps(form, ensure_ascii=False)[1:-1] for form in forms}
    forms |= {form.replace('"', '""') for form in forms}
    return {form.encode("utf-8", "surrogateescape") for form in forms}


def _without_entries(lines: Iterable[bytes], gone: Iterable[GoneFile]) -> Iterator[bytes]:
    """The listing, with nothing left of an entry but that it was deaccessioned."""
    files = list(gone)
    identifiers = {file.id for file in files}
    names = {base64.b64encode(file.name).decode() for file in files}
    for line in lines:
        entry = json.loads(line)
        if entry.get("file") in identifiers or entry.get("name_b64") in names:
            yield _GONE_LINE
        else:
            yield line


def _findings(data: bytes, gone: Iterable[GoneFile]) -> bytes:
    names = {shown(file.name) for file in gone}
    kept = [
        finding
        for finding in json.loads(data)
        if finding["subject"] not in names and not any(name in finding["message"] for name in names)
    ]
    return json.dumps(kept, ensure_ascii=False, indent=1).encode("utf-8", "backslashreplace") + b"\n"


def _divided(data: bytes, gone: Sequence[GoneFile]) -> bytes:
    """A list of digests or a table without the lines about ``gone``; as it is where it is neither."""
    lines = data.splitlines(keepends=True)
    if all(_CHECKSUM.fullmatch(line) for line in lines if line.strip()):
        return b"".join(line for line in lines if not _is_about(line, gone))
    divided = without_rows_about(data, [form for file in gone for form in (file.name, b"data/" + file.name)])
    return data if divided is None else divided


def _is_about(line: bytes, gone: Iterable[GoneFile]) -> bool:
    found = _CHECKSUM.fullmatch(line)
    if found is None:
        return False
    digest, path = found[1].decode().lower(), found[2].removeprefix(b"./")
    spellings = {
        path,
        unquote_to_bytes(path),
        path.removeprefix(b"data/"),
        unquote_to_bytes(path).removeprefix(b"data/"),
    }
    return any(file.name in spellings or file.sha256 == digest for file in gone)


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
