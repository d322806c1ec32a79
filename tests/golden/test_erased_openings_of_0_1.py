"""Receipts of release 0.1, whose openings two persons erase: gone wherever they lay, and nothing else is less right."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from golden_support import GOLDENS, OPENING, Ran, Unpacked, last_moment, segments, set_clock, unpack
from own_copies import moved
from test_golden import digest_of, need_openssl, rebuilt_from

from archive import assembly
from archive.codec.stand_ins import kept_of
from archive.handover.verifier import ACTS_VERIFIER, VERIFIER, travelling
from archive.holdings.approvals import docket_now
from archive.holdings.erasing import opening_in
from archive.model.log_records import ErasedOpening, ErasureRecord
from archive.model.records import ReceiptRecord

DAMAGE, NEEDS_A_PERSON, FAILED, USAGE = 20, 3, 1, 2
LOCATIONS = ("store", "second", "third")
GOLDEN = GOLDENS[0]


def records(unpacked: Unpacked, place: str = "home") -> Iterator[tuple[int, dict[str, Any]]]:
    """The records whose openings lie there, by the octets as they lie."""
    for segment in segments(unpacked.custody(place) / "openings"):
        for line in segment.read_bytes().splitlines(keepends=True):
            found = OPENING.fullmatch(line)
            if found is not None:
                yield int(found[1]), json.loads(found[2])


@dataclass(frozen=True)
class Receipts:
    """All receipts of one file of 0.1 that was deleted, and what must be found nowhere."""

    file: str
    numbers: tuple[int, ...]
    words: tuple[bytes, ...]


def deleted(unpacked: Unpacked) -> set[str]:
    """The files that tombstones name."""
    listed = [one["files"] for _, one in records(unpacked) if one["kind"] == "tombstone"]
    return {file for files in listed for file in json.loads(files)}


def deleted_file(unpacked: Unpacked) -> Receipts:
    """One that a tombstone names, whose digest and name no other file has."""
    receipts = [(n, record) for n, record in records(unpacked) if record["kind"] == "receipt" and record["v"] == 1]
    for file in sorted(deleted(unpacked)):
        mine = [(n, one) for n, one in receipts if one["file"] == file]
        words = {one[field] for _, one in mine for field in ("name", "sha256", "blake3") if one[field] is not None}
        others = json.dumps([one for _, one in receipts if one["file"] != file])
        if len(words) == 3 and not any(word in others for word in words):
            return Receipts(file, tuple(n for n, _ in mine), tuple(word.encode() for word in sorted(words)))
    raise AssertionError("the golden archive has no such file")


def lies_at(folder: Path, receipts: Receipts) -> bool:
    """Whether name or digests of the file are found in any file below a folder of the log."""
    spelled = [*receipts.words, *(base64.b64decode(word) for word in receipts.words if len(word) != 64)]
    return any(word in path.read_bytes() for path in folder.rglob("*") if path.is_file() for word in spelled)


def later(unpacked: Unpacked, monkeypatch: pytest.MonkeyPatch, hours: int) -> None:
    with assembly.reading(unpacked.home) as archive:
        last = archive.holdings.log.last_time()
    assert last is not None
    set_clock(monkeypatch, last + timedelta(hours=hours))


def agreed(unpacked: Unpacked, monkeypatch: pytest.MonkeyPatch, *targets: str) -> str:
    """An erasure that anna asked for and clara approved, whose delay is over; the request."""
    return asked_and_approved(unpacked, monkeypatch, "custody", "erase", *targets)


def asked_and_approved(unpacked: Unpacked, monkeypatch: pytest.MonkeyPatch, *words: str) -> str:
    """What anna asked for with these words and clara approved, whose delay is over; the request."""
    asked = unpacked.run("--as", "anna", *words, "--reason", "letter 7", "--key", "anna", "--json")
    assert asked.code == 0, asked.err
    request = str(asked.json["request"])
    ran = unpacked.run("--as", "clara", "approve", request, "--key", "clara")
    assert ran.code == 0, ran.err
    later(unpacked, monkeypatch, 73)
    return request


def erase(unpacked: Unpacked, monkeypatch: pytest.MonkeyPatch, *targets: str, code: int = 0) -> Ran:
    ran = unpacked.run("--as", "anna", "carry-out", agreed(unpacked, monkeypatch, *targets), "--json")
    assert ran.code == code, (ran.err, ran.out)
    return ran


def by_two(unpacked: Unpacked, monkeypatch: pytest.MonkeyPatch, *words: str) -> None:
    """What two persons agree on is done."""
    request = asked_and_approved(unpacked, monkeypatch, *words)
    ran = unpacked.run("--as", "anna", "carry-out", request)
    assert ran.code == 0, ran.err


def codes(ran: Ran) -> set[str]:
    return {finding["code"] for check in ran.json["checks"] for finding in check["findings"]}


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Unpacked:
    unpacked = unpack(GOLDEN, tmp_path.resolve() / "golden")
    set_clock(monkeypatch, last_moment(unpacked.custody("home")) + timedelta(hours=1))
    return unpacked


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Unpacked, Receipts]]:
    """An archive of 0.1 in which the receipts of a deleted file were erased."""
    with pytest.MonkeyPatch.context() as patch:
        unpacked = unpack(GOLDEN, tmp_path_factory.mktemp("erased").resolve() / "golden")
        set_clock(patch, last_moment(unpacked.custody("home")) + timedelta(hours=1))
        receipts = deleted_file(unpacked)
        assert all(lies_at(unpacked.custody(place), receipts) for place in ("home", *LOCATIONS))
        erase(unpacked, patch, receipts.file)
        yield unpacked, receipts


def copied(unpacked: Unpacked, target: Path) -> Unpacked:
    """A copy, whose locations are its own."""
    shutil.copytree(unpacked.root, target, symlinks=True)
    toml = target / "archive/archive.toml"
    toml.write_text(moved(toml.read_text("utf-8"), unpacked.root, target), "utf-8")
    return Unpacked(unpacked.golden, target)


@pytest.fixture
def erased(
    once: tuple[Unpacked, Receipts], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[Unpacked, Receipts]:
    unpacked = copied(once[0], tmp_path.resolve() / "copied")
    later(unpacked, monkeypatch, 1)
    return unpacked, once[1]


def verdicts(unpacked: Unpacked, place: str, folder: Path) -> dict[str, Ran]:
    """What both stand-alone verifiers of today say of a place."""
    folder.mkdir()
    for name in (VERIFIER, ACTS_VERIFIER):
        (folder / name).write_bytes(travelling(name))
    return {name: unpacked.judged(place, folder / name) for name in (VERIFIER, ACTS_VERIFIER)}


def told(ran: Ran, check: str) -> list[str]:
    """What a verifier said of one check: each line without the check's name."""
    lines = [
        line.split(maxsplit=2) if not line.startswith("NOT") else [line[:11], *line[11:].split(maxsplit=1)]
        for line in ran.out.splitlines()
        if not line.startswith("VERDICT")
    ]
    return [f"{word} {text}" for word, one, text in lines if one == check]


def test_an_erased_receipt_is_gone_everywhere_and_everything_else_is_right(
    erased: tuple[Unpacked, Receipts], tmp_path: Path
) -> None:
    archive, receipts = erased
    assert not lies_at(archive.home, receipts), "the catalogue has nothing of it either"
    for place in ("home", *LOCATIONS):
        assert not lies_at(archive.custody(place), receipts), place
        assert not {n for n, _ in records(archive, place)} & set(receipts.numbers)
    ran = archive.run("custody", "verify", "--json")
    assert ran.code == 0, ran.out
    ran = archive.run("audit", "--json")
    assert ran.code == 0, ran.out
    with assembly.reading(archive.home) as opened:
        log = opened.holdings.log
        assert log.verify() == [] and not log.owes(log.erasures())
        for n in receipts.numbers:
            record = log.record(n)
            assert isinstance(record, ReceiptRecord) and record.file == receipts.file
            assert (record.v, record.name, record.size, record.sha256) == (1, None, None, None)
    before = unpack(GOLDEN, tmp_path / "before").run("status", "--json").json
    now = archive.run("status", "--json").json
    for count in ("received", "accepted", "rejected", "deaccessioned"):
        assert now[count] == before[count], count
    digest = digest_of(archive)
    for place in LOCATIONS:
        assert rebuilt_from(archive, place, tmp_path / place) == digest, place
        assert not lies_at(tmp_path / place / "custody", receipts)


def test_what_is_left_of_the_file_is_shown_and_its_record_is_proven_without_what_it_said(
    erased: tuple[Unpacked, Receipts], tmp_path: Path
) -> None:
    archive, receipts = erased
    shown = archive.run("show", receipts.file, "--json")
    assert shown.code == 0, shown.err
    assert [shown.json[name] for name in ("path", "size", "sha256", "blake3")] == [None] * 4
    assert (shown.json["id"], shown.json["outcome"]) == (receipts.file, "accepted")
    explained = archive.run("explain", receipts.file)
    assert explained.code == 0 and "None" not in explained.out, explained.out
    assert archive.run("custody", "checkpoint").code == 0
    for n in receipts.numbers:
        assert archive.run("custody", "prove", f"#{n}").code == USAGE
        proof = tmp_path / f"{n}.json"
        assert archive.run("custody", "prove", f"#{n}", "--withhold", "--out", proof).code == 0
        assert json.loads(proof.read_bytes())["opening"] is None


def test_a_rebuilt_archive_and_its_locations_go_on(erased: tuple[Unpacked, Receipts], tmp_path: Path) -> None:
    archive, receipts = erased
    a_hold(archive)
    assert archive.run("custody", "verify").code in (0, NEEDS_A_PERSON)
    names = {path.name for path in (archive.custody("third") / "openings").iterdir()}
    assert len(names) > 1 and all(name.endswith(".1.jsonl") for name in names), names
    assert rebuilt_from(archive, "third", tmp_path / "anew") == digest_of(archive)
    assert not lies_at(tmp_path / "anew/custody", receipts)


def last_file(unpacked: Unpacked) -> str:
    """A file that is held."""
    told = [one for _, one in records(unpacked) if one["kind"] == "receipt" and one["outcome"] == "accepted"]
    return next(str(one["file"]) for one in reversed(told) if one["file"] not in deleted(unpacked))


def test_both_travelling_verifiers_find_a_location_right(erased: tuple[Unpacked, Receipts], tmp_path: Path) -> None:
    need_openssl()
    archive, receipts = erased
    for name, ran in verdicts(archive, "third", tmp_path / "programs").items():
        assert ran.code in (0, 3) and "WRONG" not in ran.out, ran.out
        (said,) = told(ran, "openings")
        assert said.startswith("RIGHT") and said.endswith(f"; {len(receipts.numbers)} were erased, as recorded"), said
        (said,) = told(ran, "counts")
        assert said.startswith("RIGHT"), said
        assert name == VERIFIER or any(line.startswith("RIGHT") for line in told(ran, "acts")), ran.out


def test_both_travelling_verifiers_find_a_handover_volume_right(
    erased: tuple[Unpacked, Receipts], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    need_openssl()
    archive, receipts = erased
    assert archive.run("--as", "anna", "handover", "plan", "--recipient", "OHCHR").code == 0
    assert archive.run("--as", "anna", "handover", "freeze").code == 0
    asked = archive.run("--as", "anna", "handover", "request", "--reason", "a copy", "--key", "anna", "--json")
    assert asked.code == 0, asked.err
    request = asked.json["request"]
    assert archive.run("--as", "clara", "approve", request, "--key", "clara").code == 0
    later(archive, monkeypatch, 73)
    volume = archive.root / "volume-2"
    ran = archive.run("--as", "anna", "handover", "volume", "1", volume)
    assert ran.code == 0, ran.err
    assert not lies_at(volume / "custody", receipts)
    for name in (VERIFIER, ACTS_VERIFIER):
        judged = subprocess.run(
            [sys.executable, "-I", volume / name, volume], capture_output=True, encoding="utf-8", check=False
        )
        assert judged.returncode in (0, 3) and "WRONG" not in judged.stdout, judged.stdout
        assert f"{len(receipts.numbers)} were erased, as recorded" in judged.stdout


@pytest.mark.parametrize("spelled", [b'{"erased":true,"n":%d}\n', b'{"n":%d}\n', b'{"erased":true,"n":7%d}\n'])
def test_a_line_that_nothing_names_is_an_altered_log(
    erased: tuple[Unpacked, Receipts], tmp_path: Path, spelled: bytes
) -> None:
    """Where no erasure names it, the mark is as wrong as any other line; so it is where a line is missing."""
    archive, _ = erased
    n, _ = next((n, one) for n, one in records(archive) if one["kind"] == "receipt")
    for place in ("home", "third"):
        for segment in segments(archive.custody(place) / "openings"):
            lines = segment.read_bytes().splitlines(keepends=True)
            altered = [spelled % n if line.startswith(b'{"n":%d,' % n) else line for line in lines]
            if altered == lines:
                continue
            segment.write_bytes(b"".join(altered))
            ran = archive.run("custody", "verify", "--json")
            assert ran.code == DAMAGE, ran.out
            assert codes(ran) & {"custody-record", "copy-broken"}, codes(ran)
            if place == "third":
                need_openssl()
                ran = verdicts(archive, place, tmp_path / "programs")[VERIFIER]
                assert ran.code == 1 and any(line.startswith("WRONG") for line in told(ran, "openings")), ran.out
            segment.write_bytes(b"".join(lines))
    assert archive.run("custody", "verify").code == 0


def test_a_location_that_was_away_owes_the_opening_until_it_is_back(
    archive: Unpacked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    receipts = deleted_file(archive)
    request = agreed(archive, monkeypatch, receipts.file)
    before = digest_of(archive)
    place = archive.location("third")
    place.rename(tmp_path / "away")
    ran = archive.run("--as", "anna", "carry-out", request, "--json")
    assert ran.code == NEEDS_A_PERSON, ran.err
    assert [(one["code"], one["subject"]) for one in ran.json["findings"]] == [("custody-owed", "third")]
    (tmp_path / "away").rename(place)
    assert lies_at(place / "custody", receipts) and not lies_at(archive.custody("second"), receipts)
    assert rebuilt_from(archive, "third", tmp_path / "early") == before, "its log ends before the erasure"
    ran = archive.run("custody", "verify", "--json")
    assert ran.code == NEEDS_A_PERSON, ran.out
    assert {"copy-behind", "custody-owed"} <= codes(ran)
    assert archive.run("--as", "anna", "replicate").code == 0
    assert not lies_at(place / "custody", receipts) and not lies_at(archive.custody("home"), receipts)
    assert archive.run("custody", "verify").code == 0
    assert archive.run("audit").code == 0
    assert rebuilt_from(archive, "third", tmp_path / "late") == digest_of(archive)


def test_an_erased_opening_that_lies_beside_the_log_that_erased_it_is_owed_and_never_read(
    erased: tuple[Unpacked, Receipts], once: tuple[Unpacked, Receipts], tmp_path: Path
) -> None:
    """The log arrived at the location, and the disk refused to remove: the older file is there beside the newer one."""
    archive, receipts = erased
    old = unpack(GOLDEN, tmp_path / "old")
    folder = archive.custody("third") / "openings"
    for segment in segments(old.custody("third") / "openings"):
        shutil.copy(segment, folder)
    assert lies_at(folder, receipts)
    digest = digest_of(archive)
    assert rebuilt_from(archive, "third", tmp_path / "beside") == digest
    assert not lies_at(tmp_path / "beside", receipts)
    ran = archive.run("custody", "verify", "--json")
    assert ran.code == NEEDS_A_PERSON and "custody-owed" in codes(ran), ran.out
    assert archive.run("--as", "anna", "replicate").code == 0
    assert not lies_at(folder, receipts)
    assert archive.run("custody", "verify").code == 0


def test_what_must_stay_is_refused(archive: Unpacked) -> None:
    def refused(*targets: str) -> int:
        ran = archive.run("--as", "anna", "custody", "erase", *targets, "--reason", "r", "--key", "anna")
        assert ran.err
        return ran.code

    held = last_file(archive)
    kinds = {one["kind"]: n for n, one in records(archive)}
    receipt = next(n for n, one in records(archive) if one["kind"] == "receipt" and one["file"] == held)
    assert refused(str(receipt)) == FAILED, "the file is held"
    for kind in ("key", "request", "approval", "tombstone", "seal", "accession-closed", "policy", "legal-hold"):
        assert refused(str(kinds[kind])) == USAGE, kind
    for kind in ("malware", "identification", "risk-table"):
        assert refused(str(kinds[kind])) == USAGE, f"{kind}: its open part is more than identifiers"
    assert refused(f"{receipt}:2") == USAGE, "it has no private lines"
    rejected = [one["file"] for _, one in records(archive) if one["kind"] == "receipt" and one["outcome"] == "rejected"]
    never_held = [file for file in rejected if file not in deleted(archive)]
    assert never_held and refused(never_held[0]) == FAILED, "no tombstone names it"


def test_openings_without_a_file_go_too_and_say_first_what_stays(
    archive: Unpacked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A transfer tells who handed something over on what medium; a consent tells of whom it is."""
    numbers = {one["kind"]: n for n, one in records(archive)}
    transfer, consent, decision = (numbers[kind] for kind in ("transfer", "consent", "quarantine-decision"))
    said = {n: one for n, one in records(archive)}
    ran = archive.run("custody", "erase", str(transfer), "--dry-run")
    assert ran.code == 0 and f"accession {said[transfer]['accession']}" in ran.out
    assert str(said[transfer]["handed_over_by"]) not in ran.out
    erase(archive, monkeypatch, *map(str, (transfer, consent, decision)))
    assert archive.run("custody", "verify").code == 0
    for place in ("home", *LOCATIONS):
        assert not {n for n, _ in records(archive, place)} & {transfer, consent, decision}
    assert rebuilt_from(archive, "second", tmp_path / "anew") == digest_of(archive)
    again = archive.run("--as", "anna", "custody", "erase", str(transfer), "--reason", "r", "--key", "anna")
    assert again.code == USAGE, "erased already"
    if shutil.which("openssl") is not None:
        for ran in verdicts(archive, "third", tmp_path / "programs").values():
            assert "WRONG" not in ran.out and "; 3 were erased, as recorded" in ran.out, ran.out


def a_hold(archive: Unpacked) -> None:
    """Something that the program of today records, so that the log says which records this one writes."""
    placed = archive.run("--as", "anna", "hold", "place", last_file(archive), "--reason", "case 12")
    assert placed.code == 0, placed.err


def forge(archive: Unpacked, opening: ErasedOpening, request: str) -> None:
    """Append an erasure as whoever has all rights on the machine can, and take the opening away."""
    with assembly.changing(archive.home, doing="testing", actor="anna") as opened:
        holdings = opened.holdings
        record = ErasureRecord(**holdings.stamp("letter 7"), request=request, lines=(), openings=(opening,))
        log = holdings.log
        log.append([record])
        holdings.catch_up()
    (path,) = (archive.custody("home") / "openings").iterdir()
    lines = path.read_bytes().splitlines(keepends=True)
    lines[opening.n] = b'{"erased":true,"n":%d}\n' % opening.n
    path.write_bytes(b"".join(lines))


def test_a_forged_erasure_takes_nothing_and_is_told(archive: Unpacked, tmp_path: Path) -> None:
    """The mark at home is worth nothing, and the copies keep the opening."""
    a_hold(archive)
    receipts = deleted_file(archive)
    n = receipts.numbers[0]
    spelled = {one: record for one, record in records(archive)}
    request = next(one["request"] for one in reversed(spelled.values()) if one["kind"] == "request")
    with assembly.reading(archive.home) as opened:
        ((_, _, octets),) = opened.holdings.log.entries(n, n + 1)
    forge(archive, kept_of(n, octets), request)
    ran = archive.run("custody", "verify", "--json")
    assert ran.code == DAMAGE and "custody-record" in codes(ran), ran.out
    archive.run("--as", "anna", "replicate")
    for place in LOCATIONS:
        assert lies_at(archive.custody(place), receipts)
        assert n in {one for one, _ in records(archive, place)}
    assert rebuilt_from(archive, "second", tmp_path / "anew")
    assert lies_at(tmp_path / "anew/custody", receipts)


def test_an_erasure_that_keeps_something_else_than_two_persons_signed_takes_nothing(
    archive: Unpacked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever carries it out cannot make a rejected file of one that was accepted."""
    receipts = deleted_file(archive)
    request = agreed(archive, monkeypatch, receipts.file)
    with assembly.changing(archive.home, doing="testing", actor="anna") as opened:
        holdings = opened.holdings
        (filed,) = [one for one in docket_now(holdings).requests.values() if one.record.request == request]
        kept = [opening_in(subject) for subject in filed.subjects()]
        kept[-1] = replace(kept[-1], kept={**kept[-1].kept, "outcome": "rejected"})
        holdings.log.append(
            [ErasureRecord(**holdings.stamp("letter 7"), request=request, lines=(), openings=tuple(kept))]
        )
    archive.run("--as", "anna", "replicate")
    ran = archive.run("custody", "verify", "--json")
    assert ran.code == DAMAGE and "act-not-allowed" in codes(ran), ran.out
    for place in ("home", *LOCATIONS):
        assert set(receipts.numbers) <= {n for n, _ in records(archive, place)}, place
    if shutil.which("openssl") is not None:
        ran = verdicts(archive, "third", tmp_path / "programs")[ACTS_VERIFIER]
        assert ran.code == 1 and any(line.startswith("WRONG erasure") for line in told(ran, "acts")), ran.out


def test_a_forged_erasure_that_arrived_everywhere_is_told_by_all(archive: Unpacked, tmp_path: Path) -> None:
    a_hold(archive)
    receipts = deleted_file(archive)
    n = receipts.numbers[0]
    request = [one["request"] for _, one in records(archive) if one["kind"] == "request"][-1]
    with assembly.changing(archive.home, doing="testing", actor="anna") as opened:
        holdings = opened.holdings
        ((_, _, octets),) = holdings.log.entries(n, n + 1)
        opening = kept_of(n, octets)
        lying = replace(opening, kept={**opening.kept, "outcome": "rejected"})
        for one in (opening, lying):
            holdings.log.append(
                [ErasureRecord(**holdings.stamp("letter 7"), request=request, lines=(), openings=(one,))]
            )
    archive.run("--as", "anna", "replicate")
    ran = archive.run("custody", "verify", "--json")
    assert ran.code == DAMAGE and "act-not-allowed" in codes(ran), ran.out
    for place in ("home", *LOCATIONS):
        assert lies_at(archive.custody(place), receipts), place
    assert rebuilt_from(archive, "third", tmp_path / "anew") == digest_of(archive)
    need_openssl()
    ran = verdicts(archive, "third", tmp_path / "programs")[ACTS_VERIFIER]
    assert ran.code == 1 and sum(line.startswith("WRONG erasure") for line in told(ran, "acts")) == 2, ran.out


def test_a_receipt_goes_also_where_other_files_were_stored_with_its_bytes(
    archive: Unpacked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bytes that came twice were stored once. The file they were stored for is deleted, and its receipt erased."""
    need_openssl()
    (reference,) = [one for _, one in records(archive) if one["kind"] == "reference"]
    stored = reference["same_as"]
    lifted = {one["hold"] for _, one in records(archive) if one["kind"] == "legal-hold-lifted"}
    held = [one["hold"] for _, one in records(archive) if one["kind"] == "legal-hold" and one["subject"] == stored]
    for hold in set(held) - lifted:
        by_two(archive, monkeypatch, "hold", "lift", hold)
    by_two(archive, monkeypatch, "deletion", "request", stored)
    assert "WRONG" not in verdicts(archive, "third", tmp_path / "before")[VERIFIER].out
    erase(archive, monkeypatch, stored)
    assert archive.run("custody", "verify").code == 0
    for ran in verdicts(archive, "third", tmp_path / "after").values():
        assert "WRONG" not in ran.out, ran.out
    (twin,) = reference["files"]
    assert archive.run("show", twin).code == 0
    assert rebuilt_from(archive, "third", tmp_path / "anew") == digest_of(archive)
