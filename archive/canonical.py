"""Canonical bytes (RFC 8785) of JSON values: digests are taken of them, so each value has one spelling.

The subset of JSON is small: no floats, ASCII keys, integers that every JSON reader holds exactly. msgspec writes it;
the tests hold it against ``rfc8785``. How records of the custody log are spelled is in ``archive.record_codec``.
"""

from __future__ import annotations

import typing

import msgspec

LARGEST = 2**53 - 1
"""Largest magnitude of an integer that is written as a number (RFC 8785 §3.2.2.3, RFC 7493 §2.2)."""

# Ordering by code point is RFC 8785's ordering by UTF-16 unit as long as keys are ASCII, which _check sees to.
_write = msgspec.json.Encoder(order="sorted").encode
_read = msgspec.json.Decoder().decode


def encode(value: object) -> bytes:
    """``value`` in canonical JSON (RFC 8785).

    Takes str, bool, None, int within ±(2^53-1), list, tuple, and dict with ASCII str keys. Raises ValueError for
    anything else: floats, other types and their subclasses, lone surrogates, nesting too deep to read again.
    """
    try:
        _check(value)
        return _write(value)
    except RecursionError:
        raise ValueError("nested too deeply for canonical JSON") from None


def decode(data: bytes) -> object:
    """The value that ``encode`` spelled as ``data``; raises ValueError for any other spelling."""
    value = _parse(data)
    if encode(value) != data:
        raise ValueError("not canonical JSON: another spelling of the same value")
    return value


def _check(value: object) -> None:
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return
    if kind is int:
        check_int(typing.cast(int, value))
    elif kind is dict:
        _check_dict(typing.cast(dict[object, object], value))
    elif kind is list or kind is tuple:
        for member in typing.cast(list[object], value):
            _check(member)
    else:
        raise ValueError(f"not for canonical JSON: {kind.__name__}")


def _check_dict(value: dict[object, object]) -> None:
    for key, member in value.items():
        if type(key) is not str or not key.isascii():
            raise ValueError("keys are ASCII text")
        _check(member)


def _parse(data: bytes) -> object:
    try:
        return _read(data)
    except RecursionError:
        raise ValueError("nested too deeply for canonical JSON") from None


def check_int(value: int) -> int:
    """``value``; raises ValueError where not every JSON reader would hold it exactly."""
    if not -LARGEST <= value <= LARGEST:
        raise ValueError("not an integer within ±(2^53-1)")
    return value
