"""A campaign: which replicas are read now, what was found, what was repaired, and the records of all of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from archive.audit.examination import Examined, examine, files_of, set_apart
from archive.audit.repair import promised, repair_file, repair_whole, restore_package
from archive.catalogue.rows import DamageRow, PackageRow, ReplicaRow
from archive.config import AuditPolicy
from archive.errors import StorageError
from archive.holdings.erasures import owed_erasures
from archive.holdings.holdings import Holdings
from archive.holdings.remarks import remark_findings
from archive.model.fixity import FixityOutcome
from archive.model.identifiers import IncidentId, PackageId, new_identifier
from archive.model.moments import parse_moment
from archive.model.names import shown
from archive.model.packages import ReplicaState
from archive.model.records import (
    AuditRecord,
    DamageRecord,
    IncidentRecord,
    LocationRetiredRecord,
    Octets,
    Record,
    RepairRecord,
    ReplicationRecord,
    SealRecord,
    TombstoneRecord,
)
from archive.packages.comparison import FileResult
from archive.progress import Progress, Silent
from profiles.finding import Finding, Severity
from profiles.finding_codes import FindingCode

_OUTCOMES = {
    FixityOutcome.ALTERED: FindingCode.ALTERED,
    FixityOutcome.MISSING: FindingCode.MISSING,
    FixityOutcome.EXTRA: FindingCode.EXTRA,
    FixityOutcome.UNREADABLE: FindingCode.UNREADABLE,
    FixityOutcome.OFFLINE: FindingCode.OFFLINE,
    FixityOutcome.NOT_CHECKED: FindingCode.NOT_CHECKED,
    FixityOutcome.TOOL_ERROR: FindingCode.TOOL_ERROR,
}
"""The code of a finding about a file that a look did not end well for."""


@dataclass(slots=True)
class Audited:
    """What one campaign found and did; ``counts`` in files as found before repair, ``size`` in octets read."""

    replicas: int = 0
    counts: Counter[FixityOutcome] = field(default_factory=Counter)
    size: int = 0
    repaired: int = 0
    incidents: list[IncidentId] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    frozen: int = 0
    damaged: bool = False
    disputed: bool = False
    remarked: tuple[Severity, ...] = ()

    @property
    def files(self) -> int:
        """Files looked for or found."""
        return self.counts.total()

    @property
    def alarming(self) -> bool:
        """Whether this run found damage, or a frozen replica or a record that contradicts the log remains."""
        return self.damaged or self.disputed or self.frozen > 0 or Severity.ERROR in self.remarked

    @property
    def needs_person(self) -> bool:
        """Whether something could not be checked, or not be read in the log."""
        unchecked = (FixityOutcome.OFFLINE, FixityOutcome.NOT_CHECKED, FixityOutcome.TOOL_ERROR)
        return any(self.counts[outcome] for outcome in unchecked) or bool(self.remarked)


@dataclass(frozen=True, slots=True)
class _Trouble:
    """One damaged replica with the incident of each damage, waiting for repair."""

    examined: Examined
    incidents: dict[bytes, IncidentId]


def due(replicas: Iterable[ReplicaRow], *, now: datetime, policy: AuditPolicy) -> list[ReplicaRow]:
    """The replicas whose last reading is too long ago, longest first. A missed night makes the next one longer.

    A reading in the future counts as never read: nobody knows how long ago it really was.
    """
    limit = now - timedelta(days=policy.every_days)

    def read(replica: ReplicaRow) -> datetime | None:
        moment = None if replica.last_verified is None else parse_moment(replica.last_verified)
        return None if moment is None or moment > now else moment

    waiting = [(read(replica), replica) for replica in replicas]
    return [
        replica
        for last, replica in sorted(
            waiting, key=lambda pair: (pair[0] is not None, pair[0] or limit, pair[1].package, pair[1].location)
        )
        if last is None or last <= limit or replica.state is not ReplicaState.OK
    ]


def audit(
    holdings: Holdings, replicas: Sequence[ReplicaRow], *, policy: AuditPolicy, progress: Progress | None = None
) -> Audited:
    """Read ``replicas`` in full, record what was found, then repair what may be repaired.

    Everything is read before anything is repaired, so that a location with too much damage is known in time.
    """
    progress = progress or Silent()
    campaign, audited, troubles = new_identifier(), Audited(), list[_Trouble]()
    packages = {package.id: package for package in holdings.catalogue.packages()}
    disputed = _disputed(holdings, packages, audited)
    replicas = [replica for replica in replicas if replica.package in packages]  # any other is among the disputed
    progress.stage("reading files", total=sum(files_of(packages[replica.package]) for replica in replicas))
    for replica in replicas:
        examined = _examine(holdings, packages[replica.package], replica, disputed=disputed, progress=progress)
        if examined is None:
            break  # a replica not read to its end is as due as before
        trouble = _record(holdings, examined, campaign=campaign, audited=audited)
        if trouble is not None:
            troubles.append(trouble)
        if progress.stopping():
            break
    progress.stage("repairing", total=len(troubles))
    _repair(holdings, troubles, policy=policy, audited=audited, progress=progress)
    _tell_frozen(holdings, replicas, audited)
    away = [location.name for location in holdings.locations.values() if location.offline() is not None]
    remarks = [
        *remark_findings(holdings.catalogue),
        *owed_erasures(holdings.home, holdings.catalogue, away),  # the others are rid of it when the log is copied
    ]
    audited.findings += remarks
    audited.remarked = tuple(finding.severity for finding in remarks)
    return audited


def _tell_frozen(holdings: Holdings, replicas: Sequence[ReplicaRow], audited: Audited) -> None:
    """Count every replica that is frozen now, and name those that this run was not asked about."""
    asked = {(replica.package, replica.location) for replica in replicas}
    for replica in holdings.catalogue.replicas():
        if replica.state is ReplicaState.FROZEN:
            audited.frozen += 1
            if (replica.package, replica.location) not in asked:
                where = f"{replica.package} at {replica.location}"
                message = "frozen: tampering is suspected, and nobody has closed its incident: archive incident list"
                data = {"package": replica.package, "location": replica.location}
                audited.findings.append(Finding(FindingCode.FROZEN, Severity.ERROR, where, message, "DESIGN §9", data))


def _disputed(holdings: Holdings, packages: Mapping[PackageId, PackageRow], audited: Audited) -> set[PackageId]:
    """Packages of which the catalogue says something else than the custody log: an alarm, and no reason to repair."""
    sealed, stored = _held_by_the_log(holdings)
    known: dict[PackageId, set[str]] = {}
    for replica in holdings.catalogue.replicas():
        known.setdefault(replica.package, set()).add(replica.location)
    disputed = {
        identifier
        for identifier in packages.keys() | sealed.keys() | stored.keys() | known.keys()
        if known.get(identifier) != stored.get(identifier)
        or not _same(packages.get(identifier), sealed.get(identifier))
    }
    for identifier in sorted(disputed):
        audited.disputed = True
        message = "the catalogue and the custody log disagree about this package; archive catalogue rebuild mends the "
        message += "catalogue, which is only an index; nothing was repaired"
        audited.findings.append(
            Finding(FindingCode.CATALOGUE_DISAGREES, Severity.ERROR, identifier, message, "DESIGN §9")
        )
    return disputed


def _held_by_the_log(holdings: Holdings) -> tuple[dict[PackageId, SealRecord], dict[PackageId, set[str]]]:
    """What is held according to the log: sealed packages, and where each was stored."""
    kinds = (SealRecord, ReplicationRecord, TombstoneRecord, LocationRetiredRecord)
    sealed: dict[PackageId, SealRecord] = {}
    stored: dict[PackageId, set[str]] = {}
    without_effect = {row.number for row in holdings.catalogue.remarks()}
    for n, record in holdings.log.records(kinds=frozenset(kind.kind for kind in kinds)):
        if n in without_effect:
            continue
        match record:
            case SealRecord():
                sealed[record.package] = record
            case ReplicationRecord():
                stored.setdefault(record.package, set()).add(record.location)
            case TombstoneRecord():
                sealed.pop(record.package, None)
                stored.pop(record.package, None)
            case LocationRetiredRecord():
                for places in stored.values():
                    places.discard(record.name)
    return sealed, {package: places for package, places in stored.items() if places}


def _same(row: PackageRow | None, record: SealRecord | None) -> bool:
    if row is None or record is None:
        return False
    return (row.tagmanifest_sha256, row.manifest_sha256, row.files, row.tag_files) == (
        record.tagmanifest_sha256,
        record.manifest_sha256,
        record.files,
        record.tag_files,
    )


def _examine(
    holdings: Holdings,
    package: PackageRow,
    replica: ReplicaRow,
    *,
    disputed: set[PackageId],
    progress: Progress,
) -> Examined | None:
    location = holdings.locations[replica.location]
    reason = location.offline()
    if reason is not None:
        return set_apart(package, replica, FixityOutcome.OFFLINE, f"location '{location.name}' is offline: {reason}")
    if package.id in disputed:
        return set_apart(package, replica, FixityOutcome.NOT_CHECKED, "catalogue and custody log disagree")
    if replica.state is ReplicaState.FROZEN:
        note = "frozen: tampering is suspected; not read, not repaired until its incident is closed"
        return set_apart(package, replica, FixityOutcome.NOT_CHECKED, note)
    others = [
        holdings.locations[other.location].reader(other.key)
        for other in holdings.catalogue.replicas(package.id)
        if other.location != replica.location and holdings.locations[other.location].offline() is None
    ]
    examined = examine(package, replica, location, others=others, progress=progress)
    reason = location.offline() if examined is not None and examined.damaged else None
    if reason is not None:
        return set_apart(package, replica, FixityOutcome.OFFLINE, f"location '{location.name}' went offline: {reason}")
    return examined


def _record(holdings: Holdings, examined: Examined, *, campaign: str, audited: Audited) -> _Trouble | None:
    """Record one examined replica: the audit, and an incident with its damage for everything that is wrong."""
    audited.replicas += 1
    audited.counts += examined.counts
    audited.size += examined.size
    audited.damaged = audited.damaged or examined.damaged
    audited.findings += _findings(examined)
    if not examined.was_read:
        return None
    records: list[Record] = [_audit_record(holdings, examined, campaign)]
    incidents: dict[bytes, IncidentId] = {}
    known = _open_damage(holdings, examined)
    records += _forgotten_repairs(holdings, examined, known)
    if examined.tampering is not None:
        records += _tampering(holdings, examined, audited)
    elif examined.damaged:
        for result in _damages(examined):
            incident = known.get(result.path)
            if incident is None:
                incident = IncidentId(new_identifier())
                audited.incidents.append(incident)
                records += _incident(holdings, examined, result, incident)
            incidents[result.path] = incident
    holdings.record(records)
    return _Trouble(examined, incidents) if incidents else None


def _damages(examined: Examined) -> list[FileResult]:
    """What needs an incident of its own: each damaged file, or the package as a whole where it is gone."""
    if examined.gone:
        return [FileResult(b"", FixityOutcome.MISSING, detail="the whole package is gone")]
    return [result for result in examined.results if result.is_damage]


def _open_damage(holdings: Holdings, examined: Examined) -> dict[bytes, IncidentId]:
    """Damage found before and not repaired since: the same incident goes on."""
    rows: list[DamageRow] = holdings.catalogue.damages(package=examined.package.id, location=examined.replica.location)
    return {row.path: row.incident for row in rows if row.repaired_at is None}


def _forgotten_repairs(
    holdings: Holdings, examined: Examined, known: dict[bytes, IncidentId]
) -> Iterator[RepairRecord]:
    """A run may be killed between a repair and its record; the file being right again is recorded then."""
    if examined.gone or examined.counts[FixityOutcome.NOT_CHECKED]:
        return
    for path in known.keys() - {result.path for result in examined.results}:
        yield RepairRecord(
            **holdings.stamp("found right again; the repair by an earlier run had not been recorded"),
            incident=known[path],
            package=examined.package.id,
            location=examined.replica.location,
            path=path,
            source=None,
            set_aside=None,
        )


def _audit_record(holdings: Holdings, examined: Examined, campaign: str) -> AuditRecord:
    counts = examined.counts
    return AuditRecord(
        **holdings.stamp("; ".join(examined.notes)),
        campaign=campaign,
        package=examined.package.id,
        location=examined.replica.location,
        files=examined.files,
        bytes=Octets(examined.size),
        ok=counts[FixityOutcome.OK],
        altered=counts[FixityOutcome.ALTERED],
        missing=counts[FixityOutcome.MISSING],
        extra=counts[FixityOutcome.EXTRA],
        unreadable=counts[FixityOutcome.UNREADABLE],
        not_checked=counts[FixityOutcome.NOT_CHECKED],
        tool_error=counts[FixityOutcome.TOOL_ERROR],
    )


def _incident(holdings: Holdings, examined: Examined, result: FileResult, incident: IncidentId) -> list[Record]:
    where = f"package {examined.package.id} at '{examined.replica.location}'"
    what = where if not result.path else f"{shown(result.path)} of {where}"
    detail = f" ({result.detail})" if result.detail else ""
    return [
        IncidentRecord(
            **holdings.stamp(),
            incident=incident,
            type="damage",
            package=examined.package.id,
            location=examined.replica.location,
            summary=f"{what} is {result.outcome}{detail}",
        ),
        DamageRecord(
            **holdings.stamp(),
            incident=incident,
            package=examined.package.id,
            location=examined.replica.location,
            path=result.path,
            outcome=result.outcome,
            expected_sha256=result.expected_sha256,
            observed_sha256=result.sha256,
        ),
    ]


def _tampering(holdings: Holdings, examined: Examined, audited: Audited) -> list[Record]:
    incident = IncidentId(new_identifier())
    audited.incidents.append(incident)
    summary = f"package {examined.package.id} at '{examined.replica.location}': tampering suspected: "
    record = IncidentRecord(
        **holdings.stamp(),
        incident=incident,
        type="tampering",
        package=examined.package.id,
        location=examined.replica.location,
        summary=summary + (examined.tampering or ""),
    )
    return [record]


def _findings(examined: Examined) -> list[Finding]:
    where = f"{examined.package.id} at {examined.replica.location}"
    data = {"package": examined.package.id, "location": examined.replica.location}
    found = [Finding(FindingCode.NOTE, Severity.WARNING, where, note, data=data) for note in examined.notes]
    if examined.tampering is not None:
        message = f"{examined.tampering}; the replica is frozen and was not repaired: see archive incident list"
        found.append(Finding(FindingCode.TAMPERING, Severity.ERROR, where, message, "DESIGN §9", data))
    if examined.gone:
        found.append(Finding(FindingCode.MISSING, Severity.ERROR, where, "the whole package is gone", data=data))
    for result in examined.results:
        digest = f", SHA-256 found {result.sha256}" if result.sha256 else ""
        detail = f" ({result.detail})" if result.detail else ""
        message = f"{result.outcome} at '{examined.replica.location}' in {examined.package.id}{detail}{digest}"
        more = {"sha256": result.sha256} if result.sha256 else {}
        code, subject = _OUTCOMES[result.outcome], shown(result.path)
        found.append(Finding(code, Severity.ERROR, subject, message, data=data | more))
    return found


def _repair(
    holdings: Holdings, troubles: Sequence[_Trouble], *, policy: AuditPolicy, audited: Audited, progress: Progress
) -> None:
    garbage = Counter[str]()
    for trouble in troubles:
        counts = trouble.examined.counts
        wrong = counts[FixityOutcome.ALTERED] + counts[FixityOutcome.UNREADABLE]
        garbage[trouble.examined.replica.location] += wrong
    stopped = {name for name, count in garbage.items() if count > policy.repair_limit}
    for name in sorted(stopped):
        _stop(holdings, name, count=garbage[name], limit=policy.repair_limit, audited=audited)
    # Files first: what they mend may be the good copy that a package which is gone, or packed, needs.
    for trouble in sorted(troubles, key=lambda trouble: (trouble.examined.gone, not _by_file(holdings, trouble))):
        if progress.stopping():
            return  # what is not repaired is found again by the next audit, under the same incidents
        if trouble.examined.replica.location not in stopped:
            _repair_one(holdings, trouble, audited)
        progress.advance()


def _stop(holdings: Holdings, location: str, *, count: int, limit: int, audited: Audited) -> None:
    summary = (
        f"location '{location}': {count} damaged files are more than repair_limit ({limit}); a disk or controller "
        "may be writing garbage, so nothing is repaired there until a person has looked"
    )
    data = {"damaged": str(count), "repair_limit": str(limit)}
    audited.findings.append(Finding(FindingCode.REPAIR_LIMIT, Severity.ERROR, location, summary, "DESIGN §9", data))
    known = holdings.catalogue.incidents(only_open=True)
    if any(incident.type == "repair-limit" and incident.location == location for incident in known):
        return  # said before, and nobody has looked yet: the same incident goes on
    incident = IncidentId(new_identifier())
    audited.incidents.append(incident)
    record = IncidentRecord(
        **holdings.stamp(), incident=incident, type="repair-limit", package=None, location=location, summary=summary
    )
    holdings.record([record])


def _repair_one(holdings: Holdings, trouble: _Trouble, audited: Audited) -> None:
    examined = trouble.examined
    if examined.gone:
        try:
            restore_package(holdings, examined.package, examined.replica, incident=trouble.incidents[b""])
            audited.repaired += files_of(examined.package)
        except StorageError as error:
            audited.findings.append(_not_repaired(examined, b"", error.what))
        return
    if not _by_file(holdings, trouble):
        repaired = repair_whole(holdings, examined, incidents=trouble.incidents)
        audited.repaired += repaired.files
        if repaired.reason is not None:
            audited.findings.append(_not_repaired(examined, b"", repaired.reason))
        return
    # What does not belong is moved first: a link in a folder's place would otherwise stand in the way.
    damages = sorted(_damages(examined), key=lambda result: result.outcome is not FixityOutcome.EXTRA)
    promise = promised(holdings, examined)
    for result in damages:
        incident = trouble.incidents[result.path]
        repaired = repair_file(holdings, examined, result, promise=promise, incident=incident)
        audited.repaired += repaired.files
        if repaired.reason is not None:
            audited.findings.append(_not_repaired(examined, result.path, repaired.reason))


def _by_file(holdings: Holdings, trouble: _Trouble) -> bool:
    """Whether one file of the damaged replica can be exchanged."""
    return holdings.locations[trouble.examined.replica.location].repairs_files


def _not_repaired(examined: Examined, path: bytes, reason: str) -> Finding:
    subject = shown(path) if path else examined.package.id
    message = f"not repaired at '{examined.replica.location}': {reason}"
    data = {"package": examined.package.id, "location": examined.replica.location}
    return Finding(FindingCode.NOT_REPAIRED, Severity.ERROR, subject, message, data=data)
