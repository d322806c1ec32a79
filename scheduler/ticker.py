"""The ticker: calls one function at an interval, one call at a time, until it is told to stop.

APScheduler 3 does the waiting, in memory and in UTC. Its job stores, cron expressions and grace times are not used:
stores pickle, cron loops at the end of summer time, and the default grace time of one second drops runs that come late.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


def run(tick: Callable[[], None], *, every: timedelta, stop: threading.Event) -> None:
    """Call ``tick`` now and then every ``every`` until ``stop`` is set; the call in hand is finished first.

    A tick that takes longer than ``every`` delays the next one; ticks never overlap and are never made up for. An
    exception of ``tick`` ends the ticking and is raised here.
    """
    from apscheduler.schedulers.background import BackgroundScheduler

    failures: list[BaseException] = []

    def guarded() -> None:
        if stop.is_set():
            return
        try:
            tick()
        except BaseException as error:
            failures.append(error)
            stop.set()

    scheduler = BackgroundScheduler(timezone=UTC)
    scheduler.add_job(
        guarded,
        "interval",
        seconds=every.total_seconds(),
        next_run_time=datetime.now(UTC),
        max_instances=1,
        coalesce=True,
        misfire_grace_time=None,
    )
    scheduler.start()
    try:
        stop.wait()
    finally:
        scheduler.shutdown(wait=True)
    if failures:
        raise failures[0]
