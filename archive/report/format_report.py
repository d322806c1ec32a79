"""What is held, by format: how much, at what risk, what is to be done, and how it is known. All numbers add up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from archive.catalogue.rows import FormatHolding, Totals
from archive.holdings.holdings import Holdings
from archive.model.formats import DECIDED, Basis, Kind
from archive.planning.risk_tables import TableInUse, risks_in_use
from profiles.format_policy import Action, Decision, Policy
from profiles.format_risk import Risk, RiskTable

UNKNOWN = "unknown"
"""Stands where a risk stands, for files whose format nobody knows: a format without a name has no risk of its own."""
NO_BASIS = "none"
"""Stands where a basis stands, where there is none."""


@dataclass(frozen=True, slots=True)
class Told:
    """How it is known what some files are: ``verdict`` and ``basis`` as identification has them, or the person's."""

    verdict: str
    basis: str
    files: int
    bytes: int


@dataclass(frozen=True, slots=True)
class FormatLine:
    """Files of one format with which the same is to be done; ``puid`` is None where no format could be named."""

    puid: str | None
    name: str | None
    files: int
    bytes: int
    decision: Decision
    told: tuple[Told, ...]

    @property
    def risk(self) -> str:
        """The level of the format, or that the format is unknown."""
        return UNKNOWN if self.puid is None else str(self.decision.risk)


@dataclass(frozen=True, slots=True)
class Tally:
    """How much there is of one thing: formats (where they are counted), files, octets."""

    what: str
    formats: int
    files: int
    bytes: int


@dataclass(frozen=True, slots=True)
class FormatReport:
    """Everything the report says, in every form it takes.

    ``formats`` counts the formats that are known. The tallies of each kind add up to ``files`` and ``bytes``; those of
    risk and action have an entry for each level, also where there is nothing of it. ``by_digits`` counts files by the
    number of decimal digits of their size. ``received`` counts all receipts, so that what was received and is not held
    as evidence can be seen: ``received.received == files + elsewhere``.
    """

    archive: str
    time: datetime
    log_size: int
    policy: int
    tables: tuple[TableInUse, ...]
    lines: tuple[FormatLine, ...]
    formats: int
    files: int
    bytes: int
    by_action: tuple[Tally, ...]
    by_risk: tuple[Tally, ...]
    by_verdict: tuple[Tally, ...]
    by_basis: tuple[Tally, ...]
    by_digits: dict[int, tuple[int, int]]
    received: Totals

    @property
    def elsewhere(self) -> int:
        """Files that were received and are not evidence in a package: pending, rejected, quarantined."""
        return self.received.received - self.files

    def to_do(self, action: Action) -> Tally:
        """What is to be treated so."""
        return next(tally for tally in self.by_action if tally.what == action)


def format_report(holdings: Holdings, *, archive: str, policy: Policy, time: datetime) -> FormatReport:
    """The report on what is held now in the archive of that identifier."""
    with holdings.catalogue.at_one_moment():  # another command may be taking something in
        size = holdings.catalogue.applied()
        held = holdings.catalogue.format_holdings()
        digits, received = holdings.catalogue.holdings_by_digits(), holdings.catalogue.totals()
        used = risks_in_use(holdings)
    lines = in_lines(held, policy=policy, risks=used.risks)
    files, octets = sum(one.files for one in held), sum(one.bytes for one in held)
    return FormatReport(
        archive=archive,
        time=time,
        log_size=size,
        policy=policy.version,
        tables=used.tables,
        lines=lines,
        formats=len({one.puid for one in held} - {None}),
        files=files,
        bytes=octets,
        by_action=_tally(reversed(Action), ((line.decision.action, line) for line in lines)),
        by_risk=_tally(
            [Risk.HIGH, Risk.MODERATE, Risk.LOW, Risk.UNRATED, UNKNOWN], ((line.risk, line) for line in lines)
        ),
        by_verdict=_without_empty(_tally([*Kind, DECIDED], ((one.verdict, one) for one in held))),
        by_basis=_without_empty(_tally([*Basis, NO_BASIS], ((one.basis or NO_BASIS, one) for one in held))),
        by_digits=digits,
        received=received,
    )


def in_lines(held: Iterable[FormatHolding], *, policy: Policy, risks: RiskTable) -> tuple[FormatLine, ...]:
    """One line for each format and what is to be done with it: the most urgent first, then the largest. Pure."""
    groups: dict[tuple[str | None, Decision], list[FormatHolding]] = {}
    for one in held:
        decision = policy.decide(one.puid, verdict=one.verdict, risks=risks)
        groups.setdefault((one.puid, decision), []).append(one)
    lines = [_line(puid, decision, group) for (puid, decision), group in groups.items()]
    urgency = list(Action)
    return tuple(sorted(lines, key=lambda line: (-urgency.index(line.decision.action), -line.bytes, line.puid or "")))


def told_in_words(line: FormatLine) -> str:
    """How it is known what the files of a line are: verdict and basis, with numbers where they are several."""
    several = len(line.told) > 1
    words = []
    for one in line.told:
        basis = "" if one.basis in (NO_BASIS, one.verdict) else f" by {one.basis}"
        words.append(f"{one.verdict}{basis}" + (f" {one.files:,}" if several else ""))
    return ", ".join(words)


def _line(puid: str | None, decision: Decision, group: Sequence[FormatHolding]) -> FormatLine:
    most = sorted(group, key=lambda one: -one.files)
    return FormatLine(
        puid=puid,
        name=next((one.name for one in most if one.name), None),
        files=sum(one.files for one in group),
        bytes=sum(one.bytes for one in group),
        decision=decision,
        told=tuple(Told(one.verdict, one.basis or NO_BASIS, one.files, one.bytes) for one in most),
    )


class _Counted(Protocol):
    """What can be counted: files of a format."""

    @property
    def puid(self) -> str | None: ...
    @property
    def files(self) -> int: ...
    @property
    def bytes(self) -> int: ...


def _tally(order: Iterable[str], counted: Iterable[tuple[str, _Counted]]) -> tuple[Tally, ...]:
    """One tally for each word of ``order``, and after them for each that a newer program may have written."""
    groups: dict[str, list[_Counted]] = {str(word): [] for word in order}
    for word, one in counted:
        groups.setdefault(str(word), []).append(one)
    return tuple(
        Tally(
            what=word,
            formats=len({one.puid for one in group} - {None}),
            files=sum(one.files for one in group),
            bytes=sum(one.bytes for one in group),
        )
        for word, group in groups.items()
    )


def _without_empty(tallies: Iterable[Tally]) -> tuple[Tally, ...]:
    return tuple(tally for tally in tallies if tally.files)
