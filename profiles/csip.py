"""The requirements of E-ARK CSIP 2.2.0, one row each, in the order of its own table.

Identifiers, levels and what is demanded are the specification's; the words are ours. Here are the root element, the
header and the metadata sections; ``csip_structure`` has the file section and the structural map.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from premis.mets_outline import MetsElement
from profiles import csip_structure
from profiles import mets_checks as checks
from profiles.mets_checks import breach, vocabulary
from profiles.requirement import Breach, Check, Document, Level, Requirement, Scope, Stance

SPECIFICATION = "E-ARK CSIP 2.2.0"

_HEADER = "`metsHdr` of every METS"
_AGENT = "`metsHdr/agent`: evidence-archive with its version"


def _must(identifier: str, says: str, ours: str, check: Check, scope: Scope = Scope.EVERY) -> Requirement:
    return _row(identifier, Level.MUST, says, ours, check, scope)


def _should(identifier: str, says: str, ours: str, check: Check, scope: Scope = Scope.EVERY) -> Requirement:
    return _row(identifier, Level.SHOULD, says, ours, check, scope)


def _row(identifier: str, level: Level, says: str, ours: str, check: Check, scope: Scope) -> Requirement:
    return Requirement(
        identifier=identifier, level=level, scope=scope, says=says, stance=Stance.MET, ours=ours, check=check
    )


def _unused(identifier: str, level: Level, says: str, ours: str, check: Check | None) -> Requirement:
    return Requirement(
        identifier=identifier,
        level=level,
        scope=Scope.EVERY,
        says=says,
        stance=Stance.NOT_ARISING,
        ours=ours,
        check=check,
    )


# --- the root element and the header


def _other_type(document: Document) -> Iterator[Breach]:
    if document.root.get("TYPE").upper() == "OTHER" and not document.root.get("csip:OTHERTYPE"):
        yield breach(document.root, "TYPE is OTHER and csip:OTHERTYPE does not say which")


def _other_content_information_type(document: Document) -> Iterator[Breach]:
    root = document.root
    if root.get("csip:CONTENTINFORMATIONTYPE") == "OTHER" and not root.get("csip:OTHERCONTENTINFORMATIONTYPE"):
        yield breach(root, "csip:CONTENTINFORMATIONTYPE is OTHER and csip:OTHERCONTENTINFORMATIONTYPE is not given")


def _modified_moment(document: Document) -> Iterator[Breach]:
    # Whether a package was modified nobody can see from it; what is stated has to be real.
    for header in document.root.find("metsHdr"):
        if header.get("LASTMODDATE"):
            yield from checks.has_datetime("metsHdr", "LASTMODDATE")(document)


_AGENT_STEPS: tuple[tuple[str, Callable[[MetsElement], bool]], ...] = (
    ("no agent has ROLE CREATOR", lambda agent: agent.get("ROLE") == "CREATOR"),
    ("no agent with ROLE CREATOR has TYPE OTHER", lambda agent: agent.get("TYPE") == "OTHER"),
    ("no such agent has OTHERTYPE SOFTWARE", lambda agent: agent.get("OTHERTYPE") in vocabulary("AgentOtherType")),
    ("the software agent has no name", lambda agent: any(name.text for name in agent.find("name"))),
    ("the software agent has no note", lambda agent: any(note.text for note in agent.find("note"))),
    (
        "no note of the software agent has csip:NOTETYPE SOFTWARE VERSION",
        lambda agent: any(note.get("csip:NOTETYPE") == "SOFTWARE VERSION" for note in agent.find("note")),
    ),
)


def _software_agent(step: int) -> Check:
    """That some agent fulfils the steps up to this one; silent where an earlier step fails already."""

    def check(document: Document) -> Iterator[Breach]:
        for header in document.root.find("metsHdr"):
            agents = list(header.find("agent"))
            for _, fulfils in _AGENT_STEPS[:step]:
                agents = [agent for agent in agents if fulfils(agent)]
            message, fulfils = _AGENT_STEPS[step]
            if agents and not any(fulfils(agent) for agent in agents):
                yield breach(agents[0], message)

    return check


_ROOT_AND_HEADER = (
    _must(
        "CSIP1",
        "The document names the package, or the representation, that it describes.",
        "`mets/@OBJID`: `urn:uuid:` and the package's UUID, which is the folder's name; `original` in the"
        " representation. [ADR 0005](../adr/0005-uuid-urns.md)",
        checks.has_attribute("", "OBJID"),
    ),
    _must(
        "CSIP2",
        "What kind of content it is, by a word of the vocabulary.",
        "`mets/@TYPE`: `Mixed`; deliveries hold everything",
        checks.has_value("", "TYPE", vocabulary("ContentCategory") | {"OTHER"}),
    ),
    _should("CSIP3", "A kind outside the vocabulary is spelled out.", "`Mixed` is in the vocabulary", _other_type),
    _should(
        "CSIP4",
        "Which content information type specification was followed, by a word of the vocabulary.",
        "`mets/@csip:CONTENTINFORMATIONTYPE`: `OTHER`",
        checks.has_value("", "csip:CONTENTINFORMATIONTYPE", vocabulary("ContentInformationType")),
    ),
    _row(
        "CSIP5",
        Level.MAY,
        "A specification outside the vocabulary is spelled out.",
        "`mets/@csip:OTHERCONTENTINFORMATIONTYPE`: `evidence`",
        _other_content_information_type,
        Scope.EVERY,
    ),
    _must(
        "CSIP6",
        "The METS profile followed is named by its address.",
        "`mets/@PROFILE`, see [ADR 0011](../adr/0011-e-ark-choices.md)",
        checks.has_attribute("", "PROFILE"),
    ),
    _must("CSIP117", "There is one header.", _HEADER, checks.has_child("", "metsHdr", at_most=1)),
    _must(
        "CSIP7",
        "When the package was made.",
        "`metsHdr/@CREATEDATE`: the moment of sealing, UTC",
        checks.has_datetime("metsHdr", "CREATEDATE"),
    ),
    _unused(
        "CSIP8",
        Level.SHOULD,
        "When the package was last changed, if it was.",
        "a sealed package is never changed; a correction is a new package",
        _modified_moment,
    ),
    _must(
        "CSIP9",
        "Which OAIS package it is, by a word of the vocabulary.",
        "`AIP`; `AIC` for an accession package. [ADR 0010](../adr/0010-location-marker.md)",
        checks.has_value("metsHdr", "csip:OAISPACKAGETYPE", vocabulary("OAISPackageType")),
    ),
    _must("CSIP10", "The program that made the package is an agent.", _AGENT, checks.has_child("metsHdr", "agent")),
    _must("CSIP11", "That agent is the creator.", _AGENT, _software_agent(0)),
    _must("CSIP12", "Its type is OTHER.", _AGENT, _software_agent(1)),
    _must("CSIP13", "Its other type is SOFTWARE.", _AGENT, _software_agent(2)),
    _must("CSIP14", "It has a name.", _AGENT, _software_agent(3)),
    _must("CSIP15", "It has a note.", _AGENT, _software_agent(4)),
    _must("CSIP16", "The note is marked as the program's version.", _AGENT, _software_agent(5)),
)


# --- metadata sections


def _all_referenced(folder: str, section: str) -> Check:
    """Every file below ``folder`` is referenced from a section of that name."""

    def check(document: Document) -> Iterator[Breach]:
        referenced = csip_structure.referenced(document.root, f"{section}/mdRef")
        for path in sorted(document.beside):
            if path.startswith(folder) and path not in referenced:
                yield breach(document.root, f"no {section.split('/')[-1]} references {path}")

    return check


def _one_at_most(name: str) -> Check:
    def check(document: Document) -> Iterator[Breach]:
        found = list(document.root.find(name))
        if len(found) > 1:
            yield breach(found[1], f"a second {name}")

    return check


def _section(path: str, word: str, first: int, *, status: int, stance: Stance, ours: str) -> tuple[Requirement, ...]:
    """The rows that all three kinds of metadata section have alike.

    ``first`` is the number of the row about the reference's existence, which ten others follow; ``status`` that of
    the row about the status.
    """
    reference = f"{path}/mdRef"
    where = f"`{path}`" + ("; dates, sizes and SHA-256 are those of sealing" if stance is Stance.MET else "")
    said = ours or where
    must, should = Level.MUST, Level.SHOULD
    rows: list[tuple[int, Level, str, Check]] = [
        (
            status,
            should,
            f"The {word} says whether it is current.",
            checks.has_value(path, "STATUS", vocabulary("Status")),
        ),
        (first, should, f"The {word} references one file.", checks.has_child(path, "mdRef", at_most=1)),
        (first + 1, must, "The locator is a URL.", checks.has_value(reference, "LOCTYPE", {"URL"})),
        (first + 2, must, "The link is simple.", checks.has_value(reference, "xlink:type", {"simple"})),
        (first + 3, must, "Where the file is.", checks.has_href(reference)),
        (
            first + 4,
            must,
            "What kind of metadata it is, by the list of METS.",
            checks.has_value(reference, "MDTYPE", checks.METADATA_TYPES),
        ),
        (first + 5, must, "The file's media type.", checks.has_media_type(reference)),
        (first + 6, must, "The file's size in octets.", checks.has_size(reference)),
        (first + 7, must, "When the file was made.", checks.has_datetime(reference, "CREATED")),
        (first + 8, must, "The file's checksum.", checks.has_checksum(reference)),
        (
            first + 9,
            must,
            "How the checksum was computed, by the list of METS.",
            checks.has_value(reference, "CHECKSUMTYPE", checks.CHECKSUM_DIGITS),
        ),
    ]
    return tuple(
        Requirement(
            identifier=f"CSIP{number}",
            level=level,
            scope=Scope.EVERY,
            says=says,
            stance=stance,
            ours=said,
            check=check,
        )
        for number, level, says, check in rows
    )


_NO_RIGHTS_SECTION = "rights are said in PREMIS, which `digiprovMD` references; there is no `rightsMD`"

_METADATA = (
    _should(
        "CSIP17",
        "Descriptive metadata that is there is described, one section for each file.",
        "`dmdSec` for `dc.xml` and `items.csv`",
        _all_referenced("metadata/descriptive/", "dmdSec"),
    ),
    _must("CSIP18", "The section has an ID of its own.", "`dmdSec/@ID`", checks.has_identifier("dmdSec")),
    _must(
        "CSIP19",
        "When the description was made.",
        "`dmdSec/@CREATED`: the moment of sealing",
        checks.has_datetime("dmdSec", "CREATED"),
    ),
    *_section("dmdSec", "section", 21, status=20, stance=Stance.MET, ours=""),
    _should(
        "CSIP31", "All administrative metadata is in one section.", "one `amdSec` in every METS", _one_at_most("amdSec")
    ),
    _should(
        "CSIP32",
        "Preservation metadata is PREMIS, one section for each file.",
        "`amdSec/digiprovMD` for `premis.xml`, in the root and in the representation",
        _all_referenced("metadata/preservation/", "amdSec/digiprovMD"),
    ),
    _must(
        "CSIP33", "The section has an ID of its own.", "`digiprovMD/@ID`", checks.has_identifier("amdSec/digiprovMD")
    ),
    *_section("amdSec/digiprovMD", "section", 35, status=34, stance=Stance.MET, ours=""),
    _unused(
        "CSIP45",
        Level.MAY,
        "General permissions may be stated in rights sections.",
        _NO_RIGHTS_SECTION,
        _all_referenced("metadata/rights/", "amdSec/rightsMD"),
    ),
    _unused(
        "CSIP46",
        Level.MUST,
        "A rights section has an ID of its own.",
        _NO_RIGHTS_SECTION,
        checks.has_identifier("amdSec/rightsMD"),
    ),
    *_section("amdSec/rightsMD", "rights section", 48, status=47, stance=Stance.NOT_ARISING, ours=_NO_RIGHTS_SECTION),
)

_BEYOND = (
    _unused("REF_METS_1", Level.MAY, "Structural links are not used by CSIP.", "we write none", None),
    _unused("REF_METS_2", Level.MAY, "The behaviour section is not used by CSIP.", "we write none", None),
)

REQUIREMENTS: tuple[Requirement, ...] = (*_ROOT_AND_HEADER, *_METADATA, *csip_structure.REQUIREMENTS, *_BEYOND)
"""All requirements of CSIP 2.2.0."""
