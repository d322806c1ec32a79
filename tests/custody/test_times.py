"""Times of records, as they are spelled in the log: where they may fall, and where that is a finding."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from archive.codec.record_codec import Heading, heading_of
from archive.custody.times import falls
from archive.model.moments import format_moment

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
TICK, HOUR, DAY = timedelta(microseconds=1), timedelta(hours=1), timedelta(days=1)


def at(by: timedelta, kind: str = "receipt", *, last: timedelta | None = None, clock: str = "system") -> Heading:
    return Heading(kind, format_moment(NOON + by), clock, "" if last is None else format_moment(NOON + last))


def found(*headings: Heading | None) -> list[int]:
    return [fall.number for fall in falls(enumerate(headings))]


PROGRAM = at(-DAY, "program")


def test_times_that_go_forward_or_stand_still_are_right() -> None:
    assert found(PROGRAM, at(0 * DAY), at(0 * DAY), at(TICK), at(400 * DAY)) == []


@pytest.mark.parametrize("by", [TICK, HOUR, DAY, 400 * DAY])
def test_behind_the_first_program_record_the_smallest_fall_is_found_once(by: timedelta) -> None:
    assert found(PROGRAM, at(DAY), at(DAY - by), at(DAY), at(DAY)) == [2]


def test_what_is_told_of_a_clock_in_words_excuses_nothing_there() -> None:
    assert found(PROGRAM, at(HOUR), at(0 * HOUR, clock="system; behind the log by 3600 s")) == [2]


def test_a_clock_record_lets_time_fall_where_it_names_the_last_time() -> None:
    fallen = at(0 * DAY, "clock", last=DAY)
    assert found(PROGRAM, at(DAY), fallen, at(0 * DAY), at(HOUR)) == []
    assert found(PROGRAM, at(DAY), fallen, at(-TICK)) == [3]
    assert found(PROGRAM, at(DAY + TICK), fallen) == [2]
    assert found(PROGRAM, at(DAY), at(0 * DAY, "clock")) == [2]


def test_before_the_first_program_record_time_may_fall_by_a_day() -> None:
    assert found(at(DAY), at(0 * DAY), at(DAY)) == []
    assert found(at(DAY), at(-TICK), at(DAY)) == [1]
    assert found(at(DAY), at(0 * DAY), at(HOUR, "program"), at(0 * DAY)) == [3]
    assert found(at(DAY), at(0 * DAY, "program")) == []


def test_there_a_record_that_says_itself_that_its_clock_was_behind_may_fall_further() -> None:
    honest = at(-9 * DAY, clock="system, synchronised; behind the log by 777600 s")
    assert found(at(0 * DAY), honest, at(0 * DAY)) == []
    assert found(at(0 * DAY), replace_clock(honest, "system")) == [1]


def replace_clock(heading: Heading, clock: str) -> Heading:
    return Heading(heading.kind, heading.time, clock, heading.last)


def test_what_cannot_be_read_is_compared_with_nothing() -> None:
    assert found(PROGRAM, at(DAY), None, at(0 * DAY)) == []
    assert found(PROGRAM, at(DAY), Heading("receipt", "0000-02-30T00:00:00.000000Z")) == [2]
    assert found(at(DAY), Heading("receipt", "0000-02-30T00:00:00.000000Z")) == [1]


def test_the_heading_of_any_kind_of_record_is_read() -> None:
    record = (
        b'{"clock":"c","colour":[{"time":"x"}],"kind":"later","last":"l","time":"2026-06-01T12:00:00.000000Z","v":9}'
    )
    assert heading_of(record) == Heading("later", "2026-06-01T12:00:00.000000Z", "c", "l")
    assert heading_of(b'{"kind":"x"}') is heading_of(b"nonsense") is None
