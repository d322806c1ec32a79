"""``BagReader``: how bags are read, wherever they lie."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, Protocol

from archive.model.entries import Entry


class BagReader(Protocol):
    """One bag, read through its root; a path is relative to it, in bytes, with ``/`` between parts."""

    def entries(self) -> Iterator[Entry]:
        """Every file, folder, link and special file below the root, recursively, in an order that does not vary.

        Folders have entries of their own. Links are named, never followed. Where a folder cannot be listed, everything
        else is given first and then OSError is raised, so that nobody takes a part of a bag for the whole.
        """
        ...

    def open(self, path: bytes) -> BinaryIO:
        """A fresh reading of one file from its first octet; asked only for entries of kind FILE.

        Raises OSError (FileNotFoundError among them) where the file cannot be opened.
        """
        ...
