"""What a person says of the medium of a delivery and of its hand-over, as options of ``archive ingest``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from archive.ingest.brought import Brought

F = TypeVar("F", bound=Callable[..., Any])

_STATES = ("intact", "broken", "missing", "other")


def medium_options(command: F) -> F:
    """The medium, its seal and the hand-over. Persons by codes, never by names."""
    path = click.Path(path_type=Path)
    for option in reversed(
        (
            click.option("--medium", metavar="TEXT", help="The medium: its kind and serial number."),
            click.option("--seal", metavar="TEXT", help="The number of its seal."),
            click.option(
                "--seal-state", type=click.Choice(_STATES), help="How the seal was found; other: another one."
            ),
            click.option("--handed-over-by", metavar="CODE", help="Who handed it over: a code, never a name."),
            click.option("--received-by", metavar="CODE", help="Who received it: a code, never a name."),
            click.option("--handed-over-at", metavar="TIME", help="When: 2026-11-20, or 2026-11-20T14:05+01:00."),
            click.option("--hand-over-note", type=path, metavar="FILE", help="The signed note; kept with the papers."),
        )
    ):
        command = option(command)
    return command


def brought_from(said: dict[str, Any], *, checksums: tuple[Path, ...], keep_open: bool) -> Brought:
    """What comes along with a delivery, from the values of the options."""
    from archive.clock import system_clock
    from archive.ingest.brought import Brought
    from archive.ingest.transfer import read_note, said_transfer

    given = dict(said)
    path = given.pop("hand_over_note")
    note = None if path is None else read_note(path)
    transfer = said_transfer(now=system_clock(), note=note, **given)
    return Brought(checksums, transfer, note, keep_open)
