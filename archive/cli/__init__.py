"""The command line: one file per command group, loaded when it is called, so that ``--help`` is quick.

``COMMANDS`` names every command with its file and its one line of help; ``output`` speaks to people and programs,
``session`` finds the archive and turns Ctrl-C into a good ending. Nothing here decides anything.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Sequence
from typing import Any

import click

from archive.errors import ArchiveError, ExitCode

COMMANDS: dict[str, tuple[str, str]] = {
    "init": ("init", "Make a new archive."),
    "producer": ("producer", "Agree with producers on how they deliver."),
    "survey": ("survey", "Look at a delivery before anything is copied."),
    "ingest": ("ingest", "Take in a delivered folder or bag."),
    "accession": ("accession", "List, show or close accessions; make receipts."),
    "list": ("look", "List packages and their replicas."),
    "show": ("look", "Show a package, an accession or a file."),
    "find": ("look", "Find files by name, digest or identifier."),
    "status": ("look", "Say how the holdings are doing."),
    "verify": ("verify", "Check any bag strictly (RFC 8493)."),
    "formats": ("formats", "Tell what files are, and where tools disagree."),
    "consent": ("consent", "Keep what people allowed, by code."),
    "audit": ("audit", "Read replicas in full, find damage and repair it."),
    "quarantine": ("quarantine", "List what is kept apart, and decide about it."),
    "malware": ("malware", "Ask the malware scanner again about what is held."),
    "incident": ("incident", "List, show or close incidents."),
    "replicate": ("replicate", "Make copies that are still owed."),
    "location": ("location", "List, add or retire storage locations."),
    "schedule": ("schedule", "Do what is due, now and for years."),
    "agent": ("agent", "Register who acts, by a code."),
    "key": ("key", "List, make or retire signing keys."),
    "deletion": ("deletion", "Ask for a deletion; list what was deaccessioned."),
    "hold": ("hold", "Place, list or lift legal holds."),
    "policy": ("policy", "Show the protective settings; ask to lower one."),
    "approvals": ("approvals", "List, show or check requests that take two persons."),
    "approve": ("approvals", "Approve another person's request."),
    "carry-out": ("approvals", "Carry out an approved request."),
    "explain": ("explain", "Tell the life of a package or a file."),
    "custody": ("custody", "Checkpoints and proofs of the log, and its full check."),
    "catalogue": ("catalogue", "Digest the catalogue, or make it anew."),
    "takeover": ("takeover", "Let a home that was made anew go on."),
    "handover": ("handover", "Hand everything over."),
    "mets": ("mets", "Judge a METS document and what it references."),
    "premis": ("premis", "Judge a PREMIS document."),
    "schemas": ("schemas", "Install the official schemas."),
    "tour": ("tour", "Walk through the whole life of a delivery."),
}
"""Every command: the module of this package that holds it, and its line in ``archive --help``."""


class LazyGroup(click.Group):
    """A group that loads a command's module when the command is used, not before."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order people need them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, loaded now; None if there is none."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"archive.cli.{COMMANDS[cmd_name][0]}")
        command: click.Command = getattr(module, f"{cmd_name.replace('-', '_')}_command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without loading them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--archive", "home", metavar="DIR", help="The archive's folder (else ARCHIVE_HOME, else upward from here)."
)
@click.option("--as", "actor", metavar="CODE", default="unnamed", help="Code of the agent who acts; stands in the log.")
@click.version_option(package_name="evidence-archive", prog_name="archive")
@click.pass_context
def cli(ctx: click.Context, home: str | None, actor: str) -> None:
    """Keep evidence: packages, replicas, audits, and a log of everything that happened.

    \b
    Example:
      archive init /srv/archive --location second=/mnt/disk2/archive
      cd /srv/archive
      archive ingest /media/usb/delivery --producer viasna --metadata /media/usb/metadata.csv
      archive audit

    Exit codes: 0 done, 1 failed, 2 usage, 3 finished but some items need a person, 10 no archive here, 11 in use,
    20 damage or tampering found, 130 interrupted.
    """
    ctx.ensure_object(dict)
    ctx.obj.update(home=home, actor=actor)


def run(arguments: Sequence[str]) -> int:
    """Run one command and answer its exit code; every error ends as a sentence on stderr."""
    try:
        settings: dict[str, Any] = {}
        result: Any = cli.main(list(arguments), prog_name="archive", standalone_mode=False, obj=settings)
        code = int(result) if isinstance(result, int) else ExitCode.DONE
        return max(code, settings.get("at_least", code)) if code in (ExitCode.DONE, ExitCode.NEEDS_PERSON) else code
    except ArchiveError as error:
        _tell(error, as_json="--json" in arguments)
        return error.exit_code
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return ExitCode.USAGE
    except (click.Abort, KeyboardInterrupt):
        click.echo("archive: interrupted; give the same command again to go on", err=True)
        return ExitCode.INTERRUPTED


def _tell(error: ArchiveError, *, as_json: bool) -> None:
    from archive.cli.output import safe

    click.echo(f"archive: {safe(error.what)}", err=True)
    if error.hint:
        click.echo(f"  {safe(error.hint)}", err=True)
    if as_json:
        told = {"what": error.what, "hint": error.hint, "exit_code": int(error.exit_code)}
        click.echo(json.dumps({"error": told}, ensure_ascii=True))
