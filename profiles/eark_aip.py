"""The requirements of E-ARK AIP 2.2.0, which come on top of those of CSIP for a document that declares its profile."""

from __future__ import annotations

from collections.abc import Iterator

from premis.mets import AIP_PROFILE
from profiles import mets_checks as checks
from profiles.mets_checks import breach, vocabulary
from profiles.requirement import Breach, Check, Document, Level, Requirement, Scope, Stance

SPECIFICATION = "E-ARK AIP 2.2.0"

_REFERENCE = "amdSec/digiprovMD/mdRef"


def _a_current_section(document: Document) -> Iterator[Breach]:
    sections = [*document.root.find("dmdSec"), *document.root.find("amdSec/digiprovMD")]
    for section in sections:
        if section.get("STATUS") not in vocabulary("Status"):
            yield breach(section, f"STATUS is {section.get('STATUS')!r} and not one of its vocabulary")
    if not any(section.get("STATUS") == "CURRENT" for section in sections):
        yield breach(document.root, "no metadata has STATUS CURRENT")


def _a_provenance_reference(document: Document) -> Iterator[Breach]:
    if not any(document.root.find(_REFERENCE)):
        yield breach(document.root, "no amdSec/digiprovMD/mdRef references digital provenance metadata")


def _premis_among_them(document: Document) -> Iterator[Breach]:
    references = list(document.root.find(_REFERENCE))
    if references and not any(reference.get("MDTYPE").startswith("PREMIS") for reference in references):
        yield breach(references[0], "no digital provenance metadata has MDTYPE PREMIS")


def _premis_3(document: Document) -> Iterator[Breach]:
    for reference in document.root.find(_REFERENCE):
        version = reference.get("MDTYPEVERSION")
        if reference.get("MDTYPE").startswith("PREMIS") and version.split(".")[0] != "3":
            yield breach(reference, f"MDTYPEVERSION is {version!r} where PREMIS should be version 3")


def _row(identifier: str, level: Level, says: str, ours: str, check: Check | None) -> Requirement:
    return Requirement(
        identifier=identifier, level=level, scope=Scope.EVERY, says=says, stance=Stance.MET, ours=ours, check=check
    )


REQUIREMENTS: tuple[Requirement, ...] = (
    _row(
        "AIPM1",
        Level.MUST,
        "The identifier of an AIP never changes.",
        "given when the package is made and sealed with it; a correction is a new package with an identifier of its"
        " own. One document cannot show this, so nothing is checked in it",
        None,
    ),
    _row(
        "AIPM2",
        Level.MUST,
        "The profile is that of AIP 2.2.0.",
        "`mets/@PROFILE`; its host is odd, see [ADR 0011](../adr/0011-e-ark-choices.md). Accession packages are no"
        " AIPs and name the profile of CSIP",
        checks.has_value("", "PROFILE", {AIP_PROFILE}),
    ),
    _row(
        "AIPM3",
        Level.MUST,
        "The package type is AIP.",
        "`metsHdr/@csip:OAISPACKAGETYPE`",
        checks.has_value("metsHdr", "csip:OAISPACKAGETYPE", {"AIP"}),
    ),
    _row(
        "AIPM4",
        Level.SHOULD,
        "Metadata says whether it is current, and some of it is.",
        "`@STATUS`: `CURRENT` everywhere; nothing in a sealed package is superseded",
        _a_current_section,
    ),
    _row(
        "AIPM5",
        Level.MUST,
        "Digital provenance metadata is referenced.",
        "`amdSec/digiprovMD/mdRef` in every METS",
        _a_provenance_reference,
    ),
    _row(
        "AIPM6",
        Level.SHOULD,
        "Some of it is PREMIS.",
        "`metadata/preservation/premis.xml` in the root and in the representation",
        _premis_among_them,
    ),
    _row(
        "AIPM7",
        Level.SHOULD,
        "PREMIS is of version 3.",
        "`mdRef/@MDTYPEVERSION`: `3.0`",
        _premis_3,
    ),
)
"""All requirements of AIP 2.2.0."""
