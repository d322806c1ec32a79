"""Erasing in the log and its copies: every file of a block in the generation that the log's erasures make."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

import pytest
from custody_samples import SEGMENT, FolderStore, crash_at, reopen
from test_private_lines import SECRET, copied, erasure, log_of, mixed, private_names, records_of

from archive import durable
from archive.custody.copies import copy_new, restore
from archive.custody.erased import every_erasure, generations
from archive.custody.log import CustodyLog
from archive.holdings.erasures import LogReading
from archive.model.log_records import ErasureRecord


def erasures_of(log: CustodyLog) -> list[ErasureRecord]:
    return every_erasure(LogReading(log))


def erased(log: CustodyLog, *lines: tuple[int, int]) -> int:
    log.append([erasure(*lines)])
    return log.erase(erasures_of(log))


def lies_in(folder: Path, n: int) -> bool:
    return any(f'{SECRET} {n}"'.encode() in path.read_bytes() for path in folder.rglob("*.jsonl"))


def generations_at(place: Path) -> dict[int, set[int]]:
    """The generations that lie there, by the first record of the block."""
    found: dict[int, set[int]] = {}
    for name in private_names(place):
        first, _, rest = name.removesuffix(".jsonl").partition("-")
        base = int(first) - int(first) % SEGMENT
        found.setdefault(base, set()).add(int(rest.partition(".")[2] or 0))
    return found


def test_each_erasure_counts_once_in_each_block_it_names_further_lines_of() -> None:
    records = [erasure((1, 1), (3, 1), (4, 1)), erasure((9, 1)), erasure((0, 1), (4, 1)), erasure((1, 1))]
    assert dict(generations(records, SEGMENT)) == {0: 2, 4: 1, 8: 1}


@pytest.mark.parametrize("lines", [[(1, 1)], [(1, 1), (4, 1)], [(n, 1) for n in (0, 1, 3)], [(6, 1), (7, 1)]])
def test_log_copy_and_restored_log_hold_the_same_lines_in_the_same_generations(
    tmp_path: Path, lines: list[tuple[int, int]]
) -> None:
    log, store = copied(tmp_path, 3, 7, 9)
    assert erased(log, *lines) == len(lines)
    assert erased(log, (0, 1) if (0, 1) not in lines else (4, 1)) == 1
    assert not log.owes(erasures_of(log))
    copy_new(log, store)
    restored = restore(store, tmp_path / "restored", segment=SEGMENT)
    for one in (log, restored):
        assert one.verify() == []
        assert records_of(one) == records_of(log)
        assert not one.owes(erasures_of(one))
    assert generations_at(restored.folder) == generations_at(log.folder)
    there = generations_at(tmp_path / "location/custody")
    assert there == {base: found for base, found in generations_at(log.folder).items()}
    for one in (log, restored):
        one.append(mixed(one.size, 14))
    assert [record.kind for record in records_of(restored)] == [record.kind for record in records_of(log)]
    copy_new(log, store)
    assert records_of(restore(store, tmp_path / "again", segment=SEGMENT)) == records_of(log)


def test_a_newer_file_that_arrived_without_its_log_is_not_read(tmp_path: Path) -> None:
    """Copying broke off after the private lines: the copy is read as the log was that it holds."""
    log, store = copied(tmp_path, 5)
    erased(log, (1, 1))
    copy_new(log, FolderStore(shutil.copytree(tmp_path / "location", tmp_path / "whole")))
    newer = tmp_path / "whole/custody/private"
    for path in newer.iterdir():
        shutil.copy(path, tmp_path / "location/custody/private")
    assert records_of(restore(store, tmp_path / "restored", segment=SEGMENT)) == mixed(0, 5)
    copy_new(log, store)
    assert not lies_in(tmp_path / "location", 1)
    assert restore(store, tmp_path / "later", segment=SEGMENT).verify() == []


def test_what_is_owed_is_seen_in_lines_files_and_generations(tmp_path: Path) -> None:
    log = log_of(tmp_path / "custody", 6)
    path = log.private.path(0)
    assert path is not None
    before = path.read_bytes()
    log.append([erasure((1, 1))])
    named = erasures_of(log)
    assert log.owes(named)
    assert log.erase(named) == 1 and not log.owes(named)
    path.write_bytes(before)  # an older file, as a backup brings it back
    assert log.owes(named)
    assert log.erase(named) == 0 and not log.owes(named)
    newest = log.private.path(0)
    assert newest is not None and newest != path
    newest.write_bytes(before)  # the line in the newest file, as a hand puts it there
    assert log.owes(named)
    assert log.erase(named) == 1 and not log.owes(named)
    assert reopen(log.folder).verify() == []


@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC])
def test_a_disk_that_fails_at_any_step_loses_no_other_line_and_the_next_time_ends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    (tmp_path / "base").mkdir()
    log, _ = copied(tmp_path / "base", 3, 7)
    log.append([erasure((1, 1), (4, 1))])
    calls = 0
    for call in range(1, 1000):
        base = shutil.copytree(tmp_path / "base", tmp_path / f"fails-{call}")
        log, store = reopen(base / "custody"), FolderStore(base / "location")
        promised = 0

        def fail(_what: str, at: int = call) -> None:
            nonlocal promised
            promised += 1
            if promised == at:
                raise OSError(number, "the disk failed")

        with monkeypatch.context() as patch:
            patch.setattr(durable, "promise", fail)
            try:
                log.erase(erasures_of(log))
                copy_new(log, store)
            except OSError as error:
                assert error.errno == number
        if promised < call:
            break
        calls = call
        assert [one for n, one in reopen(log.folder).records() if n in (0, 3, 6)] == [
            mixed(n, n + 1)[0] for n in (0, 3, 6)
        ]
        log = reopen(base / "custody")
        log.erase(erasures_of(log))
        copy_new(log, store)
        assert not any(lies_in(base, n) for n in (1, 4))
        assert reopen(log.folder).verify() == []
        assert restore(store, base / "restored", segment=SEGMENT).verify() == []
        shutil.rmtree(base)
    print(f"{calls} durable calls")
    assert calls > 15


def test_a_crash_at_any_step_of_erasing_here_and_there_is_ended_by_doing_it_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "base").mkdir()
    log, _ = copied(tmp_path / "base", 3, 7)
    log.append([erasure((1, 1), (4, 1))])
    calls = 0
    for call in range(1, 1000):
        base = shutil.copytree(tmp_path / "base", tmp_path / f"crash-{call}")
        log, store = reopen(base / "custody"), FolderStore(base / "location")
        with crash_at(monkeypatch, call) as promised:
            log.erase(erasures_of(log))
            copy_new(log, store)
        if len(promised) < call:
            break
        calls = call
        restored = restore(store, base / "restored", segment=SEGMENT)
        assert restored.verify() == [], "what lies there fits together at every moment"
        log = reopen(base / "custody")
        log.erase(erasures_of(log))
        copy_new(log, store)
        assert not any(lies_in(base / part, n) for n in (1, 4) for part in ("custody", "location"))
        assert reopen(log.folder).verify() == []
        shutil.rmtree(base)
    assert calls > 15
