"""``archive schedule``: the daemon, or one tick of it for cron."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from archive.cli.output import emit_json, say
from archive.cli.session import actor, common, find_home, interruptible
from archive.errors import ExitCode

if TYPE_CHECKING:
    from archive.duties import Done


@click.command("schedule")
@click.option("--once", is_flag=True, help="Do what is due now and end, as a line in cron wants it.")
@click.option("--every", metavar="SECONDS", default=60.0, show_default=True, help="How often to look.")
@common
def schedule_command(once: bool, every: float, here: str | None, as_json: bool) -> int:
    """Do what is due: make missing copies, read replicas that were not read for long, repair damage.

    Runs until it is stopped; Ctrl-C finishes the file in hand. What is due is computed from the catalogue each time, so
    nothing is lost by stopping. With --once the exit code is 20 when damage was found.

    \b
    Example:
      archive schedule --once
    """
    from archive import assembly
    from archive.config import load
    from archive.duties import tick
    from scheduler import ticker

    home = find_home(here)
    load(home)
    stop = threading.Event()
    alarms: list[Done] = []
    code = actor()  # asked here: a tick runs in another thread, which knows nothing of the command line
    with interruptible(stop=stop) as progress:

        def one() -> None:
            for done in tick(lambda: assembly.on_duty(home, actor=code), home, progress=progress):
                _tell(done, as_json=as_json)
                alarms.extend([done] if done.alarming else [])

        if once:
            one()
            return ExitCode.DAMAGE if alarms else ExitCode.DONE
        if not as_json:
            say(f"Looking every {every:g} seconds what is due at {Path(home)}. Ctrl-C ends this safely.")
        ticker.run(one, every=timedelta(seconds=every), stop=stop)
    return ExitCode.INTERRUPTED


def _tell(done: Done, *, as_json: bool) -> None:
    from archive.clock import system_clock
    from archive.model.moments import format_moment

    time = format_moment(system_clock())
    if as_json:
        emit_json({"time": time, "duty": done.duty, "sentence": done.sentence, "alarming": done.alarming})
    else:
        say(f"{time} {'!! ' if done.alarming else ''}{done.duty}: {done.sentence}")
