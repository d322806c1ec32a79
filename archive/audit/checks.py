"""What one check of the custody log says: how much it looked at, in a sentence, and what it found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from profiles.finding import Finding, Severity
from profiles.finding_codes import FindingCode

SAID = 20
"""Findings of one kind that are told one by one; the rest are counted."""


@dataclass(frozen=True, slots=True)
class Check:
    """One check: its name, the number of things it looked at, and a sentence that says what they are."""

    name: str
    counted: int
    sentence: str
    findings: tuple[Finding, ...] = ()

    @property
    def severity(self) -> Severity:
        """That of the weightiest finding; INFO where there is none."""
        found = {finding.severity for finding in self.findings}
        return next((weight for weight in (Severity.ERROR, Severity.WARNING) if weight in found), Severity.INFO)


def wrong(code: FindingCode, subject: str, message: str) -> Finding:
    """Something that must not be: damage or tampering."""
    return Finding(code, Severity.ERROR, subject, message, "DESIGN §7")


def odd(code: FindingCode, subject: str, message: str) -> Finding:
    """Something a person should look at."""
    return Finding(code, Severity.WARNING, subject, message)


def told(code: FindingCode, subject: str, message: str) -> Finding:
    """Something worth a word."""
    return Finding(code, Severity.INFO, subject, message)


def some(findings: Iterable[Finding], *, what: str) -> Iterator[Finding]:
    """The first of many findings of one code and severity, and how many more there are of ``what``."""
    rest = iter(findings)
    first = list(islice(rest, SAID))
    yield from first
    more = sum(1 for _ in rest)
    if more:
        yield Finding(first[0].code, first[0].severity, first[0].subject, f"and {more} more {what}", first[0].source)
