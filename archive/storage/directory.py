"""Packages in ``directory`` form: plain folders on a plain file system, readable with nothing but ``ls``.

A location's folder holds::

    location.json            whose location this is, so that an empty mount point is not taken for lost packages
    ab/<identifier>/…        packages, under the first two characters of their identifier
    custody/…                copies of the custody log
    signatures/<sha256>/…    signature files for format identification that were taken into use
    set-aside/<incident>/…   damaged bytes, kept for comparison
    .incoming/…              a copy being made; never a package
    .removing/…              what is being removed for good, on an approved request; no package any more
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from archive import durable
from archive.errors import StorageError
from archive.model.digests import digest_stream
from archive.model.entries import Entry, EntryKind
from archive.storage.copying import octets_of, read_from
from archive.storage.filesystem import FileSystemBackend
from archive.storage.folders import DirectoryReader, Opener, copy_stream, discard, make_folders
from archive.storage.location import (
    ALWAYS_HERE,
    INCOMING,
    MARKER,
    PASSING,
    REMOVING,
    SET_ASIDE,
    Check,
    Found,
    Identity,
    PackageReader,
    Standing,
)
from archive.storage.marker import DIRECTORY, identity_in, marker_fields, marker_octets, parse_marker
from archive.storage.reading import open_from_medium
from archive.storage.troubles import in_use_elsewhere, not_to_be_made, trouble


@dataclass(frozen=True, slots=True)
class DirectoryLocation:
    """One storage location on a file system, holding packages in ``directory`` form."""

    name: str
    root: Path
    archive: str
    opener: Opener = open_from_medium

    @property
    def form(self) -> str:
        """``directory``."""
        return DIRECTORY

    @property
    def repairs_files(self) -> bool:
        """It does: each is a file of its own."""
        return True

    @property
    def folder(self) -> Path:
        """The location's folder."""
        return self.root

    def where(self, key: str | None = None) -> str:
        """The path of the location, or of a package."""
        return str(self.root if key is None else self.path(key))

    @property
    def backend(self) -> FileSystemBackend:
        """The same folder as a store of small objects."""
        return FileSystemBackend(self.root)

    def prepare(self) -> None:
        """Make the folder this archive's location. Its parent must exist: a path mistyped is not a new disk.

        Raises StorageError where the folder cannot be made or already belongs to another archive or location.
        """
        self.require_free()
        try:
            self.root.mkdir(exist_ok=True)
            if self._read_marker() is None:
                durable.write_atomic(self.root / MARKER, marker_octets(self._identity))
        except OSError as error:
            raise not_to_be_made(self.name, self.where(), error.strerror or str(error)) from error

    def require_free(self) -> None:
        """Refuse, changing nothing, a folder that ``prepare`` would refuse; StorageError as there."""
        obstacle = self.backend.obstacle()
        if obstacle is not None:
            raise not_to_be_made(self.name, self.where(), obstacle)
        if not self.root.is_dir():
            return
        marker = self._read_marker()
        if marker is not None and marker != self._marker():
            raise in_use_elsewhere(self.name, self.where(), marker)

    def foreign(self) -> str | None:
        """The first name in a folder that is no location yet; None where there is nothing."""
        if not self.root.is_dir() or self.identity() is not None:
            return None
        return min((path.name for path in self.root.iterdir() if path.name != "lost+found"), default=None)

    def identity(self) -> Identity | None:
        """Whose ``location.json`` lies here."""
        try:
            return identity_in((self.root / MARKER).read_bytes())
        except OSError:
            return None

    def offline(self) -> str | None:
        """Why the location cannot be used now, or None. An empty mount point is offline, not a loss."""
        try:
            if not self.root.is_dir():
                return f"{self.root} is not there"
            marker = self._read_marker()
        except (OSError, ValueError) as error:
            return f"{self.root / MARKER} cannot be read ({error})"
        if marker is None:
            return f"{self.root} holds no {MARKER}: is the disk mounted?"
        return None if marker == self._marker() else f"{self.root} belongs to another archive or location"

    def path(self, key: str) -> Path:
        """The folder of the package stored under ``key``."""
        return self.root / key

    def reader(self, key: str) -> DirectoryReader:
        """A reader of the package stored under ``key``."""
        return DirectoryReader(self.path(key), opener=self.opener)

    def holds(self, key: str) -> bool:
        """Whether a folder stands under ``key``; OSError where that cannot be told."""
        try:
            return stat.S_ISDIR(os.lstat(self.path(key)).st_mode)
        except (FileNotFoundError, NotADirectoryError):
            return False

    def occupied(self, key: str) -> bool:
        """Whether anything stands under ``key``: a package, or what is none."""
        return os.path.lexists(self.path(key))

    def package_keys(self) -> Iterator[str]:
        """Keys of all folders that stand where packages stand, in order."""
        for prefix in sorted(os.listdir(self.root)):
            if len(prefix) == 2 and (self.root / prefix).is_dir():
                for name in sorted(os.listdir(self.root / prefix)):
                    yield f"{prefix}/{name}"

    def inventory(self) -> Iterator[Found]:
        """Names in the folder that are no packages, then everything below ``custody``."""
        for name in sorted(os.listdir(self.root)):
            is_folder = (self.root / name).is_dir()
            if name in PASSING:
                if is_folder and any((self.root / name).iterdir()):
                    yield Found(name, Standing.UNFINISHED)
            elif not ALWAYS_HERE.fullmatch(name) and not (is_folder and len(name) == 2):
                yield Found(name, Standing.STRANGER)
        for folder, _, names in os.walk(self.root / "custody"):
            for name in sorted(names):
                yield Found(f"{os.path.relpath(folder, self.root)}/{name}", Standing.LOG)

    def adopt(self, folder: Path, key: str) -> None:
        """Make a finished, synced folder on the same file system visible under ``key``, in one step."""
        final = self.path(key)
        make_folders(self.root, final.parent)
        durable.publish(folder, final)

    def take_in(self, folder: Path, key: str, *, check: Check) -> None:
        """Make a finished, synced folder visible under ``key``, wherever it lies.

        On the same file system it is renamed; from another one it is copied, read back through ``check``, and removed.
        """
        try:
            self.adopt(folder, key)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            self.copy_in(DirectoryReader(folder), key, check=check)
            discard(folder)

    def copy_in(self, source: PackageReader, key: str, *, check: Check) -> None:
        """Store a copy of ``source`` under ``key``: copied, synced, read back through ``check``, then made visible.

        ``check`` raises StorageError if what it reads is not what it should be. Raises StorageError also where the
        location cannot be written; nothing is visible under ``key`` then.
        """
        incoming = self._bring(source, key, check=check)
        with self._discarding(incoming):
            self.adopt(incoming, key)

    def exchange(self, source: PackageReader, key: str, *, check: Check, incident: str) -> str | None:
        """Like ``copy_in``, with whatever stands under ``key`` set aside; answers where that is kept.

        Nothing is moved before the good copy lies here, synced and read back.
        """
        incoming = self._bring(source, key, check=check)
        with self._discarding(incoming):
            aside = self.set_aside(key, None, incident=incident)
            self.adopt(incoming, key)
        return aside

    def exchange_file(self, source: PackageReader, key: str, path: bytes, *, sha256: str, incident: str) -> str | None:
        """Put the file ``path`` of ``source`` in its place in the package under ``key``, what stands there set aside.

        Answers where that is kept, None if there was nothing. Nothing is moved before the good bytes lie here, synced
        and read back: StorageError if they do not have the digest ``sha256``.
        """
        incoming = self.root / INCOMING / f"{key.rsplit('/', 1)[-1]}.file"
        with self._discarding(incoming):
            final = self.reader(key).within(path)
            discard(incoming)
            make_folders(self.root, incoming.parent)
            copied = copy_stream(octets_of(source, path), incoming, mtime_ns=source.modified(path), sync=True)
            with self.opener(incoming) as back:
                _, landed = digest_stream(back, ("sha256",))
            if copied != sha256 or landed["sha256"] != sha256:
                raise StorageError(f"location '{self.name}': the bytes for {path!r} did not arrive as they should")
            aside = self.set_aside(key, path, incident=incident)
            make_folders(self.root, final.parent)
            durable.publish(incoming, final)
        return aside

    def set_aside(self, key: str, path: bytes | None, *, incident: str) -> str | None:
        """Move a file (or the whole package, ``path`` None) out of the way and answer where it is kept.

        Nothing is ever deleted or overwritten: the new place carries the incident's identifier. Where nothing stands,
        the answer is the place to which a run that was killed moved it, or None.
        """
        place = self.root / SET_ASIDE / incident / (key.rsplit("/", 1)[-1] if path is None else os.fsdecode(path))
        with self._troubled():
            origin = self.path(key) if path is None else self.reader(key).within(path)
            kept, free = _numbered(place)
            if os.path.lexists(origin):
                make_folders(self.root, free.parent)
                durable.publish(origin, free)
                kept = free
        if kept is None:
            return None
        return os.fsencode(kept.relative_to(self.root)).decode("utf-8", "backslashreplace")

    def remove(self, key: str, *, incidents: Iterable[str]) -> None:
        """Remove the package under ``key`` for good, and what was set aside under these ``incidents``.

        It leaves its place in one step, so that a package is there whole or not at all; the same call goes on after a
        kill. Raises StorageError where the location cannot be written.
        """
        name = key.rsplit("/", 1)[-1]
        with self._troubled():
            for place in (self.path(key), *(self.root / SET_ASIDE / incident for incident in incidents)):
                doomed = self.root / REMOVING / place.name
                if os.path.lexists(place):
                    discard(doomed)  # of an earlier run, which had moved another thing of this name
                    make_folders(self.root, doomed.parent)
                    durable.publish(place, doomed)
                discard(doomed)
            discard(self.root / INCOMING / name)
            discard(self.root / REMOVING)
            durable.sync_folder(self.root)

    def clear_incoming(self) -> None:
        """Remove copies that an earlier run was killed in; none of them was ever a package."""
        with self._troubled():
            discard(self.root / INCOMING)

    def _bring(self, source: PackageReader, key: str, *, check: Check) -> Path:
        """A copy of ``source`` on this file system, synced and read back, not yet a package."""
        incoming = self.root / INCOMING / key.rsplit("/", 1)[-1]
        with self._discarding(incoming):
            discard(incoming)
            make_folders(self.root, incoming)
            for entry in read_from(source, source.entries()):
                self._copy_entry(source, entry, incoming)
            durable.sync_filesystem(incoming)
            check(DirectoryReader(incoming, opener=self.opener))
        return incoming

    def _copy_entry(self, source: PackageReader, entry: Entry, incoming: Path) -> None:
        target = incoming / os.fsdecode(entry.path)
        if entry.kind is EntryKind.FOLDER:
            target.mkdir()
        elif entry.kind is EntryKind.FILE:
            copy_stream(octets_of(source, entry.path), target, mtime_ns=source.modified(entry.path), sync=False)
        else:
            raise StorageError(f"{entry.path!r} in a sealed package is no file")

    @contextlib.contextmanager
    def _troubled(self) -> Iterator[None]:
        """Trouble with this disk ends as a StorageError that names the location."""
        try:
            yield
        except OSError as error:
            raise trouble(self.name, self.where(), error) from error

    @contextlib.contextmanager
    def _discarding(self, incoming: Path) -> Iterator[None]:
        """As ``_troubled``; and what was only coming in is thrown away."""
        try:
            with self._troubled():
                yield
        except StorageError:
            with contextlib.suppress(OSError):
                discard(incoming)
            raise

    @property
    def _identity(self) -> Identity:
        return Identity(self.name, self.archive, self.form)

    def _marker(self) -> dict[str, object]:
        return marker_fields(self._identity)

    def _read_marker(self) -> dict[str, object] | None:
        try:
            return parse_marker((self.root / MARKER).read_bytes())
        except FileNotFoundError:
            return None


def _numbered(place: Path) -> tuple[Path | None, Path]:
    """The last taken and the first free one of the names ``place``, ``place.2``, ``place.3`` and so on."""
    taken, free, number = None, place, 1
    while os.path.lexists(free):
        number += 1
        taken, free = free, place.with_name(f"{place.name}.{number}")
    return taken, free
