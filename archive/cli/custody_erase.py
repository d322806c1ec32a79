"""``archive custody erase``: ask that what tells of a person goes from the log, wherever it lies."""

from __future__ import annotations

from pathlib import Path

import click

from archive.cli import signing
from archive.cli.output import say
from archive.cli.session import changing, common, dry_run, find_home


@click.command("erase")
@click.argument("lines", metavar="N[:I]|FILE-ID...", nargs=-1, required=True)
@signing.asking
@common
@dry_run
def erase_command(
    lines: tuple[str, ...],
    reason: str,
    key: str | None,
    secret: Path | None,
    to_sign: Path | None,
    here: str | None,
    as_json: bool,
    dry_run: bool,
) -> None:
    """Ask for lines of the custody log to be erased; another person approves it. Nothing goes by asking.

    N is the number of a record, I the place of one of its lines: 0 its own private fields, 1 what a person typed, from
    2 on two for each file it names: size and digests, then name and all else. N alone means every line of the record,
    the identifier of a file every line that tells of it. A record of release 0.1 has no lines and goes whole, but for
    its identifiers, outcome and time.

    What tells of a file goes only after the file was deleted. The record itself stays, with every count.

    \b
    Example:
      archive --as anna custody erase 812:1 1204 --reason "letter of 2026-11-20" --key anna
    """
    from archive import assembly
    from archive.acts import PERFORMANCES
    from archive.holdings.erasing import subjects_of
    from archive.model.acts import Act

    home = find_home(here)
    if dry_run:
        with assembly.reading(home) as archive:
            words = PERFORMANCES[Act.ERASURE].words(assembly.acting(archive), subjects_of(archive.holdings, lines))
        say("would ask to:")
        for line in words:
            say(f"  {line}")
        return
    with changing(home, doing="asking for an erasure") as archive:
        subjects = subjects_of(archive.holdings, lines)
        asked = signing.ask(archive, Act.ERASURE, subjects, reason=reason, key=key, secret=secret, to_sign=to_sign)
    signing.tell(asked, to_sign=to_sign, as_json=as_json)
