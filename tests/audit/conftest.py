from __future__ import annotations

from pathlib import Path

import pytest
from audit_support import Sample, archive, copied, write_delivery


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("template") / "sample"
    delivery = write_delivery(root / "delivery")
    further = [f"--location={name}={root / name}" for name in ("second", "third")]
    assert archive("init", root / "archive", *further).code == 0
    ingested = archive("--archive", root / "archive", "ingest", delivery, "--producer", "viasna", "--json")
    assert ingested.code == 0, ingested.err
    return root


@pytest.fixture
def sample(template: Path, tmp_path: Path) -> Sample:
    return copied(template, tmp_path / "sample")
