"""The tour walks the whole life of a delivery and ends well."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def tour(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "archive", "tour", *words], capture_output=True, text=True)


def test_it_shows_every_step_with_its_numbers(tmp_path: Path) -> None:
    ground = tmp_path / "ground"
    done = tour("--keep", str(ground))
    assert done.returncode == 0, done.stderr
    for fact in (
        "12 files",
        "received 12 = accepted 11 + duplicate 1 + quarantined 0 + rejected 0 + pending 0",
        "1 altered, 1 missing; 2 repaired, 2 incidents",
        "sha256sum -c SHA256SUMS",
        "files OK, 0 wrong",
    ):
        assert fact in done.stdout, done.stdout
    lines = done.stdout.splitlines()
    before = next(line.split()[1] for line in lines if line.strip().startswith("before "))
    rebuilt = next(line.split()[1] for line in lines if line.strip().startswith("rebuilt "))
    assert before == rebuilt
    assert len(before) == 64
    assert (ground / "volume-1/0README.txt").is_file()


def test_a_folder_of_ones_own_is_only_read(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "empty").touch()
    (mine / "one.txt").write_text("one")
    before = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in mine.iterdir()}
    assert tour(str(mine), "--keep", str(tmp_path / "ground")).returncode == 0
    assert {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in mine.iterdir()} == before


def test_a_folder_that_is_not_empty_is_not_walked_in(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    done = tour("--keep", str(tmp_path))
    assert done.returncode == 1
    assert "not empty" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
