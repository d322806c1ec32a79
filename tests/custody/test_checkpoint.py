"""Checkpoints as signed notes: the published examples, our own, and every deviation refused with a word."""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.custody.checkpoint import (
    MOST_SIGNATURES,
    Checkpoint,
    Note,
    Opened,
    Signature,
    make_checkpoint,
    open_note,
    parse_note,
    parse_text,
    sign_checkpoint,
)
from archive.custody.keys import SigningKey, create_key, is_signed_by, key_id, parse_verifier_key

# The example of C2SP tlog-checkpoint, and the one with two signatures of C2SP tlog-witness.
SOFA = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "— example.com/behind-the-sofa "
    "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
).encode()
SOFA_WITNESSED = (
    SOFA
    + "— example.com/behind-the-sofa "
    "opLqBQsREYCgu6xQkYQwJr9fo45a62DN9EdmHXnZdXNqlcVGlCum2Wks+49/V6267UEjw6QUXTS5Rovnzv++qbSzm9Q=\n".encode()
)
# The key and the note of the tests of Go's golang.org/x/mod/sumdb/note, which C2SP signed-note describes.
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETER_NOTE = (
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
).encode()
# Checkpoints of Go's public checksum database (sum.golang.org), with the key that the go command carries.
GO = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
GO_NOTES = {
    6476701: """\
go.sum database tree
6476701
mb8QLQIs0Z0yP5Cstq6guj87oXWeC9gEM8oVikmm9Wk=

— sum.golang.org Az3grsLX85Gz+s1SiTbgkuqxgItqFq7gsMUEyVnrsa9LM7Us9S+1xbFIGu95949rj4nPRYfvimWEPWL+o3GeoWwOoAw=
""",
    15067302: """\
go.sum database tree
15067302
gJyioq6dwR9n+NjEWORfYmH+ubeYm3kH42BBQ0bTpYI=

— sum.golang.org Az3grp1rvWOs5NKlr/xR4GLN/CDyzzakmt1o61uSxYKpK1SerqOP2ClbX/peKUZjYnyomH5Xz7GZG3TpB7OeKn4E2ww=
— test.example.com qTGhC/xIPQ0AXKHK6Y+9ypRfuvMZWPjRXM8NiOg5M1WREn07VQXyuIXM3NRNav3ieVFLUqDRK77PWDmL6w8w84UqeAw=
""",
}

ORIGIN = "evidence-archive/3f0c7a0e-58d1-4f5a-9b53-6f6f3f4f1c11"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ROOT = bytes(range(32))


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> SigningKey:
    return create_key(tmp_path_factory.mktemp("keys"), "log-1")


@pytest.fixture(scope="module")
def note(key: SigningKey) -> bytes:
    return sign_checkpoint(make_checkpoint(ORIGIN, 1234, ROOT, time=NOON), key).octets


def opened(note: bytes, key: SigningKey) -> Opened:
    return open_note(note, [(ORIGIN, key.public)])


def test_the_published_examples_of_notes_are_read_and_spelled_again() -> None:
    for published in (SOFA, SOFA_WITNESSED, PETER_NOTE, *(text.encode() for text in GO_NOTES.values())):
        assert parse_note(published).octets == published


def test_the_text_of_a_note_may_hold_empty_lines() -> None:
    assert parse_note(f"one\n\ntwo\n\n{SIGNED}\n".encode()).text == b"one\n\ntwo\n"


def test_the_published_example_of_a_checkpoint_is_read_and_spelled_again() -> None:
    root = base64.b64decode("CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=")
    checkpoint = parse_text(parse_note(SOFA_WITNESSED).text)
    assert checkpoint == Checkpoint("example.com/behind-the-sofa", 20852163, root)
    assert checkpoint.text == parse_note(SOFA).text
    assert checkpoint.time is None
    assert len(parse_note(SOFA_WITNESSED).signatures) == 2


def test_the_signature_in_the_note_of_the_go_library_is_right() -> None:
    name, public = parse_verifier_key(PETER)
    (signature,) = parse_note(PETER_NOTE).signatures
    assert (signature.name, signature.key_id) == (name, key_id(name, public))
    assert is_signed_by(public, signature.signature, parse_note(PETER_NOTE).text)
    with pytest.raises(ValueError, match="at least three lines"):
        open_note(PETER_NOTE, [(name, public)])


@pytest.mark.parametrize("size", GO_NOTES)
def test_checkpoints_of_a_public_log_verify_with_its_public_key(size: int) -> None:
    name, public = parse_verifier_key(GO)
    found = open_note(GO_NOTES[size].encode(), [(name, public)])
    assert (found.checkpoint.origin, found.checkpoint.size) == ("go.sum database tree", size)
    assert found.by == (public,)
    assert [signature.name for signature in found.unknown] == ["test.example.com"] * (size == 15067302)
    altered = GO_NOTES[size].replace(str(size), str(size + 1)).encode()
    with pytest.raises(ValueError, match="does not fit the text"):
        open_note(altered, [(name, public)])
    with pytest.raises(ValueError, match="no key that is known"):
        open_note(GO_NOTES[size].encode(), [parse_verifier_key(PETER)])


def test_our_own_has_the_form_that_is_written_down(key: SigningKey, note: bytes) -> None:
    lines = note.decode().split("\n")
    assert lines[:5] == [ORIGIN, "1234", base64.b64encode(ROOT).decode(), "time 2026-11-22T12:00:00.000000Z", ""]
    assert re.fullmatch(f"— {ORIGIN} [A-Za-z0-9+/]{{91}}=", lines[5])
    assert lines[6:] == [""]
    found = opened(note, key)
    assert found.checkpoint == Checkpoint(ORIGIN, 1234, ROOT, ("time 2026-11-22T12:00:00.000000Z",))
    assert found.checkpoint.time == NOON
    assert (found.by, found.unknown) == ((key.public,), ())
    assert found.note.octets == note


def test_every_single_altered_bit_of_a_checkpoint_is_refused(key: SigningKey, note: bytes) -> None:
    for bit in range(len(note) * 8):
        altered = bytearray(note)
        altered[bit // 8] ^= 1 << bit % 8
        with pytest.raises(ValueError, match=r"."):
            opened(bytes(altered), key)


def test_every_lost_or_added_octet_is_refused(key: SigningKey, note: bytes) -> None:
    for at in range(len(note)):
        for altered in (note[:at] + note[at + 1 :], note[:at] + b"x" + note[at:], note[:at]):
            with pytest.raises(ValueError, match=r"."):
                opened(altered, key)
    for tail in (b"\n", b" ", b"x", b"\r\n", note):
        with pytest.raises(ValueError, match=r"."):
            opened(note + tail, key)


def test_lines_of_unknown_witnesses_are_kept_and_prove_nothing(key: SigningKey, note: bytes, tmp_path: Path) -> None:
    witness = create_key(tmp_path, "witness")
    text = parse_note(note).text
    line = Signature("ngo.example/witness", key_id("ngo.example/witness", witness.public), witness.sign(text))
    long = Signature("other.example", b"\0\1\2\3", b"x" * 500)
    witnessed = Note(text, (*parse_note(note).signatures, line, long)).octets
    found = opened(witnessed, key)
    assert found.unknown == (line, long)
    assert found.note.octets == witnessed
    both = open_note(witnessed, [(ORIGIN, key.public), ("ngo.example/witness", witness.public)])
    assert both.by == (key.public, witness.public)
    with pytest.raises(ValueError, match="no key that is known"):
        opened(Note(text, (line, long)).octets, key)


def test_one_wrong_signature_of_a_known_key_spoils_the_note(key: SigningKey, note: bytes, tmp_path: Path) -> None:
    second = create_key(tmp_path, "log-2")
    text = parse_note(note).text
    wrong = Signature(ORIGIN, key_id(ORIGIN, second.public), second.sign(b"something else"))
    short = Signature(ORIGIN, key_id(ORIGIN, second.public), b"short")
    for bad in (wrong, short):
        altered = Note(text, (*parse_note(note).signatures, bad)).octets
        assert opened(altered, key).unknown == (bad,)
        with pytest.raises(ValueError, match="does not fit the text"):
            open_note(altered, [(ORIGIN, key.public), (ORIGIN, second.public)])


def test_a_key_signs_only_under_its_own_name(key: SigningKey, note: bytes) -> None:
    with pytest.raises(ValueError, match="no key that is known"):
        open_note(note, [("evidence-archive/another", key.public)])


SIGNED = "— a.example " + base64.b64encode(b"1234signature").decode()


@pytest.mark.parametrize(
    ("spelled", "word"),
    [
        ("", "no signatures"),
        ("text\n", "no signatures"),
        ("text\n\n", "no signatures|not a signature"),
        (f"text\n\n{SIGNED}", "torn"),
        (f"text\n{SIGNED}\n", "no signatures"),
        (f"text\n\n{SIGNED}\n{SIGNED}\n", "two signatures of one key"),
        (f"text\n\n{SIGNED}\n\n", "no signatures|not a signature"),
        (f"text\n\n{SIGNED}\nx\n", "not a signature line"),
        (f"te\txt\n\n{SIGNED}\n", "control characters"),
        (f"text\r\n\n{SIGNED}\n", "control characters"),
        (f"text\n\n- a.example {SIGNED.split()[2]}\n", "not a signature line"),
        (f"text\n\n— a.example  {SIGNED.split()[2]}\n", "not base64"),
        (f"text\n\n— a+b {SIGNED.split()[2]}\n", "not a signature line"),
        (f"text\n\n— a\u00a0b {SIGNED.split()[2]}\n", "not a signature line"),
        (f"text\n\n—  {SIGNED.split()[2]}\n", "not a signature line"),
        ("text\n\n— a.example\n", "not a signature line"),
        ("text\n\n— a.example AAAA\n", "longer than the identifier"),
        ("text\n\n— a.example AAAAAAB=\n", "not base64"),
        ("text\n\n— a.example AAAA-AAA\n", "not base64"),
        ("text\n\n" + "".join(f"— a{n} MTIzNHM=\n" for n in range(MOST_SIGNATURES + 1)), "more than"),
    ],
)
def test_a_note_that_deviates_is_refused_with_a_word(spelled: str, word: str) -> None:
    with pytest.raises(ValueError, match=word):
        parse_note(spelled.encode())


def test_a_note_that_is_not_utf_8_is_refused() -> None:
    with pytest.raises(ValueError, match="UTF-8"):
        parse_note(b"text\xff\n\n" + SIGNED.encode() + b"\n")


B64 = base64.b64encode(ROOT).decode()


@pytest.mark.parametrize(
    ("spelled", "word"),
    [
        ("", "at least three lines"),
        (f"{ORIGIN}\n5\n", "at least three lines"),
        (f"{ORIGIN}\n5\n{B64}", "at least three lines"),
        (f"\n5\n{B64}\n", "none of them empty"),
        (f"{ORIGIN}\n5\n{B64}\n\n", "none of them empty"),
        (f"{ORIGIN}\n5\n{B64}\n\nx\n", "none of them empty"),
        (f"{ORIGIN}\n05\n{B64}\n", "not a size"),
        (f"{ORIGIN}\n-5\n{B64}\n", "not a size"),
        (f"{ORIGIN}\n5 \n{B64}\n", "not a size"),
        (f"{ORIGIN}\n٥\n{B64}\n", "not a size"),
        (f"{ORIGIN}\n{2**53}\n{B64}\n", "not a size"),
        (f"{ORIGIN}\n5\n{B64[:-1]}\n", "base64"),
        (f"{ORIGIN}\n5\n{base64.b64encode(ROOT[:-1]).decode()}\n", "32 octets"),
        (f"{ORIGIN}\n5\n{base64.b64encode(ROOT + b'x').decode()}\n", "32 octets"),
        (f"{ORIGIN}\n5\n{B64[:-2]}9=\n", "base64"),
        (f"{ORIGIN}\n5\n{B64}\nx\ty\n", "control characters"),
    ],
)
def test_a_checkpoint_that_deviates_is_refused_with_a_word(spelled: str, word: str) -> None:
    with pytest.raises(ValueError, match=word):
        parse_text(spelled.encode())


@given(
    st.integers(0, 2**53 - 1), st.binary(min_size=32, max_size=32), st.lists(st.from_regex(r"[!-~]+", fullmatch=True))
)
def test_what_is_spelled_is_read_again(size: int, root: bytes, extensions: list[str]) -> None:
    checkpoint = Checkpoint(ORIGIN, size, root, tuple(extensions))
    assert parse_text(checkpoint.text) == checkpoint


@pytest.mark.parametrize("origin", ["", "two\nlines", "tab\tbed"])
def test_what_cannot_stand_in_a_checkpoint_is_not_made(origin: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        make_checkpoint(origin, 5, ROOT, time=NOON)


def test_a_time_that_is_not_spelled_as_ours_is_not_believed() -> None:
    assert Checkpoint(ORIGIN, 1, ROOT, ("time yesterday",)).time is None
    assert Checkpoint(ORIGIN, 1, ROOT, ("x", "time 2026-11-22T12:00:00.000000Z")).time == NOON
