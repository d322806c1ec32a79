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


class Member(NamedTuple):
    """What the directory declares of one member. A size of 4 GB stands for a larger one said elsewhere."""

    encrypted: bool
    compressed: bool
    packed: int
    declared: int


def members(file: EvidenceFile) -> Iterator[Member]:
    """The members, as far as the directory can be read; none where there is no directory."""
    tail = file.tail(_TRAILER_SIZE + _LONGEST_COMMENT)
    at = tail.rfind(b"PK\5\6")
    if at < 0 or len(tail) - at < _TRAILER_SIZE:
        return
    _, size, _ = _TRAILER.unpack_from(tail, at)
    end = file.size - len(tail) + at
    file.seek(max(end - size, 0))
    directory = file.read(min(size, end))
    at = max(directory.find(b"PK\1\2"), 0)
    while at + _ENTRY_SIZE <= len(directory):
        mark, flags, method, packed, declared, *lengths = _ENTRY.unpack_from(directory, at)
        if mark != b"PK\1\2":
            return
        yield Member(bool(flags & 1), method != 0, packed, declared)
        at += _ENTRY_SIZE + sum(lengths)
