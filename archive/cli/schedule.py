"""``archive schedule``: the daemon, or one tick of it for cron."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from archive.cli.output import emit_json, say
from archive.cli.session import actor, common, find_home, interruptible
from archive.errors import ExitCode

if TYPE_CHECKING:
    from archive.duties import Done

AGAIN = timedelta(hours=1)
"""After so long a duty says again what it said last."""


@click.command("schedule")
@click.option("--once", is_flag=True, help="Do what is due now and end, as a line in cron wants it.")
@click.option("--every", metavar="SECONDS", default=60.0, show_default=True, help="How often to look.")
@common
def schedule_command(once: bool, every: float, here: str | None, as_json: bool) -> int:
    """Do what is due: make missing copies, read replicas that were not read for long, repair damage, look for malware.

    Runs until it is stopped; Ctrl-C finishes the file in hand. What is due is computed from the catalogue each time, so
    nothing is lost by stopping; what is said once is said again after an hour, not at every look. With --once the exit
    code is 20 when damage was found, 3 when somebody has to look at something else.

    \b
    Example:
      archive schedule --once
    """
    from archive import assembly
    from archive.clock import system_clock
    from archive.config import load
    from archive.duties import tick
    from scheduler import ticker

    home = find_home(here)
    load(home)
    stop = threading.Event()
    found: list[Done] = []
    news = News()
    code = actor()  # asked here: a tick runs in another thread, which knows nothing of the command line
    with interruptible(stop=stop) as progress:

        def one() -> None:
            for done in tick(assembly.doors(home, actor=code), home, progress=progress):
                if news.is_new(done, now=system_clock()):
                    _tell(done, as_json=as_json)
                found.extend([done] if once else [])

        if once:
            one()
            if any(done.alarming for done in found):
                return ExitCode.DAMAGE
            return ExitCode.NEEDS_PERSON if any(done.needs_person for done in found) else ExitCode.DONE
        if not as_json:
            say(f"Looking every {every:g} seconds what is due at {Path(home)}. Ctrl-C ends this safely.")
        ticker.run(one, every=timedelta(seconds=every), stop=stop)
    return ExitCode.INTERRUPTED


class News:
    """Knows what was said within the last hour: a scanner that is away all night is no news each minute."""

    def __init__(self) -> None:
        self._said: dict[str, tuple[Done, datetime]] = {}

    def is_new(self, done: Done, *, now: datetime) -> bool:
        """Whether this duty's last words were others, or are an hour old."""
        before = self._said.get(done.duty)
        if before is not None and before[0] == done and now - before[1] < AGAIN:
            return False
        self._said[done.duty] = done, now
        return True


def _tell(done: Done, *, as_json: bool) -> None:
    from archive.clock import system_clock
    from archive.model.moments import format_moment

    time = format_moment(system_clock())
    weight = {"alarming": done.alarming, "needs_person": done.needs_person}
    if as_json:
        emit_json({"time": time, "duty": done.duty, "sentence": done.sentence} | weight)
    else:
        say(f"{time} {'!! ' if any(weight.values()) else ''}{done.duty}: {done.sentence}")
