from __future__ import annotations

import base64
import dataclasses
import hashlib
import secrets
from datetime import timedelta, timezone

import pytest
from custody_samples import a_record
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.canonical import decode, encode
from archive.codec.record_codec import encode_record, spell_record
from archive.custody.leaf import close, commitment, committed_record, number_in, open_leaf
from archive.model.identifiers import AccessionId, FileId
from archive.model.packages import Outcome
from archive.model.record import Octets
from archive.model.records_of_0_1 import ReceiptV1

SALT = bytes(range(32))
OLD = ReceiptV1(
    time=a_record(7).time,
    actor="archivist-1",
    machine="m1",
    version="0.1.0",
    accession=AccessionId("accession"),
    file=FileId("file-7"),
    name=b"7\n.jpg",
    size=Octets(7),
    sha256="ab" * 32,
    blake3=None,
    mtime=Octets(7),
    outcome=Outcome.ACCEPTED,
    aip=None,
)
"""A record of release 0.1, whose lines never change."""
PAIR = close(7, a_record(7), SALT)


def spelled(which: int) -> bytes:
    return spell_record(a_record(which), secrets.token_bytes).record


def test_the_lines_of_a_record_are_these_for_ever():
    pair = close(7, OLD, SALT)
    assert pair.leaf == (
        b'{"commitment":"93c51cad40c01a4a4af04e0fe3bd00fc31b74fb112629028b80ad57584f3e406","n":7,'
        b'"time":"2026-01-01","type":"record","v":1}'
    )
    assert pair.opening == (
        b'{"n":7,"record":' + encode_record(OLD) + b',"salt":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="}'
    )


def test_the_commitment_is_over_domain_salt_and_record():
    said = hashlib.sha256(b"evidence-archive/custody/commitment/v1\x00" + SALT + b"{}").hexdigest()
    assert commitment(b"{}", SALT) == said


@settings(deadline=None)
@given(n=st.integers(0, 2**53 - 1), which=st.integers(0, 4), salt=st.binary(min_size=32, max_size=32))
def test_a_record_is_found_again_in_its_lines_which_are_canonical(n: int, which: int, salt: bytes):
    pair = close(n, a_record(which), salt)
    assert open_leaf(*pair) == a_record(which)
    assert committed_record(n, pair) == spelled(which)
    leaf, opening = decode(pair.leaf), decode(pair.opening)
    assert isinstance(leaf, dict)
    assert isinstance(opening, dict)
    assert sorted(leaf) == ["commitment", "n", "time", "type", "v"]
    assert sorted(opening) == ["n", "record", "salt"]
    assert encode(opening["record"]) == spelled(which)
    assert base64.b64decode(opening["salt"]) == salt
    assert number_in(pair.leaf) == number_in(pair.opening) == n


def test_a_leaf_tells_the_utc_date_and_nothing_else_of_the_record():
    record = a_record(0)
    east = dataclasses.replace(record, time=record.time.astimezone(timezone(timedelta(hours=3))))
    assert close(0, east, SALT) == close(0, record, SALT)
    assert b'"time":"2026-01-01"' in close(0, east, SALT).leaf
    one, other = (close(0, a_record(n), SALT).leaf for n in (0, 3))
    assert len(one) == len(other)
    assert b"23:59" not in one


def test_equal_records_under_different_salts_look_unrelated():
    assert close(7, a_record(7), bytes(32)).leaf != PAIR.leaf


@pytest.mark.parametrize("salt", [b"", bytes(31), bytes(33)])
def test_a_salt_of_another_length_is_refused(salt: bytes):
    with pytest.raises(ValueError, match="32 octets"):
        close(0, a_record(0), salt)


@pytest.mark.parametrize("n", [-1, 2**53])
def test_a_number_out_of_range_is_refused(n: int):
    with pytest.raises(ValueError, match="counted"):
        close(n, a_record(0), SALT)


@pytest.mark.parametrize("line", [0, 1])
def test_every_flipped_bit_of_either_line_is_noticed(line: int):
    for position in range(len(PAIR[line])):
        for bit in range(8):
            lines = [bytearray(part) for part in PAIR]
            lines[line][position] ^= 1 << bit
            with pytest.raises(ValueError):
                open_leaf(*map(bytes, lines))


def test_lines_of_two_records_do_not_open_each_other():
    other = close(7, a_record(8), SALT)
    with pytest.raises(ValueError, match="commits"):
        open_leaf(PAIR.leaf, other.opening)


def test_the_number_that_is_wrong_is_named():
    with pytest.raises(ValueError, match="the leaf has number 7"):
        committed_record(6, PAIR)
    with pytest.raises(ValueError, match="the opening has number 6"):
        committed_record(7, PAIR._replace(opening=close(6, a_record(7), SALT).opening))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"v":1}', b'"v":2}'),
        (b'"type":"record"', b'"type":"receipt"'),
        (b'"n":7', b'"n":07'),
        (b'"n":7', b'"n": 7'),
        (b'"2026-01-01"', b'"2026-01-02"'),
        (b'"v":1}', b'"v":1}\n'),
    ],
)
def test_a_leaf_in_any_other_form_is_refused(old: bytes, new: bytes):
    with pytest.raises(ValueError):
        open_leaf(PAIR.leaf.replace(old, new), PAIR.opening)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'Hh8="}', b'Hh9="}'),
        (b'Hh8="}', b'Hh8="}\n'),
        (b'"n":7,', b'"n":7,"m":1,'),
        (b',"salt"', b',"extra":{},"salt"'),
        (b'"record":{', b'"record":{ '),
    ],
)
def test_an_opening_in_any_other_form_is_refused(old: bytes, new: bytes):
    assert old in PAIR.opening
    with pytest.raises(ValueError):
        open_leaf(PAIR.leaf, PAIR.opening.replace(old, new))


def test_a_line_without_a_number_shows_none():
    assert number_in(b"") is None
    assert number_in(b'{"n":x}') is None
    with pytest.raises(ValueError, match="number"):
        open_leaf(b"{}", PAIR.opening)
