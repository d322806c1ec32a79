"""A night's search for malware that dies at any durable call is finished by the next one."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest
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

sys.path.append(str(Path(__file__).resolve().parents[1] / "ingest"))
from quarantine_support import EICAR, clamd

PARTS = 3


@pytest.fixture(scope="module")
def unscanned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of two packages at two locations that no scanner ever saw; an infected file is in the second."""
    base = tmp_path_factory.mktemp("base") / "unscanned"
    home = new_archive(base)
    for number, files in enumerate(({"a": b"1", "b": b"2"}, {"c": b"3", "letter": EICAR})):
        delivery = base / f"delivery-{number}"
        delivery.mkdir()
        for name, data in files.items():
            (delivery / name).write_bytes(data)
        assert command(home, "ingest", str(delivery), "--producer", "p") == 0
        shutil.rmtree(delivery)
    return base


def said(home: Path) -> list[tuple[object, ...]]:
    with assembly.reading(home) as archive:
        catalogue = archive.holdings.catalogue
        scans = [catalogue.malware_scan(package.id) for package in catalogue.packages()]
        counts = [(one.outcome, one.detail, one.files) for one in catalogue.malware_counts()]
        return [*(scan and (scan.scanner, scan.outcome, scan.rescanned_at is None) for scan in scans), *counts]


@pytest.mark.parametrize("part", range(PARTS))
def test_a_search_that_died_anywhere_ends_as_if_nothing_had_happened(
    unscanned: Path, tmp_path: Path, part: int
) -> None:
    words = ("schedule", "--once")
    with clamd() as there:
        base = copy_of(unscanned, tmp_path / "base").parent
        toml = base / "home/archive.toml"
        toml.write_text(toml.read_text().replace('socket = ""', f'socket = "{there}"'))
        undisturbed = copy_of(base, tmp_path / "undisturbed")
        code, calls = command_counting(undisturbed, *words)
        assert code == 3 and calls.count("commit catalogue") == 2
        expected, expected_kinds, expected_said = holdings(undisturbed), kinds(undisturbed), said(undisturbed)
        assert (expected_kinds["malware"], expected_kinds["incident"]) == (4, 1)
        for at in range(part, len(calls), PARTS):
            home = copy_of(base, tmp_path / f"at-{at}")
            assert command_dying(home, at, *words) == KILLED, calls[at]
            assert command(home, *words) in (0, code), calls[at]  # 0 where it died after the last record
            assert holdings(home) == expected, calls[at]
            assert kinds(home) == expected_kinds, calls[at]
            assert said(home) == expected_said, calls[at]
            if at + PARTS < len(calls):
                shutil.rmtree(home.parent)
        assert command(tmp_path / "new", "catalogue", "rebuild", "--from", str(home.parent / "second")) == 0
        assert digest(tmp_path / "new") == digest(home)


def digest(home: Path) -> str:
    with assembly.reading(home) as archive:
        return catalogue_digest(archive.holdings.catalogue)
