"""``archive agent``: who acts, by a code."""

from __future__ import annotations

import click

from archive.cli.output import emit_json, say, table
from archive.cli.session import changing, common, dry_run, find_home

ROLES = ("archivist", "approver", "technician", "auditor", "software")


@click.group("agent")
def agent_command() -> None:
    """Who acts. The log holds codes, never names: who it is stands on paper elsewhere."""


@agent_command.command("add")
@click.argument("code")
@click.option("--role", required=True, type=click.Choice(ROLES), help="What the agent is there for.")
@click.option("--reason", default="", help="Why, or on what paper it stands who this is.")
@common
@dry_run
def add_command(code: str, role: str, reason: str, here: str | None, as_json: bool, dry_run: bool) -> None:
    """Register an agent under CODE. From the first one on, --as takes registered codes only.

    \b
    Example:
      archive agent add archivist-1 --role archivist
    """
    from archive import assembly
    from archive.holdings.keyring import add_agent, check_agent
    from archive.model.acts import AgentRole

    home = find_home(here)
    if dry_run:
        with assembly.reading(home) as archive:
            check_agent(archive.holdings, code)
        say(f"would register the agent '{code}' as {role}")
        return
    with changing(home, doing="registering an agent") as archive:
        add_agent(archive.holdings, code, AgentRole(role), reason=reason)
    if as_json:
        emit_json({"code": code, "role": role})
    else:
        say(f"The agent '{code}' is registered. Act as it with: archive --as {code} …")


@agent_command.command("list")
@common
def list_command(here: str | None, as_json: bool) -> None:
    """List the agents.

    \b
    Example:
      archive agent list
    """
    from archive import assembly

    with assembly.reading(find_home(here)) as archive:
        agents = [{"code": row.code, "role": str(row.role)} for row in archive.holdings.catalogue.agents()]
    if as_json:
        emit_json({"agents": agents})
    else:
        table(("agent", "role"), ((row["code"], row["role"]) for row in agents))
