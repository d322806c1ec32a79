"""Putting a delivery in the order of its groups: as much work and memory for each file, however many there are."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from table_support import read
from test_metadata_memory import peak_of

from archive.ingest import groups
from archive.ingest.groups import GroupKind, by_group, words_of
from archive.ingest.listing import Entry
from archive.ingest.scratch import scratch_database
from profiles.ingest_profile import Grouping, IngestProfile

BY_PERSON = IngestProfile(name="p", version=1, title="p", grouping=Grouping.COLUMN, group_column="person_code")
STEP = 100


def entries(count: int) -> Iterator[tuple[Entry, ...]]:
    for number in range(count):
        name = b"%07d" % number
        yield (Entry(b"{%s}\n" % (b"x" * 200), name, name, number, number),)


def person(names: tuple[bytes, ...] | list[bytes]) -> frozenset[bytes]:
    """Every tenth file is of the same person, with ten files each, far from each other."""
    return frozenset(b"P-%d" % (int(name) * 7919 % max(1, PERSONS)) for name in names)


PERSONS = 1


def in_order(count: int, scratch: Path) -> int:
    global PERSONS
    PERSONS = count // 10
    return sum(1 for _ in by_group(entries(count), person, scratch=scratch))


def test_groups_come_one_after_the_other_and_their_items_as_they_came(tmp_path: Path) -> None:
    global PERSONS
    PERSONS = 50
    seen: list[object] = []
    order: dict[object, list[bytes]] = {}
    for group, item in by_group(entries(500), person, scratch=tmp_path):
        assert group is not None
        if not seen or seen[-1] != group:
            seen.append(group)
        order.setdefault(group, []).append(item[0].base)
    assert len(seen) == len(set(seen)) == 50
    assert all(names == sorted(names) and len(person(names)) == 1 for names in order.values())
    assert sum(map(len, order.values())) == 500
    assert list(tmp_path.iterdir()) == []


def test_ten_times_the_files_and_groups_are_ten_times_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted in steps of the database's own machine, and in questions to it."""
    steps = 0

    def counting(folder: Path | None, schema: str) -> sqlite3.Connection:
        def step() -> int:
            nonlocal steps
            steps += 1
            return 0

        database = scratch_database(folder, schema)
        database.set_progress_handler(step, STEP)
        return database

    monkeypatch.setattr(groups, "scratch_database", counting)
    counted = []
    for count in (2_000, 20_000):
        steps = 0
        assert in_order(count, tmp_path) == count
        counted.append(steps)
    assert counted[0] > 100
    assert counted[1] < 10.5 * counted[0]


def test_memory_grows_neither_with_files_nor_with_groups(tmp_path: Path) -> None:
    in_order(1_000, tmp_path)
    small, large = peak_of(lambda: in_order(5_000, tmp_path)), peak_of(lambda: in_order(25_000, tmp_path))
    assert large < small * 1.1 + 100_000


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.sampled_from(["", " ", "P1", "P1 ", "P2", "1", "2:P1", "P1,P2"]), max_size=3), max_size=12))
def test_items_share_a_group_exactly_when_their_rows_say_the_same(
    tmp_path_factory: pytest.TempPathFactory, said: list[list[str]]
) -> None:
    folder = tmp_path_factory.mktemp("rows")
    lines = [f'{number},"{code}"' for number, codes in enumerate(said) for code in codes]
    table = read(folder, "\n".join(["path,person_code", *lines]) + "\n")
    words = words_of(BY_PERSON, table)
    assert words is not None
    listed = ((Entry(b"", b"%d" % n, b"%d" % n, 0, 0),) for n in range(len(said)))
    found = {int(item[0].base): group for group, item in by_group(listed, words, scratch=folder)}
    meant = [frozenset(code.strip() for code in codes) - {""} for codes in said]
    for one, other in ((a, b) for a in range(len(said)) for b in range(len(said))):
        assert (found[one] == found[other]) == (meant[one] == meant[other])
    kinds = {0: GroupKind.NONE, 1: GroupKind.ONE}
    assert all(found[n] is not None and found[n].kind is kinds.get(len(meant[n]), GroupKind.SEVERAL) for n in found)  # type: ignore[union-attr]
