"""Moments: aware UTC datetimes, and their one spelling in records (RFC 3339 UTC, six decimals, ``Z``)."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_SPELLING = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")


def format_moment(moment: datetime) -> str:
    """``moment`` as RFC 3339 UTC with six decimals; raises ValueError for a naive datetime."""
    if moment.tzinfo is None:
        raise ValueError(f"a moment carries its zone: {moment!r}")
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def parse_moment(text: str) -> datetime:
    """The moment that ``format_moment`` spelled; raises ValueError for any other spelling."""
    if not _SPELLING.fullmatch(text):
        raise ValueError(f"not a moment of ours: {text!r}")
    return datetime.fromisoformat(text)


def moment_from_ns(nanoseconds: int) -> str:
    """A file's modification time (nanoseconds since 1970) as RFC 3339 UTC with nine decimals, lossless."""
    seconds, rest = divmod(nanoseconds, 1_000_000_000)
    days, second = divmod(seconds, 86_400)
    try:
        day = datetime.fromordinal(datetime(1970, 1, 1).toordinal() + days).date().isoformat()  # noqa: DTZ001
    except (ValueError, OverflowError):  # a file system may hold a year that no calendar spells
        return f"unix:{seconds}.{rest:09d}"
    return f"{day}T{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}.{rest:09d}Z"
