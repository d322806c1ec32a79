"""``archive location``."""

from __future__ import annotations

import click

from archive.cli.output import emit_json, table
from archive.cli.session import common, find_home


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
            {"name": name, "path": str(location.root), "form": "directory", "offline": location.offline()}
            for name, location in archive.holdings.locations.items()
        ]
    if as_json:
        emit_json({"locations": rows})
        return
    table(
        ("location", "path", "form", "state"), ((r["name"], r["path"], r["form"], r["offline"] or "ok") for r in rows)
    )
