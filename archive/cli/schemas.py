"""``archive schemas``."""

from __future__ import annotations

from pathlib import Path

import click

from archive.cli.output import emit_json, plural, say
from archive.cli.session import common, dry_run, find_home


@click.group("schemas")
def schemas_command() -> None:
    """The official schemas of METS and PREMIS, which the archive never fetches by itself."""


@schemas_command.command("install")
@click.argument("source", metavar="DIR", type=click.Path(path_type=Path))
@dry_run
@common
def install_command(source: Path, dry_run: bool, here: str | None, as_json: bool) -> None:
    """Copy the official schemas from a folder into the archive, each checked against its known SHA-256.

    Needed are mets.xsd, premis-v3-0.xsd, xlink.xsd, xml.xsd and DILCISExtensionMETS.xsd, as published. Where one is
    missing or other than published, nothing is copied. Other schemas in the folder are left out.

    \b
    Example:
      archive schemas install /media/usb/schemas
    """
    from archive import config
    from archive.packages import schemas

    home = find_home(here)
    config.load(home)  # says so where there is no archive
    done = schemas.check_source(source) if dry_run else schemas.install(source, home)
    if as_json:
        emit_json({"folder": str(home / schemas.FOLDER), "installed": done.installed, "left_out": done.left_out})
        return
    say(f"{plural(len(done.installed), 'schema')} {'would be installed' if dry_run else 'installed'}")
    for name in done.installed:
        say(f"  {name}")
    for name in done.left_out:
        say(f"  {name} is none of the schemas known here and was left out")
