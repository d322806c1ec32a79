"""``archive premis``."""

from __future__ import annotations

from pathlib import Path

import click

from archive.cli.validation import options, validate


@click.group("premis")
def premis_command() -> None:
    """Judge PREMIS documents, of ours or of others."""


@premis_command.command("validate")
@options
def validate_command(file: Path, folder: Path | None, here: str | None, as_json: bool) -> int:
    """Check one PREMIS 3.0 document: its schema, its dates, and that every identifier it uses is one it gives.

    The official schemas are used where the archive has them installed. Without them all other checks are made, and
    the answer says so. Exit code 0 when nothing is wrong, 20 when something is.

    \b
    Example:
      archive premis validate data/metadata/preservation/premis.xml
    """
    from profiles.judgement import judge_premis

    return validate(file, judge_premis, folder=folder, here=here, as_json=as_json)
