"""Proofs from node hashes on disk: bounded reading, never believed, made anew where lost or rotten."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from custody_samples import SEGMENT, content, crash_at, new_log, reopen, some_records
from test_proofs import flipped

from archive.custody.log import CustodyLog
from archive.custody.merkle import Frontier, leaf_hash
from archive.custody.proofs import verify_consistency, verify_inclusion
from archive.custody.segments import SEGMENT as FULL
from archive.custody.segments import Segment
from archive.custody.tree import Tree
from archive.errors import CustodyError


def leaf_hashes(log: CustodyLog) -> list[bytes]:
    return [leaf_hash(pair.leaf) for _, pair, _ in log.entries()]


def files(log: CustodyLog) -> list[Path]:
    return sorted((log.folder / "tree").glob("*"))


def test_every_root_and_proof_of_every_size_is_right(tmp_path: Path) -> None:
    log = new_log(tmp_path / "custody", 37)
    tree, hashes = Tree(log), leaf_hashes(log)
    for size in range(38):
        root = tree.root(size)
        assert root == Frontier().extend(hashes[:size]).root()
        for n in range(size):
            verify_inclusion(n, size, hashes[n], tree.inclusion(n, size), root)
        for first in range(size + 1):
            verify_consistency(first, size, tree.consistency(first, size), tree.root(first), root)


def test_it_follows_the_log_as_it_grows(tmp_path: Path) -> None:
    log = new_log(tmp_path / "custody", 3)
    tree = Tree(log)
    sizes = [3, 4, 5, 11, 16, 31, 40]
    for before, size in pairwise(sizes):
        log.append(some_records(before, size))
        verify_consistency(before, size, tree.consistency(before, size), tree.root(before), log.frontier.root())


def test_what_is_written_down_is_small_and_only_of_what_grows_no_more(tmp_path: Path) -> None:
    log = new_log(tmp_path / "custody", 18)
    Tree(log).root(18)
    assert [path.name for path in files(log)] == [f"{first:020d}-{SEGMENT}.bin" for first in (0, 4, 8, 12)]
    assert sum(path.stat().st_size for path in files(log)) == 32 * (16 + 8 + 4 + 2 + 1)


def test_what_is_not_in_the_log_has_no_proof(tmp_path: Path) -> None:
    tree = Tree(new_log(tmp_path / "custody", 5))
    for ask in (lambda: tree.root(6), lambda: tree.inclusion(0, 6), lambda: tree.consistency(1, 6)):
        with pytest.raises(ValueError, match="holds 5 records"):
            ask()
    with pytest.raises(ValueError, match="no leaf"):
        tree.inclusion(3, 3)
    with pytest.raises(ValueError, match="not the beginning"):
        tree.consistency(4, 3)


def test_a_lost_or_rotten_file_is_made_anew(tmp_path: Path) -> None:
    log = new_log(tmp_path / "custody", 19)
    Tree(log).root(19)
    whole = content(tmp_path / "custody")
    for path in files(log):
        before = path.read_bytes()
        for spoilt in (None, b"", before[:-1], before + b"x", bytes(len(before))):
            path.unlink() if spoilt is None else path.write_bytes(spoilt)
            tree = Tree(log)
            for n in (0, 5, 10, 15, 18):
                verify_inclusion(n, 19, leaf_hashes(log)[n], tree.inclusion(n, 19), log.frontier.root())
            assert tree.renew() in ([], [path])
            assert content(tmp_path / "custody") == whole


def test_no_single_flipped_bit_gets_into_a_proof(tmp_path: Path) -> None:
    log = new_log(tmp_path / "custody", 19)
    Tree(log).root(19)
    hashes, root = leaf_hashes(log), log.frontier.root()
    for path in files(log):
        before = path.read_bytes()
        for bit in range(0, len(before) * 8, 37):
            path.write_bytes(flipped(before, bit))
            tree = Tree(log)
            for n in (0, 7, 13, 18):
                verify_inclusion(n, 19, hashes[n], tree.inclusion(n, 19), root)
            assert tree.root(13) == Frontier().extend(hashes[:13]).root()
        path.write_bytes(before)


def test_renew_says_which_files_were_wrong(tmp_path: Path) -> None:
    log = new_log(tmp_path / "custody", 19)
    tree = Tree(log)
    assert tree.renew() == []
    first, second, *_ = files(log)
    first.unlink()
    second.write_bytes(flipped(second.read_bytes(), 5))
    assert tree.renew() == [second]
    assert tree.renew() == []


@pytest.mark.parametrize("n", [1, 9, 18])
def test_leaves_that_do_not_lead_to_the_head_are_tampering(tmp_path: Path, n: int) -> None:
    log = new_log(tmp_path / "custody", 19)
    (path,) = (log.folder / "leaves").glob(f"{n - n % SEGMENT:020d}-*")
    path.write_bytes(path.read_bytes().replace(b'"n":%d,' % n, b'"n":%d,' % (n + 1)))
    for ask in (lambda: Tree(log).root(17), lambda: Tree(log).inclusion(n, 19), lambda: Tree(log).consistency(3, 19)):
        with pytest.raises(CustodyError, match="do not lead to the root"):
            ask()


def test_lost_leaves_are_named(tmp_path: Path) -> None:
    log = new_log(tmp_path / "custody", 19)
    (log.folder / "leaves" / f"{4:020d}-4.jsonl").write_bytes(b"")
    with pytest.raises(CustodyError, match="leaves 4 to 7 are missing"):
        Tree(log).root(19)


def test_on_a_medium_that_is_only_read_proofs_are_made_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = new_log(tmp_path / "custody", 19)

    def refuse(*_: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("archive.durable.write_atomic", refuse)
    tree = Tree(log)
    verify_inclusion(5, 19, leaf_hashes(log)[5], tree.inclusion(5, 19), log.frontier.root())
    assert not files(log)


def test_a_crash_at_any_step_leaves_nothing_that_is_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for call in range(1, 100):
        log = new_log(tmp_path / f"crash-{call}", 19)
        with crash_at(monkeypatch, call) as promised:
            Tree(log).root(19)
        again = reopen(log.folder)
        assert Tree(again).root(19) == again.frontier.root()
        assert again.verify() == []
        if len(promised) < call:
            break
    assert call > 8


class Large(CustodyLog):
    """A log whose leaves are made up when they are asked for."""

    __slots__ = ("asked",)

    def lines(self, part: str, run: Segment) -> Iterator[bytes]:
        self.asked.append(run)
        return (b"%d" % n for n in range(run.first, run.end))


def test_a_proof_in_a_log_of_a_million_leaves_reads_a_bounded_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = 1_000_000
    frontier = Frontier()
    for first in range(0, size, FULL):
        frontier = frontier.extend(leaf_hash(b"%d" % n) for n in range(first, min(first + FULL, size)))
    log = Large(tmp_path, frontier, segment=FULL, salts=os.urandom)
    log.asked = []
    Tree(log).renew()
    log.asked.clear()
    read: list[int] = []
    opened: list[object] = []
    pread, opens = os.pread, os.open
    monkeypatch.setattr(os, "pread", lambda fd, count, at: (read.append(count), pread(fd, count, at))[1])
    monkeypatch.setattr(os, "open", lambda path, *rest: (opened.append(path), opens(path, *rest))[1])
    tree = Tree(log)
    for n in (0, 65_535, 65_536, 524_287, 700_001, 983_039):
        for ask in (lambda n=n: tree.inclusion(n, size), lambda n=n: tree.consistency(n + 1, size)):
            read.clear()
            opened.clear()
            log.asked.clear()
            assert len(ask()) in range(1, 22)
            assert sum(read) <= 32 * 140, "octets of node hashes"
            assert len(set(opened)) <= 24, "files"
            whole_blocks = [run for run in log.asked if run.end <= size - size % FULL and run.count > 1]
            assert not whole_blocks, "no settled block of leaves is read"
