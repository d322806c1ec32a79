"""Signing keys: Ed25519 (RFC 8032), one file each, and their public halves as C2SP verifier keys (signed-note).

The secret lies in ``<name>.pem`` (PKCS#8, mode 0600), which ``openssl`` reads too; the public half is a ``key`` record
in the custody log. A verifier key is text: ``<origin>+<8 hex digits>+<base64>``.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from archive import durable
from archive.errors import CustodyError, UsageError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

PUBLIC_SIZE = 32
"""Octets of a public key."""

SIGNATURE_SIZE = 64
"""Octets of a signature."""

_ALGORITHM = b"\x01"  # Ed25519, in C2SP's numbering of signature types
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A secret that signs; its public half is 32 octets."""

    name: str
    public: bytes
    _secret: Ed25519PrivateKey

    def sign(self, data: bytes) -> bytes:
        """The signature over ``data``, 64 octets."""
        return self._secret.sign(data)


def create_key(folder: Path, name: str) -> SigningKey:
    """Make a new secret in ``folder`` and return it; on the medium before this returns.

    Raises UsageError for a name that cannot be one, or that is taken: a secret is never overwritten.
    """
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    if not _NAME.fullmatch(name):
        raise UsageError(f"'{name}' cannot be the name of a key", hint="use small letters, digits and hyphens")
    path = key_path(folder, name)
    if os.path.lexists(path):
        raise UsageError(f"{path} exists already", hint="a key is never overwritten; give the new one another name")
    secret = Ed25519PrivateKey.generate()
    pem = secret.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    durable.write_secret(path, pem)
    return SigningKey(name, secret.public_key().public_bytes_raw(), secret)


def load_key(folder: Path, name: str) -> SigningKey:
    """The secret called ``name`` in ``folder``.

    Raises CustodyError where it is missing, is no Ed25519 key, or can be read by others than its owner.
    """
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    path = key_path(folder, name)
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        data = path.read_bytes()
    except OSError as error:
        raise CustodyError(
            f"the key {path} cannot be read: {error.strerror or error}",
            hint="put the key back from its safe place, or make another: archive key new",
        ) from error
    if mode & 0o077:
        raise CustodyError(
            f"the key {path} can be read by others than its owner (mode {mode:03o})",
            hint=f"find out who could have read it; then: chmod 600 {path}",
        )
    try:
        secret = serialization.load_pem_private_key(data, password=None)
    except (ValueError, TypeError) as error:
        raise CustodyError(f"{path} holds no key that can be read: {error}", hint=_REPLACE) from error
    if not isinstance(secret, Ed25519PrivateKey):
        raise CustodyError(f"{path} holds a key of another kind than Ed25519", hint=_REPLACE)
    return SigningKey(name, secret.public_key().public_bytes_raw(), secret)


def key_path(folder: Path, name: str) -> Path:
    """Where the secret called ``name`` lies."""
    return folder / f"{name}.pem"


def is_signed_by(public: bytes, signature: bytes, data: bytes) -> bool:
    """Whether ``signature`` over ``data`` was made with the secret half of ``public``."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, data)
    except (InvalidSignature, ValueError):
        return False
    return True


def key_id(origin: str, public: bytes) -> bytes:
    """The four octets that stand before a note's signature to say which key made it (C2SP signed-note)."""
    return hashlib.sha256(origin.encode() + b"\n" + _ALGORITHM + public).digest()[:4]


def verifier_key(origin: str, public: bytes) -> str:
    """The public key as C2SP text, to be kept on paper and given to witnesses."""
    return f"{origin}+{key_id(origin, public).hex()}+{base64.b64encode(_ALGORITHM + public).decode('ascii')}"


def parse_verifier_key(text: str) -> tuple[str, bytes]:
    """Origin and public key of what ``verifier_key`` spelled; raises ValueError for anything else."""
    origin, _, rest = text.strip().partition("+")
    identifier, _, encoded = rest.partition("+")
    data = base64.b64decode(encoded, validate=True)
    public = data[1:]
    if not origin or data[:1] != _ALGORITHM or len(public) != PUBLIC_SIZE:
        raise ValueError("not an Ed25519 verifier key")
    if key_id(origin, public).hex() != identifier:
        raise ValueError("the verifier key was altered: its identifier does not fit")
    return origin, public


def parse_public(text: str) -> bytes:
    """The public half in a C2SP verifier key or in PEM; raises ValueError for anything else.

    A secret given by mistake is refused: it has left its place, and must not be used any more.
    """
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    if "PRIVATE KEY" in text:
        raise ValueError("this is a secret, not a public half; keep it to yourself, and give its public half")
    if "-----BEGIN" not in text:
        return parse_verifier_key(text)[1]
    public = serialization.load_pem_public_key(text.encode())
    if not isinstance(public, Ed25519PublicKey):
        raise ValueError("this is a key of another kind than Ed25519")
    return public.public_bytes_raw()


_REPLACE = "keep the file as it is, and put the key back from its safe place"
