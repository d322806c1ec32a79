"""Encryption to a public key in the form of age (age-encryption.org/v1): the one door to pyrage.

pyrage hands out plaintext before it has noticed damage, and forgets an error of whoever takes what it writes (both
measured with 1.4.0). So nothing decrypted gets its name before the end was reached, and errors are kept here.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from archive import durable
from archive.errors import ArchiveError, StorageError
from archive.model.digests import CHUNK

_SECRET = "AGE-SECRET-KEY-1"


@dataclass(frozen=True, slots=True)
class Identity:
    """A secret that opens what was encrypted to its ``recipient``, the public half."""

    recipient: str
    secret: str


def new_identity() -> Identity:
    """A new X25519 key pair."""
    import pyrage

    made = pyrage.x25519.Identity.generate()
    return Identity(str(made.to_public()), str(made))


def read_identities(text: str) -> list[Identity]:
    """The secrets in a file as age-keygen writes it, comments left out; ValueError where a line is no secret."""
    import pyrage

    found = []
    for line in filter(None, map(str.strip, text.splitlines())):
        if line.startswith("#"):
            continue
        if not line.startswith(_SECRET):
            raise ValueError(f"a secret of age begins with {_SECRET}, and a line does not")
        try:
            secret = pyrage.x25519.Identity.from_str(line)
        except pyrage.IdentityError as error:
            raise ValueError(f"a line is damaged: {error}") from None
        found.append(Identity(str(secret.to_public()), line))
    return found


def check_recipient(text: str) -> str:
    """``text`` as the public key it is; ValueError where it is none, or a secret."""
    import pyrage

    if text.strip().upper().startswith(_SECRET):
        raise ValueError("this is a secret, not a public key; keep it to yourself")
    try:
        return str(pyrage.x25519.Recipient.from_str(text.strip()))
    except pyrage.RecipientError as error:
        raise ValueError(f"a public key of age begins with age1: {error}") from None


def encrypt(chunks: Iterable[bytes], write: Callable[[bytes], object], recipient: str) -> None:
    """Hand ``chunks``, encrypted to ``recipient``, to ``write``, and raise whatever either of them raised."""
    import pyrage

    source, sink = _Source(iter(chunks)), _Sink(write)
    try:
        pyrage.encrypt_io(source, sink, [pyrage.x25519.Recipient.from_str(recipient)])
    except (pyrage.EncryptError, OSError) as error:
        source.raise_failure()
        sink.raise_failure()
        raise StorageError(f"encrypting failed: {error}") from error
    sink.raise_failure()
    if not source.ended:
        raise StorageError("encrypting ended before everything was encrypted")


class Readable(Protocol):
    """Something to read octets from, some at a time."""

    def read(self, size: int, /) -> bytes:
        """The next octets, at most ``size``; none at the end."""


def decrypt(source: Readable, target: Path, identities: Iterable[Identity]) -> None:
    """Decrypt ``source`` into the new file ``target``, which has its name only if all of it was right.

    Raises ArchiveError where none of ``identities`` opens it, StorageError where it is damaged.
    """
    import pyrage

    half = target.with_name(f"{target.name}.part")
    reading, secrets = _Source(iter(lambda: source.read(CHUNK), b"")), list(identities)
    with open(half, "wb") as file:
        sink = _Sink(file.write)
        try:
            pyrage.decrypt_io(reading, sink, [pyrage.x25519.Identity.from_str(one.secret) for one in secrets])
        except (pyrage.DecryptError, OSError) as error:
            reading.raise_failure()
            sink.raise_failure()
            if "No matching keys" in str(error):
                raise ArchiveError(
                    "the key given does not open this",
                    hint="give the secret that belongs to the public key it was encrypted to: --identity FILE",
                ) from error
            raise StorageError(f"what was encrypted is damaged: {error}") from error
        sink.raise_failure()
        file.flush()
        os.fsync(file.fileno())
    durable.publish(half, target)


class _Source:
    """Chunks as a file to be read, which remembers why it could not be."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks, self._left = chunks, b""
        self._failure: BaseException | None = None
        self.ended = False

    def read(self, size: int = CHUNK) -> bytes:
        try:
            while not self._left and not self.ended:
                chunk = next(self._chunks, None)
                self._left, self.ended = chunk or b"", chunk is None
        except BaseException as error:
            self._failure = error
            raise
        data, self._left = self._left[:size], self._left[size:]
        return data

    def raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure


class _Sink:
    """Something to write to, which remembers why it could not be."""

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self._write = write
        self._failure: BaseException | None = None

    def write(self, data: bytes) -> int:
        if self._failure is None:
            try:
                self._write(data)
            except BaseException as error:
                self._failure = error
                raise
        return len(data)

    def flush(self) -> None:
        pass  # whoever gave what writes flushes it

    def raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure
