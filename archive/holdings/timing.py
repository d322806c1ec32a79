"""The times that records get in the log: none lies before that of the record before it, but at a ``clock`` record.

A record keeps the moment at which it was made. Where another command recorded something later meanwhile, its time is
raised to that; where this machine's clock is behind the log, a ``clock`` record says so first (DESIGN §7.3). Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from archive.clock import TOLERANCE
from archive.model.log_records import ClockRecord
from archive.model.record import Record

Fall = Callable[[datetime, datetime], ClockRecord]
"""Makes the record that time falls, from the time of the record before it and its own."""


def in_order(
    records: Sequence[Record], last: datetime | None, *, clock: Callable[[], datetime], fall: Fall
) -> list[Record]:
    """``records`` as they may stand behind one of the time ``last``; ``clock`` is asked where one lies before it."""
    placed: list[Record] = []
    for record in records:
        if last is not None and record.time < last and not isinstance(record, ClockRecord):
            now = clock()
            if last - now < TOLERANCE:
                record = _raised(record, last)
            else:
                placed.append(fall(last, min(record.time, now)))
        placed.append(record)
        last = record.time
    return placed


def _raised(record: Record, time: datetime) -> Record:
    by = time - record.time
    made = f"made {by // timedelta(seconds=1)} s earlier; " if by >= TOLERANCE else ""
    return record.raised(time, clock=f"{made}{record.clock}")
