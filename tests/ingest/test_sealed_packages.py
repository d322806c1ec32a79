"""Every package of the shared delivery at every location, judged by other people's tools and by the schemas."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from ingest_support import LOCATIONS, premis_of

from archive.bags.validation import validate
from archive.storage.directory import DirectoryReader
from premis.model import Event, IntellectualEntity
from premis.validation import Schemas, check_premis, check_references
from premis.validation import validate as validate_xml

if TYPE_CHECKING:
    from conftest import SharedIngest

DOCUMENTATION = "data/documentation"


@pytest.fixture(scope="module")
def bags(shared_ingest: SharedIngest) -> list[Path]:
    found = shared_ingest.place.replicas()
    assert len(found) == len(shared_ingest.place.packages()) * len(LOCATIONS) == 6
    return found


def check_list(tool: str, manifest: str, bag: Path) -> None:
    done = subprocess.run([tool, "-c", "--quiet", manifest], cwd=bag, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{bag}: {done.stdout}{done.stderr}"


def test_bagit_python_finds_every_replica_valid(bags: list[Path]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bagit", "--validate", *map(str, bags)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_sha256sum_finds_every_replica_right(bags: list[Path]) -> None:
    for bag in bags:
        check_list("sha256sum", "manifest-sha256.txt", bag)
        check_list("sha256sum", "tagmanifest-sha256.txt", bag)


@pytest.mark.skipif(shutil.which("b3sum") is None, reason="b3sum is missing: apt-get install b3sum")
def test_b3sum_finds_every_replica_right(bags: list[Path]) -> None:
    for bag in bags:
        check_list("b3sum", "manifest-blake3.txt", bag)


def test_our_own_validator_finds_nothing_at_all(bags: list[Path]) -> None:
    for bag in bags:
        verdict = validate(DirectoryReader(bag))
        assert verdict.valid
        assert not verdict.findings


def test_the_replicas_are_alike_to_the_last_name(bags: list[Path]) -> None:
    by_package: dict[str, list[dict[str, bytes]]] = {}
    for bag in bags:
        files = {str(p.relative_to(bag)): p.read_bytes() for p in bag.rglob("*") if p.is_file()}
        by_package.setdefault(bag.name, []).append(files)
    for replicas in by_package.values():
        assert len(replicas) == 3
        assert replicas[0] == replicas[1] == replicas[2]


def test_every_xml_document_of_ours_is_valid(bags: list[Path], shared: Path) -> None:
    extension = bags[0] / "data/schemas/evidence-extension-1.xsd"
    schemas = Schemas(shared / "standards", extensions=[extension])
    documents = [path for bag in bags for name in ("METS.xml", "premis.xml") for path in bag.rglob(name)]
    own = [path for path in documents if "original/data" not in str(path)]
    assert len(own) == 3 * (4 + 2)
    for path in own:
        assert validate_xml(path, schemas) == []
        if path.name == "premis.xml":
            assert extension.read_bytes() == (bags[0] / "data/schemas" / extension.name).read_bytes()


def test_every_reference_resolves_and_is_true(shared_ingest: SharedIngest, bags: list[Path]) -> None:
    for bag in bags:
        # an accession package speaks of its AIPs, which are other packages
        others = [
            entity.identifiers[0]
            for aip in shared_ingest.answer.json["aips"]
            for entity in entities_of(aip, shared_ingest)
        ]
        known = others if bag.name == shared_ingest.answer.json["accession_package"] else []
        assert check_references(bag / "data", bag / "data/METS.xml", known=known) == []


def entities_of(aip: str, shared_ingest: SharedIngest) -> list[IntellectualEntity]:
    path = shared_ingest.place.bag(aip) / "data/metadata/preservation/premis.xml"
    return [entity for entity in premis_of(path) if isinstance(entity, IntellectualEntity)]


def test_every_premis_document_stands_by_itself(shared_ingest: SharedIngest) -> None:
    for aip in shared_ingest.answer.json["aips"]:
        bag = shared_ingest.place.bag(aip)
        assert check_premis(bag / "data/metadata/preservation/premis.xml") == []
        assert check_premis(bag / "data/representations/original/metadata/preservation/premis.xml") == []
        kinds = [
            entity for entity in premis_of(bag / "data/metadata/preservation/premis.xml") if isinstance(entity, Event)
        ]
        assert kinds


def test_items_hold_the_rows_of_this_package_only(shared_ingest: SharedIngest) -> None:
    with open(shared_ingest.metadata, encoding="utf-8-sig", newline="") as file:
        delivered = list(csv.reader(file, delimiter=";"))
    for aip in shared_ingest.answer.json["aips"]:
        bag = shared_ingest.place.bag(aip)
        text = (bag / "data/metadata/descriptive/items.csv").read_text("utf-8")
        items = list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))
        assert items[0] == [cell.strip() for cell in delivered[0]]
        assert sorted(items[1:]) == sorted(row for row in delivered[1:] if "нет такого файла" not in row[0])
        assert "нет такого файла" not in text


def test_the_accession_package_holds_the_papers_as_received_and_no_content(shared_ingest: SharedIngest) -> None:
    bag = shared_ingest.place.bag(shared_ingest.answer.json["accession_package"])
    files = {str(path.relative_to(bag)) for path in bag.rglob("*") if path.is_file()}
    assert files == {
        "bagit.txt",
        "bag-info.txt",
        "README.txt",
        "manifest-sha256.txt",
        "manifest-blake3.txt",
        "tagmanifest-sha256.txt",
        "data/METS.xml",
        "data/metadata/preservation/premis.xml",
        "data/metadata/descriptive/dc.xml",
        "data/schemas/evidence-extension-1.xsd",
        f"{DOCUMENTATION}/README.txt",
        f"{DOCUMENTATION}/listing.jsonl",
        f"{DOCUMENTATION}/receipt.csv",
        f"{DOCUMENTATION}/packages.csv",
        f"{DOCUMENTATION}/findings.json",
        f"{DOCUMENTATION}/submission/metadata.csv",
    }
    submitted = (bag / DOCUMENTATION / "submission/metadata.csv").read_bytes()
    assert submitted == shared_ingest.metadata.read_bytes()
    delivered = {
        hashlib.sha256(Path(folder, name).read_bytes()).hexdigest()
        for folder, _, names in os.walk(shared_ingest.delivery)
        for name in names
    }
    assert not delivered & {hashlib.sha256((bag / file).read_bytes()).hexdigest() for file in files}


def test_the_list_of_packages_pins_each_one(shared_ingest: SharedIngest) -> None:
    place = shared_ingest.place
    bag = place.bag(shared_ingest.answer.json["accession_package"])
    with open(bag / DOCUMENTATION / "packages.csv", encoding="utf-8", newline="") as file:
        members = list(csv.DictReader(file))
    assert [member["package"] for member in members] == shared_ingest.answer.json["aips"]
    for member in members:
        aip = place.bag(member["package"])
        payload = [path for path in (aip / "data").rglob("*") if path.is_file()]
        tagmanifest = (aip / "tagmanifest-sha256.txt").read_bytes()
        assert member["tagmanifest_sha256"] == hashlib.sha256(tagmanifest).hexdigest()
        assert int(member["payload_files"]) == len(payload)
        assert int(member["payload_bytes"]) == sum(path.stat().st_size for path in payload)


def test_the_receipt_has_a_line_for_every_file(shared_ingest: SharedIngest) -> None:
    text = shared_ingest.place.receipt(shared_ingest.answer)
    lines = list(csv.DictReader(io.StringIO(text, newline="")))
    assert len(lines) == 622
    assert {line["package"] for line in lines} == set(shared_ingest.answer.json["aips"])
    for line in lines[::50]:
        data = (shared_ingest.delivery / line["path"]).read_bytes()
        assert (line["sha256"], int(line["size"])) == (hashlib.sha256(data).hexdigest(), len(data))


def test_nothing_is_left_in_staging_and_no_package_is_half_visible(shared_ingest: SharedIngest) -> None:
    place = shared_ingest.place
    assert place.staging() == []
    for root in (place.home / "store", place.home.parent / "second", place.home.parent / "third"):
        assert not (root / ".incoming").exists() or not any((root / ".incoming").iterdir())
        names = {path.name for path in root.glob("??/*")}
        assert names == {package["id"] for package in place.packages()}
