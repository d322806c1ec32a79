"""The digest that each row carries of itself, so that a flipped bit in the database is not answered as a row."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache

_DIGEST_DIGITS = 32


def row_digest(table: str, values: Mapping[str, object]) -> str:
    """Digest of one row: 128 bits of SHA-256 over the table's name and every value, each with its type and length."""
    parts = [table.encode()]
    for name, label in _labels(tuple(values)):
        parts += (label, _spelled(values[name]))
    return hashlib.sha256(b"".join(parts)).hexdigest()[:_DIGEST_DIGITS]


@cache
def _labels(names: tuple[str, ...]) -> tuple[tuple[str, bytes], ...]:
    return tuple((name, f"\x1f{name}\x1f".encode()) for name in sorted(names))


def _spelled(value: object) -> bytes:
    if value is None:
        return b"-"
    if isinstance(value, bytes):
        return b"b%d:%b" % (len(value), value)
    octets = str(value).encode("utf-8", "surrogateescape")
    return (b"i%d:%b" if isinstance(value, int) else b"t%d:%b") % (len(octets), octets)
