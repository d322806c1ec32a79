"""Having a checkpoint or an epoch signed: the archive's side, which asks a signer and keeps what it signed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from archive.custody.checkpoint import Checkpoint, Verifier, make_checkpoint, open_note
from archive.custody.epochs import Epoch, EpochNote, LogKey, open_epoch, parse_note
from archive.custody.log import CustodyLog
from archive.custody.notes import checkpoint_in, newest_note, store_note
from archive.custody.signer import AnyRequest, EpochRequest, Request, Signed, Signer
from archive.custody.tree import Tree
from archive.errors import ArchiveError, CustodyError


def issue(log: CustodyLog, *, origin: str, known: Sequence[Verifier], signer: Signer, now: datetime) -> bytes:
    """The note over all of ``log``: the newest one kept, where the log has not grown since, or a new one, kept.

    ``known`` are the keys that may sign now. A note that was signed and lost in a crash is taken up first. Raises
    CustodyError where the log is not the continuation of what was signed before, ArchiveError where nobody signs.
    """
    newest = newest_note(log.folder)
    if newest is not None and checkpoint_in(newest, "the newest checkpoint kept").size == log.size:
        _continued_from_kept(Tree(log), log)
        return newest
    wanted = make_checkpoint(origin, log.size, log.frontier.root(), time=now)
    note = _signed(log, wanted.text, Request, origin=origin, known=known, signer=signer)
    signed = _believed(note, origin, known)
    if (signed.size, signed.root) != (wanted.size, wanted.root):
        raise CustodyError("the signer has signed another checkpoint than it was asked to", hint=_LOOK)
    return store_note(log.folder, signed.size, note)


def issue_epoch(log: CustodyLog, epoch: Epoch, *, known: Sequence[Verifier], signer: Signer) -> EpochNote:
    """The signed note of an epoch that names the size and root of ``log``, kept nowhere yet; raises as ``issue``."""
    note = _signed(log, epoch.text, EpochRequest, origin=epoch.origin, known=known, signer=signer)
    try:
        signed = open_epoch(note, epoch.number, epoch.origin, [LogKey(public) for _, public in known])
    except ValueError as error:
        raise CustodyError(f"what the signer answers is no epoch of this archive: {error}", hint=_LOOK) from error
    if signed != epoch:
        raise CustodyError("the signer has signed another epoch than it was asked to", hint=_LOOK)
    return parse_note(note)


def _signed(
    log: CustodyLog,
    text: bytes,
    kind: type[Request] | type[EpochRequest],
    *,
    origin: str,
    known: Sequence[Verifier],
    signer: Signer,
) -> bytes:
    """The note that the signer makes of ``text``, which speaks of all of ``log``."""
    tree, why = Tree(log), ""
    last = _continued_from_kept(tree, log)
    for _ in range(2):  # a second time from what the signer says it signed last
        first = 0 if last is None else last.size
        request: AnyRequest = kind(text, first, tree.consistency(first, log.size))
        answer = signer(request)
        if isinstance(answer, Signed):
            return answer.note
        why = answer.why
        if answer.last is None:
            break
        last = _continued(_believed(answer.last, origin, known), tree, log, whose="was signed before")
        store_note(log.folder, last.size, answer.last)
    raise ArchiveError(f"the signer refuses: {why}", hint=_LOOK)


def _continued_from_kept(tree: Tree, log: CustodyLog) -> Checkpoint | None:
    """The newest checkpoint kept here, from which the log goes on; None where there is none."""
    newest = newest_note(log.folder)
    if newest is None:
        return None
    return _continued(checkpoint_in(newest, "the newest checkpoint kept"), tree, log, whose="is kept here")


def _believed(note: bytes, origin: str, known: Sequence[Verifier]) -> Checkpoint:
    try:
        checkpoint = open_note(note, known).checkpoint
    except ValueError as error:
        raise CustodyError(f"what the signer answers is no checkpoint of this archive: {error}", hint=_LOOK) from error
    if checkpoint.origin != origin:
        raise CustodyError(f"the signer signs for another log: {checkpoint.origin}", hint=_LOOK)
    return checkpoint


def _continued(last: Checkpoint, tree: Tree, log: CustodyLog, *, whose: str) -> Checkpoint:
    """``last``, where the log goes on from it."""
    if last.size > log.size:
        raise CustodyError(
            f"a checkpoint of {last.size} records {whose}, and the log holds only {log.size}: it was cut",
            hint=_COMPARE,
        )
    if tree.root(last.size) != last.root:
        raise CustodyError(
            f"a checkpoint of {last.size} records {whose} with another root than the log has there: it was rewritten",
            hint=_COMPARE,
        )
    return last


_COMPARE = "nothing was signed; archive custody verify says more, and the copies at the locations show which is right"
_LOOK = "look at the signer and its key before anything else; nothing was kept"
