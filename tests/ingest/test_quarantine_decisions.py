"""A person decides about what is in quarantine: it stays, it is released, it is rejected; no byte is ever lost."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ingest_support import (
    Answer,
    Place,
    assert_bagit_python_agrees,
    assert_documents_are_valid,
    assert_lists_are_right,
    command,
    evidence_in,
    schemas_with_ours,
)
from own_copies import moved
from quarantine_support import EICAR, asking, clamd, infected_delivery

from archive.storage.encryption import new_identity


@dataclass(frozen=True)
class Kept:
    """An archive with two packages in quarantine: the letter with its side-car, and the ZIP file."""

    place: Place
    answer: Answer
    letter: str
    photos: str

    def totals(self) -> dict[str, int]:
        told = self.place("show", self.answer.json["accession"], "--json").json
        return {word: told[word] for word in ("received", "accepted", "quarantined", "rejected")}

    def decide(self, package: str, decision: str, *more: str | Path) -> Answer:
        return self.place("quarantine", "decide", package, f"--{decision}", "--reason", "because", "--json", *more)

    def row(self, package: str) -> dict[str, Any]:
        rows = self.place("quarantine", "list", "--json").json["packages"]
        return next(dict(row) for row in rows if row["package"] == package)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    root = tmp_path_factory.mktemp("base")
    with clamd() as there:
        asking(Place.make(root), there).ingest(infected_delivery(root / "delivery"))
    yield root


@pytest.fixture
def kept(base: Path, tmp_path: Path) -> Kept:
    """A copy of it of the test's own; the scanner is gone by now."""
    for name in ("archive", "second", "third"):
        shutil.copytree(base / name, tmp_path / name)
    toml = tmp_path / "archive" / "archive.toml"
    toml.write_text(moved(toml.read_text(), base, tmp_path))
    place = Place(tmp_path / "archive")
    answer = place.ingest(base / "delivery")
    rows = place("quarantine", "list", "--json").json["packages"]
    by_name = {row["files"][0]["path"]: row["package"] for row in rows}
    return Kept(place, answer, by_name["folder/letter.com"], by_name["photos.zip"])


def test_the_list_says_what_why_since_when_and_what_was_decided(kept: Kept) -> None:
    row = kept.row(kept.letter)
    assert (row["why"], row["threats"], row["decision"]) == ("infected", ["Eicar-Test.UNOFFICIAL"], None)
    assert [file["path"] for file in row["files"]] == ["folder/letter.com", "folder/letter.com.asc"]
    told = kept.place("quarantine", "list")
    assert kept.letter in told.out and "letter.com" not in told.out, "names may name people"
    assert "letter.com.asc" in kept.place("quarantine", "list", "--files").out
    assert "2 packages wait" in told.out
    assert kept.decide(kept.letter, "keep").code == 0
    assert kept.letter not in kept.place("quarantine", "list", "--open").out
    assert kept.row(kept.letter)["decided_reason"] == "because"


def test_what_is_released_is_held_openly_as_the_package_it_was(kept: Kept, shared: Path, tmp_path: Path) -> None:
    dry = kept.decide(kept.letter, "release", "--dry-run")
    assert (dry.code, dry.json["changed"], kept.row(kept.letter)["decision"]) == (0, False, None)
    done = kept.decide(kept.letter, "release")
    assert (done.code, done.json["changed"], len(done.json["files"])) == (0, True, 2), done.err
    bag = kept.place.bag(done.json["content"])
    assert sorted((file.name, file.data) for file in evidence_in(bag)) == [
        (b"folder/letter.com", EICAR),
        (b"folder/letter.com.asc", b"sig"),
    ]
    assert_lists_are_right(bag)
    assert_bagit_python_agrees([bag])
    assert_documents_are_valid(bag, schemas_with_ours(shared, bag))
    assert kept.totals() == {"received": 5, "accepted": 4, "quarantined": 1, "rejected": 0}
    assert kept.row(kept.letter)["decision"] == "release"
    assert len(_replicas(kept, done.json["content"])) == 3
    assert not (kept.place.home / "quarantine" / kept.letter).exists(), "nothing is left unpacked"
    assert kept.place("audit").code == 0
    assert kept.place("custody", "verify").code == 0
    again = tmp_path / "again"
    assert command("--archive", again, "catalogue", "rebuild", "--from", kept.place.home / "store").code == 0
    assert command("--archive", again, "catalogue", "digest").out == kept.place("catalogue", "digest").out

    size = kept.place.log_size()
    twice = kept.decide(kept.letter, "release")
    assert (twice.code, twice.json["changed"], kept.place.log_size()) == (0, False, size)
    assert kept.decide(kept.letter, "reject").code == 2
    story = kept.place("explain", done.json["files"][0]).out
    assert "put into quarantine" in story and "to release it from quarantine: because" in story


def test_what_is_rejected_is_kept_and_can_be_released_later(kept: Kept) -> None:
    before = {path: path.read_bytes() for path in kept.place.bag(kept.photos).rglob("*") if path.is_file()}
    assert kept.decide(kept.photos, "reject").code == 0
    assert kept.totals() == {"received": 5, "accepted": 2, "quarantined": 2, "rejected": 1}
    assert {path: path.read_bytes() for path in kept.place.bag(kept.photos).rglob("*") if path.is_file()} == before
    assert kept.place("custody", "verify").code == 0
    assert kept.decide(kept.photos, "keep").code == 0
    assert kept.totals() == {"received": 5, "accepted": 2, "quarantined": 3, "rejected": 0}
    assert kept.decide(kept.photos, "reject").code == 0
    assert kept.decide(kept.photos, "release").code == 0
    assert kept.totals() == {"received": 5, "accepted": 3, "quarantined": 2, "rejected": 0}
    assert kept.place("custody", "verify").code == 0


def test_without_the_right_secret_nothing_changes(kept: Kept, tmp_path: Path) -> None:
    (secret,) = (kept.place.home / "keys").glob("quarantine-*.txt")
    size, stored = kept.place.log_size(), kept.place.stored()
    safe = tmp_path / "safe.txt"
    secret.rename(safe)
    absent = kept.decide(kept.letter, "release")
    assert (absent.code, "--identity" in absent.err) == (1, True)
    other = tmp_path / "other.txt"
    other.write_text(new_identity().secret)
    other.chmod(0o600)
    wrong = kept.decide(kept.letter, "release", "--identity", other)
    assert (wrong.code, "does not hold the secret" in wrong.err) == (1, True)
    other.write_text("AGE-SECRET-KEY-1JUNK")
    assert kept.decide(kept.letter, "release", "--identity", other).code == 1
    safe.chmod(0o644)
    careless = kept.decide(kept.letter, "release", "--identity", safe)
    assert (careless.code, "chmod 600" in careless.err) == (1, True)
    assert kept.decide(kept.letter, "release", "--identity", tmp_path / "no such file").code == 1
    assert (kept.place.log_size(), kept.place.stored()) == (size, stored)
    safe.chmod(0o600)
    assert kept.decide(kept.letter, "release", "--identity", safe).code == 0


@pytest.mark.parametrize("where", ["header", "middle", "end"])
def test_damage_is_noticed_and_another_copy_is_taken(kept: Kept, where: str) -> None:
    copies = [Path(one["path"]) / "data/content.tar.age" for one in _replicas(kept, kept.letter)]
    data = copies[0].read_bytes()
    at = {"header": 60, "middle": len(data) // 2, "end": len(data) - 1}[where]
    damaged = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
    for path in copies:
        path.write_bytes(damaged)
    size = kept.place.log_size()
    refused = kept.decide(kept.letter, "release")
    assert refused.code == 1 and kept.place.log_size() == size
    assert not (kept.place.home / "quarantine" / kept.letter).exists(), "nothing half decrypted stays"
    copies[-1].write_bytes(data)
    assert kept.decide(kept.letter, "release").code == 0


def _replicas(kept: Kept, package: str) -> list[dict[str, Any]]:
    return next(list(one["replicas"]) for one in kept.place.packages() if one["id"] == package)


def test_what_cannot_be_decided_is_refused(kept: Kept) -> None:
    aip = kept.answer.json["aips"][0]
    for words in (
        ("quarantine", "decide", aip, "--keep", "--reason", "x"),
        ("quarantine", "decide", "nonsense", "--keep", "--reason", "x"),
        ("quarantine", "decide", kept.letter, "--keep", "--reason", "  "),
        ("quarantine", "decide", kept.letter, "--reason", "x"),
        ("quarantine", "decide", kept.letter, "--keep"),
        ("quarantine", "key", "--recipient", "age1junk"),
        ("quarantine", "key", "--recipient", new_identity().secret),
        ("quarantine", "key", "--new", "--recipient", new_identity().recipient),
    ):
        assert kept.place(*words).code == 2, words


def test_a_new_key_is_for_what_comes_and_the_old_one_opens_what_was(kept: Kept) -> None:
    first = kept.place("quarantine", "key", "--json").json
    assert first["secret"] is None
    second = kept.place("quarantine", "key", "--new", "--json").json
    assert second["recipient"] != first["recipient"] and Path(second["secret"]).stat().st_mode & 0o777 == 0o600
    elsewhere = new_identity().recipient
    assert kept.place("quarantine", "key", "--recipient", elsewhere, "--json").json["recipient"] == elsewhere
    assert kept.place("quarantine", "key", "--json").json["recipient"] == elsewhere
    assert kept.place("quarantine", "key", "--recipient", first["recipient"]).code == 2, "a key that was replaced"
    assert kept.decide(kept.letter, "release").code == 0


def test_status_and_handover_say_that_somebody_must_decide(kept: Kept) -> None:
    assert "In quarantine: 2 packages, of which 2 wait" in kept.place("status").out
    told = kept.place("status", "--json").json
    assert (told["quarantine_packages"], told["quarantine_undecided"], told["accession_packages"]) == (2, 2, 1)
    points = kept.place("handover", "plan", "--recipient", "ohchr", "--json").json["open_points"]
    undecided = {point["subject"] for point in points if point["code"] == "quarantine-undecided"}
    assert undecided == {kept.letter, kept.photos}
    content = kept.row(kept.letter)["content"]
    assert kept.place("show", content, "--json").json["package"] == kept.letter
    assert json.loads(kept.place("show", kept.letter, "--json").out)["kind"] == "quarantine-package"
    assert "kept apart and encrypted" in kept.place("explain", kept.letter).out
