"""``archive policy``: the settings that protect the holdings."""

from __future__ import annotations

from pathlib import Path

import click

from archive.cli import signing
from archive.cli.output import emit_json, say, table
from archive.cli.session import changing, common, dry_run, find_home
from archive.errors import UsageError


@click.group("policy")
def policy_command() -> None:
    """The settings that protect the holdings. One person may raise them; lowering one takes two."""


@policy_command.command("show")
@common
def show_command(here: str | None, as_json: bool) -> None:
    """Show each protective setting: what holds, and what archive.toml wishes.

    \b
    Example:
      archive policy show
    """
    from archive import assembly
    from archive.config import load, protective_settings

    home = find_home(here)
    with assembly.reading(home) as archive:
        held, wished = protective_settings(archive.config), protective_settings(load(home))
    rows = [{"setting": name, "in_force": held[name], "archive_toml": wished[name]} for name in held]
    if as_json:
        emit_json({"settings": rows})
        return
    table(("setting", "in force", "archive.toml"), ((r["setting"], r["in_force"], r["archive_toml"]) for r in rows))
    if held != wished:
        say("What archive.toml lowers is not in force until two persons have agreed: archive policy request")


@policy_command.command("request")
@signing.asking
@common
@dry_run
def request_command(
    reason: str,
    key: str | None,
    secret: Path | None,
    to_sign: Path | None,
    here: str | None,
    as_json: bool,
    dry_run: bool,
) -> None:
    """Ask for what archive.toml lowers to come into force. Write it into archive.toml first, and leave it there.

    \b
    Example:
      archive --as anna policy request --reason "tapes are read once a year" --key anna
    """
    from archive import assembly
    from archive.config import load
    from archive.holdings.protection import wished
    from archive.model.acts import Act

    home = find_home(here)
    if dry_run:
        with assembly.reading(home) as archive:
            subjects = wished(archive.holdings, load(home))
        for subject in subjects:
            say(f"would ask to lower {subject['setting']} from {subject['from']} to {subject['to']}")
        return
    with changing(home, doing="asking for a change of policy") as archive:
        subjects = wished(archive.holdings, load(home))
        if not subjects:
            raise UsageError("archive.toml lowers nothing", hint="archive policy show; write the new value there first")
        asked = signing.ask(archive, Act.POLICY, subjects, reason=reason, key=key, secret=secret, to_sign=to_sign)
    signing.tell(asked, to_sign=to_sign, as_json=as_json)
