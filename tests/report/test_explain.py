"""A life told in sentences, from the log and from PREMIS."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from archive.cli import run


@pytest.fixture
def home(tmp_path: Path) -> Path:
    delivery = tmp_path / "delivery"
    delivery.mkdir()
    (delivery / "a: b.txt").write_text("one")
    (delivery / "copy.txt").write_text("one")
    (delivery / "other.txt").write_text("two")
    home = tmp_path / "home"
    assert run(["init", str(home), f"--location=second={tmp_path / 'second'}"]) == 0
    assert run(["--archive", str(home), "--as", "arch-1", "ingest", str(delivery), "--producer", "viasna"]) == 0
    return home


def ask(home: Path, capfd: pytest.CaptureFixture[str], *words: str) -> str:
    capfd.readouterr()
    assert run(["--archive", str(home), *words]) == 0
    return capfd.readouterr().out


def life(home: Path, capfd: pytest.CaptureFixture[str], identifier: str) -> list[str]:
    return [sentence["text"] for sentence in json.loads(ask(home, capfd, "explain", identifier, "--json"))["sentences"]]


def file_id(home: Path, capfd: pytest.CaptureFixture[str], name: str) -> str:
    (found,) = json.loads(ask(home, capfd, "find", name, "--json"))["files"]
    return str(found["id"])


def test_the_life_of_a_file_runs_from_delivery_to_copies(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    text = "\n".join(life(home, capfd, file_id(home, capfd, "a: b")))
    facts = (
        "Producer viasna delivered",
        "Message digest calculation",
        "Format identification",
        "sealed with",
        "stored at 'second'",
    )
    assert [text.index(fact) for fact in facts] == sorted(text.index(fact) for fact in facts)
    assert "received in accession" in text
    assert "Filename change" in text


def test_a_duplicate_says_so_and_has_no_foreign_event(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    text = "\n".join(life(home, capfd, file_id(home, capfd, "copy.txt")))
    assert "held the same bytes already" in text
    assert "Filename change" not in text


def test_damage_to_one_file_is_told_of_that_file_only(
    home: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    victim = next((tmp_path / "second").glob("??/*/data/representations/original/data/other.txt"))
    before = victim.stat()
    victim.write_text("TWO")
    os.utime(victim, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert run(["--archive", str(home), "audit"]) == 20
    told = "\n".join(life(home, capfd, file_id(home, capfd, "other.txt")))
    assert "was found altered" in told
    assert "was brought back from 'store'" in told
    assert "set-aside/" in told
    assert "was found altered" not in "\n".join(life(home, capfd, file_id(home, capfd, "copy.txt")))


def test_a_package_tells_its_life_in_words_for_people(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    packages = json.loads(ask(home, capfd, "list", "--json"))["aips"]
    for package in packages:
        text = ask(home, capfd, "explain", package["id"])
        assert package["id"] in text
        assert "Copy at 'second': ok" in text
        assert "[log " in text
        assert "[PREMIS]" in text


def test_an_unknown_identifier_is_refused_with_a_next_step(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["--archive", str(home), "explain", "nobody"]) == 2
    assert "archive find" in capfd.readouterr().err
