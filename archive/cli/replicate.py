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

    \b
    Example:
      archive replicate
    """
    from archive import assembly
    from archive.holdings.replicate import owed, replicate_missing

    home = find_home(here)
    if dry_run:
        with assembly.reading(home) as archive:
            wanted = len(archive.holdings.locations)
            lacking = sum(wanted - len(replicas) for _, replicas in owed(archive.holdings))
        say(f"would make {lacking:,} {'copy' if lacking == 1 else 'copies'}")
        return ExitCode.DONE
    with changing(home, doing="replicate") as archive:
        stored, findings = replicate_missing(archive.holdings)
    if as_json:
        emit_json({"stored": stored, "findings": findings_as_json(findings)})
    else:
        say(f"Copies made: {stored}")
        tell_findings(findings)
    return ExitCode.NEEDS_PERSON if findings else ExitCode.DONE
