"""What cannot be tried under a false clock (tests/any_day), left out by name."""

from __future__ import annotations

import os

import pytest


def leave_out_forks() -> None:
    """Skip a test that forks this process while the clock is false.

    libfaketime stands between threads and their locks; a child that is forked while another thread waits there may hang
    for ever. Nothing that is forked here depends on the day; on days with a true clock it is always tried.
    """
    if "faketime" in os.environ.get("LD_PRELOAD", ""):
        pytest.skip("left out under a false clock: a forked process may hang in libfaketime")
