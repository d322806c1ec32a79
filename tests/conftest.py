"""Fixtures every test may use. Shared data is found through ``ARCHIVE_SHARED`` (default ``../shared``)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

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
