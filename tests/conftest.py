"""Fixtures every test may use. Shared data is found through ``ARCHIVE_SHARED`` (default ``../shared``)."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime, tzinfo
from pathlib import Path

import pytest

from archive import clock

REPOSITORY = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("ARCHIVE_SHARED") or REPOSITORY.parent / "shared").resolve()


def pytest_configure(config: pytest.Config) -> None:
    """In CI nothing is skipped: missing shared data is a failure there."""
    if os.environ.get("ARCHIVE_TESTS_SKIP_NOTHING") and not (SHARED / "standards").is_dir():
        raise pytest.UsageError(f"shared test data is absent: {SHARED}")


@pytest.fixture(scope="session")
def shared() -> Path:
    if not (SHARED / "standards").is_dir():
        pytest.skip(f"shared test data is absent: {SHARED}; set ARCHIVE_SHARED to its folder")
    return SHARED


@pytest.fixture
def stop_clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Stops the machine's clock at a moment, for every command that this process runs until the test ends."""

    def stop(moment: datetime) -> None:
        class Stopped(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
                return moment.astimezone(tz)

        monkeypatch.setattr(clock, "datetime", Stopped)

    return stop
