"""A repair that is killed or runs out of space at any durable step: nothing is lost, and the next audit ends it."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from audit_support import LOCATIONS, PAYLOAD, Sample, copied, flip, relist, tree

from archive import durable

PHOTO = f"{PAYLOAD}/photo-0.txt"


class Killed(BaseException):
    """The process ends here."""


def killed_at(number: int, steps: list[str]) -> Callable[[str], None]:
    def promise(what: str) -> None:
        steps.append(what)
        if len(steps) == number:
            raise Killed(what)

    return promise


def damage_file(sample: Sample) -> dict[str, bytes]:
    return {"photo-0.txt": flip(sample.bag("second") / PHOTO)}


def damage_package(sample: Sample) -> dict[str, bytes]:
    shutil.rmtree(sample.bag("second"))
    return {}


def replaced_package(sample: Sample) -> dict[str, bytes]:
    aip = sample.aip
    shutil.rmtree(sample.bag("second"))
    sample.bag("second", aip).write_bytes(b"not a package")
    return {aip: b"not a package"}


@pytest.mark.parametrize("damage", [damage_file, damage_package, replaced_package], ids=lambda d: d.__name__)
def test_an_audit_killed_at_any_durable_step_is_finished_by_the_next_one(
    template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: Callable[[Sample], dict[str, bytes]]
) -> None:
    number, finished = 0, False
    while not finished:
        number += 4
        sample = copied(template, tmp_path / str(number))
        sound = tree(sample.bag("store"))
        damaged = damage(sample)
        steps: list[str] = []
        monkeypatch.setattr(durable, "promise", killed_at(number, steps))
        try:
            sample.run("audit", "--aip", sample.aip, "--location", "second")
            finished = True
        except Killed:
            pass
        monkeypatch.undo()
        code, report = sample.audit()
        assert code in (0, 20), (number, steps[-1])
        assert report["repaired"] == report["altered"] + report["missing"], (number, steps[-1])
        code, report = sample.audit()
        assert (code, report["findings"]) == (0, []), (number, steps[-1])
        assert all(tree(sample.bag(name)) == sound for name in LOCATIONS), (number, steps[-1])
        assert set(sample.states().values()) == {"ok"}
        kept = {name.rsplit("/", 1)[-1]: data for name, data in sample.set_aside("second").items()}
        assert kept == damaged, (number, steps[-1])
        repairs = sample.records("repair")
        assert all(r.set_aside is None or os.path.lexists(sample.location("second") / r.set_aside) for r in repairs)
        assert bool(damaged) == any(r.set_aside is not None for r in repairs) or not repairs[0].source
        shutil.rmtree(sample.root)
    assert number > 12


def test_a_closing_killed_at_any_durable_step_is_finished_by_the_same_command(
    template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forged_template = copied(template, tmp_path / "forged")
    bag = forged_template.bag("second")
    sound = tree(bag)
    (bag / PHOTO).write_bytes(b"forged")
    relist(bag, "manifest-sha256.txt", "manifest-blake3.txt", "tagmanifest-sha256.txt")
    forged, aip = tree(bag), forged_template.aip
    assert forged_template.audit()[0] == 20
    number, finished = 1, False
    while not finished:
        number += 4
        sample = copied(forged_template.root, tmp_path / str(number))
        (incident,) = sample.open_incidents()
        monkeypatch.setattr(durable, "promise", killed_at(number, []))
        try:
            sample.run("incident", "close", incident["id"], "--reason", "seen")
            finished = True
        except Killed:
            pass
        monkeypatch.undo()
        if sample.open_incidents():
            assert sample.run("incident", "close", incident["id"], "--reason", "seen again").code == 0
        assert sample.audit()[0] == 0, number
        assert tree(sample.bag("second")) == sound
        assert tree(sample.location("second") / "set-aside" / incident["id"] / aip) == forged
        shutil.rmtree(sample.root)
    assert number > 12


def test_a_full_disk_during_repair_leaves_the_damaged_file_in_its_place(
    sample: Sample, monkeypatch: pytest.MonkeyPatch
) -> None:
    from archive.storage import folders

    damaged = flip(sample.bag("second") / PHOTO)
    sound = (sample.bag("store") / PHOTO).read_bytes()

    def full(descriptor: int, data: bytes) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(folders, "write_all", full)
    code, report = sample.audit()
    assert (code, report["repaired"]) == (20, 0)
    (finding,) = [finding for finding in report["findings"] if finding["code"] == "not-repaired"]
    assert "No space left" in finding["message"] and "second" in finding["message"]
    assert (sample.bag("second") / PHOTO).read_bytes() == damaged
    assert sample.set_aside("second") == {}
    assert not any((sample.location("second") / ".incoming").glob("*"))
    monkeypatch.undo()
    assert sample.audit()[1]["repaired"] == 1
    assert (sample.bag("second") / PHOTO).read_bytes() == sound
    assert sample.set_aside("second") == {PHOTO: damaged}


def test_a_repair_that_was_done_and_not_recorded_is_recorded_later(
    sample: Sample, monkeypatch: pytest.MonkeyPatch
) -> None:
    from archive.audit import repair

    flip(sample.bag("second") / PHOTO)
    monkeypatch.setattr(repair, "_record", lambda *a, **k: (_ for _ in ()).throw(Killed()))
    with pytest.raises(Killed):
        sample.run("audit")
    monkeypatch.undo()
    assert sample.records("repair") == []
    code, report = sample.audit()
    assert (code, report["findings"]) == (0, [])
    (record,) = sample.records("repair")
    assert "earlier run" in record.reason
    assert sample.states()["second"] == "ok"
