"""The days, zones, locales, users and folders that the tests and the tour must be true on, and the rows to try.

Start with ``ROWS``. There is no row for each combination, which would be hundreds of runs. Zone, locale, umask, user
and folder form an orthogonal array (eight runs, one factor of four values and four of two): whichever two of them are
taken, each pair of their values is in one row at least, and most faults come from one value or from two that meet. Each
day is in one row (today in two); a change of summer time needs the zone it happens in. "Twice side by side" is about
what two runs share on one machine (ports, temporary names, a home folder), which no other axis changes: one row.
``tests/project/test_any_day.py`` holds this table to these words.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

COPENHAGEN, MINSK, ST_JOHNS, KIRITIMATI = ZONES = (
    "Europe/Copenhagen",
    "Europe/Minsk",
    "America/St_Johns",
    "Pacific/Kiritimati",
)
C, RUSSIAN = LOCALES = ("C", "ru_RU.UTF-8")
CLOSED, USUAL = UMASKS = (0o077, 0o022)
BEFORE = timedelta(minutes=5)
"""A run begins so long before midnight or a change of the clock, and so goes through it."""


class Day(StrEnum):
    """When a row begins; all but today are told by a false clock."""

    TODAY = "today"
    SOON = "in 100 days"
    LATER = "in two years"
    LEAP = "29 February"
    AFTER_2038 = "20 January 2038"
    SPRING = "the night summer time begins"
    AUTUMN = "the night summer time ends"


class User(StrEnum):
    """Who runs it."""

    ROOT = "root"
    NOBODY = "nobody"


class Folder(StrEnum):
    """Where the copy lies: ``blanks`` is a path with blanks and Cyrillic, and there a real ``make`` makes all."""

    PLAIN = "plain"
    BLANKS = "blanks"


@dataclass(frozen=True)
class Row:
    """One combination."""

    name: str
    day: Day
    zone: str
    locale: str
    umask: int
    user: User
    folder: Folder
    times: int = 1

    def __str__(self) -> str:
        twice = ", twice side by side" if self.times == 2 else ""
        return f"{self.day}, {self.zone}, {self.locale}, umask {self.umask:03o}, {self.user}, {self.folder}{twice}"


ROOT, NOBODY, PLAIN, BLANKS = User.ROOT, User.NOBODY, Folder.PLAIN, Folder.BLANKS

ROWS = (
    Row("spring", Day.SPRING, COPENHAGEN, C, USUAL, ROOT, PLAIN),
    Row("autumn", Day.AUTUMN, COPENHAGEN, RUSSIAN, CLOSED, NOBODY, BLANKS),
    Row("make", Day.TODAY, MINSK, C, CLOSED, ROOT, BLANKS),
    Row("soon", Day.SOON, MINSK, RUSSIAN, USUAL, NOBODY, PLAIN),
    Row("2038", Day.AFTER_2038, ST_JOHNS, C, CLOSED, NOBODY, PLAIN),
    Row("leap", Day.LEAP, ST_JOHNS, RUSSIAN, USUAL, ROOT, BLANKS),
    Row("later", Day.LATER, KIRITIMATI, C, USUAL, NOBODY, BLANKS),
    Row("twice", Day.TODAY, KIRITIMATI, RUSSIAN, CLOSED, ROOT, PLAIN, times=2),
)

FAR = (
    Row("far-later", Day.LATER, KIRITIMATI, RUSSIAN, CLOSED, ROOT, PLAIN),
    Row("far-2038", Day.AFTER_2038, ST_JOHNS, C, USUAL, ROOT, PLAIN),
)
"""Two far days that need no environment of their own: CI tries what depends on time on both of them, every time."""

DEPENDS_ON_TIME = (
    "tests/scheduler",
    "tests/custody",
    "tests/approvals",
    "tests/model/test_rights.py",
    "tests/model/test_terms.py",
    "tests/ingest/test_rights_in_packages.py",
    "tests/ingest/test_consents.py",
)
"""Duties, signatures and certificates, waiting times of approvals, and rights and consents that end on a day."""


def begins(day: Day, now: datetime) -> datetime:
    """When a row of this day begins, for somebody whose clock says ``now``."""
    match day:
        case Day.TODAY:
            return now
        case Day.SOON:
            return now + timedelta(days=100)
        case Day.LATER:
            return now + timedelta(days=730)
        case Day.LEAP:
            year = next(year for year in range(now.year, now.year + 9) if _is_leap(year) and _march(year) > now)
            return _march(year) - BEFORE
        case Day.AFTER_2038:
            return datetime(2038, 1, 20, 12, tzinfo=UTC)
        case Day.SPRING:
            return next(moment for moment, forward in changes(COPENHAGEN, now) if forward) - BEFORE
        case Day.AUTUMN:
            return next(moment for moment, forward in changes(COPENHAGEN, now) if not forward) - BEFORE


def changes(zone: str, now: datetime) -> Iterator[tuple[datetime, bool]]:
    """Each coming moment at which a zone's clocks are changed, and whether they are put forward.

    All zones tried here change them at a full hour of UTC.
    """
    place, hour = ZoneInfo(zone), timedelta(hours=1)
    moment = now.replace(minute=0, second=0, microsecond=0) + hour
    while True:
        before, after = ((moment + step).astimezone(place).utcoffset() for step in (-hour, timedelta()))
        if before != after:
            assert before is not None and after is not None
            yield moment, after > before
        moment += hour


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _march(year: int) -> datetime:
    return datetime(year, 3, 1, tzinfo=UTC)
