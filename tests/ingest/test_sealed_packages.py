"""Every package of the shared delivery at every location, judged by other people's tools and by the schemas."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from ingest_support import (
    LOCATIONS,
    assert_bagit_python_agrees,
    assert_documents_are_valid,
    assert_lists_are_right,
    package_identifiers,
    schemas_with_ours,
)

from archive.bags.validation import validate
from archive.storage.directory import DirectoryReader
from premis.validation import check_premis

if TYPE_CHECKING:
    from conftest import SharedIngest

DOCUMENTATION = "data/documentation"


@pytest.fixture(scope="module")
def bags(shared_ingest: SharedIngest) -> list[Path]:
    found = shared_ingest.place.replicas()
    assert len(found) == len(shared_ingest.place.packages()) * len(LOCATIONS) == 6
    return found


def test_bagit_python_finds_every_replica_valid(bags: list[Path]) -> None:
    assert_bagit_python_agrees(bags)


def test_the_lists_of_every_replica_are_right_for_the_tools_recipients_have(bags: list[Path]) -> None:
    for bag in bags:
        assert_lists_are_right(bag)


@pytest.mark.skipif(shutil.which("b3sum") is None, reason="b3sum is missing: apt-get install b3sum")
def test_b3sum_was_there_to_be_asked(bags: list[Path]) -> None:
    done = subprocess.run(["b3sum", "-c", "manifest-blake3.txt"], cwd=bags[0], capture_output=True, check=True)
    assert len(done.stdout.splitlines()) == len((bags[0] / "manifest-blake3.txt").read_bytes().splitlines())


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


def test_every_document_of_ours_is_valid_and_every_reference_true(
    shared_ingest: SharedIngest, bags: list[Path], shared: Path
) -> None:
    schemas = schemas_with_ours(shared, bags[0])
    aips = [shared_ingest.place.bag(aip) for aip in shared_ingest.answer.json["aips"]]
    others = tuple(identifier for aip in aips for identifier in package_identifiers(aip))
    for bag in bags:  # an accession package speaks of its AIPs, which are other packages
        speaks_of = others if bag.name == shared_ingest.answer.json["accession_package"] else ()
        assert_documents_are_valid(bag, schemas, known=speaks_of)


def test_every_premis_document_stands_by_itself(shared_ingest: SharedIngest) -> None:
    for aip in shared_ingest.answer.json["aips"]:
        bag = shared_ingest.place.bag(aip)
        assert check_premis(bag / "data/metadata/preservation/premis.xml") == []
        assert check_premis(bag / "data/representations/original/metadata/preservation/premis.xml") == []


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
        f"{DOCUMENTATION}/malware.csv",
        f"{DOCUMENTATION}/unmatched.csv",
        *(f"{DOCUMENTATION}/receipt.{form}" for form in ("txt", "json", "html")),
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
