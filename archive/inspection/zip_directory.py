"""The central directory of a ZIP file (APPNOTE 4.3.12), read without unpacking anything."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from archive.inspection.evidence_file import EvidenceFile

ALLOWANCE = 32 << 20
"""Octets of a directory that are read in all; a file opened with this allowance ends with AllowanceSpent beyond it."""

_TRAILER = struct.Struct("<4s8xLL")  # end of central directory: size and offset of the directory (APPNOTE 4.3.16)
_ENTRY = struct.Struct("<4s4xHH8xLLHHH")  # flags, method, sizes packed and declared, lengths of name, extra, comment
_TRAILER_SIZE, _ENTRY_SIZE, _LONGEST_COMMENT = 22, 46, 0xFFFF
_LARGE_TRAILER, _LOCATOR = 56, 20  # of ZIP64, both between directory and trailer (APPNOTE 4.3.14 and 4.3.15)
_SIZE_IN_LARGE_TRAILER = slice(40, 48)


class Member(NamedTuple):
    """What the directory declares of one member. A size of 4 GB stands for a larger one said elsewhere."""

    encrypted: bool
    compressed: bool
    packed: int
    declared: int


def members(file: EvidenceFile) -> Iterator[Member]:
    """The members, as far as the directory can be read; none where there is no directory."""
    tail = file.tail(_LARGE_TRAILER + _LOCATOR + _TRAILER_SIZE + _LONGEST_COMMENT)
    at = tail.rfind(b"PK\5\6")
    if at < 0 or len(tail) - at < _TRAILER_SIZE:
        return
    _, size, _ = _TRAILER.unpack_from(tail, at)
    end = file.size - len(tail) + at
    large = _large_trailer(tail, at)
    if large is not None:
        end -= _LARGE_TRAILER + _LOCATOR
        size = int.from_bytes(large[_SIZE_IN_LARGE_TRAILER], "little")
    file.seek(max(end - size, 0))
    directory = file.read(min(size, end))
    at = max(directory.find(b"PK\1\2"), 0)
    while at + _ENTRY_SIZE <= len(directory):
        mark, flags, method, packed, declared, *lengths = _ENTRY.unpack_from(directory, at)
        if mark != b"PK\1\2":
            return
        yield Member(bool(flags & 1), method != 0, packed, declared)
        at += _ENTRY_SIZE + sum(lengths)


def _large_trailer(tail: bytes, at: int) -> bytes | None:
    """The trailer of ZIP64 before the one at ``at``, where there is one."""
    locator = tail[max(at - _LOCATOR, 0) : at]
    trailer = tail[max(at - _LOCATOR - _LARGE_TRAILER, 0) : at - _LOCATOR]
    whole = locator.startswith(b"PK\6\7") and trailer.startswith(b"PK\6\6") and len(trailer) == _LARGE_TRAILER
    return trailer if whole else None
