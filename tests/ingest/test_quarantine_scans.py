"""What lies in quarantine is encrypted: it is said when it was looked at, and it is looked at when it is released."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ingest_support import Answer, Place, write
from quarantine_support import EICAR, asking, clamd, infected_delivery

THREAT = "Eicar-Test.UNOFFICIAL"
TERMS = """name = "strict"
version = 1
title = "Strict"
[metadata]
required = true
columns_required = ["notes"]
[files]
without_row = "quarantine"
"""


def rows(place: Place) -> list[dict[str, Any]]:
    return list(place("quarantine", "list", "--json").json["packages"])


def release(place: Place, package: str, *more: str) -> Answer:
    return place("quarantine", "decide", package, "--release", "--reason", "because", *more)


def without_row(place: Place, root: Path, data: bytes) -> str:
    """Take in a file that no row speaks of, and answer the package it is kept apart in."""
    (root / "terms.toml").write_text(TERMS)
    assert place("producer", "add", "viasna", "--profile", root / "terms.toml").code == 0
    (root / "t.csv").write_text("path,notes\na.txt,one\n")
    told = place.ingest(write(root / "d", {"a.txt": b"a", "b.com": data}), "--metadata", root / "t.csv")
    (package,) = told.json["quarantine_packages"]
    return str(package)


def incidents(place: Place) -> list[dict[str, str]]:
    return list(place("incident", "list", "--open", "--json").json["incidents"])


def test_the_list_says_when_and_with_what_each_was_looked_at_and_that_no_scanner_can_look_again(
    place: Place, tmp_path: Path
) -> None:
    with clamd() as there:
        asking(place, there).ingest(infected_delivery(tmp_path / "d"))
        letter, photos = rows(place)
        for row in (letter, photos):
            assert row["scanner"].startswith("ClamAV ") and row["signatures"] == "no signatures named"
            assert (row["scanned_at"] is None, row["looked_at_again"]) == (False, "at-release")
        told = place("quarantine", "list").out
        assert f"{letter['scanned_at'][:10]} by ClamAV" in told
        assert "no scanner can look into it until it is released" in told
        whole = place("malware", "scan")
        assert "In quarantine: 2 packages with 3 files" in whole.out and "They are encrypted" in whole.out
        again = place("malware", "scan", "--json").json
        assert (again["packages"], again["files"], again["in_quarantine"]) == (1, 2, 2), "neither of them"
        assert rows(place) == [letter, photos]
        refused = place("malware", "scan", letter["package"])
        assert refused.code == 2 and "it is looked at when it is released" in refused.err
        report = place("malware", "report", "--packages")
        assert "when it is released" in report.out and "In quarantine: 2 packages with 3 files" in report.out
        scans = place("malware", "report", "--json").json["scans"]
        assert [(one["in_quarantine"], one["packages"], one["files"]) for one in scans] == [(False, 1, 2), (True, 2, 3)]
        assert place("schedule", "--once").out == "", "what cannot be looked at is never due"


def test_what_was_never_looked_at_says_so(place: Place, tmp_path: Path) -> None:
    package = without_row(place, tmp_path, b"b")
    (row,) = rows(place)
    assert (row["package"], row["scanned_at"], row["scanner"], row["signatures"]) == (package, None, None, None)
    assert "never" in place("quarantine", "list").out
    assert "1 package with 1 file, never looked at" in place("malware", "report").out


def test_a_find_at_its_release_that_nobody_knew_of_reaches_a_person(place: Place, tmp_path: Path) -> None:
    package = without_row(place, tmp_path, EICAR)
    with clamd() as there:
        done = release(asking(place, there), package, "--json")
        assert done.code == 3, "it is released all the same: so it was decided"
        (incident,) = incidents(place)
        assert (incident["type"], incident["package"]) == ("malware", done.json["content"])
        assert "as it was released from quarantine" in incident["summary"] and THREAT in incident["summary"]
        assert "b.com" not in incident["summary"]
        assert done.json["malware"]["said"] == [f"infected ({THREAT})"]
        assert done.json["malware"]["incidents"] == [incident["id"]]
        again = release(place, package)
        assert (again.code, len(incidents(place))) == (0, 1), "it was decided already"
        (row,) = rows(place)
        assert (row["looked_at_again"], row["scanner"] is None) == ("like-all-others", False)
    assert place("malware", "report").code == 3
    assert place("custody", "verify").code == 0


def test_a_false_alarm_that_is_released_is_no_news(place: Place, tmp_path: Path) -> None:
    with clamd() as there:
        asking(place, there).ingest(infected_delivery(tmp_path / "d"))
        done = release(place, rows(place)[0]["package"])
        assert (done.code, incidents(place)) == (0, [])
        assert f"infected ({THREAT})" in done.out
        assert "infected file held openly: do not open" in place("malware", "report").out


def test_what_is_released_without_a_scanner_is_due_the_next_night(place: Place, tmp_path: Path) -> None:
    package = without_row(place, tmp_path, EICAR)
    done = release(place, package)
    assert done.code == 0 and "Looked at for malware (no scanner could be asked): not-checked (no scanner)" in done.out
    with clamd() as there:
        told = asking(place, there)("schedule", "--once", "--json")
        assert told.code == 3 and "2 packages with 2 files" in told.json["sentence"]
        assert len(incidents(place)) == 1
