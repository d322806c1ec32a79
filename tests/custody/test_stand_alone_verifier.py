"""The stand-alone verifier: sets that are not whole, proofs alone, and what the script itself promises."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from verifier_support import Handed, Volume, verify

from archive.custody.checkpoint import parse_note, parse_text
from archive.custody.log import CustodyLog
from archive.custody.proof_files import ConsistencyProof, InclusionProof
from archive.custody.proofs import consistency_path, inclusion_path
from archive.custody.tree import Tree
from archive.handover.verifier import HAND_METHOD, VERIFIER, travelling

SCRIPT = travelling(VERIFIER).decode()


def pythons() -> list[str]:
    """This interpreter, and older and newer ones that answer here."""
    named = [found for name in ("python3.8", "python3.9", "python3.13") if (found := shutil.which(name))]
    tried = {one: subprocess.run([one, "-I", "-c", ""], check=False, capture_output=True) for one in named}
    return [sys.executable, *(one for one, done in tried.items() if done.returncode == 0)]


# What the script promises


def test_it_is_short_and_imports_nothing_but_the_standard_library() -> None:
    assert len(SCRIPT.splitlines()) < 380
    assert max(map(len, SCRIPT.splitlines())) <= 120
    for node in ast.walk(ast.parse(SCRIPT, feature_version=(3, 8))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        assert all(name.split(".")[0] in sys.stdlib_module_names for name in names), names


def test_it_knows_no_network() -> None:
    for word in ("socket", "urllib", "http", "ftplib", "ssl"):
        assert word not in SCRIPT.replace("openssl", "").replace("OpenSSL", ""), word


def test_it_reads_a_volume_and_writes_nothing_there(volume: Volume) -> None:
    def seen() -> dict[str, tuple[int, int]]:
        return {str(p): (p.lstat().st_mtime_ns, p.lstat().st_size) for p in [volume.root, *volume.root.rglob("*")]}

    before = seen()
    assert volume.verify().code == 0
    assert seen() == before


@pytest.mark.parametrize("python", pythons())
def test_it_runs_on_the_pythons_that_recipients_have(volume: Volume, python: str) -> None:
    verdict = volume.verify(path=os.environ["PATH"], python=python)
    assert verdict.code == 0, verdict.text


def test_the_copies_that_travel_are_the_ones_kept_here(volume: Volume, handed: Handed) -> None:
    for name in (VERIFIER, HAND_METHOD):
        assert (volume.root / name).read_bytes() == travelling(name)
        for location in (handed.home / "store", handed.home.parent / "second"):
            assert (location / "custody" / name).read_bytes() == travelling(name)
        assert name in (volume.root / "HOWTO-VERIFY.txt").read_text()
        assert name in (volume.root / "0README.txt").read_text()
    assert volume.key in (volume.root / "HOWTO-VERIFY.txt").read_text()


@pytest.mark.parametrize(
    "words",
    [[], ["nowhere"], ["--since", "nowhere"], ["--frobnicate"], ["--proof", "nowhere"]],
    ids=lambda words: " ".join(words) or "nothing",
)
def test_what_cannot_be_understood_ends_with_2(tmp_path: Path, words: list[str]) -> None:
    verdict = verify(*words)
    assert verdict.code == 2, verdict.text
    assert "VERDICT" not in verdict.text


def test_a_checkpoint_that_is_none_is_no_accusation(volume: Volume, tmp_path: Path) -> None:
    (tmp_path / "typed.txt").write_text("evidence-archive/x\n16\nnot a root\n")
    assert verify(volume.root, "--since", tmp_path / "typed.txt").code == 2


# Sets that are not whole, and say so


def test_what_is_not_given_is_said_to_be_unchecked(volume: Volume) -> None:
    verdict = verify(volume.root)
    assert verdict.code == 3
    assert not verdict.told("WRONG")
    assert verdict.told("NOT CHECKED", "checkpoints") == [
        "NOT CHECKED  checkpoints  0 records are newer than these; given with --since: 0"
    ]
    assert verdict.told("NOT CHECKED", "signatures") == ["NOT CHECKED  signatures   no --key given"]


def test_withheld_openings_are_counted(volume: Volume) -> None:
    kept = [line for n, line in enumerate(volume.lines("openings")) if n % 3]
    (path,) = (volume.root / "custody/openings").iterdir()
    path.write_bytes(b"".join(line + b"\n" for line in kept))
    volume.refit_sums()
    verdict = volume.verify()
    assert verdict.code == 3, verdict.text
    size = volume.sizes[-1]
    assert f"NOT CHECKED  openings     {len(kept)} of {size} are here" in verdict.text
    assert not verdict.told("WRONG", "packages"), verdict.text


def test_without_any_openings_packages_are_checked_against_themselves(volume: Volume) -> None:
    shutil.rmtree(volume.root / "custody/openings")
    volume.refit_sums()
    verdict = volume.verify()
    assert verdict.code == 3, verdict.text
    assert len(verdict.told("NOT CHECKED", "packages")) == 4
    volume.evidence.write_bytes(b"x")
    assert volume.verify().code == 1


def test_a_deleted_package_is_not_missed_and_its_approval_is_left_to_the_other_program(volume: Volume) -> None:
    gone = volume.aip.name
    names = ("actor", "clock", "machine", "time", "version")
    common = next({name: record[name] for name in names} for record in volume.records() if record["kind"] == "receipt")
    told = {"aip": gone, "bytes": "1", "files": "[]", "kind": "tombstone", "remainder": None, "request": "r"}
    volume.append(common | told | {"reason": "", "v": 1})
    shutil.rmtree(volume.aip)
    volume.refit_sums()
    verdict = volume.verify()
    assert verdict.code == 3, verdict.text
    assert f"NOT CHECKED  packages     {gone} was deleted by record {volume.sizes[-1]}" in verdict.text


def test_a_set_that_says_it_is_partial_may_lack_packages(volume: Volume) -> None:
    facts = json.loads((volume.root / "handover.json").read_bytes())
    (volume.root / "handover.json").write_text(json.dumps({**facts, "partial": True}))
    gone = volume.aip.name
    shutil.rmtree(volume.aip)
    volume.refit_sums()
    verdict = volume.verify()
    assert verdict.code == 3, verdict.text
    assert [line for line in verdict.told("NOT CHECKED", "packages") if gone in line]


def test_records_after_the_last_checkpoint_are_said_to_be_uncovered(volume: Volume) -> None:
    *_, before, last = volume.sizes
    volume.notes[-1].unlink()
    volume.refit_sums()
    verdict = volume.verify()
    assert verdict.code == 3
    assert f"NOT CHECKED  checkpoints  {last - before} records are newer than these" in verdict.text


def test_a_storage_location_is_checked_too(handed: Handed, tmp_path: Path) -> None:
    location = tmp_path / "second"
    shutil.copytree(handed.home.parent / "second", location)
    verdict = verify(location, *handed.volume.trusted)
    assert verdict.code == 3, verdict.text
    assert verdict.told("NOT CHECKED") == [
        "NOT CHECKED  checkpoints  1 records are newer than these; given with --since: 1"
    ]
    (location / "stranger").write_text("x")
    assert "'stranger' is" in verify(location, *handed.volume.trusted).text
    (location / "stranger").unlink()
    victim = next(location.glob("??/*/data/representations/original/data/statement.txt"))
    victim.write_bytes(b"I saw nothing.\n")
    assert verify(location, *handed.volume.trusted).code == 1
    shutil.rmtree(victim.parents[4])
    assert "into which files were sealed, is not here" in verify(location, *handed.volume.trusted).text


def test_segments_that_a_broken_off_merge_left_are_passed_over(volume: Volume) -> None:
    for part in ("leaves", "openings"):
        lines = volume.lines(part)
        folder = volume.root / "custody" / part
        (folder / f"{0:020d}-10.jsonl").write_bytes(b"".join(line + b"\n" for line in lines[:10]))
        (folder / f"{10:020d}-5.jsonl").write_bytes(b"".join(line + b"\n" for line in lines[10:15]))
    volume.refit_sums()
    assert volume.verify().code == 0


def test_a_file_that_cannot_be_read_is_named_and_the_rest_is_checked(volume: Volume) -> None:
    path = volume.evidence
    path.unlink()
    os.mkfifo(path)  # opening it would wait for ever
    verdict = volume.verify()
    assert verdict.code == 1
    assert any("a link or device" in line for line in verdict.told("WRONG", "packages"))
    assert verdict.told("RIGHT", "signatures")


def test_names_cannot_write_on_the_screen(volume: Volume) -> None:
    (volume.aip / "data/\x1b[2Jred\u202etxt").write_text("x")
    verdict = volume.verify()
    assert "\x1b" not in verdict.text and "\u202e" not in verdict.text
    assert r"\x1b[2Jred\u202etxt" in verdict.text


# Proofs alone


class Proofs:
    """Proofs made by the archive that handed over."""

    def __init__(self, handed: Handed, folder: Path) -> None:
        self.log = CustodyLog.open(handed.home / "custody")
        self.nodes = Tree(self.log).node
        self.notes = {parse_text(parse_note(p.read_bytes()).text).size: p.read_bytes() for p in handed.volume.notes}
        self.folder = folder
        self.first, self.second, self.third = handed.volume.sizes

    def inclusion(self, n: int, size: int, *, opened: bool = True) -> Path:
        ((_, pair, _, lines),) = self.log.full_entries(n, n + 1)
        path = inclusion_path(n, size, self.nodes)
        private = tuple(line.line for line in lines) if opened else ()
        proof = InclusionProof(n, size, pair.leaf, pair.opening if opened else None, path, self.notes[size], private)
        return self._write(f"inclusion-{n}-{size}.json", proof.octets)

    def consistency(self, first: int, second: int) -> Path:
        path = consistency_path(first, second, self.nodes)
        proof = ConsistencyProof(first, second, path, self.notes[first], self.notes[second])
        return self._write(f"consistency-{first}-{second}.json", proof.octets)

    def _write(self, name: str, data: bytes) -> Path:
        path = self.folder / name
        path.write_bytes(data)
        return path


@pytest.fixture
def proofs(handed: Handed, tmp_path: Path) -> Proofs:
    return Proofs(handed, tmp_path)


def test_every_inclusion_proof_verifies_alone(handed: Handed, proofs: Proofs) -> None:
    words: list[str | Path] = []
    for size in proofs.notes:
        for n in range(size):
            words += ["--proof", proofs.inclusion(n, size)]
    for first, second in ((proofs.first, proofs.second), (proofs.second, proofs.third)):
        words += ["--proof", proofs.consistency(first, second)]
    verdict = verify(*words, *handed.volume.trusted)
    assert verdict.code == 0, verdict.text
    assert len(verdict.told("RIGHT", "proof")) == sum(proofs.notes) + 2


def test_a_proof_goes_with_the_package_it_speaks_of(volume: Volume, handed: Handed, proofs: Proofs) -> None:
    seal = next(n for n in volume.numbers("seal") if volume.records()[n]["package"] == volume.aip.name)
    receipts = [n for n in volume.numbers("receipt") if volume.records()[n]["package"] == volume.aip.name]
    words = [word for n in (seal, *receipts) for word in ("--proof", proofs.inclusion(n, proofs.first))]
    verdict = verify(volume.aip, *words, *handed.volume.trusted)
    assert verdict.code == 0, verdict.text
    volume.evidence.write_bytes(b"I saw nothing.\n")
    verdict = verify(volume.aip, *words, *handed.volume.trusted)
    assert verdict.code == 1
    assert any("statement.txt" in line for line in verdict.told("WRONG", "packages"))
    volume.refit_bag(volume.aip)
    verdict = verify(volume.aip, *words, *handed.volume.trusted)
    assert any("tagmanifest-sha256.txt" in line for line in verdict.told("WRONG", "packages"))
    assert any("was received with SHA-256" in line for line in verdict.told("WRONG", "packages"))


def test_with_the_receipt_of_another_package_the_seal_is_unknown(volume: Volume, proofs: Proofs) -> None:
    (n,) = volume.numbers("producer")
    verdict = verify(volume.aip, "--proof", proofs.inclusion(n, proofs.first), *volume.trusted)
    assert verdict.code == 3
    assert "no record says it was sealed" in verdict.told("NOT CHECKED", "packages")[0]


def test_a_folder_that_is_no_package_is_not_passed_over(handed: Handed, proofs: Proofs, tmp_path: Path) -> None:
    assert verify(tmp_path, "--proof", proofs.inclusion(5, proofs.first), *handed.volume.trusted).code == 2


def test_a_package_alone_is_checked_against_its_own_lists(volume: Volume) -> None:
    verdict = verify(volume.aip, *volume.trusted)
    assert verdict.code == 3, verdict.text
    assert verdict.told("NOT CHECKED", "packages") == [
        f"NOT CHECKED  packages     {volume.aip.name} is here, and no record says it was sealed"
    ]
    volume.evidence.write_bytes(b"x")
    assert verify(volume.aip, *volume.trusted).code == 1


def test_a_withheld_record_can_be_proven_to_exist(handed: Handed, proofs: Proofs) -> None:
    verdict = verify("--proof", proofs.inclusion(5, proofs.first, opened=False), *handed.volume.trusted)
    assert verdict.code == 0, verdict.text
    assert not verdict.told("RIGHT", "openings")


def test_a_proof_of_another_size_than_the_paper_needs_a_proof_between_them(handed: Handed, proofs: Proofs) -> None:
    alone = verify("--proof", proofs.inclusion(20, proofs.third), *handed.volume.trusted)
    assert alone.code == 3
    assert f"no proof says that those of [{proofs.first}, {proofs.third}] records continue each other" in alone.text
    bridge = (
        "--proof",
        proofs.consistency(proofs.first, proofs.second),
        "--proof",
        proofs.consistency(proofs.second, proofs.third),
    )
    assert verify("--proof", proofs.inclusion(20, proofs.third), *bridge, *handed.volume.trusted).code == 0
    half = bridge[:2]
    assert verify("--proof", proofs.inclusion(20, proofs.third), *half, *handed.volume.trusted).code == 3


def test_every_changed_member_of_a_proof_is_noticed(handed: Handed, proofs: Proofs) -> None:
    for path, members in (
        (proofs.inclusion(20, proofs.third), ("n", "size", "leaf", "opening", "path", "checkpoint")),
        (
            proofs.consistency(proofs.first, proofs.second),
            ("first", "second", "path", "first_checkpoint", "second_checkpoint"),
        ),
    ):
        right = json.loads(path.read_bytes())
        for member in members:
            for changed in (one for one in _changes(right[member]) if one != right[member]):
                path.write_text(json.dumps({**right, member: changed}))
                verdict = verify("--proof", path, *handed.volume.trusted)
                assert verdict.code == 1, (member, changed, verdict.text)


def _changes(value: object) -> list[object]:
    if isinstance(value, int):
        return [value + 1, value - 1]
    if isinstance(value, list):
        wrong = [("0" if value[0][0] != "0" else "1") + value[0][1:], *value[1:]]
        return [value[1:], [*value, value[0]], wrong, value[::-1], []]
    assert isinstance(value, str)
    middle = len(value) // 2
    swap = "0" if value[middle] != "0" else "1"
    return [value[:middle] + swap + value[middle + 1 :], value[:20], ""]


def test_two_checkpoints_of_one_size_and_two_roots_are_a_fork(handed: Handed, proofs: Proofs, tmp_path: Path) -> None:
    lines = handed.volume.paper.read_text().split("\n")
    (tmp_path / "fork.txt").write_text("\n".join([*lines[:2], "00" * 32]) + "\n")
    verdict = verify(
        "--proof", proofs.inclusion(5, proofs.first), "--since", tmp_path / "fork.txt", "--key", handed.volume.key
    )
    assert verdict.code == 1
    assert verdict.told("WRONG", "checkpoints")


def test_a_root_may_be_typed_in_digits_and_with_the_lines_of_windows(volume: Volume, tmp_path: Path) -> None:
    checkpoint = parse_text(parse_note(volume.notes[0].read_bytes()).text)
    typed = tmp_path / "typed.txt"
    typed.write_bytes(f"{checkpoint.origin}\r\n{checkpoint.size}\r\n{checkpoint.root.hex()}".encode())
    assert verify(volume.root, "--since", typed, "--key", volume.key).code == 0


def test_a_mistyped_key_is_never_called_right(volume: Volume) -> None:
    name, identifier, encoded = volume.key.split("+", 2)
    reversed_key = f"{name}+{identifier}+A{encoded[1:][::-1]}"
    for typed in (reversed_key, f"{name}+00000000+{encoded}", f"x+{identifier}+{encoded}"):
        assert verify(volume.root, "--since", volume.paper, "--key", typed).code == 1
