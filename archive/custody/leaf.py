"""Leaves and openings: the two lines that stand for one record (DESIGN §7.4, §7.5).

A *leaf* ``{"commitment","n","time","type","v"}`` may be public: ``n`` counts from 0, ``time`` is the UTC date of the
record's own time, ``type`` is always ``record``. An *opening* ``{"n","record","salt"}`` is confidential. Both are
canonical JSON (RFC 8785); lines are handled here without their final LF.
"""

from __future__ import annotations

import hashlib
import re
from binascii import a2b_base64, b2a_base64
from collections.abc import Sequence
from datetime import UTC
from typing import NamedTuple

from archive.canonical import LARGEST
from archive.codec.record_codec import read_record, spell_record
from archive.model.records import Record

SALT_SIZE = 32
"""Octets of salt under each commitment: too many to guess, so that a leaf does not tell its record."""

_DOMAIN = b"evidence-archive/custody/commitment/v1\x00"

# Both lines have one canonical form only, so a pattern reads them as strictly as a parser would, and faster.
_NUMBER = rb"(0|[1-9][0-9]{0,15})"
_LEAF = re.compile(
    rb'\{"commitment":"([0-9a-f]{64})","n":' + _NUMBER + rb',"time":"([0-9]{4}-[0-9]{2}-[0-9]{2})"'
    rb',"type":"record","v":1\}'
)
_ANY_NUMBER = re.compile(rb'"n":' + _NUMBER + rb"[,}]")
_OPENING = re.compile(rb'\{"n":' + _NUMBER + rb',"record":(\{.*\}),"salt":"([A-Za-z0-9+/]{43}=)"\}')


class Pair(NamedTuple):
    """The two lines of one record, without their final LF."""

    leaf: bytes
    opening: bytes


def commitment(record: bytes, salt: bytes) -> str:
    """What a leaf says about a record: lower-case hex SHA-256 over domain, NUL, salt and the record's bytes.

    Raises ValueError unless the salt has 32 octets.
    """
    if len(salt) != SALT_SIZE:
        raise ValueError(f"a salt has {SALT_SIZE} octets, not {len(salt)}")
    return hashlib.sha256(_DOMAIN + salt + record).hexdigest()


def close(n: int, record: Record, salt: bytes) -> Pair:
    """Leaf and opening of the record with number ``n``, one without private lines.

    Raises ValueError where the record cannot be spelled, for a number out of range and for a salt of another length.
    """
    (leaf,), (opening,) = close_all(n, [record], [spell_record(record, _no_salts).record], salt)
    return Pair(leaf, opening)


def _no_salts(count: int) -> bytes:
    raise ValueError("a record with private lines is not closed alone")


def close_all(
    first: int, records: Sequence[Record], spelled: Sequence[bytes], salts: bytes
) -> tuple[list[bytes], list[bytes]]:
    """Leaves and openings of records that are numbered from ``first``.

    ``spelled`` are their bytes, ``salts`` their salts, one behind the other.

    Raises ValueError like ``close``.
    """
    if not 0 <= first <= LARGEST + 1 - len(records):
        raise ValueError(f"records are counted from 0 to 2^53-1, not {first}")
    if len(salts) != SALT_SIZE * len(records):
        raise ValueError(f"a salt has {SALT_SIZE} octets, not {len(salts)} for {len(records)} records")
    leaves, openings = [], []
    for n, (record, octets) in enumerate(zip(records, spelled, strict=True), first):
        salt = salts[(n - first) * SALT_SIZE : (n - first + 1) * SALT_SIZE]
        day = record.time.astimezone(UTC).date().isoformat()
        leaf = f'{{"commitment":"{commitment(octets, salt)}","n":{n},"time":"{day}","type":"record","v":1}}'
        leaves.append(leaf.encode("ascii"))
        openings.append(
            b"".join((b'{"n":%d,"record":' % n, octets, b',"salt":"', b2a_base64(salt, newline=False), b'"}'))
        )
    return leaves, openings


def open_leaf(leaf_line: bytes, opening_line: bytes) -> Record:
    """The record that the leaf commits to and the opening holds, without what is in its private lines.

    Raises ValueError where either line is not what it should be or they do not belong together, also where a newer
    program wrote the record.
    """
    n = number_in(leaf_line)
    if n is None:
        raise ValueError("the leaf carries no number")
    return read_record(committed_record(n, Pair(leaf_line, opening_line)), {})


def committed_record(n: int, pair: Pair) -> bytes:
    """The bytes of record ``n``, after checking both lines to the last bit against each other.

    Nothing is decoded: what the leaf commits to is what was encoded once. Raises ValueError saying what is wrong.
    """
    leaf = _LEAF.fullmatch(pair.leaf)
    if leaf is None:
        raise ValueError("the leaf is not a leaf of version 1")
    opening = _OPENING.fullmatch(pair.opening)
    if opening is None:
        raise ValueError("the opening is not an opening")
    committed, leaf_n, day = leaf.groups()
    opening_n, record, salt = opening.groups()
    if int(leaf_n) != n:
        raise ValueError(f"the leaf has number {int(leaf_n)}")
    if int(opening_n) != n:
        raise ValueError(f"the opening has number {int(opening_n)}")
    octets = a2b_base64(salt)
    if b2a_base64(octets, newline=False) != salt or commitment(record, octets).encode("ascii") != committed:
        raise ValueError("the opening is not what the leaf commits to")
    if b'"time":"' + day + b"T" not in record:
        raise ValueError("the leaf's date is not the record's")
    return bytes(record)


def date_in(n: int, leaf_line: bytes) -> bytes:
    """The date in the leaf of record ``n``, whose opening is not here; ValueError where it is not that leaf."""
    match = _LEAF.fullmatch(leaf_line)
    if match is None:
        raise ValueError("the leaf is not a leaf of version 1")
    if int(match[2]) != n:
        raise ValueError(f"the leaf has number {int(match[2])}")
    return bytes(match[3])


def committed_in(leaf_line: bytes) -> str:
    """The commitment in a leaf, in hexadecimal; ValueError where it is no leaf."""
    match = _LEAF.fullmatch(leaf_line)
    if match is None:
        raise ValueError("the leaf is not a leaf of version 1")
    return match[1].decode("ascii")


def record_in(opening_line: bytes) -> bytes:
    """The bytes of the record that an opening holds, held against nothing; empty where it is no opening."""
    match = _OPENING.fullmatch(opening_line)
    return b"" if match is None else bytes(match[2])


def number_in(line: bytes) -> int | None:
    """The number that a leaf or an opening carries, with nothing else looked at; None where it shows none."""
    match = _ANY_NUMBER.search(line)
    return None if match is None else int(match[1])
