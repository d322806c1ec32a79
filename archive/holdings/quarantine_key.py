"""The key that quarantined content is encrypted to: the public half in the log, the secret in a file, then on paper."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from archive import durable
from archive.errors import ArchiveError, UsageError
from archive.holdings.checkpoints import KEYS
from archive.holdings.holdings import Holdings
from archive.model.knowledge_records import QuarantineKeyRecord
from archive.storage.encryption import Identity, check_recipient, new_identity, read_identities
from profiles.finding import Finding, Severity
from profiles.finding_codes import FindingCode

_PATTERN = "quarantine-*.txt"
_SECRET_FILE = """\
# THE SECRET OF THE QUARANTINE of this archive of evidence. Whoever has this file can open what is quarantined.
#
# Nothing needs it for taking deliveries in. It is needed when somebody releases what was quarantined.
#   1. Print this file twice. Put the prints into two sealed envelopes, and keep them in two safes in two places.
#   2. Copy it to a medium without a network, and check that it can be read there.
#   3. Remove it from this machine.
# If every copy is lost, what was quarantined can never be read again, by anybody.
#
# public key: {recipient}
{secret}
"""


def key_in_use(holdings: Holdings) -> str | None:
    """The public key that content is encrypted to now."""
    keys = holdings.catalogue.quarantine_keys()
    return keys[-1].recipient if keys else None


def require_key(holdings: Holdings) -> tuple[str, list[Finding]]:
    """The public key to encrypt to, made now where there is none; what a person must do about a new one."""
    known = key_in_use(holdings)
    if known is not None:
        return known, []
    recipient, path = make_key(holdings)
    message = f"made at first need; {what_to_do(path)}"
    return recipient, [Finding(FindingCode.QUARANTINE_KEY_MADE, Severity.WARNING, path.name, message)]


def what_to_do(path: Path) -> str:
    """What a person must do with a new secret."""
    return (
        f"the secret of the quarantine lies in {KEYS}/{path.name} in the archive's folder: print it twice for two "
        "safes, copy it to a medium without a network, then remove it from this machine; if it is lost, nothing "
        "quarantined can be opened again"
    )


def make_key(holdings: Holdings) -> tuple[str, Path]:
    """Make a new key pair, the secret in a file that only its owner can read; encrypt to it from here on.

    A secret that an earlier run wrote and did not record is taken.
    """
    folder = holdings.home / KEYS
    folder.mkdir(mode=0o700, exist_ok=True)
    known = {row.recipient for row in holdings.catalogue.quarantine_keys()}
    for path in sorted(folder.glob(_PATTERN)):
        for identity in read_identity_file(path):
            if identity.recipient not in known:
                use_key(holdings, identity.recipient)
                return identity.recipient, path
    identity = new_identity()
    path = folder / f"quarantine-{identity.recipient[-8:]}.txt"
    durable.write_secret(path, _SECRET_FILE.format(recipient=identity.recipient, secret=identity.secret).encode())
    use_key(holdings, identity.recipient)
    return identity.recipient, path


def use_key(holdings: Holdings, recipient: str) -> str:
    """Encrypt to this public key from here on. Raises UsageError where it is none."""
    try:
        recipient = check_recipient(recipient)
    except ValueError as error:
        raise UsageError(f"no public key: {error}", hint="age-keygen prints one; it begins with age1") from None
    if recipient != key_in_use(holdings):
        if recipient in {row.recipient for row in holdings.catalogue.quarantine_keys()}:
            raise UsageError("this key was used before, and another took its place", hint="make a new one")
        holdings.record([QuarantineKeyRecord(**holdings.stamp(), recipient=recipient)])
    return recipient


def find_identity(holdings: Holdings, recipient: str, given: Path | None) -> Identity:
    """The secret to a public key: in the file ``given``, or where it was made.

    Raises ArchiveError saying what to do where it is not there, or another secret is.
    """
    places = [given] if given is not None else sorted((holdings.home / KEYS).glob(_PATTERN))
    for path in places:
        for identity in read_identity_file(path):
            if identity.recipient == recipient:
                return identity
    where = f"{given} does not hold" if given is not None else f"{holdings.home / KEYS} does not hold"
    raise ArchiveError(
        f"{where} the secret of the quarantine key {recipient}",
        hint="bring it from its safe, and say where it lies: --identity FILE; nothing was changed",
    )


def read_identity_file(path: Path) -> list[Identity]:
    """The secrets in a file. Raises ArchiveError where it cannot be read or others than its owner can read it."""
    try:
        mode = stat.S_IMODE(os.stat(path).st_mode)
        text = path.read_text("utf-8", "replace")
        found = read_identities(text)
    except OSError as error:
        raise ArchiveError(
            f"the secret {path} cannot be read: {error.strerror or error}", hint="give the file with --identity FILE"
        ) from error
    except ValueError as error:
        raise ArchiveError(
            f"{path} holds no secret of age: {error}", hint="compare it with the print from the safe"
        ) from error
    if mode & 0o077:
        raise ArchiveError(
            f"the secret {path} can be read by others than its owner (mode {mode:03o})",
            hint=f"find out who could have read it; then: chmod 600 {path}",
        )
    return found
