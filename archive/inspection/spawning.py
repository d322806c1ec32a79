"""Processes of ours are begun so that nothing delivered can become a part of them, and none stands in another's way."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def no_modules_from_here() -> Iterator[None]:
    """A Python process begun in this block takes no module from the current folder, which may be a delivered one.

    Without it, ``python -c``, as ``multiprocessing`` spawns, looks there first (python(1), ``-P``).
    """
    with _environment("PYTHONSAFEPATH", "1"):
        yield


@contextmanager
def one_core_each() -> Iterator[None]:
    """A process begun in this block, one of as many as there are cores, leaves the other cores to the others.

    The Go runtime that siegfried brings would work on all of them, and loses a tenth of its time by that (*measured*).
    Whoever has set ``GOMAXPROCS`` has decided otherwise.
    """
    with _environment("GOMAXPROCS", os.environ.get("GOMAXPROCS") or "1"):
        yield


@contextmanager
def _environment(name: str, value: str) -> Iterator[None]:
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before
