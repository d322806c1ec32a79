"""The folder of a package being made: every file is digested while it is written, and never read again for it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, cast

from archive.bags.baginfo import write_info, write_oxum
from archive.bags.declaration import write_declaration
from archive.bags.manifests import write_manifest
from archive.model.digests import SEALED, Digester
from archive.model.identifiers import PackageId
from archive.packages.content import Sealed

PAYLOAD = "data/"
CONTENT = "data/representations/original/data/"
"""Where the delivered tree lies in a package."""


@dataclass(frozen=True, slots=True)
class Stored:
    """One file of a package: path from the package's root, size in octets, digests; ``more`` by algorithm."""

    path: str
    size: int
    sha256: str
    blake3: str
    more: Mapping[str, str] = field(default_factory=dict)


class _DigestingFile:
    """A file that digests what is written to it."""

    def __init__(self, file: BinaryIO, algorithms: Iterable[str]) -> None:
        self._file = file
        self.digester = Digester(algorithms)

    def write(self, data: bytes) -> int:
        self.digester.update(data)
        return self._file.write(data)


class PackageFolder:
    """Collects the files of one package below ``root`` and ends by making the folder a bag.

    ``manifests`` are algorithms of further payload manifests. Each lists every payload file (RFC 8493 §3), so each file
    is digested with ``algorithms``, also our own papers.
    """

    def __init__(self, root: Path, *, manifests: tuple[str, ...] = ()) -> None:
        self.root = root
        self.algorithms = (*SEALED, *manifests)
        self._manifests = manifests
        self._stored: list[Stored] = []

    def add(self, path: str, *, size: int, digests: Mapping[str, str]) -> Stored:
        """Take in a file that lies there already and was digested, with all algorithms, while it was copied."""
        more = {algorithm: digests[algorithm] for algorithm in self._manifests}
        stored = Stored(path, size, digests["sha256"], digests["blake3"], more)
        self._stored.append(stored)
        return stored

    @contextmanager
    def writing(self, path: str) -> Iterator[BinaryIO]:
        """Write a new file; it counts as part of the package once this ends."""
        final = self.root / path
        final.parent.mkdir(parents=True, exist_ok=True)
        with open(final, "xb") as file:
            digesting = _DigestingFile(file, self.algorithms)
            yield cast(BinaryIO, digesting)
        self.add(path, size=digesting.digester.size, digests=digesting.digester.digests())

    def write(self, path: str, data: bytes) -> Stored:
        """Write a new small file."""
        with self.writing(path) as file:
            file.write(data)
        return self._stored[-1]

    def stored(self, path: str) -> Stored:
        """The file at ``path`` that was taken in or written last; KeyError if there is none."""
        for stored in reversed(self._stored):
            if stored.path == path:
                return stored
        raise KeyError(path)

    def below(self, prefix: str) -> list[Stored]:
        """The files whose path begins with ``prefix``, in the order they came."""
        return [stored for stored in self._stored if stored.path.startswith(prefix)]

    def finish(self, package: PackageId, *, info: list[tuple[str, str]], readme: bytes) -> Sealed:
        """Write the tag files that make the folder a bag (RFC 8493 §2) and answer what was sealed."""
        payload = self.below(PAYLOAD)
        octets = sum(stored.size for stored in payload)
        self.write("bagit.txt", write_declaration())
        self.write("bag-info.txt", write_info([*info, ("Payload-Oxum", write_oxum(octets, len(payload)))]))
        self.write("README.txt", readme)
        self.write("manifest-sha256.txt", write_manifest("sha256", {s.path.encode(): s.sha256 for s in payload}))
        self.write("manifest-blake3.txt", write_manifest("blake3", {s.path.encode(): s.blake3 for s in payload}))
        for algorithm in self._manifests:
            listed = {s.path.encode(): s.more[algorithm] for s in payload}
            self.write(f"manifest-{algorithm}.txt", write_manifest(algorithm, listed))
        tags = [stored for stored in self._stored if not stored.path.startswith(PAYLOAD)]
        self.write("tagmanifest-sha256.txt", write_manifest("sha256", {s.path.encode(): s.sha256 for s in tags}))
        return Sealed(
            package=package,
            files=len(payload),
            bytes=octets,
            tag_files=len(tags) + 1,
            tagmanifest_sha256=self.stored("tagmanifest-sha256.txt").sha256,
            manifest_sha256=self.stored("manifest-sha256.txt").sha256,
        )


def readable_size(octets: int) -> str:
    """``octets`` as bag-info's Bag-Size gives it to people (RFC 8493 §2.2.2)."""
    size = float(octets)
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"


def content_path(path: str) -> str:
    """Where a delivered file with this payload path lies, from the package's root."""
    return CONTENT + path


def delivered_file(root: Path, path: str) -> Path:
    """Where a delivered file with this payload path lies on disk."""
    return root / os.path.join(CONTENT, path)
