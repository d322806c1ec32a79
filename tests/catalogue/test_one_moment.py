"""What is read at one moment fits together, whatever another process writes meanwhile."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from archive.catalogue.catalogue import Catalogue
from archive.catalogue.opening import create, open_catalogue
from archive.catalogue.rows import ProducerRow
from archive.errors import CatalogueError


def add(path: Path, code: str) -> None:
    """Another process records a producer."""
    other = open_catalogue(path)
    with other.transaction():
        other.insert([ProducerRow(leaf=1, code=code, name=code)])
        other.set_applied(other.applied() + 1)
    other.close()


def seen(catalogue: Catalogue) -> tuple[int, int]:
    return catalogue.applied(), sum(1 for table, _ in catalogue.evidence() if table == "producer")


def test_reads_of_one_moment_do_not_see_what_is_written_meanwhile(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.sqlite"
    catalogue = create(path)
    add(path, "a")
    with catalogue.at_one_moment():
        assert seen(catalogue) == (1, 1)
        add(path, "b")
        assert seen(catalogue) == (1, 1)
    assert seen(catalogue) == (2, 2)
    with catalogue.at_one_moment():
        assert seen(catalogue) == (2, 2)


def test_a_moment_holds_nobody_up_and_ends_with_its_block(tmp_path: Path) -> None:
    catalogue = create(tmp_path / "catalogue.sqlite")
    with pytest.raises(KeyError), catalogue.at_one_moment():
        seen(catalogue)
        raise KeyError
    with catalogue.transaction():
        catalogue.insert([ProducerRow(leaf=1, code="a", name="a")])
    assert seen(catalogue)[1] == 1
    with catalogue.at_one_moment(), pytest.raises(ValueError, match="nest"), catalogue.at_one_moment():
        pass


def test_a_broken_database_is_told_within_a_moment_too(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.sqlite"
    catalogue = create(path)
    with sqlite3.connect(path) as other:
        other.execute("DROP TABLE replica")
    with pytest.raises(CatalogueError, match="cannot be read: no such table"), catalogue.at_one_moment():
        seen(catalogue)
