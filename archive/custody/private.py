"""Private lines: what the digests in a record stand for, kept apart from it (DESIGN §7.7).

A line is canonical JSON without spaces, ``{"i":1,"n":12,"object":{…},"salt":"<44 characters>"}``: record ``n`` holds at
place ``i`` the digest of this object under this salt. Lines stand in the order of (n, i), in files of a folder of their
own, cut where the log's segments are cut. A file's name may carry a *generation*: ``<first n>-<count>.<g>.jsonl`` takes
the place of every file of the same records with a smaller one, because lines in it were erased.

A line may be missing, with a reason that stands in the log, and the record stays whole. So what the log *was* is never
judged by these files, and nothing is read from them that does not fit its digest.
"""

from __future__ import annotations

import re
from binascii import a2b_base64, b2a_base64
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from archive.codec.record_codec import PrivateLine, digests_in, private_digest
from archive.custody.segments import Segment

PRIVATE = "private"
"""Folder of the private lines."""

_NUMBER = rb"(0|[1-9][0-9]{0,15})"
_LINE = re.compile(rb'\{"i":' + _NUMBER + rb',"n":' + _NUMBER + rb',"object":(\{.*\}),"salt":"([A-Za-z0-9+/]{43}=)"\}')
_NAME = re.compile(r"([0-9]{20})-([1-9][0-9]{0,4}|open)(?:\.([1-9][0-9]{0,5}))?\.jsonl")


class Placed(NamedTuple):
    """A line as it lies on disk, without its LF: record, place, and what it says."""

    n: int
    i: int
    object: bytes
    salt: bytes
    line: bytes


@dataclass(frozen=True, slots=True, order=True)
class PrivateFile:
    """A file of private lines: its first record, how many records, None while it grows, and its generation."""

    first: int
    count: int | None
    generation: int = 0

    @property
    def name(self) -> str:
        """What it is called."""
        count = "open" if self.count is None else str(self.count)
        return f"{self.first:020d}-{count}{f'.{self.generation}' if self.generation else ''}.jsonl"

    @property
    def segment(self) -> Segment | None:
        """The records it tells of; None while it grows."""
        return None if self.count is None else Segment(self.first, self.count)


def parse_private(name: str) -> PrivateFile | None:
    """The file called ``name``; None for any other name."""
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    return PrivateFile(int(match[1]), None if match[2] == "open" else int(match[2]), int(match[3] or 0))


def spell_line(n: int, line: PrivateLine) -> bytes:
    """The line of record ``n``, without its LF."""
    salt = b2a_base64(line.salt, newline=False)
    return b"".join((b'{"i":%d,"n":%d,"object":' % (line.i, n), line.object, b',"salt":"', salt, b'"}'))


def parse_line(line: bytes) -> Placed:
    """What a line says; raises ValueError for anything that is not spelled as ``spell_line`` does."""
    match = _LINE.fullmatch(line)
    if match is None:
        raise ValueError("not a private line")
    i, n, found, salt = match.groups()
    octets = a2b_base64(salt)
    if b2a_base64(octets, newline=False) != salt:
        raise ValueError("its salt is spelled in another way than the canonical one")
    return Placed(int(n), int(i), found, octets, line)


def of_record(n: int, line: bytes) -> Placed:
    """As ``parse_line``; raises ValueError too where the line belongs to another record."""
    placed = parse_line(line)
    if placed.n != n:
        raise ValueError(f"a private line of record {placed.n} is not one of record {n}")
    return placed


def lines_by_record(lines: Iterable[bytes]) -> Iterator[tuple[int, list[Placed]]]:
    """Lines grouped by the record they belong to. Raises ValueError at one that is none or stands out of order."""
    number, held = -1, list[Placed]()
    for line in lines:
        placed = parse_line(line)
        if placed.n != number:
            if placed.n < number:
                raise ValueError(f"the line of record {placed.n} stands behind one of record {number}")
            if held:
                yield number, held
            number, held = placed.n, []
        elif placed.i <= held[-1].i:
            raise ValueError(f"the lines of record {number} are out of order")
        held.append(placed)
    if held:
        yield number, held


def objects_of(record: bytes, held: Iterable[Placed]) -> dict[int, bytes]:
    """The objects of a record's lines by place. Raises ValueError where one does not fit the record's digest."""
    digests = digests_in(record)
    found = {}
    for placed in held:
        if placed.i >= len(digests) or digests[placed.i] != private_digest(placed.object, placed.salt):
            raise ValueError(f"its private line {placed.i} is not what the record holds the digest of")
        found[placed.i] = placed.object
    return found


def newest(names: Iterable[str], base: int) -> PrivateFile | None:
    """Of the files that begin at record ``base`` the one that counts: settled before growing, then by generation."""
    found = [file for name in names if (file := parse_private(name)) is not None and file.first == base]
    return max(found, key=lambda file: (file.count is not None, file.generation), default=None)


def end_below(path: Path, size: int) -> int:
    """Offset behind the last whole line of a record below ``size``: lines above were never acknowledged."""
    end = 0
    with open(path, "rb") as file:
        for line in file:
            if not line.endswith(b"\n"):
                break
            n = _number(line)
            if n is not None and n >= size:
                break
            end += len(line)
    return end


_SHOWN_NUMBER = re.compile(rb'\{"i":[0-9]+,"n":([0-9]+),')


def _number(line: bytes) -> int | None:
    match = _SHOWN_NUMBER.match(line)
    return None if match is None else int(match[1])


def without(lines: Iterable[bytes], erased: Mapping[int, frozenset[int]]) -> Iterator[bytes]:
    """The lines but for those erased: places by record."""
    for line in lines:
        placed = parse_line(line)
        if placed.i not in erased.get(placed.n, frozenset()):
            yield line
