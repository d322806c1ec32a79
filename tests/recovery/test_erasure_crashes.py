"""An erasure that dies at any durable call: no other line is lost, and the same command ends it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from recovery_support import KILLED, command, command_counting, command_dying, copy_of, new_archive

from archive import assembly
from archive.holdings.rebuild import catalogue_digest
from archive.model.records import RequestRecord

PARTS = 2
SECRET, KEPT = "somebody told us so on the telephone", "the one that is kept"


def requests(home: Path) -> list[tuple[int, RequestRecord]]:
    with assembly.reading(home) as archive:
        records = archive.holdings.log.records(kinds=frozenset({"request"}))
        return [(n, record) for n, record in records if isinstance(record, RequestRecord)]


@pytest.fixture(scope="module")
def agreed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """An archive in which the erasure of one reason was agreed on; and the request."""
    base = tmp_path_factory.mktemp("base") / "agreed"
    home = new_archive(base)
    toml = home / "archive.toml"
    toml.write_text(toml.read_text().replace("delay_hours = 72", "delay_hours = 0"))
    for code in ("anna", "boris"):
        assert command(home, "agent", "add", code, "--role", "approver") == 0
        assert command(home, "--as", code, "key", "new", code, "--role", "approver") == 0
    as_anna = ("--as", "anna")
    for reason in (SECRET, KEPT):
        ask = ("custody", "set-aside", "0", "--reason", reason, "--key", "anna")
        assert command(home, *as_anna, *ask) == 0
        request = requests(home)[-1][1].request
        assert command(home, *as_anna, "approvals", "withdraw", request, "--reason", "a mistake") == 0
    n = requests(home)[0][0]
    assert command(home, *as_anna, "custody", "erase", f"{n}:1", "--reason", "letter 7", "--key", "anna") == 0
    request = requests(home)[-1][1].request
    assert command(home, "approve", request, "--key", "boris") == 0
    return base, request


def lies_at(home: Path, text: str) -> int:
    """In how many files of a log or a copy these words lie."""
    return sum(text.encode() in path.read_bytes() for path in home.parent.rglob("*.jsonl"))


def digest(home: Path) -> str:
    with assembly.reading(home) as archive:
        return catalogue_digest(archive.holdings.catalogue)


@pytest.mark.parametrize("part", range(PARTS))
def test_an_erasure_that_died_anywhere_is_ended_by_the_same_command(
    agreed: tuple[Path, str], tmp_path: Path, part: int
) -> None:
    base, request = agreed
    words = ("--as", "anna", "carry-out", request)
    undisturbed = copy_of(base, tmp_path / "undisturbed")
    code, calls = command_counting(undisturbed, *words)
    assert code == 0
    assert lies_at(undisturbed, SECRET) == 0
    copies = lies_at(undisturbed, KEPT)
    assert copies == 3, "the log and two locations"
    print(f"{len(calls)} durable calls")
    assert len(calls) > 30
    # A process that is killed loses nothing that was written: just before a sync all is as just after what it syncs.
    telling = [at for at, call in enumerate(calls) if not call.startswith("sync f")]
    for turn, at in enumerate(telling[part::PARTS]):
        home = copy_of(base, tmp_path / f"at-{at}")
        assert command_dying(home, at, *words) == KILLED or at > len(calls) - 5, calls[at]
        assert lies_at(home, KEPT) >= copies, calls[at]
        assert command(home, *words) == 0, calls[at]
        assert lies_at(home, SECRET) == 0, calls[at]
        assert lies_at(home, KEPT) == copies, calls[at]
        assert command(home, *(("custody", "verify"), ("audit",))[turn % 2]) == 0, calls[at]
        assert [one.reason for _, one in requests(home)] == ["", KEPT, "letter 7"], calls[at]
        rebuilt = tmp_path / f"rebuilt-{at}"
        assert command(rebuilt, "catalogue", "rebuild", "--from", str(home.parent / "second")) == 0, calls[at]
        assert digest(rebuilt) == digest(home), calls[at]
        shutil.rmtree(home.parent)
        shutil.rmtree(rebuilt)
