"""An archive with approvers, copied afresh for each test."""

from __future__ import annotations

from pathlib import Path

import pytest
from approvals_support import Sample, copy_of, make_template


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    return make_template(tmp_path_factory.mktemp("approvals") / "template")


@pytest.fixture
def sample(template: Sample, tmp_path: Path) -> Sample:
    return copy_of(template, tmp_path / "copy")
