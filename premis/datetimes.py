"""Moments and periods as PREMIS writes them: ISO 8601-1 and the part of EDTF (ISO 8601-2) that evidence needs."""

import re
from datetime import date
from functools import lru_cache
from typing import Final

_MOMENT: Final = re.compile(
    r"(?P<date>\d{4}-\d\d-\d\d)T(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)(?:\.\d+)?"
    r"(?:Z|[+-](?P<offset_hour>\d\d)(?::?(?P<offset_minute>\d\d))?)?",
    re.ASCII,
)
# Year, month or day; an unknown right-hand part may be X; ? uncertain, ~ approximate, % both (EDTF level 1).
_DATE: Final = re.compile(
    r"(?P<year>\d{4}|\d{3}X|\d{2}XX)(?:-(?P<month>\d\d|XX)(?:-(?P<day>\d\d|XX))?)?[?~%]?", re.ASCII
)
# Sub-year groupings 21 to 24 are spring, summer, autumn, winter (EDTF level 1).
_SEASONS: Final = frozenset({"21", "22", "23", "24"})
_OPEN_ENDS: Final = frozenset({"", ".."})


def check_datetime(text: str) -> str:
    """``text`` itself, if it is a real moment, date or interval.

    Accepted: ``2020-08-10T23:15:00Z`` (fraction and offset optional), ``2020``, ``2020-08``, ``2020-08-10``,
    seasons (``2020-22``), unspecified parts (``202X``, ``2020-XX``), a final ``?``, ``~`` or ``%`` on a date, and two
    of these joined by ``/``, where one side may be ``..`` or empty. Raises ValueError for anything else, and for days
    the calendar does not have.
    """
    _check(text)
    return text


@lru_cache(maxsize=1024)  # what happened to many files at once has one moment
def _check(text: str) -> None:
    sides = text.split("/")
    if len(sides) == 1:
        _check_one(text, text)
    elif len(sides) == 2 and not _OPEN_ENDS.issuperset(sides):
        for side in sides:
            if side not in _OPEN_ENDS:
                _check_one(side, text)
    else:
        raise _not_real(text)


def _check_one(side: str, text: str) -> None:
    moment = _MOMENT.fullmatch(side)
    if moment is not None:
        if not (_is_day(moment["date"]) and _is_time(moment) and _is_offset(moment)):
            raise _not_real(text)
        return
    day = _DATE.fullmatch(side)
    if day is None or not _is_date(day):
        raise _not_real(text)


def _is_date(match: re.Match[str]) -> bool:
    year, month, day = match["year"], match["month"], match["day"]
    if day is None:
        return month is None or month == "XX" or month in _SEASONS or "01" <= month <= "12"
    if month == "XX" or day == "XX":
        return day == "XX" and (month == "XX" or "01" <= month <= "12")
    # A year with unknown digits may be a leap year: 2000 stands in for it.
    return _is_day(f"{year if 'X' not in year else '2000'}-{month}-{day}")


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        # ISO 8601 has a year 0000, Python's calendar begins with 0001; both 0000 and 2000 are leap years.
        return text.startswith("0000") and _is_day("2000" + text[4:])
    return True


def _is_time(match: re.Match[str]) -> bool:
    leap_second = match["minute"] == "59" and match["second"] == "60"
    return match["hour"] < "24" and match["minute"] < "60" and (match["second"] < "60" or leap_second)


def _is_offset(match: re.Match[str]) -> bool:
    hour, minute = match["offset_hour"], match["offset_minute"]
    # No place on earth is more than 14 hours from UTC; XML Schema sets the same bound.
    return hour is None or (hour < "14" and (minute or "00") < "60") or (hour == "14" and (minute or "00") == "00")


def _not_real(text: str) -> ValueError:
    return ValueError(f"{text!r} is not a moment, date or interval of ISO 8601 or EDTF that exists")
