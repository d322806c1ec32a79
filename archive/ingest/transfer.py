"""The hand-over of a delivery: what a person says of it, held against what was said before."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime
from pathlib import Path

from archive.errors import ArchiveError, UsageError
from archive.model.digests import sha256_hex
from archive.model.moments import format_moment
from archive.model.names import shown
from archive.model.transfer import SealState, Transfer
from archive.storage.mounts import mount_under
from archive.storage.reading import open_quietly
from profiles.finding import Finding, Severity
from profiles.finding_codes import FindingCode

_CODE = re.compile(r"[^\W_][\w.+-]{0,63}")
_LONGEST = 200
_LARGEST_NOTE = 64 * 1024 * 1024

LABELS = {
    "medium": "the medium",
    "seal": "the seal",
    "seal_state": "how the seal was found",
    "handed_over_by": "who handed it over",
    "received_by": "who received it",
    "handed_over_at": "when it was handed over",
    "note_name": "the name of the hand-over note",
    "note_sha256": "the hand-over note",
}


@dataclass(frozen=True, slots=True)
class Note:
    """A hand-over note as given."""

    name: bytes
    octets: bytes


def said_transfer(
    *,
    now: datetime,
    medium: str | None = None,
    seal: str | None = None,
    seal_state: str | None = None,
    handed_over_by: str | None = None,
    received_by: str | None = None,
    handed_over_at: str | None = None,
    note: Note | None = None,
) -> Transfer | None:
    """What a person says of a hand-over; None where nothing. Raises UsageError for what cannot be so."""
    said = Transfer(
        medium=_line("--medium", medium),
        seal=_line("--seal", seal),
        seal_state=None if seal_state is None else SealState(seal_state),
        handed_over_by=_code("--handed-over-by", handed_over_by),
        received_by=_code("--received-by", received_by),
        handed_over_at=None if handed_over_at is None else _time(handed_over_at, now=now),
        note_name=None if note is None else note.name,
        note_sha256=None if note is None else sha256_hex(note.octets),
    )
    return None if said == Transfer() else said


def read_note(path: Path) -> Note:
    """The note in the file ``path``; UsageError or ArchiveError, saying what to do, where it cannot be had."""
    try:
        with open_quietly(Path(os.path.realpath(path))) as file:
            octets = b"".join(iter(lambda: file.read(1 << 20), b""))
    except FileNotFoundError:
        raise UsageError(f"there is no hand-over note {path}") from None
    except OSError as error:
        raise ArchiveError(f"{path}: cannot be read: {error.strerror or error}") from error
    if len(octets) > _LARGEST_NOTE:
        raise UsageError(f"{path} is too large for a hand-over note", hint="put it into the delivered folder instead")
    return Note(os.fsencode(path.name), octets)


def joined(known: Transfer | None, said: Transfer | None, *, of: str) -> Transfer | None:
    """What is known now; None where nothing was said that was not known. UsageError where the two contradict."""
    if said is None or known == said:
        return None
    if known is None:
        return said
    news = {field.name: value for field in fields(said) if (value := getattr(said, field.name)) is not None}
    for name, value in news.items():
        before = getattr(known, name)
        if before is not None and before != value:
            told = (shown(word) if isinstance(word, bytes) else str(word) for word in (before, value))
            raise UsageError(
                "{}: {} was recorded as '{}' and is now said to be '{}'".format(of, LABELS[name], *told),
                hint="what was recorded first stands: leave the option out; another medium of the same accession is "
                "mounted at another place and given with --accession ID; --accession new receives all anew",
            )
    after = replace(known, **news)
    return None if after == known else after


def transfer_findings(transfers: Iterable[Transfer], source: Path) -> Iterator[Finding]:
    """What a person should know of how a delivery came; ``source`` is where it lies now."""
    known = list(transfers)
    for one in known:
        if one.seal_state not in (None, SealState.INTACT):
            message = (
                f"the seal was found {one.seal_state}; what was delivered is received as it is, and this is recorded"
            )
            yield Finding(FindingCode.SEAL_NOT_INTACT, Severity.WARNING, one.seal or one.medium or "the seal", message)
    mount = mount_under(source) if known else None
    if mount is not None and mount.writable:
        message = (
            f"{shown(mount.device)} is mounted for reading and writing; the archive only reads, and another program "
            "might not: a write blocker, or mounting it with the option ro, shuts that out"
        )
        yield Finding(FindingCode.MEDIUM_WRITABLE, Severity.INFO, shown(mount.place), message)


def _line(option: str, text: str | None) -> str | None:
    if text is None:
        return None
    if not text.strip() or len(text) > _LONGEST or shown(text) != text:
        raise UsageError(f"{option}: give one line of up to {_LONGEST} characters that can be seen")
    return text.strip()


def _code(option: str, code: str | None) -> str | None:
    if code is None or _CODE.fullmatch(code):
        return code
    raise UsageError(
        f"{option}: '{code}' is no code",
        hint="a code stands for a person and is no name, such as K-07; letters, digits, '.', '-'",
    )


def _time(text: str, *, now: datetime) -> str:
    """A day as it was said, or a moment in UTC."""
    try:
        if len(text) == len("2026-11-22"):
            day = date.fromisoformat(text)
            moment, said = datetime(day.year, day.month, day.day, tzinfo=UTC), day.isoformat()
        else:
            moment = datetime.fromisoformat(text)
            said = format_moment(moment)
    except ValueError:
        raise UsageError(
            f"--handed-over-at: '{text}' is no time with its zone", hint="such as 2026-11-20, or 2026-11-20T14:05+01:00"
        ) from None
    if moment > now:
        raise UsageError(f"--handed-over-at: {text} has not come yet", hint="is the clock of this computer right?")
    return said
