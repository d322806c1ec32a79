"""A crash at every durable step of making, keeping and copying a checkpoint: nothing acknowledged lost, no fork."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from checkpoint_samples import NOON, a_signed_log, signed, signing_key, verifiers
from custody_samples import FolderStore, crash_at, reopen, some_records

from archive import durable
from archive.custody.checkpoint import open_note, parse_note, parse_text
from archive.custody.log import CustodyLog
from archive.custody.note_copies import copy_notes, held_notes
from archive.custody.notes import note_sizes, read_note, store_keys
from archive.custody.signer import memory_path
from archive.custody.tree import Tree


def require_no_fork(home: Path) -> None:
    """Every note anywhere is right, and there is one of each size; what was acknowledged is there."""
    log, key = reopen(home / "custody"), home / "log-1.pem"
    tree, known = Tree(log), verifiers(key)
    notes = [read_note(log.folder, size) for size in note_sizes(log.folder)]
    notes += [memory_path(key).read_bytes()] if memory_path(key).exists() else []
    texts: dict[int, bytes] = {}
    for note in notes:
        checkpoint = open_note(note, known).checkpoint
        assert checkpoint.root == tree.root(checkpoint.size)
        assert texts.setdefault(checkpoint.size, note) == note, "two notes of one size"
    assert 9 in note_sizes(log.folder), "the checkpoint acknowledged before the crash"
    assert log.size >= 14


def inodes(folder: Path) -> dict[str, int]:
    return {entry.name: entry.inode() for entry in os.scandir(folder)}


def a_grown_log(home: Path) -> CustodyLog:
    """A checkpoint of 9 records is acknowledged, and 14 are recorded."""
    log, _, key = a_signed_log(home, 9)
    store_keys(log.folder, verifiers(key))
    log.append(some_records(9, 14))
    return log


@pytest.mark.parametrize("grown", [0, 3], ids=["nothing recorded since", "more recorded since"])
def test_a_crash_at_any_step_of_a_checkpoint_loses_nothing_and_forks_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, grown: int
) -> None:
    a_grown_log(tmp_path / "base")
    kept: list[list[int]] = []
    for call in range(1, 1000):
        home = tmp_path / f"crash-{call}"
        shutil.copytree(tmp_path / "base", home)
        with crash_at(monkeypatch, call) as promised:
            signed(reopen(home / "custody"), signing_key(home))
        require_no_fork(home)
        kept.append(note_sizes(home / "custody"))
        log = reopen(home / "custody")
        log.append(some_records(14, 14 + grown))
        note = signed(log, signing_key(home))
        require_no_fork(home)
        assert parse_text(parse_note(note).text).size == 14 + grown
        remembered = parse_text(parse_note(memory_path(home / "log-1.pem").read_bytes()).text).size
        assert note_sizes(home / "custody")[-1] == remembered == 14 + grown
        if len(promised) < call:
            break
    assert call > 6
    assert kept[0] == [9]
    assert kept[-1] == [9, 14]


def test_what_was_not_synced_may_be_lost_with_the_power(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk keeps of a file what was synced, and of a folder the names that were synced: the signature is never
    given away before the signer's memory is on the medium."""
    a_grown_log(tmp_path / "base")
    sync_folder, reverted = durable.sync_folder, 0
    for call in range(1, 1000):
        home = tmp_path / f"crash-{call}"
        shutil.copytree(tmp_path / "base", home)
        seen = {folder: inodes(folder) for folder in (home, home / "custody", home / "custody/checkpoints")}

        def note_folder(folder: Path, seen: dict[Path, dict[str, int]] = seen) -> None:
            sync_folder(folder)
            seen[folder] = inodes(folder)

        memory = memory_path(home / "log-1.pem")
        before = memory.read_bytes()
        with monkeypatch.context() as patch, crash_at(monkeypatch, call) as promised:
            patch.setattr(durable, "sync_folder", note_folder)
            signed(reopen(home / "custody"), signing_key(home))
        for path in (home / "custody/checkpoints").glob("*.note"):
            if path.name not in seen[path.parent]:
                path.unlink()
        if seen[home].get(memory.name) != memory.stat().st_ino:
            memory.write_bytes(before)
            reverted += 1
        require_no_fork(home)
        signed(reopen(home / "custody"), signing_key(home))
        require_no_fork(home)
        if len(promised) < call:
            break
    assert reverted == 1


def test_a_crash_at_any_step_of_copying_is_made_good_by_the_next_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = a_grown_log(tmp_path / "base")
    signed(log, signing_key(tmp_path / "base"), now=NOON)
    for call in range(1, 1000):
        store = FolderStore(tmp_path / f"location-{call}")
        with crash_at(monkeypatch, call) as promised:
            copy_notes(log.folder, store)
        for size, note in held_notes(store):
            assert note == read_note(log.folder, size)
        copy_notes(log.folder, store)
        assert dict(held_notes(store)) == {size: read_note(log.folder, size) for size in (9, 14)}
        assert store.read("custody/checkpoints/keys.txt") == (log.folder / "checkpoints/keys.txt").read_bytes()
        if len(promised) < call:
            break
    assert call > 6
