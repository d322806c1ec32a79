"""Digests of a large file computed in threads of their own, while its next octets are read and written.

Pieces of files lie in memory that is used again and again: fresh memory for each costs more than copying into it.
"""

from __future__ import annotations

import mmap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import Queue
from threading import Thread

from archive.model.digests import Digester

LARGE = 16 * 1024 * 1024
"""Octets from which a file is worth a thread for each digest."""

PIECE = 2 * 1024 * 1024
"""Octets of a piece: enough that a medium which is written directly loses no time between two."""

_AHEAD = 4
"""Pieces that wait to be digested, at most."""


def piece_memory() -> list[memoryview]:
    """Memory for the pieces of one file after the other, to be filled in turn, each beginning at a page.

    Whoever was given as many pieces as ``digesting`` lets wait, one that it works on, and the next one to be filled,
    has no use for the oldest any more.
    """
    return [memoryview(mmap.mmap(-1, PIECE)) for _ in range(_AHEAD + 2)]


@contextmanager
def digesting(digester: Digester, *, size: int) -> Iterator[Callable[[memoryview], None]]:
    """What takes the pieces of a file of about ``size`` octets; when the block ends, ``digester`` has had them all."""
    if size < LARGE:
        yield digester.update
        return
    lines = [_Line(part) for part in digester.parts()]

    def take(piece: memoryview) -> None:
        digester.size += len(piece)
        for line in lines:
            line.pieces.put(piece)

    try:
        yield take
    finally:
        for line in lines:
            line.pieces.put(None)
        for line in lines:
            line.thread.join()
    for line in lines:
        if line.failure is not None:
            raise line.failure


class _Line:
    """One digest, its thread, and the pieces that wait for it; ``None`` ends them."""

    def __init__(self, update: Callable[[memoryview], object]) -> None:
        self.pieces: Queue[memoryview | None] = Queue(_AHEAD)
        self.failure: BaseException | None = None
        self._update = update
        self.thread = Thread(target=self._work, name="digest", daemon=True)
        self.thread.start()

    def _work(self) -> None:
        try:
            for piece in iter(self.pieces.get, None):
                self._update(piece)
        except BaseException as error:  # told when the file is done; whoever puts must not wait for ever
            self.failure = error
            for _ in iter(self.pieces.get, None):
                pass
