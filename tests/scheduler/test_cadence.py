"""Cadences are pure functions over moments."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.cadence import due_at, is_due, longest_waiting

DAY = timedelta(days=1)
NOW = datetime(2026, 11, 22, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
moments = st.integers(0, 4_000_000_000_000_000).map(lambda passed: EPOCH + timedelta(microseconds=passed))


def test_what_was_never_done_is_due() -> None:
    assert is_due(None, DAY, now=NOW)


def test_what_is_due_becomes_due_exactly_after_its_interval() -> None:
    assert is_due(NOW - DAY, DAY, now=NOW)
    assert not is_due(NOW - DAY + timedelta(microseconds=1), DAY, now=NOW)


def test_a_last_time_in_the_future_is_due_because_a_clock_was_wrong() -> None:
    assert is_due(NOW + timedelta(seconds=1), DAY, now=NOW)


def test_an_interval_must_be_positive_and_a_moment_must_carry_its_zone() -> None:
    with pytest.raises(ValueError, match="longer than nothing"):
        due_at(NOW, timedelta(0))
    with pytest.raises(ValueError, match="zone"):
        due_at(NOW.replace(tzinfo=None), DAY)


@given(moments, st.timedeltas(min_value=timedelta(seconds=1), max_value=timedelta(days=3650)))
def test_due_at_is_the_first_moment_at_which_it_is_due(last: datetime, every: timedelta) -> None:
    moment = due_at(last, every)
    assert moment is not None
    assert is_due(last, every, now=moment)
    assert not is_due(last, every, now=max(last, moment - timedelta(microseconds=1)))


@given(st.lists(st.one_of(st.none(), moments)))
def test_the_longest_waiting_come_first_and_none_is_lost(lasts: list[datetime | None]) -> None:
    things = [(last, index) for index, last in enumerate(lasts)]
    order = longest_waiting(things)
    assert sorted(order) == list(range(len(lasts)))
    never = sum(1 for last in lasts if last is None)
    assert all(lasts[index] is None for index in order[:never])
    done = [lasts[index] for index in order[never:]]
    assert done == sorted(last for last in lasts if last is not None)
