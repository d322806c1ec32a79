"""The program that travels with the evidence tells a deletion that two persons allowed from one that nobody did."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from approvals_support import PERSON, Sample
from lone_support import DATA

from archive import assembly
from archive.handover.verifier import ACTS_VERIFIER, TRAVELLING, VERIFIER
from archive.model.identifiers import PackageId
from archive.model.records import KeyRecord, Octets, TombstoneRecord


def verified(sample: Sample, *words: object, program: Path = DATA / ACTS_VERIFIER) -> tuple[int, list[str]]:
    """How the program ends at the second location, in an environment with nothing in it, and what it says."""
    location = sample.location("second")
    key = (location / "custody/checkpoints/keys.txt").read_text().splitlines()[0]
    command = [sys.executable, "-I", str(program), str(location), "--key", key, *map(str, words)]
    done = subprocess.run(command, env={"PATH": "/usr/bin:/bin"}, capture_output=True, check=False)
    assert done.stderr == b""
    return done.returncode, done.stdout.decode().splitlines()


@pytest.fixture
def paper(sample: Sample) -> Path:
    """The five lines, as they are printed, before anything was deleted."""
    path = sample.root / "paper.txt"
    short = sample.done("custody", "checkpoint")["short"]
    path.write_text("\n".join(f"  {line}" for line in short.split("\n")) + "\n\nKeep it outside: print it.\n")
    return path


def test_a_deletion_by_two_persons_is_all_right_and_says_whose_keys_signed(sample: Sample, paper: Path) -> None:
    gone = sample.aip
    sample.delete(sample.file(PERSON)["id"])
    sample.done("custody", "checkpoint")
    code, lines = verified(sample, "--since", paper)
    assert code == 0, lines
    assert any(f"tombstone {gone} " in line and "keys anna and boris" in line for line in lines)
    assert lines[-1] == "VERDICT: ALL RIGHT"
    code, lines = verified(sample, "--since", paper, program=DATA / VERIFIER)
    assert code == 3, "the other program says what it leaves open"
    assert any(line.startswith("NOT CHECKED") and ACTS_VERIFIER in line for line in lines)


def test_a_deletion_that_nobody_approved_is_wrong(sample: Sample, paper: Path) -> None:
    aip = PackageId(sample.papers)
    with assembly.changing(sample.home, doing="lying") as archive:
        said = {"request": "none", "package": aip, "remainder": None, "files": (), "bytes": Octets(0)}
        archive.holdings.record([TombstoneRecord(**archive.holdings.stamp(), **said)])
    code, lines = verified(sample, "--since", paper)
    assert code == 1
    (wrong,) = [line for line in lines if line.startswith("WRONG        acts         tombstone")]
    assert "was not allowed: no request is right that asks for it" in wrong


def test_a_key_that_somebody_added_alone_is_wrong(sample: Sample, paper: Path) -> None:
    with assembly.changing(sample.home, doing="lying") as archive:
        key = {"name": "eve", "role": "approver", "public_key": bytes(32), "holder": "eve"}
        archive.holdings.record([KeyRecord(**archive.holdings.stamp(), **key)])
    code, lines = verified(sample, "--since", paper)
    assert code == 1
    assert any(line.startswith("WRONG        acts         key (record ") for line in lines)


def test_with_records_withheld_it_says_that_it_cannot_tell(sample: Sample, paper: Path) -> None:
    sample.delete(sample.file(PERSON)["id"])
    for path in (sample.location("second") / "custody/openings").iterdir():
        lines = path.read_bytes().splitlines(keepends=True)
        path.write_bytes(b"".join(lines[:-1]))
        break
    code, said = verified(sample, "--since", paper)
    assert code in (1, 3)
    assert any(line.startswith("NOT CHECKED  acts") for line in said)


def test_a_slip_of_the_pen_is_told_from_a_rewritten_log(sample: Sample, paper: Path) -> None:
    text = paper.read_text()
    digit = text.index("\n") + 3
    paper.write_text(text[:digit] + ("1" if text[digit] == "0" else "0") + text[digit + 1 :])
    location = sample.location("second")
    for program in (ACTS_VERIFIER, VERIFIER):
        command = [sys.executable, "-I", str(DATA / program), str(location), "--since", str(paper)]
        done = subprocess.run(command, capture_output=True, check=False)
        assert done.returncode == 2
        assert b"was copied wrongly" in done.stderr


def test_all_of_it_lies_beside_every_copy_of_the_log_and_runs_there(sample: Sample, paper: Path) -> None:
    for name in ("store", "second", "third"):
        folder = sample.location(name) / "custody"
        assert {path.name for path in folder.iterdir() if path.is_file()} == set(TRAVELLING)
    before = sorted(sample.location("second").rglob("*"))
    code, _ = verified(sample, "--since", paper, program=sample.location("second") / "custody" / ACTS_VERIFIER)
    assert code == 0
    assert sorted(sample.location("second").rglob("*")) == before, "no bytecode either"


def test_it_is_short_and_needs_nothing_but_the_standard_library() -> None:
    import ast

    text = (DATA / ACTS_VERIFIER).read_text()
    assert len(text.splitlines()) < 330
    for node in ast.walk(ast.parse(text, feature_version=(3, 8))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        assert all(name.split(".")[0] in sys.stdlib_module_names for name in names), names
