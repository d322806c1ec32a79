"""What is said where a location cannot be used."""

from __future__ import annotations

from collections.abc import Mapping

from archive.errors import StorageError


def trouble(name: str, where: str, error: OSError) -> StorageError:
    """Trouble with the place itself, which names the location."""
    return StorageError(
        f"location '{name}' ({where}): {error.strerror or error}",
        hint="free space or mend the disk, then give the same command again; nothing was lost",
        transient=True,
    )


def not_to_be_made(name: str, where: str, reason: str) -> StorageError:
    """A location that cannot be made where it should be."""
    return StorageError(
        f"location '{name}': {where} cannot be made: {reason}",
        hint="mount the disk or make the folder above it, then try again",
    )


def in_use_elsewhere(name: str, where: str, marker: Mapping[str, object]) -> StorageError:
    """A place whose ``marker`` says that it is another location."""
    return StorageError(
        f"location '{name}': {where} already belongs to location "
        f"'{marker.get('location')}' of archive {marker.get('archive')}",
        hint="give another folder; two locations in one folder would be one copy, not two",
    )
