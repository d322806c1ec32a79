"""Moments have one spelling, and reading it back loses nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.model.moments import format_moment, moment_from_ns, parse_moment

INSIDE = {"min_value": datetime(1, 1, 2), "max_value": datetime(9999, 12, 30)}  # noqa: DTZ001 - hypothesis adds the zone
ZONES = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(st.datetimes(**INSIDE, timezones=ZONES))
def test_a_moment_is_read_back_as_it_was(moment: datetime) -> None:
    text = format_moment(moment)
    assert parse_moment(text) == moment
    assert parse_moment(text).tzinfo == UTC
    assert format_moment(parse_moment(text)) == text
    assert len(text) == len("2026-04-01T00:00:00.000000Z")


def test_a_year_before_1000_keeps_its_four_digits() -> None:
    assert format_moment(datetime(1, 2, 3, tzinfo=UTC)) == "0001-02-03T00:00:00.000000Z"
    assert format_moment(datetime(987, 12, 31, 23, 59, 59, 1, tzinfo=UTC)) == "0987-12-31T23:59:59.000001Z"


def test_a_naive_datetime_is_no_moment() -> None:
    with pytest.raises(ValueError, match="zone"):
        format_moment(datetime(2026, 4, 1))  # noqa: DTZ001 - that is the point


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-04-01",
        "2026-04-01T00:00:00Z",
        "2026-04-01T00:00:00.0Z",
        "2026-04-01T00:00:00.00000Z",
        "2026-04-01T00:00:00.0000000Z",
        "2026-04-01T00:00:00.000000",
        "2026-04-01T00:00:00.000000z",
        "2026-04-01t00:00:00.000000Z",
        "2026-04-01 00:00:00.000000Z",
        "2026-04-01T00:00:00,000000Z",
        "2026-04-01T00:00:00.000000+00:00",
        "2026-04-01T02:00:00.000000+02:00",
        "2026-4-1T0:0:0.000000Z",
        "20260401T000000.000000Z",
        "2026-W14-3T00:00:00.000000Z",
        "2026-02-29T00:00:00.000000Z",
        "2026-04-01T24:00:00.000000Z",
        "2026-04-01T00:00:60.000000Z",
        "0000-04-01T00:00:00.000000Z",
        " 2026-04-01T00:00:00.000000Z",
        "2026-04-01T00:00:00.000000Z\n",
        "٢٠٢٦-04-01T00:00:00.000000Z",
    ],
)
def test_any_other_spelling_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_moment(text)


@given(st.integers(-62_135_596_800_000_000_000, 253_402_300_799_999_999_999))
def test_a_time_of_a_file_keeps_every_nanosecond(nanoseconds: int) -> None:
    text = moment_from_ns(nanoseconds)
    whole, rest = text.removesuffix("Z").split(".")
    seconds = (datetime.fromisoformat(whole + "+00:00") - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1)
    assert seconds * 1_000_000_000 + int(rest) == nanoseconds
    assert len(rest) == 9


@given(st.integers(253_402_300_800_000_000_000, 1 << 90) | st.integers(-(1 << 90), -62_135_596_800_000_000_001))
def test_a_time_beyond_every_calendar_is_spelled_in_seconds(nanoseconds: int) -> None:
    text = moment_from_ns(nanoseconds)
    seconds, rest = text.removeprefix("unix:").split(".")
    assert text.startswith("unix:")
    assert int(seconds) * 1_000_000_000 + int(rest) == nanoseconds
