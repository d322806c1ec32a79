"""``archive replicate``."""

from __future__ import annotations

import click

from archive.cli.output import emit_json, findings_as_json, say, tell_findings
from archive.cli.session import changing, common, dry_run, find_home
from archive.errors import ExitCode


@click.command("replicate")
@common
@dry_run
def replicate_command(here: str | None, as_json: bool, dry_run: bool) -> int:
    """Make every copy that is still owed, for example because a location was offline.

    Copies of deaccessioned packages that could not be removed at the time are removed, where two persons agreed to it.

    \b
    Example:
      archive replicate
    """
    from archive import assembly
    from archive.deaccession.removal import removals_due, remove_due
    from archive.holdings.replicate import owed, replicate_missing

    home = find_home(here)
    if dry_run:
        with assembly.reading(home) as archive:
            wanted = len(archive.holdings.locations)
            lacking = sum(wanted - len(replicas) for _, replicas in owed(archive.holdings))
            due = len(removals_due(archive.holdings))
        say(f"would make {_copies(lacking)}" + (f", and remove {_copies(due)} that are due" if due else ""))
        return ExitCode.DONE
    with changing(home, doing="replicate") as archive:
        stored, findings = replicate_missing(archive.holdings)
        removed, still_due = remove_due(archive.holdings)
        findings += still_due
    if as_json:
        emit_json({"stored": stored, "removed": removed, "findings": findings_as_json(findings)})
    else:
        say(f"Copies made: {stored}" + (f"    Copies of deaccessioned packages removed: {removed}" if removed else ""))
        tell_findings(findings)
    return ExitCode.NEEDS_PERSON if findings else ExitCode.DONE


def _copies(count: int) -> str:
    return f"{count:,} {'copy' if count == 1 else 'copies'}"
