"""``archive deletion``: asking for a deletion, and what was deaccessioned."""

from __future__ import annotations

from pathlib import Path

import click

from archive.cli import signing
from archive.cli.output import emit_json, octets, say, table
from archive.cli.session import changing, common, dry_run, find_home


@click.group("deletion")
def deletion_command() -> None:
    """Deleting evidence for good: two persons, a delay, a tombstone. Receipts stay in the log for ever."""


@deletion_command.command("request")
@click.argument("identifiers", metavar="ID...", nargs=-1, required=True)
@click.option(
    "--keep-papers", is_flag=True, help="Leave the papers of the accession, which name the files, as they are."
)
@signing.asking
@common
@dry_run
def request_command(
    identifiers: tuple[str, ...],
    keep_papers: bool,
    reason: str,
    key: str | None,
    secret: Path | None,
    to_sign: Path | None,
    here: str | None,
    as_json: bool,
    dry_run: bool,
) -> None:
    """Ask for files, packages or all of an accession to be deleted. Nothing is deleted by asking.

    What is left of a package is sealed anew, stored everywhere and verified; only then the old package is removed. The
    papers of the accession are sealed anew too, without what they say of these files.

    \b
    Example:
      archive --as anna deletion request 7a5f2d3c-6f35-4c36-8f6a-0e6f1b7e9b11 --reason "consent withdrawn" --key anna
    """
    from archive import assembly
    from archive.acts import PERFORMANCES
    from archive.deaccession.request import subjects_of
    from archive.model.acts import Act

    home = find_home(here)
    if dry_run:
        with assembly.reading(home) as archive:
            subjects = subjects_of(archive.holdings, identifiers, keep_papers=keep_papers)
            PERFORMANCES[Act.DELETION].check(assembly.acting(archive), subjects)
            words = PERFORMANCES[Act.DELETION].words(assembly.acting(archive), subjects)
        say("would ask to:")
        for line in words:
            say(f"  {line}")
        return
    with changing(home, doing="asking for a deletion") as archive:
        subjects = subjects_of(archive.holdings, identifiers, keep_papers=keep_papers)
        asked = signing.ask(archive, Act.DELETION, subjects, reason=reason, key=key, secret=secret, to_sign=to_sign)
    signing.tell(asked, to_sign=to_sign, as_json=as_json)


@deletion_command.command("list")
@common
def list_command(here: str | None, as_json: bool) -> None:
    """List what was deaccessioned, and where a copy is still to be removed.

    \b
    Example:
      archive deletion list
    """
    from archive import assembly
    from archive.deaccession.removal import removals_due

    with assembly.reading(find_home(here)) as archive:
        due: dict[str, list[str]] = {}
        for replica in removals_due(archive.holdings):
            due.setdefault(replica.package, []).append(replica.location)
        rows = [
            {
                "package": row.package,
                "files": row.files,
                "bytes": row.bytes,
                "remainder": row.remainder,
                "request": row.request,
                "at": row.at,
                "removals_due": due.get(row.package, []),
            }
            for row in archive.holdings.catalogue.tombstones()
        ]
    if as_json:
        emit_json({"tombstones": rows})
        return
    cells = (
        (
            r["package"],
            f"{r['files']:,}",
            octets(int(str(r["bytes"]))),
            r["remainder"] or "-",
            r["at"],
            ", ".join(due.get(str(r["package"]), [])) or "-",
        )
        for r in rows
    )
    table(("package", "files gone", "size", "what is left", "when", "still to be removed at"), cells)
