"""What a clock is worth: where its time comes from, and that it never runs backwards unnoticed."""

from __future__ import annotations

import ctypes
from datetime import UTC, datetime, timedelta

import pytest

from archive import clock
from archive.clock import WatchedClock, machine_clock, system_clock
from archive.model.sentences import behind_the_log

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


class Hand:
    """A clock that is moved by hand."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


class Kernel:
    """Answers as Linux does when it is asked about its clock."""

    def __init__(self, state: int, status: int) -> None:
        self.state, self.status = state, status

    def adjtimex(self, reference: object) -> int:
        reference._obj.status = self.status  # type: ignore[attr-defined]  # what ctypes.byref refers to
        return self.state


def test_a_clock_that_goes_forward_says_only_where_its_time_comes_from() -> None:
    hand = Hand()
    watched = WatchedClock(hand, latest=NOON)
    assert watched.read() == (NOON, "injected")
    hand.now += timedelta(days=1)
    assert watched.read() == (hand.now, "injected")
    assert watched.behind == 0


@pytest.mark.parametrize(("back", "said"), [(1, 1), (59.9, 59), (86_400 * 365, 86_400 * 365)])
def test_a_clock_behind_the_last_record_says_by_how_much(back: float, said: int) -> None:
    watched = WatchedClock(Hand(NOON - timedelta(seconds=back)), latest=NOON)
    moment, words = watched.read()
    assert moment == NOON - timedelta(seconds=back), "the time is told as the clock told it"
    assert words == f"injected; behind the log by {said} s"
    assert behind_the_log(words) == said == watched.behind


def test_a_step_within_the_tolerance_is_not_told() -> None:
    assert WatchedClock(Hand(NOON - timedelta(milliseconds=999)), latest=NOON).read()[1] == "injected"


def test_a_clock_that_falls_back_while_it_is_watched_says_so_until_it_has_caught_up() -> None:
    hand = Hand()
    watched = WatchedClock(hand)
    assert watched.read()[1] == "injected"
    hand.now -= timedelta(seconds=10)
    assert behind_the_log(watched.read()[1]) == 10
    hand.now += timedelta(seconds=7)
    assert behind_the_log(watched.read()[1]) == 3
    hand.now += timedelta(seconds=3)
    assert watched.read()[1] == "injected"
    assert watched.behind == 10, "the most it was behind is remembered"


def test_words_about_anything_else_are_not_about_a_clock_that_is_behind() -> None:
    for words in ("system", "not stated", "behind the log by 5 s", "x; behind the log by 5 s and more", ""):
        assert behind_the_log(words) is None


@pytest.mark.parametrize(
    ("state", "status", "said"),
    [
        (0, 0x2001, "system, synchronised"),
        (1, 0, "system, synchronised"),
        (5, 0, "system, not synchronised"),
        (0, 0x40, "system, not synchronised"),
        (-1, 0, "system"),
    ],
)
def test_the_kernel_is_believed_about_its_clock(
    state: int, status: int, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "_libc", lambda: Kernel(state, status))
    assert machine_clock() == said
    assert WatchedClock(system_clock).read()[1] == said


def test_a_kernel_that_cannot_be_asked_leaves_it_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "_libc", lambda: object())
    assert machine_clock() == "system"


def test_asking_this_kernel_changes_nothing_and_gives_one_of_three_answers() -> None:
    assert machine_clock() in ("system", "system, synchronised", "system, not synchronised")
    assert ctypes.sizeof(clock._Timex) > 208, "the kernel writes 208 octets"
