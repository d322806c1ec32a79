"""Lines of one segment file: where they end, and reading some of them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import BinaryIO

_CHUNK = 1 << 20
_TAIL = 4096


def read_lines(file: BinaryIO, start: int, stop: int) -> Iterator[bytes]:
    """Lines ``start`` up to ``stop`` without their LF; ends early where the file does, or where a line is torn."""
    for line in islice(file, start, stop):
        if not line.endswith(b"\n"):
            return
        yield line[:-1]


def end_of_line(path: Path, count: int) -> int | None:
    """Offset behind the ``count``-th line; None where the file has fewer whole lines."""
    offset = 0
    with open(path, "rb") as file:
        while count:
            chunk = file.read(_CHUNK)
            if not chunk:
                return None
            found = chunk.count(b"\n")
            if found < count:
                count -= found
                offset += len(chunk)
                continue
            return offset + _position(chunk, count)
    return offset


def line_before(path: Path, end: int) -> bytes:
    """The line, without its LF, that ends at the offset ``end``; empty where no line ends there."""
    with open(path, "rb") as file:
        length = _TAIL
        while True:
            start = max(0, end - length)
            file.seek(start)
            data = file.read(end - start)
            if not data.endswith(b"\n"):
                return b""
            before = data.rfind(b"\n", 0, -1)
            if before >= 0 or start == 0:
                return data[before + 1 : -1]
            length *= 2


def size_or_zero(path: Path) -> int:
    """Octets in the file, or 0 where there is none."""
    try:
        return os.stat(path).st_size
    except FileNotFoundError:
        return 0


def _position(chunk: bytes, count: int) -> int:
    """Offset behind the ``count``-th LF, which is there."""
    offset = 0
    for _ in range(count):
        offset = chunk.index(b"\n", offset) + 1
    return offset
