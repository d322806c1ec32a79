"""How much one AIP takes: so many files, so many octets, and a file too large for it alone in its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from ingest_support import Answer, Place, add_up, write


def filled(place: Place, answer: Answer) -> list[list[bytes]]:
    return [[file.name for file in place.evidence(answer) if file.bag == place.bag(aip)] for aip in answer.json["aips"]]


def test_a_package_takes_so_many_files(place: Place, tmp_path: Path) -> None:
    place.set(max_files=3)
    folder = write(tmp_path / "d", {f"{number}": b"%d" % number for number in range(7)})
    answer = place.ingest(folder)
    assert answer.code == 0
    assert filled(place, answer) == [[b"0", b"1", b"2"], [b"3", b"4", b"5"], [b"6"]]
    assert (answer.json["received"], answer.json["accepted"]) == (7, 7)


def test_a_package_takes_so_many_octets(place: Place, tmp_path: Path) -> None:
    place.set(max_bytes=10)
    folder = write(tmp_path / "d", {"a": b"a" * 4, "b": b"b" * 6, "c": b"c", "d": b"d" * 10, "e": b"", "f": b"f"})
    answer = place.ingest(folder)
    assert filled(place, answer) == [[b"a", b"b"], [b"c"], [b"d", b"e"], [b"f"]]


def test_a_file_too_large_for_a_package_has_its_own_and_the_others_stay_together(place: Place, tmp_path: Path) -> None:
    place.set(max_bytes=10)
    files = {"a": b"a", "b": b"b" * 11, "c": b"c", "d": b"d" * 1000, "e": b"e"}
    answer = place.ingest(write(tmp_path / "d", files))
    assert filled(place, answer) == [[b"a", b"c", b"e"], [b"b"], [b"d"]]
    assert add_up(answer)
    members = (place.bag(answer.json["accession_package"]) / "data/documentation/packages.csv").read_text()
    assert [line.split(",")[0] for line in members.splitlines()[1:]] == answer.json["aips"]


def test_a_duplicate_is_known_across_packages_and_stored_again(place: Place, tmp_path: Path) -> None:
    place.set(max_files=1)
    answer = place.ingest(write(tmp_path / "d", {"a": b"alike", "b": b"alike", "c": b"other"}))
    assert (answer.json["accepted"], answer.json["duplicate"], len(answer.json["aips"])) == (2, 1, 3)
    assert [file.data for file in place.evidence(answer)] == [b"alike", b"alike", b"other"]


def test_packages_bear_names_nobody_can_guess_from_the_content(place: Place, tmp_path: Path) -> None:
    folder = write(tmp_path / "d", {"a": b"a"})
    one, other = place.ingest(folder), place.ingest(folder, "--accession", "new")
    identifiers = [i for said in (one.json, other.json) for i in (*said["aips"], said["accession_package"])]
    assert len(set(identifiers)) == 4
    assert all(identifier[14] == "4" for identifier in identifiers)  # UUIDv4


@pytest.mark.slow
def test_5001_files_make_two_packages(place: Place, tmp_path: Path) -> None:
    folder = write(tmp_path / "d", {f"{number // 100}/{number:04}.txt": b"%d" % number for number in range(5001)})
    answer = place.ingest(folder)
    assert answer.code == 0
    assert (answer.json["received"], answer.json["accepted"]) == (5001, 5001)
    assert sorted(len(names) for names in filled(place, answer)) == [1, 5000]
    assert len(place.receipt(answer).splitlines()) == 5002
