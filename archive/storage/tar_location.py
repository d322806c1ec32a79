"""Packages in ``tar`` form: each is one object, ``ab/<identifier>.tar``, over any store that can rename.

For media and machines on which many small files are slow or not kept well. One file of such a package cannot be
exchanged: the whole object is replaced, and the damaged one set aside. Nothing of the object is on record but what the
package itself was sealed with: headers, paddings and end have one spelling, which ``TarReader`` compares.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from archive.model.entries import EntryKind
from archive.storage.backed import BackedLocation
from archive.storage.folders import DirectoryReader, discard
from archive.storage.location import INCOMING, SET_ASIDE, Check, PackageReader
from archive.storage.tar_format import pack
from archive.storage.tar_reader import TarReader

TAR = "tar"


class TarLocation(BackedLocation):
    """One storage location that holds packages in ``tar`` form."""

    __slots__ = ()

    @property
    def form(self) -> str:
        """``tar``."""
        return TAR

    @property
    def ending(self) -> str:
        """``.tar``."""
        return ".tar"

    @property
    def repairs_files(self) -> bool:
        """It does not: a package is one object."""
        return False

    def reader(self, key: str) -> TarReader:
        """A reader of the package stored under ``key``."""
        return TarReader(self.backend, self.stands_at(key), _identifier(key))

    def holds(self, key: str) -> bool:
        """Whether an object stands under ``key``; OSError where that cannot be told."""
        stands = self.backend.stat(self.stands_at(key))
        return stands is not None and stands.kind is EntryKind.FILE

    def occupied(self, key: str) -> bool:
        """Whether anything stands under ``key``: a package, or what is none."""
        return self.backend.stat(self.stands_at(key)) is not None

    def copy_in(self, source: PackageReader, key: str, *, check: Check) -> None:
        """Pack a copy of ``source``, read it back through ``check``, and give it its name."""
        incoming = self._bring(source, key, check=check)
        with self._discarding(incoming):
            self.backend.move(incoming, self.stands_at(key))

    def take_in(self, folder: Path, key: str, *, check: Check) -> None:
        """Pack the folder, then throw it away."""
        self.copy_in(DirectoryReader(folder), key, check=check)
        discard(folder)

    def exchange(self, source: PackageReader, key: str, *, check: Check, incident: str) -> str | None:
        """Like ``copy_in``, with whatever stands under ``key`` set aside; answers where that is kept."""
        incoming = self._bring(source, key, check=check)
        with self._discarding(incoming):
            aside = self.set_aside(key, None, incident=incident)
            self.backend.move(incoming, self.stands_at(key))
        return aside

    def exchange_file(self, source: PackageReader, key: str, path: bytes, *, sha256: str, incident: str) -> str | None:
        """Never: ValueError."""
        raise ValueError(f"'{self.name}' holds packages as {TAR}: only the whole package is exchanged")

    def set_aside(self, key: str, path: bytes | None, *, incident: str) -> str | None:
        """Move the whole object out of the way and answer where it is kept; ValueError for a file in it."""
        if path is not None:
            raise ValueError(f"'{self.name}' holds packages as {TAR}: only the whole package is set aside")
        with self._troubled():
            kept, free = self._free_place(_identifier(key) + self.ending, incident)
            if self.backend.stat(self.stands_at(key)) is not None:
                self.backend.move(self.stands_at(key), free)
                kept = free
        return kept

    def remove(self, key: str, *, incidents: Iterable[str]) -> None:
        """Delete the object, what was set aside under these ``incidents``, and a copy that was being made."""
        with self._troubled():
            self.backend.delete(self.stands_at(key))
            for incident in incidents:
                self._delete_below(f"{SET_ASIDE}/{incident}")
            self.backend.delete(self._incoming(key))

    def _incoming(self, key: str) -> str:
        return f"{INCOMING}/{_identifier(key)}{self.ending}"

    def _bring(self, source: PackageReader, key: str, *, check: Check) -> str:
        """A packed copy of ``source``, synced and read back, not yet a package."""
        incoming = self._incoming(key)
        with self._discarding(incoming):
            self.backend.delete(incoming)
            self.backend.put_stream(incoming, pack(source, os.fsencode(_identifier(key))))
            check(TarReader(self.backend, incoming, _identifier(key)))
        return incoming


def _identifier(key: str) -> str:
    return key.rpartition("/")[2]
