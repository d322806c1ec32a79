"""A file and its side-cars stay together: in one package, in PREMIS, in the log, in what is shown."""

from __future__ import annotations

import errno
import random
from pathlib import Path

import pytest
from ingest_support import (
    Answer,
    Failing,
    Place,
    add_up,
    assert_documents_are_valid,
    evidence_in,
    premis_of,
    schemas_with_ours,
    with_opener,
    write,
)

from premis.model import File, IntellectualEntity

PREMIS = "data/representations/original/metadata/preservation/premis.xml"


def filled(place: Place, answer: Answer) -> list[set[str]]:
    return [{file.name.decode() for file in evidence_in(place.bag(aip))} for aip in answer.json["aips"]]


def shown(place: Place, name: str) -> dict[str, object]:
    (found,) = [file for file in place("find", name, "--json").json["files"] if file["path"] == name]
    return dict(place("show", found["id"], "--json").json)


def test_an_item_is_never_torn_apart_by_the_bounds_of_a_package(place: Place, tmp_path: Path) -> None:
    place.set(max_files=4)
    names = [f"{letter}.jpg{ending}" for letter in "abcde" for ending in ("", ".ots", ".json")]
    answer = place.ingest(write(tmp_path / "d", {name: name.encode() for name in [*names, "x.txt", "y.txt"]}))
    packages = filled(place, answer)
    assert all(len(package) <= 4 for package in packages)
    for letter in "abcde":
        assert any({f"{letter}.jpg", f"{letter}.jpg.ots", f"{letter}.jpg.json"} <= package for package in packages)
    assert add_up(answer) and answer.json["accepted"] == 17


def test_nor_by_the_octets_of_a_package(place: Place, tmp_path: Path) -> None:
    place.set(max_bytes=10)
    files = {"a.mp4": b"a" * 6, "b.mp4": b"b" * 6, "b.mp4.ots": b"o" * 3, "c.mp4": b"c"}
    answer = place.ingest(write(tmp_path / "d", files))
    assert filled(place, answer) == [{"a.mp4"}, {"b.mp4", "b.mp4.ots", "c.mp4"}]


@pytest.mark.parametrize("bound", ["max_files", "max_bytes"])
def test_an_item_larger_than_a_package_has_its_own(place: Place, tmp_path: Path, bound: str) -> None:
    place.set(**{bound: 3})
    large = {f"b.{ending}": b"b" for ending in ("mp4", "json", "ots", "tsr")}
    answer = place.ingest(write(tmp_path / "d", {"a": b"a", **large, "c": b"c", "d": b"d"}))
    assert filled(place, answer) == [{"a", "c", "d"}, set(large)]
    assert add_up(answer)


@pytest.mark.parametrize("seed", range(3))
def test_no_delivery_whatever_is_torn_or_loses_a_file(place: Place, tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    place.set(max_files=chance.randint(2, 6))
    names = {
        f"f{chance.randint(0, 2)}/{chance.choice('abcd')}{chance.choice(['', '.jpg', '.mp4'])}"
        f"{chance.choice(['', '.ots', '.json', '.tsr', '.json.asc'])}"
        for _ in range(40)
    }
    answer = place.ingest(write(tmp_path / "d", {name: name.encode() for name in names}))
    assert answer.json["received"] == len(names) and add_up(answer)
    home = {name: number for number, package in enumerate(filled(place, answer)) for name in package}
    assert set(home) == names
    for name in names:
        for ending in (".ots", ".json", ".tsr"):
            assert home.get(name + ending, home[name]) == home[name]


def test_premis_says_which_files_are_parts_of_one_item(place: Place, tmp_path: Path, shared: Path) -> None:
    files = {"a.jpg": b"a", "a.jpg.ots": b"o", "a.json": b"{}", "alone.txt": b"x"}
    answer = place.ingest(write(tmp_path / "d", files))
    (aip,) = answer.json["aips"]
    entities = premis_of(place.bag(aip) / PREMIS)
    (item,) = [entity for entity in entities if isinstance(entity, IntellectualEntity)]
    objects = {entity.original_name: entity for entity in entities if isinstance(entity, File)}
    (parts,) = item.relationships
    assert (parts.type.value, parts.sub_type.value) == ("structural", "has Part")
    assert parts.sub_type.valueURI == "http://id.loc.gov/vocabulary/preservation/relationshipSubType/hsp"
    together = [objects[name] for name in ("a.jpg", "a.jpg.ots", "a.json")]
    assert {o.identifier for o in parts.related_objects} == {file.identifiers[0] for file in together}
    for file in together:
        (part,) = file.relationships
        assert (part.type.value, part.sub_type.value) == ("structural", "is Part Of")
        assert [o.identifier for o in part.related_objects] == list(item.identifiers)
    assert objects["alone.txt"].relationships == ()
    assert_documents_are_valid(place.bag(aip), schemas_with_ours(shared, place.bag(aip)))


def test_show_says_what_a_file_belongs_together_with(place: Place, tmp_path: Path) -> None:
    answer = place.ingest(write(tmp_path / "d", {"a.jpg": b"a", "a.jpg.ots": b"o", "b.txt": b"b"}))
    a, b = shown(place, "a.jpg"), shown(place, "b.txt")
    ots = shown(place, "a.jpg.ots")
    assert a["item"] == ots["item"] is not None
    assert a["belongs_together_with"] == [{"file": ots["id"], "aip": answer.json["aips"][0], "path": "a.jpg.ots"}]
    assert (b["item"], b["belongs_together_with"]) == (None, [])
    item = place("show", str(a["item"]), "--json").json
    assert [file["path"] for file in item["files"]] == ["a.jpg", "a.jpg.ots"]
    assert "a.jpg.ots" in place("show", str(a["id"])).out


def test_items_survive_the_loss_of_the_catalogue(place: Place, tmp_path: Path) -> None:
    place.ingest(write(tmp_path / "d", {"a.jpg": b"a", "a.jpg.ots": b"o"}))
    before, digest = shown(place, "a.jpg"), place("catalogue", "digest", "--json").json
    again = Place(tmp_path / "again")
    assert again("catalogue", "rebuild", "--from", tmp_path / "second").code == 0
    assert shown(again, "a.jpg") == before
    assert again("catalogue", "digest", "--json").json == digest


def test_one_that_cannot_be_read_comes_later_under_the_same_item(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    delivery = write(tmp_path / "d", {"a.jpg": b"a", "a.jpg.ots": b"o", "a.json": b"{}"})
    with monkeypatch.context() as patch:
        with_opener(patch, Failing(errno.EIO, b"a.jpg"))
        first = place.ingest(delivery)
        assert (first.json["pending"], first.json["state"]) == (1, "open")
    second = place.ingest(delivery)
    assert (second.json["pending"], second.json["state"]) == (0, "closed")
    assert sorted(map(len, filled(place, second))) == [1, 2]
    jpg = shown(place, "a.jpg")
    assert jpg["item"] == shown(place, "a.json")["item"]
    assert {other["path"] for other in jpg["belongs_together_with"]} == {"a.jpg.ots", "a.json"}  # type: ignore[attr-defined]


def test_a_side_car_that_comes_after_its_file_was_sealed_is_told(place: Place, tmp_path: Path) -> None:
    delivery = write(tmp_path / "d", {"a.jpg": b"a", "a.json": b"{}", "b.jpg": b"b"})
    accession = place.ingest(delivery).json["accession"]
    write(delivery, {"a.jpg.ots": b"o", "b.jpg.ots": b"o2"})
    answer = place.ingest(delivery, "--accession", accession)
    assert answer.json["accepted"] == 5
    assert answer.subjects("item-came-apart") == ["a.jpg.ots", "b.jpg.ots"]
    assert "belongs to a.jpg, which was received before" in answer.found("item-came-apart")[0]["message"]
    assert shown(place, "a.jpg.ots")["item"] == shown(place, "a.jpg")["item"]


def test_programs_that_mark_their_folders_are_known(place: Place, tmp_path: Path) -> None:
    place.set(max_files=4)
    digits = [f"{number:024x}" for number in range(3)]
    proof = "ab" * 32
    capture = [f"one/{digits[0]}.html", f"one/{digits[1]}.mp4", f"one/{digits[2]}.tsr"]
    export = [f"two/{proof}.proof.json", f"two/{proof}.asc", "two/photo.jpg", "two/pubkey.asc"]
    names = ["0.txt", *capture, *export, "z.txt"]
    answer = place.ingest(write(tmp_path / "d", {name: name.encode() for name in names}))
    packages = filled(place, answer)
    assert any(set(capture) <= package for package in packages)
    assert set(export) in packages
    assert len({shown(place, name)["item"] for name in export}) == 1


def test_links_folders_and_odd_things_belong_to_nothing(place: Place, tmp_path: Path) -> None:
    delivery = write(tmp_path / "d", {"a.json": b"{}", "b.jpg": b"b", "c/x": b"x"})
    (delivery / "a.jpg").symlink_to("b.jpg")
    (delivery / "b.jpg.ots").mkdir()
    (delivery / "c.json").write_text("{ }")
    answer = place.ingest(delivery)
    assert answer.json["accepted"] == 4
    for name in ("a.json", "b.jpg", "c/x", "c.json"):
        assert shown(place, name)["item"] is None


def test_a_survey_counts_items(tmp_path: Path) -> None:
    from ingest_support import command

    delivery = write(tmp_path / "d", {"a.jpg": b"a", "a.jpg.ots": b"o", "sub/a.json": b"{}", "b.txt": b"b"})
    seen = command("survey", delivery, "--json").json
    assert (seen["files"], seen["items"]) == (4, 3)
    assert "4 files in 3 items" in command("survey", delivery).out
