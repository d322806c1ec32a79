"""A hand leaves a replica that fits itself and not the log: alarm, freeze, no repair, until a person decides."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from audit_support import LOCATIONS, PAYLOAD, Sample, flip, relist, times_kept, tree

from archive.model.records import IncidentClosedRecord, IncidentRecord, RepairRecord

ALL_LISTS = ("manifest-sha256.txt", "manifest-blake3.txt", "tagmanifest-sha256.txt")
CHANGED = f"{PAYLOAD}/photo-0.txt"


def rewrite(path: Path) -> None:
    with times_kept(path):
        path.write_bytes(path.read_bytes().replace(b"photo", b"fakes"))


def payload_and_all_lists(bag: Path) -> None:
    rewrite(bag / CHANGED)
    relist(bag, *ALL_LISTS)


def payload_and_one_list(bag: Path) -> None:
    rewrite(bag / CHANGED)
    relist(bag, "manifest-sha256.txt")


def payload_and_the_blake3_list(bag: Path) -> None:
    rewrite(bag / CHANGED)
    relist(bag, "manifest-blake3.txt")


def only_tag_files(bag: Path) -> None:
    info = bag / "bag-info.txt"
    info.write_bytes(info.read_bytes().replace(b"viasna", b"nobody").replace(b"International", b"Intercepted--"))
    relist(bag, "tagmanifest-sha256.txt")


def file_removed_with_its_lines(bag: Path) -> None:
    (bag / CHANGED).unlink()
    relist(bag, *ALL_LISTS)


def file_removed_with_its_line_in_one_list(bag: Path) -> None:
    (bag / CHANGED).unlink()
    relist(bag, "manifest-sha256.txt")


def file_added_with_its_lines(bag: Path) -> None:
    (bag / PAYLOAD / "planted.txt").write_bytes(b"planted")
    relist(bag, *ALL_LISTS)


def tag_file_removed_with_its_line(bag: Path) -> None:
    (bag / "README.txt").unlink()
    relist(bag, "tagmanifest-sha256.txt")


def a_hand_and_rot_beside_it(bag: Path) -> None:
    only_tag_files(bag)
    flip(bag / "README.txt")
    flip(bag / PAYLOAD / "photo-1.txt")


HANDS = [
    payload_and_all_lists,
    payload_and_one_list,
    payload_and_the_blake3_list,
    only_tag_files,
    file_removed_with_its_lines,
    file_removed_with_its_line_in_one_list,
    file_added_with_its_lines,
    tag_file_removed_with_its_line,
    a_hand_and_rot_beside_it,
]


@pytest.mark.parametrize("hand", HANDS, ids=lambda hand: hand.__name__)
@pytest.mark.parametrize("where", ["store", "third"])
def test_tampering_freezes_the_replica_until_a_person_closes_its_incident(
    sample: Sample, hand: Callable[[Path], None], where: str
) -> None:
    aip = sample.aip
    sound = tree(sample.bag(where, aip))
    hand(sample.bag(where, aip))
    forged = tree(sample.bag(where, aip))
    assert forged != sound

    code, report = sample.audit()
    assert (code, report["frozen"], report["repaired"], report["incidents"]) == (20, 1, 0, 1)
    assert report["altered"] + report["missing"] + report["extra"] > 0
    assert "tampering" in {finding["code"] for finding in report["findings"]}
    assert tree(sample.bag(where, aip)) == forged, "evidence of a crime is not repaired away"
    assert sample.set_aside(where) == {}
    assert sample.states(aip) == {**dict.fromkeys(LOCATIONS, "ok"), where: "frozen"}
    (incident,) = sample.open_incidents()
    assert (incident["type"], incident["location"], incident["package"]) == ("tampering", where, aip)

    for arguments in ((), ("--due",), ("--location", "second"), ("--aip", sample.papers)):
        code, report = sample.audit(*arguments)
        assert (code, report["frozen"], report["incidents"]) == (20, 1, 0)
        assert {"note", "frozen"} & {finding["code"] for finding in report["findings"]}
    assert tree(sample.bag(where, aip)) == forged

    closed = sample.run("incident", "close", incident["id"], "--reason", "police have the disk", "--json")
    assert closed.code == 0, closed.err
    assert closed.json["restored_from"] in set(LOCATIONS) - {where}
    assert tree(sample.bag(where, aip)) == sound
    assert tree(sample.location(where) / "set-aside" / incident["id"] / aip) == forged
    assert sample.states(aip) == dict.fromkeys(LOCATIONS, "ok")
    assert sample.open_incidents() == []
    code, report = sample.audit()
    assert (code, report["ok"], report["frozen"], report["findings"]) == (0, report["files"], 0, [])
    (ended,) = [record for record in sample.records() if isinstance(record, IncidentClosedRecord)]
    assert ended.reason == "police have the disk"
    assert [r.set_aside for r in sample.records() if isinstance(r, RepairRecord)] == [
        f"set-aside/{incident['id']}/{aip}"
    ]


def test_a_frozen_replica_is_never_a_source_of_repair(sample: Sample) -> None:
    forged = sample.bag("second")
    payload_and_all_lists(forged)
    assert sample.audit()[0] == 20
    sound = (forged / PAYLOAD / "photo-1.txt").read_bytes()
    for name in ("store", "third"):
        flip(sample.bag(name) / PAYLOAD / "photo-1.txt")
    code, report = sample.audit()
    assert (code, report["altered"], report["repaired"]) == (20, 2, 0), "its photo-1 is right, and nobody knows why"
    assert (sample.bag("store") / PAYLOAD / "photo-1.txt").read_bytes() != sound
    assert tree(forged)[CHANGED].startswith(b"fakes")


def test_a_replica_forged_in_this_very_run_is_no_source_either(sample: Sample) -> None:
    payload_and_all_lists(sample.bag("second"))
    flip(sample.bag("store") / PAYLOAD / "photo-1.txt")
    (sample.bag("third") / PAYLOAD / "photo-1.txt").unlink()
    code, report = sample.audit()
    assert (code, report["repaired"], report["frozen"]) == (20, 0, 1)
    assert not (sample.bag("third") / PAYLOAD / "photo-1.txt").exists()


def test_closing_is_refused_while_there_is_no_right_copy_and_nothing_changes(sample: Sample) -> None:
    payload_and_all_lists(sample.bag("second"))
    forged = tree(sample.bag("second"))
    sample.audit()
    (incident,) = sample.open_incidents()
    for name in ("store", "third"):
        flip(sample.bag(name) / PAYLOAD / "photo-2.txt")
    refused = sample.run("incident", "close", incident["id"], "--reason", "impatience")
    assert refused.code == 1
    assert "no reachable replica is right" in refused.err and "offline" in refused.err
    assert tree(sample.bag("second")) == forged
    assert sample.states()["second"] == "frozen"
    assert [each["id"] for each in sample.open_incidents()] == [incident["id"]]


def test_an_incident_is_closed_with_a_reason_and_once(sample: Sample) -> None:
    flip(sample.bag("second") / CHANGED)
    sample.audit()
    (incident,) = sample.open_incidents()
    silent = sample.run("incident", "close", incident["id"], "--reason", "  ")
    assert silent.code == 2 and "say why" in silent.err
    assert sample.run("incident", "close", incident["id"], "--reason", "disk swapped").code == 0
    again = sample.run("incident", "close", incident["id"], "--reason", "disk swapped")
    assert again.code == 2 and "disk swapped" in again.err
    unknown = sample.run("incident", "close", "00000000-0000-4000-8000-000000000000", "--reason", "x")
    assert unknown.code == 2 and "incident list" in unknown.err


def test_damage_left_from_before_does_not_keep_a_restored_replica_frozen(sample: Sample) -> None:
    """Found, with no source; then forged; then restored as a whole: the old damage went with the old bytes."""
    for name in LOCATIONS:
        flip(sample.bag(name) / PAYLOAD / "photo-1.txt")
    sound = tree(sample.bag("store"))
    sample.audit()
    payload_and_all_lists(sample.bag("third"))
    sample.audit()
    assert sample.states()["third"] == "frozen"
    for name in ("store", "second"):  # brought back by hand
        flip(sample.bag(name) / PAYLOAD / "photo-1.txt")
    (incident,) = [each for each in sample.open_incidents() if each["type"] == "tampering"]
    assert sample.run("incident", "close", incident["id"], "--reason", "restored").code == 0
    assert sample.states()["third"] == "ok"
    assert sample.audit()[0] == 0
    assert tree(sample.bag("third")).keys() == sound.keys()


def test_tampering_incidents_stand_in_the_log_with_what_was_seen(sample: Sample) -> None:
    payload_and_all_lists(sample.bag("second"))
    sample.audit()
    (incident,) = [record for record in sample.records() if isinstance(record, IncidentRecord)]
    assert incident.type == "tampering"
    assert "second" in incident.summary and "tampering suspected" in incident.summary
