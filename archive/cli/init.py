"""``archive init``."""

from __future__ import annotations

from pathlib import Path

import click

from archive.cli.output import emit_json, say
from archive.cli.session import actor, dry_run
from archive.errors import UsageError


@click.command("init")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--location", "locations", metavar="NAME=URI", multiple=True, help="A further place for copies; repeatable."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@dry_run
def init_command(folder: Path, locations: tuple[str, ...], as_json: bool, dry_run: bool) -> None:
    """Make a new archive in DIR, with a store inside it and a copy at every further location.

    \b
    Example:
      archive init /srv/archive --location second=/mnt/disk2/archive --location third=file:///mnt/disk3/archive
    """
    from archive import assembly
    from archive.holdings.checkpoints import log_state

    places = _places(locations)
    if dry_run:
        assembly.check_new(folder, places)
        say(f"would make an archive at {folder.absolute()} with locations: store {' '.join(places)}")
        return
    archive = assembly.create(folder, locations=places, actor=actor())
    ((_, verifier_key),) = log_state(archive.holdings).keys
    names = list(archive.holdings.locations)
    if as_json:
        emit_json({"archive": str(archive.home), "id": archive.config.archive, "locations": names, "key": verifier_key})
        return
    say(f"Archive made at {archive.home}")
    for name, location in archive.holdings.locations.items():
        say(f"  copies at '{name}': {location.root}")
    if len(names) < 3:
        say("  One disk fails, two fail together: think of three locations, one of them in another place.")
    say(f"  Key that signs its log (keep this line on paper): {verifier_key}")
    say(f"Next: cd {archive.home} && archive ingest FOLDER --producer CODE")


def _places(locations: tuple[str, ...]) -> dict[str, str]:
    places: dict[str, str] = {}
    for given in locations:
        name, equals, uri = given.partition("=")
        if not equals or not uri:
            raise UsageError(f"--location {given}: say NAME=PATH, for example second=/mnt/disk2/archive")
        if name in places:
            raise UsageError(f"location '{name}' is given twice")
        places[name] = uri
    return places
