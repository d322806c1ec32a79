"""Agreements with producers: recorded with their text, never edited once used, found again by a rebuilt archive."""

from __future__ import annotations

from pathlib import Path

from ingest_support import Place, command, write

from profiles.ingest_profile import shipped_ingest_profiles

PHOTOS = 'name = "photos"\nversion = 1\ntitle = "Photos"\n'


def test_an_agreement_is_made_changed_and_shown_in_full(place: Place, tmp_path: Path) -> None:
    assert place("producer", "add", "viasna", "--name", "Вясна", "--json").json == {
        "code": "viasna",
        "profile": "open-source-1",
        "changed": True,
    }
    assert place("producer", "add", "viasna", "--json").json["changed"] is False
    (tmp_path / "photos.toml").write_text(PHOTOS)
    assert place("producer", "add", "viasna", "--profile", tmp_path / "photos.toml").code == 0
    shown = place("producer", "show", "viasna", "--json").json
    assert [one["profile"] for one in shown["agreements"]] == ["open-source-1", "photos-1"]
    assert shown["agreements"][0]["terms"].encode() == shipped_ingest_profiles()["open-source-1"]
    assert shown["agreements"][1]["terms"] == PHOTOS
    (row,) = place("producer", "list", "--json").json["producers"]
    assert row == {"code": "viasna", "name": "Вясна", "profile": "photos-1", "accessions": 0}


def test_a_profile_that_was_used_is_never_edited(place: Place, tmp_path: Path) -> None:
    file = tmp_path / "photos.toml"
    file.write_text(PHOTOS)
    assert place("producer", "add", "viasna", "--profile", file).code == 0
    size = place.log_size()
    file.write_text(PHOTOS + "[files]\nwithout_row = 'quarantine'\n")
    refused = place("producer", "add", "redress", "--profile", file)
    assert refused.code == 2
    assert "raise its version to 2" in refused.err
    assert place.log_size() == size


def test_what_cannot_be_agreed_is_refused_and_records_nothing(place: Place, tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text(PHOTOS + "[files]\nwithout_row = 'drop'\n")
    (tmp_path / "bag.toml").write_text(PHOTOS + "[bag]\nprofile = 'zip-9'\n")
    size = place.log_size()
    for arguments, word in (
        (("x", "--profile", tmp_path / "bad.toml"), "'files.without_row' is 'drop'"),
        (("x", "--profile", tmp_path / "bag.toml"), "'zip-9'"),
        (("x", "--profile", "none-7"), "open-source-1, testimony-1"),
        (("Мария Петрова",), "never a person's name"),
    ):
        refused = place("producer", "add", *arguments)
        assert (refused.code, word in refused.err) == (2, True), refused.err
    assert place("producer", "show", "nobody").code == 2
    assert place("producer", "add", "viasna", "--dry-run", "--json").json["changed"] is None
    assert place.log_size() == size


def test_a_code_in_other_capitals_is_no_new_producer_whom_nothing_binds(place: Place, tmp_path: Path) -> None:
    assert place("producer", "add", "viasna", "--profile", "testimony-1").code == 0
    root, size = write(tmp_path / "d", {"a": b"a"}), place.log_size()
    refused = place.ingest(root, producer="Viasna")
    assert refused.code == 2 and "'viasna'" in refused.err and place.log_size() == size
    assert place.ingest(root, producer="another").code == 0


def test_who_takes_in_a_delivery_hears_that_nothing_was_agreed(place: Place, tmp_path: Path) -> None:
    root = write(tmp_path / "d", {"a": b"a"})
    assert "Nothing is agreed with producer 'viasna'" in place("ingest", root, "--producer", "viasna").out
    assert place("producer", "add", "redress").code == 0
    assert "Nothing is agreed" not in place("ingest", root, "--producer", "redress").out


def test_agreements_are_rebuilt_from_one_location(place: Place, tmp_path: Path) -> None:
    place("producer", "add", "viasna", "--profile", "testimony-1")
    digest = place("catalogue", "digest").out
    again = tmp_path / "again"
    assert command("--archive", again, "catalogue", "rebuild", "--from", place.home / "store").code == 0
    assert command("--archive", again, "catalogue", "digest").out == digest
    assert command("--archive", again, "producer", "show", "viasna", "--json").json["profile"] == "testimony-1"
