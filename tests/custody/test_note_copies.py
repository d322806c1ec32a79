"""Checkpoints at locations: the same files, never overwritten; another one of the same size is an alarm."""

from __future__ import annotations

from pathlib import Path

import pytest
from checkpoint_samples import ORIGIN, a_signed_log, signed, signing_key, verifiers
from custody_samples import FolderStore, content, some_records

from archive.custody.checkpoint import Checkpoint, Note, Signature, parse_note
from archive.custody.log import CustodyLog
from archive.custody.note_copies import copy_notes, held_keys, held_notes, restore_notes
from archive.custody.notes import note_sizes, read_note, store_keys, store_note
from archive.custody.signer import Request, Signed, sign
from archive.errors import CustodyError


@pytest.fixture
def log(tmp_path: Path) -> CustodyLog:
    """With checkpoints of 5, 9 and 14 records."""
    log, _, key = a_signed_log(tmp_path, 5)
    for size in (9, 14):
        log.append(some_records(log.size, size))
        signed(log, key)
    store_keys(log.folder, verifiers(key))
    return log


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "location")


def test_every_checkpoint_and_the_keys_are_copied_once(log: CustodyLog, store: FolderStore) -> None:
    assert copy_notes(log.folder, store) == 3
    assert dict(held_notes(store)) == {size: read_note(log.folder, size) for size in (5, 9, 14)}
    assert held_keys(store) == (log.folder / "checkpoints/keys.txt").read_bytes()
    puts = list(store.puts)
    assert copy_notes(log.folder, store) == 0
    assert store.puts == puts


def test_only_the_newest_is_read_back(log: CustodyLog, store: FolderStore) -> None:
    copy_notes(log.folder, store)
    store.reads.clear()
    copy_notes(log.folder, store)
    assert [key for key in store.reads if key.endswith(".note")] == ["custody/checkpoints/00000000000000000014.note"]


def test_a_gap_is_filled(log: CustodyLog, store: FolderStore) -> None:
    copy_notes(log.folder, store)
    (store.root / "custody/checkpoints/00000000000000000009.note").unlink()
    assert copy_notes(log.folder, store) == 1
    assert [size for size, _ in held_notes(store)] == [5, 9, 14]


def test_another_checkpoint_of_that_size_is_an_alarm_and_stays(
    log: CustodyLog, store: FolderStore, tmp_path: Path
) -> None:
    copy_notes(log.folder, store)
    (tmp_path / "thief").mkdir()
    fork = sign(Request(Checkpoint(ORIGIN, 14, b"x" * 32).text, 0, ()), signing_key(tmp_path / "thief"))
    assert isinstance(fork, Signed)
    path = store.root / "custody/checkpoints/00000000000000000014.note"
    for other, word in ((fork.note, "two histories"), (b"nonsense", "no checkpoint")):
        path.write_bytes(other)
        before = content(store.root)
        with pytest.raises(CustodyError, match=word):
            copy_notes(log.folder, store)
        assert content(store.root) == before


def test_a_checkpoint_that_the_archive_does_not_have_is_an_alarm(log: CustodyLog, store: FolderStore) -> None:
    copy_notes(log.folder, store)
    (log.folder / "checkpoints/00000000000000000009.note").unlink()
    with pytest.raises(CustodyError, match=r"a checkpoint of 9 records .* that the archive does not"):
        copy_notes(log.folder, store)


def test_the_same_text_with_a_witness_more_is_the_same_checkpoint(log: CustodyLog, store: FolderStore) -> None:
    copy_notes(log.folder, store)
    note = parse_note(read_note(log.folder, 14))
    witnessed = Note(note.text, (*note.signatures, Signature("ngo.example", b"1234", b"signature"))).octets
    (store.root / "custody/checkpoints/00000000000000000014.note").write_bytes(witnessed)
    assert copy_notes(log.folder, store) == 0
    assert dict(held_notes(store))[14] == witnessed


def test_the_list_of_keys_grows_and_never_loses_one(log: CustodyLog, store: FolderStore) -> None:
    copy_notes(log.folder, store)
    one = (ORIGIN, b"\1" * 32)
    first = verifiers(log.folder.parent / "log-1.pem")
    store_keys(log.folder, [*first, one])
    copy_notes(log.folder, store)
    assert held_keys(store) == (log.folder / "checkpoints/keys.txt").read_bytes()
    with pytest.raises(CustodyError, match="not those of the custody log"):
        store_keys(log.folder, [one])
    (store.root / "custody/checkpoints/keys.txt").write_bytes(b"another\n")
    with pytest.raises(CustodyError, match="holds keys"):
        copy_notes(log.folder, store)


def test_checkpoints_come_back_from_a_location(log: CustodyLog, store: FolderStore, tmp_path: Path) -> None:
    copy_notes(log.folder, store)
    (tmp_path / "new").mkdir()
    assert restore_notes(store, tmp_path / "new") == 3
    assert content(tmp_path / "new/checkpoints") == content(log.folder / "checkpoints")
    (tmp_path / "nothing").mkdir()
    assert restore_notes(FolderStore(tmp_path / "empty"), tmp_path / "nothing") == 0
    assert note_sizes(tmp_path / "nothing") == []


def test_names_that_are_no_checkpoints_are_left_alone(log: CustodyLog, store: FolderStore) -> None:
    folder = store.root / "custody/checkpoints"
    folder.mkdir(parents=True)
    (folder / "README.txt").write_text("mine")
    assert copy_notes(log.folder, store) == 3
    assert (folder / "README.txt").read_text() == "mine"


def test_a_kept_note_is_never_replaced(log: CustodyLog) -> None:
    before = read_note(log.folder, 9)
    assert store_note(log.folder, 9, before) == before
    with pytest.raises(CustodyError, match="no checkpoint"):
        store_note(log.folder, 9, b"nonsense")
    assert read_note(log.folder, 9) == before
