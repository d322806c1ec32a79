"""``archive verify``: any bag, anywhere, without an archive."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from archive.cli.output import emit_json, findings_as_json, plural, say, tell_findings
from archive.errors import ExitCode

if TYPE_CHECKING:
    from profiles.bagit_profile import BagItProfile


@click.command("verify")
@click.argument("bags", metavar="BAG...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--profile", "agreed", metavar="NAME|FILE", help="Hold the bags against this BagIt profile as well.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per bag, a line each.")
def verify_command(bags: tuple[Path, ...], agreed: str | None, as_json: bool) -> int:
    """Check bags strictly (RFC 8493, BagIt 0.93 to 1.0), each file read once with every digest that is listed.

    A profile is one of this archive's own, such as aip-1 or testimony-1, or a JSON file (BagIt Profiles 1.4). Exit
    code 0 when all are valid and as agreed, 20 when one is not valid, 3 when one is valid and not as agreed.

    \b
    Example:
      archive verify /mnt/disk2/archive/0e/0e6f1b7e-6f35-4c36-8f6a-7a5f2d3c9b11
    """
    from archive.bags.validation import validate
    from archive.errors import UsageError
    from archive.storage.folders import DirectoryReader

    for bag in bags:  # before any is read, so that a list with a mistake costs no hours
        if not bag.is_dir():
            raise UsageError(f"{bag} is not a folder", hint="give the folder that holds bagit.txt")
    profile = None if agreed is None else _profile(agreed)
    all_valid = all_agreed = True
    for bag in bags:
        verdict = validate(DirectoryReader(bag), profile=profile)
        all_valid, all_agreed = all_valid and verdict.valid, all_agreed and verdict.agreed
        if as_json:
            line = {"bag": str(bag), "valid": verdict.valid, "findings": findings_as_json(verdict.findings)}
            emit_json(line if profile is None else line | {"agreed": verdict.agreed})
        else:
            departs = "" if verdict.agreed else ", NOT AS AGREED"
            say(f"{bag}: {'valid' if verdict.valid else 'NOT VALID'}{departs}, {plural(verdict.files, 'file')} read")
            tell_findings(verdict.findings)
    if not all_valid:
        return ExitCode.DAMAGE
    return ExitCode.DONE if all_agreed else ExitCode.NEEDS_PERSON


def _profile(named: str) -> BagItProfile:
    from archive.errors import UsageError
    from profiles.bagit_profile import parse_profile, shipped_profile, shipped_profiles

    if named in shipped_profiles():
        return shipped_profile(named)
    try:
        return parse_profile(Path(named).read_bytes())
    except OSError as error:
        known = ", ".join(shipped_profiles())
        raise UsageError(
            f"the BagIt profile {named} cannot be read: {error.strerror}", hint=f"give a file, or one of: {known}"
        ) from error
    except ValueError as error:
        raise UsageError(f"{named}: {error}", hint="ask whoever wrote the profile for a corrected one") from error
