"""What a sealed package promised: the expected digest of every file, believed only where the custody log vouches.

The log holds the digests of ``tagmanifest-sha256.txt`` and ``manifest-sha256.txt``. A manifest that does not have the
digest the log gives is not believed, whatever it says of itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

from archive.bags.manifests import parse_manifest
from archive.bags.reader import BagReader
from archive.bags.versions import V1_0
from archive.model.digests import sha256_hex

TAGMANIFEST = b"tagmanifest-sha256.txt"
MANIFEST = b"manifest-sha256.txt"
MANIFEST_BLAKE3 = b"manifest-blake3.txt"

_LARGEST_MANIFEST = 64 * 1024 * 1024  # octets; 5,000 files of 180 characters need about 5 MiB


class Seal(Protocol):
    """What the custody log says of a package."""

    @property
    def tagmanifest_sha256(self) -> str:
        """Digest of the tagmanifest as sealed."""

    @property
    def manifest_sha256(self) -> str:
        """Digest of the SHA-256 payload manifest as sealed."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What one file must be; a digest is None where no trustworthy list of that algorithm was to be had."""

    sha256: str | None
    blake3: str | None


@dataclass(frozen=True, slots=True)
class Promise:
    """Every file a package must have, by path. ``complete`` unless a list could not be trusted anywhere."""

    files: Mapping[bytes, Expected]
    complete: bool


def read_promise(seal: Seal, readers: Iterable[BagReader]) -> Promise:
    """What the package sealed as ``seal`` must hold, from the first replicas whose lists the log vouches for.

    ``readers`` are replicas of the one package, the one under examination first. Never raises: a list that cannot be
    read is a list that cannot be trusted.
    """
    lists = _Lists()
    for reader in readers:
        lists.take(seal, reader)
        if lists.complete:
            break
    return lists.promise(seal)


class _Lists:
    """The trustworthy lists found so far."""

    def __init__(self) -> None:
        self.tags: dict[bytes, str] | None = None
        self.payload: dict[bytes, str] | None = None
        self.payload_blake3: dict[bytes, str] | None = None

    @property
    def complete(self) -> bool:
        return self.tags is not None and self.payload is not None and self.payload_blake3 is not None

    def take(self, seal: Seal, reader: BagReader) -> None:
        if self.tags is None:
            self.tags = _trusted(reader, TAGMANIFEST, seal.tagmanifest_sha256)
        if self.payload is None:
            self.payload = _trusted(reader, MANIFEST, seal.manifest_sha256)
        if self.payload_blake3 is None and self.tags is not None:
            self.payload_blake3 = _trusted(reader, MANIFEST_BLAKE3, self.tags.get(MANIFEST_BLAKE3, ""))

    def promise(self, seal: Seal) -> Promise:
        tags = self.tags if self.tags is not None else {MANIFEST: seal.manifest_sha256}
        files = {path: Expected(digest, None) for path, digest in tags.items()}
        files[TAGMANIFEST] = Expected(seal.tagmanifest_sha256, None)
        sha256, blake3 = self.payload or {}, self.payload_blake3 or {}
        for path in sha256.keys() | blake3.keys():
            files[path] = Expected(sha256.get(path), blake3.get(path))
        known = self.tags is not None and (self.payload is not None or self.payload_blake3 is not None)
        return Promise(MappingProxyType(dict(sorted(files.items()))), known)


def _trusted(reader: BagReader, path: bytes, sha256: str) -> dict[bytes, str] | None:
    data = read_small(reader, path)
    if data is None or sha256_hex(data) != sha256:
        return None
    return _listed(data, path)


def _listed(data: bytes, name: bytes) -> dict[bytes, str] | None:
    """The listings of a manifest in the one spelling that ours have; None for any other."""
    algorithm = "blake3" if name == MANIFEST_BLAKE3 else "sha256"
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    lines, findings = parse_manifest(text, name=name.decode(), algorithm=algorithm, version=V1_0)
    return None if findings else {line.path.encode(): line.digest for line in lines}


def read_small(reader: BagReader, path: bytes) -> bytes | None:
    """The bytes of a manifest, None where they cannot be had."""
    try:
        with reader.open(path) as stream:
            data = stream.read(_LARGEST_MANIFEST)
            while more := stream.read(_LARGEST_MANIFEST):  # an unbuffered reading may answer short
                data += more
                if len(data) > _LARGEST_MANIFEST:
                    return None
            return data
    except OSError:
        return None


def own_list(reader: BagReader, manifest: bytes) -> dict[bytes, str]:
    """What the replica's own ``manifest`` says, trusted or not; empty where it says nothing that can be read."""
    data = read_small(reader, manifest)
    return (None if data is None else _listed(data, manifest)) or {}


def agrees_with_itself(seal: Seal, reader: BagReader, present: Iterable[bytes]) -> bool:
    """Whether a replica's tagmanifest fits all its tag files, though it does not say what was sealed.

    ``present`` are the paths of the replica's files. Chance does not produce this; a hand does (DESIGN §9, tampering).
    A blank or capital that rotted leaves a list that still says what was sealed.
    """
    listed = own_list(reader, TAGMANIFEST)
    tags = {path for path in present if not path.startswith(b"data/") and path != TAGMANIFEST}
    if not listed or tags != set(listed) or _respelled(listed) == seal.tagmanifest_sha256:
        return False
    return all(_has_digest(reader, path, digest) for path, digest in listed.items())


def _respelled(listed: Mapping[bytes, str]) -> str:
    """Digest of a list as we would have written it."""
    return sha256_hex(b"".join(b"%b  %b\n" % (listed[path].encode(), path) for path in sorted(listed)))


def _has_digest(reader: BagReader, path: bytes, sha256: str) -> bool:
    data = read_small(reader, path)
    return data is not None and sha256_hex(data) == sha256
