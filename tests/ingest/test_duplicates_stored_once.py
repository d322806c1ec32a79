"""Duplicates stored once where that was agreed on: never across accessions, rights or groups, and always told."""

from __future__ import annotations

import csv
import io
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ingest_support import (
    Answer,
    Failing,
    Place,
    add_up,
    assert_bagit_python_agrees,
    assert_documents_are_valid,
    assert_lists_are_right,
    package_identifiers,
    premis_of,
    schemas_with_ours,
    with_opener,
    write,
)

from archive import assembly, handover
from archive.model.identifiers import FileId, new_identifier
from archive.model.packages import Outcome
from archive.model.records import ReferenceRecord
from premis.model import Event
from premis.validation import check_references

ONCE = 'name = "once"\nversion = 1\ntitle = "Once"\n[files]\nduplicates = "reference"\n'
BY_PERSON = (
    "[metadata]\nrequired = true\ncolumns_required = ['path', 'person_code']\n"
    "[packages]\ngroup_by = 'column'\ncolumn = 'person_code'\n"
)


def agree(place: Place, tmp_path: Path, more: str = "", producer: str = "viasna") -> None:
    (tmp_path / "terms.toml").write_text(ONCE + more)
    answer = place("producer", "add", producer, "--profile", tmp_path / "terms.toml")
    assert answer.code == 0, answer.err


def stored(place: Place, answer: Answer) -> list[bytes]:
    """The delivered names of the files that lie in packages, in order."""
    return sorted(file.name for file in place.evidence(answer))


def receipts(place: Place, answer: Answer) -> dict[str, dict[str, str]]:
    return {line["path"]: line for line in csv.DictReader(io.StringIO(place.receipt(answer)))}


def shows(place: Place, identifier: str) -> Any:
    return place("show", identifier, "--json").json


def test_the_bytes_are_stored_once_and_each_receipt_says_where(place: Place, tmp_path: Path) -> None:
    agree(place, tmp_path)
    place.set(max_files=2)
    files: dict[str | bytes, bytes] = {"a": b"alike", "b/b": b"alike", "c": b"other", "z": b"alike", "z2": b"alike"}
    answer = place.ingest(write(tmp_path / "d", files))
    assert (answer.code, answer.json["accepted"], answer.json["duplicate"]) == (0, 2, 3)
    assert add_up(answer)
    assert stored(place, answer) == [b"a", b"c"]
    assert len(answer.json["aips"]) == 1  # the two others would have held nothing
    told = receipts(place, answer)
    holder = told["a"]
    assert holder["bytes_of"] == ""
    for name in ("b/b", "z", "z2"):
        assert told[name]["outcome"] == "duplicate"
        assert (told[name]["bytes_of"], told[name]["package"]) == (holder["file"], holder["package"])
        assert told[name]["sha256"] == holder["sha256"]
        assert told[name]["file"] != holder["file"]
    assert len(place.listing(answer)) == 6
    for bag in (place.bag(aip) for aip in (*answer.json["aips"], answer.json["accession_package"])):
        assert_lists_are_right(bag)
        assert [path for path in bag.rglob("*") if path.is_dir() and not any(path.iterdir())] == []
        assert (
            check_references(
                bag / "data",
                bag / "data/METS.xml",
                known=tuple(
                    identifier for aip in answer.json["aips"] for identifier in package_identifiers(place.bag(aip))
                ),
            )
            == []
        )
    assert_bagit_python_agrees([place.bag(aip) for aip in answer.json["aips"]])
    assert place("audit").code == 0
    assert place("custody", "verify").code == 0


def test_the_papers_say_in_premis_that_files_are_stored_once(place: Place, shared: Path, tmp_path: Path) -> None:
    agree(place, tmp_path)
    answer = place.ingest(write(tmp_path / "d", {"a": b"alike", "b": b"alike", "c": b"alike"}))
    papers = place.bag(answer.json["accession_package"])
    events = premis_of(papers / "data/metadata/preservation/premis.xml")
    (event,) = [e for e in events if isinstance(e, Event) and e.type.value == "appraisal"]
    assert str(event.outcomes[0].notes[0]).startswith("2 files have the same bytes as another of this delivery")
    aip = place.bag(answer.json["aips"][0])
    known = (*package_identifiers(aip), *package_identifiers(papers))
    assert_documents_are_valid(papers, schemas_with_ours(shared, papers), known=known)
    assert_documents_are_valid(aip, schemas_with_ours(shared, aip))


def test_show_find_and_explain_know_where_the_bytes_are(place: Place, tmp_path: Path) -> None:
    agree(place, tmp_path)
    answer = place.ingest(write(tmp_path / "d", {"a": b"alike", "b": b"alike"}))
    told = receipts(place, answer)
    holder, reference = told["a"]["file"], told["b"]["file"]
    said = shows(place, reference)
    assert (said["aip"], said["same_as"], said["bytes_in"]) == (None, holder, answer.json["aips"][0])
    said = shows(place, holder)
    assert (said["same_as"], said["bytes_in"]) == (None, said["aip"])
    assert [other["file"] for other in said["received_also_as"]] == [reference]
    found = {file["id"]: file["same_as"] for file in place("find", told["a"]["sha256"], "--json").json["files"]}
    assert found == {holder: None, reference: holder}
    life = place("explain", reference).out
    assert f"are stored once, as file {holder}" in life
    assert answer.json["aips"][0] in life
    assert "Copy at 'store': ok" in life
    assert f"received as b too (file {reference})" in place("explain", holder).out
    assert place("formats", "decide", reference, "--puid", "fmt/1", "--reason", "r").code == 2


def test_nothing_is_shared_across_accessions_and_all_stands_there_again(place: Place, tmp_path: Path) -> None:
    agree(place, tmp_path)
    one = place.ingest(write(tmp_path / "one", {"a": b"alike", "b": b"alike"}))
    other = place.ingest(write(tmp_path / "other", {"c": b"alike", "d": b"alike"}))
    assert stored(place, one) == [b"a"]
    assert stored(place, other) == [b"c"]
    assert (other.json["accepted"], other.json["duplicate"]) == (0, 2)
    told = receipts(place, other)
    assert (told["c"]["bytes_of"], told["d"]["bytes_of"]) == ("", told["c"]["file"])


def test_nothing_is_shared_where_other_rights_were_stated(place: Place, tmp_path: Path) -> None:
    agree(place, tmp_path)
    place.set(max_files=3)
    table = tmp_path / "t.csv"
    rows = ["a,public,un", "b,public,", "c,public,un", "d,,", "e,,", "f,public,UN"]
    table.write_text("\n".join(["path,rights_basis,terms", *rows]) + "\n")
    answer = place.ingest(write(tmp_path / "d", {name: b"alike" for name in "abcdef"}), "--metadata", table)
    assert stored(place, answer) == [b"a", b"b", b"d"]
    told = receipts(place, answer)
    assert {name: told[name]["bytes_of"] for name in "cef"} == {
        "c": told["a"]["file"],
        "e": told["d"]["file"],
        "f": told["a"]["file"],
    }
    said = shows(place, told["f"]["file"])["rights_stated"]
    assert said == shows(place, told["a"]["file"])["rights_stated"]
    assert "un" in said


def test_nothing_is_shared_between_persons(place: Place, tmp_path: Path) -> None:
    agree(place, tmp_path, BY_PERSON + "max_files = 1\n")
    table = tmp_path / "t.csv"
    table.write_text("path,person_code\n" + "".join(f"{name},P-{number % 2}\n" for number, name in enumerate("abcdef")))
    answer = place.ingest(write(tmp_path / "d", {name: b"alike" for name in "abcdefg"}), "--metadata", table)
    assert stored(place, answer) == [b"a", b"b", b"g"]
    told = receipts(place, answer)
    assert {told[name]["bytes_of"] for name in "ce"} == {told["a"]["file"]}
    assert {told[name]["bytes_of"] for name in "df"} == {told["b"]["file"]}


def test_a_file_that_belongs_to_others_is_stored_with_them(place: Place, tmp_path: Path) -> None:
    agree(place, tmp_path)
    files: dict[str | bytes, bytes] = {"1.jpg": b"alike", "a.jpg": b"alike", "a.jpg.ots": b"stamp", "z.jpg": b"alike"}
    answer = place.ingest(write(tmp_path / "d", files))
    assert stored(place, answer) == [b"1.jpg", b"a.jpg", b"a.jpg.ots"]
    assert receipts(place, answer)["z.jpg"]["bytes_of"] == receipts(place, answer)["1.jpg"]["file"]


def test_a_stray_signature_that_came_twice_leaves_nothing_dangling(place: Place, tmp_path: Path) -> None:
    agree(place, tmp_path)
    files: dict[str | bytes, bytes] = {"a.tsr": b"stamp", "b.tsr": b"stamp", "c.txt": b"c"}
    answer = place.ingest(write(tmp_path / "d", files))
    assert stored(place, answer) == [b"a.tsr", b"c.txt"]
    bag = place.bag(answer.json["aips"][0])
    assert check_references(bag / "data", bag / "data/METS.xml") == []


def test_a_file_that_the_producers_digest_contradicts_is_stored_with_what_was_found(
    place: Place, tmp_path: Path
) -> None:
    agree(place, tmp_path)
    table = tmp_path / "t.csv"
    table.write_text(f"path,md5\na,\nb,{'0' * 32}\nc,\n")
    answer = place.ingest(write(tmp_path / "d", {"a": b"alike", "b": b"alike", "c": b"alike"}), "--metadata", table)
    assert stored(place, answer) == [b"a", b"b"]
    assert "digest-mismatch" in answer.codes()


def test_no_reference_points_to_what_could_not_be_read(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    agree(place, tmp_path)
    folder = write(tmp_path / "d", {"a": b"alike", "b": b"alike", "c": b"alike"})
    with monkeypatch.context() as patch:
        with_opener(patch, Failing(5, b"/a"))
        first = place.ingest(folder)
    assert (first.json["pending"], first.json["state"]) == (1, "open")
    assert stored(place, first) == [b"b"]
    second = place.ingest(folder)
    assert (second.json["accepted"], second.json["duplicate"], second.json["state"]) == (1, 2, "closed")
    told = receipts(place, second)
    assert {told[name]["bytes_of"] for name in "ac"} == {told["b"]["file"]}


def test_no_reference_points_to_a_package_without_a_good_copy(place: Place, tmp_path: Path) -> None:
    agree(place, tmp_path)
    folder = write(tmp_path / "d", {"a": b"alike"})
    first = place.ingest(folder)
    for name in ("archive/store", "second", "third"):
        aip = first.json["aips"][0]
        shutil.rmtree(tmp_path / name / aip[:2] / aip)
    assert place("audit").code == 20
    write(folder, {"b": b"alike"})
    again = place.ingest(folder, "--accession", first.json["accession"])
    assert receipts(place, again)["b"]["bytes_of"] == ""
    assert (place.bag(receipts(place, again)["b"]["package"]) / "data/representations/original/data/b").is_file()


def test_a_later_delivery_of_the_same_accession_shares_what_is_there(place: Place, tmp_path: Path) -> None:
    agree(place, tmp_path)
    folder = write(tmp_path / "d", {"a": b"alike"})
    first = place.ingest(folder)
    write(folder, {"b": b"alike", "c": b"new"})
    again = place.ingest(folder, "--accession", first.json["accession"])
    assert stored(place, again) == [b"a", b"c"]
    assert receipts(place, again)["b"]["bytes_of"] == receipts(place, again)["a"]["file"]
    assert place("custody", "verify").code == 0


def test_without_the_agreement_all_is_stored_again(place: Place, tmp_path: Path) -> None:
    agree(place, tmp_path, producer="redress")
    answer = place.ingest(write(tmp_path / "d", {"a": b"alike", "b": b"alike"}))
    assert stored(place, answer) == [b"a", b"b"]
    assert {line["bytes_of"] for line in receipts(place, answer).values()} == {""}


def test_a_rebuilt_catalogue_knows_the_references(place: Place, tmp_path: Path) -> None:
    agree(place, tmp_path, BY_PERSON)
    table = tmp_path / "t.csv"
    table.write_text("path,person_code,terms\na,P1,un\nb,P1,un\n")
    answer = place.ingest(write(tmp_path / "d", {"a": b"alike", "b": b"alike"}), "--metadata", table)
    before, reference = place("catalogue", "digest").out, receipts(place, answer)["b"]["file"]
    rebuilt = Place(tmp_path / "rebuilt")
    assert rebuilt("catalogue", "rebuild", "--from", tmp_path / "second").code == 0
    assert rebuilt("catalogue", "digest").out == before
    assert shows(rebuilt, reference)["bytes_in"] == answer.json["aips"][0]


def test_custody_verify_finds_a_reference_to_bytes_that_are_not_there(place: Place, tmp_path: Path) -> None:
    from dataclasses import replace

    agree(place, tmp_path)
    answer = place.ingest(write(tmp_path / "d", {"a": b"alike", "b": b"other"}))
    with assembly.changing(place.home, doing="a lie") as archive:
        catalogue = archive.holdings.catalogue
        _, other = catalogue.files(answer.json["accession"])
        record = archive.holdings.log.record(other.leaf)
        first = next(iter(catalogue.files(answer.json["accession"])))
        for holder in (first.id, FileId(new_identifier())):
            lie = replace(record, file=new_identifier(), name=b"c", outcome=Outcome.DUPLICATE, package=None)  # type: ignore[call-overload]
            told = ReferenceRecord(**archive.holdings.stamp(), same_as=holder, files=(lie.file,))
            archive.holdings.record([lie, told])
    told = place("custody", "verify", "--json")
    assert told.code == 20
    assert len(re.findall("reference-without-file", told.out)) == 2


# Deletion


def persons(place: Place) -> None:
    toml = place.home / "archive.toml"
    toml.write_text(toml.read_text().replace("delay_hours = 72", "delay_hours = 0"))
    for code in ("anna", "boris"):
        assert place("agent", "add", code, "--role", "approver").code == 0
        assert place("--as", code, "key", "new", code, "--role", "approver").code == 0


def ask(place: Place, *identifiers: str) -> Answer:
    return place("--as", "anna", "deletion", "request", *identifiers, "--reason", "r", "--key", "anna", "--json")


def test_deleting_the_bytes_takes_every_receipt_of_them_along(place: Place, tmp_path: Path) -> None:
    agree(place, tmp_path)
    persons(place)
    files: dict[str | bytes, bytes] = {"a": b"alike", "second-name": b"alike", "kept": b"kept", "kept-2": b"kept"}
    answer = place.ingest(write(tmp_path / "d", files))
    told = receipts(place, answer)
    holder, carried = told["a"]["file"], told["second-name"]["file"]
    asked = ask(place, holder)
    assert asked.code == 0, asked.err
    request = asked.json["request"]
    words = place("approvals", "show", request).out
    assert f"{carried}  the same bytes, delivered as second-name too" in words
    assert place("approve", request, "--key", "boris").code == 0
    done = place("--as", "anna", "carry-out", request)
    assert done.code == 0, done.err
    for identifier in (holder, carried):
        assert shows(place, identifier)["deaccessioned_at"] is not None
        assert "deaccessioned" in place("explain", identifier).out
    kept = told["kept-2"]["file"]
    (left,) = [package["id"] for package in place.packages() if package["kind"] == "aip"]
    assert shows(place, kept)["bytes_in"] == left != answer.json["aips"][0]
    papers = next(place.bag(package["id"]) for package in place.packages() if package["kind"] != "aip")
    lines = list(csv.DictReader(io.StringIO((papers / "data/documentation/receipt.csv").read_text())))
    assert sorted(line["outcome"] for line in lines) == ["accepted", "deaccessioned", "deaccessioned", "duplicate"]
    (line,) = [line for line in lines if line["path"] == "kept-2"]
    assert (line["package"], line["bytes_of"]) == (left, told["kept"]["file"])
    assert not any(b"second-name" in path.read_bytes() for path in papers.rglob("*") if path.is_file())
    status = place("status", "--json").json
    assert (status["received"], status["deaccessioned"]) == (4, 2)
    for check in (("audit",), ("custody", "verify"), ("approvals", "check")):
        assert place(*check).code == 0, check
    before = place("catalogue", "digest").out
    rebuilt = Place(tmp_path / "rebuilt")
    assert rebuilt("catalogue", "rebuild", "--from", tmp_path / "third").code == 0
    assert rebuilt("catalogue", "digest").out == before


def test_a_mere_receipt_is_not_deleted_without_the_bytes(place: Place, tmp_path: Path) -> None:
    agree(place, tmp_path)
    persons(place)
    answer = place.ingest(write(tmp_path / "d", {"a": b"alike", "b": b"alike"}))
    told = receipts(place, answer)
    refused = ask(place, told["b"]["file"])
    assert refused.code == 2
    assert told["a"]["file"] in refused.err
    assert ask(place, told["b"]["file"], told["a"]["file"]).code == 0  # as archive find gives them
    assert ask(place, answer.json["accession"]).code == 0


def test_a_hold_on_any_receipt_keeps_the_bytes(place: Place, tmp_path: Path) -> None:
    agree(place, tmp_path)
    persons(place)
    told = receipts(place, place.ingest(write(tmp_path / "d", {"a": b"alike", "b": b"alike"})))
    assert place("hold", "place", told["b"]["file"], "--reason", "case 12").code == 0
    refused = ask(place, told["a"]["file"])
    assert refused.code != 0
    assert "hold" in refused.err


def test_a_receipt_that_came_after_the_request_is_not_deleted_unseen(place: Place, tmp_path: Path) -> None:
    agree(place, tmp_path)
    persons(place)
    folder = write(tmp_path / "d", {"a": b"alike"})
    first = place.ingest(folder)
    request = ask(place, receipts(place, first)["a"]["file"]).json["request"]
    assert place("approve", request, "--key", "boris").code == 0
    write(folder, {"b": b"alike"})
    assert place.ingest(folder, "--accession", first.json["accession"]).code == 0
    refused = place("--as", "anna", "carry-out", request)
    assert refused.code == 1
    assert "not what it was" in refused.err
    assert place("custody", "verify").code == 0


def test_the_stand_alone_verifier_finds_nothing_amiss(place: Place, tmp_path: Path) -> None:
    agree(place, tmp_path)
    persons(place)
    files: dict[str | bytes, bytes] = {"a": b"alike", "b": b"alike", "c": b"c", "d": b"c", "e": b"e"}
    told = receipts(place, place.ingest(write(tmp_path / "d", files)))
    request = ask(place, told["c"]["file"]).json["request"]
    assert place("approve", request, "--key", "boris").code == 0
    assert place("--as", "anna", "carry-out", request).code == 0
    script = Path(handover.__file__).parent / "data/verify_custody.py"
    done = subprocess.run([sys.executable, "-I", script, tmp_path / "second"], capture_output=True, check=False)
    said = done.stdout.decode()
    assert "WRONG" not in said, said
    assert "3 accepted + 2 duplicate" in said, said


def test_a_consent_rests_on_the_bytes_once(place: Place, tmp_path: Path) -> None:
    agree(place, tmp_path)
    assert place("consent", "add", "CF-1", "--scope", "court", "--given", "2026-01-01").code == 0
    table = tmp_path / "t.csv"
    table.write_text("path,rights_basis,consent_ref\na,consent,CF-1\nb,consent,CF-1\n")
    answer = place.ingest(write(tmp_path / "d", {"a": b"alike", "b": b"alike"}), "--metadata", table)
    assert shows(place, receipts(place, answer)["b"]["file"])["rights_stated"] is not None
    resting = place("consent", "show", "CF-1", "--json").json
    assert resting["packages"] == [{"package": answer.json["aips"][0], "files": 1}]
