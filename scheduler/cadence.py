"""Cadences: whether something is due, from when it was last done. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TypeVar

T = TypeVar("T")


def due_at(last: datetime | None, every: timedelta) -> datetime | None:
    """The moment from which something done ``last`` is due again; None where it was never done and is due now.

    Raises ValueError for an interval that is not positive or a moment without a zone.
    """
    if every <= timedelta(0):
        raise ValueError(f"an interval is longer than nothing: {every}")
    if last is None:
        return None
    if last.tzinfo is None:
        raise ValueError(f"a moment carries its zone: {last!r}")
    return last + every


def is_due(last: datetime | None, every: timedelta, *, now: datetime) -> bool:
    """Whether something done ``last`` is due ``now``.

    A ``last`` in the future, as after a clock was set back, is due too: nobody knows how long ago it really was.
    """
    moment = due_at(last, every)
    return moment is None or moment <= now or (last is not None and last > now)


def longest_waiting(things: Iterable[tuple[datetime | None, T]]) -> list[T]:
    """Things in the order in which they should be done: never done first, then the longest ago."""
    waiting = list(things)
    never = [thing for last, thing in waiting if last is None]
    done = [(last, thing) for last, thing in waiting if last is not None]
    return never + [thing for _, thing in sorted(done, key=lambda pair: pair[0])]
