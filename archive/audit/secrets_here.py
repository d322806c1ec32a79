"""Signing keys whose secrets lie on this machine: each the one the log knows, and none that signs without memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from archive.audit.checks import Check, odd, told, wrong
from archive.custody.keys import key_path, load_key
from archive.custody.notes import note_sizes
from archive.custody.signer import memory_path
from archive.errors import CustodyError
from archive.holdings.checkpoints import KEYS, LOG_ROLE
from archive.holdings.holdings import Holdings
from profiles.finding import Finding
from profiles.finding_codes import FindingCode


def check_secrets(holdings: Holdings) -> Check:
    """Every secret in the archive's ``keys/`` against the public half in the log."""
    folder = holdings.home / KEYS
    findings, count = list[Finding](), 0
    rows = holdings.catalogue.keys()
    public = {row.name: row.public_key for row in rows}
    for path in sorted(folder.glob("*.pem")):
        count += 1
        findings += _judged(folder, path.stem, public.get(path.stem))
    if not holdings.signing.command:
        findings += _signer(holdings, folder)
    return Check("secrets", count, "secrets on this machine, against the keys in the log", tuple(findings))


def _judged(folder: Path, name: str, public: bytes | None) -> Iterator[Finding]:
    subject = f"{KEYS}/{name}.pem"
    try:
        secret = load_key(folder, name)
    except CustodyError as error:
        yield odd(FindingCode.KEY_UNUSABLE, subject, error.what)
        return
    if public is None:
        yield odd(
            FindingCode.KEY_STRANGER, subject, "the log knows no key of this name: nothing that it signs is believed"
        )
    elif secret.public != public:
        message = f"it is not the secret of the key '{name}' that the log holds: the file was exchanged"
        yield wrong(FindingCode.KEY_EXCHANGED, subject, message)


def _signer(holdings: Holdings, folder: Path) -> Iterator[Finding]:
    """Whether the log can be signed here, by a key that remembers what it signed last."""
    rows = holdings.catalogue.keys()
    active = [row for row in rows if row.role == LOG_ROLE and row.retired_at is None]
    here = [row for row in active if key_path(folder, row.name).exists()]
    if not here:
        names = ", ".join(row.name for row in active) or "none"
        message = f"the secret of no key that signs checkpoints is here ({names}), and archive.toml names no signer"
        yield told(FindingCode.KEY_ELSEWHERE, KEYS, message)
    newest = max(note_sizes(holdings.log.folder), default=0)
    for row in here[-1:]:  # the one that signs
        if row.leaf < newest and not memory_path(key_path(folder, row.name)).exists():
            message = "what it signed last is not remembered here any more; it would go on from anything it is given"
            yield odd(FindingCode.SIGNER_FORGETFUL, f"{KEYS}/{row.name}.signed.note", message)
