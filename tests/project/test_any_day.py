"""The rows of `make test-any-day` try what they say they try."""

from __future__ import annotations

import re
import sys
from datetime import UTC, datetime, timedelta
from itertools import combinations, product
from zoneinfo import ZoneInfo

import pytest
from project_support import REPOSITORY

sys.path.append(str(REPOSITORY / "tests" / "any_day"))
from circumstances import COPENHAGEN, DEPENDS_ON_TIME, FAR, LOCALES, ROWS, UMASKS, ZONES, Day, Folder, User, begins

AXES = {"zone": ZONES, "locale": LOCALES, "umask": UMASKS, "user": tuple(User), "folder": tuple(Folder)}
NOW = datetime(2026, 11, 30, 14, 9, tzinfo=UTC)


@pytest.mark.parametrize("axes", list(combinations(AXES, 2)), ids="-".join)
def test_every_pair_of_values_is_in_a_row(axes: tuple[str, str]) -> None:
    tried = {tuple(getattr(row, axis) for axis in axes) for row in ROWS}
    assert tried == set(product(*(AXES[axis] for axis in axes)))


def test_every_day_is_in_a_row_and_so_is_twice_side_by_side() -> None:
    assert {row.day for row in ROWS} == set(Day)
    assert {row.times for row in ROWS} == {1, 2}
    assert len({row.name for row in (*ROWS, *FAR)}) == len(ROWS) + len(FAR)


def test_the_nights_of_a_change_are_tried_in_the_zone_they_happen_in() -> None:
    nights = [row for row in ROWS if row.day in (Day.SPRING, Day.AUTUMN)]
    assert {row.zone for row in nights} == {COPENHAGEN}
    for row, change in zip(nights, (timedelta(hours=1), timedelta(hours=-1)), strict=True):
        start = begins(row.day, NOW)
        before, after = (
            one.astimezone(ZoneInfo(COPENHAGEN)).utcoffset() for one in (start, start + timedelta(hours=1))
        )
        assert before is not None and after is not None
        assert after - before == change
        assert start.minute == 55


@pytest.mark.parametrize(
    ("day", "begin"),
    [
        (Day.TODAY, NOW),
        (Day.SOON, datetime(2027, 3, 10, 14, 9, tzinfo=UTC)),
        (Day.LATER, datetime(2028, 11, 29, 14, 9, tzinfo=UTC)),
        (Day.LEAP, datetime(2028, 2, 29, 23, 55, tzinfo=UTC)),
        (Day.AFTER_2038, datetime(2038, 1, 20, 12, 0, tzinfo=UTC)),
        (Day.SPRING, datetime(2027, 3, 28, 0, 55, tzinfo=UTC)),
        (Day.AUTUMN, datetime(2027, 10, 31, 0, 55, tzinfo=UTC)),
    ],
)
def test_a_day_begins_when_its_name_says(day: Day, begin: datetime) -> None:
    assert begins(day, NOW) == begin


def test_a_leap_day_that_is_over_is_followed_by_the_next_one() -> None:
    assert begins(Day.LEAP, datetime(2028, 3, 1, tzinfo=UTC)) == datetime(2032, 2, 29, 23, 55, tzinfo=UTC)
    assert begins(Day.LEAP, datetime(2096, 3, 1, tzinfo=UTC)) == datetime(2104, 2, 29, 23, 55, tzinfo=UTC)


def test_what_depends_on_time_is_there_and_tried_on_two_far_days() -> None:
    assert all((REPOSITORY / path).exists() for path in DEPENDS_ON_TIME)
    assert {row.day for row in FAR} == {Day.LATER, Day.AFTER_2038}


def test_no_test_sets_a_clock_by_hand_to_a_day_and_asks_the_machines_too() -> None:
    """A clock that is moved by hand begins with the machine's, or else it is the only one that is asked."""
    fixed = re.compile(r"\bself\.now = datetime\(\d")
    kept = REPOSITORY / "tests" / "golden"  # its scripts are a record of how an archive was made, and never run again
    for path in sorted((REPOSITORY / "tests").rglob("*.py")):
        if kept in path.parents and path.name.startswith("make_"):
            continue
        assert not fixed.search(path.read_text(encoding="utf-8")), f"{path} begins a clock on a day of its own"
