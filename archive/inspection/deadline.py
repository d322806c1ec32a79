"""Stop a computation that takes too long, though it never comes back to Python.

PRONOM's patterns are backtracking regular expressions: 128 KiB of repeated MPEG frame headers keep one of them busy for
minutes, and a hostile file for days. A thread cannot interrupt a regular expression, which holds the interpreter's
lock; a signal can, because ``re`` looks for signals while it matches.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import TypeVar

T = TypeVar("T")


class DeadlinePassed(BaseException):
    """The time is up. Not an Exception, so that no library on the way swallows it."""


def within(seconds: float, compute: Callable[[], T]) -> T:
    """What ``compute`` returns; raises DeadlinePassed when that takes longer than ``seconds``.

    Uses SIGALRM. Only the main thread can be interrupted; in any other, or while somebody else has set an alarm,
    ``compute`` runs without a deadline.
    """
    if threading.current_thread() is not threading.main_thread() or signal.getitimer(signal.ITIMER_REAL)[0]:
        return compute()
    armed = True

    def ring(number: int, frame: FrameType | None) -> None:
        if armed:
            raise DeadlinePassed

    previous = signal.signal(signal.SIGALRM, ring)
    try:
        # Repeated, because an exception raised while Python runs a destructor is swallowed there.
        signal.setitimer(signal.ITIMER_REAL, seconds, 1.0)
        try:
            return compute()
        finally:
            armed = False  # an alarm that is already on its way must not ring in what follows
            signal.setitimer(signal.ITIMER_REAL, 0)
    finally:
        signal.signal(signal.SIGALRM, signal.SIG_DFL if previous is None else previous)
