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
import json
import os
import shutil
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeVar

from archive import durable
from archive.errors import StorageError
from archive.model.digests import CHUNK, Digester, digest_stream
from archive.model.entries import Entry, EntryKind
from archive.storage.filesystem import FileSystemBackend, make_folders
from archive.storage.reading import open_from_medium
from archive.storage.walking import walk

MARKER = "location.json"
INCOMING = ".incoming"
SET_ASIDE = "set-aside"
REMOVING = ".removing"

T = TypeVar("T")

Opener = Callable[[Path], BinaryIO]
"""Opens one file for reading; replaced where reading errors are injected."""


class DirectoryReader:
    """Reads the folder of one bag (the seam ``archive.bags.reader.BagReader``)."""

    def __init__(self, root: Path, *, opener: Opener = open_from_medium) -> None:
        self.root = root
        self._opener = opener
        self._plain_folder: bytes | None = None  # the folder last seen to be reached by no link: files come in runs

    def entries(self) -> Iterator[Entry]:
        """Every entry below the root in order of its bytes; links are named, never followed.

        Raises OSError, after everything else, where a folder could not be listed or a name not be looked at.
        """
        unlisted = None
        for found in walk(os.fsencode(self.root)):
            yield Entry(found.path, found.kind, found.size)
            if found.error is not None and unlisted is None:
                unlisted = OSError(errno.EIO, found.error, found.path)
        if unlisted is not None:
            raise unlisted

    def open(self, path: bytes) -> BinaryIO:
        """A fresh reading of the file at ``path`` (relative); OSError where it cannot be had."""
        return self._opener(self.within(path))

    def within(self, path: bytes) -> Path:
        """Where ``path`` lies; OSError if a link stands on the way and would lead out of the bag."""
        located = self.locate(path)
        holder = path.rpartition(b"/")[0]
        if holder != self._plain_folder:
            for folder in located.parents[: path.count(b"/")]:
                if folder.is_symlink():
                    raise OSError(errno.ELOOP, "a link stands in a folder's place", os.fspath(folder))
            self._plain_folder = holder
        return located

    def locate(self, path: bytes) -> Path:
        """Where ``path`` lies; ValueError if it would leave the bag."""
        if path.startswith(b"/") or b".." in path.split(b"/"):
            raise ValueError(f"outside the bag: {path!r}")
        return self.root / os.fsdecode(path)

    def modified(self, path: bytes) -> int:
        """The file's modification time in nanoseconds since 1970."""
        return os.stat(self.within(path), follow_symlinks=False).st_mtime_ns


@dataclass(frozen=True, slots=True)
class DirectoryLocation:
    """One storage location on a file system, holding packages in ``directory`` form."""

    name: str
    root: Path
    archive: str
    opener: Opener = open_from_medium

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
                durable.write_atomic(self.root / MARKER, json.dumps(self._marker(), indent=1).encode() + b"\n")
        except OSError as error:
            raise self._cannot_be_made(error.strerror or str(error)) from error

    def require_free(self) -> None:
        """Refuse, changing nothing, a folder that ``prepare`` would refuse; StorageError as there."""
        if not self.root.is_dir():
            if self.root.exists() or not self.root.parent.is_dir():
                raise self._cannot_be_made(
                    "it is no folder" if self.root.exists() else "the folder above it is missing"
                )
            return
        marker = self._read_marker()
        if marker is not None and marker != self._marker():
            raise StorageError(
                f"location '{self.name}': {self.root} already belongs to location "
                f"'{marker.get('location')}' of archive {marker.get('archive')}",
                hint="give another folder; two locations in one folder would be one copy, not two",
            )

    def _cannot_be_made(self, reason: str) -> StorageError:
        return StorageError(
            f"location '{self.name}': {self.root} cannot be made: {reason}",
            hint="mount the disk or make the folder above it, then try again",
        )

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

    def adopt(self, folder: Path, key: str) -> None:
        """Make a finished, synced folder on the same file system visible under ``key``, in one step."""
        final = self.path(key)
        make_folders(self.root, final.parent)
        durable.publish(folder, final)

    def take_in(self, folder: Path, key: str, *, check: Callable[[DirectoryReader], None]) -> None:
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

    def copy_in(self, source: DirectoryReader, key: str, *, check: Callable[[DirectoryReader], None]) -> None:
        """Store a copy of ``source`` under ``key``: copied, synced, read back through ``check``, then made visible.

        ``check`` raises StorageError if what it reads is not what it should be. Raises StorageError also where the
        location cannot be written; nothing is visible under ``key`` then.
        """
        incoming = self._bring(source, key, check=check)
        with self._discarding(incoming):
            self.adopt(incoming, key)

    def exchange(
        self, source: DirectoryReader, key: str, *, check: Callable[[DirectoryReader], None], incident: str
    ) -> str | None:
        """Like ``copy_in``, with whatever stands under ``key`` set aside; answers where that is kept.

        Nothing is moved before the good copy lies here, synced and read back.
        """
        incoming = self._bring(source, key, check=check)
        with self._discarding(incoming):
            aside = self.set_aside(key, None, incident=incident)
            self.adopt(incoming, key)
        return aside

    def exchange_file(
        self, source: DirectoryReader, key: str, path: bytes, *, sha256: str, incident: str
    ) -> str | None:
        """Put the file ``path`` of ``source`` in its place in the package under ``key``, what stands there set aside.

        Answers where that is kept, None if there was nothing. Nothing is moved before the good bytes lie here, synced
        and read back: StorageError if they do not have the digest ``sha256``.
        """
        incoming = self.root / INCOMING / f"{key.rsplit('/', 1)[-1]}.file"
        with self._discarding(incoming):
            final = self.reader(key).within(path)
            discard(incoming)
            make_folders(self.root, incoming.parent)
            copied = copy_stream(_octets(source, path), incoming, mtime_ns=source.modified(path), sync=True)
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
        with contextlib.suppress(OSError):  # on a disk that is read-only they may stay: no copy begins with them
            discard(self.root / INCOMING)

    def _bring(self, source: DirectoryReader, key: str, *, check: Callable[[DirectoryReader], None]) -> Path:
        """A copy of ``source`` on this file system, synced and read back, not yet a package."""
        incoming = self.root / INCOMING / key.rsplit("/", 1)[-1]
        with self._discarding(incoming):
            discard(incoming)
            make_folders(self.root, incoming)
            for entry in _named(source, source.entries()):
                self._copy_entry(source, entry, incoming)
            durable.sync_filesystem(incoming)
            check(DirectoryReader(incoming, opener=self.opener))
        return incoming

    def _copy_entry(self, source: DirectoryReader, entry: Entry, incoming: Path) -> None:
        target = incoming / os.fsdecode(entry.path)
        if entry.kind is EntryKind.FOLDER:
            target.mkdir()
        elif entry.kind is EntryKind.FILE:
            copy_stream(_octets(source, entry.path), target, mtime_ns=source.modified(entry.path), sync=False)
        else:
            raise StorageError(f"{entry.path!r} in a sealed package is no file")

    @contextlib.contextmanager
    def _troubled(self) -> Iterator[None]:
        """Trouble with this disk ends as a StorageError that names the location."""
        try:
            yield
        except OSError as error:
            raise self._trouble(error) from error

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

    def _trouble(self, error: OSError) -> StorageError:
        return StorageError(
            f"location '{self.name}' ({self.root}): {error.strerror or error}",
            hint="free space or mend the disk, then give the same command again; nothing was lost",
            transient=True,
        )

    def _marker(self) -> dict[str, object]:
        return {"archive": self.archive, "location": self.name, "v": 1}

    def _read_marker(self) -> dict[str, object] | None:
        try:
            found = json.loads((self.root / MARKER).read_bytes())
        except FileNotFoundError:
            return None
        return found if isinstance(found, dict) else {}


def copy_stream(chunks: Iterable[bytes], target: Path, *, mtime_ns: int, sync: bool) -> str:
    """Write the joined ``chunks`` to the new file ``target`` and answer their SHA-256."""
    digester = Digester(("sha256",))
    with open(target, "xb", buffering=0) as file:
        for chunk in chunks:
            digester.update(chunk)
            write_all(file.fileno(), chunk)
        os.utime(file.fileno(), ns=(mtime_ns, mtime_ns))
        if sync:
            durable.sync_file(file.fileno())
    return digester.digests()["sha256"]


def write_all(descriptor: int, data: bytes) -> None:
    """Write all of ``data``, however many calls that takes."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def discard(path: Path) -> None:
    """Remove a folder or file of ours that never became visible; nothing happens if there is none."""
    with contextlib.suppress(FileNotFoundError):
        if stat.S_ISDIR(os.lstat(path).st_mode):
            shutil.rmtree(path)
        else:
            path.unlink()


def _named(source: DirectoryReader, items: Iterable[T]) -> Iterator[T]:
    """``items`` read from ``source``; StorageError naming it, and not the disk copied to, where reading fails."""
    try:
        yield from items
    except OSError as error:
        raise StorageError(f"{source.root} cannot be read: {error.strerror or error}") from error


def _octets(source: DirectoryReader, path: bytes) -> Iterator[bytes]:
    return _named(source, _chunks(source, path))


def _chunks(source: DirectoryReader, path: bytes) -> Iterator[bytes]:
    with source.open(path) as stream:
        while chunk := stream.read(CHUNK):
            yield chunk


def _numbered(place: Path) -> tuple[Path | None, Path]:
    """The last taken and the first free one of the names ``place``, ``place.2``, ``place.3`` and so on."""
    taken, free, number = None, place, 1
    while os.path.lexists(free):
        number += 1
        taken, free = free, place.with_name(f"{place.name}.{number}")
    return taken, free


def read_marker(folder: Path) -> tuple[str, str] | None:
    """Archive and name of the location that lies in ``folder``, None where none does."""
    try:
        found = json.loads((folder / MARKER).read_bytes())
        return str(found["archive"]), str(found["location"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
