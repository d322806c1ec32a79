"""Fixtures of the ingest tests: an archive with three locations, and one ingest of the shared delivery for all."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from ingest_support import Answer, Place, snapshot


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place.make(tmp_path)


@dataclass(frozen=True)
class SharedIngest:
    """A private copy of the shared delivery, taken in once for all tests that only look.

    Private, because the snapshots compare access times too, and other tests read the shared files meanwhile.
    """

    place: Place
    delivery: Path
    metadata: Path
    answer: Answer
    before: dict[bytes, tuple[object, ...]]
    after: dict[bytes, tuple[object, ...]]


@pytest.fixture(scope="session")
def shared_ingest(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> SharedIngest:
    root = tmp_path_factory.mktemp("shared-ingest")
    folder = shutil.copytree(shared / "corpora" / "delivery", root / "delivery", symlinks=True)
    delivery, metadata = folder / "партия-2026-04", folder / "metadata.csv"
    place = Place.make(root)
    before = snapshot(folder)
    answer = place.ingest(delivery, "--metadata", metadata)
    return SharedIngest(place, delivery, metadata, answer, before, snapshot(folder))
