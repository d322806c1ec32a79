"""Handover: everything on a volume, checked with coreutils alone."""

from __future__ import annotations

import base64
import csv
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from archive.catalogue import schema
from archive.cli import run
from archive.errors import ExitCode

ODD = "a: b?.txt"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    delivery = tmp_path / "delivery"
    (delivery / "папка").mkdir(parents=True)
    (delivery / "папка/свидетель.txt").write_text("one")
    (delivery / ODD).write_text("two")
    (delivery / "SHA256SUMS").write_text("a delivered file of that name")
    (delivery / "=cmd.txt").write_text("three")
    home = tmp_path / "home"
    assert run(["init", str(home), f"--location=second={tmp_path / 'second'}"]) == 0
    assert run(["--archive", str(home), "ingest", str(delivery), "--producer", "p"]) == 0
    return home


def archive(home: Path, *words: str) -> int:
    return run(["--archive", str(home), *words])


def sha256sum(volume: Path) -> subprocess.CompletedProcess[str]:
    """What a recipient does, with nothing but coreutils."""
    tool = shutil.which("sha256sum")
    assert tool is not None
    command = [tool, "-c", "--strict", "SHA256SUMS"]
    return subprocess.run(command, cwd=volume, env={"PATH": "", "LC_ALL": "C.UTF-8"}, capture_output=True, text=True)


def volume_of(home: Path, volume: Path) -> Path:
    assert archive(home, "handover", "plan", "--recipient", "OHCHR") == 0
    assert archive(home, "handover", "freeze") == 0
    assert archive(home, "handover", "volume", "1", str(volume)) == 0
    return volume


def files_on(volume: Path) -> set[str]:
    return {path.relative_to(volume).as_posix() for path in volume.rglob("*") if path.is_file()}


def listed_on(volume: Path) -> set[str]:
    return {line.split("  ", 1)[1] for line in (volume / "SHA256SUMS").read_text("utf-8").splitlines()}


def test_a_volume_verifies_and_lists_every_file(home: Path, tmp_path: Path) -> None:
    volume = volume_of(home, tmp_path / "volume")
    checked = sha256sum(volume)
    assert checked.returncode == 0, checked.stderr
    assert listed_on(volume) == files_on(volume) - {"SHA256SUMS"}
    assert not (volume / ".unfinished.json").exists()
    assert not any("incoming" in str(path) for path in volume.rglob("*"))


def test_every_package_is_on_it_with_its_payload(home: Path, tmp_path: Path) -> None:
    volume = volume_of(home, tmp_path / "volume")
    store = {path.relative_to(home / "store") for path in (home / "store").glob("??/*/**/*") if path.is_file()}
    here = {path.relative_to(volume / "packages") for path in (volume / "packages").rglob("*") if path.is_file()}
    assert here == store
    assert all((volume / "packages" / path).read_bytes() == (home / "store" / path).read_bytes() for path in store)


def test_the_instructions_state_the_true_count(home: Path, tmp_path: Path) -> None:
    volume = volume_of(home, tmp_path / "volume")
    count = len(files_on(volume) - {"SHA256SUMS"})
    assert f"must print {count}\n" in (volume / "HOWTO-VERIFY.txt").read_text()
    counted = subprocess.run(
        "find . -type f ! -path ./SHA256SUMS | wc -l",
        shell=True,
        cwd=volume,
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(counted.stdout) == count


@pytest.mark.parametrize("harm", ["flip", "delete"])
def test_harm_to_any_file_is_found_with_sha256sum_alone(home: Path, tmp_path: Path, harm: str) -> None:
    volume = volume_of(home, tmp_path / "volume")
    for name in sorted(listed_on(volume)):
        path = volume / name
        content = path.read_bytes()
        if harm == "flip":
            path.write_bytes(bytes([content[0] ^ 1]) + content[1:] if content else b"x")
        else:
            path.unlink()
        assert sha256sum(volume).returncode == 1, name
        path.write_bytes(content)
    assert sha256sum(volume).returncode == 0


def test_the_tables_name_every_file_and_no_cell_is_a_formula(home: Path, tmp_path: Path) -> None:
    volume = volume_of(home, tmp_path / "volume")
    with open(volume / "catalogue/file.csv", newline="", encoding="utf-8") as table:
        rows = list(csv.DictReader(table))
    assert {row["name"] for row in rows} == {"папка/свидетель.txt", ODD, "SHA256SUMS", "'=cmd.txt"}
    for path in (volume / "catalogue").iterdir():
        with open(path, newline="", encoding="utf-8") as table:
            cells = [cell for row in csv.reader(table) for cell in row]
        assert not [cell for cell in cells if cell.startswith(("=", "+", "@"))], path


def rows_of(table: Path) -> list[dict[str, str]]:
    with open(table, newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def test_every_column_of_octets_on_a_volume_has_its_base64_beside_it(home: Path, tmp_path: Path) -> None:
    volume = volume_of(home, tmp_path / "volume")
    found = 0
    for name, columns in schema.columns_of(schema.EVIDENCE).items():
        heading = (volume / "catalogue" / f"{name}.csv").read_text(encoding="utf-8").splitlines()[0].split(",")
        octets = [column for column, holds in columns.items() if holds]
        assert [title for title in heading if title.removesuffix("_b64") in octets and title.endswith("_b64")] == [
            f"{column}_b64" for column in octets
        ]
        found += len(octets)
    assert found >= 8
    for path in (volume / "catalogue").iterdir():
        cells = [cell for row in rows_of(path) for cell in row.values()]
        assert not [cell for cell in cells if cell.lstrip("'").startswith(("b'", 'b"'))], path
    keys = rows_of(volume / "catalogue" / "key.csv")
    assert keys and all(len(base64.b64decode(row["public_key_b64"])) == 32 for row in keys)


def test_the_log_on_the_volume_opens_and_holds_the_frozen_root(home: Path, tmp_path: Path) -> None:
    from archive.custody.copies import restore
    from archive.custody.merkle import Frontier, leaf_hash
    from archive.storage.filesystem import FileSystemBackend

    volume = volume_of(home, tmp_path / "volume")
    frozen = json.loads((volume / "handover.json").read_bytes())
    log = restore(FileSystemBackend(volume), tmp_path / "restored")
    assert log.verify() == []
    frontier = Frontier()
    for n, pair, _ in log.entries(0, frozen["log_size"]):
        assert n == frontier.size
        frontier = frontier.append(leaf_hash(pair.leaf))
    assert frontier.root().hex() == frozen["log_root"]


def test_the_steps_must_come_in_order(home: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert archive(home, "handover", "freeze") == ExitCode.USAGE
    assert "handover plan" in capfd.readouterr().err
    assert archive(home, "handover", "plan", "--recipient", "OHCHR") == 0
    assert archive(home, "handover", "volume", "1", str(tmp_path / "v")) == ExitCode.USAGE
    assert "handover freeze" in capfd.readouterr().err
    assert not (tmp_path / "v").exists()
    assert archive(home, "handover", "freeze") == 0
    assert archive(home, "handover", "freeze") == ExitCode.USAGE
    assert archive(home, "handover", "volume", "2", str(tmp_path / "v")) == ExitCode.USAGE


def test_a_folder_that_holds_something_else_is_never_written_to(home: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "mine.txt").write_text("mine")
    assert archive(home, "handover", "plan", "--recipient", "OHCHR") == 0
    assert archive(home, "handover", "freeze") == 0
    assert archive(home, "handover", "volume", "1", str(other)) == ExitCode.USAGE
    assert archive(home, "handover", "volume", "1", str(home / "inside")) == ExitCode.USAGE
    assert os.listdir(other) == ["mine.txt"]
    assert not (home / "inside").exists()


def test_what_is_sealed_after_freezing_is_not_on_the_volume(home: Path, tmp_path: Path) -> None:
    assert archive(home, "handover", "plan", "--recipient", "OHCHR") == 0
    assert archive(home, "handover", "freeze") == 0
    (tmp_path / "later").mkdir()
    (tmp_path / "later/later.txt").write_text("later")
    assert archive(home, "ingest", str(tmp_path / "later"), "--producer", "p") == 0
    assert archive(home, "handover", "volume", "1", str(tmp_path / "v")) == 0
    assert len((tmp_path / "v/packages.csv").read_text().splitlines()) == 3
    assert not [path for path in files_on(tmp_path / "v") if path.endswith("later.txt")]
    assert sha256sum(tmp_path / "v").returncode == 0


def test_a_damaged_replica_is_not_handed_over(home: Path, tmp_path: Path) -> None:
    victim = sorted((home / "store").glob("??/*/data/representations/original/data/*"))[0]
    victim.write_bytes(b"garbage")
    volume = volume_of(home, tmp_path / "volume")
    assert sha256sum(volume).returncode == 0
    assert not [path for path in (volume / "packages").rglob("*") if path.is_file() and path.read_bytes() == b"garbage"]


def test_an_interrupted_volume_goes_on_with_the_same_command(home: Path, tmp_path: Path) -> None:
    from archive import durable

    assert archive(home, "handover", "plan", "--recipient", "OHCHR") == 0
    assert archive(home, "handover", "freeze") == 0

    class Cut(BaseException):
        pass

    calls = 0

    def count(_what: str) -> None:
        nonlocal calls
        calls += 1

    original = durable.promise
    try:
        durable.promise = count
        assert archive(home, "handover", "volume", "1", str(tmp_path / "whole")) == 0
        calls = 0  # every later one makes the same calls, which the first, without a volume to tell of, does not
        assert archive(home, "handover", "volume", "1", str(tmp_path / "again")) == 0
        for at in range(0, calls, 7):
            remaining = iter(range(10_000))

            def cut(_what: str, remaining=remaining, at=at) -> None:
                if next(remaining) == at:
                    raise Cut

            durable.promise = cut
            volume = tmp_path / f"v{at}"
            with pytest.raises(Cut):
                archive(home, "handover", "volume", "1", str(volume))
            durable.promise = original
            begun = volume.exists() and any(volume.iterdir())
            if begun and not (volume / ".unfinished.json").exists():
                assert (volume / "SHA256SUMS").exists(), at
            if not begun or (volume / ".unfinished.json").exists():
                assert archive(home, "handover", "volume", "1", str(volume)) == 0, at
            assert sha256sum(volume).returncode == 0
            assert listed_on(volume) == files_on(volume) - {"SHA256SUMS"}
    finally:
        durable.promise = original
