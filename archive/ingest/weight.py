"""Which findings about a delivery wait for a person, and which only stand in its receipt."""

from __future__ import annotations

from collections.abc import Iterable

from archive.ingest.transfer import SEAL_NOT_INTACT
from profiles.finding import Finding, Severity

_NEEDS_PERSON = frozenset(
    {"file-without-row", "row-without-file", "contradicting-rows", "rights-unclear"}
    | {"file-without-group", "item-of-several-groups"}
    | {"quarantined", "quarantine-key-made"}
    | {"changed-while-received", "replica-not-stored", "custody-copy-failed", SEAL_NOT_INTACT}
)


_OF_THE_ARCHIVE = frozenset({"quarantine-key-made", "replica-not-stored", "custody-copy-failed"})
"""What is the archive's own affair: told to whoever ingests, and to no producer."""


def of_the_delivery(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Those findings that a receipt and the papers of an accession are about."""
    return tuple(finding for finding in findings if finding.code not in _OF_THE_ARCHIVE)


def needs_person(finding: Finding) -> bool:
    """Whether a finding about a delivery waits for a person rather than only standing in the receipt."""
    return finding.severity is Severity.ERROR or finding.code in _NEEDS_PERSON
