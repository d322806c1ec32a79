"""METS documents of a package, in the shape of E-ARK CSIP 2.2, and its Dublin Core (DESIGN §5)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from xml.sax.saxutils import escape

from archive.packages.content import Provenance
from archive.packages.folder import PackageFolder, Stored
from premis.mets import (
    AIP_PROFILE,
    CSIP_PROFILE,
    AgentNote,
    Div,
    FileGroup,
    MdRef,
    Mets,
    MetsAgent,
    MetsFile,
    Mptr,
    NoteType,
    OaisPackageType,
    write_mets,
)

_MIME = {
    "xml": "application/xml",
    "xsd": "application/xml",
    "txt": "text/plain",
    "csv": "text/csv",
    "json": "application/json",
}
_REPRESENTATION = "representations/original/"


def write_dublin_core(folder: PackageFolder, provenance: Provenance) -> None:
    """A title and an identifier for catalogues of others (Dublin Core 1.1)."""
    folder.write(
        "data/metadata/descriptive/dc.xml",
        (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            '<dc:record xmlns:dc="http://purl.org/dc/elements/1.1/">'
            f"<dc:title>{escape(provenance.title)}</dc:title>"
            f"<dc:identifier>urn:uuid:{provenance.package}</dc:identifier>"
            f"<dc:relation>urn:uuid:{provenance.accession}</dc:relation>"
            "</dc:record>\n"
        ).encode(),
    )


def write_representation_mets(folder: PackageFolder, provenance: Provenance, files: Iterable[MetsFile]) -> None:
    """METS of the delivered files: ``data/representations/original/METS.xml``."""
    base = f"data/{_REPRESENTATION}"
    premis = _reference(folder, f"{base}metadata/preservation/premis.xml", base, "digiprov-1", provenance)
    root = Div(
        "div-0",
        "original",
        children=(
            Div("div-metadata", "Metadata", admid=("digiprov-1",)),
            Div("div-data", "Data", fptr=("group-data",)),
        ),
    )
    group = FileGroup("Data", "group-data", files)
    mets = _mets(provenance, OaisPackageType.AIP, objid="original", root=root, digiprov=(premis,), groups=(group,))
    with folder.writing(f"{base}METS.xml") as out:
        write_mets(out, mets)


def write_root_mets(
    folder: PackageFolder, provenance: Provenance, kind: OaisPackageType, *, content: Sequence[Stored] = ()
) -> None:
    """METS of the whole package: ``data/METS.xml``, last of the files below ``data/``.

    ``content`` are the files that the package is about, where they lie in no representation.
    """
    descriptive = _references(folder, "data/metadata/descriptive/", "dmd", provenance)
    premis = _reference(folder, "data/metadata/preservation/premis.xml", "data/", "digiprov-1", provenance)
    texts = folder.below("data/documentation/")
    # An accession package has no representation: its papers are its content (ADR 0011).
    papers = [text for text in texts if not _explains(text)] if kind is OaisPackageType.AIC else list(content)
    groups = [
        _group([text for text in texts if text not in papers], "Documentation", provenance),
        _group(folder.below("data/schemas/"), "Schemas", provenance),
    ]
    children = [
        Div("div-metadata", "Metadata", admid=("digiprov-1",), dmdid=tuple(reference.id for reference in descriptive)),
        Div("div-documentation", "Documentation", fptr=("group-documentation",)),
        Div("div-schemas", "Schemas", fptr=("group-schemas",)),
    ]
    if papers:
        groups.append(_group(papers, "Representations", provenance))
        children.append(Div("div-representations", "Representations", fptr=("group-representations",)))
    if folder.below(f"data/{_REPRESENTATION}METS.xml"):
        inner = _mets_file(folder.stored(f"data/{_REPRESENTATION}METS.xml"), "file-representation", "data/", provenance)
        groups.append(FileGroup("Representations/original", "group-representation", (inner,)))
        children += [
            Div("div-representations", "Representations", fptr=("group-representation",)),
            Div(
                "div-original",
                "Representations/original",
                fptr=(inner.id,),
                mptr=Mptr(f"{_REPRESENTATION}METS.xml", "group-representation"),
            ),
        ]
    objid = f"urn:uuid:{provenance.package}"
    root = Div("div-0", objid, children=tuple(children))
    mets = _mets(provenance, kind, objid=objid, root=root, dmd=descriptive, digiprov=(premis,), groups=tuple(groups))
    with folder.writing("data/METS.xml") as out:
        write_mets(out, mets)


def mets_moment(moment: datetime) -> str:
    """A moment as xsd:dateTime, UTC, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _mets(
    provenance: Provenance,
    kind: OaisPackageType,
    *,
    objid: str,
    root: Div,
    dmd: tuple[MdRef, ...] = (),
    digiprov: tuple[MdRef, ...],
    groups: tuple[FileGroup, ...],
) -> Mets:
    software = MetsAgent(
        "evidence-archive",
        type="OTHER",
        other_type="SOFTWARE",
        notes=(AgentNote(provenance.software_version, NoteType.SOFTWARE_VERSION),),
    )
    return Mets(
        objid=objid,
        type="Mixed",
        profile=AIP_PROFILE if kind is OaisPackageType.AIP else CSIP_PROFILE,
        content_information_type="OTHER",
        other_content_information_type="evidence",
        create_date=mets_moment(provenance.sealed_at),
        oais_package_type=kind,
        agents=(software,),
        struct_map=root,
        dmd=dmd,
        digiprov=digiprov,
        file_groups=groups,
    )


def _explains(stored: Stored) -> bool:
    """Whether a file of the documentation explains the package rather than being one of its papers."""
    return stored.path.startswith("data/documentation/README")


def _group(members: Iterable[Stored], use: str, provenance: Provenance) -> FileGroup:
    word = use.lower()
    files = tuple(
        _mets_file(stored, f"file-{word}-{number}", "data/", provenance)
        for number, stored in enumerate(members, start=1)
    )
    return FileGroup(use, f"group-{word}", files)


def _mets_file(stored: Stored, identifier: str, base: str, provenance: Provenance) -> MetsFile:
    return MetsFile(
        identifier,
        _mime(stored.path),
        stored.size,
        mets_moment(provenance.sealed_at),
        stored.sha256,
        stored.path.removeprefix(base),
    )


def _references(folder: PackageFolder, prefix: str, word: str, provenance: Provenance) -> tuple[MdRef, ...]:
    return tuple(
        _reference(folder, stored.path, "data/", f"{word}-{number}", provenance)
        for number, stored in enumerate(folder.below(prefix), start=1)
    )


def _reference(folder: PackageFolder, path: str, base: str, identifier: str, provenance: Provenance) -> MdRef:
    stored = folder.stored(path)
    name = path.rsplit("/", 1)[-1]
    kind = {"premis.xml": "PREMIS", "dc.xml": "DC"}.get(name, "OTHER")
    return MdRef(
        identifier,
        path.removeprefix(base),
        kind,
        _mime(path),
        stored.size,
        mets_moment(provenance.sealed_at),
        stored.sha256,
        md_type_version="3.0" if kind == "PREMIS" else None,
        other_md_type="CSV" if kind == "OTHER" else None,
    )


def _mime(path: str) -> str:
    return _MIME.get(path.rsplit(".", 1)[-1], "application/octet-stream")
