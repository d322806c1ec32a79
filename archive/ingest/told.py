"""Findings in numbers a person can read and a machine can hold: so many of each kind, and how many more there were."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from profiles.finding import Finding

AT_MOST = 1_000
"""Findings of one kind that are told one by one."""


@dataclass(frozen=True, slots=True)
class Kindred:
    """Findings of one kind: how many there are, those that are told one by one, and where those are that are not.

    ``elsewhere`` is empty where all are told.
    """

    count: int
    told: tuple[Finding, ...]
    elsewhere: str


def kindred(findings: Sequence[Finding]) -> Kindred:
    """What ``findings`` of one kind tell, some of which may stand for others that were cut."""
    one_by_one, cut, where = list[Finding](), 0, ""
    for finding in findings:
        if finding.data.keys() >= {"more", "where"}:
            cut, where = cut + int(finding.data["more"]), finding.data["where"]
        else:
            one_by_one.append(finding)
    return Kindred(len(one_by_one) + cut, tuple(one_by_one), where)


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
        more = (
            replace(
                first[code],
                subject="",
                message=f"{count:,} more; {where}",
                data={"more": str(count), "where": where},
            )
            for code, count in cut.items()
        )
        return (*self._kept, *more)


def told(findings: Iterable[Finding], *, where: str) -> Iterator[Finding]:
    """``findings`` without what is too much; see ``Told``."""
    few = Told()
    for finding in findings:
        few.add(finding)
    yield from few.findings(where=where)
