"""An ingest by person with duplicates stored once, killed at any durable call: the same packages and references."""

from __future__ import annotations

import shutil
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
    leftovers,
    new_archive,
)

from archive import assembly

PARTS = 6
TERMS = """
name = "persons"
version = 1
title = "Persons"
[metadata]
required = true
columns_required = ["path", "person_code"]
[files]
duplicates = "reference"
digests = ["sha512"]
[packages]
max_files = 2
group_by = "column"
column = "person_code"
"""
FILES = {"a": "alike", "b": "alike", "c": "other", "d": "alike", "e": "alike", "f": "third", "g": "alike"}
ROWS = {"a": "P-1", "b": "P-2", "c": "P-2", "d": "P-1", "e": "P-1", "f": "P-1"}  # and nobody says whose g is


@pytest.fixture(scope="module")
def agreed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, tuple[str, ...]]:
    """An archive with an agreement; and the command that takes a delivery in."""
    base = tmp_path_factory.mktemp("base") / "agreed"
    home = new_archive(base)
    delivery, table, terms = base.parent / "delivery", base.parent / "t.csv", base.parent / "persons.toml"
    delivery.mkdir()
    for name, text in FILES.items():
        (delivery / name).write_text(text)
    table.write_text("path,person_code\n" + "".join(f"{name},{code}\n" for name, code in ROWS.items()))
    terms.write_text(TERMS)
    assert command(home, "producer", "add", "p", "--profile", str(terms)) == 0
    return base, ("ingest", str(delivery), "--producer", "p", "--metadata", str(table))


def groups(home: Path) -> list[list[bytes]]:
    """The names of the files whose bytes the packages of each group hold, also those that only refer to them."""
    found: dict[str, list[bytes]] = {}
    with assembly.reading(home) as archive:
        catalogue = archive.holdings.catalogue
        for accession in catalogue.accessions():
            for file in catalogue.files(accession.id):
                package = catalogue.package(catalogue.package_of(file) or file.aip)  # type: ignore[arg-type]
                assert package is not None
                assert package.group_id is not None
                found.setdefault(package.group_id, []).append(file.name)
    return sorted(sorted(names) for names in found.values())


def references(home: Path) -> list[tuple[bytes, bytes]]:
    """Each file whose bytes are stored as another, and that one."""
    with assembly.reading(home) as archive:
        catalogue = archive.holdings.catalogue
        files = {row.id: row for accession in catalogue.accessions() for row in catalogue.files(accession.id)}
        return sorted((row.name, files[row.same_as].name) for row in files.values() if row.same_as is not None)


@pytest.mark.parametrize("part", [0, 1, *(pytest.param(part, marks=pytest.mark.slow) for part in range(2, PARTS))])
def test_an_ingest_that_died_anywhere_ends_with_the_same_packages_and_references(
    agreed: tuple[Path, tuple[str, ...]], tmp_path: Path, part: int
) -> None:
    base, words = agreed
    undisturbed = copy_of(base, tmp_path / "undisturbed")
    code, calls = command_counting(undisturbed, *words)
    assert code == 3  # for the file that nobody says whose it is
    expected, expected_kinds = holdings(undisturbed), kinds(undisturbed)
    assert groups(undisturbed) == [[b"a", b"d", b"e", b"f"], [b"b", b"c"], [b"g"]]
    assert references(undisturbed) == [(b"d", b"a"), (b"e", b"a")]
    assert expected["closed"] == [True]
    # A process that is killed loses nothing that was written: just before a sync all is as just after what it syncs.
    telling = [at for at, call in enumerate(calls) if not call.startswith("sync f")]
    assert len(telling) > 20
    for turn, at in enumerate(telling[part::PARTS]):
        home = copy_of(base, tmp_path / f"at-{at}")
        assert command_dying(home, at, *words) == KILLED, calls[at]
        assert command(home, *words) == 3, calls[at]
        assert holdings(home) == expected, (at, calls[at])
        assert kinds(home) == expected_kinds, (at, calls[at])
        assert groups(home) == groups(undisturbed), (at, calls[at])
        assert references(home) == references(undisturbed), (at, calls[at])
        assert leftovers(home) == [], (at, calls[at])
        checks = (("audit",), ("custody", "verify"))
        assert command(home, *checks[turn % 2]) == 0, (at, calls[at])
        shutil.rmtree(home.parent)
