"""Locations that are away: counted, never written to, never taken for a loss, and caught up when they are back."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from audit_support import LOCATIONS, PAYLOAD, Sample, archive, flip, same_counts, tree, write_delivery

from archive import durable


def take_away(sample: Sample, name: str) -> Path:
    away = sample.root / f"{name}-away"
    sample.location(name).rename(away)
    return away


def renamed_away(sample: Sample) -> None:
    take_away(sample, "third")


def empty_mount_point(sample: Sample) -> None:
    take_away(sample, "third")
    sample.location("third").mkdir()


def another_archives_disk(sample: Sample) -> None:
    take_away(sample, "third")
    sample.location("third").mkdir()
    marker = {"archive": "00000000-0000-4000-8000-000000000000", "location": "third", "v": 1}
    (sample.location("third") / "location.json").write_text(json.dumps(marker))


def another_locations_disk(sample: Sample) -> None:
    take_away(sample, "third")
    sample.location("third").mkdir()
    shutil.copy2(sample.location("second") / "location.json", sample.location("third"))


def a_marker_that_rotted(sample: Sample) -> None:
    take_away(sample, "third")
    sample.location("third").mkdir()
    (sample.location("third") / "location.json").write_bytes(b"\xff{")


def a_file_for_a_folder(sample: Sample) -> None:
    take_away(sample, "third")
    sample.location("third").write_bytes(b"")


AWAY = [
    renamed_away,
    empty_mount_point,
    another_archives_disk,
    another_locations_disk,
    a_marker_that_rotted,
    a_file_for_a_folder,
]


@pytest.mark.parametrize("away", AWAY, ids=lambda away: away.__name__)
def test_a_location_that_is_away_is_offline_and_nothing_is_made_there(sample: Sample, away) -> None:  # type: ignore[no-untyped-def]
    files = sample.files()
    away(sample)
    there = sample.location("third")
    before = tree(there) if there.is_dir() else os.path.lexists(there)
    code, report = sample.audit()
    assert code == 3
    assert same_counts(report, ok=files - files // 3, offline=files // 3)
    assert (report["repaired"], report["incidents"]) == (0, 0)
    assert all("third" in finding["message"] and "offline" in finding["message"] for finding in report["findings"])
    assert sample.states() == {"store": "ok", "second": "ok", "third": "offline"}
    status = sample.run("status", "--json").json
    assert (status["replicas_wanted"], status["replicas_ok"], status["incidents_open"]) == (6, 4, 0)
    assert (tree(there) if there.is_dir() else os.path.lexists(there)) == before
    if there.is_dir():
        shutil.rmtree(there)
    else:
        there.unlink(missing_ok=True)
    (sample.root / "third-away").rename(there)
    code, report = sample.audit()
    assert (code, report["ok"], report["findings"]) == (0, files, [])
    assert sample.states() == dict.fromkeys(LOCATIONS, "ok")


def test_damage_elsewhere_is_repaired_while_a_location_is_away_and_exits_20(sample: Sample) -> None:
    take_away(sample, "third")
    flip(sample.bag("second") / PAYLOAD / "photo-0.txt")
    code, report = sample.audit()
    assert (code, report["altered"], report["repaired"]) == (20, 1, 1)
    assert report["offline"] > 0


def test_a_disk_unplugged_while_it_is_read_is_offline_and_not_a_loss(
    sample: Sample, monkeypatch: pytest.MonkeyPatch
) -> None:
    from archive.audit import campaign

    real = campaign.examine

    def unplugged(package, replica, location, **named):  # type: ignore[no-untyped-def]
        if location.name == "third" and location.root.exists():
            location.root.rename(sample.root / "third-away")
        return real(package, replica, location, **named)

    monkeypatch.setattr(campaign, "examine", unplugged)
    code, report = sample.audit()
    assert (code, report["missing"], report["incidents"]) == (3, 0, 0)
    assert report["offline"] == report["files"] // 3
    assert not sample.location("third").exists()


def test_ingest_goes_on_while_a_location_is_away_and_replicate_makes_the_copies_later(sample: Sample) -> None:
    away = take_away(sample, "third")
    delivery = write_delivery(sample.root / "more", files=2)
    ran = sample.run("ingest", delivery, "--producer", "viasna", "--json")
    assert ran.code == 3, ran.err
    owed = [finding for finding in ran.json["findings"] if finding["code"] == "replica-not-stored"]
    assert len(owed) == 2 and all("third" in f["message"] and "archive replicate" in f["message"] for f in owed)
    assert ran.json["state"] == "closed" and ran.json["pending"] == 0
    (aip,) = ran.json["aips"]
    assert set(sample.states(aip)) == {"store", "second"}
    assert not sample.location("third").exists()
    status = sample.run("status", "--json").json
    assert (status["replicas_wanted"], status["replicas_ok"]) == (12, 8)

    still = sample.run("replicate", "--json")
    assert (still.code, still.json["stored"]) == (3, 0)
    away.rename(sample.location("third"))
    done = sample.run("replicate", "--json")
    assert (done.code, done.json) == (0, {"stored": 2, "removed": 0, "findings": []})
    assert tree(sample.bag("third", aip)) == tree(sample.bag("store", aip))
    assert sample.states(aip) == dict.fromkeys(LOCATIONS, "ok")
    assert sample.run("replicate", "--json").json == {"stored": 0, "removed": 0, "findings": []}
    assert sample.audit()[0] == 0
    assert sample.run("status", "--json").json["replicas_ok"] == 12
    again = sample.run("ingest", delivery, "--producer", "viasna", "--json")
    assert again.json["aips"] == [aip]


@pytest.fixture
def owing(sample: Sample) -> tuple[Sample, str]:
    """An archive that owes its third location copies of two packages; the location is back."""
    away = take_away(sample, "third")
    delivery = write_delivery(sample.root / "more", files=2)
    ran = sample.run("ingest", delivery, "--producer", "viasna", "--json")
    away.rename(sample.location("third"))
    return sample, ran.json["aips"][0]


def test_a_right_copy_that_a_killed_run_left_behind_is_adopted(owing: tuple[Sample, str]) -> None:
    sample, aip = owing
    orphan = sample.bag("third", aip)
    shutil.copytree(sample.bag("store", aip), orphan)
    inode = (orphan / "bagit.txt").stat().st_ino
    assert sample.run("replicate", "--json").json["stored"] == 2
    assert (orphan / "bagit.txt").stat().st_ino == inode
    assert sample.set_aside("third") == {}
    assert sample.open_incidents() == []


@pytest.mark.parametrize("wrong", ["damaged", "file", "link"])
def test_a_wrong_thing_where_a_copy_belongs_is_kept_and_the_copy_stored(owing: tuple[Sample, str], wrong: str) -> None:
    sample, aip = owing
    place, outside = sample.bag("third", aip), sample.root / "outside"
    if wrong == "damaged":
        shutil.copytree(sample.bag("store", aip), place)
        flip(place / "bag-info.txt")
    elif wrong == "file":
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(b"no package")
    else:
        outside.mkdir()
        place.parent.mkdir(exist_ok=True)
        place.symlink_to(outside)
    before = tree(place)
    ran = sample.run("replicate", "--json")
    assert (ran.code, ran.json["stored"]) == (0, 2), ran.json
    assert tree(place) == tree(sample.bag("store", aip)) and not place.is_symlink()
    assert tree(outside) == {}
    (incident,) = sample.open_incidents()
    assert (incident["package"], incident["location"]) == (aip, "third")
    kept = sample.location("third") / "set-aside" / incident["id"] / aip
    assert incident["id"] in incident["summary"] and os.path.lexists(kept)
    if wrong == "damaged":
        assert tree(kept) == before
    assert sample.audit()[0] == 0


def test_a_wrong_thing_stays_where_it_is_while_there_is_no_right_copy(owing: tuple[Sample, str]) -> None:
    sample, aip = owing
    place = sample.bag("third", aip)
    shutil.copytree(sample.bag("store", aip), place)
    flip(place / "bag-info.txt")
    before = tree(place)
    for name in ("store", "second"):
        flip(sample.bag(name, aip) / "bagit.txt")
    ran = sample.run("replicate", "--json")
    assert (ran.code, ran.json["stored"]) == (3, 1)
    assert "bagit.txt is altered" in str(ran.json["findings"])
    assert tree(place) == before
    assert sample.set_aside("third") == {} and sample.open_incidents() == []


def test_replicate_passes_over_a_bad_source(owing: tuple[Sample, str]) -> None:
    sample, aip = owing
    flip(sample.bag("second", aip) / PAYLOAD / "photo-0.txt")
    flip(sample.bag("second", aip) / "manifest-sha256.txt")
    ran = sample.run("replicate", "--json")
    assert (ran.code, ran.json["stored"], ran.json["findings"]) == (0, 2, [])
    assert tree(sample.bag("third", aip)) == tree(sample.bag("store", aip))


def test_replicate_killed_before_it_records_stores_nothing_twice(
    owing: tuple[Sample, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    sample, aip = owing

    class Killed(BaseException):
        pass

    def promise(what: str) -> None:
        if what.startswith("replace head"):
            raise Killed

    monkeypatch.setattr(durable, "promise", promise)
    with pytest.raises(Killed):
        sample.run("replicate")
    monkeypatch.undo()
    assert sample.bag("third", aip).is_dir()
    assert "third" not in sample.states(aip), "never a record before it is durable"
    ran = sample.run("replicate", "--json")
    assert (ran.code, ran.json["stored"]) == (0, 2)
    assert sample.audit()[0] == 0


def test_a_read_only_leftover_of_an_earlier_run_stops_no_command(
    sample: Sample, monkeypatch: pytest.MonkeyPatch
) -> None:
    from archive.storage import folders

    leftover = sample.location("third") / ".incoming" / "half"
    leftover.mkdir(parents=True)
    assert sample.audit()[0] == 0
    assert not leftover.exists()
    leftover.mkdir(parents=True)

    def refuse(path: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(folders.shutil, "rmtree", refuse)
    assert sample.audit()[0] == 0


def test_audits_of_one_location_or_package_leave_the_others_alone(sample: Sample) -> None:
    aip, verified = sample.aip, sample.verified()
    code, report = sample.audit("--location", "second", "--aip", aip)
    assert (code, report["replicas"]) == (0, 1)
    now = sample.verified(aip)
    assert now["second"] > verified["second"]
    assert (now["store"], now["third"]) == (verified["store"], verified["third"])


@pytest.mark.parametrize(
    "arguments,word",
    [
        (("--location", "moon"), "known locations: store, second, third"),
        (("--aip", "00000000-0000-4000-8000-000000000000"), "archive list"),
    ],
)
def test_an_unknown_location_or_package_is_a_usage_error(sample: Sample, arguments: tuple[str, str], word: str) -> None:
    ran = sample.run("audit", *arguments)
    assert ran.code == 2 and arguments[1] in ran.err and word in ran.err


def test_nothing_is_due_the_day_after_and_dry_runs_read_nothing(sample: Sample) -> None:
    code, report = sample.audit("--due")
    assert (code, report["replicas"], report["files"]) == (0, 0, 0)
    before = len(sample.records())
    assert "would read 6 replicas" in sample.run("audit", "--dry-run").out
    assert len(sample.records()) == before


def test_damaged_replicas_are_due_at_once(sample: Sample) -> None:
    for name in LOCATIONS:
        flip(sample.bag(name) / PAYLOAD / "photo-0.txt")
    sample.audit()
    code, report = sample.audit("--due")
    assert (code, report["replicas"]) == (20, 3)
    assert sample.run("status", "--json").json["audits_overdue"] == 3
    assert archive("--archive", sample.home, "status").code == 0
