"""METS read into a light view: what it lists, what it points to, and every identifier it gives and uses.

This is no model of METS: it holds what is needed to find the parts of a package and to judge the references. Whole
documents are read, a few hundred octets of memory for each file that they list.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from lxml import etree

from premis.errors import PremisError
from premis.mets import CSIP_NAMESPACE, METS_NAMESPACE, XLINK_NAMESPACE, decode_href
from premis.parsing import elements, free, line_of

_METS: Final = f"{{{METS_NAMESPACE}}}"
_CSIP: Final = f"{{{CSIP_NAMESPACE}}}"
_XLINK: Final = f"{{{XLINK_NAMESPACE}}}"
# Attributes of type IDREF and IDREFS that lead to metadata sections and files.
_ID_REFERENCES: Final = ("ADMID", "DMDID", "FILEID")
_METADATA_SECTIONS: Final = frozenset({"dmdSec", "techMD", "rightsMD", "sourceMD", "digiprovMD"})


@dataclass(frozen=True, slots=True)
class Target:
    """Where a reference leads, and what the document says is there.

    ``href`` is decoded, or None where it cannot be; ``raw_href`` is as written, None where there is none. ``size`` is
    octets, None where absent or no number.
    """

    raw_href: str | None
    href: str | None
    size: int | None
    checksum: str | None
    checksum_type: str | None
    line: int | None


@dataclass(frozen=True, slots=True)
class FileReference:
    """A file that the file section lists; ``group`` is the USE of the group around it."""

    id: str
    group: str | None
    mime_type: str | None
    target: Target


@dataclass(frozen=True, slots=True)
class MetadataReference:
    """A metadata file; ``id`` and ``section`` are the ID and the element name of the section that references it."""

    id: str
    section: str
    md_type: str | None
    md_type_version: str | None
    target: Target


@dataclass(frozen=True, slots=True)
class MetsPointer:
    """A pointer from the structural map to another METS document."""

    title: str | None
    target: Target


@dataclass(frozen=True, slots=True)
class DeclaredId:
    """An ID and the element that has it."""

    id: str
    element: str
    line: int | None


@dataclass(frozen=True, slots=True)
class IdReference:
    """One use of an ID: the attribute, the element that carries it, the ID it names."""

    attribute: str
    element: str
    id: str
    line: int | None


@dataclass(frozen=True, slots=True)
class MetsDocument:
    """What a METS document says of itself and all that it refers to."""

    objid: str | None
    label: str | None
    type: str | None
    profile: str | None
    content_information_type: str | None
    other_content_information_type: str | None
    create_date: str | None
    oais_package_type: str | None
    files: tuple[FileReference, ...]
    metadata: tuple[MetadataReference, ...]
    pointers: tuple[MetsPointer, ...]
    ids: tuple[DeclaredId, ...]
    id_references: tuple[IdReference, ...]


def read_mets(source: BinaryIO | Path) -> MetsDocument:
    """The light view of one METS document.

    The document is not validated. Raises PremisError for what is not METS, not well formed, or has a document type
    declaration; OSError for what cannot be read.
    """
    view = _View()
    for event, element in elements(source):
        if event == "start":
            view.started(element)
        else:
            view.ended(element)
    return view.document()


class _View:
    """Collects the view while the document streams by."""

    def __init__(self) -> None:
        self._root: dict[str, str] = {}
        self._header: dict[str, str] = {}
        self._files: list[FileReference] = []
        self._metadata: list[MetadataReference] = []
        self._pointers: list[MetsPointer] = []
        self._ids: list[DeclaredId] = []
        self._id_references: list[IdReference] = []
        self._seen_root = False
        self._groups: list[str | None] = []
        self._section: tuple[str, str] = ("", "")

    def started(self, element: etree._Element) -> None:
        name = _mets_name(element)
        if not self._seen_root:
            if name != "mets":
                raise PremisError(f"the root element {element.tag} is not mets", line_of(element))
            self._seen_root = True
            self._root = _strings(element)
        if name is None:
            return
        self._note_ids(name, element)
        if name == "metsHdr":
            self._header = _strings(element)
        elif name == "fileGrp":
            self._groups.append(element.get("USE"))
        elif name in _METADATA_SECTIONS:
            self._section = element.get("ID", ""), name
        elif name == "mdRef":
            self._metadata.append(
                MetadataReference(
                    *self._section, element.get("MDTYPE"), element.get("MDTYPEVERSION"), _target(element, element)
                )
            )
        elif name == "FLocat":
            self._note_location(element)
        elif name == "mptr":
            self._pointers.append(MetsPointer(element.get(f"{_XLINK}title"), _target(element, element)))

    def ended(self, element: etree._Element) -> None:
        name = _mets_name(element)
        if name == "fileGrp":
            self._groups.pop()
        # Whatever is complete has been looked at; the sections and files are what there are many of.
        if name in _METADATA_SECTIONS or name in {"file", "fileGrp", "div"}:
            free(element)

    def document(self) -> MetsDocument:
        root = self._root
        return MetsDocument(
            objid=root.get("OBJID"),
            label=root.get("LABEL"),
            type=root.get("TYPE"),
            profile=root.get("PROFILE"),
            content_information_type=root.get(f"{_CSIP}CONTENTINFORMATIONTYPE"),
            other_content_information_type=root.get(f"{_CSIP}OTHERCONTENTINFORMATIONTYPE"),
            create_date=self._header.get("CREATEDATE"),
            oais_package_type=self._header.get(f"{_CSIP}OAISPACKAGETYPE"),
            files=tuple(self._files),
            metadata=tuple(self._metadata),
            pointers=tuple(self._pointers),
            ids=tuple(self._ids),
            id_references=tuple(self._id_references),
        )

    def _note_ids(self, name: str, element: etree._Element) -> None:
        line = line_of(element)
        declared = element.get("ID")
        if declared is not None:
            self._ids.append(DeclaredId(declared, name, line))
        for attribute in _ID_REFERENCES:
            for target in element.get(attribute, "").split():
                self._id_references.append(IdReference(attribute, name, target, line))

    def _note_location(self, element: etree._Element) -> None:
        file = element.getparent()
        if file is None or _mets_name(file) != "file":
            return
        group = self._groups[-1] if self._groups else None
        # Files may nest: the location belongs to the element around it, not to the file that began last.
        self._files.append(FileReference(file.get("ID", ""), group, file.get("MIMETYPE"), _target(element, file)))


def _target(location: etree._Element, described: etree._Element) -> Target:
    raw = location.get(f"{_XLINK}href")
    return Target(
        raw_href=raw,
        href=_decoded(raw),
        size=_size(described.get("SIZE")),
        checksum=described.get("CHECKSUM"),
        checksum_type=described.get("CHECKSUMTYPE"),
        line=line_of(location),
    )


def _decoded(raw: str | None) -> str | None:
    if raw is None:
        return None
    try:
        return decode_href(raw)
    except ValueError:
        return None


def _size(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdigit() else None


def _mets_name(element: etree._Element) -> str | None:
    tag: str = element.tag
    return tag.removeprefix(_METS) if tag.startswith(_METS) else None


def _strings(element: etree._Element) -> dict[str, str]:
    return {str(name): str(value) for name, value in element.attrib.items()}
