"""Processes of ours are begun so that nothing delivered can become a part of them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

_SAFE_PATH = "PYTHONSAFEPATH"


@contextmanager
def no_modules_from_here() -> Iterator[None]:
    """A Python process begun in this block takes no module from the current folder, which may be a delivered one.

    Without it, ``python -c``, as ``multiprocessing`` spawns, looks there first (python(1), ``-P``).
    """
    before = os.environ.get(_SAFE_PATH)
    os.environ[_SAFE_PATH] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[_SAFE_PATH]
        else:
            os.environ[_SAFE_PATH] = before
