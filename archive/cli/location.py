"""``archive location``."""

from __future__ import annotations

from pathlib import Path

import click

from archive.cli import signing
from archive.cli.output import emit_json, say, table
from archive.cli.session import changing, common, dry_run, find_home


@click.group("location")
def location_command() -> None:
    """Where copies lie."""


@location_command.command("list")
@common
def list_command(here: str | None, as_json: bool) -> None:
    """List storage locations and whether they can be reached now.

    \b
    Example:
      archive location list
    """
    from archive import assembly

    with assembly.reading(find_home(here)) as archive:
        rows = [
            {
                "name": name,
                "path": location.where(),
                "form": location.form,
                "offline": location.offline(),
                "retired": None,
            }
            for name, location in archive.holdings.locations.items()
        ]
        rows += [
            {"name": row.name, "path": row.uri, "form": row.form, "offline": None, "retired": row.retired_at}
            for row in archive.holdings.catalogue.locations()
            if row.retired_at is not None
        ]
    if as_json:
        emit_json({"locations": rows})
        return
    cells = ((r["name"], r["path"], r["form"], r["offline"] or ("retired" if r["retired"] else "ok")) for r in rows)
    table(("location", "path", "form", "state"), cells)


@location_command.command("add")
@click.argument("name")
@click.argument("uri", metavar="PATH-OR-URI")
@click.option(
    "--form",
    default="directory",
    show_default=True,
    metavar="FORM",
    help="How packages lie there: directory (plain folders) or tar (one file each).",
)
@click.option("--reason", default="", help="Why; stands in the custody log.")
@common
@dry_run
def add_command(name: str, uri: str, form: str, reason: str, here: str | None, as_json: bool, dry_run: bool) -> None:
    """Make a free folder a further place for copies. Copies are made by archive replicate, or by the scheduler.

    \b
    Example:
      archive location add fourth /mnt/disk4/archive
      archive location add tape /mnt/ltfs/archive --form tar
    """
    from archive import assembly

    home = find_home(here)
    if dry_run:
        with assembly.reading(home) as archive:
            place = assembly.check_location(archive, name, uri, form=form)
        say(f"would add location '{name}' at {place}")
        return
    with changing(home, doing="adding a location") as archive:
        location = assembly.add_location(archive, name, uri, form=form, reason=reason)
    if as_json:
        emit_json({"location": name, "path": location.where(), "form": location.form})
        return
    say(f"Location '{name}' is added: {location.where()}")
    say("Next: archive replicate")


@location_command.command("retire")
@click.argument("name")
@signing.asking
@common
@dry_run
def retire_command(
    name: str,
    reason: str,
    key: str | None,
    secret: Path | None,
    to_sign: Path | None,
    here: str | None,
    as_json: bool,
    dry_run: bool,
) -> None:
    """Ask for a location to be retired: its copies count no more, and stay on its disk untouched.

    Refused while fewer good copies than copies.required would be left.

    \b
    Example:
      archive --as anna location retire second --reason "disk is ten years old" --key anna
    """
    from archive import assembly
    from archive.holdings.places import check_retirement
    from archive.model.acts import Act

    home = find_home(here)
    if dry_run:
        with assembly.reading(home) as archive:
            check_retirement(archive.holdings, name, archive.config)
        say(f"would ask for retiring location '{name}'")
        return
    with changing(home, doing="asking for a location to be retired") as archive:
        check_retirement(archive.holdings, name, archive.config)
        subjects: list[dict[str, object]] = [{"location": name}]
        asked = signing.ask(
            archive, Act.LOCATION_RETIREMENT, subjects, reason=reason, key=key, secret=secret, to_sign=to_sign
        )
    signing.tell(asked, to_sign=to_sign, as_json=as_json)
