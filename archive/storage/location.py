"""``Location``: one place where copies of packages lie, of which no caller knows the form.

A package is asked for by the key that its replication record holds; how it lies there is the location's affair. Every
implementation passes ``tests/storage/location_contract.py``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, Protocol

from archive.model.entries import Entry
from archive.storage.backend import StorageBackend

MARKER = "location.json"
"""The object that says whose location this is."""

INCOMING = ".incoming"
SET_ASIDE = "set-aside"
REMOVING = ".removing"

ALWAYS_HERE = re.compile(rf"{re.escape(MARKER)}|custody|signatures|{SET_ASIDE}|lost\+found|\.[^/]+\.tmp")
"""Names in a location's folder that belong beside packages; the last is what a kill leaves of a durable write."""

PASSING = (INCOMING, REMOVING)
"""Folders that commands clear away themselves, the one that goes on after a kill or any other."""


class PackageReader(Protocol):
    """One stored package, read by paths relative to its root, in bytes, with ``/`` between parts."""

    @property
    def where(self) -> str:
        """Where the package lies, in words for a person."""
        ...

    def entries(self) -> Iterator[Entry]:
        """Every entry below the root in an order that does not vary, folders before what they hold.

        Of kind FILE is only what can be opened and lies there as it was stored, as far as that is known without
        reading its content. Raises OSError, after everything else, where something could not be listed.
        """
        ...

    def open(self, path: bytes) -> BinaryIO:
        """A fresh reading of one file, from its medium; OSError (FileNotFoundError) where it cannot be had.

        Raises ValueError for a path that would leave the package.
        """
        ...

    def modified(self, path: bytes) -> int:
        """The file's modification time in nanoseconds since 1970; OSError where it cannot be had."""
        ...

    def size(self, path: bytes) -> int:
        """The size of one file in octets; OSError where there is none."""
        ...

    def local(self, path: bytes) -> Path | None:
        """The file of this machine that is this file and nothing else; None where the package is packed.

        Raises OSError where there is no such file.
        """
        ...


Check = Callable[[PackageReader], None]
"""Reads a copy and raises StorageError unless it is what it should be."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What a location says of itself in its ``location.json``."""

    name: str
    archive: str
    form: str


class Standing(StrEnum):
    """What something at a location that is no package is to it."""

    LOG = "log"  # below custody/: whether it belongs there, the custody log knows
    UNFINISHED = "unfinished"  # left by a command that was broken off
    STRANGER = "stranger"  # nothing that this form has


@dataclass(frozen=True, slots=True)
class Found:
    """Something that stands at a location and is no package, by its key, which may be no UTF-8 (surrogateescape)."""

    key: str
    standing: Standing


class Location(Protocol):
    """One storage location. Trouble with it is StorageError where nothing else is said, and nothing was lost then."""

    @property
    def name(self) -> str:
        """Its name in the archive."""
        ...

    @property
    def form(self) -> str:
        """How packages lie here, as the location's record spells it: ``directory``, ``tar``."""
        ...

    @property
    def repairs_files(self) -> bool:
        """Whether one file of a package can be exchanged or set aside; if not, only the whole package can."""
        ...

    @property
    def backend(self) -> StorageBackend:
        """The same place as a store of small objects: the copies of the custody log, and signature files."""
        ...

    @property
    def folder(self) -> Path | None:
        """The folder of this machine that everything lies in, to ask for its disk; None where there is none."""
        ...

    def where(self, key: str | None = None) -> str:
        """Where the location lies, or the package under ``key``, in words for a person."""
        ...

    def prepare(self) -> None:
        """Make this the archive's location. What it stands in must exist; given again, it changes nothing.

        Raises StorageError where it cannot be made or belongs to another archive or location already.
        """
        ...

    def require_free(self) -> None:
        """Refuse, changing nothing, what ``prepare`` would refuse; StorageError as there."""
        ...

    def foreign(self) -> str | None:
        """The name of something that stands in a place that is no location yet; None where there is nothing."""
        ...

    def identity(self) -> Identity | None:
        """What lies here says of itself; None where it says nothing that can be understood. Never raises."""
        ...

    def offline(self) -> str | None:
        """Why the location cannot be used now, or None. An empty mount point is offline, not a loss. Never raises."""
        ...

    def reader(self, key: str) -> PackageReader:
        """A reader of the package under ``key``, which need not stand there."""
        ...

    def holds(self, key: str) -> bool:
        """Whether a package stands under ``key``, right or not; OSError where that cannot be told."""
        ...

    def occupied(self, key: str) -> bool:
        """Whether anything stands under ``key``: a package, or what is none."""
        ...

    def package_keys(self) -> Iterator[str]:
        """Keys of everything that stands where packages stand, in order; OSError where that cannot be listed."""
        ...

    def inventory(self) -> Iterator[Found]:
        """Whatever stands here and is neither a package nor always here; OSError where it cannot be listed."""
        ...

    def copy_in(self, source: PackageReader, key: str, *, check: Check) -> None:
        """Store a copy of ``source`` under ``key``: copied, synced, read back through ``check``, then made visible.

        Each octet of ``source`` is read once. Raises StorageError where ``source`` cannot be read or changes, where
        ``check`` does, where the key is taken, and where the location cannot be written; nothing new is visible then.
        """
        ...

    def take_in(self, folder: Path, key: str, *, check: Check) -> None:
        """Make a finished, synced folder of this machine the package under ``key``; the folder is gone afterwards.

        It is renamed where the location can do that, and copied as by ``copy_in`` where not. Raises OSError for
        trouble with ``folder`` as well as StorageError.
        """
        ...

    def exchange(self, source: PackageReader, key: str, *, check: Check, incident: str) -> str | None:
        """Like ``copy_in``, with whatever stands under ``key`` set aside; answers where that is kept.

        Nothing is moved before the good copy lies here, synced and read back.
        """
        ...

    def exchange_file(self, source: PackageReader, key: str, path: bytes, *, sha256: str, incident: str) -> str | None:
        """Put the file ``path`` of ``source`` in its place in the package under ``key``, what stands there set aside.

        Answers where that is kept, None if there was nothing. Nothing is moved before the good bytes lie here, synced
        and read back: StorageError if they do not have the digest ``sha256``. ValueError unless ``repairs_files``.
        """
        ...

    def set_aside(self, key: str, path: bytes | None, *, incident: str) -> str | None:
        """Move a file (or the whole package, ``path`` None) out of the way and answer where it is kept.

        Nothing is ever deleted or overwritten: the new place carries the incident's identifier. Where nothing stands,
        the answer is the place to which a run that was killed moved it, or None. ValueError for a file unless
        ``repairs_files``.
        """
        ...

    def remove(self, key: str, *, incidents: Iterable[str]) -> None:
        """Remove the package under ``key`` for good, and what was set aside under these ``incidents``.

        It leaves its place in one step, so that a package is there whole or not at all; the same call goes on after a
        kill.
        """
        ...

    def clear_incoming(self) -> None:
        """Remove copies that an earlier run was killed in; none of them was ever a package."""
        ...
