"""An ingest that puts files into quarantine, and a release from it, die at any durable call: the end is the same."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from recovery_support import KILLED, command, command_counting, command_dying, copy_of, kinds, new_archive

PARTS = 4
TERMS = 'name = "strict"\nversion = 1\ntitle = "Strict"\n[files]\nwithout_row = "quarantine"\n'


@pytest.fixture(scope="module")
def delivery(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four files, of which one item of two has a row; no scanner is needed to keep the others apart."""
    folder = tmp_path_factory.mktemp("delivery") / "d"
    folder.mkdir()
    for name in ("with.jpg", "with.jpg.ots", "without.jpg", "without too.jpg"):
        (folder / name).write_text(name)
    (folder.parent / "t.csv").write_text("path\nwith.jpg\n")
    return folder


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("base") / "empty"
    home = new_archive(base)
    (base / "terms.toml").write_text(TERMS)
    assert command(home, "producer", "add", "p", "--profile", str(base / "terms.toml")) == 0
    return base


@pytest.fixture(scope="module")
def filled(empty: Path, delivery: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("base") / "filled"
    assert command(copy_of(empty, base), *ingest(delivery)) == 3
    return base


def ingest(delivery: Path) -> tuple[str, ...]:
    return ("ingest", str(delivery), "--producer", "p", "--metadata", str(delivery.parent / "t.csv"))


def outcomes(home: Path) -> list[tuple[object, ...]]:
    """Delivered names with their outcomes, and in what kind of package they lie."""
    with sqlite3.connect(home / "catalogue.sqlite") as database:
        query = "select f.name, f.outcome, p.kind from file f left join package p on p.id = f.aip order by f.name"
        return database.execute(query).fetchall()


def in_quarantine(home: Path) -> str:
    with sqlite3.connect(home / "catalogue.sqlite") as database:
        ((package,),) = database.execute("select package from quarantine").fetchall()
    return str(package)


def once(home: Path) -> dict[str, int]:
    """How many records there are of the kinds that must not come twice."""
    counted = kinds(home)
    return {kind: counted[kind] for kind in ("seal", "quarantine", "quarantine-decision", "receipt", "replication")}


def leftovers(home: Path) -> list[str]:
    places = [*home.glob("staging/*"), *home.glob("quarantine/*"), *home.parent.glob("*/.incoming/*")]
    return [str(place) for place in places]


@pytest.mark.parametrize("part", range(PARTS))
def test_an_ingest_that_died_anywhere_keeps_apart_the_same_files(
    empty: Path, delivery: Path, tmp_path: Path, part: int
) -> None:
    undisturbed = copy_of(empty, tmp_path / "undisturbed")
    code, calls = command_counting(undisturbed, *ingest(delivery))
    assert (code, len(calls) > 10) == (3, True)
    expected = outcomes(undisturbed)
    assert [outcome for _, outcome, _ in expected].count("quarantined") == 2
    for at in range(part, len(calls), PARTS):
        home = copy_of(empty, tmp_path / f"at-{at}")
        assert command_dying(home, at, *ingest(delivery)) == KILLED, calls[at]
        assert command(home, *ingest(delivery)) == 3, calls[at]
        assert outcomes(home) == expected, calls[at]
        assert once(home) == once(undisturbed), calls[at]
        assert leftovers(home) == [], calls[at]
        assert kinds(home)["quarantine-key"] == 1, calls[at]
        assert len(list((home / "keys").glob("quarantine-*.txt"))) == 1, calls[at]
    assert command(home, "custody", "verify") == 0


@pytest.mark.parametrize("part", range(PARTS))
def test_a_release_that_died_anywhere_is_finished_by_the_next_one(filled: Path, tmp_path: Path, part: int) -> None:
    package = in_quarantine(filled / "home")
    words = ("quarantine", "decide", package, "--release", "--reason", "looked at")
    undisturbed = copy_of(filled, tmp_path / "undisturbed")
    code, calls = command_counting(undisturbed, *words)
    assert (code, len(calls) > 5) == (0, True)
    expected = outcomes(undisturbed)
    assert {outcome for _, outcome, _ in expected} == {"accepted"}
    for at in range(part, len(calls), PARTS):
        home = copy_of(filled, tmp_path / f"at-{at}")
        assert command_dying(home, at, *words) == KILLED, calls[at]
        if "commit" in calls[at] or "append" in calls[at]:
            assert command(home, "custody", "verify") in (0, 3), calls[at]
        assert command(home, *words) == 0, calls[at]
        assert outcomes(home) == expected, calls[at]
        assert once(home) == once(undisturbed), calls[at]
        assert leftovers(home) == [], calls[at]
    assert command(home, "custody", "verify") == 0
