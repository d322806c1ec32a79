"""Dates as people type them: those that cannot be are told from those that cannot be judged. Pure."""

from __future__ import annotations

import re
from datetime import date, timedelta

_ISO = re.compile(r"(?P<year>\d{4})-(?P<month>\d{1,2})(?:-(?P<day>\d{1,2}))?(?:[T ]+(?P<time>.+))?", re.ASCII)
_DAY_FIRST = re.compile(r"(?P<day>\d{1,2})[./](?P<month>\d{1,2})[./](?P<year>\d{4})(?:[,T ]+(?P<time>.+))?", re.ASCII)
_TIME = re.compile(r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?\s*(?P<zone>.*)", re.ASCII)
_OFFSET = re.compile(r"[+-](?P<hour>\d{2}):?(?P<minute>\d{2})?", re.ASCII)

_NUMBER = re.compile(r"(?P<days>[1-9]\d{4})(?:\.\d+)?", re.ASCII)
_SINCE_1900, _SINCE_1904 = (
    date(1899, 12, 30),
    date(1904, 1, 1),
)  # from which spreadsheets count days, for days past 1900
_LIKELY = range(25_569, 73_051)  # from 1970 to the end of 2099, counted from 1900

_AHEAD = timedelta(days=2)  # clocks and time zones may be a day apart; more is no clock


def impossible(text: str, *, today: date, may_be_ahead: bool = False) -> str | None:
    """Why ``text`` cannot be a date of something that happened; None where it can, or where nobody can tell.

    Judged are ``2020-08-11``, ``2020-08``, ``11.08.2020`` and ``11/08/2020`` (or month first), each with a time and an
    offset from UTC or without. ``may_be_ahead`` is for days that may still come, such as the end of a consent.
    """
    text = text.strip()
    match = _ISO.fullmatch(text) or _DAY_FIRST.fullmatch(text)
    if match is None:
        return None
    day = _day(match, slashed="/" in text)
    if day is None:
        return "the calendar has no such day"
    if match["time"] is not None and (wrong := _wrong_time(match["time"])) is not None:
        return wrong
    if not may_be_ahead and day > today + _AHEAD:
        return "it lies in the future"
    return None


def number_of_a_day(text: str) -> str | None:
    """Which days a bare number may mean that a spreadsheet counted; None for what is no such number.

    Spreadsheets hold days as numbers, and lose that they are days when a cell is formatted as a number.
    """
    match = _NUMBER.fullmatch(text.strip())
    if match is None or int(match["days"]) not in _LIKELY:
        return None
    days = timedelta(days=int(match["days"]))
    return f"it would mean {_SINCE_1900 + days} ({_SINCE_1904 + days} if counted from 1904)"


def _day(match: re.Match[str], *, slashed: bool) -> date | None:
    """The first day that is meant; with strokes, day and month may stand in either order."""
    year, month, day = int(match["year"]), int(match["month"]), int(match["day"] or 1)
    for one, other in ((month, day), (day, month)) if slashed else ((month, day),):
        try:
            return date(year, one, other)
        except ValueError:
            continue
    return None


def _wrong_time(text: str) -> str | None:
    match = _TIME.fullmatch(text.strip())
    if match is None:
        return None
    hour, minute, second = int(match["hour"]), int(match["minute"]), int(match["second"] or 0)
    if hour > 24 or minute > 59 or second > 60 or (hour == 24 and (minute or second)):
        return "no clock shows such a time"
    offset = _OFFSET.fullmatch(match["zone"].strip())
    if offset is not None and int(offset["hour"]) * 60 + int(offset["minute"] or 0) > 14 * 60:
        return "no place is so far from UTC"
    return None
