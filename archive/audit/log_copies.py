"""The copies of the custody log at the locations: the same history everywhere, and none behind without a word."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from archive.audit.checks import Check, odd, some, told, wrong
from archive.audit.witnesses import Known, note_findings
from archive.custody.copies import read_copy
from archive.custody.log import CustodyLog
from archive.custody.note_copies import KEYS_KEY, held_keys, held_notes, note_key, require_same
from archive.custody.notes import KEYS, NOTES, note_sizes, read_note
from archive.custody.openings import is_erased_line
from archive.custody.segments import LEAVES, OPENINGS, Segment
from archive.errors import CustodyError
from archive.progress import Progress
from archive.storage.location import Location
from profiles.finding import Finding
from profiles.finding_codes import FindingCode

_AT_ONCE = 4096  # records compared at a time


def check_copy(log: CustodyLog, location: Location, known: Known, *, progress: Progress) -> Check:
    """Every record and checkpoint of the copy at one location, held against the archive's own."""
    name = f"copy {location.name}"
    reason = location.offline()
    if reason is not None:
        return Check(name, 0, "not looked at", (told(FindingCode.LOCATION_OFFLINE, location.name, reason),))
    progress.stage(f"reading the log at {location.name}", total=log.size)
    findings: list[Finding] = []
    count, differing, first = 0, 0, -1
    try:
        for n, same in _compared(log, location, progress):
            count += 1
            if not same:
                differing += 1
                first = n if first < 0 else first
    except (CustodyError, OSError) as error:
        findings.append(wrong(FindingCode.COPY_BROKEN, location.name, str(error)))
    if differing:
        message = (
            f"{differing} records are not those of the archive's own log, the first is record {first}: two histories"
        )
        findings.append(wrong(FindingCode.COPY_DIFFERS, location.name, message))
    if not findings:
        if count < log.size:
            message = f"it holds {count} of {log.size} records; the next command that changes something brings the rest"
            findings.append(odd(FindingCode.COPY_BEHIND, location.name, message))
        elif count > log.size:
            message = f"it holds {count} records, the archive's own log only {log.size}: records were removed here"
            findings.append(wrong(FindingCode.LOG_CUT, location.name, message))
    findings += _notes(log, location, known)
    return Check(name, count, "records and checkpoints of this copy, against the archive's own", tuple(findings))


def _compared(log: CustodyLog, location: Location, progress: Progress) -> Iterator[tuple[int, bool]]:
    """Number of every record of the copy, and whether its lines are the own ones; those beyond the own end are."""
    copy = read_copy(location.backend, segment=log.segment, lawful=log.lawful)
    start = 0
    while batch := list(islice(copy, _AT_ONCE)):
        leaves, openings = (_own(log, part, start, len(batch)) for part in (LEAVES, OPENINGS))
        own = dict(zip(range(start, start + len(batch)), zip(leaves, openings, strict=False), strict=False))
        for n, leaf, opening in batch:
            yield n, n >= log.size or (n in own and _same(own[n], (leaf, opening)))
        start += len(batch)
        progress.advance(len(batch))


def _same(ours: tuple[bytes, bytes], theirs: tuple[bytes, bytes]) -> bool:
    """Whether two pairs of lines are of one history: one of them may have the opening erased."""
    one_erased = is_erased_line(ours[1]) or is_erased_line(theirs[1])
    return ours == theirs or (ours[0] == theirs[0] and one_erased)


def _own(log: CustodyLog, part: str, start: int, count: int) -> list[bytes]:
    lines: list[bytes] = []
    end = min(start + count, log.size)
    while start < end:
        stop = min(end, start - start % log.segment + log.segment)
        lines += log.lines(part, Segment(start, stop - start))
        start = stop
    return lines


def _notes(log: CustodyLog, location: Location, known: Known) -> Iterator[Finding]:
    own = set(note_sizes(log.folder))
    theirs = set()
    try:
        for size, note in held_notes(location.backend):
            theirs.add(size)
            subject = f"{location.name}: {note_key(size)}"
            if size not in own:
                yield wrong(
                    FindingCode.CHECKPOINT_STRANGER,
                    subject,
                    "the archive does not hold this checkpoint: it was lost here",
                )
                yield from note_findings(note, size, subject, known)
                continue
            yield from _same_note(read_note(log.folder, size), note, size, subject, known)
        keys = held_keys(location.backend)
    except (CustodyError, OSError) as error:
        yield wrong(FindingCode.COPY_BROKEN, location.name, str(error))
        return
    missing = [
        odd(FindingCode.CHECKPOINT_NOT_COPIED, location.name, f"no checkpoint of {n} records")
        for n in sorted(own - theirs)
    ]
    yield from some(missing, what="checkpoints")
    path = log.folder / NOTES / KEYS
    ours, there = (set((text or b"").splitlines()) for text in (path.read_bytes() if path.exists() else b"", keys))
    if there != ours:
        weigh = odd if there < ours else wrong
        yield weigh(FindingCode.KEYS_DIFFER, f"{location.name}: {KEYS_KEY}", "not the archive's own list of keys")


def _same_note(ours: bytes, theirs: bytes, size: int, subject: str, known: Known) -> Iterator[Finding]:
    if ours == theirs:
        return
    try:
        require_same(ours, theirs, note_key(size))
    except CustodyError as error:
        yield wrong(FindingCode.CHECKPOINT_FORK, subject, str(error))
    yield from note_findings(theirs, size, subject, known)
