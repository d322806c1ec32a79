"""``archive mets``."""

from __future__ import annotations

from pathlib import Path

import click

from archive.cli.validation import options, validate


@click.group("mets")
def mets_command() -> None:
    """Judge METS documents, of ours or of others."""


@mets_command.command("validate")
@options
def validate_command(file: Path, folder: Path | None, here: str | None, as_json: bool) -> int:
    """Check a METS document and everything it references: schemas, sizes, digests, identifiers, E-ARK requirements.

    METS documents it points to are checked with it, PREMIS documents too. The official schemas are used where the
    archive has them installed. Without them all other checks are made, and the answer says so. Exit code 0 when
    nothing is wrong, 20 when something is.

    \b
    Example:
      archive mets validate data/METS.xml
    """
    from profiles.judgement import judge_mets

    return validate(file, judge_mets, folder=folder, here=here, as_json=as_json)
