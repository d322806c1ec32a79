"""Delivered files are opened a few before their turn: the medium brings their octets while others are worked on."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from io import RawIOBase

from archive import durable
from archive.errors import ReadFailure
from archive.ingest.journal import Expected

_AHEAD = 16
"""Files that are open before their turn, at most."""

_WANTED = 4 * 1024 * 1024
"""Octets from a file's beginning that the medium is asked for; a reading goes on from there without asking."""

Opened = RawIOBase | ReadFailure
"""A file that can be read, for whoever takes it to close, or why it cannot be."""


def opened_ahead(
    files: Iterable[Expected], open_one: Callable[[Expected], RawIOBase]
) -> Generator[tuple[Expected, Opened], None, None]:
    """Each of ``files``, opened once, in their order; close this to close those that nobody took."""
    waiting: deque[tuple[Expected, Opened]] = deque()
    try:
        for expected in files:
            waiting.append((expected, _open(expected, open_one)))
            if len(waiting) > _AHEAD:
                yield waiting.popleft()
        while waiting:
            yield waiting.popleft()
    finally:
        for _, source in waiting:
            if not isinstance(source, ReadFailure):
                source.close()


def _open(expected: Expected, open_one: Callable[[Expected], RawIOBase]) -> Opened:
    try:
        source = open_one(expected)
    except OSError as error:
        return ReadFailure(error.strerror or str(error))
    durable.ask_for(source.fileno(), min(expected.size, _WANTED))
    return source
