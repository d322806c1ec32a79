"""``archive formats decide``, ``update`` and ``reidentify``: how what is known of formats moves on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from archive.cli.output import emit_json, say
from archive.cli.session import actor, changing, common, dry_run, find_home

if TYPE_CHECKING:
    from archive.catalogue.rows import FileFormatRow
    from archive.planning.decisions import Decision


@click.command("decide")
@click.argument("identifier", metavar="FILE-ID")
@click.option("--puid", required=True, metavar="PUID", help="The format's identifier, or 'unknown'.")
@click.option("--reason", required=True, help="Why; stands in the custody log for ever.")
@common
@dry_run
def decide_command(identifier: str, puid: str, reason: str, here: str | None, as_json: bool, dry_run: bool) -> None:
    """Say what a file is, over what the identifiers say. Their answers stay, and are shown beside the decision.

    A later identification never overrides it. To correct a decision, decide again.

    \b
    Example:
      archive --as ak formats decide 0e6f1b7e-6f35-4c36-8f6a-7a5f2d3c9b11 --puid fmt/141 --reason "plays as sound"
    """
    from archive import assembly
    from archive.planning.decisions import prepare, record

    home = find_home(here)
    if dry_run:
        with assembly.reading(home) as archive:
            decision = prepare(archive.holdings, identifier, puid=puid, reason=reason)
    else:
        with changing(home, doing="deciding on a format") as archive:
            decision = prepare(archive.holdings, identifier, puid=puid, reason=reason)
            record(archive.holdings, decision)
    _tell_decision(decision, as_json=as_json, done=not dry_run)


def _tell_decision(decision: Decision, *, as_json: bool, done: bool) -> None:
    from archive.model.names import shown

    before = decision.before
    if as_json:
        emit_json(
            {
                "file": decision.file.id,
                "puid": decision.puid,
                "name": decision.name,
                "actor": actor(),
                "reason": decision.reason,
                "machines": None if before.machines is None else format_as_json(before.machines),
                "formerly": None if before.person is None else format_as_json(before.person),
                "recorded": done,
            }
        )
        return
    what = "unknown" if decision.puid is None else " ".join(filter(None, (decision.puid, decision.name)))
    say(f"{'Decided' if done else 'would decide'}: {shown(decision.file.name)} is {what}")
    if decision.puid is not None and decision.name is None:
        say("  no tool here knows this format by name: is the identifier spelled right?")
    if before.machines is not None:
        say(f"  the identifiers say {before.machines.puid or 'no format'} ({before.machines.verdict}); that stays")
    if before.person is not None:
        say(f"  before, {before.person.actor} decided {before.person.puid or 'unknown'}: {before.person.reason}")


def format_as_json(row: FileFormatRow) -> dict[str, Any]:
    """What the machines or a person say of one file."""
    return {
        "told_by": str(row.told_by),
        "puid": row.puid,
        "name": row.name,
        "verdict": row.verdict,
        "basis": row.basis,
        "told_at": row.told_at,
        "actor": row.actor,
        "reason": row.reason,
    }
