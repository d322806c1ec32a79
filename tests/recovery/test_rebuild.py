"""The server is lost: from any one location the archive is made again, and proves itself equal."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from archive import assembly, durable
from archive.catalogue.digests import row_digest
from archive.catalogue.opening import create
from archive.cli import run
from archive.errors import ExitCode
from archive.holdings import holdings
from archive.holdings.rebuild import catalogue_digest


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An archive with three locations that has lived: deliveries, damage repaired, an incident closed, a handover."""
    home = tmp_path / "home"
    places = [f"--location={name}={tmp_path / name}" for name in ("second", "third")]
    assert run(["init", str(home), *places]) == 0
    consent = ["CF-1", "--given", "2020-09-01", "--scope", "court"]
    assert run(["--archive", str(home), "consent", "add", *consent, "--person", "P-1"]) == 0
    table = tmp_path / "table.csv"
    table.write_text("path,consent_ref\nпапка/свидетель.txt,CF-1\nsame.txt,CF-2\n")
    for name in ("one", "two"):
        delivery = tmp_path / name
        (delivery / "папка").mkdir(parents=True)
        (delivery / "папка/свидетель.txt").write_text(name)
        (delivery / "same.txt").write_text("same")
        (delivery / "same.txt.sig").write_text("signed")
        words = ["ingest", str(delivery), "--producer", "p", "--metadata", str(table)]
        assert run(["--archive", str(home), *words]) == 0
    victim = sorted((tmp_path / "second").glob("??/*/bag-info.txt"))[0]
    victim.write_text("rotten")
    assert run(["--archive", str(home), "audit"]) == 20
    with assembly.reading(home) as archive:
        (incident,) = archive.holdings.catalogue.incidents()
    assert run(["--archive", str(home), "incident", "close", incident.id, "--reason", "disk swapped"]) == 0
    assert run(["--archive", str(home), "handover", "plan", "--recipient", "OHCHR"]) == 0
    assert run(["--archive", str(home), "handover", "freeze"]) == 0
    assert run(["--archive", str(home), "handover", "volume", "1", str(tmp_path / "volume")]) == 0
    return home


def digest(home: Path) -> str:
    with assembly.reading(home) as archive:
        return catalogue_digest(archive.holdings.catalogue)


def snapshot(folder: Path) -> dict[str, tuple[int, bytes | None]]:
    return {
        str(path.relative_to(folder)): (path.lstat().st_mtime_ns, path.read_bytes() if path.is_file() else None)
        for path in sorted(folder.rglob("*"))
    }


@pytest.mark.parametrize("name", ["store", "second", "third"])
def test_each_location_alone_gives_an_equal_archive_and_is_only_read(
    home: Path, tmp_path: Path, name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    before = digest(home)
    with assembly.reading(home) as archive:
        size = archive.holdings.log.size
    place = home / "store" if name == "store" else tmp_path / name
    lost = tmp_path / "alone"
    shutil.copytree(place, lost, symlinks=True)  # elsewhere than the log says, as on another machine
    shutil.rmtree(home)
    for other in ("second", "third"):
        shutil.rmtree(tmp_path / other)
    untouched = snapshot(lost)
    capfd.readouterr()
    code = run(["--archive", str(tmp_path / "new"), "catalogue", "rebuild", "--from", lost.as_uri(), "--json"])
    told = json.loads(capfd.readouterr().out)
    assert code == 0
    assert told["digest"] == before
    assert digest(tmp_path / "new") == before
    assert told["records"] == size
    assert (told["here"], told["not_here"], told["unrecorded"], told["not_as_sealed"]) == (4, [], [], [])
    assert snapshot(lost) == untouched
    with assembly.reading(tmp_path / "new") as archive:
        assert archive.holdings.log.size == size
        assert archive.holdings.log.verify() == []
        assert archive.holdings.locations[name].offline() is None


@pytest.mark.parametrize(("batch", "transaction"), [(1, 1), (2, 5), (3, 6), (4, 4), (7, 2), (1000, 1000)])
def test_the_catalogue_is_the_same_however_many_records_are_taken_in_at_once_and_wherever_it_is_killed(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, batch: int, transaction: int
) -> None:
    monkeypatch.setattr(holdings, "_BATCH", batch)
    monkeypatch.setattr(holdings, "_TRANSACTION", transaction)
    with assembly.reading(home) as archive:
        log = archive.holdings.log
        expected = catalogue_digest(archive.holdings.catalogue)
        following = replace(archive.holdings, catalogue=create(tmp_path / "new.db"))
        applied = 0
        while applied < log.size:
            with killed_before_the_second_commit(monkeypatch):
                following.catch_up()
            assert following.catalogue.applied() == min(applied + transaction, log.size)
            applied = following.catalogue.applied()
        assert following.catch_up() == 0
        assert catalogue_digest(following.catalogue) == expected


@contextmanager
def killed_before_the_second_commit(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    class Killed(BaseException):
        pass

    promised: list[str] = []

    def promise(what: str) -> None:
        promised.append(what)
        if promised.count("commit catalogue") == 2:
            raise Killed

    with monkeypatch.context() as patch, suppress(Killed):
        patch.setattr(durable, "promise", promise)
        yield


def test_the_rebuilt_archive_lives_on(home: Path, tmp_path: Path) -> None:
    lost = tmp_path / "alone"
    shutil.copytree(tmp_path / "third", lost, symlinks=True)
    shutil.rmtree(home)
    shutil.rmtree(tmp_path / "second")
    shutil.rmtree(tmp_path / "third")
    new = tmp_path / "new"
    assert run(["--archive", str(new), "catalogue", "rebuild", "--from", str(lost)]) == 0
    assert run(["--archive", str(new), "audit"]) == 1, "it is a rehearsal, until it takes over"
    assert run(["--archive", str(new), "takeover"]) == 1, "its key is lost with the server"
    assert run(["--archive", str(new), "key", "new", "log-2", "--role", "log"]) == 0
    assert run(["--archive", str(new), "takeover"]) == 0
    assert run(["--archive", str(new), "audit"]) == 20, "the new store is empty, and the audit brings the packages back"
    assert run(["--archive", str(new), "audit", "--location", "store"]) == 0
    (tmp_path / "more").mkdir()
    (tmp_path / "more/x.txt").write_text("x")
    assert run(["--archive", str(new), "ingest", str(tmp_path / "more"), "--producer", "p"]) == 3, (
        "one location is away"
    )


def test_changing_any_one_row_changes_the_digest(home: Path) -> None:
    before = digest(home)
    path = home / "catalogue.sqlite"
    connection = sqlite3.connect(path)
    tables = ["location", "producer", "accession", "file", "package", "identification", "file_format"]
    tables += ["item_file", "file_rights", "consent", "replica", "incident", "damage", "handover"]
    tried = 0
    for table in [*tables, "handover_volume"]:
        columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
        rows = connection.execute(f"SELECT rowid, * FROM {table}").fetchall()
        assert rows, f"the scenario leaves {table} empty"
        for row in rows:
            changed = dict(zip(columns, row[1:], strict=True))
            column = next(name for name in reversed(columns) if name not in ("row_digest", "leaf") and changed[name])
            value = changed[column]
            other = value + 1 if isinstance(value, int) else value + (b"x" if isinstance(value, bytes) else "x")
            values = {k: v for k, v in {**changed, column: other}.items() if k != "row_digest"}
            connection.execute("PRAGMA foreign_keys=OFF")
            assignment = f"UPDATE {table} SET {column}=?, row_digest=? WHERE rowid=?"
            connection.execute(assignment, (other, row_digest(table, values), row[0]))
            connection.commit()
            assert digest(home) != before, (table, column)
            connection.execute(assignment, (value, changed["row_digest"], row[0]))
            connection.commit()
            tried += 1
    assert digest(home) == before
    assert tried > 20


def test_a_deleted_row_changes_the_digest(home: Path) -> None:
    before = digest(home)
    with sqlite3.connect(home / "catalogue.sqlite") as connection:
        connection.execute("DELETE FROM damage")
    assert digest(home) != before


def test_packages_that_are_not_there_or_not_as_sealed_are_named(
    home: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    bags = sorted((tmp_path / "second").glob("??/*"))
    shutil.rmtree(bags[0])
    (bags[1] / "tagmanifest-sha256.txt").write_text("rotten")
    stranger = tmp_path / "second/zz/stranger"
    stranger.mkdir(parents=True)
    capfd.readouterr()
    words = ["--archive", str(tmp_path / "new"), "catalogue", "rebuild", "--from", str(tmp_path / "second"), "--json"]
    assert run(words) == ExitCode.NEEDS_PERSON
    told = json.loads(capfd.readouterr().out)
    assert told["not_here"] == [bags[0].name]
    assert told["not_as_sealed"] == [bags[1].name]
    assert told["unrecorded"] == ["zz/stranger"]


def test_bad_sources_and_targets_are_refused_with_a_word(
    home: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    new = tmp_path / "new"
    assert run(["--archive", str(new), "catalogue", "rebuild", "--from", str(tmp_path / "nowhere")]) == 2
    assert "location.json" in capfd.readouterr().err
    assert not new.exists()
    assert run(["--archive", str(home), "catalogue", "rebuild", "--from", str(tmp_path / "second")]) == 2
    inside = tmp_path / "second/new"
    assert run(["--archive", str(inside), "catalogue", "rebuild", "--from", str(tmp_path / "second")]) == 2
    assert not inside.exists()
