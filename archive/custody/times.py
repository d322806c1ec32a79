"""Whether times go forward in the log: they may fall at a ``clock`` record, and nowhere else (DESIGN §7.3).

Records before the first ``program`` record, those of 0.1, were dated when they were made, and commands that ran beside
each other could record them in another order: there a time may fall by up to a day, and by more where the record itself
says that its clock was behind.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from archive.codec.record_codec import Heading, heading_of
from archive.custody.leaf import record_in
from archive.custody.log import CustodyLog
from archive.custody.openings import is_erased_line
from archive.custody.segments import OPENINGS, pieces
from archive.errors import CustodyError
from archive.model.log_records import ClockRecord, ProgramRecord
from archive.model.moments import parse_moment
from archive.model.sentences import behind_the_log

EARLY = timedelta(hours=24)
"""By so much a time may fall before the first ``program`` record."""


@dataclass(frozen=True, slots=True)
class Fall:
    """Record ``number`` is dated before the one that it follows, and must not be."""

    number: int
    why: str


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the log: the record that was read last, and whether a ``program`` record stands before this place."""

    before: Heading | None = None
    announced: bool = False

    def fall(self, number: int, heading: Heading) -> Fall | None:
        """What is wrong with the time of the record that stands here; None where nothing is."""
        before = self.before
        if before is None:
            return None
        if heading.kind == ClockRecord.kind:
            return None if heading.last == before.time else Fall(number, f"it says that {heading.last} was the last")
        if heading.time >= before.time:
            return None
        told = behind_the_log(heading.clock) is not None or _apart(before.time, heading.time) <= EARLY
        if told and not self.announced:
            return None
        return Fall(number, f"it is dated {heading.time}, and the record before it {before.time}")

    def behind(self, heading: Heading | None) -> Place:
        """The next place, behind a record with that heading."""
        return Place(heading, self.announced or (heading is not None and heading.kind == ProgramRecord.kind))


def falls(headings: Iterable[tuple[int, Heading | None]]) -> Iterator[Fall]:
    """Every record of a log, in order, at which time falls and must not."""
    place = Place()
    for number, heading in headings:
        fall = None if heading is None else place.fall(number, heading)
        if fall is not None:
            yield fall
        place = place.behind(heading)


def falls_in(log: CustodyLog) -> list[Fall]:
    """Every such record in ``log``, as its openings lie on disk, up to the first that is missing."""
    return list(falls(_headings(log)))


def falls_at(log: CustodyLog, number: int) -> bool:
    """Whether time falls at the record of that number, and must not."""
    if not 0 < number < log.size:
        return False
    before, here = (heading_of(spelled) for _, _, spelled in log.entries(number - 1, number + 1))
    announced = any(n < number for n, _ in log.numbers_of(ProgramRecord.kind))
    return here is not None and Place(before, announced).fall(number, here) is not None


def set_back(log: CustodyLog) -> tuple[tuple[int, datetime], ...]:
    """Number and time of each ``clock`` record: what was dated later before it was not then."""
    with suppress(CustodyError, OSError):  # a damaged log is told of elsewhere
        items = [(n, log.item(n)) for n, _ in log.numbers_of(ClockRecord.kind)]
        return tuple((n, item.time) for n, item in items if isinstance(item, ClockRecord))
    return ()


def _headings(log: CustodyLog) -> Iterator[tuple[int, Heading | None]]:
    for run in pieces(0, log.size, log.segment):
        try:
            for n, opening in enumerate(log.lines(OPENINGS, run), run.first):
                yield n, heading_of(log.stand_ins(n)[n].spelled if _is_erased(log, n, opening) else record_in(opening))
        except (CustodyError, OSError):
            return


def _is_erased(log: CustodyLog, n: int, opening: bytes) -> bool:
    return is_erased_line(opening) and n in log.stand_ins(n)


def _apart(later: str, earlier: str) -> timedelta:
    try:
        return parse_moment(later) - parse_moment(earlier)
    except ValueError:
        return timedelta.max
