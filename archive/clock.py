"""The clock, as a value that can be injected: nothing else in the archive asks what time it is.

Every record says what its clock was worth. Order never comes from a time, only from a record's number in the log.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

Clock = Callable[[], datetime]
"""Answers with the present moment as an aware UTC datetime."""

TOLERANCE = timedelta(seconds=1)
"""A clock that is being synchronised may step back by less than this, and nobody needs to know."""


def system_clock() -> datetime:
    """The machine's clock."""
    return datetime.now(UTC)


@dataclass(slots=True)
class WatchedClock:
    """A clock that notices when it runs backwards.

    ``latest`` is the time of the last record in the log, then the latest this clock has said itself. It is not moved
    back: while the clock is behind, every reading says so. ``behind`` is the most it was seen to be, in seconds.
    """

    clock: Clock
    latest: datetime | None = None
    behind: int = 0

    def __call__(self) -> datetime:
        """The present moment."""
        return self.clock()

    def since(self, latest: datetime | None) -> WatchedClock:
        """The same clock, watched from ``latest`` on."""
        return WatchedClock(self.clock, latest)

    def read(self) -> tuple[datetime, str]:
        """The present moment, and in words where it comes from and by how much it is behind."""
        now = self.clock()
        if self.latest is not None and self.latest - now >= TOLERANCE:
            return now, self.fell(self.latest - now)
        self.latest = now if self.latest is None else max(now, self.latest)
        return now, self.source()

    def fell(self, by: timedelta) -> str:
        """In words that this clock is so much behind the log; it is remembered."""
        behind = by // timedelta(seconds=1)
        self.behind = max(self.behind, behind)
        return f"{self.source()}; behind the log by {behind} s"

    def source(self) -> str:
        """Where the time comes from: the machine, and what its kernel says of it, or somebody's hand."""
        return machine_clock() if self.clock is system_clock else "injected"


def machine_clock() -> str:
    """What the kernel says of the machine's clock: ``system, synchronised`` or ``system, not synchronised``.

    Just ``system`` where it does not say. Linux sets the second state until a time service has taken the clock in hand
    (adjtimex(2): TIME_ERROR, STA_UNSYNC).
    """
    try:
        asked = _Timex()
        state = _libc().adjtimex(ctypes.byref(asked))
    except (OSError, AttributeError):
        return "system"
    if state < 0:
        return "system"
    unsynchronised = state == _TIME_ERROR or asked.status & _STA_UNSYNC
    return "system, not synchronised" if unsynchronised else "system, synchronised"


_TIME_ERROR = 5
_STA_UNSYNC = 0x0040


class _Timex(ctypes.Structure):
    """``struct timex`` up to the one field that is read (adjtimex(2)), with room for what follows."""

    _fields_ = (
        ("modes", ctypes.c_uint),  # zero: only ask
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_byte * 512),
    )


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
