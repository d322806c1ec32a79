"""Dates that cannot be are told from those nobody can judge."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.ingest.dates import impossible

TODAY = date(2026, 11, 22)


POSSIBLE = [
    *("2020-08-11", "2020-8-1", "2020-08", "2020-02-29", "11.08.2020", "1.8.2020", "08/31/2020", "31/08/2020"),
    *("2020-08-11T02:02:00+03:00", "2020-08-11 02:02", "2020-08-11T24:00:00Z", "2020-06-30T23:59:60Z", "1812-09-07"),
    *("11.08.2020 23:15", "11.08.2020, 23:15:59.123", "2026-11-23T05:00:00+14:00"),
]
NOBODY_CAN_TELL = [
    *("", "2020", "август 2020", "ночь на 11 августа", "unknown", "2020-08-11?", "20200811", "2020-XX-XX", "~2020"),
    *("2020-08-11/2020-08-14", "2020-08-11 at night", "2020-08-11T02:02 Minsk time", "11.08", "٢٠٢٠-٠٨-١١"),
]


@pytest.mark.parametrize("text", [*POSSIBLE, *NOBODY_CAN_TELL])
def test_what_may_be_or_cannot_be_judged_is_let_pass(text: str) -> None:
    assert impossible(text, today=TODAY) is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("2020-02-30", "no such day"),
        ("2021-02-29", "no such day"),
        ("2020-13-01", "no such day"),
        ("2020-00-10", "no such day"),
        ("2020-13", "no such day"),
        ("0000-01-01", "no such day"),
        ("31.04.2020", "no such day"),
        ("08.31.2020", "no such day"),
        ("31/13/2020", "no such day"),
        ("31/31/2020", "no such day"),
        ("2020-08-11T25:00:00Z", "no clock"),
        ("2020-08-11T24:00:01Z", "no clock"),
        ("2020-08-11 12:60", "no clock"),
        ("2020-08-11T12:00:61", "no clock"),
        ("2020-08-11T12:00:00+14:01", "no place"),
        ("2020-08-11T12:00:00-2359", "no place"),
        ("2026-11-25", "in the future"),
        ("2999-01-01T00:00:00Z", "in the future"),
        (" 30.02.2020 ", "no such day"),
    ],
)
def test_what_cannot_be_says_why(text: str, why: str) -> None:
    assert why in (impossible(text, today=TODAY) or "")


def test_the_end_of_a_consent_may_lie_ahead_and_still_must_exist() -> None:
    assert impossible("2030-09-01", today=TODAY, may_be_ahead=True) is None
    assert impossible("2030-02-30", today=TODAY, may_be_ahead=True) is not None


@given(st.text(max_size=30))
def test_no_text_raises(text: str) -> None:
    impossible(text, today=TODAY)


@given(st.dates(max_value=TODAY))
def test_every_day_that_was_is_possible_in_every_spelling(day: date) -> None:
    for text in (day.isoformat(), f"{day.day}.{day.month}.{day.year:04}", f"{day.day:02}/{day.month:02}/{day.year:04}"):
        assert impossible(text, today=TODAY) is None
