"""``archive custody``: the log of everything that happened, its checkpoints and proofs.

A further command is a module of its own and one line at the end.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from archive.cli.custody_erase import erase_command
from archive.cli.custody_prove import prove_command
from archive.cli.custody_set_aside import set_aside_command
from archive.cli.custody_timestamp import timestamp_command
from archive.cli.custody_verify import verify_command
from archive.cli.output import emit_json, plural, say
from archive.cli.session import changing, common, dry_run, find_home
from archive.errors import ExitCode

if TYPE_CHECKING:
    from archive.custody.checkpoint import Checkpoint
    from archive.holdings.checkpoints import LogState

KEEP = """\
Keep it outside: print it, write the five lines by hand, or send it by e-mail to somebody you trust.
Whoever has it can show for ever that nothing before it was removed: archive custody verify --since FILE"""


@click.group("custody")
def custody_command() -> None:
    """The custody log: checkpoints to keep on paper, proofs for strangers, and the full check."""


@custody_command.command("show")
@common
def show_command(here: str | None, as_json: bool) -> None:
    """Say how the log stands: records, root, newest checkpoint, and the keys that sign.

    \b
    Example:
      archive custody show
    """
    from archive import assembly
    from archive.holdings.checkpoints import log_state

    with assembly.reading(find_home(here)) as archive:
        state = log_state(archive.holdings)
    if as_json:
        emit_json(_state_as_json(state))
        return
    say(f"Log {state.origin}: {plural(state.size, 'record')}, root {state.root.hex()}")
    if state.newest is None:
        say("No checkpoint was made yet: archive custody checkpoint")
    else:
        say(f"{plural(state.checkpoints, 'checkpoint')}, the newest {described(state.newest)}")
        if state.size > state.newest.size:
            say(f"Recorded since: {plural(state.size - state.newest.size, 'record')}")
    for row, text in state.keys:
        say(f"Key {row.name}{'' if row.retired_at is None else f' (retired {row.retired_at})'}: {text}")


@custody_command.command("checkpoint")
@common
@dry_run
def checkpoint_command(here: str | None, as_json: bool, dry_run: bool) -> None:
    """Print the newest checkpoint, made now if something was recorded since: size and root of the log, signed.

    What is printed is the whole signed note, and below it the short form, five lines that can be copied by hand.

    \b
    Example:
      archive custody checkpoint > checkpoint.txt
    """
    from archive import assembly
    from archive.custody.notes import checkpoint_in
    from archive.holdings.checkpoints import make_checkpoint, newest_checkpoint

    home = find_home(here)
    if dry_run:
        with assembly.reading(home) as archive:
            newest, size = newest_checkpoint(archive.holdings), archive.holdings.log.size
        grown = newest is None or newest.size < size
        say(f"would sign {plural(size, 'record')}" if grown else f"would print the one of {plural(size, 'record')}")
        return
    with changing(home, doing="making a checkpoint") as archive:
        note = make_checkpoint(archive.holdings)
    checkpoint = checkpoint_in(note, "the new checkpoint")
    if as_json:
        emit_json(checkpoint_as_json(checkpoint, note))
        return
    click.echo(note.decode(), nl=False)
    if sys.stdout.isatty():
        tell_paper(checkpoint)
    else:
        click.echo(paper_text(checkpoint), err=True)


@custody_command.command("sign")
@click.option("--key", required=True, type=click.Path(path_type=Path), metavar="FILE", help="The secret, a PEM file.")
def sign_command(key: Path) -> int:
    """Be the signer: read one request on stdin, sign it or refuse, answer on stdout. Needs no archive.

    Signs only what goes on from the last it signed, which it remembers beside the key. Named as [custody] signer in
    archive.toml, it may run as another user or on another machine.

    \b
    Example:
      archive custody sign --key /home/signer/log-1.pem < request.json
    """
    from archive.custody.signer import MOST_OCTETS, Refused, Signed, parse_request, sign

    try:
        request = parse_request(sys.stdin.buffer.read(MOST_OCTETS + 1))
    except ValueError as error:
        answer: Signed | Refused = Refused(str(error))
    else:
        answer = sign(request, key.absolute())
    sys.stdout.buffer.write(answer.octets)
    sys.stdout.buffer.flush()
    return ExitCode.DONE if isinstance(answer, Signed) else ExitCode.FAILED


def described(checkpoint: Checkpoint) -> str:
    """A checkpoint in a few words."""
    from archive.model.moments import format_moment

    made = "" if checkpoint.time is None else f" of {format_moment(checkpoint.time)}"
    return f"over {plural(checkpoint.size, 'record')}{made}"


def paper_text(checkpoint: Checkpoint) -> str:
    """The short form with what to do with it."""
    from archive.custody.paper import short_form

    lines = "\n".join(f"  {line}" for line in short_form(checkpoint).split("\n"))
    return f"\n{lines}\n\n{KEEP}"


def tell_paper(checkpoint: Checkpoint) -> None:
    """The short form with what to do with it, for a person."""
    click.echo(paper_text(checkpoint))


def checkpoint_as_json(checkpoint: Checkpoint, note: bytes) -> dict[str, Any]:
    """A checkpoint as other programs read it."""
    from archive.custody.paper import short_form
    from archive.model.moments import format_moment

    return {
        "origin": checkpoint.origin,
        "size": checkpoint.size,
        "root": checkpoint.root.hex(),
        "time": None if checkpoint.time is None else format_moment(checkpoint.time),
        "short": short_form(checkpoint),
        "note": note.decode(),
    }


def short_as_json(checkpoint: Checkpoint | None) -> dict[str, Any] | None:
    """Size, root and time of a checkpoint, as other programs read it."""
    from archive.model.moments import format_moment

    if checkpoint is None:
        return None
    time = None if checkpoint.time is None else format_moment(checkpoint.time)
    return {"size": checkpoint.size, "root": checkpoint.root.hex(), "time": time}


def _state_as_json(state: LogState) -> dict[str, Any]:
    return {
        "origin": state.origin,
        "size": state.size,
        "root": state.root.hex(),
        "checkpoints": state.checkpoints,
        "newest": short_as_json(state.newest),
        "keys": [
            {"name": row.name, "verifier_key": text, "added_at": row.added_at, "retired_at": row.retired_at}
            for row, text in state.keys
        ],
    }


custody_command.add_command(timestamp_command)
custody_command.add_command(prove_command)
custody_command.add_command(verify_command)
custody_command.add_command(set_aside_command)
custody_command.add_command(erase_command)
