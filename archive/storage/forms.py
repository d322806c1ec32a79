"""The forms in which packages lie at locations: the one place that picks a class for them."""

from __future__ import annotations

from pathlib import Path

from archive.errors import UsageError
from archive.storage.backend import StorageBackend
from archive.storage.directory import DirectoryLocation
from archive.storage.filesystem import FileSystemBackend
from archive.storage.location import MARKER, Identity, Location
from archive.storage.marker import DIRECTORY, identity_in
from archive.storage.reading import open_from_medium
from archive.storage.tar_location import TAR, TarLocation

FORMS = (DIRECTORY, TAR)
"""Every form, the usual one first."""


def open_location(name: str, *, form: str, folder: Path, archive: str) -> Location:
    """The location ``name`` of the archive with that identifier, in ``folder``, which need not be there now.

    Raises UsageError for a form that no storage has.
    """
    if form == DIRECTORY:
        return DirectoryLocation(name, folder, archive)
    if form == TAR:
        return TarLocation(name, FileSystemBackend(folder, opener=open_from_medium), archive, folder)
    raise UsageError(f"no storage has the form '{form}'", hint=f"the forms are: {', '.join(FORMS)}")


def identify(folder: Path) -> Identity | None:
    """Which location of which archive lies in ``folder``; None where none does."""
    try:
        return identity_in((folder / MARKER).read_bytes())
    except OSError:
        return None


def shelf(folder: Path) -> Location:
    """Packages as plain folders in a folder that is no location: how a volume holds them."""
    return DirectoryLocation("volume", folder, "")


def objects_in(folder: Path) -> StorageBackend:
    """A folder of this machine as a store of small objects."""
    return FileSystemBackend(folder)
