"""``archive formats decide`` and ``update``: a person's word, and newer signatures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from archive.cli.output import emit_json, say
from archive.cli.session import actor, changing, common, dry_run, find_home
from archive.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from archive.catalogue.rows import FileFormatRow
    from archive.planning.decisions import Decision
    from archive.planning.signatures import Adoption


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


@click.command("update")
@click.argument("files", metavar="FILE...", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--as-shipped", type=click.Choice(["siegfried", "fido"]), help="Use what comes with this tool again, and no FILE."
)
@click.option("--even-if-older", is_flag=True, help="Take it although it is older than what is in force.")
@common
@dry_run
def update_command(
    files: tuple[Path, ...], as_shipped: str | None, even_if_older: bool, here: str | None, as_json: bool, dry_run: bool
) -> int:
    """Take newer signature files into use, offline: siegfried's default.sig, FIDO's formats-vNNN.xml.

    The file is tried, kept in the archive's folder under its SHA-256 and copied to every location; the log says from
    when on it is used. FIDO's container-signature-YYYYMMDD.xml may be given beside its formats file or alone. What is
    held stays as it was identified until 'archive formats reidentify'.

    \b
    Example:
      archive formats update /media/usb/default.sig
    """
    from archive import assembly
    from archive.planning.offered import read_offered
    from archive.planning.signatures import adopt, prepare, prepare_shipped

    if bool(files) == bool(as_shipped):
        raise UsageError("give signature files, or --as-shipped with the name of a tool")
    offered = [read_offered(path) for path in files]
    if len({(one.tool, one.part) for one in offered}) < len(offered):
        raise UsageError("two of these files are for the same part of the same tool")
    home = find_home(here)
    with assembly.reading(home) if dry_run else changing(home, doing="taking signature files into use") as archive:
        holdings = archive.holdings
        if as_shipped:
            adoptions = prepare_shipped(holdings, as_shipped, even_if_older=even_if_older)
        else:
            adoptions = prepare(holdings, offered, even_if_older=even_if_older)
        if not dry_run:
            adopt(holdings, offered, adoptions)
    _tell_adoptions(adoptions, as_json=as_json, done=not dry_run)
    return ExitCode.DONE


def _tell_adoptions(adoptions: list[Adoption], *, as_json: bool, done: bool) -> None:
    if as_json:
        emit_json(
            {
                "signatures": [
                    {
                        "tool": one.tool,
                        "part": one.part,
                        "release": one.release,
                        "sha256": one.sha256,
                        "file": one.file,
                        "before": one.before_release,
                        "known": one.known,
                    }
                    for one in adoptions
                ],
                "recorded": done and not all(one.known for one in adoptions),
            }
        )
        return
    for one in adoptions:
        what = f"{one.tool} {one.part}: {one.release}"
        if one.known:
            say(f"{what} is in force already; nothing changes")
            continue
        say(f"{what}, {'in force from now on' if done else 'would be in force'} (before: {one.before_release})")
        say(f"  SHA-256 {one.sha256}, as {one.file}" if one.sha256 else f"  the one that comes with {one.tool}")
    if done and not all(one.known for one in adoptions):
        say("Next: archive formats reidentify tells what changes for what is held")


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
