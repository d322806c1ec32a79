"""What is in quarantine is deleted as a whole; what was released takes its encrypted copy along."""

from __future__ import annotations

from pathlib import Path

import pytest
from approvals_support import LOCATIONS, Sample, copy_of, deliver

FILES = {"with.jpg": b"a photograph", "without.jpg": b"whose?", "without too.jpg": b"whose too?"}
TERMS = 'name = "strict"\nversion = 1\ntitle = "Strict"\n[files]\nwithout_row = "quarantine"\n'


@pytest.fixture(scope="module")
def held(template: Sample, tmp_path_factory: pytest.TempPathFactory) -> Sample:
    root = tmp_path_factory.mktemp("quarantine")
    sample = copy_of(template, root / "copy")
    (root / "terms.toml").write_text(TERMS)
    (root / "t.csv").write_text("path\nwith.jpg\n")
    sample.done("producer", "add", "strict", "--profile", root / "terms.toml")
    words = ("--producer", "strict", "--metadata", root / "t.csv")
    sample.done("ingest", deliver(root / "d", FILES), *words, code=3)
    return sample


@pytest.fixture
def sample(held: Sample, tmp_path: Path) -> Sample:
    return copy_of(held, tmp_path / "copy")


def kept_apart(sample: Sample) -> str:
    (row,) = sample.done("quarantine", "list")["packages"]
    return str(row["package"])


def stands(sample: Sample, package: str) -> list[bool]:
    return [sample.bag(location, package).exists() for location in LOCATIONS]


def test_a_quarantine_package_is_deleted_as_a_whole_or_not_at_all(sample: Sample) -> None:
    package, file = kept_apart(sample), sample.file("without.jpg")["id"]
    refused = sample.run("deletion", "request", file, "--reason", "x", "--key", "anna")
    assert (refused.code, "as a whole or not at all" in refused.err) == (2, True)
    sample.delete(package)
    assert stands(sample, package) == [False] * 3
    assert sample.file("without.jpg")["deaccessioned_at"] is not None
    assert sample.file("with.jpg")["deaccessioned_at"] is None
    assert sample.done("quarantine", "list")["packages"] == []
    gone = sample.run("quarantine", "decide", package, "--release", "--reason", "x")
    assert (gone.code, "held no more" in gone.err) == (2, True)
    assert sample.run("custody", "verify").code == 0
    papers = [one["id"] for one in sample.packages("accession-package")]
    for location in LOCATIONS:
        for paper in papers:
            for path in sample.bag(location, paper).rglob("*"):
                assert not path.is_file() or b"without too" not in path.read_bytes(), path


def test_what_was_released_and_is_deleted_does_not_stay_in_quarantine(sample: Sample) -> None:
    package = kept_apart(sample)
    content = sample.done("quarantine", "decide", package, "--release", "--reason", "looked at")["content"]
    sample.delete(sample.file("without.jpg")["id"])
    assert stands(sample, package) == [False] * 3, "the deleted file lay in it, encrypted"
    assert stands(sample, content) == [False] * 3
    left = sample.file("without too.jpg")["aip"]
    assert sample.content("second", left) == {"without too.jpg": b"whose too?"}
    assert sample.run("custody", "verify").code == 0
    assert sample.run("audit").code == 0
