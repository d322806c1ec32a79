"""A checkpoint copied by hand: read as it was meant, and a slip of the pen is not taken for tampering."""

from __future__ import annotations

import base64
from textwrap import indent

import pytest
from checkpoint_samples import NOON, ORIGIN
from hypothesis import given
from hypothesis import strategies as st

from archive.custody.checkpoint import Checkpoint, make_checkpoint, sign_checkpoint
from archive.custody.keys import SigningKey, create_key
from archive.custody.paper import Witness, read_witness, short_form

ROOT = bytes(range(7, 39))
CHECKPOINT = make_checkpoint(ORIGIN, 123456, ROOT, time=NOON)


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> SigningKey:
    return create_key(tmp_path_factory.mktemp("keys"), "log-1")


def test_the_short_form_is_five_lines() -> None:
    size, *lines = short_form(CHECKPOINT).split("\n")
    assert size == "123456 records"
    assert [len(line.split()) for line in lines] == [5, 5, 5, 5]
    assert "".join(group for line in lines for group in line.split()[:4]) == ROOT.hex()


@given(st.integers(0, 2**53 - 1), st.binary(min_size=32, max_size=32))
def test_what_was_printed_is_read_again(size: int, root: bytes) -> None:
    assert read_witness(short_form(Checkpoint(ORIGIN, size, root)).encode()) == Witness(size, root)


@pytest.mark.parametrize(
    "typed",
    [
        short_form(CHECKPOINT).upper(),
        short_form(CHECKPOINT).replace(" ", "").replace("records", " "),
        short_form(CHECKPOINT).replace("\n", " "),
        "\r\n\r\n  " + short_form(CHECKPOINT).replace("\n", "  \r\n") + "\r\n\r\n",
        short_form(CHECKPOINT).replace("123456", "123,456"),
        short_form(CHECKPOINT).replace("123456", "123.456"),
        short_form(CHECKPOINT).replace("123456", "123\u202f456"),
        "\ufeff" + short_form(CHECKPOINT),
    ],
)
def test_however_a_person_copies_it_it_is_the_same(typed: str) -> None:
    assert read_witness(typed.encode()) == Witness(123456, ROOT)


@pytest.mark.parametrize(
    "typed", [f"123456 {ROOT.hex()}", f"123456\n{ROOT.hex().upper()}\n", f"123456 {base64.b64encode(ROOT).decode()}"]
)
def test_size_and_root_are_enough(typed: str) -> None:
    assert read_witness(typed.encode()) == Witness(123456, ROOT, checked=False)


def test_every_single_slip_of_the_pen_is_told_with_its_line() -> None:
    text = short_form(CHECKPOINT)
    line, unnoticed = 0, 0
    for at, character in enumerate(text):
        line += character == "\n"
        if character not in "0123456789abcdef" or (line == 0 and at > 5):
            continue
        for other in "0123456789abcdef":
            if other == character or (line == 0 and (other not in "0123456789" or (at == 0 and other == "0"))):
                continue
            slipped = text[:at] + other + text[at + 1 :]
            try:
                read_witness(slipped.encode())
                unnoticed += 1
            except ValueError as error:
                assert ("number of records was copied wrongly" if line == 0 else f"line {line} below") in str(error)
    assert unnoticed <= 1, "four check digits let one slip in 65,536 pass"


@pytest.mark.parametrize(
    ("typed", "word"),
    [
        ("", "no number of records"),
        ("hello", "no number of records"),
        ("123456", "a root has 64 digits"),
        (f"123456 {ROOT.hex()[:-1]}", "not 63"),
        (f"123456 {ROOT.hex()}0", "not 65"),
        (f"123456 {ROOT.hex()[:-1]}O", "is not a group of the digits"),
        (short_form(CHECKPOINT).replace("a", "o", 1).replace("l", "1"), r"is not a group|copied wrongly"),
    ],
)
def test_what_cannot_be_read_is_told_with_a_word(typed: str, word: str) -> None:
    with pytest.raises(ValueError, match=word):
        read_witness(typed.encode())


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(ValueError, match="not text"):
        read_witness(b"\xff\xfe\x00")


def test_a_note_is_read_with_its_signature_also_after_a_journey_by_mail(key: SigningKey) -> None:
    note = sign_checkpoint(CHECKPOINT, key)
    whole = Witness(123456, ROOT, ORIGIN, note)
    spelled = note.octets.decode()
    for arrived in (
        spelled,
        spelled.replace("\n", "\r\n"),
        f"\n\n{spelled}\n\n",
        spelled.replace("\n", "  \n"),
        f"{spelled}\n  {short_form(CHECKPOINT)}\n\nKeep it.\n",
    ):
        assert read_witness(arrived.encode()) == whole


def test_a_note_without_a_signature_that_can_be_read_is_its_text(key: SigningKey) -> None:
    spelled = sign_checkpoint(CHECKPOINT, key).octets.decode()
    for arrived in (spelled.replace("\u2014", "-"), CHECKPOINT.text.decode(), "\n".join(spelled.split("\n")[:3])):
        assert read_witness(arrived.encode()) == Witness(123456, ROOT, ORIGIN)


def test_an_altered_text_of_a_note_is_still_a_claim_with_its_signature(key: SigningKey) -> None:
    """Whether the signature fits is the verifier's to say."""
    spelled = sign_checkpoint(CHECKPOINT, key).octets.replace(b"123456", b"123457")
    witness = read_witness(spelled)
    assert witness.size == 123457
    assert witness.note is not None


def test_the_five_lines_are_read_as_they_were_printed_with_what_to_do_with_them() -> None:
    checkpoint = Checkpoint("evidence-archive/x", 1234, bytes(range(32)))
    text = f"\n{indent(short_form(checkpoint), '  ')}\n\nKeep it outside: print it, write the five lines by hand.\n"
    found = read_witness(text.encode())
    assert (found.size, found.root, found.checked) == (1234, bytes(range(32)), True)
    with pytest.raises(ValueError, match="line 2 below the number of records was copied wrongly"):
        read_witness(text.replace("0809", "0808", 1).encode())
