"""What is read of one package while another copy of it is made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

from archive.errors import StorageError
from archive.model.digests import CHUNK
from archive.storage.location import PackageReader

T = TypeVar("T")


def read_from(source: PackageReader, items: Iterable[T]) -> Iterator[T]:
    """``items`` read from ``source``; StorageError naming it, and not what is copied to, where reading fails."""
    try:
        yield from items
    except OSError as error:
        raise StorageError(f"{source.where} cannot be read: {error.strerror or error}") from error


def octets_of(source: PackageReader, path: bytes) -> Iterator[bytes]:
    """The octets of one file, piece by piece; StorageError as ``read_from``."""
    return read_from(source, _chunks(source, path))


def _chunks(source: PackageReader, path: bytes) -> Iterator[bytes]:
    with source.open(path) as stream:
        while chunk := stream.read(CHUNK):
            yield chunk
