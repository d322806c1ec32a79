"""Archives that earlier releases wrote: they open, tell what they told, go on, and are made anew from any one copy."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import sqlite3
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from golden_support import (
    GOLDENS,
    Golden,
    Unpacked,
    commitment,
    commitments,
    last_moment,
    one_hour_later,
    openings,
    set_clock,
    unpack,
)

from archive.handover.verifier import ACTS_VERIFIER, VERIFIER, travelling
from archive.model.record_versions import VERSIONS


@pytest.fixture(scope="module", params=GOLDENS, ids=lambda golden: golden.version)
def golden(request: pytest.FixtureRequest) -> Golden:
    found: Golden = request.param
    return found


@pytest.fixture(scope="module")
def once(golden: Golden, tmp_path_factory: pytest.TempPathFactory) -> Unpacked:
    """The archive, unpacked once for tests that only look."""
    return unpack(golden, tmp_path_factory.mktemp(golden.version).resolve())


@pytest.fixture
def looked_at(once: Unpacked, monkeypatch: pytest.MonkeyPatch) -> Unpacked:
    one_hour_later(monkeypatch, once)
    return once


@pytest.fixture
def changed(golden: Golden, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Unpacked:
    """A copy of the test's own."""
    unpacked = unpack(golden, tmp_path.resolve() / golden.version)
    one_hour_later(monkeypatch, unpacked)
    return unpacked


def digest_of(unpacked: Unpacked, home: Path | None = None) -> str:
    ran = unpacked.run("catalogue", "digest", "--json", home=home)
    assert ran.code == 0, ran.err
    return str(ran.json["digest"])


def rebuilt_from(unpacked: Unpacked, place: str, home: Path) -> str:
    """The digest of an archive that was made anew from one location."""
    made = unpacked.run("catalogue", "rebuild", "--from", unpacked.location(place), "--json", home=home)
    assert made.code == 0, made.err
    return digest_of(unpacked, home)


def schema_of(home: Path) -> str:
    """The migration that a catalogue stands at."""
    database = sqlite3.connect(home / "catalogue.sqlite")
    try:
        ((version,),) = database.execute("SELECT version_num FROM alembic_version")
    finally:
        database.close()
    return str(version)


# --- what was stored


def test_the_tar_is_the_one_that_was_written_then(golden: Golden) -> None:
    data = golden.tar.read_bytes()
    assert hashlib.sha256(data).hexdigest() == golden.sha256, "a golden archive is never made again"
    assert len(data) < 5_000_000


def test_the_log_holds_every_kind_that_its_release_knew(golden: Golden, once: Unpacked) -> None:
    records = [json.loads(record) for _, record, _ in openings(once.custody("home"))]
    assert {(record["kind"], record["v"]) for record in records} == set(golden.kinds())
    assert set(golden.kinds()) <= VERSIONS.keys()
    assert {record["machine"] for record in records} == {"golden"}


SHAPES_OF_0_1 = {
    ("agent", "role"): {"approver", "archivist", "auditor", "software", "technician"},
    ("damage", "outcome"): {"altered", "extra", "missing"},
    ("incident", "type"): {"clock", "damage", "malware"},
    ("key", "role"): {"approver", "log"},
    ("legal-hold", "scope"): {"accession", "file", "package"},
    ("malware", "outcome"): {"clean", "infected", "not-checked"},
    ("quarantine", "why"): {"infected", "without-row"},
    ("quarantine-decision", "decision"): {"keep", "reject", "release"},
    ("receipt", "outcome"): {"accepted", "duplicate", "pending", "quarantined", "rejected"},
    ("request", "act"): {
        "deletion",
        "export",
        "hold-lift",
        "key-addition",
        "key-retirement",
        "location-retirement",
        "policy",
    },
    ("risk-table", "form"): {"own", "published"},
    ("seal", "package"): {"accession-package", "aip", "quarantine-package"},
}
"""The words that stand in its log: a fold goes by these as much as by kinds."""


def test_the_log_of_0_1_holds_every_act_and_outcome(once: Unpacked) -> None:
    if once.golden.version != "0.1":
        return
    records = [json.loads(record) for _, record, _ in openings(once.custody("home"))]
    for (kind, field), words in SHAPES_OF_0_1.items():
        assert {record[field] for record in records if record["kind"] == kind} == words, (kind, field)
    names = {record["name"] for record in records if record["kind"] == "receipt"}
    assert {"z/Du8u7q7usudHh0", "dHdvCmxpbmVzLnR4dA=="} <= names, "a name that is not UTF-8, and one of two lines"
    assert any("behind the log" in record["clock"] for record in records)


def test_every_opening_is_what_its_leaf_commits_to(golden: Golden, once: Unpacked) -> None:
    for place in ("home", *golden.locations, *golden.volumes):
        custody = once.custody(place)
        opened = [(n, commitment(record, salt)) for n, record, salt in openings(custody)]
        assert opened == list(enumerate(commitments(custody))), place
        assert len(opened) > 250


# --- what it tells


def same(stored: Any, now: Any) -> bool:
    """Whether all that was said is said again; a later release may say more."""
    if isinstance(stored, dict):
        return isinstance(now, dict) and all(key in now and same(value, now[key]) for key, value in stored.items())
    if isinstance(stored, list):
        return isinstance(now, list) and len(stored) == len(now) and all(map(same, stored, now))
    return bool(stored == now)


@pytest.mark.parametrize("command", ["list", "show", "explain", "status"])
def test_it_answers_as_its_release_did(golden: Golden, looked_at: Unpacked, command: str) -> None:
    asked = [answer for answer in golden.answers() if answer["arguments"][0] == command]
    assert asked
    for answer in asked:
        ran = looked_at.run(*answer["arguments"])
        assert ran.code == answer["code"], (answer["arguments"], ran.err)
        told, stored = looked_at.normalised(ran.out), golden.text(answer["stdout"])
        if answer["stdout"].endswith(".json"):
            assert same(json.loads(stored), json.loads(told)), answer
        else:
            since = re.compile(r"^number: [0-9/-]+\n", re.MULTILINE)  # what people cite, which 0.1 did not know
            assert since.sub("", told) == golden.in_words_of_today(stored), answer


@pytest.fixture
def kamchatka(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The machine stands where it is twelve hours later."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Asia/Kamchatka")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_neither_zone_nor_umask_nor_folder_matter(
    golden: Golden, tmp_path: Path, umask: int, kamchatka: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = os.umask(umask)
    try:
        unpacked = unpack(golden, tmp_path.resolve() / "здесь и там")
        one_hour_later(monkeypatch, unpacked)
        modes = {path.stat().st_mode & 0o777 for path in unpacked.root.rglob("*")}
        assert modes == {0o700, 0o600}
        for answer in [one for one in golden.answers() if one["arguments"] in (["list"], ["status"])]:
            told = unpacked.normalised(unpacked.run(*answer["arguments"]).out)
            assert told == golden.in_words_of_today(golden.text(answer["stdout"])), answer
    finally:
        os.umask(before)


# --- what it is


def test_the_catalogue_is_the_same_migrated_and_made_anew_from_each_location(
    golden: Golden, changed: Unpacked, tmp_path: Path
) -> None:
    """Under a later schema the digest is another one, and still one and the same."""
    migrated = digest_of(changed)
    if schema_of(changed.home) == golden.schema:
        assert migrated == golden.text("catalogue-digest.txt").strip()
    for place in golden.locations:
        assert rebuilt_from(changed, place, tmp_path / f"from-{place}") == migrated, place


def test_log_copies_bags_and_catalogue_tell_one_story(golden: Golden, looked_at: Unpacked) -> None:
    ran = looked_at.run("custody", "verify", *golden.known_outside("home"), "--json")
    assert ran.code == 0, ran.out
    assert looked_at.run("custody", "timestamp", "--verify").code == 0
    assert looked_at.run("incident", "list", "--open", "--json").json["incidents"] == []


def test_one_wrong_octet_in_an_opening_is_tampering(changed: Unpacked) -> None:
    (segment, *_) = sorted((changed.custody("home") / "openings").iterdir())
    data = segment.read_bytes()
    assert b'"kind":"receipt"' in data
    segment.write_bytes(data.replace(b'"outcome":"rejected"', b'"outcome":"accepted"', 1))
    assert changed.run("custody", "verify").code == 20


def need_openssl() -> None:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed; install it with: apt-get install openssl")


def test_the_verifiers_that_travel_with_it_say_what_they_said(golden: Golden, once: Unpacked) -> None:
    need_openssl()
    for verdict in golden.verdicts():
        ran = once.judged(verdict["place"], once.root / verdict["program"])
        assert (ran.code, once.normalised(ran.out)) == (verdict["code"], golden.text(verdict["stdout"])), verdict


def test_the_verifiers_of_today_find_nothing_wrong(golden: Golden, once: Unpacked, tmp_path: Path) -> None:
    """At ``third`` alone: where signature files lie, those of 0.1 call a location wrong (README.md in this folder)."""
    need_openssl()
    for name in (VERIFIER, ACTS_VERIFIER):
        (tmp_path / name).write_bytes(travelling(name))
    for place in (*golden.volumes, "third"):
        for name in (VERIFIER, ACTS_VERIFIER):
            ran = once.judged(place, tmp_path / name)
            assert ran.code in (0, 3), ran.out
            assert "WRONG" not in ran.out and "\nRIGHT" in ran.out


# --- how it goes on


def test_every_octet_is_read_and_right(changed: Unpacked, tmp_path: Path) -> None:
    ran = changed.run("audit", "--json")
    assert ran.code == 0, ran.err
    assert (ran.json["altered"], ran.json["missing"], ran.json["ok"]) == (0, 0, ran.json["files"])
    assert rebuilt_from(changed, "second", tmp_path / "anew") == digest_of(changed)


@pytest.mark.parametrize("state", ["delayed", "waiting"])
def test_a_request_of_two_made_then_is_carried_out_now(
    changed: Unpacked, tmp_path: Path, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The archive was left with one request that is approved and must wait, and one that nobody has approved yet."""
    listed = changed.run("approvals", "list", "--open", "--json").json["requests"]
    (request,) = [one["request"] for one in listed if one["state"] == state]
    if state == "waiting":
        assert changed.run("--as", "anna", "approve", request, "--key", "anna").code == 0
    assert changed.run("--as", "anna", "carry-out", request).code == 1, "three days are not over"
    set_clock(monkeypatch, last_moment(changed.custody("home")) + timedelta(hours=73))
    ran = changed.run("--as", "anna", "carry-out", request)
    assert ran.code == 0, ran.err
    assert changed.run("status", "--json").json["deaccessioned"] == 3
    assert changed.run("custody", "verify").code == 0
    assert rebuilt_from(changed, "third", tmp_path / "anew") == digest_of(changed)
