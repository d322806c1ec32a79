"""A receipt asks for no decision that was made, and tells a producer nothing of the archive's own keys and disks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ingest_support import Answer, Place, write

STRICT = 'name = "strict"\nversion = 1\ntitle = "t"\n[files]\nwithout_row = "quarantine"\n'


@pytest.fixture
def taken(place: Place, tmp_path: Path) -> Answer:
    (tmp_path / "strict.toml").write_text(STRICT)
    assert place("producer", "add", "viasna", "--profile", tmp_path / "strict.toml").code == 0
    (tmp_path / "t.csv").write_text("path\na\n")
    root = write(tmp_path / "d", {"a": b"a", "b": b"b"})
    answer = place.ingest(root, "--metadata", tmp_path / "t.csv")
    assert answer.json["quarantined"] == 1 and answer.json["state"] == "closed"
    return answer


def receipt(place: Place, taken: Answer) -> dict[str, Any]:
    return dict(place("accession", "receipt", taken.json["accession"], "--json").json)


@pytest.mark.parametrize("decision", ["--keep", "--reject", "--release"])
def test_what_was_decided_about_waits_for_nobody(place: Place, taken: Answer, decision: str) -> None:
    before = receipt(place, taken)
    assert any(point.startswith("quarantined: 1 to be looked at") for point in before["open_points"])
    (package,) = taken.json["quarantine_packages"]
    assert place("quarantine", "decide", package, decision, "--reason", "r").code == 0
    told = receipt(place, taken)
    assert not any(point.startswith("quarantined:") for point in told["open_points"])
    (found,) = [one for one in told["findings"] if one["code"] == "quarantine-decided"]
    assert package in found["message"] and not found["needs_person"]
    assert "quarantined" not in {one["code"] for one in told["findings"]}


def test_where_the_archives_own_secret_lies_is_told_to_whoever_ingests_and_to_no_producer(
    place: Place, taken: Answer
) -> None:
    assert "quarantine-key-made" in taken.codes()
    papers = place.bag(taken.json["accession_package"]) / "data/documentation"
    for name in ("receipt.txt", "receipt.json", "receipt.html", "findings.json"):
        assert "keys/" not in (papers / name).read_text() and "quarantine-key-made" not in (papers / name).read_text()
    assert "quarantine-key-made" not in json.dumps(receipt(place, taken))
