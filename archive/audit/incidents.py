"""Incidents: what needed a person, and how a person closes it."""

from __future__ import annotations

from archive.audit.repair import restore_package
from archive.catalogue.rows import IncidentRow
from archive.errors import ArchiveError, UsageError
from archive.holdings.holdings import Holdings
from archive.model.identifiers import IncidentId
from archive.model.packages import ReplicaState
from archive.model.records import IncidentClosedRecord


def close_incident(holdings: Holdings, identifier: IncidentId, *, reason: str) -> str | None:
    """Close an incident, saying why. Closing one of tampering ends the freeze.

    The tampered package is then set aside as a whole, kept as evidence, and the package brought back from a right copy,
    whose location is answered. Raises UsageError for an incident that is unknown or closed, StorageError where there is
    no right copy: then it stays open and frozen.
    """
    incident = holdings.catalogue.incident(identifier)
    if incident is None:
        raise UsageError(f"there is no incident {identifier}", hint="archive incident list shows them")
    if incident.closed_at is not None:
        raise UsageError(f"incident {identifier} was closed on {incident.closed_at}: {incident.closed_reason}")
    if not reason.strip():
        raise UsageError("say why the incident is closed", hint='--reason "…"; it stands in the custody log for ever')
    source = _thaw(holdings, incident, reason=reason)
    holdings.record([IncidentClosedRecord(**holdings.stamp(reason), incident=identifier)])
    return source


def _thaw(holdings: Holdings, incident: IncidentRow, *, reason: str) -> str | None:
    if incident.type != "tampering" or incident.package is None or incident.location is None:
        return None
    package = holdings.catalogue.package(incident.package)
    replica = holdings.catalogue.replica(incident.package, incident.location)
    if package is None or replica is None or replica.state is not ReplicaState.FROZEN:
        return None
    offline = holdings.locations[incident.location].offline()
    if offline is not None:
        raise ArchiveError(
            f"location '{incident.location}' is offline: {offline}", hint="bring it back, then try again"
        )
    return restore_package(holdings, package, replica, incident=incident.id, reason=reason)
