"""A deletion that dies at any durable call: what stays is never in danger, and the same command ends it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from recovery_support import (
    KILLED,
    LOCATIONS,
    command,
    command_counting,
    command_dying,
    copy_of,
    holdings,
    kinds,
    new_archive,
)

from archive import assembly

PARTS = 4
SECRET = b"the testimony that is to be forgotten\n"
KEPT = {"kept-1.txt": b"the first that stays\n", "kept-2.txt": b"the second that stays\n"}


@pytest.fixture(scope="module")
def agreed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """An archive in which a deletion of one file and of one whole package was agreed on; and the request."""
    base = tmp_path_factory.mktemp("base") / "agreed"
    home = new_archive(base)
    toml = home / "archive.toml"
    toml.write_text(toml.read_text().replace("delay_hours = 72", "delay_hours = 0"))
    for name, files in (("one", {"secret.txt": SECRET, **KEPT}), ("two", {"all.txt": SECRET + b"again\n"})):
        delivery = base.parent / name
        delivery.mkdir()
        for path, data in files.items():
            (delivery / path).write_bytes(data)
        assert command(home, "ingest", str(delivery), "--producer", "p") == 0
    for code in ("anna", "boris"):
        assert command(home, "agent", "add", code, "--role", "approver") == 0
        assert command(home, "--as", code, "key", "new", code, "--role", "approver") == 0
    with assembly.reading(home) as archive:
        (secret,) = archive.holdings.catalogue.find_files(text="secret.txt", limit=9)
        (whole,) = archive.holdings.catalogue.find_files(text="all.txt", limit=9)
    ask = (
        "--as",
        "anna",
        "deletion",
        "request",
        secret.id,
        whole.aip,
        "--reason",
        "consent withdrawn",
        "--key",
        "anna",
    )
    assert command(home, *ask) == 0
    with assembly.reading(home) as archive:
        (record,) = (record for _, record in archive.holdings.log.records(kinds=frozenset({"request"})))
    assert command(home, "approve", record.request, "--key", "boris") == 0
    return base, record.request


def everywhere(home: Path) -> dict[str, list[bytes]]:
    """The bytes of every file at each location, without the confidential openings and what is on its way."""
    found = {}
    for name in LOCATIONS:
        place = home / "store" if name == "store" else home.parent / name
        found[name] = [path.read_bytes() for path in place.glob("??/**/*") if path.is_file()]
    return found


@pytest.mark.parametrize("part", range(PARTS))
def test_a_deletion_that_died_anywhere_ends_as_if_nothing_had_happened(
    agreed: tuple[Path, str], tmp_path: Path, part: int
) -> None:
    base, request = agreed
    words = ("--as", "anna", "carry-out", request)
    undisturbed = copy_of(base, tmp_path / "undisturbed")
    code, calls = command_counting(undisturbed, *words)
    assert code == 0
    assert len(calls) > 40
    expected, expected_kinds = holdings(undisturbed), kinds(undisturbed)
    assert expected_kinds["tombstone"] == 4  # two packages of evidence, and the papers of both accessions
    for at in range(part, len(calls), PARTS):
        home = copy_of(base, tmp_path / f"at-{at}")
        assert command_dying(home, at, *words) == KILLED, calls[at]
        for name, files in everywhere(home).items():
            for data in KEPT.values():
                assert data in files, f"call {at} ({calls[at]}): a file that stays is in no package at '{name}'"
        assert command(home, *words) == 0, calls[at]
        assert holdings(home) == expected, calls[at]
        assert kinds(home) == expected_kinds, calls[at]
        for name, files in everywhere(home).items():
            assert not any(SECRET in data for data in files), (calls[at], name)
        assert not (home / "deaccession").exists() or not any((home / "deaccession").iterdir()), calls[at]
        assert command(home, "audit") == 0, calls[at]
        assert command(home, "approvals", "check") == 0, calls[at]
        assert command(home, "custody", "verify") == 0, calls[at]
        shutil.rmtree(home.parent)


def test_a_deletion_abandoned_half_way_leaves_nothing_behind(agreed: tuple[Path, str], tmp_path: Path) -> None:
    """Killed before anything was recorded, then withdrawn: the next deletion clears what had been sealed anew."""
    base, request = agreed
    words = ("--as", "anna", "carry-out", request)
    home = copy_of(base, tmp_path / "counted")
    _, calls = command_counting(home, *words)
    placed = [n for n, call in enumerate(calls) if call.startswith("publish")]
    home = copy_of(base, tmp_path / "abandoned")
    assert command_dying(home, placed[1] + 1, *words) == KILLED
    assert command(home, "--as", "anna", "approvals", "withdraw", request, "--reason", "a mistake") == 0
    with assembly.reading(home) as archive:
        (kept,) = archive.holdings.catalogue.find_files(text="kept-1.txt", limit=9)
    ask = ("--as", "anna", "deletion", "request", kept.id, "--reason", "r", "--key", "anna")
    assert command(home, *ask) == 0
    with assembly.reading(home) as archive:
        *_, record = (record for _, record in archive.holdings.log.records(kinds=frozenset({"request"})))
    assert command(home, "approve", record.request, "--key", "boris") == 0
    assert command(home, "--as", "anna", "carry-out", record.request) == 0
    after = holdings(home)  # which fails where a package stands at a location without a record
    assert len(after["packages"]) == len(holdings(base / "home")["packages"])
    assert command(home, "custody", "verify") == 0
