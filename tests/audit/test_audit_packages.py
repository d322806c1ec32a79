"""Packages that are gone, things that stand in a package's or a file's place, and locations that write garbage."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from audit_support import LOCATIONS, PAYLOAD, Sample, flip, replace_text, same_counts, tree

from archive.errors import ExitCode
from archive.model.records import DamageRecord, RepairRecord


def test_a_package_that_is_gone_is_missing_with_all_its_files_and_brought_back(sample: Sample) -> None:
    aip, sound, files = sample.aip, tree(sample.bag("store")), sample.files()
    shutil.rmtree(sample.bag("second"))
    code, report = sample.audit()
    assert code == 20
    assert same_counts(report, ok=files - len(sound), missing=len(sound))
    assert (report["repaired"], report["incidents"]) == (len(sound), 1)
    assert tree(sample.bag("second", aip)) == sound
    assert sample.set_aside("second") == {}
    assert sample.states() == dict.fromkeys(LOCATIONS, "ok")
    (damage,) = [record for record in sample.records() if isinstance(record, DamageRecord)]
    assert (damage.path, damage.outcome, damage.location) == (b"", "missing", "second")
    (repair,) = [record for record in sample.records() if isinstance(record, RepairRecord)]
    assert repair.incident == damage.incident and repair.source in ("store", "third") and repair.set_aside is None
    assert sample.audit()[0] == 0


def test_a_package_gone_everywhere_is_a_loud_loss_until_it_is_restored_by_hand(sample: Sample) -> None:
    aip, sound = sample.aip, tree(sample.bag("store"))
    kept = sample.root / "backup"
    shutil.copytree(sample.bag("store"), kept)
    for name in LOCATIONS:
        shutil.rmtree(sample.bag(name))
    code, report = sample.audit()
    assert (code, report["missing"], report["repaired"]) == (20, 3 * len(sound), 0)
    assert {"missing", "not-repaired"} <= {finding["code"] for finding in report["findings"]}
    assert "no reachable replica is right" in str(report["findings"])
    assert not any(os.path.lexists(sample.bag(name, aip)) for name in LOCATIONS), "nothing is invented"
    assert sample.states(aip) == dict.fromkeys(LOCATIONS, "missing")
    shutil.copytree(kept, sample.bag("third", aip))
    code, report = sample.audit()
    assert (code, report["missing"], report["repaired"]) == (20, 2 * len(sound), 2 * len(sound))
    assert sample.states(aip) == dict.fromkeys(LOCATIONS, "ok")
    assert sample.audit()[0] == 0


@pytest.mark.parametrize("what", ["file", "link", "dangling link"])
def test_what_stands_in_a_packages_place_is_kept_and_the_package_brought_back(sample: Sample, what: str) -> None:
    aip, sound = sample.aip, tree(sample.bag("store"))
    bag, outside = sample.bag("second"), sample.root / "outside"
    bag.rename(outside)
    if what == "file":
        bag.write_bytes(b"not a package")
    else:
        bag.symlink_to(outside if what == "link" else sample.root / "nowhere")
    code, report = sample.audit()
    assert (code, report["missing"], report["repaired"]) == (20, len(sound), len(sound))
    assert tree(sample.bag("second", aip)) == sound and not bag.is_symlink()
    assert tree(outside) == sound, "a link's target is never written to"
    (incident,) = report["incident_ids"]
    kept = sample.location("second") / "set-aside" / incident / aip
    assert kept.is_symlink() if "link" in what else kept.read_bytes() == b"not a package"
    assert sample.audit()[0] == 0


def test_a_link_in_a_folders_place_is_moved_aside_and_its_target_neither_read_nor_written(sample: Sample) -> None:
    sound = tree(sample.bag("store"))
    outside = sample.root / "outside"
    folder = sample.bag("third") / PAYLOAD
    folder.rename(outside)
    (outside / "photo-0.txt").write_bytes(b"something else")
    before = tree(outside)
    folder.symlink_to(outside)
    code, report = sample.audit()
    assert (code, report["extra"], report["missing"]) == (20, 1, 7)
    assert report["repaired"] == 8
    assert tree(sample.bag("third")) == sound and not folder.is_symlink()
    assert tree(outside) == before
    assert sample.audit()[0] == 0


def test_a_link_in_a_folders_place_that_cannot_be_moved_leads_nobody_outside(
    sample: Sample, monkeypatch: pytest.MonkeyPatch
) -> None:
    from archive import durable

    outside = sample.root / "outside"
    folder = sample.bag("third") / PAYLOAD
    folder.rename(outside)
    for path in outside.rglob("*.txt"):
        path.unlink()
    folder.symlink_to(outside)

    def refuse(what: str) -> None:
        if what == "publish data":
            raise OSError(30, "Read-only file system")

    monkeypatch.setattr(durable, "promise", refuse)
    code, report = sample.audit()
    assert (code, report["repaired"]) == (20, 0)
    assert tree(outside) == {}, "nothing was written through the link"
    monkeypatch.undo()
    assert sample.audit()[1]["repaired"] == 8
    assert tree(outside) == {}


def test_a_link_in_a_files_place_is_altered_and_its_target_untouched(sample: Sample) -> None:
    sound, secret = tree(sample.bag("store")), sample.root / "secret.txt"
    path = sample.bag("store") / PAYLOAD / "photo-0.txt"
    secret.write_bytes(path.read_bytes())  # even the right bytes: a link is no file that was sealed
    path.unlink()
    path.symlink_to(secret)
    code, report = sample.audit()
    assert (code, report["altered"], report["repaired"]) == (20, 1, 1)
    assert tree(sample.bag("store")) == sound and not path.is_symlink()
    assert secret.read_bytes() == sound[f"{PAYLOAD}/photo-0.txt"]
    assert list(sample.set_aside("store").values()) == [b"-> " + os.fsencode(secret)]


def test_a_link_in_a_source_is_not_followed_to_find_good_bytes(sample: Sample) -> None:
    outside = sample.root / "outside"
    for name in ("store", "second"):
        (sample.bag(name) / PAYLOAD / "photo-0.txt").unlink()
    folder = sample.bag("third") / PAYLOAD
    folder.rename(outside)
    folder.symlink_to(outside)
    _, report = sample.audit("--location", "store")
    assert report["repaired"] == 0
    assert not (sample.bag("store") / PAYLOAD / "photo-0.txt").exists()


def test_a_named_pipe_in_a_bag_keeps_nobody_waiting(sample: Sample) -> None:
    sound = tree(sample.bag("store"))
    os.mkfifo(sample.bag("store") / "data" / "pipe")
    path = sample.bag("second") / PAYLOAD / "photo-0.txt"
    path.unlink()
    os.mkfifo(path)
    code, report = sample.audit()
    assert (code, report["extra"], report["altered"], report["repaired"]) == (20, 1, 1, 2)
    assert tree(sample.bag("second")) == sound
    assert not (sample.bag("store") / "data" / "pipe").exists()
    assert any(path.is_fifo() for path in (sample.location("store") / "set-aside").rglob("*"))
    assert sample.audit()[0] == 0


def test_a_folder_in_a_files_place_goes_aside_with_what_it_holds(sample: Sample) -> None:
    path = sample.bag("third") / "bag-info.txt"
    sound = path.read_bytes()
    path.unlink()
    path.mkdir()
    (path / "inside.txt").write_bytes(b"inside")
    code, report = sample.audit()
    assert (code, report["altered"], report["extra"], report["repaired"]) == (20, 1, 1, 2)
    assert path.read_bytes() == sound
    assert b"inside" in sample.set_aside("third").values()
    assert sample.audit()[0] == 0


def test_an_empty_folder_too_many_is_harmless(sample: Sample) -> None:
    (sample.bag("third") / "data" / "empty").mkdir()
    code, report = sample.audit()
    assert (code, report["ok"], report["findings"]) == (0, report["files"], [])
    assert (sample.bag("third") / "data" / "empty").is_dir()


def test_a_name_that_is_not_utf8_is_found_and_kept(sample: Sample) -> None:
    name = os.fsencode(sample.bag("store") / "data") + b"/\xff\n\x1b[31m"
    with open(name, "wb") as file:
        file.write(b"odd")
    ran = sample.run("audit")
    assert ran.code == 20
    assert "\x1b" not in ran.out
    assert not os.path.lexists(name)
    kept = [path for path in (sample.location("store") / "set-aside").rglob("*") if path.is_file()]
    assert [os.fsencode(path.name) for path in kept] == [b"\xff\n\x1b[31m"]


def test_a_location_with_more_damage_than_the_limit_is_left_alone_and_others_are_repaired(sample: Sample) -> None:
    replace_text(sample.home / "archive.toml", "repair_limit = 100", "repair_limit = 3")
    for number in range(4):
        flip(sample.bag("second") / PAYLOAD / f"photo-{number}.txt")
    for number in (4, 5):
        flip(sample.bag("third") / PAYLOAD / f"photo-{number}.txt")
    garbage = tree(sample.bag("second"))
    code, report = sample.audit()
    assert (code, report["altered"], report["repaired"]) == (20, 6, 2)
    assert tree(sample.bag("second")) == garbage
    assert sample.set_aside("second") == {}
    assert tree(sample.bag("third")) == tree(sample.bag("store"))
    limits = [each for each in sample.open_incidents() if each["type"] == "repair-limit"]
    assert [each["location"] for each in limits] == ["second"]
    assert "4 damaged files" in limits[0]["summary"] and "(3)" in limits[0]["summary"]
    assert sample.states() == {"store": "ok", "second": "damaged", "third": "ok"}

    code, report = sample.audit()
    assert (code, report["repaired"], report["incidents"]) == (20, 0, 0), "said once, not every night"
    assert "repair-limit" in {finding["code"] for finding in report["findings"]}

    replace_text(sample.home / "archive.toml", "repair_limit = 3", "repair_limit = 4")
    assert sample.audit()[1]["repaired"] == 4
    assert tree(sample.bag("second")) == tree(sample.bag("store"))
    assert sample.audit()[0] == 0


def test_exactly_as_much_damage_as_the_limit_is_repaired(sample: Sample) -> None:
    replace_text(sample.home / "archive.toml", "repair_limit = 100", "repair_limit = 3")
    for number in range(3):
        flip(sample.bag("second") / PAYLOAD / f"photo-{number}.txt")
    assert sample.audit()[1]["repaired"] == 3


def test_the_catalogue_and_the_log_must_agree_before_anything_is_repaired(sample: Sample) -> None:
    """An insider changes the expected digests in the catalogue, with the row's digest, to make the audit 'repair'."""
    import sqlite3

    from archive.catalogue.digests import row_digest

    aip = sample.aip
    with sqlite3.connect(sample.home / "catalogue.sqlite") as database:
        database.row_factory = sqlite3.Row
        row = dict(database.execute("SELECT * FROM package WHERE id = ?", (aip,)).fetchone())
        del row["row_digest"]
        row["tagmanifest_sha256"] = "0" * 64
        database.execute(
            "UPDATE package SET tagmanifest_sha256 = ?, row_digest = ? WHERE id = ?",
            (row["tagmanifest_sha256"], row_digest("package", row), aip),
        )
    before = {name: tree(sample.bag(name)) for name in LOCATIONS}
    code, report = sample.audit()
    assert code == ExitCode.DAMAGE
    (finding,) = [finding for finding in report["findings"] if finding["code"] == "catalogue-disagrees"]
    assert finding["subject"] == aip and "rebuild" in finding["message"]
    assert report["not_checked"] == 3 * len(before["store"]) and report["altered"] == 0
    assert {name: tree(sample.bag(name)) for name in LOCATIONS} == before


@pytest.mark.parametrize("table", ["replica", "package"])
def test_a_row_taken_out_of_the_catalogue_is_missed(sample: Sample, table: str) -> None:
    import sqlite3

    aip = sample.aip
    with sqlite3.connect(sample.home / "catalogue.sqlite") as database:
        if table == "replica":
            database.execute("DELETE FROM replica WHERE package = ? AND location = 'third'", (aip,))
        else:
            database.execute("DELETE FROM package WHERE id = ?", (aip,))
    code, report = sample.audit()
    assert code == 20
    assert [f["code"] for f in report["findings"] if f["severity"] == "error"][:1] == ["catalogue-disagrees"]


def test_an_audit_of_no_replicas_is_fine(tmp_path: Path) -> None:
    from audit_support import archive

    assert archive("init", tmp_path / "empty").code == 0
    ran = archive("--archive", tmp_path / "empty", "audit", "--json")
    assert ran.code == 0
    assert same_counts(ran.json)
    assert (ran.json["replicas"], ran.json["repaired"]) == (0, 0)
