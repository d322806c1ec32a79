"""Packages by person or case: a package holds files of one group only, and nobody's name stands on it."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest
from ingest_support import (
    Answer,
    Failing,
    Place,
    add_up,
    assert_bagit_python_agrees,
    assert_lists_are_right,
    package_identifiers,
    premis_of,
    with_opener,
    write,
)

from premis.model import Event
from premis.validation import check_references

PROFILE = 'name = "persons"\nversion = 1\ntitle = "Persons"\n'
BY_PERSON = (
    "[metadata]\nrequired = true\ncolumns_required = ['path', 'person_code']\n"
    "[packages]\ngroup_by = 'column'\ncolumn = 'person_code'\n"
)
BY_FOLDER = "[packages]\ngroup_by = 'folder'\n"


def agree(place: Place, tmp_path: Path, terms: str) -> None:
    (tmp_path / "terms.toml").write_text(PROFILE + terms)
    answer = place("producer", "add", "viasna", "--profile", tmp_path / "terms.toml")
    assert answer.code == 0, answer.err


def table(tmp_path: Path, *rows: str, heading: str = "path,person_code") -> Path:
    path = tmp_path / "t.csv"
    path.write_text("\n".join([heading, *rows]) + "\n", "utf-8")
    return path


def packed(place: Place, answer: Answer) -> list[list[bytes]]:
    """The delivered names in each package, both in order."""
    found: dict[Path, list[bytes]] = defaultdict(list)
    for file in place.evidence(answer):
        found[file.bag].append(file.name)
    return sorted(sorted(names) for names in found.values())


def groups(place: Place, answer: Answer) -> dict[str, list[str]]:
    """Packages by the identifier of their group."""
    found = defaultdict(list)
    for package in place.packages():
        if package["id"] in answer.json["aips"]:
            found[package["group"]].append(package["id"])
    return found


def test_a_package_holds_the_files_of_one_person(place: Place, tmp_path: Path) -> None:
    agree(place, tmp_path, BY_PERSON)
    folder = write(tmp_path / "d", {f"{i}.txt": f"{i}".encode() for i in range(6)})
    rows = table(tmp_path, "0.txt,P-1", "1.txt,P-2", "2.txt,P-1", "3.txt, P-2 ", "4.txt,p-1", "5.txt,P-1")
    answer = place.ingest(folder, "--metadata", rows)
    assert answer.code == 0, answer.err
    assert packed(place, answer) == [[b"0.txt", b"2.txt", b"5.txt"], [b"1.txt", b"3.txt"], [b"4.txt"]]
    assert len(groups(place, answer)) == 3
    for aip in answer.json["aips"]:
        assert_lists_are_right(place.bag(aip))
        known = package_identifiers(place.bag(aip))
        assert check_references(place.bag(aip) / "data", place.bag(aip) / "data/METS.xml", known=known) == []
    assert_bagit_python_agrees([place.bag(aip) for aip in answer.json["aips"]])
    assert place("audit").code == 0
    assert place("custody", "verify").code == 0


def test_a_group_too_large_makes_several_packages_of_its_own(place: Place, tmp_path: Path) -> None:
    agree(place, tmp_path, BY_PERSON + "max_files = 2\n")
    folder = write(tmp_path / "d", {f"{i}.txt": f"{i}".encode() for i in range(6)})
    answer = place.ingest(folder, "--metadata", table(tmp_path, *(f"{i}.txt,P-{i % 2}" for i in range(6))))
    assert packed(place, answer) == [[b"0.txt", b"2.txt"], [b"1.txt", b"3.txt"], [b"4.txt"], [b"5.txt"]]
    assert sorted(map(len, groups(place, answer).values())) == [2, 2]


def test_a_file_too_large_for_a_package_is_of_its_group_too(place: Place, tmp_path: Path) -> None:
    agree(place, tmp_path, BY_PERSON + "max_bytes = 10\n")
    folder = write(tmp_path / "d", {"a": b"x" * 11, "b": b"b", "c": b"c", "d": b"d"})
    answer = place.ingest(folder, "--metadata", table(tmp_path, "a,P1", "b,P1", "c,P2", "d,P1"))
    assert packed(place, answer) == [[b"a"], [b"b", b"d"], [b"c"]]
    assert sorted(map(len, groups(place, answer).values())) == [1, 2]


def test_an_item_stays_together_and_follows_the_row_about_any_of_its_files(place: Place, tmp_path: Path) -> None:
    agree(place, tmp_path, BY_PERSON)
    folder = write(tmp_path / "d", {"a.jpg": b"a", "a.jpg.ots": b"s", "b.jpg": b"b", "b.jpg.ots": b"t"})
    answer = place.ingest(folder, "--metadata", table(tmp_path, "a.jpg,P1", "b.jpg.ots,P2"))
    assert packed(place, answer) == [[b"a.jpg", b"a.jpg.ots"], [b"b.jpg", b"b.jpg.ots"]]
    assert "file-without-group" not in answer.codes()


def test_files_that_name_nobody_lie_apart_and_are_told(place: Place, tmp_path: Path) -> None:
    agree(place, tmp_path, BY_PERSON)
    folder = write(tmp_path / "d", {name: name.encode() for name in ("a", "empty", "none", "z")})
    answer = place.ingest(folder, "--metadata", table(tmp_path, "a,P1", "empty,", "z,P1"))
    assert packed(place, answer) == [[b"a", b"z"], [b"empty", b"none"]]
    assert sorted(answer.subjects("file-without-group")) == ["empty", "none"]
    assert (answer.code, answer.json["accepted"], answer.json["state"]) == (3, 4, "closed")


def test_rows_that_name_two_persons_are_told_and_mixed_with_neither(place: Place, tmp_path: Path) -> None:
    agree(place, tmp_path, BY_PERSON)
    names = ["1", "2", "both", "more", "other", "x.jpg", "x.jpg.ots"]
    folder = write(tmp_path / "d", {name: name.encode() for name in names})
    rows = ["1,P1", "2,P2", "both,P1", "both,P2", "more,P2", "more,P1", "other,P1", "other,P3", "x.jpg,P1"]
    answer = place.ingest(folder, "--metadata", table(tmp_path, *rows, "x.jpg.ots,P2"))
    assert packed(place, answer) == [[b"1"], [b"2"], [b"both", b"more", b"x.jpg", b"x.jpg.ots"], [b"other"]]
    assert sorted(answer.subjects("item-of-several-groups")) == ["both", "more", "other", "x.jpg"]
    assert answer.code == 3
    assert add_up(answer)


def test_the_top_folder_is_the_case(place: Place, tmp_path: Path) -> None:
    agree(place, tmp_path, BY_FOLDER)
    files: dict[str | bytes, bytes] = {"top.txt": b"t", "A/1": b"1", "A/in/2": b"2", "B/3": b"3", b"\xcf/4": b"4"}
    answer = place.ingest(write(tmp_path / "d", files))
    assert packed(place, answer) == [[b"A/1", b"A/in/2"], [b"B/3"], [b"top.txt"], [b"\xcf/4"]]
    assert answer.subjects("file-without-group") == ["top.txt"]
    assert len(place.listing(answer)) == 5 + 4  # the folders stand in it too


def test_the_top_folder_of_a_bag_is_that_of_its_payload(place: Place, tmp_path: Path) -> None:
    agree(place, tmp_path, BY_FOLDER)
    tags = {"bagit.txt": b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"}
    manifest = b"0cc175b9c0f1b6a831c399e269772661  data/A/a.txt\n92eb5ffee6ae2fec3ad71c777531578f  data/B/b.txt\n"
    files = {"data/A/a.txt": b"a", "data/B/b.txt": b"b", "manifest-md5.txt": manifest, **tags}
    answer = place.ingest(write(tmp_path / "bag", files))
    assert packed(place, answer) == [[b"A/a.txt"], [b"B/b.txt"]]


def test_a_heading_of_their_own_and_one_nobody_knows_can_be_grouped_by(place: Place, tmp_path: Path) -> None:
    agree(place, tmp_path, BY_PERSON.replace("person_code", "дело"))
    folder = write(tmp_path / "d", {"a": b"a", "b": b"b", "c": b"c"})
    rows = table(
        tmp_path, "й,a", "и\u0306,b", "к,c", heading="дело,path"
    )  # the first two are one letter, spelled twice
    assert packed(place, place.ingest(folder, "--metadata", rows)) == [[b"a", b"b"], [b"c"]]


def test_no_name_of_a_person_stands_on_a_package(place: Place, tmp_path: Path) -> None:
    agree(place, tmp_path, BY_PERSON)
    folder = write(tmp_path / "Иван Петров", {"a": b"a", "b": b"b", "c": b"c"})
    answer = place.ingest(folder, "--metadata", table(tmp_path, "a,Мария К.", "b,P-2", "c,Мария К.", "c,P-2"))
    for package in [*answer.json["aips"], answer.json["accession_package"]]:
        bag = place.bag(package)
        told = (bag / "bag-info.txt").read_text() + (bag / "data/metadata/descriptive/dc.xml").read_text()
        told += (bag / "README.txt").read_text() + (bag / "data/METS.xml").read_text()
        told += (bag / "data/metadata/preservation/premis.xml").read_text()
        assert "Петров" not in told
        assert "Мария" not in told
        assert answer.json["accession"] in told
    rows = [(place.bag(aip) / "data/metadata/descriptive/items.csv").read_text() for aip in answer.json["aips"]]
    assert sorted("P-2" in text for text in rows) == [False, True, True]
    log = b"".join(path.read_bytes() for path in (place.home / "custody").rglob("*.jsonl"))
    assert "Мария".encode() not in log


def test_premis_says_by_what_the_files_are_one_group(place: Place, tmp_path: Path) -> None:
    agree(place, tmp_path, BY_PERSON)
    folder = write(tmp_path / "d", {"a": b"a", "b": b"b"})
    answer = place.ingest(folder, "--metadata", table(tmp_path, "a,P1"))
    notes = []
    for aip in answer.json["aips"]:
        entities = premis_of(place.bag(aip) / "data/metadata/preservation/premis.xml")
        (made,) = [e for e in entities if isinstance(e, Event) and e.type.value == "information package creation"]
        notes.append(made.outcomes[0].notes[0])
        (group,) = groups(place, answer).keys() & {i.value for i in package_identifiers(place.bag(aip))}
        assert aip in groups(place, answer)[group]
    assert sorted(map(str, notes)) == [
        "all files are of one group, by the 'person_code' of the table",
        "files of which nothing says to which group they belong, by the 'person_code' of the table",
    ]


def test_a_second_delivery_of_the_same_accession_mixes_no_persons(place: Place, tmp_path: Path) -> None:
    agree(place, tmp_path, BY_PERSON)
    folder = write(tmp_path / "d", {"a": b"a", "b": b"b"})
    first = place.ingest(folder, "--metadata", table(tmp_path, "a,P1", "b,P2"))
    write(folder, {"c": b"c", "d": b"d", "e": b"e"})
    rows = table(tmp_path, "a,P1", "b,P2", "c,P2", "d,P1", "e,P2")
    again = place.ingest(folder, "--metadata", rows, "--accession", first.json["accession"])
    assert (again.code, again.json["accepted"]) == (0, 5)
    assert packed(place, again) == [[b"a"], [b"b"], [b"c", b"e"], [b"d"]]


def test_what_could_not_be_read_comes_later_into_a_package_of_its_group(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    agree(place, tmp_path, BY_PERSON)
    folder = write(tmp_path / "d", {name: name.encode() for name in "abcd"})
    rows = table(tmp_path, "a,P1", "b,P2", "c,P1", "d,P2")
    with monkeypatch.context() as patch:
        with_opener(patch, Failing(5, b"c", b"d"))
        first = place.ingest(folder, "--metadata", rows)
    assert (first.json["pending"], first.json["state"]) == (2, "open")
    second = place.ingest(folder, "--metadata", rows)
    assert (second.json["accepted"], second.json["state"]) == (4, "closed")
    assert packed(place, second) == [[b"a"], [b"b"], [b"c"], [b"d"]]
    assert sorted(map(len, groups(place, second).values())) == [2, 2]


def test_the_shipped_profile_of_testimonies_groups_by_person(place: Place, tmp_path: Path) -> None:
    assert place("producer", "add", "viasna", "--profile", "testimony-1").code == 0
    folder = write(tmp_path / "d", {"a": b"a", "b": b"b"})
    answer = place.ingest(folder, "--metadata", table(tmp_path, "a,P-1", "b,P-2"))
    assert packed(place, answer) == [[b"a"], [b"b"]]
    assert not [f for f in answer.found("profile-not-applied") if "by person" in f["message"]]


def test_a_dry_run_tells_the_packages_and_whose_files_nobody_knows(place: Place, tmp_path: Path) -> None:
    agree(place, tmp_path, BY_PERSON + "max_files = 2\n")
    folder = write(tmp_path / "d", {name: name.encode() for name in "abcdefg"})
    rows = table(tmp_path, "a,P1", "b,P2", "c,P1", "d,P1", "e,P2", "e,P1")
    size = place.log_size()
    told = place.ingest(folder, "--metadata", rows, "--dry-run")
    assert (place.log_size(), place.staging()) == (size, [])
    assert told.json["packages"] == len(place.ingest(folder, "--metadata", rows).json["aips"]) == 5
    assert told.subjects("file-without-group") == ["f", "g"]
    assert told.subjects("item-of-several-groups") == ["e"]
