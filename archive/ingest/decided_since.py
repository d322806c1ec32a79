"""Findings about quarantine, as they stand now: what was decided meanwhile waits for nobody."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from archive.catalogue.catalogue import Catalogue
from archive.model.identifiers import AccessionId, PackageId
from archive.model.quarantine import QuarantineDecision
from profiles.finding import Finding, Severity
from profiles.finding_codes import FindingCode

_WORDS = {
    QuarantineDecision.KEEP: "it stays in quarantine",
    QuarantineDecision.RELEASE: "it is evidence and held openly",
    QuarantineDecision.REJECT: "it is no evidence; its bytes are kept in quarantine",
}


def decided_since(findings: Iterable[Finding], accession: AccessionId, catalogue: Catalogue) -> Iterator[Finding]:
    """``findings`` of an accession, with what became of its packages in quarantine in the place of the question."""
    decided = {row.package: row for row in catalogue.quarantined() if row.decision is not None}
    ours = {package.id for package in catalogue.packages(accession)}
    for finding in findings:
        named = finding.data.get("package") if finding.code == FindingCode.QUARANTINED else None
        row = None if named is None or named not in ours else decided.get(PackageId(named))
        if row is None or row.decision is None:
            yield finding
            continue
        message = (
            f"was kept apart in package {row.package}; decided on {str(row.decided_at)[:10]}: {_WORDS[row.decision]}"
        )
        yield replace(finding, code=FindingCode.QUARANTINE_DECIDED, severity=Severity.INFO, message=message)
