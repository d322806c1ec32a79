"""Checkpoints of an open archive's custody log: which keys sign them, when one is wanted, and having one made."""

from __future__ import annotations

from dataclasses import dataclass

from archive.catalogue.rows import KeyRow
from archive.custody.checkpoint import Checkpoint, Verifier
from archive.custody.issue import issue
from archive.custody.keys import key_path, verifier_key
from archive.custody.notes import checkpoint_in, newest_note, note_sizes, store_keys
from archive.custody.signer import Answer, AnyRequest, Signer, ask_process, sign
from archive.errors import ArchiveError
from archive.holdings.erasures import erasure_numbers
from archive.holdings.holdings import Holdings

LOG_ROLE = "log"
"""Role of the keys that sign checkpoints."""

KEYS = "keys"
"""Folder of the secrets, in the archive's own."""


@dataclass(frozen=True, slots=True)
class LogState:
    """How the custody log stands: its size and root now, the newest checkpoint and how many there are, the keys.

    ``keys`` are rows and the verifier keys that others use.
    """

    origin: str
    size: int
    root: bytes
    newest: Checkpoint | None
    checkpoints: int
    keys: tuple[tuple[KeyRow, str], ...]


def log_state(holdings: Holdings) -> LogState:
    """How the custody log stands now."""
    origin = holdings.signing.origin
    return LogState(
        origin=origin,
        size=holdings.log.size,
        root=holdings.log.frontier.root(),
        newest=newest_checkpoint(holdings),
        checkpoints=len(note_sizes(holdings.log.folder)),
        keys=tuple((row, verifier_key(origin, row.public_key)) for row in log_keys(holdings)),
    )


def log_keys(holdings: Holdings) -> list[KeyRow]:
    """Every key that ever signed checkpoints or may, oldest first."""
    rows = holdings.catalogue.keys()
    return [row for row in rows if row.role == LOG_ROLE]


def verifiers(holdings: Holdings) -> list[Verifier]:
    """The same keys as ``open_note`` wants them: a retired one proves what it signed before."""
    return [(holdings.signing.origin, row.public_key) for row in log_keys(holdings)]


def newest_checkpoint(holdings: Holdings) -> Checkpoint | None:
    """The newest checkpoint kept, its signature unchecked; None where none was made yet."""
    note = newest_note(holdings.log.folder)
    return None if note is None else checkpoint_in(note, "the newest checkpoint")


def make_checkpoint(holdings: Holdings) -> bytes:
    """The note over the whole log: the newest one kept, where nothing was recorded since, or a new one.

    Raises ArchiveError where nobody here can sign, or this home may not; CustodyError where the log does not go on from
    what was signed.
    """
    with holdings.in_turn():
        holdings.seen().require_in_force()
        store_keys(holdings.log.folder, verifiers(holdings))
        known, signer = signing_now(holdings)
        return issue(
            holdings.log,
            origin=holdings.signing.origin,
            known=known,
            signer=signer,
            now=holdings.present(),
        )


def signing_now(holdings: Holdings) -> tuple[list[Verifier], Signer]:
    """The keys of the log that may sign now, and who is asked for a signature with one of them."""
    active = [row for row in log_keys(holdings) if row.retired_at is None]
    known = [(holdings.signing.origin, row.public_key) for row in active]
    return known, lambda request: _ask(holdings, active, request)


def is_checkpoint_wanted(holdings: Holdings) -> bool:
    """Whether no checkpoint covers yet what was closed, frozen, deaccessioned or erased last."""
    newest = newest_checkpoint(holdings)
    covered = 0 if newest is None else newest.size
    closed = (row.leaf for row in holdings.catalogue.accessions() if row.closed_at is not None)
    frozen = (row.leaf for row in holdings.catalogue.handovers() if row.frozen_at is not None)
    gone = (row.leaf for row in holdings.catalogue.tombstones())
    erased = erasure_numbers(holdings.catalogue)
    return any(leaf >= covered for leaf in (*closed, *frozen, *gone, *erased))


def _ask(holdings: Holdings, active: list[KeyRow], request: AnyRequest) -> Answer:
    if holdings.signing.command:
        return ask_process(holdings.signing.command, request)
    folder = holdings.home / KEYS
    for row in reversed(active):
        if key_path(folder, row.name).exists():
            return sign(request, key_path(folder, row.name))
    names = ", ".join(row.name for row in active) or "none"
    raise ArchiveError(
        f"nothing was signed: {folder} holds the secret of no key that may sign (there are: {names})",
        hint="put the key back from its safe place, or add a new one: archive key new. Nothing was lost",
    )
