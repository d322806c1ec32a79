"""E-ARK requirements asked of documents and of package folders; every answer quotes the requirement it is about.

The tables are in ``csip``, ``csip_structure`` and ``eark_aip``. References are not followed here and digests not
computed: `premis.references` does that, and ``finding_of`` says its faults as findings.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from premis.errors import PremisError
from premis.faults import Fault
from premis.mets import AIP_PROFILE, CSIP_PROFILE
from premis.mets_outline import MetsElement, read_outline
from profiles import csip, eark_aip
from profiles.finding import Finding, Severity
from profiles.finding_codes import FindingCode, code_named
from profiles.requirement import SEVERITY, Document, LocatedFinding, Requirement, Scope, located

METS = "METS.xml"
_DESCRIBED = ("metadata", "documentation", "schemas")

TABLES: tuple[tuple[str, tuple[Requirement, ...]], ...] = (
    (csip.SPECIFICATION, csip.REQUIREMENTS),
    (eark_aip.SPECIFICATION, eark_aip.REQUIREMENTS),
)
"""Every specification known here with its requirements."""

__all__ = ["AIP_PROFILE", "CSIP_PROFILE", "TABLES", "check_document", "check_mets", "check_package", "finding_of"]


def check_document(document: Document, *, name: str = METS) -> list[LocatedFinding]:
    """Where one METS document falls short; ``name`` is what the findings call it.

    The requirements for AIPs are asked of a document that says it is one, by its profile or its package type.
    """
    found: list[LocatedFinding] = []
    for specification, requirements in TABLES:
        if requirements is eark_aip.REQUIREMENTS and not _says_it_is_an_aip(document.root):
            continue
        for requirement in requirements:
            found += _findings(specification, requirement, document, name)
    return sorted(found, key=lambda finding: finding.line or 0)


def check_mets(path: Path) -> list[LocatedFinding]:
    """Where the METS document at ``path`` falls short, with what lies beside it where that can be seen.

    A document two folders below one named ``representations`` is a representation's. What is no METS at all is a
    finding too; OSError for what cannot be read.
    """
    scope = Scope.REPRESENTATION if path.absolute().parent.parent.name == "representations" else Scope.ROOT
    beside = _beside(path.absolute().parent) if path.name == METS else frozenset[str]()
    return _check(path, scope, beside, path.name)


def check_package(folder: Path) -> list[LocatedFinding]:
    """Where the METS documents of a package fall short: the root's and those of its representations.

    ``folder`` holds the root ``METS.xml``. Raises OSError where something cannot be read.
    """
    found = _check(folder / METS, Scope.ROOT, _beside(folder), METS)
    for path in sorted((folder / "representations").glob(f"*/{METS}")):
        name = path.relative_to(folder).as_posix()
        found += _check(path, Scope.REPRESENTATION, _beside(path.parent), name)
    return found


def finding_of(fault: Fault, *, name: str = "") -> LocatedFinding:
    """What `premis` found wrong with a document, as a finding; ``name`` stands in where the fault names no document."""
    subject = fault.document or name
    finding = Finding(code_named(fault.code), Severity.ERROR, subject, fault.message, fault.source)
    return located(finding, fault.line, fault.element)


def _check(path: Path, scope: Scope, beside: frozenset[str], name: str) -> list[LocatedFinding]:
    try:
        root = read_outline(path)
    except PremisError as error:
        return [located(Finding(FindingCode.NOT_METS, Severity.ERROR, name, str(error), "METS 1.12.1"), error.line, "")]
    return check_document(Document(root, scope, beside), name=name)


def _findings(specification: str, requirement: Requirement, document: Document, name: str) -> Iterator[LocatedFinding]:
    source = f"{specification} {requirement.identifier} ({requirement.level})"
    for breach in requirement.breaches(document):
        message = f"{breach.message}. {requirement.identifier}: {requirement.says}"
        finding = Finding(requirement.identifier, SEVERITY[requirement.level], name, message, source)
        yield located(finding, breach.line, breach.element)


def _says_it_is_an_aip(root: MetsElement) -> bool:
    kinds = {header.get("csip:OAISPACKAGETYPE") for header in root.find("metsHdr")}
    return "AIP" in kinds or root.get("PROFILE") == AIP_PROFILE


def _beside(folder: Path) -> frozenset[str]:
    """The files of the folders whose content a METS describes, relative to its own folder."""
    return frozenset(
        os.path.relpath(os.path.join(where, name), folder)
        for part in _DESCRIBED
        for where, _, names in os.walk(folder / part)
        for name in names
    )
