"""Leases: what one ingest alone may work on, while others run beside it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType

from archive import durable
from archive.errors import LockedError
from archive.model.digests import sha256_hex


class Leases:
    """What one run holds, until it leaves the ``with`` block: lock files in a folder, gone when they are given back.

    The kernel gives them back where the run dies.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held = ExitStack()
        self._names: set[str] = set()

    def __enter__(self) -> Leases:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._names.clear()
        self._held.close()

    def take(self, name: str, *, of: str) -> None:
        """Hold ``name``; LockedError, speaking of ``of``, where another run holds it."""
        if name not in self._names:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            self._held.enter_context(durable.fleeting(self._folder / name, doing="ingest", of=of))
            self._names.add(name)

    @contextmanager
    def try_for(self, name: str) -> Iterator[bool]:
        """Whether nobody else holds ``name``, nor can before this ends."""
        with ExitStack() as held:
            try:
                if name not in self._names:
                    held.enter_context(durable.fleeting(self._folder / name, doing="tidying", of=name))
            except LockedError:
                yield False
            else:
                yield True


def source_name(source: Path) -> str:
    """The name under which a delivered folder is leased."""
    return sha256_hex(os.fsencode(source))[:32]
