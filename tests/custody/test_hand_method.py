"""The hand method's text: every number in it is what the named tools give, and what the program says."""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from verifier_support import verify

from archive.custody.keys import parse_verifier_key
from archive.custody.proof_files import InclusionProof, parse_proof, verify_proof
from archive.handover.verifier import HAND_METHOD, travelling

TEXT = travelling(HAND_METHOD).decode()
PROOF = next(line for line in TEXT.splitlines() if line.startswith('{"checkpoint"'))
KEY = next(
    line for line in TEXT.splitlines() if re.fullmatch(r"evidence-archive/[0-9a-f-]{36}\+[0-9a-f]{8}\+\S+", line)
)
TOOLS = ("bash", "sha256sum", "xxd", "openssl", "sed", "tr", "cut", "tail", "cat")


def steps() -> list[tuple[str, str]]:
    """Each command of the text with what the text shows below it."""
    found: list[tuple[str, list[str]]] = []
    shown = False
    for line in TEXT.splitlines():
        if line.startswith("    $ "):
            found.append((line[6:], []))
            shown = True
        elif shown and found[-1][0].endswith("\\"):
            found[-1] = (f"{found[-1][0]}\n{line}", [])
        elif shown and (line.startswith("      ") or (not line and found[-1][1])):
            found[-1][1].append(line[6:])
        else:
            shown = False
    return [(command, "\n".join(lines).strip("\n")) for command, lines in found]


def run(commands: list[str], folder: Path) -> list[str]:
    """Run commands in one shell that knows nothing but the tools, and answer what each of them prints."""
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}; install with: apt-get install coreutils sed xxd openssl")
    mark = "-- next --"
    script = "".join(f"{command}\nprintf '\\n%s\\n' '{mark}'\n" for command in commands)
    done = subprocess.run(
        ["bash", "-c", "set -e\n" + script],
        cwd=folder,
        env={"PATH": ":".join(sorted({str(Path(shutil.which(tool) or "").parent) for tool in TOOLS})), "LC_ALL": "C"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    return [part.strip("\n") for part in done.stdout.decode().split(f"\n{mark}\n")][:-1]


def test_every_command_gives_what_the_text_shows(tmp_path: Path) -> None:
    (tmp_path / "proof.json").write_text(PROOF + "\n")
    told = steps()
    assert len(told) > 20
    assert sum(bool(shown) for _, shown in told) > 12
    for (command, shown), answer in zip(told, run([command for command, _ in told], tmp_path), strict=True):
        assert answer == shown, command


def test_the_example_is_what_the_program_makes_and_accepts(tmp_path: Path) -> None:
    proof = parse_proof(PROOF.encode())
    assert isinstance(proof, InclusionProof)
    record = verify_proof(proof, [parse_verifier_key(KEY)])
    assert record is not None and json.loads(record)["kind"] == "receipt"
    (tmp_path / "proof.json").write_text(PROOF)
    (tmp_path / "paper.txt").write_text("".join(proof.checkpoint.decode().splitlines(keepends=True)[:3]))
    verdict = verify("--proof", tmp_path / "proof.json", "--key", KEY, "--since", tmp_path / "paper.txt")
    assert verdict.code == 0, verdict.text


def test_another_file_comes_out_differently_at_the_step_that_the_text_names(tmp_path: Path) -> None:
    (tmp_path / "proof.json").write_text(PROOF.replace("archivist-01", "archivist-02"))
    told = steps()
    answers = run([command for command, _ in told], tmp_path)
    wrong = [command for (command, shown), answer in zip(told, answers, strict=True) if answer != shown]
    assert len(wrong) == 1 and "commitment/v1" in wrong[0]


def test_the_windows_part_names_the_same_numbers() -> None:
    windows = TEXT[TEXT.index("WINDOWS") :]
    proof = json.loads(PROOF)
    record = json.loads(proof["opening"])["record"]
    root = proof["checkpoint"].split("\n")[2]
    for number in (record["sha256"], json.loads(proof["leaf"])["commitment"]):
        assert f"{number[:8]}…" in windows
    assert f"{root[:8]}…" in windows
    first_node = next(answer for command, answer in steps() if command.startswith("node ") and answer)
    assert first_node in windows
    assert base64.b64decode(root).hex() in TEXT


def test_the_text_can_be_read_on_any_screen() -> None:
    long = [line for line in TEXT.splitlines() if len(line) > 120]
    assert all(line.startswith(("    $ ", "      ", '{"checkpoint"')) for line in long), long
