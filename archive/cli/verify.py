"""``archive verify``: any bag, anywhere, without an archive."""

from __future__ import annotations

from pathlib import Path

import click

from archive.cli.output import emit_json, findings_as_json, plural, say, tell_findings
from archive.errors import ExitCode


@click.command("verify")
@click.argument("bags", metavar="BAG...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON object per bag, a line each.")
def verify_command(bags: tuple[Path, ...], as_json: bool) -> int:
    """Check bags strictly (RFC 8493, BagIt 0.93 to 1.0), each file read once with every digest that is listed.

    Exit code 0 when all are valid, 20 when one is not.

    \b
    Example:
      archive verify /mnt/disk2/archive/0e/0e6f1b7e-6f35-4c36-8f6a-7a5f2d3c9b11
    """
    from archive.bags.validation import validate
    from archive.errors import UsageError
    from archive.storage.directory import DirectoryReader

    for bag in bags:  # before any is read, so that a list with a mistake costs no hours
        if not bag.is_dir():
            raise UsageError(f"{bag} is not a folder", hint="give the folder that holds bagit.txt")
    all_valid = True
    for bag in bags:
        verdict = validate(DirectoryReader(bag))
        all_valid = all_valid and verdict.valid
        if as_json:
            emit_json({"bag": str(bag), "valid": verdict.valid, "findings": findings_as_json(verdict.findings)})
        else:
            say(f"{bag}: {'valid' if verdict.valid else 'NOT VALID'}, {plural(verdict.files, 'file')} read")
            tell_findings(verdict.findings)
    return ExitCode.DONE if all_valid else ExitCode.DAMAGE
