"""A signature file that somebody chose and pinned by its digest: it is used as it was then, or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from archive.errors import ArchiveError
from archive.model.digests import sha256_hex

LARGEST = 256 << 20
"""Octets of a signature file; FIDO's is 4 MB and siegfried's 220 kB."""


class SignaturesError(ArchiveError):
    """A pinned signature file is missing, was altered, or is not understood by the tool it is for."""


@dataclass(frozen=True, slots=True)
class SignatureFile:
    """Where the file lies and the SHA-256 it must have."""

    path: Path
    sha256: str

    @property
    def mark(self) -> str:
        """Enough of the digest to tell two files of the same version apart."""
        return self.sha256[:12]

    def read(self) -> bytes:
        """The octets that were pinned; SignaturesError where they are not to be had any more."""
        hint = "give the right file once more: archive formats update FILE; nothing was identified meanwhile"
        try:
            with open(self.path, "rb") as file:
                data = file.read(LARGEST + 1)
        except OSError as error:
            raise SignaturesError(
                f"the signature file {self.path} cannot be read: {error.strerror}", hint=hint
            ) from error
        found = sha256_hex(data)
        if found != self.sha256:
            raise SignaturesError(
                f"the signature file {self.path} was altered: its SHA-256 is {found}, pinned was {self.sha256}",
                hint=hint,
            )
        return data

    @contextmanager
    def in_memory(self) -> Iterator[str]:
        """A path to the octets that were pinned, which nobody can alter between the check and the loading."""
        data = self.read()
        if not hasattr(os, "memfd_create"):
            yield os.fspath(self.path)
            return
        descriptor = os.memfd_create("signatures")
        try:
            with os.fdopen(os.dup(descriptor), "wb") as memory:
                memory.write(data)
            yield f"/proc/self/fd/{descriptor}"
        finally:
            os.close(descriptor)


@dataclass(frozen=True, slots=True)
class FidoFiles:
    """Which of FIDO's two signature files are pinned; None for the one that comes with FIDO."""

    formats: SignatureFile | None = None
    formats_version: str = ""
    containers: SignatureFile | None = None
    containers_version: str = ""


SHIPPED = FidoFiles()
"""FIDO with what comes with it."""
