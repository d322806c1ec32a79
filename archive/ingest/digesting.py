"""Digests of a large file computed in a thread of their own, while its next octets are read and written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import Queue
from threading import Thread

from archive.model.digests import Digester

LARGE = 16 * 1024 * 1024
"""Octets from which a file is worth a thread."""

_AHEAD = 8
"""Pieces that wait to be digested, at most."""


@contextmanager
def digesting(digester: Digester, *, size: int) -> Iterator[Callable[[bytes], None]]:
    """What takes the pieces of a file of about ``size`` octets; when the block ends, ``digester`` has had them all."""
    if size < LARGE:
        yield digester.update
        return
    pieces: Queue[bytes | None] = Queue(_AHEAD)
    failures: list[BaseException] = []

    def work() -> None:
        try:
            for piece in iter(pieces.get, None):
                digester.update(piece)
        except BaseException as error:  # told below; whoever puts must not wait for ever
            failures.append(error)
            for _ in iter(pieces.get, None):
                pass

    thread = Thread(target=work, name="digest", daemon=True)
    thread.start()
    try:
        yield pieces.put
    finally:
        pieces.put(None)
        thread.join()
    if failures:
        raise failures[0]
