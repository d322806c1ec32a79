"""The signer goes on from what it signed and from nothing else; whoever asks keeps what it signed."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from checkpoint_samples import NOON, ORIGIN, a_signed_log, signed, signing_key, verifiers
from custody_samples import counted_salts, new_log, some_records

from archive import durable
from archive.custody.checkpoint import Checkpoint, make_checkpoint, open_note, parse_note, parse_text
from archive.custody.issue import issue
from archive.custody.keys import create_key
from archive.custody.log import CustodyLog
from archive.custody.notes import note_name, note_sizes, read_note, store_note
from archive.custody.signer import (
    MOST_OCTETS,
    Refused,
    Request,
    Signed,
    ask_process,
    memory_path,
    parse_answer,
    parse_request,
    sign,
)
from archive.custody.tree import Tree
from archive.errors import ArchiveError, CustodyError, ExitCode, LockedError


def request(log: CustodyLog, first: int, size: int) -> Request:
    tree = Tree(log)
    wanted = make_checkpoint(ORIGIN, size, tree.root(size), time=NOON)
    return Request(wanted.text, first, tree.consistency(min(first, size), size))


def another_history(home: Path, size: int) -> CustodyLog:
    log = CustodyLog.create(home, segment=4, salts=counted_salts())
    log.append(list(reversed(some_records(0, size))))
    return log


def test_growing_sizes_are_signed_and_nothing_smaller(tmp_path: Path) -> None:
    log, key = new_log(tmp_path / "custody", 20), signing_key(tmp_path)
    for first, size in ((0, 5), (5, 6), (6, 20)):
        answer = sign(request(log, first, size), key)
        assert isinstance(answer, Signed)
        assert open_note(answer.note, verifiers(key)).checkpoint.size == size
        assert memory_path(key).read_bytes() == answer.note
    refused = sign(request(log, 5, 19), key)
    assert isinstance(refused, Refused)
    assert "20 records was signed already, which is more than 19" in refused.why
    assert refused.last == memory_path(key).read_bytes()


def test_another_history_is_never_signed(tmp_path: Path) -> None:
    log, key = new_log(tmp_path / "custody", 20), signing_key(tmp_path)
    assert isinstance(sign(request(log, 0, 9), key), Signed)
    before = memory_path(key).read_bytes()
    other = another_history(tmp_path / "other", 20)
    for wrong, word in (
        (request(other, 0, 9), "another history of 9 records"),
        (request(other, 9, 12), "does not go on"),
        (request(log, 8, 12), "begins at 8 records"),
        (request(log, 0, 12), "begins at 0 records"),
        (Request(request(log, 9, 12).text, 9, ()), "does not go on"),
        (Request(request(log, 9, 12).text.replace(ORIGIN.encode(), b"another"), 9, ()), "signs for"),
        (Request(b"please sign", 9, ()), "no checkpoint"),
    ):
        refused = sign(wrong, key)
        assert isinstance(refused, Refused)
        assert word in refused.why
    assert memory_path(key).read_bytes() == before
    assert isinstance(sign(request(log, 9, 12), key), Signed)


def test_asked_twice_for_one_tree_it_gives_the_same_note(tmp_path: Path) -> None:
    log, key = new_log(tmp_path / "custody", 9), signing_key(tmp_path)
    first = sign(request(log, 0, 9), key)
    later = make_checkpoint(ORIGIN, 9, log.frontier.root(), time=NOON + timedelta(hours=1))
    assert sign(Request(later.text, 0, ()), key) == first


def test_a_memory_that_was_altered_is_no_memory(tmp_path: Path) -> None:
    log, key = new_log(tmp_path / "custody", 9), signing_key(tmp_path)
    sign(request(log, 0, 5), key)
    memory_path(key).write_bytes(memory_path(key).read_bytes().replace(b"\n5\n", b"\n4\n"))
    with pytest.raises(CustodyError, match="remembers"):
        sign(request(log, 4, 9), key)


def test_two_signers_with_one_key_do_not_sign_at_once(tmp_path: Path) -> None:
    log, key = new_log(tmp_path / "custody", 9), signing_key(tmp_path)
    with (
        durable.exclusive(key.with_suffix(".lock"), doing="signing a checkpoint"),
        pytest.raises(LockedError, match="signing a checkpoint"),
    ):
        sign(request(log, 0, 9), key)
    assert not memory_path(key).exists()


def test_without_a_key_nothing_is_signed_and_that_is_no_tampering(tmp_path: Path) -> None:
    log = new_log(tmp_path / "custody", 9)
    with pytest.raises(ArchiveError, match="no key") as error:
        sign(request(log, 0, 9), tmp_path / "log-1.pem")
    assert error.value.exit_code == ExitCode.FAILED


# The archive's side


def test_a_log_that_has_not_grown_has_one_checkpoint(tmp_path: Path) -> None:
    log, note, key = a_signed_log(tmp_path, 9)
    assert signed(log, key, now=NOON + timedelta(days=1)) == note
    assert note_sizes(log.folder) == [9]
    assert read_note(log.folder, 9) == note


def test_each_checkpoint_goes_on_from_the_last(tmp_path: Path) -> None:
    log, _, key = a_signed_log(tmp_path, 9)
    for size in (10, 16, 33):
        log.append(some_records(log.size, size))
        checkpoint = open_note(signed(log, key), verifiers(key)).checkpoint
        assert (checkpoint.size, checkpoint.root) == (size, log.frontier.root())
    assert note_sizes(log.folder) == [9, 10, 16, 33]


def test_a_note_signed_and_lost_in_a_crash_is_taken_up_before_the_next(tmp_path: Path) -> None:
    log, _, key = a_signed_log(tmp_path, 9)
    log.append(some_records(9, 12))
    lost = sign(request(log, 9, 12), key)
    assert isinstance(lost, Signed)
    log.append(some_records(12, 15))
    signed(log, key)
    assert note_sizes(log.folder) == [9, 12, 15]
    assert read_note(log.folder, 12) == lost.note


def test_a_log_that_was_cut_or_rewritten_is_not_signed(tmp_path: Path) -> None:
    _, note, key = a_signed_log(tmp_path, 9)
    for other, word in (
        (new_log(tmp_path / "cut", 8), "it was cut"),
        (another_history(tmp_path / "o", 9), "rewritten"),
    ):
        with pytest.raises(CustodyError, match=word):  # from what the signer remembers
            signed(other, key)
        assert note_sizes(other.folder) == []
        store_note(other.folder, 9, note)
        with pytest.raises(CustodyError, match=word):  # from what is kept
            signed(other, key)
    assert memory_path(key).read_bytes() == note


@pytest.mark.parametrize("lie", ["another key", "another root", "another log", "nonsense"])
def test_an_answer_that_is_not_what_was_asked_for_is_not_kept(tmp_path: Path, lie: str) -> None:
    log, key = new_log(tmp_path / "custody", 9), signing_key(tmp_path)
    known = verifiers(key)

    def signer(asked: Request) -> Signed:
        wanted = parse_text(asked.text)
        root = b"x" * 32 if lie == "another root" else wanted.root
        origin = "evidence-archive/other" if lie == "another log" else ORIGIN
        (tmp_path / "elsewhere").mkdir()
        with_key = key if lie != "another key" else signing_key(tmp_path / "elsewhere")
        answer = sign(Request(Checkpoint(origin, 9, root).text, 0, ()), with_key)
        assert isinstance(answer, Signed)
        return Signed(b"yes") if lie == "nonsense" else answer

    with pytest.raises(CustodyError, match=r"no checkpoint of this archive|another checkpoint"):
        issue(log, origin=ORIGIN, known=known, signer=signer, now=NOON)
    assert note_sizes(log.folder) == []


def test_a_signer_that_only_refuses_is_an_error_of_the_world(tmp_path: Path) -> None:
    log = new_log(tmp_path / "custody", 9)
    with pytest.raises(ArchiveError, match="the signer refuses: not today") as error:
        issue(log, origin=ORIGIN, known=[], signer=lambda _: Refused("not today"), now=NOON)
    assert error.value.exit_code == ExitCode.FAILED


def test_two_checkpoints_of_one_size_with_two_roots_are_never_kept(tmp_path: Path) -> None:
    log, note, key = a_signed_log(tmp_path, 9)
    key.unlink()
    memory_path(key).unlink()
    fork = sign(Request(Checkpoint(ORIGIN, 9, b"x" * 32).text, 0, ()), signing_key(tmp_path))
    assert isinstance(fork, Signed)
    with pytest.raises(CustodyError, match="two histories"):
        store_note(log.folder, 9, fork.note)
    assert read_note(log.folder, 9) == note
    witnessed = note + parse_note(fork.note).signatures[0].line.encode() + b"\n"
    assert store_note(log.folder, 9, witnessed) == note


# The signer as a process of its own


def command(key: Path) -> list[str]:
    return [sys.executable, "-m", "archive", "custody", "sign", "--key", str(key)]


def test_as_a_process_it_reads_a_request_and_answers(tmp_path: Path) -> None:
    log, key = new_log(tmp_path / "custody", 9), signing_key(tmp_path)
    answer = ask_process(command(key), request(log, 0, 5))
    assert isinstance(answer, Signed)
    assert open_note(answer.note, verifiers(key)).checkpoint.size == 5
    refused = ask_process(command(key), request(log, 0, 9))
    assert isinstance(refused, Refused)
    assert refused.last == answer.note
    note = issue(
        log, origin=ORIGIN, known=verifiers(key), signer=lambda asked: ask_process(command(key), asked), now=NOON
    )
    assert parse_text(parse_note(note).text).size == 9


@pytest.mark.parametrize("sent", [b"", b"{}", b"[]", b"\xff", b"[" * 100_000, b" " * (MOST_OCTETS + 5)])
def test_as_a_process_it_refuses_what_is_no_request(tmp_path: Path, sent: bytes) -> None:
    key = signing_key(tmp_path)
    done = subprocess.run(command(key), input=sent, capture_output=True, check=False)
    assert done.returncode == ExitCode.FAILED
    assert isinstance(parse_answer(done.stdout), Refused)
    assert not memory_path(key).exists()


def test_a_signer_that_cannot_be_asked_is_told_with_its_own_words(tmp_path: Path) -> None:
    log = new_log(tmp_path / "custody", 9)
    for words, told in (
        ([str(tmp_path / "nothing")], "nothing"),
        (command(tmp_path / "log-1.pem"), "there is no key"),
        ([sys.executable, "-c", "print('hello')"], "ended with 0"),
    ):
        with pytest.raises(ArchiveError, match=told) as error:
            ask_process(words, request(log, 0, 9))
        assert error.value.transient


def test_what_is_said_is_read_again() -> None:
    asked = Request(b"text\n", 5, (b"x" * 32,))
    assert parse_request(asked.octets) == asked
    for answer in (Signed(b"note\n"), Refused("no"), Refused("no", b"note\n")):
        assert parse_answer(answer.octets) == answer
    for wrong in (
        {"v": 1, "kind": "signed"},
        {"v": 2, "kind": "signed", "note": "x"},
        {"v": 1, "kind": "refused", "why": "x", "last": 5},
    ):
        with pytest.raises(ValueError, match=r"."):
            parse_answer(json.dumps(wrong).encode())


def test_the_names_of_notes_sort_by_size(tmp_path: Path) -> None:
    assert note_name(1234) == "00000000000000001234.note"
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    for name in (note_name(12), note_name(3), ".00.note.tmp", "notes.note", "keys.txt"):
        (folder / name).write_bytes(b"")
    assert note_sizes(tmp_path) == [3, 12]
    shutil.rmtree(folder)
    assert note_sizes(tmp_path) == []


def test_a_key_keeps_its_memory_apart_from_that_of_another(tmp_path: Path) -> None:
    log, one = new_log(tmp_path / "custody", 9), signing_key(tmp_path)
    create_key(tmp_path, "log-2")
    assert isinstance(sign(request(log, 0, 9), one), Signed)
    assert isinstance(sign(request(log, 0, 5), tmp_path / "log-2.pem"), Signed)
