"""Every hostile delivery ends as the table says: nothing is lost, written outside, called, or left to guess."""

from __future__ import annotations

import faulthandler
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import bagit
import pytest
from hostile_case import CannotBeMade, Case, State
from hostile_cases import CASES
from hostile_support import Seen, Yard, digests, look_at, powerless, raw_controls, receipts
from hostile_watch import watching
from ingest_support import (
    Answer,
    add_up,
    assert_documents_are_valid,
    assert_lists_are_right,
    command,
    package_identifiers,
)

from archive.ingest.checksum_lines import is_checksum_name
from archive.model.packages import Outcome
from premis.validation import Schemas

HANGS = 600.0
"""Seconds after which a test is taken to hang; many times what the slowest takes."""

GIB = 1 << 30

HELD = frozenset({Outcome.ACCEPTED, Outcome.DUPLICATE})


@pytest.fixture(autouse=True)
def hang_guard() -> Iterator[None]:
    faulthandler.dump_traceback_later(HANGS, exit=True)
    yield
    faulthandler.cancel_dump_traceback_later()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_it_ends_as_the_table_says(
    case: Case, yard: Yard, monkeypatch: pytest.MonkeyPatch, schemas: Schemas | None, usual: frozenset[str]
) -> None:
    try:
        try:
            case.make(yard.delivery)
        except CannotBeMade as reason:
            pytest.skip(f"not in this machine's power: {reason}")
        _judge(case, yard, monkeypatch, schemas, usual)
    finally:
        if case.undo is not None:
            case.undo(yard.delivery)
        shutil.rmtree(yard.root, ignore_errors=True)  # two GiB, trees that others cannot remove


def _judge(
    case: Case, yard: Yard, monkeypatch: pytest.MonkeyPatch, schemas: Schemas | None, usual: frozenset[str]
) -> None:
    given = case.given(yard.delivery)
    more: list[str | Path] = []
    if case.table is not None:
        (yard.root / "surroundings" / case.table_name).write_bytes(case.table)
        more = ["--metadata", yard.root / "surroundings" / case.table_name]
    monkeypatch.setattr(tempfile, "tempdir", str(yard.root / "temporary"))
    before, log = look_at(yard.root / "surroundings"), yard.place.log_size()
    _surveyed(case, yard, given, more)
    with monkeypatch.context() as disturbed, powerless() if case.powerless else nullcontext():
        if case.disturb is not None:
            case.disturb(yard.delivery, disturbed)
        with watching(yard.ours) as watch:
            answer = yard.place.ingest(given, *more)
    assert "Traceback" not in answer.err
    assert answer.code == case.exit, answer.out + answer.err
    assert watch.trespasses == []
    assert list((yard.root / "temporary").iterdir()) == []
    after = look_at(yard.root / "surroundings")
    assert case.disturb is not None or after == before
    if case.state is State.REFUSED:
        assert answer.json["error"]["hint"] is not None
        assert (yard.place.log_size(), yard.place.staging(), yard.place.packages()) == (log, [], [])
        return
    if case.state is State.FAILED:
        answer = yard.place.ingest(given, *more)  # the same command goes on
    assert answer.codes() - usual == case.codes - usual
    _as_told(case, yard, answer, before, after)
    _sound(yard, answer, schemas)
    if case.disturb is None and not case.powerless:
        _told_again(case, yard, given, more)


def _surveyed(case: Case, yard: Yard, given: Path, more: list[str | Path]) -> None:
    """A look beforehand ends too, writes nothing, calls nobody, and a terminal obeys nothing of what it says."""
    with watching(yard.ours) as watch:
        answer = command("survey", given, *more)
    assert answer.code in (0, 3) or case.state is State.REFUSED
    assert "Traceback" not in answer.err
    assert watch.trespasses == []
    assert raw_controls(answer.out + answer.err) == []


def _as_told(case: Case, yard: Yard, answer: Answer, before: Seen, after: Seen) -> None:
    """The outcome of every file, where its bytes are, and where everything is recorded."""
    place = yard.place
    assert answer.json["state"] == ("open" if case.state is State.OPEN else "closed")
    assert add_up(answer)
    assert answer.json["received"] == len(case.files)
    assert receipts(place, answer) == case.files
    below = b"delivery/data/" if case.bag else b"delivery/"
    delivered, now = digests(before, below=below), digests(after, below=below)
    if case.state is not State.OPEN:
        assert set(case.files) == set(delivered), "the case speaks of every file"
    evidence = {file.name: file for file in place.evidence(answer)}
    assert set(evidence) == {name for name, outcome in case.files.items() if outcome in HELD}
    for name, file in evidence.items():
        kept = {digest for algorithm, digest, by in file.digests() if (algorithm, by) == ("SHA-256", None)}
        read = {delivered[name]} if case.disturb is None else {delivered[name], now.get(name)}
        assert kept <= read and len(kept) == 1, name
        assert file.unescaped in (name, None)
    if case.state is State.OPEN:
        assert answer.json["accession_package"] is None
        return
    listing = place.listing(answer)
    prefix = b"data/" if case.bag else b""
    assert {name for name, line in listing.items() if "file" in line} == {prefix + name for name in case.files}
    assert {name: listing[name]["kind"] for name in case.others} == case.others
    papers = place.bag(answer.json["accession_package"]) / "data/documentation"
    assert {finding["code"] for finding in json.loads((papers / "findings.json").read_text())} >= case.codes
    _submitted(case, papers / "submission", before)


def _submitted(case: Case, folder: Path, before: Seen) -> None:
    """What is no evidence, but came with it, lies among the papers as it came."""
    kept = set(digests(look_at(folder)).values()) if folder.exists() else set()
    delivered = digests(before, below=b"delivery/")
    tags = {digest for name, digest in delivered.items() if case.bag and not name.startswith(b"data/")}
    expected = tags | {digest for name, digest in digests(before).items() if name == case.table_name.encode()}
    lists = {digest for name, digest in delivered.items() if is_checksum_name(os.path.basename(name))}
    assert expected <= kept <= expected | lists


def _sound(yard: Yard, answer: Answer, schemas: Schemas | None) -> None:
    """The packages are right for everybody who can check one."""
    replicas = yard.place.replicas()
    if sum(package["bytes"] for package in yard.place.packages()) > GIB:
        replicas = replicas[:1]  # the others were read back when they were made
    if replicas:
        checked = command("verify", *replicas)
        assert checked.code == 0, checked.out + checked.err
    known = []
    for aip in answer.json["aips"]:
        known += package_identifiers(yard.place.bag(aip))
    for package in yard.place.packages():
        bag = yard.place.bag(package["id"])
        assert_lists_are_right(bag)
        bagit.Bag(str(bag)).validate()
        if schemas is not None:
            assert_documents_are_valid(bag, schemas, known=tuple(known))
    status = yard.place("status", "--json").json
    assert status["received"] == answer.json["received"]
    assert answer.json["state"] == "open" or yard.place.staging() == []


def _told_again(case: Case, yard: Yard, given: Path, more: list[str | Path]) -> None:
    """The same command says the same, records nothing, and says it so that no terminal obeys."""
    log = yard.place.log_size()
    again = yard.place("ingest", given, "--producer", "viasna", *more)
    assert again.code == case.exit
    assert yard.place.log_size() == log
    assert raw_controls(again.out + again.err) == []
    for code in case.codes:
        assert code in again.out
