"""What hostile deliveries need: the eyes of the ingest tests, an archive to copy, and no file but a test's own."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "ingest"))

from hostile_support import Yard
from ingest_support import Place

from premis.validation import Schemas


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return Place.make(tmp_path_factory.mktemp("hostile").resolve())


@pytest.fixture(scope="session")
def usual(template: Place, tmp_path_factory: pytest.TempPathFactory) -> frozenset[str]:
    """The findings that any delivery has on this machine, however harmless: one where no scanner runs, say."""
    yard = Yard.make(template, tmp_path_factory.mktemp("usual").resolve())
    (yard.delivery / "a.txt").write_bytes(b"harmless")
    return frozenset(yard.place.ingest(yard.delivery).codes())


@pytest.fixture
def yard(template: Place, tmp_path: Path) -> Yard:
    return Yard.make(template, tmp_path.resolve())


@pytest.fixture(scope="session")
def schemas(template: Place) -> Schemas | None:
    """The official schemas, where they are."""
    shared = Path(os.environ.get("ARCHIVE_SHARED") or Path(__file__).resolve().parents[3] / "shared")
    return None if not (shared / "standards").is_dir() else Schemas(shared / "standards", extensions=[EXTENSION])


EXTENSION = Path(__file__).resolve().parents[2] / "archive" / "packages" / "data" / "evidence-extension-1.xsd"
