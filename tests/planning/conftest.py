"""An archive that holds a few files of many kinds."""

from __future__ import annotations

from pathlib import Path

import pytest
from planning_support import Keep, delivery

from archive.cli import run


@pytest.fixture
def keep(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Keep:
    assert run(["init", str(tmp_path / "home"), f"--location=second={tmp_path / 'second'}"]) == 0
    keep = Keep(tmp_path / "home", capfd)
    assert keep.ingest(delivery(tmp_path / "delivery")).code == 0
    return keep
