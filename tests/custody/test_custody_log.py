from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from custody_samples import SEGMENT, a_record, content, counted_salts, new_log, reopen, some_records
from hypothesis import given, settings
from hypothesis import strategies as st

from archive import durable
from archive.canonical import decode
from archive.custody.head import decode_head, encode_head
from archive.custody.leaf import close
from archive.custody.log import CustodyLog
from archive.custody.merkle import Frontier, leaf_hash
from archive.errors import ArchiveError, CustodyError, LockedError
from archive.model import record_versions
from archive.model.record import Unread
from profiles.finding import Severity


def numbered(first: int, end: int) -> list[tuple[int, object]]:
    return [(n, a_record(n)) for n in range(first, end)]


def test_a_new_log_is_empty_and_whole(tmp_path: Path):
    log = new_log(tmp_path / "custody")
    assert log.size == 0
    assert list(log.records()) == []
    assert log.verify() == []
    assert log.frontier.root() == Frontier().root()
    assert reopen(tmp_path / "custody").size == 0


def test_records_come_back_in_order_after_reopening(tmp_path: Path):
    log = new_log(tmp_path / "custody", 3)
    assert log.append(some_records(3, 4)) == 3
    assert log.append(some_records(4, 10)) == 4
    for seen in (log, reopen(tmp_path / "custody")):
        assert seen.size == 10
        assert list(seen.records()) == numbered(0, 10)
        assert list(seen.records(7)) == numbered(7, 10)
        assert list(seen.records(10)) == []
        assert [seen.record(n) for n in range(10)] == some_records(0, 10)
        assert seen.verify() == []


@settings(max_examples=30, deadline=None)
@given(batches=st.lists(st.integers(0, 3 * SEGMENT), max_size=5))
def test_the_log_is_the_same_however_its_records_are_batched(
    tmp_path_factory: pytest.TempPathFactory, batches: list[int]
):
    home = tmp_path_factory.mktemp("batches")
    log = new_log(home / "custody")
    for batch in batches:
        assert log.append(some_records(log.size, log.size + batch)) == log.size - batch
    whole = new_log(home / "whole", sum(batches))
    assert content(home / "custody") == content(home / "whole")
    assert log.frontier == whole.frontier == reopen(home / "custody").frontier
    assert log.verify() == []


def test_full_segments_are_named_by_their_count_and_the_growing_one_is_open(tmp_path: Path):
    new_log(tmp_path / "custody", 10)
    names = ["00000000000000000000-4.jsonl", "00000000000000000004-4.jsonl", "00000000000000000008-open.jsonl"]
    for part in ("leaves", "openings"):
        assert sorted(path.name for path in (tmp_path / "custody" / part).iterdir()) == names


def test_a_segment_of_the_real_size_is_called_by_that(tmp_path: Path):
    log = CustodyLog.create(tmp_path / "custody")
    assert log.append([a_record(0)] * 65_537) == 0
    names = ["00000000000000000000-65536.jsonl", "00000000000000065536-open.jsonl"]
    assert sorted(path.name for path in (tmp_path / "custody" / "leaves").iterdir()) == names
    assert log.record(65_536) == CustodyLog.open(tmp_path / "custody").record(65_536) == a_record(0)


def test_the_files_are_json_lines_and_the_head_says_what_is_acknowledged(tmp_path: Path):
    log = new_log(tmp_path / "custody", 3)
    leaves = (tmp_path / "custody" / "leaves" / "00000000000000000000-open.jsonl").read_bytes()
    openings = (tmp_path / "custody" / "openings" / "00000000000000000000-open.jsonl").read_bytes()
    salts = counted_salts()(96)
    pairs = [close(n, a_record(n), salts[n * 32 : n * 32 + 32]) for n in range(3)]
    assert leaves == b"".join(pair.leaf + b"\n" for pair in pairs)
    assert openings == b"".join(pair.opening + b"\n" for pair in pairs)
    assert log.frontier == Frontier().extend(leaf_hash(pair.leaf) for pair in pairs)
    head = (tmp_path / "custody" / "head.json").read_bytes()
    assert head == encode_head(log.frontier)
    said = decode(head[:-1])
    assert isinstance(said, dict)
    assert said["size"] == 3
    assert said["frontier"] == [node.hex() for node in log.frontier.hashes]


def test_every_record_has_a_salt_of_its_own(tmp_path: Path):
    log = CustodyLog.create(tmp_path / "custody")
    log.append([a_record(0)] * 50)
    log.append([a_record(0)] * 50)
    salts = {pair.opening[-47:] for _, pair, _ in log.entries()}
    assert len(salts) == 100


def test_only_the_kinds_asked_for_are_given_with_their_numbers(tmp_path: Path):
    log = new_log(tmp_path / "custody", 23)
    for kinds in ({"receipt"}, {"damage"}, {"location", "damage"}, {"seal"}):
        expected = [(n, record) for n, record in numbered(0, 23) if record.kind in kinds]
        assert list(log.records(kinds=frozenset(kinds))) == expected
    assert list(log.records(5, frozenset())) == numbered(5, 23)


def test_a_record_that_was_made_another_kind_does_not_slip_through_the_filter(tmp_path: Path):
    log = new_log(tmp_path / "custody", 4)
    path = next((tmp_path / "custody" / "openings").iterdir())
    path.write_bytes(path.read_bytes().replace(b'"kind":"damage"', b'"kind":"demage"'))
    with pytest.raises(CustodyError, match=r"record 3 .*openings.*commits"):
        list(log.records(kinds=frozenset({"damage"})))


def test_reading_stops_at_what_was_acknowledged_when_it_began(tmp_path: Path):
    log = new_log(tmp_path / "custody", 6)
    reading = log.records()
    assert next(reading) == (0, a_record(0))
    log.append(some_records(6, 9))  # renames the segment that will be read next
    assert list(reading) == numbered(1, 6)


def test_a_log_opened_before_its_segments_were_renamed_still_reads(tmp_path: Path):
    new_log(tmp_path / "custody", 2)
    early, writer = reopen(tmp_path / "custody"), reopen(tmp_path / "custody")
    writer.append(some_records(2, 11))
    assert list(early.records()) == numbered(0, 2)


def test_an_empty_batch_changes_nothing(tmp_path: Path):
    log = new_log(tmp_path / "custody", 5)
    before = content(tmp_path / "custody")
    assert log.append([]) == 5
    assert content(tmp_path / "custody") == before


def test_a_batch_with_one_record_that_cannot_be_spelled_records_none(tmp_path: Path):
    log = new_log(tmp_path / "custody", 5)
    before = content(tmp_path / "custody")
    broken = a_record(0)
    object.__setattr__(broken, "actor", 5)
    with pytest.raises(ValueError, match="actor"):
        log.append([a_record(5), broken])
    assert content(tmp_path / "custody") == before
    assert log.append(some_records(5, 6)) == 5


def test_pairs_made_earlier_are_taken_as_they_are_and_only_if_they_fit(tmp_path: Path):
    log = new_log(tmp_path / "custody", 6)
    pairs = [pair for _, pair, _ in log.entries()]
    other = CustodyLog.create(tmp_path / "other", segment=SEGMENT)
    assert other.append_closed(pairs[:5]) == 0
    for wrong in (pairs[4:], [pairs[5]._replace(opening=pairs[4].opening)]):
        with pytest.raises(ValueError):
            other.append_closed(wrong)
    other.append_closed(pairs[5:])
    assert content(tmp_path / "other") == content(tmp_path / "custody")


def test_a_log_is_not_created_over_another(tmp_path: Path):
    new_log(tmp_path / "custody", 1)
    with pytest.raises(FileExistsError):
        new_log(tmp_path / "custody")
    os.unlink(tmp_path / "custody" / "head.json")
    before = content(tmp_path / "custody")
    with pytest.raises(CustodyError, match="no head"):
        new_log(tmp_path / "custody")
    with pytest.raises(CustodyError, match="no head"):
        reopen(tmp_path / "custody")
    assert content(tmp_path / "custody") == before


def test_a_number_that_is_not_in_the_log_is_refused(tmp_path: Path):
    log = new_log(tmp_path / "custody", 2)
    for n in (-1, 2):
        with pytest.raises(ValueError):
            log.record(n)
    with pytest.raises(ValueError):
        list(log.records(-1))
    with pytest.raises(CustodyError, match="holds 2 records, not 3"):
        list(log.records(3))


def test_one_who_did_not_see_the_last_append_cannot_append(tmp_path: Path):
    log = new_log(tmp_path / "custody", 2)
    other = reopen(tmp_path / "custody")
    log.append(some_records(2, 3))
    before = content(tmp_path / "custody")
    with pytest.raises(LockedError, match="meanwhile"):
        other.append(some_records(2, 3))
    assert content(tmp_path / "custody") == before


def test_while_one_appends_another_can_read_and_cuts_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    log = new_log(tmp_path / "custody", 3)
    seen: list[object] = []

    def look(what: str) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(durable, "promise", lambda what: None)
            other = reopen(tmp_path / "custody")
            seen.append(other.size)
            assert list(other.records()) == numbered(0, other.size)
            with pytest.raises(LockedError):
                other.append(some_records(other.size, other.size + 1))

    with monkeypatch.context() as patch:
        patch.setattr(durable, "promise", look)
        log.append(some_records(3, 13))
    assert set(seen) == {3, 13}
    assert list(reopen(tmp_path / "custody").records()) == numbered(0, 13)


@pytest.mark.parametrize("count", [1, 2, 5_000])
def test_a_batch_is_brought_to_the_medium_with_four_syncs_in_this_order_however_large_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int
):
    log = CustodyLog.create(tmp_path / "custody")
    log.append([a_record(0)])
    steps: list[str] = []
    sync_file, sync_folder = durable.sync_file, durable.sync_folder

    def note_file(descriptor: int) -> None:
        path = Path(os.readlink(f"/proc/self/fd/{descriptor}"))
        steps.append(f"{path.parent.name}/{path.name.split('.')[-1]} with {path.read_bytes().count(10)} lines")
        sync_file(descriptor)

    def note_folder(folder: Path) -> None:
        steps.append(f"{folder.name}/")
        sync_folder(folder)

    with monkeypatch.context() as patch:
        patch.setattr(durable, "sync_file", note_file)
        patch.setattr(durable, "sync_folder", note_folder)
        log.append([a_record(0)] * count)
    assert steps == [
        f"openings/jsonl with {count + 1} lines",
        f"leaves/jsonl with {count + 1} lines",
        "custody/tmp with 1 lines",
        "custody/",
    ]


def test_promises_to_the_disk_are_counted_by_batches_and_segments_and_never_by_records(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    promised: list[str] = []
    log = new_log(tmp_path / "custody", 1)
    with monkeypatch.context() as patch:
        patch.setattr(durable, "promise", promised.append)
        log.append(some_records(1, 10))  # ends a segment, fills one, begins another
    head = ["sync file", "replace head.json", "sync folder"]
    part = ["sync file"] * 3 + ["sync folder"]
    settled = [
        step
        for name in ("00000000000000000000-4.jsonl", "00000000000000000004-4.jsonl")
        for step in [f"publish {name}", "sync folder"] * 2
    ]
    assert promised == [*part, *part, *head, *settled]


def test_a_disk_that_cannot_sync_what_was_read_matters_only_where_it_can_be_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    new_log(tmp_path / "custody", 5)

    def fail(folder: Path) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(durable, "sync_folder", fail)
    with pytest.raises(OSError, match="Read-only"):
        reopen(tmp_path / "custody")
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert list(reopen(tmp_path / "custody").records()) == numbered(0, 5)


def test_a_disk_that_fails_records_nothing_and_the_next_try_succeeds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    log = new_log(tmp_path / "custody", 3)

    def fail(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch, pytest.raises(OSError):
        patch.setattr(durable, "sync_file", fail)
        log.append(some_records(5, 12))
    assert log.append(some_records(3, 12)) == 3
    assert list(log.records()) == numbered(0, 12)
    assert log.verify() == []


def test_what_cannot_be_renamed_after_the_acknowledgement_is_renamed_when_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def fail(temporary: Path, final: Path) -> None:
        raise OSError(5, "Input/output error")

    log = new_log(tmp_path / "custody")
    with monkeypatch.context() as patch:
        patch.setattr(durable, "publish", fail)
        assert log.append(some_records(0, 9)) == 0
    assert list(log.records()) == numbered(0, 9)
    reopen(tmp_path / "custody")
    new_log(tmp_path / "whole", 9)
    assert content(tmp_path / "custody") == content(tmp_path / "whole")


def test_every_flipped_bit_is_found(tmp_path: Path):
    new_log(tmp_path / "custody", 6)
    for name, data in content(tmp_path / "custody").items():
        path = tmp_path / "custody" / name
        for position in range(len(data)):
            flipped = bytearray(data)
            flipped[position] ^= 1 << (position % 8)
            path.write_bytes(flipped)
            before = content(tmp_path / "custody")
            try:
                findings = reopen(tmp_path / "custody").verify()
            except CustodyError:
                assert content(tmp_path / "custody") == before
                continue
            assert any(finding.severity is Severity.ERROR for finding in findings), (name, position)
        path.write_bytes(data)
    assert reopen(tmp_path / "custody").verify() == []


@pytest.mark.parametrize(
    ("part", "what"), [("leaves", b'"commitment":"'), ("openings", b'"actor":"'), ("openings", b'"salt":"')]
)
def test_an_altered_record_is_named_with_its_file(tmp_path: Path, part: str, what: bytes):
    log = new_log(tmp_path / "custody", 7)
    path = tmp_path / "custody" / part / "00000000000000000004-open.jsonl"
    data = path.read_bytes()
    position = data.index(what, data.index(b"\n")) + len(what)
    path.write_bytes(data[:position] + bytes([data[position] ^ 1]) + data[position + 1 :])
    with pytest.raises(CustodyError, match=r"record 5 .*00000000000000000004-"):
        list(log.records())
    with pytest.raises(CustodyError, match=r"record 5 "):
        log.record(5)
    assert log.record(6) == a_record(6)
    findings = [finding for finding in log.verify() if finding.code == "custody-record"]
    assert ["record 5" in finding.message for finding in findings] == [True]


def test_a_leaf_replaced_with_its_opening_is_found_by_the_root(tmp_path: Path):
    log = new_log(tmp_path / "custody", 7)
    forged = close(5, a_record(0), bytes(32))
    for part, line in (("leaves", forged.leaf), ("openings", forged.opening)):
        path = tmp_path / "custody" / part / "00000000000000000004-open.jsonl"
        lines = path.read_bytes().split(b"\n")
        lines[1] = line
        path.write_bytes(b"\n".join(lines))
    assert [finding.code for finding in log.verify()] == ["custody-root"]


def test_a_record_taken_out_of_both_files_is_found(tmp_path: Path):
    log = new_log(tmp_path / "custody", 10)
    for part in ("leaves", "openings"):
        path = tmp_path / "custody" / part / "00000000000000000004-4.jsonl"
        lines = path.read_bytes().split(b"\n")
        path.write_bytes(b"\n".join(lines[:1] + lines[2:]))
    with pytest.raises(CustodyError, match=r"record 5 .*the leaf has number 6"):
        list(log.records())
    codes = [finding.code for finding in log.verify()]
    assert codes.count("custody-missing") == 2
    assert "custody-root" in codes


@pytest.mark.parametrize("kinds", [None, frozenset({"seal"})])
def test_a_missing_line_or_file_is_named_while_reading(tmp_path: Path, kinds: frozenset[str] | None):
    log = new_log(tmp_path / "custody", 10)
    path = tmp_path / "custody" / "openings" / "00000000000000000004-4.jsonl"
    data = path.read_bytes()
    path.write_bytes(data[:-1])
    with pytest.raises(CustodyError, match=r"record 7 .*the opening is missing"):
        list(log.records(kinds=kinds))
    path.unlink()
    with pytest.raises(CustodyError, match="is missing, and so is"):
        list(log.records(kinds=kinds))
    assert "custody-missing" in {finding.code for finding in log.verify()}
    shutil.rmtree(path.parent)
    assert "custody-missing" in {finding.code for finding in log.verify()}


def test_a_destroyed_segment_is_not_said_record_by_record(tmp_path: Path):
    log = CustodyLog.create(tmp_path / "custody")
    log.append([a_record(0)] * 500)
    path = tmp_path / "custody" / "openings" / "00000000000000000000-open.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"salt":"', b'"sald":"'))
    messages = [finding.message for finding in log.verify()]
    assert len(messages) == 21
    assert messages[-1] == "and 480 more records"


def test_a_file_that_is_no_segment_is_mentioned(tmp_path: Path):
    log = new_log(tmp_path / "custody", 5)
    (tmp_path / "custody" / "leaves" / "notes.txt").write_bytes(b"")
    ((finding,)) = log.verify()
    assert (finding.code, finding.severity, finding.subject) == (
        "custody-stranger",
        Severity.WARNING,
        "leaves/notes.txt",
    )


def test_a_head_that_changed_behind_the_log_is_found(tmp_path: Path):
    log = new_log(tmp_path / "custody", 5)
    head = tmp_path / "custody" / "head.json"
    head.write_bytes(encode_head(Frontier()))
    assert {finding.code for finding in log.verify()} == {"custody-head"}
    head.write_bytes(encode_head(Frontier().extend([leaf_hash(b"")] * 5)))
    assert {finding.code for finding in log.verify()} == {"custody-head"}
    head.unlink()
    assert {finding.code for finding in log.verify()} == {"custody-head"}


@pytest.mark.parametrize("cut", [1, 300])
@pytest.mark.parametrize("name", ["leaves/00000000000000000008-open.jsonl", "openings/00000000000000000000-4.jsonl"])
def test_files_shorter_than_acknowledged_are_refused_and_left_alone(tmp_path: Path, name: str, cut: int):
    new_log(tmp_path / "custody", 10)
    path = tmp_path / "custody" / name
    path.write_bytes(path.read_bytes()[:-cut])
    before = content(tmp_path / "custody")
    with pytest.raises(CustodyError, match="acknowledged"):
        reopen(tmp_path / "custody")
    assert content(tmp_path / "custody") == before


@pytest.mark.parametrize(
    "gone", ["leaves/00000000000000000008-open.jsonl", "openings/00000000000000000000-4.jsonl", "leaves"]
)
def test_a_missing_file_or_folder_is_refused(tmp_path: Path, gone: str):
    new_log(tmp_path / "custody", 10)
    path = tmp_path / "custody" / gone
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    before = content(tmp_path / "custody")
    with pytest.raises(CustodyError):
        reopen(tmp_path / "custody")
    assert content(tmp_path / "custody") == before


@pytest.mark.parametrize("older", [0, 3, 5])
def test_a_head_older_than_a_settled_segment_cuts_nothing(tmp_path: Path, older: int):
    new_log(tmp_path / "custody", 10)
    new_log(tmp_path / "older", older)
    shutil.copy(tmp_path / "older" / "head.json", tmp_path / "custody" / "head.json")
    before = content(tmp_path / "custody")
    with pytest.raises(CustodyError, match=r"acknowledges only"):
        reopen(tmp_path / "custody")
    assert content(tmp_path / "custody") == before


def test_an_acknowledged_line_that_rotted_into_two_is_not_cut(tmp_path: Path):
    new_log(tmp_path / "custody", 7)
    path = tmp_path / "custody" / "leaves" / "00000000000000000004-open.jsonl"
    data = path.read_bytes()
    path.write_bytes(data.replace(b"2026", b"20\n6", 1))
    before = content(tmp_path / "custody")
    with pytest.raises(CustodyError):
        reopen(tmp_path / "custody")
    assert content(tmp_path / "custody") == before


def test_a_record_of_a_newer_program_is_no_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    log = new_log(tmp_path / "custody", 4)
    monkeypatch.delitem(record_versions.VERSIONS, ("damage", 2))
    with pytest.raises(ArchiveError, match="intact but not understood") as caught:
        log.record(3)
    assert not isinstance(caught.value, CustodyError)
    assert log.verify() == []
    assert [n for n, _ in log.records()] == [0, 1, 2]
    (*_, (n, told)) = log.read()
    assert (n, told) == (3, log.item(3)) and isinstance(told, Unread)
    assert (told.kind, told.v, told.code) == ("damage", 2, "record-newer")
    assert len(list(log.records(kinds=frozenset({"receipt"})))) == 3


def test_a_log_that_cannot_be_written_to_can_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    new_log(tmp_path / "custody", 5)
    path = tmp_path / "custody" / "leaves" / "00000000000000000004-open.jsonl"
    path.write_bytes(path.read_bytes() + b'{"torn')
    before = content(tmp_path / "custody")
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert list(reopen(tmp_path / "custody").records()) == numbered(0, 5)
    assert content(tmp_path / "custody") == before


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"{}\n",
        b'{"frontier":[],"sha256":"","size":0,"v":1}\n',
        encode_head(Frontier()).replace(b'"v":1', b'"v":2'),
        encode_head(Frontier()).replace(b'"size":0', b'"size":"0"'),
        encode_head(Frontier()).replace(b'"size":0', b'"size":-1'),
        encode_head(Frontier()).replace(b'"size":0', b'"size":1'),
        encode_head(Frontier()).replace(b"[]", b"[1]"),
        encode_head(Frontier()).replace(b"[]", b'["zz"]'),
        encode_head(Frontier())[:-1],
        encode_head(Frontier()) + b"\n",
    ],
)
def test_a_head_in_any_other_form_is_refused(said: bytes):
    with pytest.raises(ValueError):
        decode_head(said)


@settings(deadline=None)
@given(st.integers(0, 40))
def test_a_head_comes_back_as_it_was(size: int):
    frontier = Frontier().extend(leaf_hash(b"%d" % n) for n in range(size))
    assert decode_head(encode_head(frontier)) == frontier
