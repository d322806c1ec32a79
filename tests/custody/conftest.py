"""One real archive and its handed-over volume for all tests of the stand-alone verifier."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from local_authority import require_openssl
from verifier_support import Handed, Volume, make_handed


@pytest.fixture(scope="session")
def handed(tmp_path_factory: pytest.TempPathFactory) -> Handed:
    require_openssl()
    return make_handed(tmp_path_factory.mktemp("handed"))


@pytest.fixture
def volume(handed: Handed, tmp_path: Path) -> Volume:
    """A copy that may be harmed."""
    copied = shutil.copytree(handed.volume.root, tmp_path / "volume", symlinks=True)
    return replace(handed.volume, root=Path(copied))
