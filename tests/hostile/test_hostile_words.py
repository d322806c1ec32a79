"""Files that a person names beside a delivery may be hostile too: they end the command with a word."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hostile_support import Yard
from ingest_support import command


def _fifo(path: Path) -> None:
    os.mkfifo(path)


def _loop(path: Path) -> None:
    path.symlink_to(path)


def _huge(path: Path) -> None:
    with open(path, "wb") as file:
        file.truncate(1 << 40)


@pytest.mark.parametrize("make", [_fifo, _loop, _huge, Path.mkdir])
def test_a_mapping_that_is_no_file_of_a_few_lines_is_refused_at_once(yard: Yard, make: object) -> None:
    (yard.delivery / "a.txt").write_bytes(b"a")
    (yard.root / "table.csv").write_text("path\na.txt\n")
    make(yard.root / "map.toml")  # type: ignore[operator]
    more = ("--metadata", yard.root / "table.csv", "--metadata-map", yard.root / "map.toml")
    for answer in (yard.place.ingest(yard.delivery, *more), command("survey", yard.delivery, *more)):
        assert answer.code in (1, 2)
        assert "map.toml" in answer.err
        assert "Traceback" not in answer.err
    assert yard.place.packages() == []


@pytest.mark.parametrize("make", [_fifo, _loop, Path.mkdir])
def test_a_table_that_is_no_file_is_refused_at_once(yard: Yard, make: object) -> None:
    (yard.delivery / "a.txt").write_bytes(b"a")
    make(yard.root / "table.csv")  # type: ignore[operator]
    for answer in (
        yard.place.ingest(yard.delivery, "--metadata", yard.root / "table.csv"),
        command("survey", yard.delivery, "--metadata", yard.root / "table.csv"),
    ):
        assert answer.code in (1, 2)
        assert "table.csv" in answer.err
        assert "Traceback" not in answer.err
    assert yard.place.packages() == []
