"""What the log needs of a storage location to keep copies there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import BinaryIO, Protocol

from archive.errors import CustodyError
from archive.model.digests import digest_stream

CUSTODY = "custody/"
"""Where the log lies below a location."""


class SegmentStore(Protocol):
    """What is needed of a location to keep a copy of the log there."""

    def put(self, key: str, data: bytes) -> None:
        """Store ``data`` whole or not at all; FileExistsError where the key is taken."""

    def put_stream(self, key: str, chunks: Iterable[bytes], *, sha256: str) -> int:
        """As ``put``, piece by piece, and nothing where they do not have that digest; answers the size in octets."""

    def read(self, key: str) -> bytes:
        """All of what is stored under a key."""

    def open(self, key: str) -> BinaryIO:
        """A reading of what is stored under a key."""

    def keys(self, prefix: str) -> Iterable[str]:
        """Every key that starts with ``prefix``, in any order."""

    def delete(self, key: str) -> None:
        """Remove a key and what is stored under it."""


def require_equal(store: SegmentStore, key: str, sha256: str) -> None:
    """Raise CustodyError unless what lies under ``key`` has this digest."""
    with store.open(key) as stream:
        _, theirs = digest_stream(stream, ("sha256",))
    if theirs["sha256"] != sha256:
        raise CustodyError(
            f"the location's {key} (SHA-256 {theirs['sha256']}) is not what the archive's own log says "
            f"({sha256}): one of them was altered, or the location belongs to another archive",
            hint="nothing was overwritten or removed; compare both with the copy at a third location",
        )
