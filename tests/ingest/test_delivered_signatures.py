"""Signatures and time-stamps that were delivered: put to a verifier where there is one, and never just believed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ingest_support import Answer, Place, assert_documents_are_valid, premis_of, schemas_with_ours, write

from archive import assembly
from archive.ingest.grouping import SideCar
from archive.ingest.workbench import SignatureAnswer, SignatureQuestion, Workbench
from archive.model.signatures import SignatureJudgement, SignatureOutcome
from premis.model import Event, File

PREMIS = "data/representations/original/metadata/preservation/premis.xml"
ENDINGS = (".ots", ".tsr", ".asc", ".sig", ".minisig", ".c2pa")


def validations(place: Place, answer: Answer) -> list[tuple[str, str, list[str]]]:
    """Outcome, note and the names of the files, of every event of checking a signature."""
    (aip,) = answer.json["aips"]
    entities = premis_of(place.bag(aip) / PREMIS)
    names = {e.identifiers[0].value: e.original_name or "" for e in entities if isinstance(e, File)}
    found = []
    for event in entities:
        if isinstance(event, Event) and event.type.value == "digital signature validation":
            (outcome,) = event.outcomes
            assert outcome.outcome is not None
            linked = [names[link.identifier.value] for link in event.objects]
            found.append((outcome.outcome.value, str(outcome.notes[0]), linked))
    return found


def said(outcome: SignatureOutcome, reason: str, subject: int | None = None) -> SignatureAnswer:
    return SignatureAnswer(SignatureJudgement(outcome, reason), subject)


def with_verifier(
    monkeypatch: pytest.MonkeyPatch, judge: Callable[[SignatureQuestion], SignatureAnswer]
) -> list[SignatureQuestion]:
    asked: list[SignatureQuestion] = []
    original = assembly.ingest_bench

    def ask(question: SignatureQuestion) -> SignatureAnswer:
        asked.append(question)
        return judge(question)

    def bench(*arguments: Any, **named: Any) -> Workbench:
        return replace(original(*arguments, **named), judge_signature=ask)

    monkeypatch.setattr(assembly, "ingest_bench", bench)
    return asked


def test_without_a_verifier_every_kind_is_kept_and_unverifiable(place: Place, tmp_path: Path) -> None:
    names = ["a.jpg", *(f"a.jpg{ending}" for ending in ENDINGS), "b.jpg", "b.ots", "a.jpg.tsq", "a.jpg.crt"]
    answer = place.ingest(write(tmp_path / "d", {name: name.encode() for name in names}))
    found = validations(place, answer)
    assert {outcome for outcome, _, _ in found} == {"warning"}
    no_token = "unverifiable (no time-stamp response in DER: "
    assert all(note == "unverifiable (no verifier)" or note.startswith(no_token) for _, note, _ in found)
    assert [linked for _, note, linked in found if note.startswith(no_token)] == [["a.jpg.tsr"]]
    assert sorted(name for _, _, linked in found for name in linked) == sorted(
        [*(f"a.jpg{ending}" for ending in ENDINGS), "b.ots"]
    )
    assert len(found) == len(ENDINGS)  # one event says it of both .ots
    assert "signature-invalid" not in answer.codes()


def test_a_signature_whose_file_is_not_beside_it_says_so_and_nobody_is_asked(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = with_verifier(monkeypatch, lambda _: said(SignatureOutcome.VALID, "x"))
    answer = place.ingest(write(tmp_path / "d", {"a.tsr": b"t", "b.tsr": b"t2", "b.ots": b"o", "pubkey.asc": b"k"}))
    assert asked == []
    (stamps, proof) = sorted(validations(place, answer), key=lambda event: -len(event[2]))
    assert stamps == ("warning", "unverifiable (the file it is about is not beside it)", ["a.tsr", "b.tsr"])
    assert proof[2] == ["b.ots"]


def test_the_verifier_is_given_our_copies_and_its_word_is_recorded(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shared: Path
) -> None:
    delivery = write(
        tmp_path / "d",
        {"a.jpg": b"photo", "a.jpg.tsr": b"token", "a.jpg.crt": b"certificate", "b.jpg": b"b", "b.jpg.tsr": b"forged"},
    )

    def judge(question: SignatureQuestion) -> SignatureAnswer:
        assert question.kind is SideCar.TIMESTAMP
        ((path, sha256),) = question.files
        assert not any(place.is_relative_to(delivery) for place in (question.signature, path))
        assert hashlib.sha256(path.read_bytes()).hexdigest() == sha256
        if question.signature.read_bytes() == b"token":
            assert path.read_bytes() == b"photo"
            return said(SignatureOutcome.VALID, "stamped 2020-08-11T02:02:00Z by TSA \x01", subject=0)
        return said(SignatureOutcome.INVALID, "another file's digest")

    asked = with_verifier(monkeypatch, judge)
    answer = place.ingest(delivery)
    assert len(asked) == 2
    assert validations(place, answer) == [
        ("success", "valid (stamped 2020-08-11T02:02:00Z by TSA \\x01)", ["a.jpg.tsr", "a.jpg"]),
        ("fail", "invalid (another file's digest)", ["b.jpg.tsr", "b.jpg"]),
    ]
    assert answer.code == 3
    assert answer.subjects("signature-invalid") == ["b.jpg.tsr"]
    assert (answer.json["accepted"], answer.json["state"]) == (5, "closed")
    bag = place.bag(answer.json["aips"][0])
    assert_documents_are_valid(bag, schemas_with_ours(shared, bag))


def test_where_several_files_might_be_meant_the_verifier_says_which_it_was(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def judge(question: SignatureQuestion) -> SignatureAnswer:
        contents = [path.read_bytes() for path, _ in question.files]
        return said(SignatureOutcome.VALID, "x", subject=contents.index(b"film"))

    with_verifier(monkeypatch, judge)
    answer = place.ingest(write(tmp_path / "d", {"a.jpg": b"photo", "a.mov": b"film", "a.tsr": b"token"}))
    assert validations(place, answer) == [("success", "valid (x)", ["a.tsr", "a.mov"])]


def test_the_life_of_a_file_tells_of_its_signature(place: Place, tmp_path: Path) -> None:
    place.ingest(write(tmp_path / "d", {"a.jpg": b"a", "a.jpg.ots": b"o"}))
    (file,) = place("find", "a.jpg.ots", "--json").json["files"]
    assert "unverifiable (no verifier)" in place("explain", file["id"]).out
