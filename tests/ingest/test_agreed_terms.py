"""Deliveries held against what was agreed with their producer; what departs is told, and nothing is dropped."""

from __future__ import annotations

from pathlib import Path

from ingest_support import Place, write

PHOTOS = 'name = "photos"\nversion = 1\ntitle = "Photos"\n'


def agree(place: Place, tmp_path: Path, terms: str) -> None:
    (tmp_path / "terms.toml").write_text(PHOTOS + terms)
    assert place("producer", "add", "viasna", "--profile", tmp_path / "terms.toml").code == 0


def test_a_table_that_was_agreed_on_must_be_given_with_its_columns(place: Place, tmp_path: Path) -> None:
    agree(place, tmp_path, "[metadata]\nrequired = true\ncolumns_required = ['person_code']\ncolumns = ['case_id']\n")
    folder, table = write(tmp_path / "d", {"a.txt": b"a"}), tmp_path / "t.csv"
    size = place.log_size()
    for more in ((), ("--dry-run",)):
        refused = place.ingest(folder, *more)
        assert (refused.code, "--metadata" in refused.err, "photos-1" in refused.err) == (2, True, True)
    table.write_text("path,consent\na.txt,c1\n")
    lacking = place.ingest(folder, "--metadata", table)
    assert (lacking.code, "'person_code'" in lacking.err) == (1, True)
    assert (place.log_size(), place.staging()) == (size, [])

    table.write_text("path,person_code\na.txt,P1\n")
    taken = place.ingest(folder, "--metadata", table)
    assert (taken.code, taken.json["accepted"]) == (0, 1)
    assert "column-not-given" in taken.codes()


def test_the_narrower_bounds_hold(place: Place, tmp_path: Path) -> None:
    folder = write(tmp_path / "d", {f"{i}.txt": f"{i}".encode() for i in range(5)})
    agree(place, tmp_path, "[packages]\nmax_files = 2\n")
    assert len(place.ingest(folder).json["aips"]) == 3
    place.set(max_files=1)
    assert len(place.ingest(folder, "--accession", "new").json["aips"]) == 5


def test_a_bag_that_is_not_as_agreed_is_taken_in_and_told(place: Place, tmp_path: Path) -> None:
    agree(place, tmp_path, "[bag]\nprofile = 'testimony-1'\n")
    tags = {"bagit.txt": b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"}
    manifest = b"0cc175b9c0f1b6a831c399e269772661  data/a.txt\n"
    folder = write(tmp_path / "bag", {"data/a.txt": b"a", "manifest-md5.txt": manifest, **tags})
    answer = place.ingest(folder)
    assert (answer.code, answer.json["accepted"], answer.json["state"]) == (3, 1, "closed")
    assert {"profile-manifest-missing", "profile-manifest-forbidden", "profile-not-named"} <= answer.codes()


def test_another_producer_is_not_bound(place: Place, tmp_path: Path) -> None:
    agree(place, tmp_path, "[metadata]\nrequired = true\n")
    assert place.ingest(write(tmp_path / "d", {"a.txt": b"a"}), producer="redress").code == 0
