"""Digests: several algorithms over one reading of the bytes.

The only door to ``blake3`` and the only place that knows which algorithm names the archive speaks. SHA-256 and BLAKE3
are computed for everything (ADR 0002); the others serve producers' manifests and ``archive verify``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import BinaryIO, Protocol

CHUNK = 1 << 20
"""Octets read at a time: large enough that Python costs nothing, small enough for flat memory."""


class _Hasher(Protocol):
    def update(self, data: bytes | memoryview, /) -> object: ...

    def hexdigest(self) -> str: ...


def _blake3() -> _Hasher:
    import blake3

    hasher: _Hasher = blake3.blake3()
    return hasher


_MAKERS: Mapping[str, Callable[[], _Hasher]] = {
    "sha256": hashlib.sha256,
    "blake3": _blake3,
    "sha512": hashlib.sha512,
    "sha384": hashlib.sha384,
    "sha224": hashlib.sha224,
    "sha1": lambda: hashlib.sha1(usedforsecurity=False),
    "md5": lambda: hashlib.md5(usedforsecurity=False),
}

ALGORITHMS: tuple[str, ...] = tuple(_MAKERS)
"""Every algorithm that can be checked, spelled as in a BagIt manifest's file name."""

SEALED = ("sha256", "blake3")
"""What every package of ours is sealed with."""

HEX_LENGTH: Mapping[str, int] = MappingProxyType(
    {"sha256": 64, "blake3": 64, "sha512": 128, "sha384": 96, "sha224": 56, "sha1": 40, "md5": 32}
)
"""Length of a digest in hexadecimal characters."""


class Digester:
    """Feeds the same bytes to several algorithms and counts them."""

    __slots__ = ("_hashers", "size")

    def __init__(self, algorithms: Iterable[str] = SEALED) -> None:
        self._hashers = {name: _MAKERS[name]() for name in dict.fromkeys(algorithms)}
        self.size = 0

    def update(self, data: bytes | memoryview) -> None:
        """Take the next bytes."""
        for hasher in self._hashers.values():
            hasher.update(data)
        self.size += len(data)

    def parts(self) -> tuple[Callable[[bytes | memoryview], object], ...]:
        """``update`` for each algorithm, so that each may have a thread of its own; ``size`` is for the caller then."""
        return tuple(hasher.update for hasher in self._hashers.values())

    def digests(self) -> dict[str, str]:
        """Lower-case hexadecimal digests of what was taken so far, by algorithm."""
        return {name: hasher.hexdigest() for name, hasher in self._hashers.items()}


def digest_stream(stream: BinaryIO, algorithms: Iterable[str] = SEALED) -> tuple[int, dict[str, str]]:
    """Size in octets and digests of everything left in ``stream``, in one reading."""
    digester = Digester(algorithms)
    while chunk := stream.read(CHUNK):
        digester.update(chunk)
    return digester.size, digester.digests()


def digest_bytes(data: bytes, algorithms: Iterable[str] = SEALED) -> dict[str, str]:
    """Digests of ``data``."""
    digester = Digester(algorithms)
    digester.update(data)
    return digester.digests()


def sha256_hex(data: bytes) -> str:
    """SHA-256 of ``data`` in lower-case hexadecimal."""
    return hashlib.sha256(data).hexdigest()
