"""``archive custody set-aside``: ask that a record with a finding stops nothing any more."""

from __future__ import annotations

from pathlib import Path

import click

from archive.cli import signing
from archive.cli.output import say
from archive.cli.session import changing, common, dry_run, find_home


@click.command("set-aside")
@click.argument("number", type=click.IntRange(min=0))
@signing.asking
@common
@dry_run
def set_aside_command(
    number: int,
    reason: str,
    key: str | None,
    secret: Path | None,
    to_sign: Path | None,
    here: str | None,
    as_json: bool,
    dry_run: bool,
) -> None:
    """Ask for record NUMBER to be set aside; another person approves it.

    For a record that took no effect, as archive custody verify and archive status name it, and for the record of a
    program. It stays in the log, and is told for ever; it stops nothing any more.

    \b
    Example:
      archive --as anna custody set-aside 812 --reason "looked into on 4 May, see the minutes" --key anna
    """
    from archive import assembly
    from archive.holdings.setting_aside import subject_of
    from archive.model.acts import Act

    home = find_home(here)
    if dry_run:
        with assembly.reading(home) as archive:
            subject_of(archive.holdings, number)
        say(f"would ask for record {number} of the custody log to be set aside")
        return
    with changing(home, doing="asking for a record to be set aside") as archive:
        subjects = [subject_of(archive.holdings, number)]
        asked = signing.ask(archive, Act.SET_ASIDE, subjects, reason=reason, key=key, secret=secret, to_sign=to_sign)
    signing.tell(asked, to_sign=to_sign, as_json=as_json)
