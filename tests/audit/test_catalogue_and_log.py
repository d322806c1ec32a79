"""The catalogue follows the custody log: behind it catches up, ahead of it is an alarm."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pytest
from audit_support import LOCATIONS, PAYLOAD, Sample, flip, tree, write_delivery

from archive.custody.log import CustodyLog
from archive.model.record import Record


def applied(sample: Sample) -> int:
    with sqlite3.connect(sample.home / "catalogue.sqlite") as database:
        return int(database.execute("SELECT leaves FROM applied").fetchone()[0])


def test_an_old_catalogue_catches_up_when_it_is_opened(sample: Sample) -> None:
    old = sample.root / "old.sqlite"
    shutil.copy2(sample.home / "catalogue.sqlite", old)
    before = applied(sample)
    flip(sample.bag("second") / PAYLOAD / "photo-0.txt")
    sample.audit()
    sample.run("ingest", write_delivery(sample.root / "more", files=2), "--producer", "other")
    now, packages = applied(sample), sample.packages()
    incidents, status = sample.open_incidents(), sample.run("status", "--json").json
    assert now > before
    for leftover in sample.home.glob("catalogue.sqlite-*"):
        leftover.unlink()
    shutil.copy2(old, sample.home / "catalogue.sqlite")
    print(sample.run("list", "--json"))
    assert sample.packages() == packages
    assert applied(sample) == now
    assert sample.open_incidents() == incidents
    assert sample.run("status", "--json").json == status
    assert sample.audit()[0] == 0


def test_a_run_killed_between_log_and_catalogue_loses_nothing(sample: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed(BaseException):
        pass

    append = CustodyLog.append

    def killed(self: CustodyLog, records: Sequence[Record]) -> int:
        append(self, records)
        raise Killed

    flip(sample.bag("second") / PAYLOAD / "photo-0.txt")
    before = applied(sample)
    monkeypatch.setattr(CustodyLog, "append", killed)
    with pytest.raises(Killed):
        sample.run("audit", "--location", "second")
    monkeypatch.undo()
    assert applied(sample) == before
    assert sample.records("audit") != []
    assert applied(sample) > before
    code, report = sample.audit()
    assert code == 20 and report["repaired"] == 1
    assert sample.states() == dict.fromkeys(LOCATIONS, "ok")


@pytest.mark.parametrize("command", ["audit", "replicate"])
def test_a_catalogue_ahead_of_the_log_means_that_the_log_was_cut(sample: Sample, command: str) -> None:
    with sqlite3.connect(sample.home / "catalogue.sqlite") as database:
        database.execute("UPDATE applied SET leaves = leaves + 5")
    before = tree(sample.home / "custody")
    ran = sample.run(command)
    assert ran.code == 20
    assert "the log was cut or replaced" in ran.err and "compare it with the copies" in ran.err
    assert tree(sample.home / "custody") == before


def test_a_damaged_row_stops_the_audit_with_a_sentence(sample: Sample) -> None:
    with sqlite3.connect(sample.home / "catalogue.sqlite") as database:
        database.execute("UPDATE replica SET state = 'damaged'")
    ran = sample.run("audit")
    assert ran.code == 1
    assert "does not fit its digest" in ran.err and "catalogue rebuild" in ran.err and "Traceback" not in ran.err


def test_a_catalogue_left_by_an_audit_is_what_the_log_says(sample: Sample, tmp_path: Path) -> None:
    """Folding the whole log into an empty catalogue gives the same rows as the recordings did one by one."""
    from archive.assembly import reading
    from archive.catalogue.opening import create
    from archive.holdings.apply import apply

    flip(sample.bag("second") / PAYLOAD / "photo-0.txt")
    shutil.rmtree(sample.bag("third"))
    sample.audit()
    for incident in sample.open_incidents():
        sample.run("incident", "close", incident["id"], "--reason", "looked at")
    fresh = create(tmp_path / "fresh.sqlite")
    with reading(sample.home) as opened:
        numbered = list(opened.holdings.log.records())
        with fresh.transaction():
            apply(fresh, numbered)
        assert list(fresh.evidence()) == list(opened.holdings.catalogue.evidence())
    fresh.close()
