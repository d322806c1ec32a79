"""What a cell of a spreadsheet says, as text: it may hold a number or a day where a person sees letters. Pure."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal

from archive.ingest.record import Remark
from profiles.finding_codes import FindingCode

Value = int | float | str | bool | date | datetime | time | timedelta
"""What a reader of spreadsheets makes of a cell."""

_MOST_DIGITS = 15
"""Digits that Excel keeps of a number (its specifications: number precision); a number of 64 bits keeps 15 surely."""
_LONGEST_WHOLE = 1e21  # from here a number is no identifier, and is written with its exponent


def text_of(value: Value) -> str:
    """The cell as text: numbers without a needless point, days and moments in ISO 8601, TRUE and FALSE."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return _number(value)
    if isinstance(value, timedelta):
        return _span(value)
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds" if value.microsecond >= 1000 else "seconds")
    if isinstance(value, time):
        return value.isoformat(timespec="milliseconds" if value.microsecond >= 1000 else "seconds")
    return value.isoformat()


def remark_on(value: Value, place: int) -> Remark | None:
    """What a person must know of the cell in column ``place``: that a long number is not what was typed."""
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) < 10**_MOST_DIGITS:
        return None
    return Remark(
        FindingCode.DIGITS_LOST,
        place,
        f"'{_number(value)}' is a number of more than {_MOST_DIGITS} digits; a spreadsheet keeps no more, so its "
        "end may be wrong: such a cell must be text",
    )


def _number(value: int | float) -> str:
    if isinstance(value, int):
        return str(value)
    if abs(value) >= _LONGEST_WHOLE or value != value:
        return repr(value)
    written = format(Decimal(repr(value)), "f")
    return written.rstrip("0").rstrip(".") if "." in written else written


def _span(value: timedelta) -> str:
    """A length of time as a spreadsheet shows it: hours, which may be many, minutes and seconds."""
    seconds = round(value.total_seconds())
    hours, rest = divmod(abs(seconds), 3600)
    return f"{'-' if seconds < 0 else ''}{hours:02d}:{rest // 60:02d}:{rest % 60:02d}"
