"""A METS or PREMIS document judged by everything known here: schemas, references, E-ARK requirements, in that order.

Schemas are judged only where there are any. What a document of others may leave open, such as a relationship to another
package, is a warning.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from posixpath import dirname, join, normpath

from premis.errors import PremisError
from premis.faults import Code, Fault
from premis.mets_reader import MetsDocument, read_mets
from premis.references import check_premis, check_references
from premis.schemas import Schemas, validate
from profiles.eark import METS, check_mets, finding_of
from profiles.finding import Finding, Severity
from profiles.finding_codes import FindingCode
from profiles.requirement import LocatedFinding

_DILCIS = "dilcis.eu"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was found, which documents were judged, and whether schemas were among the judges."""

    findings: tuple[LocatedFinding, ...]
    documents: tuple[str, ...]
    by_schemas: bool

    @property
    def valid(self) -> bool:
        """Whether nothing weighs as an error."""
        return all(finding.severity is not Severity.ERROR for finding in self.findings)


def judge_premis(path: Path, schemas: Schemas | None) -> Judgement:
    """One PREMIS document. Raises OSError where it cannot be read."""
    faults = [] if schemas is None else validate(path, schemas)
    if not any(fault.code is Code.NOT_XML for fault in faults):
        with path.open("rb") as stream:
            faults += check_premis(stream)
    return Judgement(tuple(_finding(fault, path.name) for fault in faults), (path.name,), schemas is not None)


def judge_mets(path: Path, schemas: Schemas | None) -> Judgement:
    """A METS document with everything it references: further METS, PREMIS, and every file with size and digest.

    E-ARK requirements are asked of those that say they follow E-ARK. Raises OSError where something cannot be read.
    """
    folder = path.absolute().parent
    documents = list(_documents(folder, path.name, set()))
    faults: list[Fault] = []
    if schemas is not None:
        for name, _ in documents:
            faults += (replace(fault, document=name) for fault in validate(folder / name, schemas))
    broken = {fault.document for fault in faults if fault.code is Code.NOT_XML}
    faults += (f for f in check_references(folder, folder / path.name) if f.document not in broken)
    findings = [_finding(fault, path.name) for fault in faults]
    for name, mets in documents:
        if mets is not None:
            findings += _requirements(folder, name, mets)
    return Judgement(tuple(findings), tuple(name for name, _ in documents), schemas is not None)


def _requirements(folder: Path, name: str, mets: MetsDocument) -> Iterator[LocatedFinding]:
    if (
        _DILCIS in (mets.profile or "")
        or mets.oais_package_type is not None
        or mets.content_information_type is not None
    ):
        for finding in check_mets(folder / name):
            yield replace(finding, subject=name)
    else:
        message = "the document does not say that it follows E-ARK; its requirements were not asked"
        yield LocatedFinding(FindingCode.NOT_E_ARK, Severity.INFO, name, message)


def _documents(folder: Path, name: str, seen: set[str]) -> Iterator[tuple[str, MetsDocument | None]]:
    """The METS documents from ``name`` on, and after each the PREMIS documents it references; None for the latter."""
    if name in seen or not (folder / name).is_file():
        return
    seen.add(name)
    try:
        mets = read_mets(folder / name)
    except PremisError:
        yield name, None  # what it is instead, the judges say
        return
    yield name, mets
    for reference in mets.metadata:
        inner = _beside(name, reference.target.href)
        if (reference.md_type or "").startswith("PREMIS") and inner not in seen and (folder / inner).is_file():
            seen.add(inner)
            yield inner, None
    for pointer in mets.pointers:
        inner = _beside(name, pointer.target.href)
        if not inner.startswith(("../", "/")):
            yield from _documents(folder, inner, seen)


def _beside(name: str, href: str | None) -> str:
    return normpath(join(dirname(name), (href or METS).replace("\0", "")))


def _finding(fault: Fault, name: str) -> LocatedFinding:
    found = finding_of(fault, name=name)
    # A package may speak of another one, which is not here to be asked.
    if fault.code is Code.LINK_UNRESOLVED and fault.element == "relatedObjectIdentifier":
        return replace(found, severity=Severity.WARNING)
    return found


def not_judged_by_schemas() -> Finding:
    """What to say where no schemas were to be had."""
    message = "no schemas are installed, so the documents were not judged by them: archive schemas install DIR"
    return Finding(FindingCode.NO_SCHEMAS, Severity.INFO, "schemas", message)
