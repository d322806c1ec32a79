"""Logs that are signed, for the tests of checkpoints and proofs."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from custody_samples import new_log

from archive.custody.checkpoint import Verifier
from archive.custody.issue import issue
from archive.custody.keys import create_key, key_path, load_key
from archive.custody.log import CustodyLog
from archive.custody.signer import Answer, AnyRequest, sign

ORIGIN = "evidence-archive/3f0c7a0e-58d1-4f5a-9b53-6f6f3f4f1c11"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def signing_key(home: Path) -> Path:
    """The file of a key in ``home``, made now unless it is there."""
    path = key_path(home, "log-1")
    if not path.exists():
        create_key(home, "log-1")
    return path


def verifiers(key: Path) -> list[Verifier]:
    return [(ORIGIN, load_key(key.parent, key.stem).public)]


def signed(log: CustodyLog, key: Path, *, now: datetime = NOON) -> bytes:
    """The note over the whole log, made by the key in that file."""

    def ask(request: AnyRequest) -> Answer:
        return sign(request, key)

    return issue(log, origin=ORIGIN, known=verifiers(key), signer=ask, now=now)


def a_signed_log(home: Path, size: int) -> tuple[CustodyLog, bytes, Path]:
    """A log, its checkpoint and the file of the key, all in ``home``."""
    home.mkdir(exist_ok=True)
    log, key = new_log(home / "custody", size), signing_key(home)
    return log, signed(log, key), key
