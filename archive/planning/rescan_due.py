"""Which packages a malware scanner should look at again, and why: computed from the catalogue, remembered nowhere.

What lies in quarantine is encrypted, so it is in none of these lists: it is looked at when it is released.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum

from archive.catalogue.rows import MalwareScanRow, PackageRow
from archive.config import MalwarePolicy
from archive.holdings.holdings import Holdings
from archive.inspection.malware import LARGEST
from archive.model.identifiers import PackageId
from archive.model.malware import MalwareOutcome, Unchecked, date_of
from archive.model.moments import format_moment, parse_moment
from archive.model.packages import PackageKind, ReplicaState
from archive.model.sentences import why_unchecked

STUCK = "rescan"
"""The type of an incident about a package that could not be looked at again.

The nightly duty leaves the package out until a person has closed it.
"""

NIGHT_BEGINS = time(18)
"""From when on (UTC) what is looked at counts for the next night."""


class Why(StrEnum):
    """Why a package is due, in words."""

    UNCHECKED = "not looked at yet"
    LIMIT = "too large once, and not any more"
    NEWER = "the signatures are newer"
    AGE = "looked at long ago, with signatures of which nobody knows how old they are"


@dataclass(frozen=True, slots=True)
class Due:
    """A package to be looked at, why, and what was said of it last; None where no scanner was ever asked."""

    package: PackageRow
    why: Why
    told: MalwareScanRow | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """What is to be looked at, in the order in which it should be: never looked at first, then the longest ago.

    ``out_of_reach`` are due too, and no good copy of them can be reached; ``left_out`` wait for a person,
    who closes the incident that says why.
    """

    due: tuple[Due, ...]
    out_of_reach: tuple[Due, ...]
    left_out: tuple[Due, ...]

    @property
    def all(self) -> tuple[Due, ...]:
        """Everything that is due, whatever stands against it."""
        return (*self.due, *self.out_of_reach, *self.left_out)


@dataclass(frozen=True, slots=True)
class Portion:
    """What was looked at again this night, and what may be: files and octets."""

    files: int
    bytes: int
    of_files: int
    of_bytes: int

    @property
    def is_spent(self) -> bool:
        """Whether no other package is begun this night."""
        return self.files >= self.of_files or self.bytes >= self.of_bytes

    def plus(self, files: int, size: int) -> Portion:
        """The same after so many more files and octets."""
        return Portion(self.files + files, self.bytes + size, self.of_files, self.of_bytes)


def waiting(
    holdings: Holdings, policy: MalwarePolicy, *, signatures: str | None, package: PackageId | None = None
) -> Waiting:
    """What a scanner with these ``signatures`` should look at now; of one package where given.

    Where ``signatures`` is None there is no scanner: then it is what nobody looked at, and what is too large no more.
    """
    now = holdings.stamp.clock()
    found = [
        Due(row, why, told)
        for row, told, reasons in _held(holdings, package)
        if (why := why_due(told, reasons, policy=policy, signatures=signatures, now=now)) is not None
    ]
    found.sort(key=_order)
    incidents = holdings.catalogue.incidents(only_open=True)
    stuck = {incident.package for incident in incidents if incident.type == STUCK}
    online = {location.name for location in holdings.online()}
    replicas = holdings.catalogue.replicas()
    reachable = {r.package for r in replicas if r.state is ReplicaState.OK and r.location in online}
    free = [due for due in found if due.package.id not in stuck]
    return Waiting(
        tuple(due for due in free if due.package.id in reachable),
        tuple(due for due in free if due.package.id not in reachable),
        tuple(due for due in found if due.package.id in stuck),
    )


def _order(due: Due) -> tuple[bool, str, int]:
    scanned = "" if due.told is None else due.told.scanned_at
    return due.why in (Why.NEWER, Why.AGE), scanned, due.package.leaf


def _held(
    holdings: Holdings, wanted: PackageId | None
) -> list[tuple[PackageRow, MalwareScanRow | None, list[tuple[str, int]]]]:
    """Packages of evidence held openly, what was said of most of their files, and why others were not checked."""
    told, single = holdings.catalogue.malware_scans(), holdings.catalogue.malware_unchecked()
    held = []
    for row in evidence(holdings, package=wanted):
        said, reasons = told.get(row.id), single.get(row.id, [])
        if said is not None and said.outcome is MalwareOutcome.NOT_CHECKED:
            smallest = holdings.catalogue.malware_smallest(row.id)
            reasons = reasons if smallest is None else [*reasons, (said.detail or "", smallest)]
        held.append((row, said, reasons))
    return held


def evidence(holdings: Holdings, *, package: PackageId | None = None) -> list[PackageRow]:
    """All packages of evidence that are held openly, or the one of this identifier."""
    return [row for row in holdings.catalogue.packages() if row.kind is PackageKind.AIP and package in (None, row.id)]


def why_due(
    told: MalwareScanRow | None,
    reasons: list[tuple[str, int]],
    *,
    policy: MalwarePolicy,
    signatures: str | None,
    now: datetime,
) -> Why | None:
    """Why a package should be looked at again; None where it need not.

    ``reasons`` are those for which files of it were not checked, each with the octets of the smallest such file. What
    failed in the scanner itself (tool-error) is asked again with newer signatures, and not every night.
    """
    causes = [(why_unchecked(reason), size) for reason, size in reasons]
    if told is None or any(cause is None for cause, _ in causes):
        return Why.UNCHECKED
    largest = min(policy.largest_file, LARGEST)
    if any(cause is Unchecked.OVER_OUR_LIMIT and size <= largest for cause, size in causes):
        return Why.LIMIT
    if signatures is None:
        return None
    enough, then, today = timedelta(days=policy.rescan_days), date_of(told.signatures), date_of(signatures)
    if then is not None and today is not None:
        return Why.NEWER if today - then >= enough else None
    scanned = parse_moment(told.scanned_at)
    return Why.AGE if now - scanned >= enough or scanned > now else None


def portion(holdings: Holdings, policy: MalwarePolicy) -> Portion:
    """What was looked at again since the night began, and what may be."""
    since = format_moment(night(holdings.stamp.clock()))
    scans = holdings.catalogue.malware_scans().values()
    tonight = [row.package for row in scans if row.rescanned_at is not None and row.rescanned_at >= since]
    content = holdings.catalogue.content() if tonight else {}
    counts = [content.get(package, (0, 0)) for package in tonight]
    spent = sum(files for files, _ in counts), sum(size for _, size in counts)
    return Portion(*spent, policy.rescan_files, policy.rescan_bytes)


def night(now: datetime) -> datetime:
    """When the night began that ``now`` belongs to; a night lasts until the next one begins."""
    begins = now.replace(hour=NIGHT_BEGINS.hour, minute=0, second=0, microsecond=0)
    return begins if begins <= now else begins - timedelta(days=1)
