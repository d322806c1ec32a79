"""Deletion by two persons: what goes is gone everywhere, what stays is as it was, and the numbers tell it."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from approvals_support import (
    FILES,
    LOCATIONS,
    PERSON,
    SECRET_WORDS,
    Sample,
    command,
    copy_of,
    deliver,
    everything_at,
)

from archive import assembly
from archive.bags.second_opinion import second_opinion
from archive.bags.validation import validate
from archive.errors import ExitCode
from archive.ingest.delivery import ingest
from archive.model.records import TombstoneRecord
from archive.progress import Silent
from archive.storage.directory import DirectoryReader
from archive.storage.reading import open_quietly
from premis.model import Event, IntellectualEntity
from premis.reader import read_premis


def packages_at(sample: Sample, location: str) -> set[str]:
    return {path.name for path in sample.location(location).glob("??/*")}


def rebuilt(home: Path, source: Path) -> dict[str, Any]:
    made = command("--archive", home, "catalogue", "rebuild", "--from", source, "--json")
    assert made.code == 0, made.err
    return made.json


def standing_of(sample: Sample) -> dict[str, int]:
    status = sample.done("status")
    return {name: status[name] for name in ("received", "accepted", "duplicate", "deaccessioned", "removals_due")}


@pytest.fixture(scope="module")
def deleted(template: Sample, tmp_path_factory: pytest.TempPathFactory) -> tuple[Sample, dict[str, object]]:
    """The archive after the testimony of one person was deleted, and how it was before. Tests here only look."""
    sample = copy_of(template, tmp_path_factory.mktemp("deleted") / "copy")
    before: dict[str, object] = {
        "aip": sample.aip,
        "papers": sample.papers,
        "file": sample.file(PERSON),
        "kept": {name: sample.file(name) for name in FILES if name != PERSON},
        "content": sample.content("second", sample.aip),
        "size": sample.size(),
        "times": {
            path.name: path.stat().st_mtime_ns for path in sample.bag("third", sample.aip).rglob("*") if path.is_file()
        },
    }
    before["request"] = sample.delete(sample.file(PERSON)["id"])
    return sample, before


def test_the_old_package_is_gone_from_every_location_and_the_remainder_is_at_each(deleted) -> None:
    sample, before = deleted
    for name in LOCATIONS:
        assert packages_at(sample, name) == {sample.aip, sample.papers}, name
        assert before["aip"] not in packages_at(sample, name)
    assert {replica["state"] for package in sample.packages() for replica in package["replicas"]} == {"ok"}
    assert all(len(package["replicas"]) == 3 for package in sample.packages())


def test_the_files_that_stay_are_the_same_to_the_last_octet_name_and_time(deleted) -> None:
    sample, before = deleted
    for name in LOCATIONS:
        content = sample.content(name, sample.aip)
        assert content == {path: data for path, data in before["content"].items() if path != PERSON}
        for path in sample.bag(name, sample.aip).rglob("*"):
            if path.is_file() and "original/data" in path.as_posix():
                assert path.stat().st_mtime_ns == before["times"][path.name]


def test_name_digest_and_table_row_of_the_person_are_nowhere_at_any_location(deleted) -> None:
    """Only the private lines of the log still tell; the same bytes delivered twice stay as the other file."""
    sample, before = deleted
    needles = [PERSON.encode(), base64.b64encode(PERSON.encode()), b"about 3", str(before["file"]["id"]).encode()]
    for name in LOCATIONS:
        for path, data in everything_at(sample.location(name)).items():
            if path.startswith("custody/private/"):
                continue
            assert PERSON not in path, path
            for needle in needles[:-1] if path.startswith("custody/openings/") else needles:  # identifiers stay there
                assert needle not in data, (path, needle)
    leftovers = everything_at(sample.home / "deaccession") if (sample.home / "deaccession").exists() else {}
    assert leftovers == {}


def test_a_duplicate_of_the_deleted_bytes_is_held_as_it_was(deleted) -> None:
    sample, _ = deleted
    twin = sample.file("twin.txt")
    assert twin["deaccessioned_at"] is None
    assert twin["outcome"] in ("accepted", "duplicate")
    assert sample.content("third", twin["aip"])["twin.txt"] == SECRET_WORDS


def test_the_numbers_add_up_minus_what_was_deaccessioned(deleted) -> None:
    sample, _ = deleted
    assert standing_of(sample) == {
        "received": 6,
        "accepted": 5,
        "duplicate": 1,
        "deaccessioned": 1,
        "removals_due": 0,
    }
    shown = sample.done("show", sample.accession)
    assert (shown["received"], shown["deaccessioned"]) == (6, 1)
    assert "minus deaccessioned 1" in sample.run("status").out
    assert "deletion list" in sample.run("list").out


def test_show_find_and_explain_tell_that_it_was_deaccessioned(deleted) -> None:
    sample, before = deleted
    file, request = before["file"], before["request"]
    assert sample.file(PERSON)["deaccessioned_at"] is not None
    assert "deaccessioned" in sample.run("find", PERSON).out
    assert sample.done("show", file["id"])["deaccessioned_at"]
    life = sample.done("explain", file["id"])
    assert any("The file was deaccessioned on request" in sentence["text"] for sentence in life["sentences"])
    assert any("held no more" in line for line in life["now"])
    stone = sample.done("show", before["aip"])
    assert (stone["state"], stone["request"], stone["files_deleted"]) == ("deaccessioned", request, 1)
    assert stone["remainder"] == sample.aip
    assert {replica["state"] for replica in stone["replicas"]} == {"removed"}
    assert any("1 files of package" in s["text"] for s in sample.done("explain", before["aip"])["sentences"])
    listed = sample.done("deletion", "list")["tombstones"]
    assert [(row["package"], row["files"]) for row in listed] == [(before["aip"], 1), (before["papers"], 0)]


def test_the_life_of_a_file_that_stays_goes_on_from_the_old_package_to_the_new(deleted) -> None:
    sample, _ = deleted
    life = sample.done("explain", sample.file("one.txt")["id"])
    told = " ".join(sentence["text"] for sentence in life["sentences"])
    assert "was received in accession" in told
    assert f"sealed anew as package {sample.aip}" in told
    assert sum("The package was sealed with" in sentence["text"] for sentence in life["sentences"]) == 2


def test_the_tombstone_tells_identifiers_and_numbers_only(deleted) -> None:
    sample, before = deleted
    first, second = (record for record in sample.records("tombstone") if isinstance(record, TombstoneRecord))
    assert first.files == (before["file"]["id"],)
    assert (first.package, first.remainder, first.bytes) == (before["aip"], sample.aip, len(SECRET_WORDS))
    assert (second.package, second.remainder, second.files) == (before["papers"], sample.papers, ())
    for record in (first, second):
        text = repr(record)
        assert PERSON not in text and before["file"]["sha256"] not in text


def test_the_receipt_stays_in_the_log_and_proves_itself(deleted) -> None:
    sample, before = deleted
    with assembly.reading(sample.home) as archive:
        log = archive.holdings.log
        assert log.verify() == []
        row = archive.holdings.catalogue.file(before["file"]["id"])
        record = log.record(row.leaf)
    assert (record.kind, record.name, record.sha256) == ("receipt", PERSON.encode(), before["file"]["sha256"])


def test_the_remainder_is_a_package_in_the_eyes_of_everybody(deleted) -> None:
    sample, _ = deleted
    for package in (sample.aip, sample.papers):
        bag = sample.bag("second", package)
        verdict = validate(DirectoryReader(bag))
        assert verdict.valid and not verdict.findings
        assert second_opinion(bag) == []
        for document in sorted(bag.glob("data/**/*.xml")):
            kind = {"premis.xml": "premis", "METS.xml": "mets"}.get(document.name)
            if kind is not None:
                judged = command(kind, "validate", document, "--archive", sample.home, "--json")
                told = {finding["code"] for finding in judged.json["findings"] if finding["severity"] != "info"}
                # Papers have always named their packages as parts, which are other packages.
                assert told <= ({"link-unresolved"} if package == sample.papers else set()), (document, told)


def test_the_remainder_is_valid_by_the_official_schemas(deleted, shared: Path) -> None:
    sample, _ = deleted
    schemas = next(path for path in (shared / "standards").rglob("premis*.xsd")).parent
    installed = sample.root / "schemas"
    if not installed.exists():
        installed.mkdir()
        for path in (shared / "standards").rglob("*.xsd"):
            shutil.copy(path, installed)
    assert schemas.is_dir()
    for package in (sample.aip, sample.papers):
        for document in sorted(sample.bag("second", package).glob("data/**/*.xml")):
            kind = {"premis.xml": "premis", "METS.xml": "mets"}.get(document.name)
            if kind is not None:
                judged = command(kind, "validate", document, "--schemas", installed, "--json").json
                assert judged["valid"], (document, judged["findings"])


def premis_of(sample: Sample, package: str) -> list[object]:
    return list(read_premis(sample.bag("store", package) / "data/metadata/preservation/premis.xml"))


def test_premis_tells_the_derivation_the_source_and_the_authority(deleted) -> None:
    sample, before = deleted
    for package, source in ((sample.aip, before["aip"]), (sample.papers, before["papers"])):
        entities = premis_of(sample, package)
        (new,) = [e for e in entities if isinstance(e, IntellectualEntity) and e.identifiers[0].value == package]
        derivation = next(r for r in new.relationships if r.type.value == "derivation")
        assert derivation.sub_type.value == "has Source"
        assert [other.identifier.value for other in derivation.related_objects] == [source]
        (event,) = [e for e in entities if isinstance(e, Event) and e.type.value == "deaccession"]
        with assembly.reading(sample.home) as archive:
            sealed = archive.holdings.catalogue.package(source)
        assert sealed.tagmanifest_sha256 in str(event.details)
        assert str(before["request"]) in str(event.details)
        authorizers = {a.identifier.value for a in event.agents if a.roles[0].value == "authorizer"}
        assert authorizers == {"agent:anna", "agent:boris"}
        linked = {link.identifier.value: link.roles[0].value for link in event.objects}
        assert linked == {source: "source", package: "outcome"}
        told = [e.type.value for e in entities if isinstance(e, Event)]
        if package == sample.aip:
            assert told.count("ingestion") == 1 and told.count("information package creation") == 2


def test_every_reference_in_the_new_premis_leads_somewhere(deleted) -> None:
    sample, before = deleted
    base = sample.bag("store", sample.aip)
    for document in base.rglob("premis.xml"):
        entities = list(read_premis(document))
        known = {i.value for e in entities if not isinstance(e, Event) for i in getattr(e, "identifiers", ())}
        for entity in entities:
            for link in getattr(entity, "objects", ()):
                assert link.identifier.value in known, document
        assert str(before["file"]["id"]) not in document.read_text()


def test_papers_keep_one_line_for_each_delivered_file(deleted) -> None:
    sample, _ = deleted
    base = sample.bag("third", sample.papers) / "data/documentation"
    rows = list(csv.DictReader(io.StringIO((base / "receipt.csv").read_text("utf-8"))))
    assert len(rows) == 6
    assert [row for row in rows if row["outcome"] == "deaccessioned"] == [rows[-1]]
    assert {row["package"] for row in rows[:-1]} == {sample.aip}
    listed = [json.loads(line) for line in (base / "listing.jsonl").read_text("utf-8").splitlines()]
    assert sum("deaccessioned" in entry for entry in listed) == 1
    assert sum("file" in entry for entry in listed) == 5
    table = list(csv.reader(io.StringIO((base / "submission/table.csv").read_text("utf-8")), delimiter=";"))
    assert [row[0] for row in table] == ["path", *(name for name in FILES if name != PERSON)]
    members = list(csv.DictReader(io.StringIO((base / "packages.csv").read_text("utf-8"))))
    pinned = hashlib.sha256((sample.bag("third", sample.aip) / "tagmanifest-sha256.txt").read_bytes()).hexdigest()
    assert [(row["package"], row["tagmanifest_sha256"]) for row in members] == [(sample.aip, pinned)]
    assert "Received 6 = accepted 5 + duplicate 1" in (base / "README.txt").read_text("utf-8")


def test_items_keep_the_rows_of_the_files_that_stay(deleted) -> None:
    sample, _ = deleted
    items = (sample.bag("second", sample.aip) / "data/metadata/descriptive/items.csv").read_text("utf-8")
    assert sorted(row[0] for row in csv.reader(io.StringIO(items), delimiter=";")) == sorted(
        ["path", *(name for name in FILES if name != PERSON)]
    )


def test_what_the_files_are_goes_with_them(deleted) -> None:
    sample, before = deleted
    with assembly.reading(sample.home) as archive:
        catalogue = archive.holdings.catalogue
        assert {row.file for row in catalogue.file_formats(sample.aip)} == {
            file["id"] for file in before["kept"].values()
        }
        assert sum(held.files for held in catalogue.format_holdings()) == 5
        assert catalogue.identification(sample.aip) is not None


def test_an_audit_finds_everything_right(deleted) -> None:
    sample, _ = deleted
    told = sample.done("audit")
    assert told["ok"] == told["files"] > 0
    assert told["findings"] == []


@pytest.mark.parametrize("name", LOCATIONS)
def test_each_location_alone_gives_an_equal_archive(deleted, tmp_path: Path, name: str) -> None:
    sample, _ = deleted
    made = rebuilt(tmp_path / "new", sample.location(name))
    assert made["digest"] == sample.digest()
    assert (made["packages"], made["here"], made["unrecorded"]) == (2, 2, [])


def test_a_handover_holds_the_remainder_and_checks_out(deleted, tmp_path: Path) -> None:
    sample = copy_of(deleted[0], tmp_path / "copy")
    sample.done("handover", "plan", "--recipient", "OHCHR")
    frozen = sample.done("handover", "freeze")
    assert frozen["packages"] == 2
    request = sample.agreed("handover", "request", reason="handover")
    sample.done("handover", "volume", "1", tmp_path / "volume")
    sums = (tmp_path / "volume/SHA256SUMS").read_text("utf-8").splitlines()
    for line in sums:
        digest, path = line.split("  ", 1)
        assert hashlib.sha256((tmp_path / "volume" / path).read_bytes()).hexdigest() == digest
    assert not any(str(deleted[1]["aip"]) in line for line in sums)
    (shown,) = [r for r in sample.done("approvals", "list")["requests"] if r["request"] == request]
    assert shown["state"] == "done"


def test_a_volume_of_a_handover_frozen_before_a_deletion_is_refused(sample: Sample, tmp_path: Path) -> None:
    sample.done("handover", "plan", "--recipient", "OHCHR")
    sample.done("handover", "freeze")
    sample.agreed("handover", "request", reason="handover")
    sample.delete(sample.file(PERSON)["id"])
    refused = sample.run("handover", "volume", "1", tmp_path / "volume")
    assert (refused.code, "deaccessioned since" in refused.err) == (ExitCode.FAILED, True)


def test_a_second_deletion_divides_the_remainder_again(sample: Sample) -> None:
    first = sample.aip
    sample.delete(sample.file(PERSON)["id"])
    second = sample.aip
    sample.delete(sample.file("one.txt")["id"])
    assert len({first, second, sample.aip}) == 3
    assert set(sample.content("second", sample.aip)) == {
        path for path in sample.content("third", sample.aip) if path not in (PERSON, "one.txt")
    }
    assert len(sample.content("store", sample.aip)) == 4
    assert standing_of(sample)["deaccessioned"] == 2
    entities = premis_of(sample, sample.aip)
    assert [e.type.value for e in entities if isinstance(e, Event)].count("deaccession") == 2
    assert {e.identifiers[0].value for e in entities if isinstance(e, IntellectualEntity)} == {
        first,
        second,
        sample.aip,
    }
    life = sample.done("explain", sample.file("twin.txt")["id"])
    assert sum("The package was sealed with" in sentence["text"] for sentence in life["sentences"]) == 3
    assert sample.done("approvals", "check")["allowed"]
    assert sample.done("audit")["findings"] == []


def test_a_whole_package_leaves_no_remainder(sample: Sample) -> None:
    aip = sample.aip
    sample.delete(aip)
    assert sample.packages("aip") == []
    assert standing_of(sample)["deaccessioned"] == 6
    for name in LOCATIONS:
        assert packages_at(sample, name) == {sample.papers}
        assert not any(SECRET_WORDS in data for data in everything_at(sample.location(name)).values())
    assert sample.done("show", aip)["remainder"] is None
    assert sample.done("audit")["findings"] == []


def test_a_whole_accession_goes_with_its_papers(sample: Sample) -> None:
    accession = sample.accession
    refused = sample.run("deletion", "request", sample.papers, "--reason", "r", "--key", "anna")
    assert (refused.code, "holds the papers" in refused.err) == (2, True)
    sample.delete(accession)
    assert sample.packages() == []
    for name in LOCATIONS:
        assert packages_at(sample, name) == set()
    assert sample.done("show", accession)["deaccessioned"] == 6
    assert sample.run("deletion", "request", accession, "--reason", "r", "--key", "anna").code == 2
    assert sample.done("approvals", "check")["allowed"]


def test_papers_are_left_as_they_are_where_that_is_asked_for(sample: Sample) -> None:
    papers = sample.papers
    request = sample.agreed("deletion", "request", sample.file(PERSON)["id"], "--keep-papers")
    sample.done("carry-out", request)
    assert sample.papers == papers
    assert PERSON in (sample.bag("second", papers) / "data/documentation/receipt.csv").read_text("utf-8")


def test_other_accessions_lose_nothing_and_the_bytes_can_be_received_again(sample: Sample, tmp_path: Path) -> None:
    """Bytes are stored for each accession; the receipt of the later one stays a duplicate, as it was received."""
    later = deliver(tmp_path / "later", {"copy.txt": SECRET_WORDS})
    taken = sample.done("ingest", later, "--producer", "other", actor="anna")
    assert (taken["duplicate"], taken["accepted"]) == (1, 0)
    sample.delete(sample.file(PERSON)["id"], sample.file("twin.txt")["id"])
    (package,) = taken["aips"]
    for name in LOCATIONS:
        assert sample.content(name, package) == {"copy.txt": SECRET_WORDS}
    assert sample.file("copy.txt")["outcome"] == "duplicate"
    sample.delete(package)
    again = deliver(tmp_path / "again", {"copy.txt": SECRET_WORDS})
    assert sample.done("ingest", again, "--producer", "other")["accepted"] == 1, "nothing of it is held any more"
    assert sample.done("audit")["findings"] == []


def test_the_same_delivery_given_again_does_not_bring_back_what_was_deleted(sample: Sample) -> None:
    sample.delete(sample.file(PERSON)["id"])
    source = Path(sample.done("show", sample.accession)["source"])
    again = sample.done("ingest", source, "--producer", "viasna", "--metadata", source.parent / "table.csv")
    assert again["accession"] == sample.accession
    assert standing_of(sample)["received"] == 6
    assert PERSON not in sample.content("store", sample.aip)


def test_an_offline_location_is_cleared_when_it_comes_back(sample: Sample) -> None:
    aip, papers = sample.aip, sample.papers
    sample.set("required", 2)
    lowered = sample.agreed("policy", "request", reason="two are enough meanwhile")
    sample.done("carry-out", lowered)
    request = sample.agreed("deletion", "request", sample.file(PERSON)["id"])
    with sample.away("third"):
        told = sample.done("carry-out", request, code=ExitCode.NEEDS_PERSON)
        assert {finding["code"] for finding in told["findings"]} == {"replica-not-stored", "removal-due"}
        assert packages_at(sample, "store") == packages_at(sample, "second") == {sample.aip, sample.papers}
        assert standing_of(sample)["removals_due"] == 2
        assert "Still to be removed: 2" in sample.run("status").out
        rows = sample.done("deletion", "list")["tombstones"]
        assert [row["removals_due"] for row in rows] == [["third"], ["third"]]
        assert sample.done("show", aip)["replicas"][1] == {"location": "store", "state": "removed"}
    assert packages_at(sample, "third") == {aip, papers}, "nothing happened to it while it was away"
    told = sample.done("replicate")
    assert (told["stored"], told["removed"], told["findings"]) == (2, 2, [])
    assert packages_at(sample, "third") == {sample.aip, sample.papers}
    assert standing_of(sample)["removals_due"] == 0
    assert sample.done("audit")["findings"] == []
    made = command(
        "--archive", sample.root / "new", "catalogue", "rebuild", "--from", sample.location("third"), "--json"
    )
    assert made.json["digest"] == sample.digest()


def test_the_scheduler_removes_what_is_due_by_itself(sample: Sample) -> None:
    sample.set("required", 2)
    sample.done("carry-out", sample.agreed("policy", "request", reason="r"))
    request = sample.agreed("deletion", "request", sample.aip)
    with sample.away("second"):
        sample.done("carry-out", request, code=ExitCode.NEEDS_PERSON)
    assert sample.run("schedule", "--once", actor=None).code == 0
    assert packages_at(sample, "second") == {sample.papers}
    assert [record.location for record in sample.records("removal")].count("second") == 2


def test_a_location_rebuilt_from_while_a_removal_is_due_there_says_so_honestly(sample: Sample) -> None:
    """The location has not heard of the deletion: its own copy of the log ends before it."""
    sample.set("required", 2)
    sample.done("carry-out", sample.agreed("policy", "request", reason="r"))
    request = sample.agreed("deletion", "request", sample.aip)
    with sample.away("third"):
        sample.done("carry-out", request, code=ExitCode.NEEDS_PERSON)
    shutil.copytree(sample.location("third"), sample.root / "old")
    assert rebuilt(sample.root / "new", sample.root / "old")["records"] < sample.size()
    with assembly.changing(sample.home, doing="a test", actor="anna"):
        pass  # the log is copied to the location that is back; nothing is removed by that alone
    told = command(
        *("--archive", sample.root / "new2", "catalogue", "rebuild", "--from", sample.location("third"), "--json")
    )
    assert told.json["unrecorded"] == [], "what is due for removal there is no stranger"
    assert told.json["not_here"] == [sample.papers], "which were divided while the location was away"


def test_too_few_locations_at_hand_and_nothing_is_begun(sample: Sample) -> None:
    request = sample.agreed("deletion", "request", sample.file(PERSON)["id"])
    before = sample.size()
    with sample.away("third"):
        refused = sample.run("carry-out", request)
        assert (refused.code, "must be stored at 3 locations first" in refused.err) == (ExitCode.FAILED, True)
    assert sample.size() == before
    sample.done("carry-out", request)


def test_a_damaged_file_that_stays_is_never_sealed_anew(sample: Sample) -> None:
    request = sample.agreed("deletion", "request", sample.file(PERSON)["id"])
    for name in LOCATIONS:
        victim = sample.bag(name, sample.aip) / "data/representations/original/data/one.txt"
        victim.write_bytes(b"rotten" + victim.read_bytes()[6:])
    before, aip = sample.size(), sample.aip
    refused = sample.run("carry-out", request)
    assert (refused.code, "is not what was sealed" in refused.err) == (ExitCode.FAILED, True)
    assert sample.size() == before
    assert packages_at(sample, "second") == {aip, sample.papers}


def test_a_frozen_copy_forbids_a_deletion(sample: Sample) -> None:
    bag = sample.bag("second", sample.aip)
    target = bag / "data/documentation/codebook.txt"
    target.write_bytes(b"forged")
    for manifest, algorithm in (("manifest-sha256.txt", "sha256"),):
        lines = (bag / manifest).read_text().splitlines()
        forged = hashlib.new(algorithm, b"forged").hexdigest()
        text = "".join(
            (f"{forged}  {line.split('  ', 1)[1]}" if line.endswith("codebook.txt") else line) + "\n" for line in lines
        )
        (bag / manifest).write_text(text)
    assert sample.run("audit").code == ExitCode.DAMAGE
    refused = sample.run("deletion", "request", sample.aip, "--reason", "r", "--key", "anna")
    assert (refused.code, "tampering is suspected" in refused.err) == (ExitCode.FAILED, True)


def test_bytes_that_were_set_aside_go_with_the_package(sample: Sample) -> None:
    victim = sample.bag("second", sample.aip) / "data/representations/original/data" / PERSON
    os.chmod(victim, 0o644)
    victim.write_bytes(SECRET_WORDS.replace("забыть".encode(), "помнить".encode()))
    assert sample.run("audit").code == ExitCode.DAMAGE
    assert "помнить".encode() in b"".join(everything_at(sample.location("second") / "set-aside").values())
    sample.delete(sample.file(PERSON)["id"])
    assert everything_at(sample.location("second") / "set-aside") == {}
    assert not any("помнить".encode() in data for data in everything_at(sample.location("second")).values())


def test_an_open_accession_is_finished_first(sample: Sample, tmp_path: Path) -> None:
    delivery = deliver(tmp_path / "half", {"a.txt": b"a", "b.txt": b"b"})

    def unreadable_b(path: bytes) -> BinaryIO:
        if path.endswith(b"b.txt"):
            raise OSError(5, "Input/output error")
        return open_quietly(path)

    with assembly.changing(sample.home, doing="a test", actor="anna") as archive:
        bench = replace(assembly.ingest_bench(archive, progress=Silent()), open_source=unreadable_b)
        taken = ingest(delivery, producer="p", metadata=None, accession=None, bench=bench)
    assert not taken.closed
    refused = sample.run("deletion", "request", taken.aips[0], "--reason", "r", "--key", "anna")
    assert (refused.code, "not closed yet" in refused.err) == (ExitCode.FAILED, True)
    pending = sample.run("deletion", "request", sample.file("b.txt")["id"], "--reason", "r", "--key", "anna")
    assert (pending.code, "lies in no package" in pending.err) == (2, True)


@pytest.mark.parametrize("wrong", ["nothing", "11111111-1111-4111-8111-111111111111", "../../etc"])
def test_what_is_not_there_cannot_be_deleted(sample: Sample, wrong: str) -> None:
    ran = sample.run("deletion", "request", wrong, "--reason", "r", "--key", "anna")
    assert (ran.code, "nothing here has the identifier" in ran.err) == (2, True)


def test_a_list_that_is_not_true_any_more_is_not_carried_out(sample: Sample) -> None:
    one = sample.agreed("deletion", "request", sample.file("one.txt")["id"])
    sample.delete(sample.file(PERSON)["id"])
    refused = sample.run("carry-out", one)
    assert (refused.code, "held no more" in refused.err) == (ExitCode.FAILED, True)
    assert sample.file("one.txt")["deaccessioned_at"] is None
    gone = sample.run("deletion", "request", sample.file(PERSON)["id"], "--reason", "r", "--key", "anna")
    assert (gone.code, "was deaccessioned on" in gone.err) == (2, True)


def test_a_paper_that_nobody_can_divide_is_named(sample: Sample, tmp_path: Path) -> None:
    """A delivered bag brings papers of its own: lists are divided, a letter and a workbook are for a person to read."""
    bag = deliver(tmp_path / "bag", {"data/one.txt": b"1", "data/witness.txt": b"2"})
    (bag / "bagit.txt").write_text("BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n")
    for algorithm in ("sha256", "md5"):
        lines = [
            f"{hashlib.new(algorithm, path.read_bytes()).hexdigest()}  data/{path.name}\n"
            for path in sorted((bag / "data").iterdir())
        ]
        (bag / f"manifest-{algorithm}.txt").write_text("".join(lines))
    (bag / "letter.txt").write_text("Dear archive, witness.txt is about Anna.\n")
    (bag / "list.xlsx").write_bytes(b"PK\x03\x04\0\0 compressed, so nobody sees what it names\0")
    taken = sample.done("ingest", bag, "--producer", "p")
    request = sample.agreed("deletion", "request", sample.file("witness.txt")["id"])
    told = sample.done("carry-out", request, code=ExitCode.NEEDS_PERSON)
    said = sorted(finding["message"] for finding in told["findings"])
    assert len(said) == 2 and {finding["code"] for finding in told["findings"]} == {"papers-name-it"}
    assert "submission/bag/letter.txt still names a file" in said[0]
    assert "submission/bag/list.xlsx is no plain text" in said[1]
    (papers,) = [p for p in sample.packages("accession-package") if p["accession"] == taken["accession"]]
    base = sample.bag("second", papers["id"]) / "data/documentation/submission/bag"
    for manifest in ("manifest-sha256.txt", "manifest-md5.txt"):
        assert [line.split()[1] for line in (base / manifest).read_text().splitlines()] == ["data/one.txt"]


def test_a_row_about_a_file_that_stays_may_name_one_that_is_gone_and_a_person_is_told(
    sample: Sample, tmp_path: Path
) -> None:
    delivery = deliver(tmp_path / "signed", {"witness.txt": b"1", "other.txt": b"2"})
    (tmp_path / "signed.csv").write_text("path,notes\nwitness.txt,\nother.txt,see witness.txt\n")
    words = ("--producer", "p", "--metadata", tmp_path / "signed.csv")
    taken = sample.done("ingest", delivery, *words)
    request = sample.agreed("deletion", "request", sample.file("witness.txt")["id"])
    told = sample.done("carry-out", request, code=ExitCode.NEEDS_PERSON)
    assert {finding["code"] for finding in told["findings"]} == {"papers-name-it"}
    (package,) = [p for p in sample.packages("aip") if p["accession"] == taken["accession"]]
    items = sample.bag("store", package["id"]) / "data/metadata/descriptive/items.csv"
    assert items.read_text() == "path,notes\nother.txt,see witness.txt\n", "what is said of the other file is its own"
