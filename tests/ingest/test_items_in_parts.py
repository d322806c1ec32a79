"""What is said of one file of an item holds for all of it, also while a part of it cannot be read."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest
from ingest_support import Failing, Place, add_up, with_opener, write

HEADING = "path,restriction,terms\n"


def decided(place: Place, name: str) -> list[str]:
    """What the rights in a file state, as show tells it."""
    (found,) = [file for file in place("find", name, "--json").json["files"] if file["path"] == name]
    shown = place("show", found["id"], "--json").json
    return [str(shown["rights_stated"])]


def test_the_strictest_row_holds_for_a_side_car_whose_file_cannot_be_read_yet(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write(tmp_path / "d", {"a.jpg": b"a", "a.json": b"{}"})
    table = tmp_path / "t.csv"
    table.write_text(HEADING + "a.jpg,no-partner,ask-again\na.json,,\n")
    with monkeypatch.context() as patch:
        with_opener(patch, Failing(errno.EIO, b"/a.jpg"))
        answer = place.ingest(root, "--metadata", table)
    assert answer.json["pending"] == 1
    (alone,) = decided(place, "a.json")
    assert "no-partner" in alone and "ask-again" in alone
    again = place.ingest(root, "--metadata", table)
    assert again.json["pending"] == 0 and add_up(again)
    assert decided(place, "a.jpg") == [alone]


def test_what_was_said_of_a_part_received_before_holds_for_the_part_that_comes_later(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write(tmp_path / "d", {"a.jpg": b"a", "a.json": b"{}"})
    table = tmp_path / "t.csv"
    table.write_text(HEADING + "a.jpg,,\na.json,no-partner,\n")
    with monkeypatch.context() as patch:
        with_opener(patch, Failing(errno.EIO, b"/a.jpg"))
        assert place.ingest(root, "--metadata", table).json["pending"] == 1
    assert place.ingest(root, "--metadata", table).json["pending"] == 0
    assert "no-partner" in decided(place, "a.jpg")[0]


def test_a_side_car_is_not_kept_apart_because_the_file_with_the_row_cannot_be_read_yet(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    terms = tmp_path / "strict-1.toml"
    terms.write_text('name = "strict"\nversion = 1\ntitle = "t"\n[files]\nwithout_row = "quarantine"\n')
    assert place("producer", "add", "viasna", "--profile", terms).code == 0
    root = write(tmp_path / "d", {"a.jpg": b"a", "a.json": b"{}"})
    table = tmp_path / "t.csv"
    table.write_text(HEADING + "a.jpg,,\n")
    with monkeypatch.context() as patch:
        with_opener(patch, Failing(errno.EIO, b"/a.jpg"))
        answer = place.ingest(root, "--metadata", table)
    assert (answer.json["accepted"], answer.json["quarantined"], answer.json["pending"]) == (1, 0, 1)
    again = place.ingest(root, "--metadata", table)
    assert (again.json["accepted"], again.json["quarantined"]) == (2, 0) and add_up(again)
