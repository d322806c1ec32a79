"""Asking the scanner again: what it learned since is told, and nothing that was known is replaced by less."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).resolve().parents[1] / "ingest"))
from ingest_support import Place, command, write
from quarantine_support import EICAR, STREAM_LIMIT, asking, clamd

OTHER = "Other:0:*:" + b"nothing that anybody has".hex()
"""A signature that finds nothing of ours."""

FILES: dict[str | bytes, bytes] = {"a.txt": b"a", "b.com": EICAR, "large.bin": bytes(STREAM_LIMIT + 1)}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """An archive that took three files in while there was no scanner."""
    place = Place.make(tmp_path)
    assert place.ingest(write(tmp_path / "d", FILES)).json["accepted"] == 3
    return place


def said(place: Place) -> dict[str, int]:
    told = place("malware", "report", "--json").json
    return {one["outcome"]: one["files"] for one in told["files"]}


def test_without_a_scanner_nothing_is_asked_and_it_is_said_what_to_do(place: Place) -> None:
    size = place.log_size()
    refused = place("malware", "scan", "--due")
    assert (refused.code, "[malware] socket" in refused.err, place.log_size()) == (1, True, size)
    asking(place, Path("/nobody/listens.sock"))
    assert place("malware", "scan").code == 1


def test_what_was_not_checked_is_due_and_a_find_is_told_and_not_moved(place: Place) -> None:
    assert said(place) == {"not-checked": 3}
    with clamd() as there:
        asking(place, there)
        dry = place("malware", "scan", "--due", "--dry-run", "--json").json
        assert (dry["packages"], dry["files"]) == (1, 3)
        before = place.stored()
        done = place("malware", "scan", "--due", "--json")
        assert (done.code, done.json["files"], done.json["infected"]) == (3, 3, 1)
        assert said(place) == {"clean": 1, "infected": 1, "not-checked": 1}
        assert place.stored() == before, "it lies where it lay"
        (incident,) = place("incident", "list", "--open", "--json").json["incidents"]
        assert (incident["id"], incident["type"]) == (done.json["incidents"][0], "malware")
        assert "b.com" not in incident["summary"]
        size = place.log_size()
        again = place("malware", "scan", "--due", "--json")
        assert (again.code, again.json["packages"], place.log_size()) == (0, 0, size), "nothing is due any more"
        whole = place("malware", "scan", "--json")
        assert (whole.code, whole.json["files"], whole.json["infected"]) == (0, 3, 0), "it is known by now"
    report = place("malware", "report", "--json")
    assert (report.code, report.json["infected_openly"]) == (3, 1)
    assert [one["path"] for one in report.json["infected"]] == ["b.com"]
    assert place("incident", "close", incident["id"], "--reason", "told").code == 0
    assert place("malware", "report").code == 0, "a person has seen it"
    assert place("custody", "verify").code == 0
    shown = place("show", report.json["infected"][0]["file"], "--json").json
    assert shown["malware"] == "infected (Eicar-Test.UNOFFICIAL)"
    explained = place("explain", report.json["infected"][0]["file"]).out
    assert "looked at for malware: not-checked (no scanner)" in explained
    assert "looked at for malware: infected (Eicar-Test.UNOFFICIAL)" in explained


def test_what_a_file_was_called_once_can_be_taken_back(place: Place, tmp_path: Path) -> None:
    with clamd() as there:
        assert asking(place, there)("malware", "scan").code == 3
    text = (place.home / "archive.toml").read_text().replace(str(there), "SOCKET")
    with clamd(OTHER) as there:
        (place.home / "archive.toml").write_text(text.replace("SOCKET", str(there)))
        assert place("malware", "scan").code == 0
    assert said(place) == {"clean": 2, "not-checked": 1}
    again = tmp_path / "again"
    assert command("--archive", again, "catalogue", "rebuild", "--from", place.home / "store").code == 0
    assert command("--archive", again, "catalogue", "digest").out == place("catalogue", "digest").out


def test_a_file_that_cannot_be_read_leaves_what_was_known(place: Place) -> None:
    for package in place.packages():
        for replica in package["replicas"]:
            if package["kind"] == "aip":
                (Path(replica["path"]) / "data/representations/original/data/a.txt").unlink()
    with clamd() as there:
        done = asking(place, there)("malware", "scan", "--json")
    assert (done.code, done.json["packages"]) == (3, 0)
    assert [one["code"] for one in done.json["findings"]] == ["not-rescanned"]
    assert said(place) == {"not-checked": 3}


def test_only_packages_of_evidence_are_scanned(place: Place) -> None:
    papers = next(package["id"] for package in place.packages() if package["kind"] == "accession-package")
    with clamd() as there:
        asking(place, there)
        assert place("malware", "scan", papers).code == 2
        assert place("malware", "scan", "nonsense").code == 2
        aip = next(package["id"] for package in place.packages() if package["kind"] == "aip")
        assert place("malware", "scan", aip, "--json").json["packages"] == 1
