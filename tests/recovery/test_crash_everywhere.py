"""A process that dies at any durable call, then the same command again: nothing lost, nothing twice."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from recovery_support import (
    KILLED,
    command,
    command_counting,
    command_dying,
    copy_of,
    holdings,
    kinds,
    leftovers,
    make_delivery,
    metadata_of,
    new_archive,
    tree,
)

PARTS = 4


@pytest.fixture(scope="module")
def delivery(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_delivery(tmp_path_factory.mktemp("delivery") / "партия")


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("base") / "empty"
    home = new_archive(base)
    toml = home / "archive.toml"
    toml.write_text(toml.read_text().replace("max_files = 5000", "max_files = 3"))
    return base


@pytest.fixture(scope="module")
def filled(empty: Path, delivery: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("base") / "filled"
    home = copy_of(empty, base)
    assert command(home, "ingest", str(delivery), "--producer", "p") == 0
    return base


def every_call(base: Path, tmp_path: Path, part: int, *words: str) -> tuple[Path, list[tuple[int, Path]]]:
    """The undisturbed run of a command, and a copy that died at each durable call of it, resumed."""
    undisturbed = copy_of(base, tmp_path / "undisturbed")
    code, calls = command_counting(undisturbed, *words)
    assert code in (0, 20)
    assert len(calls) > 3
    resumed = []
    for at in range(part, len(calls), PARTS):
        home = copy_of(base, tmp_path / f"at-{at}")
        assert command_dying(home, at, *words) == KILLED, calls[at]
        assert command(home, *words) in (0, 20), calls[at]
        resumed.append((at, home))
    return undisturbed, resumed


def forget(home: Path) -> None:
    shutil.rmtree(home.parent)


@pytest.mark.parametrize("part", range(PARTS))
def test_ingest_that_died_anywhere_ends_as_if_nothing_had_happened(
    empty: Path, delivery: Path, tmp_path: Path, part: int
) -> None:
    before = tree(delivery)
    words = ("ingest", str(delivery), "--producer", "p", "--metadata", str(metadata_of(delivery)))
    undisturbed, resumed = every_call(empty, tmp_path, part, *words)
    expected, expected_kinds = holdings(undisturbed), kinds(undisturbed)
    assert expected["closed"] == [True]
    assert expected["items"] == [[b"e.bin", b"e.bin.ots"]]
    assert len(expected["rights"]) == 6
    for at, home in resumed:
        assert holdings(home) == expected, at
        assert kinds(home) == expected_kinds, at
        assert leftovers(home) == [], at
        assert command(home, "audit") == 0, at
        assert command(home, "custody", "verify") == 0, at
        forget(home)
    assert tree(delivery) == before


def test_a_checkpoint_that_died_anywhere_is_made_once_and_forks_nothing(filled: Path, tmp_path: Path) -> None:
    home = copy_of(filled, tmp_path / "grown")
    assert command(home, "handover", "plan", "--recipient", "OHCHR") == 0
    notes = sorted(path.name for path in (home / "custody/checkpoints").glob("*.note"))
    undisturbed = copy_of(tmp_path / "grown", tmp_path / "undisturbed")
    code, calls = command_counting(undisturbed, "custody", "checkpoint")
    assert code == 0
    expected = sorted(path.name for path in (undisturbed / "custody/checkpoints").glob("*.note"))
    assert len(expected) == len(notes) + 1
    assert [call for call in calls if call.startswith("publish")] == [f"publish {expected[-1]}"] * 3
    for at in range(len(calls)):
        base = tmp_path / f"at-{at}"
        home = copy_of(tmp_path / "grown", base)
        assert command_dying(home, at, "custody", "checkpoint") == KILLED, calls[at]
        assert command(home, "custody", "verify") in (0, 3), calls[at]
        if at % 2:  # something is recorded before anybody asks again
            assert command(home, "handover", "plan", "--recipient", "another") == 0
        assert command(home, "custody", "checkpoint") == 0, calls[at]
        assert command(home, "custody", "verify") == 0, calls[at]
        kept = {path.name: path.read_bytes() for path in (home / "custody/checkpoints").glob("*.note")}
        assert set(notes) <= set(kept)
        assert len(kept) - len(notes) in ((1, 2) if at % 2 else (1,))
        for place in (home / "store", base / "second"):
            assert {p.name: p.read_bytes() for p in (place / "custody/checkpoints").glob("*.note")} == kept
        forget(home)


@pytest.mark.parametrize("part", range(PARTS))
def test_replicate_that_died_anywhere_ends_as_if_nothing_had_happened(
    filled: Path, delivery: Path, tmp_path: Path, part: int
) -> None:
    base = tmp_path / "owing"
    home = copy_of(filled, base)
    away = base / "second"
    away.rename(base / "away")
    (delivery.parent / "more").mkdir(exist_ok=True)
    (delivery.parent / "more/new.txt").write_text("new\n")
    assert command(home, "ingest", str(delivery.parent / "more"), "--producer", "p") == 3
    (base / "away").rename(away)
    undisturbed, resumed = every_call(base, tmp_path, part, "replicate")
    expected = holdings(undisturbed)
    for at, resumed_home in resumed:
        assert holdings(resumed_home) == expected, at
        assert kinds(resumed_home) == kinds(undisturbed), at
        assert command(resumed_home, "audit") == 0, at
        forget(resumed_home)


def harm(base: Path) -> None:
    """One file altered and one added at the second location, one lost at the first, one package gone."""
    bags = sorted((base / "second").glob("??/*"))
    evidence = [bag for bag in bags if (bag / "data/representations").is_dir()]
    files = sorted(path for path in (evidence[0] / "data/representations/original/data").rglob("*") if path.is_file())
    content = files[0].read_bytes()
    files[0].write_bytes(b"X" + content[1:] if content else b"X")
    (evidence[0] / "data/added.txt").write_text("added\n")
    first = base / "home" / "store" / evidence[0].relative_to(base / "second")
    next(path for path in sorted(first.rglob("METS.xml"))).unlink()
    shutil.rmtree(evidence[1])


@pytest.mark.parametrize("part", range(PARTS))
def test_audit_and_repair_that_died_anywhere_end_with_everything_repaired(
    filled: Path, tmp_path: Path, part: int
) -> None:
    base = tmp_path / "harmed"
    copy_of(filled, base)
    harm(base)
    undisturbed, resumed = every_call(base, tmp_path, part, "audit")
    expected = holdings(undisturbed)
    assert len(expected["incidents"]) == 4
    for at, home in resumed:
        assert command(home, "audit") == 0, at
        assert holdings(home) == expected, at
        assert sorted(p.name for p in (home.parent / "second/set-aside").rglob("added.txt*")) == ["added.txt"], at
        forget(home)


def test_a_lock_is_given_back_when_its_holder_dies(empty: Path, delivery: Path, tmp_path: Path) -> None:
    home = copy_of(empty, tmp_path / "locked")
    assert command_dying(home, 5, "ingest", str(delivery), "--producer", "p") == KILLED
    assert command(home, "audit") == 0
    assert os.path.exists(home / "lock")
