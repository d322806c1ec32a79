"""Files with side-cars, stated rights and other headings: a deletion forgets one and keeps the word about others."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from approvals_support import Sample, copy_of, deliver

from premis.model import File, IntellectualEntity, RightsStatement
from premis.reader import read_premis

PREMIS = "data/representations/original/metadata/preservation/premis.xml"
FILES = {
    "one/a.jpg": b"a photograph",
    "one/a.jpg.ots": b"its stamp",
    "one/a.json": b'{"its": "description"}',
    "one/b.jpg": b"another photograph",
    "one/b.jpg.sig": b"its signature",
}
TABLE = "Файл;Основание;Согласие;Заметка\none/a.jpg;consent;CF-1;x\none/b.jpg;consent;CF-1;y\n"
MAP = 'path = "Файл"\nrights_basis = "Основание"\nconsent_ref = "Согласие"\n'


@pytest.fixture(scope="module")
def held(template: Sample, tmp_path_factory: pytest.TempPathFactory) -> Sample:
    root = tmp_path_factory.mktemp("items")
    sample = copy_of(template, root / "copy")
    (root / "t.csv").write_text(TABLE, encoding="utf-8")
    (root / "m.toml").write_text(MAP, encoding="utf-8")
    sample.done("consent", "add", "CF-1", "--given", "2020-09-01", "--scope", "court")
    words = ("--producer", "viasna", "--metadata", root / "t.csv", "--metadata-map", root / "m.toml")
    sample.done("ingest", deliver(root / "d", FILES), *words)
    return sample


@pytest.fixture
def sample(held: Sample, tmp_path: Path) -> Sample:
    return copy_of(held, tmp_path / "copy")


def premis(sample: Sample, package: str) -> list[object]:
    return list(read_premis(sample.bag("store", package) / PREMIS))


def test_the_item_lives_on_without_the_file_that_is_gone(sample: Sample) -> None:
    before = sample.done("show", sample.file("one/a.jpg")["id"])
    assert len(before["belongs_together_with"]) == 2
    sample.delete(sample.file("one/a.json")["id"])
    after = sample.done("show", sample.file("one/a.jpg")["id"])
    assert after["item"] == before["item"]
    assert after["aip"] != before["aip"]
    assert after["belongs_together_with"] == [
        {"file": sample.file("one/a.jpg.ots")["id"], "aip": after["aip"], "path": "one/a.jpg.ots"}
    ]
    assert after["rights_today"] == before["rights_today"] == "to court"
    entities = premis(sample, after["aip"])
    items = {e.identifiers[0].value: e for e in entities if isinstance(e, IntellectualEntity)}
    parts = {o.identifier.value for o in items[after["item"]].relationships[0].related_objects}
    assert parts == {sample.file(name)["id"] for name in ("one/a.jpg", "one/a.jpg.ots")}
    (rights,) = [e for e in entities if isinstance(e, RightsStatement)]
    assert {link.identifier for link in rights.objects} == {e.identifiers[0] for e in entities if isinstance(e, File)}
    assert sample.done("audit")["findings"] == []


def test_what_rests_on_a_consent_is_told_by_the_packages_that_are_held(sample: Sample) -> None:
    old = sample.file("one/a.jpg")["aip"]
    assert sample.done("consent", "show", "CF-1")["packages"] == [{"package": old, "files": 5}]
    sample.delete(*(sample.file(name)["id"] for name in ("one/a.jpg", "one/a.jpg.ots", "one/a.json")))
    new = sample.file("one/b.jpg")["aip"]
    assert sample.done("consent", "show", "CF-1")["packages"] == [{"package": new, "files": 2}]
    table = (sample.bag("second", new) / "data/metadata/descriptive/items.csv").read_text("utf-8")
    assert list(csv.reader(io.StringIO(table), delimiter=";"))[1:] == [["one/b.jpg", "consent", "CF-1", "y"]]
    columns = (sample.bag("second", new) / "data/metadata/descriptive/columns.csv").read_text("utf-8")
    assert "path,Файл" in columns
    assert sample.done("catalogue", "digest")


def test_the_catalogue_made_again_says_the_same(sample: Sample, tmp_path: Path) -> None:
    sample.delete(sample.file("one/b.jpg.sig")["id"])
    digest = sample.digest()
    again = Sample(tmp_path / "again")
    assert again.done("catalogue", "rebuild", "--from", sample.location("third"), actor=None)["digest"] == digest
