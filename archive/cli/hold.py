"""``archive hold``: legal holds."""

from __future__ import annotations

from pathlib import Path

import click

from archive.cli import signing
from archive.cli.output import emit_json, say, table
from archive.cli.session import changing, common, dry_run, find_home


@click.group("hold")
def hold_command() -> None:
    """Legal holds: what must not be deleted, whoever approves it."""


@hold_command.command("place")
@click.argument("identifier", metavar="ID")
@click.option("--reason", required=True, help="Why, for example the order of a court; stands in the log for ever.")
@common
@dry_run
def place_command(identifier: str, reason: str, here: str | None, as_json: bool, dry_run: bool) -> None:
    """Keep a file, a package or all of an accession from being deleted. One person can do this.

    \b
    Example:
      archive --as anna hold place 7a5f2d3c-6f35-4c36-8f6a-0e6f1b7e9b11 --reason "case 12/2026 is pending"
    """
    from archive import assembly
    from archive.holdings.holds import place, scope_of

    home = find_home(here)
    if dry_run:
        with assembly.reading(home) as archive:
            scope = scope_of(archive.holdings, identifier)
        say(f"would place a legal hold on {scope} {identifier}")
        return
    with changing(home, doing="placing a legal hold") as archive:
        hold = place(archive.holdings, identifier, reason=reason)
    if as_json:
        emit_json({"hold": hold, "subject": identifier})
    else:
        say(f"Legal hold {hold} is placed on {identifier}. Lifting it takes two persons.")


@hold_command.command("list")
@click.option("--in-force", is_flag=True, help="Only holds that were not lifted.")
@common
def list_command(in_force: bool, here: str | None, as_json: bool) -> None:
    """List legal holds, oldest first.

    \b
    Example:
      archive hold list --in-force
    """
    from archive import assembly

    with assembly.reading(find_home(here)) as archive:
        rows = [
            {
                "hold": hold.id,
                "scope": str(hold.scope),
                "subject": hold.subject,
                "reason": hold.reason,
                "placed_at": hold.placed_at,
                "lifted_at": hold.lifted_at,
            }
            for hold in archive.holdings.catalogue.legal_holds(in_force=in_force)
        ]
    if as_json:
        emit_json({"holds": rows})
        return
    cells = ((r["hold"], r["scope"], r["subject"], r["lifted_at"] or "in force", r["reason"]) for r in rows)
    table(("hold", "on", "identifier", "lifted", "why"), cells)


@hold_command.command("lift")
@click.argument("hold")
@signing.asking
@common
@dry_run
def lift_command(
    hold: str,
    reason: str,
    key: str | None,
    secret: Path | None,
    to_sign: Path | None,
    here: str | None,
    as_json: bool,
    dry_run: bool,
) -> None:
    """Ask for a legal hold to be lifted; another person approves it.

    \b
    Example:
      archive --as anna hold lift 0e6f1b7e-6f35-4c36-8f6a-7a5f2d3c9b11 --reason "case closed" --key anna
    """
    from archive import assembly
    from archive.holdings.holds import require_in_force
    from archive.model.acts import Act

    home = find_home(here)
    if dry_run:
        with assembly.reading(home) as archive:
            known = require_in_force(archive.holdings, hold)
        say(f"would ask for lifting the legal hold on {known.scope} {known.subject}")
        return
    with changing(home, doing="asking for a legal hold to be lifted") as archive:
        require_in_force(archive.holdings, hold)
        subjects: list[dict[str, object]] = [{"hold": hold}]
        asked = signing.ask(archive, Act.HOLD_LIFT, subjects, reason=reason, key=key, secret=secret, to_sign=to_sign)
    signing.tell(asked, to_sign=to_sign, as_json=as_json)
