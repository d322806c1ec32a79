"""``archive incident``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from archive.cli.output import emit_json, say, table
from archive.cli.session import changing, common, dry_run, find_home
from archive.errors import UsageError
from archive.model.names import shown

if TYPE_CHECKING:
    from archive.catalogue.rows import DamageRow, IncidentRow


@click.group("incident")
def incident_command() -> None:
    """What needed a person: damage, tampering, a location that writes garbage."""


@incident_command.command("list")
@click.option("--open", "only_open", is_flag=True, help="Only incidents that nobody closed yet.")
@common
def list_command(only_open: bool, here: str | None, as_json: bool) -> None:
    """List incidents, oldest first.

    \b
    Example:
      archive incident list --open
    """
    from archive import assembly

    with assembly.reading(find_home(here)) as archive:
        incidents = archive.holdings.catalogue.incidents(only_open=only_open)
    if as_json:
        emit_json({"incidents": [_incident(incident) for incident in incidents]})
        return
    rows = ((i.id, i.type, "closed" if i.closed_at else "open", i.opened_at, i.summary) for i in incidents)
    table(("incident", "type", "state", "opened", "what"), rows)


@incident_command.command("show")
@click.argument("identifier", metavar="ID")
@common
def show_command(identifier: str, here: str | None, as_json: bool) -> None:
    """Show one incident with the damage that belongs to it.

    \b
    Example:
      archive incident show 7a5f2d3c-6f35-4c36-8f6a-0e6f1b7e9b11
    """
    from archive import assembly
    from archive.model.identifiers import IncidentId

    with assembly.reading(find_home(here)) as archive:
        incident = archive.holdings.catalogue.incident(IncidentId(identifier))
        if incident is None:
            raise UsageError(f"there is no incident {identifier}", hint="archive incident list shows them")
        damages = archive.holdings.catalogue.damages(incident=incident.id)
    if as_json:
        emit_json({**_incident(incident), "damage": [_damage(damage) for damage in damages]})
        return
    for name, value in _incident(incident).items():
        say(f"{name}: {'-' if value is None else value}")
    for damage in damages:
        say("damage: " + ", ".join(f"{name} {value}" for name, value in _damage(damage).items() if value is not None))


@incident_command.command("close")
@click.argument("identifier", metavar="ID")
@click.option("--reason", required=True, help="Why it is closed; stands in the custody log for ever.")
@common
@dry_run
def close_command(identifier: str, reason: str, here: str | None, as_json: bool, dry_run: bool) -> None:
    """Close an incident. Closing one of tampering ends the freeze and brings the package back from a right copy.

    The tampered package is set aside as a whole and kept.

    \b
    Example:
      archive incident close 7a5f2d3c-6f35-4c36-8f6a-0e6f1b7e9b11 --reason "disk swapped, police informed"
    """
    from archive import assembly
    from archive.audit.incidents import close_incident
    from archive.model.identifiers import IncidentId

    home = find_home(here)
    if dry_run:
        with assembly.reading(home) as archive:
            found = archive.holdings.catalogue.incident(IncidentId(identifier))
        if found is None:
            raise UsageError(f"there is no incident {identifier}", hint="archive incident list shows them")
        say(f"would close: {found.summary}")
        return
    with changing(home, doing="closing an incident") as archive:
        source = close_incident(archive.holdings, IncidentId(identifier), reason=reason)
    if as_json:
        emit_json({"incident": identifier, "state": "closed", "restored_from": source})
        return
    say(f"Incident {identifier} is closed.")
    if source is not None:
        say(f"The package was brought back from '{source}'; what stood there is kept under set-aside/{identifier}.")


def _incident(incident: IncidentRow) -> dict[str, Any]:
    return {
        "id": incident.id,
        "type": incident.type,
        "state": "open" if incident.closed_at is None else "closed",
        "package": incident.package,
        "location": incident.location,
        "summary": incident.summary,
        "opened_at": incident.opened_at,
        "closed_at": incident.closed_at,
        "closed_reason": incident.closed_reason,
    }


def _damage(damage: DamageRow) -> dict[str, Any]:
    return {
        "path": shown(damage.path) or "(the whole package)",
        "outcome": str(damage.outcome),
        "expected_sha256": damage.expected_sha256,
        "observed_sha256": damage.observed_sha256,
        "found_at": damage.found_at,
        "repaired_at": damage.repaired_at,
        "set_aside": damage.set_aside,
    }
