"""The checkpoints of the custody log held against its leaves: those kept, those at locations, those from outside."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from archive.audit.checks import Check, odd, told, wrong
from archive.catalogue.rows import KeyRow
from archive.custody.checkpoint import (
    Checkpoint,
    Opened,
    Verifier,
    WrongSignatureError,
    open_note,
    parse_note,
    parse_text,
)
from archive.custody.history import Past
from archive.custody.notes import KEYS, NOTES, keys_text, note_name, note_sizes, read_note
from archive.custody.paper import Witness
from archive.errors import CustodyError
from profiles.finding import Finding
from profiles.finding_codes import FindingCode


@dataclass(frozen=True, slots=True)
class Known:
    """What checkpoints are judged by: the log's ``origin``, ``size`` and ``past``, its own keys, and keys given along.

    ``whole`` is false where the log could not be read to its end, so that keys may be missing. ``given`` are verifier
    keys that somebody brought, from paper or of witnesses. ``set_back`` are numbers and times of ``clock`` records.
    """

    origin: str
    size: int
    past: Mapping[int, Past]
    keys: Sequence[KeyRow]
    whole: bool = True
    given: tuple[Verifier, ...] = field(default=())
    set_back: tuple[tuple[int, datetime], ...] = ()

    def is_dated_before(self, later: Checkpoint, before: Checkpoint) -> bool:
        """Whether a checkpoint bears an earlier time than a smaller one did, and no ``clock`` record between them."""
        if later.time is None or before.time is None or later.time >= before.time:
            return False
        made = before.time
        return not any(before.size <= n < later.size and time < made for n, time in self.set_back)

    @property
    def verifiers(self) -> list[Verifier]:
        """Every key whose signatures can be checked."""
        return list(dict.fromkeys((*((self.origin, row.public_key) for row in self.keys), *self.given)))


def check_kept(folder: Path, known: Known) -> Check:
    """Every checkpoint below the log's ``folder``, and the list of keys beside them."""
    findings, signatures = list[Finding](), 0
    before: Checkpoint | None = None
    sizes = note_sizes(folder)
    for size in sizes:
        subject = f"{NOTES}/{note_name(size)}"
        try:
            note = read_note(folder, size)
            opened = open_note(note, known.verifiers)
        except CustodyError as error:
            findings.append(wrong(FindingCode.CHECKPOINT_BAD, subject, str(error)))
            continue
        except ValueError as error:
            findings += _not_believed(note, subject, known, str(error))
            continue
        signatures += len(opened.by)
        findings += _judged(opened, size, subject, known)
        findings += _times(opened, before, subject, known)
        before = before if opened.checkpoint.time is None else opened.checkpoint
    findings += _keys_list(folder, known) if known.whole else ()
    if sizes and sizes[-1] < known.size:
        since = known.size - sizes[-1]
        findings.append(
            told(FindingCode.CHECKPOINT_BEHIND, NOTES, f"{since} records are newer than the newest checkpoint")
        )
    if not sizes:
        findings.append(
            odd(FindingCode.CHECKPOINT_NONE, NOTES, "no checkpoint was made yet: archive custody checkpoint")
        )
    sentence = f"checkpoints kept here, against the log and its keys; signatures that are right: {signatures}"
    return Check("checkpoints", len(sizes), sentence, tuple(findings))


def check_given(witnesses: Sequence[tuple[str, Witness]], known: Known) -> Check:
    """Checkpoints that somebody kept elsewhere, each with the name to call it by; and keys brought along."""
    findings = [finding for subject, witness in witnesses for finding in _witnessed(subject, witness, known)]
    own = {row.public_key for row in known.keys}
    for origin, public in known.given:
        if origin == known.origin and public not in own:
            message = (
                "this key of the log is not among those that the log holds: they were exchanged, or it is no key of it"
            )
            findings.append(wrong(FindingCode.KEY_UNKNOWN, origin, message))
    sentence = "checkpoints from outside, against the log"
    return Check("since", len(witnesses), sentence, tuple(findings))


def check_memories(memories: Iterable[tuple[str, bytes]], known: Known) -> Check:
    """What signers on this machine remember to have signed last."""
    findings, count = list[Finding](), 0
    for subject, note in memories:
        count += 1
        try:
            opened = open_note(note, known.verifiers)
        except ValueError as error:
            findings += _not_believed(note, subject, known, str(error))
            continue
        findings += _judged(opened, opened.checkpoint.size, subject, known)
    return Check("signers", count, "signers on this machine: what they signed last, against the log", tuple(findings))


def note_findings(note: bytes, size: int, subject: str, known: Known) -> Iterator[Finding]:
    """What is wrong with one checkpoint wherever it lies."""
    try:
        opened = open_note(note, known.verifiers)
    except ValueError as error:
        yield from _not_believed(note, subject, known, str(error))
        return
    yield from _judged(opened, size, subject, known)


def _not_believed(note: bytes, subject: str, known: Known, why: str) -> Iterator[Finding]:
    """A note whose signature or form is wrong; what it says of the log is compared all the same."""
    yield wrong(FindingCode.CHECKPOINT_BAD, subject, f"not a checkpoint of this archive: {why}")
    with contextlib.suppress(ValueError):
        claimed = parse_text(parse_note(note).text)
        yield from _history(claimed.size, claimed.root, subject, known)


def _judged(opened: Opened, size: int, subject: str, known: Known) -> Iterator[Finding]:
    checkpoint = opened.checkpoint
    if checkpoint.origin != known.origin:
        yield wrong(FindingCode.CHECKPOINT_BAD, subject, f"it is of another log: {checkpoint.origin}")
        return
    if checkpoint.size != size:
        yield wrong(FindingCode.CHECKPOINT_BAD, subject, f"it is of {checkpoint.size} records, its name says {size}")
    yield from _history(checkpoint.size, checkpoint.root, subject, known)
    signers = [row for row in known.keys if row.public_key in opened.by]
    if signers and all(row.retired_at is not None and checkpoint.size > row.leaf for row in signers):
        message = f"signed by {signers[0].name}, which was retired by record {signers[0].leaf}"
        yield wrong(FindingCode.CHECKPOINT_RETIRED_KEY, subject, message)


def _history(size: int, root: bytes, subject: str, known: Known, *, doubt: str = "") -> Iterator[Finding]:
    """Whether the log of that size had that root."""
    if size > known.size:
        yield wrong(
            FindingCode.LOG_CUT,
            subject,
            f"the log had {size} records when this checkpoint was made and has {known.size} now: records were removed",
        )
    elif size not in known.past:
        yield wrong(
            FindingCode.LOG_GAP, subject, f"the leaves do not reach to {size} records any more: some are missing"
        )
    elif known.past[size].root != root:
        yield wrong(
            FindingCode.LOG_REWRITTEN,
            subject,
            f"the first {size} records of the log are not those it had when this checkpoint was made: something among "
            f"them was removed, added, altered, dated back or put in another order{doubt}",
        )


def _times(opened: Opened, before: Checkpoint | None, subject: str, known: Known) -> Iterator[Finding]:
    time, past = opened.checkpoint.time, known.past.get(opened.checkpoint.size)
    if time is None:
        yield odd(FindingCode.CHECKPOINT_TIME, subject, "it does not say when it was made")
        return
    if before is not None and known.is_dated_before(opened.checkpoint, before):
        yield odd(FindingCode.CHECKPOINT_TIME, subject, f"it was made {time:%Y-%m-%d %H:%M} UTC, before a smaller one")
    if past is not None and time.date().isoformat() < past.last_day:
        yield odd(
            FindingCode.CHECKPOINT_TIME,
            subject,
            f"it was made {time:%Y-%m-%d}, before its last record of {past.last_day}",
        )


def _keys_list(folder: Path, known: Known) -> Iterator[Finding]:
    path = folder / NOTES / KEYS
    try:
        kept = path.read_bytes() if path.exists() else b""
    except OSError as error:
        yield wrong(FindingCode.KEYS_DIFFER, f"{NOTES}/{KEYS}", f"cannot be read: {error.strerror or error}")
        return
    wanted = keys_text((known.origin, row.public_key) for row in known.keys)
    ours, theirs = set(wanted.splitlines()), set(kept.splitlines())
    if ours != theirs:
        weigh = odd if theirs < ours else wrong
        yield weigh(FindingCode.KEYS_DIFFER, f"{NOTES}/{KEYS}", "these are not the keys that the log holds")


def _witnessed(subject: str, witness: Witness, known: Known) -> Iterator[Finding]:
    if witness.origin not in (None, known.origin):
        yield wrong(
            FindingCode.SINCE_ANOTHER_LOG,
            subject,
            f"this checkpoint is of {witness.origin}, and this archive's log is {known.origin}: it is of another "
            "archive, or this is not the archive it says to be",
        )
        return
    doubt = "" if witness.checked else "; or it was copied wrongly, since no check digits came along"
    yield from _history(witness.size, witness.root, subject, known, doubt=doubt)
    if witness.note is None:
        if witness.origin is not None:
            yield told(
                FindingCode.SINCE_UNSIGNED, subject, "its signature did not come along; size and root were compared"
            )
        return
    try:
        open_note(witness.note.octets, known.verifiers)
    except ValueError as error:
        weigh = wrong if isinstance(error, WrongSignatureError) else odd
        yield weigh(FindingCode.SINCE_SIGNATURE, subject, f"{error}; if its key is on paper too: --key VERIFIER-KEY")
