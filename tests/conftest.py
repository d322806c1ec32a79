"""Fixtures every test may use. Shared data is found through ``ARCHIVE_SHARED`` (default ``../shared``)."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from archive import clock
from archive.catalogue import opening

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


@pytest.fixture(scope="session", autouse=True)
def statements_are_compiled_once() -> Iterator[None]:
    """All catalogues that this process opens share one dialect: each statement becomes SQL once, not once a command.

    A tenth of what all tests cost is spared so. A command of its own process compiles what it needs, as ever.
    """
    made = opening.create_engine
    first = made("sqlite://")
    with first.connect():
        pass

    def sharing(*words: Any, **options: Any) -> Engine:
        engine = made(*words, **options)
        engine.dialect = engine.pool._dialect = first.dialect
        engine._compiled_cache = first._compiled_cache
        return engine

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(opening, "create_engine", sharing)
        yield


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
