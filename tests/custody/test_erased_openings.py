"""Erasing openings in a log and its copies: the mark in their place, what is read instead, files by generation."""

from __future__ import annotations

import errno
import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from custody_samples import SEGMENT, FolderStore, crash_at, new_log, reopen

from archive import durable
from archive.codec.record_codec import encode_record
from archive.codec.stand_ins import kept_of, stand_in
from archive.custody.copies import copy_new, read_copy, require_beginning, restore
from archive.custody.erased import every_erasure, opening_generations
from archive.custody.leaf import Pair, close_all
from archive.custody.log import CustodyLog
from archive.custody.openings import erased_line, is_erased_line
from archive.custody.segments import OPENINGS, Segment, SettledFile, parse_settled, plan
from archive.errors import CustodyError
from archive.holdings.erasures import LogReading
from archive.model.log_records import ErasedOpening, ErasureRecord
from archive.model.packages import Outcome
from archive.model.record import Octets, Record
from archive.model.records import ReceiptRecord
from archive.model.records_of_0_1 import ReceiptV1, TransferV1

SECRET = "name of somebody"


def first_form(n: int) -> Record:
    """Record ``n`` of every log in these tests, of release 0.1; the kinds take turns."""
    common = {
        "time": datetime(2026, 1, 1, 23, 59, 50, tzinfo=UTC) + timedelta(seconds=n),
        "actor": "archivist-1",
        "machine": "m1",
        "version": "0.1.0",
    }
    if n % 3 == 2:
        return TransferV1(
            **common,
            accession="accession",
            source=b"",
            medium=f"{SECRET} {n}.",
            seal=None,
            seal_state=None,
            handed_over_by=None,
            received_by=None,
            handed_over_at=None,
            note_name=None,
            note_sha256=None,
        )
    return ReceiptV1(
        **common,
        accession="accession",
        file=f"file-{n}",
        name=b"",
        size=Octets(7),
        sha256=f"{SECRET} {n}.",
        blake3=None,
        mtime=Octets(1),
        outcome=Outcome.ACCEPTED,
        aip="package" if n % 2 else None,
    )


def grow(log: CustodyLog, *sizes: int) -> None:
    """Append such records as their release did, up to each size in turn."""
    for size in sizes:
        records = [first_form(n) for n in range(log.size, size)]
        spelled = [encode_record(record) for record in records]
        salts = b"".join(bytes([n]) * 32 for n in range(log.size, size))
        log.append_closed([*map(Pair, *close_all(log.size, records, spelled, salts))])


def kept(log: CustodyLog, n: int) -> ErasedOpening:
    ((_, _, spelled),) = log.entries(n, n + 1)
    return kept_of(n, spelled)


def erasure(*openings: ErasedOpening) -> ErasureRecord:
    time = datetime(2026, 2, 1, tzinfo=UTC)
    return ErasureRecord(time=time, actor="a", machine="m", version="1", request="r", lines=(), openings=openings)


def named(log: CustodyLog, *numbers: int) -> list[ErasureRecord]:
    """Record that these openings go; all erasures of the log."""
    log.append([erasure(*(kept(log, n) for n in numbers))])
    return every_erasure(LogReading(log))


def erase(log: CustodyLog, *numbers: int) -> int:
    return log.erase(named(log, *numbers))


def copied(base: Path, *sizes: int) -> tuple[CustodyLog, FolderStore]:
    """A log that grew in steps, copied to a location after each."""
    log, store = new_log(base / "custody"), FolderStore(base / "location")
    for size in sizes:
        grow(log, size)
        copy_new(log, store)
    return log, store


def lies_in(folder: Path, n: int) -> bool:
    return any(f"{SECRET} {n}.".encode() in path.read_bytes() for path in folder.rglob("*") if path.is_file())


def lines_of(folder: Path) -> list[bytes]:
    return [line for path in sorted((folder / OPENINGS).glob("*.jsonl")) for line in path.read_bytes().splitlines()]


def records_of(log: CustodyLog) -> list[Record]:
    return [record for _, record in log.records()]


# --- what is kept


@pytest.mark.parametrize("n", range(4))
def test_the_record_in_its_place_says_the_open_part_and_nothing_else(n: int) -> None:
    spelled = encode_record(first_form(n))
    opening = kept_of(n, spelled)
    made = stand_in(opening)
    assert SECRET not in json.dumps(opening.kept) and SECRET.encode() not in made.spelled
    assert (made.record.v, made.record.kind, made.record.time) == (1, opening.kind, first_form(n).time)
    if isinstance(made.record, ReceiptRecord):
        old = first_form(n)
        assert isinstance(old, ReceiptV1)
        assert (made.record.file, made.record.outcome, made.record.package) == (old.file, old.outcome, old.aip)
        assert (made.record.name, made.record.sha256, made.record.absent) == (None, None, (1, 2, 3))
    assert stand_in(opening) == made


@pytest.mark.parametrize(
    "change",
    [
        {"outcome": "eaten"},
        {"time": "2026-01-01T23:59:50Z"},
        {"time": "yesterday"},
        {"sha256": "0" * 64},
        {"known": ""},
        {"file": None},
    ],
)
def test_what_is_kept_in_another_spelling_is_nothing(change: dict[str, str | None]) -> None:
    opening = kept_of(0, encode_record(first_form(0)))
    values = {name: text for name, text in {**opening.kept, **change}.items() if text is not None}
    with pytest.raises(ValueError):
        stand_in(ErasedOpening(0, opening.kind, opening.v, values))


@pytest.mark.parametrize(("kind", "v"), [("receipt", 2), ("receipt", 7), ("erasure", 1), ("transfer", 1), ("no", 1)])
def test_kept_of_another_kind_or_form_is_nothing(kind: str, v: int) -> None:
    opening = kept_of(0, encode_record(first_form(0)))
    with pytest.raises(ValueError):
        stand_in(ErasedOpening(0, kind, v, opening.kept))


def test_only_the_one_spelling_of_the_mark_is_one() -> None:
    assert is_erased_line(erased_line(0)) and is_erased_line(erased_line(123))
    for line in (b'{"erased":true,"n":01}', b'{"erased":true, "n":1}', b'{"erased":false,"n":1}', b'{"n":1}', b""):
        assert not is_erased_line(line)


# --- in the log


@pytest.mark.parametrize("numbers", [(0,), (3,), (1, 2, 5), (0, 1, 2, 3), (6,)])
def test_an_erased_opening_is_gone_and_every_other_line_stays(tmp_path: Path, numbers: tuple[int, ...]) -> None:
    log = new_log(tmp_path / "custody")
    grow(log, 7)
    before, root = lines_of(log.folder), log.frontier.root()
    erasures = named(log, *numbers)
    size = log.size
    assert log.owes(erasures) and all(lies_in(log.folder, n) for n in numbers)
    assert log.erase(erasures) == len(numbers)
    assert not log.owes(erasures) and log.erase(erasures) == 0
    log.append([erasure(kept_of(numbers[0], encode_record(first_form(numbers[0]))))])  # named twice, gone once
    for one in (log, reopen(log.folder)):
        assert one.verify() == []
        assert not any(lies_in(one.folder, n) for n in numbers)
        assert all(is_erased_line(line) == (n in numbers) for n, line in enumerate(lines_of(one.folder)[:7]))
        assert [one for n, one in enumerate(before) if n not in numbers] == [
            line for n, line in enumerate(lines_of(log.folder)[:7]) if n not in numbers
        ]
        assert [n for n, _ in one.records()] == list(range(size + 1))
        for n in numbers:
            assert one.record(n).kind == first_form(n).kind and one.time_of(n) == first_form(n).time
    assert log.size == size + 1 and root != log.frontier.root()


def test_a_mark_that_no_erasure_names_is_an_altered_log(tmp_path: Path) -> None:
    log = new_log(tmp_path / "custody")
    grow(log, 3)
    erase(log, 1)
    (path,) = [path for path in (log.folder / OPENINGS).iterdir() if path.name.startswith("0" * 20)]
    whole = path.read_bytes()
    for line in (erased_line(0), erased_line(1), b"{}"):
        path.write_bytes(whole.replace(whole.splitlines()[0], line))
        found = reopen(log.folder)
        with pytest.raises(CustodyError):
            found.record(0)
        with pytest.raises(CustodyError):
            list(found.records())
        assert any(finding.severity == "error" for finding in found.verify())
    path.write_bytes(whole)
    assert reopen(log.folder).verify() == []


def test_an_erasure_that_does_not_count_makes_no_mark_lawful(tmp_path: Path) -> None:
    log = new_log(tmp_path / "custody")
    grow(log, 3)
    erase(log, 1)
    found = reopen(log.folder)
    found.lawful = lambda reading: []
    with pytest.raises(CustodyError):
        found.record(1)
    assert any("no erasure that counts" in finding.message for finding in found.verify())


def test_an_opening_that_a_backup_brought_back_is_told_and_goes_again(tmp_path: Path) -> None:
    log = new_log(tmp_path / "custody")
    grow(log, 6)
    paths = {path: path.read_bytes() for path in (log.folder / OPENINGS).iterdir()}
    erasures = named(log, 1)
    log.erase(erasures)
    (settled,) = [path for path in paths if "open" not in path.name]
    settled.write_bytes(paths[settled])
    (log.folder / OPENINGS / f".{settled.name}.0badcafe.tmp").write_bytes(b"torn")
    found = reopen(log.folder)
    assert found.owes(erasures)
    assert any("record 1: its opening was erased" in finding.message for finding in found.verify())
    assert found.erase(erasures) == 1 and not found.owes(erasures)
    assert found.verify() == [] and not lies_in(log.folder, 1)
    assert not list((log.folder / OPENINGS).glob(".*"))


# --- at locations


def test_each_erasure_counts_once_in_each_block_it_names_further_openings_of() -> None:
    def names(*numbers: int) -> ErasureRecord:
        return erasure(*(ErasedOpening(n, "receipt", 1, {}) for n in numbers))

    assert dict(opening_generations([names(1, 3, 4), names(9), names(0, 4), names(1)], SEGMENT)) == {0: 2, 4: 1, 8: 1}


def test_names_of_files_say_their_generation() -> None:
    for file in (SettledFile(Segment(0, 4)), SettledFile(Segment(65_536, 7), 3), SettledFile(Segment(0, 65_536), 12)):
        assert parse_settled(file.name) == file
    for name in ("0-4.jsonl", f"{0:020d}-4.0.jsonl", f"{0:020d}-open.1.jsonl", f"{4:020d}-65536.1.jsonl", "x"):
        assert parse_settled(name) is None, name


def test_one_file_of_the_next_generation_takes_the_place_of_all_of_a_block() -> None:
    block, old = Segment(0, 4), [SettledFile(Segment(0, 2)), SettledFile(Segment(2, 1))]
    assert plan(block, old, 0, whole=False).wanted == (Segment(3, 1),)
    assert plan(block, old, 0, whole=True) == plan(block, reversed(old), 0, whole=True)
    assert plan(block, old, 0, whole=True).wanted == (block,)
    assert plan(block, old, 1, whole=False).wanted == (block,)
    assert plan(block, old, 1, whole=False).superseded == tuple(old)
    done = [SettledFile(block, 1)]
    assert plan(block, [*old, *done], 1, whole=True).wanted == ()
    assert plan(block, [*old, *done], 1, whole=True).superseded == tuple(old)
    newer = [SettledFile(block, 2)]
    assert plan(block, [*done, *newer], 1, whole=True).superseded == (), "a newer one is left alone"


@pytest.mark.parametrize("numbers", [(1,), (1, 4), (0, 1, 3), (5, 6)])
def test_log_copy_and_restored_log_say_the_same(tmp_path: Path, numbers: tuple[int, ...]) -> None:
    log, store = copied(tmp_path, 3, 7)
    assert erase(log, *numbers) == len(numbers)
    copy_new(log, store)
    assert not any(lies_in(tmp_path / "location", n) for n in numbers)
    assert erase(log, 2) == 1
    for known in (None, log.erasures()):
        copy_new(log, store, known)
    restored = restore(store, tmp_path / "restored", segment=SEGMENT)
    for one in (log, restored):
        assert one.verify() == []
        assert records_of(one) == records_of(log)
        assert not any(lies_in(one.folder, n) for n in (*numbers, 2))
    names = [parse_settled(path.name) for path in (tmp_path / "location/custody/openings").iterdir()]
    made = opening_generations(log.erasures(), SEGMENT)
    for file in names:
        assert file is not None and file.generation == made[file.segment.first - file.segment.first % SEGMENT]
    for one in (log, restored):
        grow(one, 13)
        assert one.verify() == []
    copy_new(restored, store, restored.erasures())
    require_beginning(log, store)
    assert [n for n, _, _ in read_copy(store, segment=SEGMENT)] == list(range(13))


def test_a_newer_file_that_arrived_without_its_log_is_not_read(tmp_path: Path) -> None:
    """Copying broke off after the openings: the copy is read as the log was that it holds."""
    log, store = copied(tmp_path, 5)
    erase(log, 1)
    copy_new(log, FolderStore(shutil.copytree(tmp_path / "location", tmp_path / "whole")))
    shutil.copy(
        tmp_path / "whole/custody/openings" / SettledFile(Segment(0, 4), 1).name,
        tmp_path / "location/custody/openings",
    )
    restored = restore(store, tmp_path / "restored", segment=SEGMENT)
    assert restored.size == 5 and lies_in(restored.folder, 1)
    assert restored.verify() == []
    copy_new(log, store)
    assert not lies_in(tmp_path / "location", 1)
    assert restore(store, tmp_path / "later", segment=SEGMENT).verify() == []


def test_a_mark_beside_an_opening_is_no_fork_and_another_opening_is_one(tmp_path: Path) -> None:
    log, store = copied(tmp_path, 3)
    erasures = named(log, 1)
    log.erase(erasures)
    require_beginning(log, store)
    path = tmp_path / "location/custody/openings" / SettledFile(Segment(0, 3)).name
    whole = path.read_bytes()
    for other in (whole.replace(f"{SECRET} 0.".encode(), f"{SECRET} 9.".encode()), whole.replace(b"file-0", b"file-9")):
        path.write_bytes(other)
        with pytest.raises(CustodyError):
            require_beginning(log, store)
        with pytest.raises(CustodyError):
            copy_new(log, store, erasures)
        assert path.read_bytes() == other, "nothing is removed where histories differ"
    path.write_bytes(whole)
    copy_new(log, store, erasures)
    assert not path.exists()


def test_an_opening_that_two_persons_erased_is_not_handed_on_by_a_log_that_still_holds_it(tmp_path: Path) -> None:
    """The record was appended, and then the process was killed, or the log's own file cannot be written."""
    log, store = copied(tmp_path, 3)
    named(log, 1)
    assert lies_in(log.folder, 1)
    copy_new(log, store)
    assert not lies_in(tmp_path / "location", 1)
    copy_new(log, FolderStore(tmp_path / "new"))
    assert not lies_in(tmp_path / "new", 1)
    assert restore(store, tmp_path / "restored", segment=SEGMENT).verify() == []


@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC])
def test_a_disk_that_fails_at_any_step_loses_no_other_line_and_the_next_time_ends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    (tmp_path / "base").mkdir()
    log, _ = copied(tmp_path / "base", 3, 7)
    named(log, 1, 4)
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
                log.erase(log.erasures())
                copy_new(log, store)
            except OSError as error:
                assert error.errno == number
        if promised < call:
            break
        calls = call
        _end_it(base)
        shutil.rmtree(base)
    print(f"{calls} durable calls")
    assert calls > 15


def test_a_crash_at_any_step_of_erasing_here_and_there_is_ended_by_doing_it_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "base").mkdir()
    log, _ = copied(tmp_path / "base", 3, 7)
    named(log, 1, 4)
    calls = 0
    for call in range(1, 1000):
        base = shutil.copytree(tmp_path / "base", tmp_path / f"crash-{call}")
        log, store = reopen(base / "custody"), FolderStore(base / "location")
        with crash_at(monkeypatch, call) as promised:
            log.erase(log.erasures())
            copy_new(log, store)
        if len(promised) < call:
            break
        calls = call
        assert restore(store, base / "restored", segment=SEGMENT).verify() == [], "it fits together at every moment"
        shutil.rmtree(base / "restored")
        _end_it(base)
        shutil.rmtree(base)
    print(f"{calls} durable calls")
    assert calls > 15


def _end_it(base: Path) -> None:
    """Doing it again leaves all other lines, and nothing of those that went."""
    log, store = reopen(base / "custody"), FolderStore(base / "location")
    assert all(lies_in(log.folder, n) for n in (0, 2, 3, 5, 6))
    log.erase(log.erasures())
    copy_new(log, store)
    assert not any(lies_in(base / part, n) for n in (1, 4) for part in ("custody", "location"))
    assert all(lies_in(base / part, n) for n in (0, 2, 3, 5, 6) for part in ("custody", "location"))
    assert reopen(log.folder).verify() == []
    restored = restore(store, base / "again", segment=SEGMENT)
    assert restored.verify() == [] and records_of(restored) == records_of(log)
