"""The ticker ticks one call at a time until it is told to stop."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from scheduler import ticker

SOON = timedelta(milliseconds=5)


def test_it_ticks_again_and_again_and_never_twice_at_once() -> None:
    stop, inside, most, ticks = threading.Event(), 0, 0, 0

    def tick() -> None:
        nonlocal inside, most, ticks
        inside += 1
        most = max(most, inside)
        ticks += 1
        if ticks == 5:
            stop.set()
        inside -= 1

    ticker.run(tick, every=SOON, stop=stop)
    assert ticks == 5
    assert most == 1


def test_the_tick_in_hand_is_finished_before_it_stops() -> None:
    stop, finished = threading.Event(), []

    def tick() -> None:
        stop.set()
        finished.append("to the end")

    ticker.run(tick, every=SOON, stop=stop)
    assert finished == ["to the end"]


def test_an_error_of_the_tick_ends_the_ticking_and_is_told() -> None:
    def tick() -> None:
        raise OSError("disk")

    with pytest.raises(OSError, match="disk"):
        ticker.run(tick, every=SOON, stop=threading.Event())
