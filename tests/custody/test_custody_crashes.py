"""A crash at every durable step of an append, of a recovery and of beginning a log."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from custody_disk import Disk, killed_at
from custody_samples import Crash, a_record, content, crash_at, new_log, reopen, some_records
from hypothesis import given, settings
from hypothesis import strategies as st

from archive import durable
from archive.custody.log import CustodyLog
from archive.custody.merkle import Frontier, leaf_hashes

BEFORE, AFTER = 6, 17
"""Sizes around a batch that ends the growing segment, fills two and begins another."""


def require_whole(folder: Path, *sizes: int) -> int:
    """The log has one of these sizes, is whole, and goes on; returns the size it had."""
    log = reopen(folder)
    assert log.size in sizes
    size = log.size
    assert list(log.records()) == list(enumerate(some_records(0, size)))
    assert log.verify() == []
    whole = new_log(folder.with_name(f"{folder.name}-whole"), size)
    acknowledged = min((*sizes, BEFORE))  # before the batch; a second try draws other salts
    assert list(log.entries(0, acknowledged)) == list(whole.entries(0, acknowledged))
    assert content(folder).keys() == content(whole.folder).keys()
    assert log.append(some_records(size, size + 5)) == size
    assert list(reopen(folder).records()) == list(enumerate(some_records(0, size + 5)))
    assert log.verify() == []
    return size


def crashed_appends(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Path, list[str]]]:
    """A fresh log for every durable step of one append, crashed there."""
    new_log(home / "base", BEFORE)
    for call in range(1, 1000):
        folder = home / f"crash-{call}"
        shutil.copytree(home / "base", folder)
        log = reopen(folder)
        with crash_at(monkeypatch, call) as promised:
            log.append(some_records(BEFORE, AFTER))
        if len(promised) < call:
            assert call > 15
            return
        yield folder, promised


def test_after_a_crash_at_any_step_of_an_append_the_batch_is_there_or_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    outcomes = [
        (require_whole(folder, BEFORE, AFTER), promised) for folder, promised in crashed_appends(tmp_path, monkeypatch)
    ]
    sizes = [size for size, _ in outcomes]
    assert sizes == sorted(sizes)
    assert set(sizes) == {BEFORE, AFTER}
    last_before = [promised for size, promised in outcomes if size == BEFORE][-1]
    assert last_before[-1] == "replace head.json"


def test_the_log_that_crashed_can_go_on_itself_or_asks_to_be_opened_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    new_log(tmp_path / "base", BEFORE)
    for call in range(1, 9):  # up to the last leaf
        folder = tmp_path / f"crash-{call}"
        shutil.copytree(tmp_path / "base", folder)
        log = reopen(folder)
        with crash_at(monkeypatch, call):
            log.append(some_records(BEFORE, AFTER))
        assert log.append(some_records(BEFORE, AFTER)) == BEFORE
        require_whole(folder, AFTER)


def crashed_disks(home: Path, look: Callable[[CustodyLog], object] = lambda other: None) -> Iterator[tuple[Path, Disk]]:
    """The same as ``crashed_appends``, with what the medium holds; another process may ``look`` where it crashed."""
    new_log(home / "base", BEFORE)
    for call in range(1, 1000):
        folder = home / f"crash-{call}"
        shutil.copytree(home / "base", folder)
        log, other = reopen(folder), reopen(folder)
        disk = Disk(folder)
        promised: list[str] = []

        def promise(what: str, *, call: int = call, other: CustodyLog = other, promised: list[str] = promised) -> None:
            promised.append(what)
            if len(promised) == call:
                with pytest.MonkeyPatch.context() as quietly:
                    quietly.setattr(durable, "promise", lambda what: None)
                    look(other)
                raise Crash

        with pytest.MonkeyPatch.context() as patch:
            disk.watch(patch)
            patch.setattr(durable, "promise", promise)
            with contextlib.suppress(Crash):
                log.append(some_records(BEFORE, AFTER))
        yield folder, disk
        if len(promised) < call:
            assert call > 15
            return


def test_what_was_not_synced_may_be_lost_with_the_power(tmp_path: Path):
    sizes = []
    for folder, disk in crashed_disks(tmp_path):
        found = disk.cut_power(folder.with_name(f"{folder.name}-found"))
        sizes.append(require_whole(found, BEFORE, AFTER))
    assert sizes == sorted(sizes)
    assert sizes[-1] == AFTER
    assert sizes[0] == BEFORE


@pytest.mark.parametrize("seed", range(12))
def test_any_part_of_what_was_not_synced_may_survive(tmp_path: Path, seed: int):
    """Of each folder the old names or the new ones, of each file any length of what was added, or nonsense for it."""
    chance = random.Random(seed)

    def survives(synced: bytes, written: bytes) -> bytes:
        assert written.startswith(synced)
        added = written[len(synced) :]
        kept = chance.randint(0, len(added))
        return synced + chance.choice((added[:kept], bytes(kept), b"\n" * kept, added[len(added) - kept :]))

    sizes = set()
    for folder, disk in crashed_disks(tmp_path):
        found = folder.with_name(f"{folder.name}-found")
        disk.cut_power(found, names_survive=lambda folder: chance.random() < 0.5, survives=survives)
        sizes.add(require_whole(found, BEFORE, AFTER))
    assert sizes == {BEFORE, AFTER}


def opened_anew(other: CustodyLog) -> Frontier:
    return reopen(other.folder).frontier


def refreshed(other: CustodyLog) -> Frontier:
    other.refresh()
    return other.frontier


@pytest.mark.parametrize("look", [opened_anew, refreshed])
def test_what_another_process_has_read_is_not_taken_back_by_a_power_cut(
    tmp_path: Path, look: Callable[[CustodyLog], Frontier]
):
    """It may have signed a checkpoint of it: a log that goes on from less would fork."""
    seen: list[Frontier] = []
    for folder, disk in crashed_disks(tmp_path, lambda other: seen.append(look(other))):
        log = reopen(disk.cut_power(folder.with_name(f"{folder.name}-found")))
        log.append(some_records(1000, 1000 + AFTER))
        leaves = [pair.leaf for _, pair, _ in log.entries(0, seen[-1].size)]
        assert Frontier().extend(leaf_hashes(leaves)) == seen[-1], folder.name
    assert {frontier.size for frontier in seen} == {BEFORE, AFTER}


def test_a_process_killed_at_any_step_or_half_way_through_a_write_leaves_a_whole_log(tmp_path: Path):
    new_log(tmp_path / "base", BEFORE)
    sizes = []
    for call in range(1, 1000):
        folder = tmp_path / f"killed-{call}"
        shutil.copytree(tmp_path / "base", folder)
        calls = killed_at(call, lambda folder=folder: reopen(folder).append(some_records(BEFORE, AFTER)))
        sizes.append(require_whole(folder, BEFORE, AFTER))
        if calls < call:
            break
    assert len(sizes) > 24  # two parts of three segments each, and the head, are written to
    assert sizes == sorted(sizes)
    assert set(sizes) == {BEFORE, AFTER}


def test_a_process_killed_while_it_recovers_leaves_a_log_that_recovers(tmp_path: Path):
    new_log(tmp_path / "base", BEFORE)
    killed_at(12, lambda: reopen(tmp_path / "base").append(some_records(BEFORE, AFTER)))
    for call in range(1, 1000):
        folder = tmp_path / f"killed-{call}"
        shutil.copytree(tmp_path / "base", folder)
        calls = killed_at(call, lambda folder=folder: reopen(folder))
        require_whole(folder, BEFORE)
        if calls < call:
            break
    assert call > 4


def test_a_process_killed_while_it_begins_a_log_lets_it_be_begun_again(tmp_path: Path):
    for call in range(1, 1000):
        folder = tmp_path / f"killed-{call}"
        calls = killed_at(call, lambda folder=folder: new_log(folder))
        if not (folder / "head.json").exists():
            new_log(folder)
        require_whole(folder, 0)
        if calls < call:
            break
    assert call > 5


def test_a_crash_at_any_step_of_a_recovery_is_recovered_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    longest = 0
    for crashed, _ in crashed_appends(tmp_path, monkeypatch):
        for call in range(1, 1000):
            folder = tmp_path / f"{crashed.name}-{call}"
            shutil.copytree(crashed, folder)
            with crash_at(monkeypatch, call) as promised:
                reopen(folder)
            require_whole(folder, BEFORE, AFTER)
            if len(promised) < call:
                break
            longest = max(longest, call)
    assert longest >= 6


def test_a_crash_at_any_step_of_beginning_a_log_lets_it_be_begun_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for call in range(1, 1000):
        folder = tmp_path / f"crash-{call}"
        with crash_at(monkeypatch, call) as promised:
            new_log(folder)
        if len(promised) < call:
            break
        if not (folder / "head.json").exists():
            new_log(folder)
        require_whole(folder, 0)
    assert call >= 5


@settings(max_examples=60, deadline=None)
@given(batch=st.integers(1, 9), drop=st.tuples(st.integers(0, 3000), st.integers(0, 3000)), junk=st.binary(max_size=20))
def test_a_torn_end_is_cut_down_to_what_was_acknowledged(
    tmp_path_factory: pytest.TempPathFactory, batch: int, drop: tuple[int, int], junk: bytes
):
    """Of a batch that was written but not acknowledged any part may be on disk, and nonsense behind it."""
    folder = tmp_path_factory.mktemp("torn") / "custody"
    log = new_log(folder, BEFORE)
    acknowledged = content(folder)

    def stop(what: str) -> None:
        if what == "replace head.json":
            raise Crash

    with pytest.MonkeyPatch.context() as patch, pytest.raises(Crash):
        patch.setattr(durable, "promise", stop)
        log.append(some_records(BEFORE, BEFORE + batch))
    for part, lost in zip(("leaves", "openings"), drop, strict=True):
        for path in sorted((folder / part).iterdir()):
            least = len(acknowledged.get(f"{part}/{path.name}", b""))
            os.truncate(path, max(least, path.stat().st_size - lost))
        with open(path, "ab") as file:  # the last one
            file.write(junk)
    assert reopen(folder).size == BEFORE
    assert content(folder) == acknowledged
    require_whole(folder, BEFORE)


def test_what_a_crash_left_of_a_new_head_is_removed(tmp_path: Path):
    log = new_log(tmp_path / "custody", 3)
    before = content(tmp_path / "custody")
    (tmp_path / "custody" / ".head.json.0a1b2c3d.tmp").write_bytes(b"{")
    assert reopen(tmp_path / "custody").size == log.size
    assert content(tmp_path / "custody") == before


def test_a_batch_filling_exactly_to_the_end_of_a_segment_survives_every_crash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    for call in range(1, 1000):
        folder = tmp_path / f"crash-{call}"
        log = new_log(folder, 4)
        with crash_at(monkeypatch, call) as promised:
            log.append(some_records(4, 8))
        if len(promised) < call:
            break
        require_whole(folder, 4, 8)
    assert CustodyLog.open(folder, segment=4).record(7) == a_record(7)
