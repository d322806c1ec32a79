"""The erasure of a receipt of release 0.1 that dies at any durable call: nothing else is lost, and it is ended."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from recovery_support import KILLED, command, command_counting, command_dying

from archive import assembly
from archive.holdings.rebuild import catalogue_digest

sys.path.append(str(Path(__file__).resolve().parents[1] / "golden"))
from golden_support import Unpacked, last_moment, set_clock, unpack
from test_erased_openings_of_0_1 import (
    GOLDEN,
    LOCATIONS,
    Receipts,
    agreed,
    copied,
    deleted_file,
    lies_at,
    records,
)

PARTS = 4


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Unpacked, Receipts, str]]:
    """An archive in which the erasure of a file's receipts was agreed on; the file, and the request."""
    with pytest.MonkeyPatch.context() as patch:
        unpacked = unpack(GOLDEN, tmp_path_factory.mktemp("agreed").resolve() / "golden")
        set_clock(patch, last_moment(unpacked.custody("home")) + timedelta(hours=1))
        receipts = deleted_file(unpacked)
        yield unpacked, receipts, agreed(unpacked, patch, receipts.file)


def digest(home: Path) -> str:
    with assembly.reading(home) as archive:
        return catalogue_digest(archive.holdings.catalogue)


def lost(unpacked: Unpacked, receipts: Receipts, before: set[int]) -> dict[str, set[int]]:
    """Records whose openings are neither here nor erased, by place."""
    missing = {place: before - {n for n, _ in records(unpacked, place)} for place in ("home", *LOCATIONS)}
    return {place: numbers for place, found in missing.items() if (numbers := found - set(receipts.numbers))}


@pytest.mark.parametrize("part", range(PARTS))
def test_an_erasure_that_died_anywhere_is_ended_by_the_same_command(
    base: tuple[Unpacked, Receipts, str], tmp_path: Path, part: int
) -> None:
    agreed_on, receipts, request = base
    before = {n for n, _ in records(agreed_on)}
    words = ("--as", "anna", "carry-out", request)
    undisturbed = copied(agreed_on, tmp_path.resolve() / "undisturbed")
    code, calls = command_counting(undisturbed.home, *words)
    assert code == 0
    assert not any(lies_at(undisturbed.custody(place), receipts) for place in ("home", *LOCATIONS))
    print(f"{len(calls)} durable calls")
    assert len(calls) > 50
    telling = [at for at, call in enumerate(calls) if not call.startswith("sync f")]
    for turn, at in enumerate(telling[part::PARTS]):
        died = copied(agreed_on, tmp_path.resolve() / f"at-{at}")
        assert command_dying(died.home, at, *words) == KILLED or at > len(calls) - 5, calls[at]
        assert lost(died, receipts, before) == {}, calls[at]
        assert command(died.home, *words) == 0, calls[at]
        assert not any(lies_at(died.custody(place), receipts) for place in ("home", *LOCATIONS)), calls[at]
        assert lost(died, receipts, before) == {}, calls[at]
        assert command(died.home, *(("custody", "verify"), ("audit",))[turn % 2]) == 0, calls[at]
        rebuilt = tmp_path / f"rebuilt-{at}"
        place = died.location(LOCATIONS[turn % len(LOCATIONS)])
        assert command(rebuilt, "catalogue", "rebuild", "--from", str(place)) == 0, calls[at]
        assert digest(rebuilt) == digest(died.home), calls[at]
        shutil.rmtree(died.root)
        shutil.rmtree(rebuilt)
