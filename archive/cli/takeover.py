"""``archive takeover``."""

from __future__ import annotations

import click

from archive.cli.output import emit_json, plural, say
from archive.cli.session import actor, common, dry_run, find_home, tell_afterwards


@click.command("takeover")
@common
@dry_run
def takeover_command(here: str | None, as_json: bool, dry_run: bool) -> None:
    """Make this home the one that goes on, in place of the one it was made anew from, or restored from.

    A note with the next number, signed by the log's key, is put at every location in reach, and at others when they are
    back. A home with an older number records, copies and signs nothing any more. Refused where a location holds records
    that this home does not, and where no key of the log is here: put it back, or add a new one first (archive key new).

    \b
    Example:
      archive --archive /srv/new takeover
    """
    from archive import assembly
    from archive.holdings.takeover import check_takeover

    home = find_home(here)
    if dry_run:
        with assembly.reading(home) as archive:
            taking = check_takeover(archive.holdings)
        say(f"would take over as epoch {taking.number}, and say so at: {', '.join(taking.reached) or 'no location'}")
        return
    taken, findings = assembly.taking_over(home, actor=actor())
    taking, epoch = taken.taking, taken.epoch
    if as_json:
        emit_json(
            {
                "home": epoch.home,
                "epoch": epoch.number,
                "size": epoch.size,
                "root": epoch.root.hex(),
                "reached": list(taking.reached),
                "away": list(taking.away),
            }
        )
    else:
        say(f"This home goes on as epoch {epoch.number}, with {plural(epoch.size, 'record')} of the custody log.")
        say(f"  said at: {', '.join(taking.reached) or 'no location yet'}")
        for name in taking.away:
            say(f"  out of reach, will be told when it is back: {name}")
        say("An older home refuses to change anything as soon as it sees one of these locations.")
        say("Next: archive replicate, archive audit.")
    tell_afterwards(findings)
