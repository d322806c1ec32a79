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
@click.option(
    "--form",
    "forms",
    metavar="NAME=FORM",
    multiple=True,
    help="How packages lie at that location: directory (plain folders, as without this) or tar (one file each).",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@dry_run
def init_command(
    folder: Path, locations: tuple[str, ...], forms: tuple[str, ...], as_json: bool, dry_run: bool
) -> None:
    """Make a new archive in DIR, with a store inside it and a copy at every further location.

    \b
    Example:
      archive init /srv/archive --location second=/mnt/disk2/archive --location third=file:///mnt/disk3/archive
      archive init /srv/archive --location tape=file:///mnt/ltfs/archive --form tape=tar
    """
    from archive import assembly
    from archive.holdings.checkpoints import log_state

    places = _named(locations, option="--location", value="PATH", example="second=/mnt/disk2/archive")
    wanted = _named(forms, option="--form", value="FORM", example="tape=tar")
    if dry_run:
        assembly.check_new(folder, places, wanted)
        say(f"would make an archive at {folder.absolute()} with locations: store {' '.join(places)}")
        return
    archive = assembly.create(folder, locations=places, forms=wanted, actor=actor())
    ((_, verifier_key),) = log_state(archive.holdings).keys
    names = list(archive.holdings.locations)
    if as_json:
        emit_json(
            {
                "archive": str(archive.home),
                "id": archive.config.archive,
                "locations": names,
                "key": verifier_key,
                "forms": {name: location.form for name, location in archive.holdings.locations.items()},
            }
        )
        return
    say(f"Archive made at {archive.home}")
    for name, location in archive.holdings.locations.items():
        say(f"  copies at '{name}': {location.where()}")
    if len(names) < 3:
        say("  One disk fails, two fail together: think of three locations, one of them in another place.")
    say(f"  Key that signs its log (keep this line on paper): {verifier_key}")
    say(f"Next: cd {archive.home} && archive ingest FOLDER --producer CODE")


def _named(given: tuple[str, ...], *, option: str, value: str, example: str) -> dict[str, str]:
    """What stands behind each ``NAME=`` of a repeatable option."""
    named: dict[str, str] = {}
    for one in given:
        name, equals, rest = one.partition("=")
        if not equals or not rest:
            raise UsageError(f"{option} {one}: say NAME={value}, for example {example}")
        if name in named:
            raise UsageError(f"location '{name}' is given twice")
        named[name] = rest
    return named
