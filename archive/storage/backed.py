"""What every location over a ``StorageBackend`` does alike, whatever the form of its packages."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from archive.errors import StorageError
from archive.model.entries import Entry, EntryKind
from archive.storage.backend import StorageBackend
from archive.storage.location import (
    ALWAYS_HERE,
    INCOMING,
    MARKER,
    PASSING,
    SET_ASIDE,
    Found,
    Identity,
    Standing,
)
from archive.storage.marker import identity_in, marker_fields, marker_octets, parse_marker
from archive.storage.troubles import in_use_elsewhere, not_to_be_made, trouble


@dataclass(frozen=True, slots=True)
class BackedLocation:
    """The location ``name`` of an archive; ``folder`` is the backend's, where it lies on this machine.

    A package stands under a key of two parts, ``ab/<identifier>`` and an ending.
    """

    name: str
    backend: StorageBackend
    archive: str
    folder: Path | None = None

    @property
    def form(self) -> str:
        """The form of the packages."""
        raise NotImplementedError

    @property
    def ending(self) -> str:
        """What a package's name ends in, beyond its identifier."""
        return ""

    def where(self, key: str | None = None) -> str:
        """Where the backend says that it lies."""
        return self.backend.where("" if key is None else self.stands_at(key))

    def stands_at(self, key: str) -> str:
        """The key under which the package lies in the backend."""
        return key + self.ending

    def prepare(self) -> None:
        """Make the backend and its marker."""
        self.require_free()
        try:
            self.backend.prepare()
            if self.backend.stat(MARKER) is None:
                self.backend.put(MARKER, marker_octets(self._identity))
        except OSError as error:
            raise not_to_be_made(self.name, self.where(), error.strerror or str(error)) from error

    def require_free(self) -> None:
        """Look at the backend and its marker."""
        obstacle = self.backend.obstacle()
        if obstacle is not None:
            raise not_to_be_made(self.name, self.where(), obstacle)
        try:
            marker = parse_marker(self.backend.read(MARKER))
        except FileNotFoundError:
            return
        if marker != marker_fields(self._identity):
            raise in_use_elsewhere(self.name, self.where(), marker)

    def foreign(self) -> str | None:
        """The first name in a backend that is no location yet."""
        if self.backend.offline() is not None or self.identity() is not None:
            return None
        names = (os.fsdecode(entry.path).partition("/")[0] for entry in self.backend.entries())
        return next((name for name in names if name != "lost+found"), None)

    def identity(self) -> Identity | None:
        """Whose marker lies here."""
        try:
            return identity_in(self.backend.read(MARKER))
        except OSError:
            return None

    def offline(self) -> str | None:
        """Why the backend cannot be reached, or the marker is not ours."""
        reason = self.backend.offline()
        if reason is not None:
            return reason
        try:
            marker = parse_marker(self.backend.read(MARKER))
        except FileNotFoundError:
            return f"{self.where()} holds no {MARKER}: is the disk mounted?"
        except (OSError, ValueError) as error:
            return f"{self.backend.where(MARKER)} cannot be read ({error})"
        mine = marker == marker_fields(self._identity)
        return None if mine else f"{self.where()} belongs to another archive or location"

    def package_keys(self) -> Iterator[str]:
        """Keys of what has the name of a package, in order."""
        found = {self._key_of(entry) for entry in self.backend.entries()}
        yield from sorted(key for key in found if key is not None)

    def inventory(self) -> Iterator[Found]:
        """What is no package, from one listing of everything."""
        unfinished, strange, log = set[str](), set[str](), list[str]()
        for entry in self.backend.entries():
            key = os.fsdecode(entry.path)
            top, _, below = key.partition("/")
            if top in PASSING:
                if below and entry.kind is not EntryKind.FOLDER:
                    unfinished.add(top)
            elif top == "custody":
                if entry.kind is not EntryKind.FOLDER:
                    log.append(key)
            elif len(top) == 2 and (below or entry.kind is EntryKind.FOLDER):
                if below and not self._is_of_package(key):
                    strange.add(key)
            elif not ALWAYS_HERE.fullmatch(top):
                strange.add(top)
        yield from (Found(key, Standing.UNFINISHED) for key in sorted(unfinished))
        yield from (Found(key, Standing.STRANGER) for key in sorted(strange))
        yield from (Found(key, Standing.LOG) for key in sorted(log))

    def clear_incoming(self) -> None:
        """Delete whatever lies where copies are made."""
        with self._troubled():
            self._delete_below(INCOMING)

    def _key_of(self, entry: Entry) -> str | None:
        """The key of the package that an entry is; None for what is none, or only part of one."""
        key = os.fsdecode(entry.path)
        parts = key.split("/")
        if len(parts) == 2 and len(parts[0]) == 2 and parts[1].endswith(self.ending):
            return key.removesuffix(self.ending)
        return None

    def _is_of_package(self, key: str) -> bool:
        """Whether what stands under ``key`` is a package, or has its place in one."""
        return key.endswith(self.ending) and key.count("/") == 1

    @property
    def _identity(self) -> Identity:
        return Identity(self.name, self.archive, self.form)

    def _delete_below(self, folder: str) -> None:
        for entry in list(self.backend.entries(folder)):
            if entry.kind is not EntryKind.FOLDER:
                self.backend.delete(os.fsdecode(entry.path))

    def _free_place(self, name: str, incident: str) -> tuple[str | None, str]:
        """The last taken and the first free one of the keys under which ``name`` may be set aside."""
        place = f"{SET_ASIDE}/{incident}/{name}"
        taken, free, number = None, place, 1
        while self.backend.stat(free) is not None:
            number += 1
            taken, free = free, f"{place}.{number}"
        return taken, free

    @contextlib.contextmanager
    def _troubled(self) -> Iterator[None]:
        """Trouble with the backend ends as a StorageError that names the location."""
        try:
            yield
        except OSError as error:
            raise trouble(self.name, self.where(), error) from error

    @contextlib.contextmanager
    def _discarding(self, incoming: str) -> Iterator[None]:
        """As ``_troubled``; and what was only coming in is thrown away."""
        try:
            with self._troubled():
                yield
        except StorageError:
            with contextlib.suppress(OSError):
                self._discard(incoming)
            raise

    def _discard(self, incoming: str) -> None:
        """Throw away what was only coming in."""
        self.backend.delete(incoming)
