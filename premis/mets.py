"""METS 1.12 in the shape of E-ARK CSIP 2.2: frozen types, a streaming writer, and the spelling of references.

A METS document of ours describes one package or one representation: who made it, which metadata files belong to it
(referenced, never embedded), which files it has, and one structural map that a CSIP reader follows. What the package
contains and how it is called is the caller's; only what CSIP itself prescribes is written here.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import BinaryIO, Final
from urllib.parse import quote, unquote_to_bytes

from premis.datetimes import check_datetime
from premis.escaping import escape_attribute, escape_text

METS_NAMESPACE: Final = "http://www.loc.gov/METS/"
CSIP_NAMESPACE: Final = "https://DILCIS.eu/XML/METS/CSIPExtensionMETS"
XLINK_NAMESPACE: Final = "http://www.w3.org/1999/xlink"
_XSI_NAMESPACE: Final = "http://www.w3.org/2001/XMLSchema-instance"

# The METS profile of an E-ARK AIP, for the PROFILE attribute (CSIP6).
AIP_PROFILE: Final = "https://earkdip.dilcis.eu/profile/E-ARK-AIP-v2-2-0.xml"
# The same of an E-ARK package that is none of SIP, AIP and DIP, as CSIP 2.2.0 gives its own address.
CSIP_PROFILE: Final = "https://earkcsip.dilcis.eu/profile/E-ARK-CSIP.xml"

# xsd:ID is an NCName; we write ASCII ones only.
_ID: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_XSD_DATETIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:[0-5]\d(\.\d+)?(Z|[+-]\d\d:\d\d)?", re.ASCII)
_SHA256: Final = re.compile(r"[0-9a-f]{64}")


class OaisPackageType(StrEnum):
    """What kind of information package a METS document describes (CSIP9)."""

    SIP = "SIP"
    AIP = "AIP"
    DIP = "DIP"
    AIU = "AIU"
    AIC = "AIC"


class NoteType(StrEnum):
    """What a note about an agent holds (CSIP16)."""

    SOFTWARE_VERSION = "SOFTWARE VERSION"
    IDENTIFICATION_CODE = "IDENTIFICATIONCODE"


def percent_encode_href(path: str) -> str:
    """A path inside a package as ``xlink:href`` spells it.

    UTF-8, percent-encoded except for the unreserved characters of RFC 3986 §2.3 and ``/``. Raises ValueError for a
    lone surrogate.
    """
    return quote(path, safe="/", encoding="utf-8", errors="strict")


def decode_href(href: str) -> str:
    """The path that an ``xlink:href`` means, the inverse of `percent_encode_href`.

    Raises ValueError for a ``%`` without two hexadecimal digits and for octets that are not UTF-8.
    """
    if re.search(r"%(?![0-9A-Fa-f]{2})", href):
        raise ValueError(f"a percent sign in {href!r} is not followed by two hexadecimal digits")
    return unquote_to_bytes(href).decode("utf-8")


@dataclass(frozen=True, slots=True)
class AgentNote:
    """Something more about an agent of the METS header, such as the version of a program."""

    text: str
    type: NoteType | None = None


@dataclass(frozen=True, slots=True)
class MetsAgent:
    """Who or what made the package (CSIP10 to CSIP16).

    ``role`` and ``type`` are of the METS schema: ``CREATOR``, ``OTHER``; ``other_type`` says what OTHER means, such as
    ``SOFTWARE``.
    """

    name: str
    role: str = "CREATOR"
    type: str | None = None
    other_type: str | None = None
    other_role: str | None = None
    notes: tuple[AgentNote, ...] = ()


@dataclass(frozen=True, slots=True)
class MdRef:
    """A metadata file of the package, referenced with its size and digest (CSIP17 to CSIP44).

    ``href`` is the path as it is on disk, relative to the METS document; the writer percent-encodes it. ``size`` is
    octets, ``created`` an xsd:dateTime, ``sha256`` 64 lower-case hexadecimal digits. Raises ValueError otherwise.
    """

    id: str
    href: str
    md_type: str
    mime_type: str
    size: int
    created: str
    sha256: str
    md_type_version: str | None = None
    other_md_type: str | None = None
    status: str = "CURRENT"

    def __post_init__(self) -> None:
        """Refuse what the schema refuses."""
        _check_file(self.id, self.size, self.created, self.sha256)


@dataclass(frozen=True, slots=True)
class MetsFile:
    """One file of a file group (CSIP66 to CSIP79).

    ``href`` is the path as it is on disk, relative to the METS document; the writer percent-encodes it. ``size`` is
    octets, ``created`` an xsd:dateTime, ``sha256`` 64 lower-case hexadecimal digits. Raises ValueError otherwise.
    """

    id: str
    mimetype: str
    size: int
    created: str
    sha256: str
    href: str
    admid: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what the schema refuses."""
        _check_file(self.id, self.size, self.created, self.sha256)


@dataclass(frozen=True, slots=True)
class FileGroup:
    """Files of one use, such as ``Documentation`` or ``Representations/original`` (CSIP60, CSIP64, CSIP65).

    ``files`` is taken once by each writing and may be any iterable, so thousands of files need no list. The content
    information type is that of the whole document unless stated here.
    """

    use: str
    id: str
    files: Iterable[MetsFile]
    content_information_type: str | None = None
    other_content_information_type: str | None = None

    def __post_init__(self) -> None:
        """Refuse what the schema refuses."""
        _check_id(self.id)


@dataclass(frozen=True, slots=True)
class Mptr:
    """A pointer to another METS document; ``title`` is the file group that lists it (CSIP107 to CSIP112)."""

    href: str
    title: str


@dataclass(frozen=True, slots=True)
class Div:
    """A division of the structural map (CSIP80 to CSIP112).

    ``admid`` and ``dmdid`` are IDs of metadata sections, ``fptr`` IDs of file groups or files.
    """

    id: str
    label: str
    admid: tuple[str, ...] = ()
    dmdid: tuple[str, ...] = ()
    fptr: tuple[str, ...] = ()
    mptr: Mptr | None = None
    children: tuple["Div", ...] = ()

    def __post_init__(self) -> None:
        """Refuse what the schema refuses."""
        _check_id(self.id)


@dataclass(frozen=True, slots=True)
class Mets:
    """One METS document (CSIP1 to CSIP112).

    ``type`` is the content category (CSIP2) and ``content_information_type`` the CSIP vocabulary's word for what is
    inside (CSIP4); with ``OTHER``, ``other_content_information_type`` says what (CSIP5). ``create_date`` is an
    xsd:dateTime. Raises ValueError for a package type or a date that the schema refuses.
    """

    objid: str
    type: str
    profile: str
    content_information_type: str
    create_date: str
    oais_package_type: str
    agents: tuple[MetsAgent, ...]
    struct_map: Div
    dmd: tuple[MdRef, ...] = ()
    digiprov: tuple[MdRef, ...] = ()
    file_groups: Iterable[FileGroup] = ()
    label: str | None = None
    other_type: str | None = None
    other_content_information_type: str | None = None

    def __post_init__(self) -> None:
        """Refuse what the schema refuses."""
        OaisPackageType(self.oais_package_type)
        _check_created(self.create_date)


def write_mets(out: BinaryIO, mets: Mets) -> None:
    """Write one METS document, UTF-8, in constant memory.

    Every file group carries the CSIP content information type. Raises ValueError for a character that XML 1.0 cannot
    carry, naming the element; what was written by then is not a document.
    """

    def put(text: str) -> None:
        out.write(text.encode())

    _put_head(put, mets)
    for section in mets.dmd:
        put(f"<dmdSec{_section(section)}>{_md_ref(section)}</dmdSec>\n")
    if mets.digiprov:
        put('<amdSec ID="amd">')
        for section in mets.digiprov:
            put(f"<digiprovMD{_section(section)}>{_md_ref(section)}</digiprovMD>\n")
        put("</amdSec>\n")
    _put_files(put, mets)
    # ID, type and label as CSIP80 to CSIP83 prescribe them.
    put('<structMap ID="struct" TYPE="PHYSICAL" LABEL="CSIP">')
    put(_div(mets.struct_map))
    put("</structMap></mets>\n")


def _put_head(put: Callable[[str], None], mets: Mets) -> None:
    attributes = _attributes(
        "mets",
        ("OBJID", mets.objid),
        ("LABEL", mets.label),
        ("TYPE", mets.type),
        ("csip:OTHERTYPE", mets.other_type),
        ("csip:CONTENTINFORMATIONTYPE", mets.content_information_type),
        ("csip:OTHERCONTENTINFORMATIONTYPE", mets.other_content_information_type),
        ("PROFILE", mets.profile),
    )
    put('<?xml version="1.0" encoding="UTF-8"?>\n')
    put(f'<mets xmlns="{METS_NAMESPACE}" xmlns:csip="{CSIP_NAMESPACE}" xmlns:xsi="{_XSI_NAMESPACE}"')
    put(f' xmlns:xlink="{XLINK_NAMESPACE}"{attributes}>\n')
    created = _attributes(
        "metsHdr", ("CREATEDATE", mets.create_date), ("csip:OAISPACKAGETYPE", str(mets.oais_package_type))
    )
    put(f"<metsHdr{created}>{''.join(map(_agent, mets.agents))}</metsHdr>\n")


def _agent(agent: MetsAgent) -> str:
    attributes = _attributes(
        "agent",
        ("ROLE", agent.role),
        ("OTHERROLE", agent.other_role),
        ("TYPE", agent.type),
        ("OTHERTYPE", agent.other_type),
    )
    notes = "".join(
        f"<note{_attributes('note', ('csip:NOTETYPE', note.type))}>{escape_text(note.text, 'note')}</note>"
        for note in agent.notes
    )
    return f"<agent{attributes}><name>{escape_text(agent.name, 'name')}</name>{notes}</agent>"


def _section(reference: MdRef) -> str:
    return _attributes("mdRef", ("ID", reference.id), ("CREATED", reference.created), ("STATUS", reference.status))


def _md_ref(reference: MdRef) -> str:
    attributes = _attributes(
        "mdRef",
        ("MDTYPE", reference.md_type),
        ("OTHERMDTYPE", reference.other_md_type),
        ("MDTYPEVERSION", reference.md_type_version),
        ("MIMETYPE", reference.mime_type),
        ("SIZE", str(reference.size)),
        ("CREATED", reference.created),
        ("CHECKSUM", reference.sha256),
    )
    return f'<mdRef{_location(reference.href)}{attributes} CHECKSUMTYPE="SHA-256"/>'


def _put_files(put: Callable[[str], None], mets: Mets) -> None:
    # The schema refuses an empty fileSec, and whether there are groups is known only by looking.
    opened = False
    for group in mets.file_groups:
        if not opened:
            put('<fileSec ID="files">')
            opened = True
        put(f"<fileGrp{_group(group, mets)}>")
        for file in group.files:
            put(_file(file))
        put("</fileGrp>\n")
    if opened:
        put("</fileSec>\n")


def _group(group: FileGroup, mets: Mets) -> str:
    stated = group if group.content_information_type is not None else mets
    return _attributes(
        "fileGrp",
        ("USE", group.use),
        ("ID", group.id),
        ("csip:CONTENTINFORMATIONTYPE", stated.content_information_type),
        ("csip:OTHERCONTENTINFORMATIONTYPE", stated.other_content_information_type),
    )


def _file(file: MetsFile) -> str:
    # Identifier, size, date and digest were checked when the file was made: nothing in them needs escaping.
    admid = f' ADMID="{escape_attribute(" ".join(file.admid), "file")}"' if file.admid else ""
    return (
        f'<file ID="{file.id}" MIMETYPE="{escape_attribute(file.mimetype, "file")}" SIZE="{file.size}"'
        f' CREATED="{file.created}" CHECKSUM="{file.sha256}" CHECKSUMTYPE="SHA-256"{admid}>'
        f"<FLocat{_location(file.href)}/></file>"
    )


def _div(div: Div) -> str:
    attributes = _attributes(
        "div",
        ("ID", div.id),
        ("LABEL", div.label),
        ("ADMID", " ".join(div.admid) or None),
        ("DMDID", " ".join(div.dmdid) or None),
    )
    pointer = "" if div.mptr is None else f"<mptr{_location(div.mptr.href)}{_title(div.mptr)}/>"
    files = "".join(f"<fptr{_attributes('fptr', ('FILEID', target))}/>" for target in div.fptr)
    content = f"{pointer}{files}{''.join(map(_div, div.children))}"
    return f"<div{attributes}>{content}</div>" if content else f"<div{attributes}/>"


def _location(href: str) -> str:
    return f' LOCTYPE="URL" xlink:type="simple" xlink:href="{percent_encode_href(href)}"'


def _title(pointer: Mptr) -> str:
    return _attributes("mptr", ("xlink:title", pointer.title))


def _attributes(element: str, *pairs: tuple[str, str | None]) -> str:
    return "".join(f' {name}="{escape_attribute(value, element)}"' for name, value in pairs if value is not None)


def _check_file(id_: str, size: int, created: str, sha256: str) -> None:
    _check_id(id_)
    _check_created(created)
    if size < 0:
        raise ValueError(f"a size is a number of octets: {size}")
    if _SHA256.fullmatch(sha256) is None:
        raise ValueError(f"a SHA-256 digest is 64 lower-case hexadecimal digits: {sha256!r}")


def _check_id(text: str) -> None:
    if _ID.fullmatch(text) is None:
        raise ValueError(f"an XML identifier begins with a letter or _ and has only letters, digits, . _ -: {text!r}")


@lru_cache(maxsize=1024)  # the files of one package share a handful of dates
def _check_created(text: str) -> None:
    if _XSD_DATETIME.fullmatch(text) is not None:
        check_datetime(text)
    else:
        raise ValueError(f"METS wants an xsd:dateTime such as 2026-11-22T02:00:00Z: {text!r}")
