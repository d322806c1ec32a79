from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

import pytest
from custody_samples import FolderStore, content, crash_at, new_log, reopen, some_records
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.custody.copies import SegmentStore, copy_new, read_copy, restore
from archive.custody.leaf import Pair
from archive.custody.log import CustodyLog
from archive.errors import CustodyError
from archive.storage.filesystem import FileSystemBackend


def names(*runs: tuple[int, int]) -> list[str]:
    return sorted(f"{part}/{first:020d}-{count}.jsonl" for part in ("leaves", "openings") for first, count in runs)


def lines_of(log: CustodyLog, end: int | None = None) -> list[tuple[int, bytes, bytes]]:
    return [(n, *pair) for n, pair, _ in log.entries(0, end)]


def grown(home: Path, *sizes: int) -> tuple[CustodyLog, FolderStore]:
    """A log that grew to these sizes, and a location to which it was copied each time."""
    home.mkdir(exist_ok=True)
    log = new_log(home / "custody")
    store: SegmentStore = FolderStore(home / "location")
    for size in sizes:
        before = log.size
        log.append(some_records(before, size))
        assert copy_new(log, store) == size - before
    assert isinstance(store, FolderStore)
    return log, store


def test_each_call_adds_what_is_new_in_segments_of_its_own(tmp_path: Path):
    log, store = grown(tmp_path, 1, 3)
    assert store.names() == names((0, 1), (1, 2))
    assert copy_new(log, store) == 0
    assert list(read_copy(store)) == lines_of(log)


def test_openings_arrive_before_their_leaves(tmp_path: Path):
    _, store = grown(tmp_path, 2)
    assert [key.split("/")[1] for key in store.puts] == ["openings", "leaves"]


def test_a_complete_block_is_stored_full_and_its_short_segments_go(tmp_path: Path):
    _, store = grown(tmp_path, 1, 3, 5)
    assert store.names() == names((0, 4), (4, 1))


def test_a_log_that_was_never_copied_arrives_in_full_segments(tmp_path: Path):
    _, store = grown(tmp_path, 11)
    assert store.names() == names((0, 4), (4, 4), (8, 3))
    assert not store.reads


def test_nothing_but_the_last_segment_is_read_to_add_more(tmp_path: Path):
    log, store = grown(tmp_path, 10)
    log.append(some_records(10, 11))
    copy_new(log, store)
    assert sorted(store.reads) == [f"custody/{name}" for name in names((8, 2))]


@settings(max_examples=40, deadline=None)
@given(steps=st.lists(st.integers(1, 9), min_size=1, max_size=6))
def test_a_copy_gives_back_the_log_byte_for_byte(tmp_path_factory: pytest.TempPathFactory, steps: list[int]):
    home = tmp_path_factory.mktemp("copy")
    log, store = grown(home, *(sum(steps[: i + 1]) for i in range(len(steps))))
    assert list(read_copy(store)) == lines_of(log)
    restored = restore(store, home / "restored", segment=4)
    assert content(home / "restored") == content(home / "custody")
    assert (restored.size, restored.frontier) == (log.size, log.frontier)
    assert restored.verify() == []
    assert restored.append(some_records(log.size, log.size + 1)) == log.size


def test_a_crash_at_any_step_of_copying_leaves_a_readable_superset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    log, store = grown(tmp_path / "base", 1, 3)
    log.append(some_records(3, 10))
    clean = FolderStore(tmp_path / "clean")
    shutil.copytree(store.root, clean.root)
    assert copy_new(log, clean) == 7
    assert clean.names() == names((0, 4), (4, 4), (8, 2))
    for call in range(1, 1000):
        crashed = FolderStore(tmp_path / f"crash-{call}")
        shutil.copytree(store.root, crashed.root)
        with crash_at(monkeypatch, call) as promised:
            copy_new(log, crashed)
        readable = list(read_copy(crashed))
        assert len(readable) >= 3
        assert readable == lines_of(log, len(readable))
        assert copy_new(log, crashed) == 10 - len(readable)
        assert crashed.names() == clean.names()
        assert list(read_copy(crashed)) == lines_of(log)
        assert copy_new(log, crashed) == 0
        restore(crashed, tmp_path / f"restored-{call}", segment=4)
        assert content(tmp_path / f"restored-{call}") == content(log.folder)
        if len(promised) < call:
            break
    assert call > 20


def test_copying_after_a_crash_and_more_records_ends_with_the_same_segments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    log, store = grown(tmp_path / "base", 1, 3)
    log.append(some_records(3, 6))
    later = new_log(tmp_path / "later", 12)
    for call in range(1, 1000):
        crashed = FolderStore(tmp_path / f"crash-{call}")
        shutil.copytree(store.root, crashed.root)
        with crash_at(monkeypatch, call) as promised:
            copy_new(log, crashed)
        if call == 1:  # the same salts in another order of batches: the same log, grown on
            log_later = reopen(log.folder)
            assert lines_of(log_later) == lines_of(later, 6)
        copy_new(later, crashed)
        assert crashed.names() == names((0, 4), (4, 4), (8, 4))
        assert list(read_copy(crashed)) == lines_of(later)
        if len(promised) < call:
            break


def test_a_crash_at_any_step_of_a_restore_leaves_no_folder_or_the_whole_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    log, store = grown(tmp_path / "base", 3, 10)
    for call in range(1, 1000):
        folder = tmp_path / f"crash-{call}"
        with crash_at(monkeypatch, call) as promised:
            restore(store, folder, segment=4)
        if not folder.exists():
            restore(store, folder, segment=4)
        assert content(folder) == content(log.folder)
        if len(promised) < call:
            break
    assert not list(tmp_path.glob(".*restoring"))
    assert call > 10


def test_a_merged_segment_that_reads_back_wrong_removes_nothing(tmp_path: Path):
    class Lying(FolderStore):
        def read(self, key: str) -> bytes:
            data = super().read(key)
            return data[:-2] + b" \n" if "-4.jsonl" in key else data

    log, store = grown(tmp_path, 1, 3)
    log.append(some_records(3, 4))
    with pytest.raises(CustodyError, match=r"-4\.jsonl"):
        copy_new(log, Lying(store.root))
    assert set(names((0, 1), (1, 2))) < set(store.names())


def test_a_location_that_refuses_to_remove_has_everything_all_the_same(tmp_path: Path):
    class Locked(FolderStore):
        def delete(self, key: str) -> None:
            raise PermissionError(key)

    log, store = grown(tmp_path, 1, 3)
    log.append(some_records(3, 10))
    with pytest.raises(PermissionError):
        copy_new(log, Locked(store.root))
    assert store.names() == names((0, 1), (1, 2), (0, 4), (4, 4), (8, 2))
    assert list(read_copy(store)) == lines_of(log)


def location_content(store: FolderStore) -> dict[str, bytes]:
    return content(store.root)


def test_a_location_that_holds_more_than_we_have_is_refused_and_left_alone(tmp_path: Path):
    _, store = grown(tmp_path, 3, 6)
    before = location_content(store)
    with pytest.raises(CustodyError, match=r"up to 6 .* only 5"):
        copy_new(new_log(tmp_path / "shorter", 5), store)
    assert location_content(store) == before


@pytest.mark.parametrize("sizes", [(2,), (3, 6), (8,)])
def test_a_location_of_another_history_is_refused_and_left_alone(tmp_path: Path, sizes: tuple[int, ...]):
    _, store = grown(tmp_path, *sizes)
    other = CustodyLog.create(tmp_path / "other", segment=4)  # the same records under other salts
    other.append(some_records(0, 9))
    before = location_content(store)
    with pytest.raises(CustodyError, match="is not what the archive's own log says"):
        copy_new(other, store)
    assert location_content(store) == before


@pytest.mark.parametrize("part", ["leaves", "openings"])
def test_a_short_segment_that_differs_is_never_merged_away(tmp_path: Path, part: str):
    log, store = grown(tmp_path, 1, 3)
    path = store.root / "custody" / part / "00000000000000000000-1.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"n":0', b'"n":1'))
    before = location_content(store)
    log.append(some_records(3, 5))
    with pytest.raises(CustodyError, match=r"00000000000000000000-1\.jsonl"):
        copy_new(log, store)
    assert location_content(store) == before


def test_our_own_rotten_lines_are_not_copied(tmp_path: Path):
    log, store = grown(tmp_path, 3)
    log.append(some_records(3, 6))
    path = log.folder / "openings" / "00000000000000000004-open.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"machine":"m1"', b'"machine":"m2"'))
    with pytest.raises(CustodyError, match="record 4"):
        copy_new(log, store)
    assert not any("00000000000000000004" in name for name in store.names())


def test_a_name_taken_since_the_listing_is_fine_if_it_holds_the_same(tmp_path: Path):
    class Blind(FolderStore):
        def keys(self, prefix: str) -> list[str]:
            return []

    log, store = grown(tmp_path, 3)
    assert copy_new(log, Blind(store.root)) == 3
    with pytest.raises(CustodyError, match="own log says"):
        other = CustodyLog.create(tmp_path / "other", segment=4)
        other.append(some_records(0, 3))
        copy_new(other, Blind(store.root))
    assert list(read_copy(store)) == lines_of(log)


@pytest.mark.parametrize("part", ["leaves", "openings"])
def test_a_gap_cannot_be_read_over_but_is_filled_by_the_next_copy(tmp_path: Path, part: str):
    log, store = grown(tmp_path, 11)
    (store.root / "custody" / part / "00000000000000000004-4.jsonl").unlink()
    with pytest.raises(CustodyError, match=f"gap: {part} 4 to 7 are missing"):
        list(read_copy(store))
    with pytest.raises(CustodyError, match="gap"):
        restore(store, tmp_path / "restored")
    assert not (tmp_path / "restored").exists()
    assert copy_new(log, store) == (4 if part == "leaves" else 0)
    assert list(read_copy(store)) == lines_of(log)


def test_openings_without_their_leaves_are_left_out(tmp_path: Path):
    log, store = grown(tmp_path, 5, 7)
    (store.root / "custody" / "leaves" / "00000000000000000005-2.jsonl").unlink()
    assert list(read_copy(store)) == lines_of(log, 5)


def test_leaves_without_their_openings_are_a_gap(tmp_path: Path):
    _, store = grown(tmp_path, 5, 7)
    (store.root / "custody" / "openings" / "00000000000000000005-2.jsonl").unlink()
    with pytest.raises(CustodyError, match="no opening for record 5"):
        list(read_copy(store))


@pytest.mark.parametrize("part", ["leaves", "openings"])
def test_an_altered_copy_is_noticed_while_reading(tmp_path: Path, part: str):
    _, store = grown(tmp_path, 6)
    path = store.root / "custody" / part / "00000000000000000004-2.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"n":5', b'"n":4'))
    with pytest.raises(CustodyError, match="record 5"):
        list(read_copy(store))


@pytest.mark.parametrize("cut", [1, 200])
def test_a_torn_copy_is_noticed_while_reading(tmp_path: Path, cut: int):
    _, store = grown(tmp_path, 6)
    path = store.root / "custody" / "leaves" / "00000000000000000004-2.jsonl"
    path.write_bytes(path.read_bytes()[:-cut])
    with pytest.raises(CustodyError, match="does not hold 2 lines"):
        list(read_copy(store))


def test_names_that_are_no_segments_are_left_alone(tmp_path: Path):
    log, store = grown(tmp_path, 3)
    for name in ("leaves/notes.txt", "leaves/00000000000000000000-open.jsonl", "checkpoints/1"):
        path = store.root / "custody" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x")
    log.append(some_records(3, 4))
    assert copy_new(log, store) == 1
    assert list(read_copy(store)) == lines_of(log)
    assert (store.root / "custody" / "leaves" / "notes.txt").read_bytes() == b"x"


def test_nothing_is_restored_from_a_location_without_a_copy_nor_over_a_log(tmp_path: Path):
    log, store = grown(tmp_path, 3)
    with pytest.raises(CustodyError, match="no copy"):
        restore(FolderStore(tmp_path / "empty"), tmp_path / "restored")
    assert not list(tmp_path.glob("*restor*"))
    before = content(log.folder)
    with pytest.raises(FileExistsError):
        restore(store, log.folder)
    assert content(log.folder) == before


def test_an_empty_log_copies_nothing(tmp_path: Path):
    store = FolderStore(tmp_path / "location")
    assert copy_new(new_log(tmp_path / "custody"), store) == 0
    assert not store.names()


def test_copied_pairs_open_to_the_records(tmp_path: Path):
    log, store = grown(tmp_path, 6)
    again = CustodyLog.create(tmp_path / "again", segment=4)
    again.append_closed([Pair(leaf, opening) for _, leaf, opening in read_copy(store)])
    assert list(again.records()) == list(log.records())


def test_segments_travel_in_pieces_so_that_memory_does_not_grow_with_them(tmp_path: Path):
    class InPieces(FileSystemBackend):
        pieces: ClassVar[list[int]] = []

        def put(self, key: str, data: bytes) -> None:
            raise AssertionError(f"{key} in one piece")

        def read(self, key: str) -> bytes:
            raise AssertionError(f"{key} in one piece")

        def put_stream(self, key: str, chunks: Iterable[bytes], *, sha256: str | None = None) -> int:
            return super().put_stream(key, map(self.counted, chunks), sha256=sha256)

        def counted(self, chunk: bytes) -> bytes:
            self.pieces.append(chunk.count(b"\n"))
            return chunk

    log = CustodyLog.create(tmp_path / "custody")
    log.append(some_records(0, 2_500))
    (tmp_path / "location").mkdir()
    store = InPieces(tmp_path / "location")
    assert copy_new(log, store) == 2_500
    assert store.pieces == [1_000, 1_000, 500] * 2
    assert list(read_copy(store)) == lines_of(log)
    log.append(some_records(2_500, 2_501))
    assert copy_new(log, store) == 1
    assert list(read_copy(store)) == lines_of(log)
