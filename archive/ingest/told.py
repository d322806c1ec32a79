"""Findings in numbers a person can read and a machine can hold: so many of each kind, and how many more there were."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace

from profiles.finding import Finding

AT_MOST = 1_000
"""Findings of one kind that are told one by one."""


class Told:
    """Takes any number of findings and keeps the first of each kind; its memory has a bound."""

    def __init__(self) -> None:
        self._kept: list[Finding] = []
        self._counts: Counter[str] = Counter()

    def add(self, finding: Finding) -> None:
        """Take one finding; one without a subject speaks of many, and is kept."""
        if not finding.subject:
            self._kept.append(finding)
            return
        self._counts[finding.code] += 1
        if self._counts[finding.code] <= AT_MOST:
            self._kept.append(finding)

    def findings(self, *, where: str) -> tuple[Finding, ...]:
        """What was kept, in order, and for each kind that is cut one finding more; ``where`` says how to see all."""
        cut = {code: count - AT_MOST for code, count in self._counts.items() if count > AT_MOST}
        first = {finding.code: finding for finding in reversed(self._kept) if finding.code in cut}
        more = (replace(first[code], subject="", message=f"{count:,} more; {where}") for code, count in cut.items())
        return (*self._kept, *more)


def told(findings: Iterable[Finding], *, where: str) -> Iterator[Finding]:
    """``findings`` without what is too much; see ``Told``."""
    few = Told()
    for finding in findings:
        few.add(finding)
    yield from few.findings(where=where)
