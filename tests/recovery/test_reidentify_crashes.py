"""A reidentification of some hundreds of files that dies at any durable call ends as an undisturbed one does."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
import recovery_support
from kill_reidentification import KINDS, make_delivery
from recovery_support import (
    KILLED,
    command,
    command_counting,
    command_dying,
    copy_of,
    holdings,
    kinds,
    new_archive,
)

from archive import assembly
from archive.holdings.rebuild import catalogue_digest
from archive.inspection.local_identifier import LocalIdentifier

FILES, PER_PACKAGE, PARTS = 300, 100, 3


@pytest.fixture(scope="module")
def stale(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of three packages at two locations, which only our own signatures were asked about."""
    base = tmp_path_factory.mktemp("base") / "stale"
    home = new_archive(base)
    toml = home / "archive.toml"
    toml.write_text(toml.read_text().replace("max_files = 5000", f"max_files = {PER_PACKAGE}"))
    delivery = make_delivery(base / "delivery", FILES)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recovery_support, "WITNESSES", (LocalIdentifier,))
        assert command(home, "ingest", str(delivery), "--producer", "p") == 0
    shutil.rmtree(delivery)
    return base


def verdicts(home: Path) -> dict[str, tuple[object, ...]]:
    with assembly.reading(home) as archive:
        catalogue = archive.holdings.catalogue
        return {
            str(row.file): (row.puid, row.name, row.verdict, row.basis, row.reason, row.former_puid, row.former_verdict)
            for package in catalogue.packages()
            for row in catalogue.file_formats(package.id)
        }


def digest(home: Path) -> str:
    with assembly.reading(home) as archive:
        return catalogue_digest(archive.holdings.catalogue)


@pytest.mark.parametrize("part", range(PARTS))
def test_a_reidentification_that_died_anywhere_ends_as_if_nothing_had_happened(
    stale: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: int
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 1)  # in one process: what is killed here is the one that records
    words = ("formats", "reidentify")
    undisturbed = copy_of(stale, tmp_path / "undisturbed")
    code, calls = command_counting(undisturbed, *words)
    assert code in (0, 3)
    packages = FILES // PER_PACKAGE
    assert calls.count("commit catalogue") == packages
    expected, expected_kinds, expected_verdicts = holdings(undisturbed), kinds(undisturbed), verdicts(undisturbed)
    assert expected_kinds["identification"] == 2 * packages
    assert len(expected_verdicts) == FILES
    assert sum(told[0] == "fmt/4" for told in expected_verdicts.values()) == len(range(1, FILES, len(KINDS)))
    for at in range(part, len(calls), PARTS):
        home = copy_of(stale, tmp_path / f"at-{at}")
        assert command_dying(home, at, *words) == KILLED, calls[at]
        assert command(home, *words) == code, calls[at]
        assert holdings(home) == expected, calls[at]
        assert kinds(home) == expected_kinds, calls[at]
        assert verdicts(home) == expected_verdicts, calls[at]
        if at + PARTS < len(calls):
            shutil.rmtree(home.parent)
    assert command(tmp_path / "new", "catalogue", "rebuild", "--from", str(home.parent / "second")) == 0
    assert digest(tmp_path / "new") == digest(home)
