"""Sorting sizes and days into the columns of a histogram, without a gap."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from archive.model.quantities import octets
from archive.pages.plots import Bar

_MOST_MONTHS = 36


def by_magnitude(counts: Mapping[int, int]) -> tuple[Bar, ...]:
    """Columns for files counted by the number of decimal digits of their size in octets.

    A column holds sizes from its label up to the next label; files of up to 9 octets have one digit, empty ones too.
    """
    if not counts:
        return ()
    return tuple(Bar(_begins(digits), counts.get(digits, 0)) for digits in range(min(counts), max(counts) + 1))


def _begins(digits: int) -> str:
    return "0 B" if digits == 1 else octets(10 ** (digits - 1)).replace(".0 ", " ").replace("bytes", "B")


def by_day(counts: Mapping[date, int]) -> tuple[Bar, ...]:
    """Columns for things counted by day: one for each month, or for each year where the months are too many."""
    if not counts:
        return ()
    first, last = min(counts), max(counts)
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    if months > _MOST_MONTHS:
        years = {year: 0 for year in range(first.year, last.year + 1)}
        for day, count in counts.items():
            years[day.year] += count
        return tuple(Bar(str(year), count) for year, count in years.items())
    found = {divmod(first.year * 12 + first.month - 1 + number, 12): 0 for number in range(months)}
    for day, count in counts.items():
        found[day.year, day.month - 1] += count
    return tuple(Bar(f"{year}-{month + 1:02d}", count) for (year, month), count in found.items())
