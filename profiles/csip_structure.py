"""The requirements of E-ARK CSIP 2.2.0 about the file section and the structural map."""

from __future__ import annotations

from collections.abc import Iterator

from premis.mets import decode_href
from premis.mets_outline import MetsElement
from profiles import mets_checks as checks
from profiles.mets_checks import breach, vocabulary
from profiles.requirement import Breach, Check, Document, Level, Requirement, Scope, Stance

_MAP = "structMap[LABEL=CSIP]"
_MAIN = f"{_MAP}/div"
_GROUP = "fileSec/fileGrp"
_FILE = f"{_GROUP}/file"
_LOCATION = f"{_FILE}/FLocat"
_REPRESENTATION = f"{_MAIN}/div[LABEL^=Representations/]"
_POINTER = f"{_REPRESENTATION}/mptr"


def referenced(root: MetsElement, path: str) -> frozenset[str]:
    """The paths that the elements at ``path`` reference, decoded; what cannot be decoded is left out."""
    found = set()
    for element in root.find(path):
        try:
            found.add(decode_href(element.get("xlink:href")).removeprefix("./"))
        except ValueError:
            continue
    return frozenset(found)


def _row(
    identifier: str, level: Level, says: str, ours: str, check: Check | None, scope: Scope = Scope.EVERY
) -> Requirement:
    return Requirement(
        identifier=identifier, level=level, scope=scope, says=says, stance=Stance.MET, ours=ours, check=check
    )


def _must(identifier: str, says: str, ours: str, check: Check, scope: Scope = Scope.EVERY) -> Requirement:
    return _row(identifier, Level.MUST, says, ours, check, scope)


def _should(identifier: str, says: str, ours: str, check: Check, scope: Scope = Scope.EVERY) -> Requirement:
    return _row(identifier, Level.SHOULD, says, ours, check, scope)


def _unused(identifier: str, says: str, ours: str, check: Check | None) -> Requirement:
    return Requirement(
        identifier=identifier,
        level=Level.MAY,
        scope=Scope.EVERY,
        says=says,
        stance=Stance.NOT_ARISING,
        ours=ours,
        check=check,
    )


# --- the file section


def _file_section(document: Document) -> Iterator[Breach]:
    sections = list(document.root.find("fileSec"))
    if not sections:
        yield breach(document.root, "has no fileSec")
    for section in sections[1:]:
        yield breach(section, "a second fileSec")


def _group_for(use: str, folder: str, *, begins: bool = False) -> Check:
    """A file group of that use exists and has every file of ``folder``."""
    path = f"{_GROUP}[USE{'^' if begins else ''}={use}]"

    def check(document: Document) -> Iterator[Breach]:
        if not any(document.root.find(path)):
            yield breach(document.root, f"has no fileGrp with USE {use}")
            return
        listed = referenced(document.root, f"{_LOCATION}")
        for name in sorted(document.beside):
            if name.startswith(folder) and name not in listed:
                yield breach(document.root, f"no fileGrp lists {name}")

    return check


def _group_content_type(document: Document) -> Iterator[Breach]:
    for group in document.root.find(f"{_GROUP}[USE^=Representations]"):
        value = group.get("csip:CONTENTINFORMATIONTYPE")
        if not value:
            yield breach(group, "has no csip:CONTENTINFORMATIONTYPE")
        elif value not in vocabulary("ContentInformationType"):
            yield breach(group, f"csip:CONTENTINFORMATIONTYPE is {value!r} and not one of its vocabulary")


def _group_other_content_type(document: Document) -> Iterator[Breach]:
    for group in document.root.find(_GROUP):
        stated = group.get("csip:OTHERCONTENTINFORMATIONTYPE")
        if group.get("csip:CONTENTINFORMATIONTYPE") == "OTHER" and not stated:
            yield breach(group, "csip:CONTENTINFORMATIONTYPE is OTHER and no csip:OTHERCONTENTINFORMATIONTYPE is given")


def _names_a(attribute: str, path: str, sections: frozenset[str]) -> Check:
    """What ``attribute`` of the elements at ``path`` names, where it is there, is such a section."""

    def check(document: Document) -> Iterator[Breach]:
        known = {e.get("ID") for e in document.root.everything() if e.name in sections}
        for element in document.root.find(path):
            for identifier in element.get(attribute).split():
                if identifier not in known:
                    yield breach(element, f"{attribute} names {identifier!r}, which is no such section")

    return check


_ADMINISTRATIVE = frozenset({"amdSec", "techMD", "rightsMD", "sourceMD", "digiprovMD"})
_SEALED = "SHA-256, size and date as sealed; BLAKE3 is no checksum type of METS and stands in the bag's manifest"

_FILES = (
    _should("CSIP58", "There is one file section.", "`fileSec` in every METS", _file_section),
    _must("CSIP59", "It has an ID of its own.", "`fileSec/@ID`", checks.has_identifier("fileSec")),
    _must(
        "CSIP60",
        "Documentation is listed in file groups of its own.",
        "`fileGrp[@USE='Documentation']` with every file of `documentation/`; in an accession package the READMEs",
        _group_for("Documentation", "documentation/"),
        Scope.ROOT,
    ),
    _must(
        "CSIP113",
        "XML schemas are listed in file groups of their own.",
        "`fileGrp[@USE='Schemas']`: the schema of our own elements, which others cannot get elsewhere",
        _group_for("Schemas", "schemas/"),
        Scope.ROOT,
    ),
    _must(
        "CSIP114",
        "Representations, or the content itself, are listed in file groups of their own.",
        "`fileGrp[@USE='Representations/original']` with the representation's METS; in an accession package"
        " `Representations` with the papers",
        _group_for("Representations", "representations/", begins=True),
        Scope.ROOT,
    ),
    _unused(
        "CSIP61",
        "A group may refer to administrative metadata of its own.",
        "metadata is about the package or the representation, and the structural map refers to it",
        _names_a("ADMID", _GROUP, _ADMINISTRATIVE),
    ),
    _should(
        "CSIP62",
        "A group of representations says which content information type specification it follows.",
        "`@csip:CONTENTINFORMATIONTYPE` of every group: `OTHER`",
        _group_content_type,
    ),
    _row(
        "CSIP63",
        Level.MAY,
        "A specification outside the vocabulary is spelled out.",
        "`@csip:OTHERCONTENTINFORMATIONTYPE` of every group: `evidence`",
        _group_other_content_type,
    ),
    _must(
        "CSIP64",
        "Each group says what it is for.",
        "`fileGrp/@USE`: `Documentation`, `Schemas`, `Representations/original`, `Data`",
        checks.has_attribute(_GROUP, "USE"),
    ),
    _must("CSIP65", "Each group has an ID of its own.", "`fileGrp/@ID`", checks.has_identifier(_GROUP)),
    _must("CSIP66", "Each group has files.", "`fileGrp/file`", checks.has_child(_GROUP, "file")),
    _must("CSIP67", "Each file has an ID of its own.", "`file/@ID`", checks.has_identifier(_FILE)),
    _must(
        "CSIP68",
        "Each file has a media type.",
        "`file/@MIMETYPE`: what PRONOM gives for the format, `application/octet-stream` where that is unknown",
        checks.has_media_type(_FILE),
    ),
    _must("CSIP69", "Each file has a size in octets.", f"`file/@SIZE`; {_SEALED}", checks.has_size(_FILE)),
    _must(
        "CSIP70",
        "Each file has a date of making.",
        "`file/@CREATED`: the moment of sealing; when the producer last changed it stands in PREMIS",
        checks.has_datetime(_FILE, "CREATED"),
    ),
    _must("CSIP71", "Each file has a checksum.", f"`file/@CHECKSUM`; {_SEALED}", checks.has_checksum(_FILE)),
    _must(
        "CSIP72",
        "How the checksum was computed, by the list of METS.",
        "`file/@CHECKSUMTYPE`: `SHA-256`",
        checks.has_value(_FILE, "CHECKSUMTYPE", checks.CHECKSUM_DIGITS),
    ),
    _unused("CSIP73", "A file may carry the owner's identifier.", "original names and digests stand in PREMIS", None),
    _unused(
        "CSIP74",
        "A file may refer to administrative metadata of its own.",
        "PREMIS is one document for a representation; its file objects are found by path and digest",
        _names_a("ADMID", _FILE, _ADMINISTRATIVE),
    ),
    _unused(
        "CSIP75",
        "A file may refer to descriptive metadata of its own.",
        "`items.csv` has the rows of all files",
        _names_a("DMDID", _FILE, frozenset({"dmdSec"})),
    ),
    _must("CSIP76", "Each file has one location.", "`file/FLocat`", checks.has_child(_FILE, "FLocat", at_most=1)),
    _must("CSIP77", "The locator is a URL.", "`FLocat/@LOCTYPE`", checks.has_value(_LOCATION, "LOCTYPE", {"URL"})),
    _must(
        "CSIP78", "The link is simple.", "`FLocat/@xlink:type`", checks.has_value(_LOCATION, "xlink:type", {"simple"})
    ),
    _must(
        "CSIP79",
        "Where the file is.",
        "`FLocat/@xlink:href`: the path below the METS, percent-encoded UTF-8",
        checks.has_href(_LOCATION),
    ),
)


# --- the structural map


def _the_csip_map(document: Document) -> Iterator[Breach]:
    maps = list(document.root.find("structMap"))
    if not maps:
        yield breach(document.root, "has no structMap")
    elif not any(document.root.find(_MAP)):
        yield breach(maps[0], "no structMap has LABEL CSIP")


def _one_map(document: Document) -> Iterator[Breach]:
    for again in list(document.root.find(_MAP))[1:]:
        yield breach(again, "a second structMap with LABEL CSIP")
    if not any(document.root.find("structMap")):
        yield breach(document.root, "has no structMap")


def _metadata_division_names(attribute: str, path: str, outer: str = "") -> Check:
    """The Metadata division names every current section at ``path``, or the section ``outer`` around it."""

    def check(document: Document) -> Iterator[Breach]:
        around = {element.get("ID") for element in document.root.find(outer)} if outer else set()
        current = [e for e in document.root.find(path) if e.get("STATUS") in ("CURRENT", "")]
        for division in document.root.find(f"{_MAIN}/div[LABEL=Metadata]"):
            named = set(division.get(attribute).split())
            for section in current:
                if section.get("ID") not in named and not around & named:
                    yield breach(division, f"{attribute} does not name {section.name} {section.get('ID')!r}")

    return check


def _division_for(label: str) -> Check:
    """Where there is a group of that use, the main division has a division for it."""

    def check(document: Document) -> Iterator[Breach]:
        if any(document.root.find(f"{_GROUP}[USE^={label}]")):
            for main in document.root.find(_MAIN):
                if not any(division.get("LABEL").startswith(label) for division in main.find("div")):
                    yield breach(main, f"has no division {label}")

    return check


def _known_labels(document: Document) -> Iterator[tuple[str, Breach]]:
    """The word of the vocabulary that a main division would be, were it spelled as there, and the breach."""
    words = {word.lower(): word for word in vocabulary("FileGrpAndStructMapDivisionLabel")}
    for division in document.root.find(f"{_MAIN}/div"):
        label = division.get("LABEL")
        word = words.get(label.lower().strip())
        if word is not None and label != word:
            yield word, breach(division, f"LABEL is {label!r} and not {word!r}")


def _labels_like(word: str) -> Check:
    def check(document: Document) -> Iterator[Breach]:
        return (found for spelled, found in _known_labels(document) if spelled == word)

    return check


def _points_to_groups(label: str) -> Check:
    """Every file pointer of a division names one file group of its use."""

    def check(document: Document) -> Iterator[Breach]:
        groups = {group.get("ID") for group in document.root.find(f"{_GROUP}[USE^={label}]")}
        for pointer in document.root.find(f"{_MAIN}/div[LABEL={label}]/fptr"):
            if pointer.get("FILEID") not in groups:
                yield breach(pointer, f"FILEID {pointer.get('FILEID')!r} is no fileGrp with USE {label}")

    return check


def _groups_are_pointed_to(label: str) -> Check:
    """Every group of that use is named by a file pointer of the division, or by a division of its own."""

    def check(document: Document) -> Iterator[Breach]:
        named = {pointer.get("FILEID") for pointer in document.root.find(f"{_MAIN}/div[LABEL^={label}]/fptr")}
        named |= {pointer.get("xlink:title") for pointer in document.root.find(_POINTER)}
        for division in document.root.find(f"{_MAIN}/div[LABEL={label}]"):
            for group in document.root.find(f"{_GROUP}[USE^={label}]"):
                if group.get("ID") not in named:
                    yield breach(division, f"no fptr names the fileGrp {group.get('ID')!r}")

    return check


def _division_per_representation(document: Document) -> Iterator[Breach]:
    labels = {division.get("LABEL") for division in document.root.find(_REPRESENTATION)}
    for group in document.root.find(f"{_GROUP}[USE^=Representations/]"):
        # A group may go deeper than its representation: Representations/original/data.
        if not any(f"{group.get('USE')}/".startswith(f"{label}/") for label in labels):
            yield breach(group, f"no division is labelled {group.get('USE')}")


def _pointer_label(document: Document) -> Iterator[Breach]:
    for division in document.root.find(f"{_MAIN}/div"):
        if any(division.find("mptr")) and not division.get("LABEL").startswith("Representations/"):
            yield breach(division, f"LABEL is {division.get('LABEL')!r} and does not begin with 'Representations/'")


def _pointer_title(document: Document) -> Iterator[Breach]:
    groups = {group.get("ID") for group in document.root.find(_GROUP)}
    for pointer in document.root.find(_POINTER):
        if pointer.get("xlink:title") not in groups:
            yield breach(pointer, f"xlink:title {pointer.get('xlink:title')!r} is the ID of no fileGrp")


def _division(word: str, numbers: tuple[str, str, str, str, str], what: str) -> tuple[Requirement, ...]:
    """The five rows that the divisions of documentation, schemas and content have alike."""
    there, identifier, label, files, pointer = numbers
    path = f"{_MAIN}/div[LABEL={word}]"
    ours = f"the division `{word}` of the root METS"
    return (
        _should(there, f"{what} has one division.", ours, _division_for(word), Scope.ROOT),
        _must(identifier, "That division has an ID of its own.", ours, checks.has_identifier(path), Scope.ROOT),
        _must(label, f"Its label is {word}.", ours, _labels_like(word), Scope.ROOT),
        _should(files, "It points to all groups of its files.", ours, _groups_are_pointed_to(word), Scope.ROOT),
        _must(pointer, "Each pointer names one such group.", ours, _points_to_groups(word), Scope.ROOT),
    )


_REPRESENTATION_OURS = "the division `Representations/original` of the root METS"

_STRUCTURE = (
    _must("CSIP80", "There is one structural map of CSIP.", "`structMap`, one in every METS", _one_map),
    _must(
        "CSIP81",
        "Its type is PHYSICAL.",
        "`structMap/@TYPE`",
        checks.has_value(_MAP, "TYPE", vocabulary("StructMapType")),
    ),
    _must("CSIP82", "Its label is CSIP.", "`structMap/@LABEL`", _the_csip_map),
    _must("CSIP83", "It has an ID of its own.", "`structMap/@ID`", checks.has_identifier(_MAP)),
    _must("CSIP84", "It has one main division.", "`structMap/div`", checks.has_child(_MAP, "div", at_most=1)),
    _must("CSIP85", "That division has an ID of its own.", "`structMap/div/@ID`", checks.has_identifier(_MAIN)),
    _must(
        "CSIP88",
        "Metadata has one division.",
        "the division `Metadata` of every METS",
        checks.has_child(_MAIN, "div[LABEL=Metadata]", at_most=1),
    ),
    _must(
        "CSIP89",
        "That division has an ID of its own.",
        "the division `Metadata` of every METS",
        checks.has_identifier(f"{_MAIN}/div[LABEL=Metadata]"),
    ),
    _must("CSIP90", "Its label is Metadata.", "the division `Metadata` of every METS", _labels_like("Metadata")),
    _should(
        "CSIP91",
        "It refers to all current administrative metadata.",
        "`@ADMID` of the division `Metadata` names every `digiprovMD`",
        _metadata_division_names("ADMID", "amdSec/digiprovMD", "amdSec"),
    ),
    _should(
        "CSIP92",
        "It refers to all current descriptive metadata.",
        "`@DMDID` of the division `Metadata` names every `dmdSec`",
        _metadata_division_names("DMDID", "dmdSec"),
    ),
    *_division("Documentation", ("CSIP93", "CSIP94", "CSIP95", "CSIP96", "CSIP116"), "Documentation"),
    *_division("Schemas", ("CSIP97", "CSIP98", "CSIP99", "CSIP100", "CSIP118"), "What is listed as schemas"),
    *_division("Representations", ("CSIP101", "CSIP102", "CSIP103", "CSIP104", "CSIP119"), "Content"),
    _should(
        "CSIP105",
        "Each representation with a METS of its own has a division of its own.",
        _REPRESENTATION_OURS,
        _division_per_representation,
        Scope.ROOT,
    ),
    _must(
        "CSIP106",
        "That division has an ID of its own.",
        _REPRESENTATION_OURS,
        checks.has_identifier(_REPRESENTATION),
        Scope.ROOT,
    ),
    _must(
        "CSIP107",
        "Its label is Representations and the representation's folder.",
        _REPRESENTATION_OURS,
        _pointer_label,
        Scope.ROOT,
    ),
    _must(
        "CSIP108",
        "Its pointer names the group of the representation.",
        f"`mptr/@xlink:title`, in {_REPRESENTATION_OURS}",
        _pointer_title,
        Scope.ROOT,
    ),
    _must(
        "CSIP109",
        "It has one pointer to the representation's METS.",
        f"`mptr`, in {_REPRESENTATION_OURS}",
        checks.has_child(_REPRESENTATION, "mptr", at_most=1),
        Scope.ROOT,
    ),
    _must("CSIP110", "Where that METS is.", "`mptr/@xlink:href`", checks.has_href(_POINTER), Scope.ROOT),
    _must(
        "CSIP111",
        "The link is simple.",
        "`mptr/@xlink:type`",
        checks.has_value(_POINTER, "xlink:type", {"simple"}),
        Scope.ROOT,
    ),
    _must(
        "CSIP112",
        "The locator is a URL.",
        "`mptr/@LOCTYPE`",
        checks.has_value(_POINTER, "LOCTYPE", {"URL"}),
        Scope.ROOT,
    ),
)

REQUIREMENTS: tuple[Requirement, ...] = (*_FILES, *_STRUCTURE)
"""The requirements of CSIP 2.2.0 from CSIP58 on."""
