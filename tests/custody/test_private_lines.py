"""Private lines: appended with their records, copied, brought back, erased; and missed where nothing says why."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from custody_samples import SEGMENT, FolderStore, a_record, crash_at, new_log, reopen

from archive.custody.copies import copy_new, restore
from archive.custody.log import CustodyLog
from archive.custody.private import PRIVATE, PrivateFile, parse_line, parse_private
from archive.custody.segments import Segment
from archive.errors import CustodyError
from archive.model.log_records import ErasedLine, ErasureRecord, NoticeRecord
from archive.model.record import Record

SECRET = "the reason names somebody"


def a_mixed_record(n: int) -> Record:
    """Record ``n``; every third one is of the first form and has no private lines."""
    if n % 3 == 2:
        return a_record(n)
    time = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=n)
    return NoticeRecord(
        time=time, actor="a", machine="m", version="1", reason=f"{SECRET} {n}", request="r", approver="p", way="shown"
    )


def erasure(*lines: tuple[int, int]) -> ErasureRecord:
    return ErasureRecord(
        time=datetime(2026, 2, 1, tzinfo=UTC),
        actor="a",
        machine="m",
        version="1",
        request="r",
        lines=tuple(ErasedLine(n, i) for n, i in lines),
        openings=(),
    )


def mixed(first: int, end: int) -> list[Record]:
    return [a_mixed_record(n) for n in range(first, end)]


def log_of(folder: Path, *sizes: int) -> CustodyLog:
    log = new_log(folder)
    for size in sizes:
        log.append(mixed(log.size, size))
    return log


def private_names(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / PRIVATE).glob("*"))


def records_of(log: CustodyLog) -> list[Record]:
    return [record for _, record in log.records()]


@pytest.mark.parametrize("sizes", [(1,), (3, 11), (4, 8), (2, 3, 4, 5, 13)])
def test_records_come_back_with_their_private_fields(tmp_path: Path, sizes: tuple[int, ...]) -> None:
    log_of(tmp_path / "custody", *sizes)
    log = reopen(tmp_path / "custody")
    assert records_of(log) == mixed(0, sizes[-1])
    assert [log.record(n) for n in range(log.size)] == mixed(0, sizes[-1])
    assert [record for _, record in log.records(sizes[-1] // 2)] == mixed(sizes[-1] // 2, sizes[-1])
    assert log.verify() == []


def test_what_a_person_typed_stands_in_no_opening(tmp_path: Path) -> None:
    log_of(tmp_path / "custody", 6)
    held = [path for path in (tmp_path / "custody").rglob("*.jsonl") if SECRET.encode() in path.read_bytes()]
    assert {path.parent.name for path in held} == {PRIVATE}


def test_a_log_without_private_lines_has_no_folder_for_them(tmp_path: Path) -> None:
    log = new_log(tmp_path / "custody", 9)
    assert log.verify() == []
    assert not (tmp_path / "custody" / PRIVATE).exists()


def test_a_crash_at_any_step_leaves_all_of_a_batch_or_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before, after = 6, 17
    log_of(tmp_path / "base", before)
    sizes = []
    for call in range(1, 1000):
        folder = tmp_path / f"crash-{call}"
        shutil.copytree(tmp_path / "base", folder)
        log = reopen(folder)
        with crash_at(monkeypatch, call) as promised:
            log.append(mixed(before, after))
        if len(promised) < call:
            break
        log = reopen(folder)
        sizes.append(log.size)
        assert records_of(log) == mixed(0, log.size)
        assert log.verify() == []
        log.append(mixed(log.size, after + 2))
        assert records_of(reopen(folder)) == mixed(0, after + 2)
        assert log.verify() == []
    assert set(sizes) == {before, after}
    assert len(sizes) > 18, "three parts of several blocks, the head, and the settling"
    assert sizes == sorted(sizes)


def test_lines_above_the_head_are_not_read_and_are_cut_before_the_next_append(tmp_path: Path) -> None:
    log = log_of(tmp_path / "custody", 6)
    path = log.private.path(4)
    assert path is not None
    with open(path, "ab") as file:
        file.write(b'{"i":1,"n":6,"object":{},"salt":"' + b"A" * 43 + b'="}\n{"torn')
    log = reopen(tmp_path / "custody")
    assert records_of(log) == mixed(0, 6)
    log.append(mixed(6, 7))
    assert records_of(reopen(tmp_path / "custody")) == mixed(0, 7)
    assert b"torn" not in path.read_bytes()


def test_a_missing_line_is_wrong_and_the_record_is_read_without_it(tmp_path: Path) -> None:
    log = log_of(tmp_path / "custody", 6)
    path = log.private.path(0)
    assert path is not None
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[1:]))
    log = reopen(tmp_path / "custody")
    record = log.record(0)
    assert isinstance(record, NoticeRecord)
    assert (record.reason, record.absent) == ("", (1,))
    (finding,) = log.verify()
    assert finding.code == "custody-private"
    assert records_of(log)[1:] == mixed(1, 6)


@pytest.mark.parametrize("old, new", [(b"somebody", b"nobody!!"), (b'"salt":"', b'"salt":"A')])
def test_an_altered_line_is_damage(tmp_path: Path, old: bytes, new: bytes) -> None:
    log = log_of(tmp_path / "custody", 6)
    path = log.private.path(0)
    assert path is not None
    path.write_bytes(path.read_bytes().replace(old, new, 1))
    log = reopen(tmp_path / "custody")
    with pytest.raises(CustodyError):
        list(log.records())
    assert {finding.code for finding in log.verify()} == {"custody-private"}


@pytest.mark.parametrize("appended", [b"no line\n", b'{"i":1,"n":9,"object":{},"salt":"' + b"A" * 43 + b'="}\n'])
def test_what_is_slipped_in_behind_the_lines_of_a_settled_file_is_told(tmp_path: Path, appended: bytes) -> None:
    log = log_of(tmp_path / "custody", 9)
    path = log.private.path(0)
    assert path is not None
    path.write_bytes(path.read_bytes() + appended)
    assert {finding.code for finding in reopen(tmp_path / "custody").verify()} == {"custody-private"}


def test_a_file_that_is_none_of_the_log_is_told(tmp_path: Path) -> None:
    log = log_of(tmp_path / "custody", 9)
    (log.folder / PRIVATE / "notes.txt").write_text("a place to hide things")
    (finding,) = reopen(tmp_path / "custody").verify()
    assert (finding.code, finding.subject) == ("custody-stranger", "private/notes.txt")


def test_an_erased_line_is_gone_and_nothing_else_is_wrong(tmp_path: Path) -> None:
    log = log_of(tmp_path / "custody", 9)
    log.append([erasure((1, 1), (4, 1))])
    for first in (0, SEGMENT):
        assert log.private.erase(Segment(first, SEGMENT), {n: frozenset({1}) for n in (1, 4)}) == 1
        assert log.private.erase(Segment(first, SEGMENT), {n: frozenset({1}) for n in (1, 4)}) == 0
    log = reopen(tmp_path / "custody")
    assert log.verify() == []
    assert [getattr(record, "absent", ()) for record in records_of(log)[:5]] == [(), (1,), (), (), (1,)]
    assert not any(
        f'{SECRET} {n}"'.encode() in b"".join(p.read_bytes() for p in log.folder.rglob("*.jsonl")) for n in (1, 4)
    )
    assert private_names(log.folder) == [
        "00000000000000000000-4.1.jsonl",
        "00000000000000000004-4.1.jsonl",
    ]


def test_an_erased_line_that_lies_there_all_the_same_is_told(tmp_path: Path) -> None:
    log = log_of(tmp_path / "custody", 5)
    log.append([erasure((1, 1))])
    (finding,) = log.verify()
    assert finding.code == "custody-private"
    assert "was erased" in finding.message


def test_a_growing_file_goes_on_in_its_new_generation(tmp_path: Path) -> None:
    log = log_of(tmp_path / "custody", 2)
    log.append([erasure((1, 1))])
    log.private.erase(Segment(0, SEGMENT), {1: frozenset({1})})
    log.append(mixed(3, 9))
    assert private_names(log.folder)[0] == "00000000000000000000-4.1.jsonl"
    log = reopen(tmp_path / "custody")
    assert log.verify() == []
    assert records_of(log)[3:] == mixed(3, 9)


def test_a_crash_at_any_step_of_an_erasure_loses_no_other_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = log_of(tmp_path / "base", 5)
    log.append([erasure((1, 1))])
    calls = 0
    for call in range(1, 1000):
        folder = tmp_path / f"crash-{call}"
        shutil.copytree(tmp_path / "base", folder)
        with crash_at(monkeypatch, call) as promised:
            reopen(folder).private.erase(Segment(0, SEGMENT), {1: frozenset({1})})
        if len(promised) < call:
            break
        calls = call
        log = reopen(folder)
        assert [record for n, record in log.records() if n not in (1, 5)] == [*mixed(0, 1), *mixed(2, 5)]
        log.private.erase(Segment(0, SEGMENT), {1: frozenset({1})})
        assert reopen(folder).verify() == []
        assert private_names(folder)[0] == "00000000000000000000-4.1.jsonl"
    assert calls >= 4


def copied(tmp_path: Path, *sizes: int) -> tuple[CustodyLog, FolderStore]:
    log, store = new_log(tmp_path / "custody"), FolderStore(tmp_path / "location")
    for size in sizes:
        log.append(mixed(log.size, size))
        copy_new(log, store)
    return log, store


@pytest.mark.parametrize("sizes", [(3,), (1, 3, 5), (1, 2, 9, 13), (11,)])
def test_copies_hold_the_private_lines_and_a_restored_log_reads_as_it_was(
    tmp_path: Path, sizes: tuple[int, ...]
) -> None:
    log, store = copied(tmp_path, *sizes)
    assert copy_new(log, store) == 0
    restored = restore(store, tmp_path / "restored", segment=SEGMENT)
    assert records_of(restored) == mixed(0, sizes[-1])
    assert restored.verify() == []
    files = [parse_private(path.name) for path in (tmp_path / "location/custody/private").iterdir()]
    runs = sorted(file.segment for file in files if file is not None and file.segment is not None)
    assert len(runs) == len(set(runs)) == len(files)
    assert sum(run.count for run in runs) == sizes[-1]


def test_private_lines_arrive_before_openings_and_leaves(tmp_path: Path) -> None:
    _, store = copied(tmp_path, 2)
    assert [key.split("/")[1] for key in store.puts] == ["private", "openings", "leaves"]


def test_an_erased_line_goes_from_the_copy_and_does_not_come_back(tmp_path: Path) -> None:
    log, store = copied(tmp_path, 3, 5)
    shutil.copytree(tmp_path / "location", tmp_path / "safe")
    log.append([erasure((1, 1))])
    log.private.erase(Segment(0, SEGMENT), {1: frozenset({1})})
    copy_new(log, store)
    there = b"".join(path.read_bytes() for path in (tmp_path / "location").rglob("*.jsonl"))
    assert f'{SECRET} 1"'.encode() not in there
    assert restore(store, tmp_path / "restored", segment=SEGMENT).verify() == []
    safe = FolderStore(tmp_path / "safe")
    restored = restore(safe, tmp_path / "earlier", segment=SEGMENT)
    assert records_of(restored) == mixed(0, 5), "a rebuild from before the erasure holds what there was then"
    copy_new(log, safe)
    after = restore(safe, tmp_path / "later", segment=SEGMENT)
    assert after.verify() == []
    assert getattr(after.record(1), "absent", None) == (1,)
    assert f'{SECRET} 1"'.encode() not in b"".join(p.read_bytes() for p in (tmp_path / "safe").rglob("*.jsonl"))


def test_a_copy_that_still_holds_an_erased_line_gives_it_to_nobody(tmp_path: Path) -> None:
    """The disk refuses to remove: old and new generation lie side by side, or only the log arrived."""
    log, store = copied(tmp_path, 5)
    kept = tmp_path / "location/custody/private"
    before = {path.name: path.read_bytes() for path in kept.iterdir()}
    log.append([erasure((1, 1))])
    log.private.erase(Segment(0, SEGMENT), {1: frozenset({1})})
    copy_new(log, store)
    for name, data in before.items():
        (kept / name).write_bytes(data)
    for path in kept.glob("*.1.jsonl"):
        path.unlink()
    restored = restore(store, tmp_path / "restored", segment=SEGMENT)
    assert restored.verify() == []
    assert getattr(restored.record(1), "absent", None) == (1,)


def test_names_of_files_of_private_lines() -> None:
    for file in (PrivateFile(0, None), PrivateFile(65_536, 7), PrivateFile(0, 65_536, 12), PrivateFile(4, None, 1)):
        assert parse_private(file.name) == file
    for name in ("0-1.jsonl", "00000000000000000000-1.0.jsonl", "00000000000000000000-.jsonl", "x"):
        assert parse_private(name) is None


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b'{"i":0,"n":1,"object":{},"salt":"AAAA"}',
        b'{"i":00,"n":1,"object":{},"salt":"' + b"A" * 43 + b'="}',
        b'{"i":0,"n":1,"object":[],"salt":"' + b"A" * 43 + b'="}',
        b'{"i":0,"n":1,"object":{},"salt":"' + b"A" * 42 + b'B="}',
        b'{"n":1,"i":0,"object":{},"salt":"' + b"A" * 43 + b'="}',
    ],
)
def test_any_other_line_is_refused(line: bytes) -> None:
    with pytest.raises(ValueError):
        parse_line(line)
