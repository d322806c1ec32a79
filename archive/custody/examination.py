"""The full check of a custody log: goes on after what it finds, and says all of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING

from archive.codec.record_codec import digests_in
from archive.codec.stand_ins import StandIn
from archive.custody.head import HEAD_NAME, decode_head
from archive.custody.leaf import Pair, record_in
from archive.custody.merkle import Frontier, leaf_hashes
from archive.custody.openings import is_erased_line, spelled_at
from archive.custody.private import PRIVATE, Placed, lines_by_record, objects_of
from archive.custody.recovery import strangers
from archive.custody.segments import LEAVES, OPENINGS, Segment, pieces, segment_name
from archive.errors import CustodyError
from profiles.finding import Finding, Severity
from profiles.finding_codes import FindingCode

if TYPE_CHECKING:  # a log examines itself through this module
    from archive.custody.log import CustodyLog

SAID_PER_SEGMENT = 20
"""Records of one segment that are named one by one; a destroyed segment should not be said 65,536 times."""

_AT_ONCE = 4_096
"""Lines of each part in memory."""


def examine(log: CustodyLog) -> list[Finding]:
    """Everything wrong with ``log`` as it lies on disk; empty where it is whole.

    Checks each pair of lines against number and commitment, and the tree over all leaves against the head.
    """
    findings = list(_head_findings(log))
    frontier = Frontier()
    erased, stand_ins = _erased(log)
    for block in pieces(0, log.size, log.segment):
        frontier = _examine_block(log, block, frontier, findings, erased, stand_ins)
    if frontier != log.frontier:
        findings.append(
            _error(
                FindingCode.CUSTODY_ROOT,
                LEAVES,
                f"the {frontier.size} leaves have the root {frontier.root().hex()}, but the head acknowledges "
                f"{log.size} with the root {log.frontier.root().hex()}",
            )
        )
    findings.extend(_strangers(log))
    return findings


def _head_findings(log: CustodyLog) -> Iterator[Finding]:
    try:
        on_disk = decode_head((log.folder / HEAD_NAME).read_bytes())
    except (OSError, ValueError) as error:
        yield _error(FindingCode.CUSTODY_HEAD, HEAD_NAME, f"the head cannot be read: {error}")
        return
    if on_disk.size < log.size or (on_disk.size == log.size and on_disk != log.frontier):
        yield _error(
            FindingCode.CUSTODY_HEAD, HEAD_NAME, f"the head changed: {on_disk.size} records, it was {log.size}"
        )


def _erased(log: CustodyLog) -> tuple[Mapping[int, frozenset[int]], Mapping[int, StandIn]]:
    try:
        return log.erased(), log.stand_ins()
    except (CustodyError, OSError):  # a damaged log is told of line by line
        return {}, {}


def _examine_block(
    log: CustodyLog,
    block: Segment,
    frontier: Frontier,
    findings: list[Finding],
    erased: Mapping[int, frozenset[int]],
    stand_ins: Mapping[int, StandIn],
) -> Frontier:
    """Add what is wrong in one block to ``findings``; returns the tree with the leaves that are there."""
    lines = {part: _lines(log, part, block) for part in (LEAVES, OPENINGS)}
    held = dict.fromkeys(lines, 0)
    wrong: list[str] = []
    unfit: list[str] = []
    owed: list[str] = []
    private = _PrivateLines(log, block, erased)
    for first in range(block.first, block.end, _AT_ONCE):
        taken = {part: list(islice(lines[part], _AT_ONCE)) for part in lines}
        for part in taken:
            held[part] += len(taken[part])
        wrong.extend(_misfits(first, taken[LEAVES], taken[OPENINGS], stand_ins))
        owed.extend(_lying(first, taken[OPENINGS], stand_ins))
        unfit.extend(private.misfits(first, taken[OPENINGS]))
        frontier = frontier.extend(leaf_hashes(taken[LEAVES]))
    for part, count in held.items():
        if count < block.count:
            missing = f"{block.count - count} of {block.count} records are missing or torn"
            findings.append(_error(FindingCode.CUSTODY_MISSING, _subject(part, block), missing))
    findings.extend(_error(FindingCode.CUSTODY_RECORD, _subject(OPENINGS, block), message) for message in _some(wrong))
    unfit.extend(private.rest())
    findings.extend(_error(FindingCode.CUSTODY_PRIVATE, _subject(PRIVATE, block), message) for message in _some(unfit))
    for code, part, some in (
        (FindingCode.CUSTODY_PRIVATE, PRIVATE, private.owed),
        (FindingCode.CUSTODY_OWED, OPENINGS, owed),
    ):
        findings.extend(_owed(code, _subject(part, block), message) for message in _some(some))
    return frontier


def _some(messages: list[str]) -> list[str]:
    spare = len(messages) - SAID_PER_SEGMENT
    return messages if spare <= 0 else [*messages[:SAID_PER_SEGMENT], f"and {spare} more records"]


class _PrivateLines:
    """The private lines of one block, held against the digests in its records."""

    def __init__(self, log: CustodyLog, block: Segment, erased: Mapping[int, frozenset[int]]) -> None:
        self._log, self._block = log, block
        self._broken: str | None = None
        self._lines = self._readable()
        self._erased = erased
        self.owed: list[str] = []
        self._waiting = next(self._lines, None)

    def misfits(self, first: int, openings: list[bytes]) -> Iterator[str]:
        """What is wrong with the lines of the records that these openings hold, numbered from ``first``."""
        for n, opening in enumerate(openings, first):
            record = record_in(opening)
            held: list[Placed] = []
            if self._waiting is not None and self._waiting[0] == n:
                held = self._waiting[1]
                self._waiting = next(self._lines, None)
            yield from self._misfit(n, record, held)

    def rest(self) -> Iterator[str]:
        """Lines of records that this block does not have, and what ended the reading."""
        if self._waiting is not None:
            yield f"a line of record {self._waiting[0]} stands where it does not belong"
        if self._broken is not None:
            yield self._broken

    def _readable(self) -> Iterator[tuple[int, list[Placed]]]:
        """The lines up to the first that cannot be read, which is told; those behind it are missing.

        A growing file may hold lines above the head, which a crash left; a settled one holds those of its block alone.
        """
        file = self._log.private.file(self._block.first)
        growing = file is not None and file.count is None
        try:
            for n, held in lines_by_record(self._log.private.lines(self._block)):
                if growing and n >= self._block.end:
                    return
                yield n, held
        except (ValueError, OSError) as error:
            self._broken = f"it cannot be read to its end: {error}"

    def _misfit(self, n: int, record: bytes, held: list[Placed]) -> Iterator[str]:
        try:
            digests = digests_in(record)
            here = objects_of(record, held)
        except ValueError as error:
            yield f"record {n}: {error}"
            return
        gone = self._erased.get(n, frozenset())
        for i, digest in enumerate(digests):
            if digest is not None and i not in here and i not in gone:
                yield f"record {n}: its private line {i} is missing, and no erasure says why"
            if i in here and i in gone:
                self.owed.append(f"record {n}: its private line {i} was erased, and lies here all the same")


def _lines(log: CustodyLog, part: str, block: Segment) -> Iterator[bytes]:
    with suppress(CustodyError, OSError):  # what is not given is missing
        yield from log.lines(part, block)


def _misfits(first: int, leaves: list[bytes], openings: list[bytes], stand_ins: Mapping[int, StandIn]) -> Iterator[str]:
    """What is wrong with pairs of lines that are numbered from ``first``."""
    for n, pair in enumerate(map(Pair, leaves, openings), first):
        try:
            spelled_at(n, pair, stand_ins)
        except ValueError as error:
            yield f"record {n}: {error}"


def _lying(first: int, openings: list[bytes], stand_ins: Mapping[int, StandIn]) -> Iterator[str]:
    """Openings, numbered from ``first``, that were erased and lie here."""
    for n, opening in enumerate(openings, first) if stand_ins else ():
        if n in stand_ins and not is_erased_line(opening):
            yield f"record {n}: its opening was erased, and lies here all the same"


def _strangers(log: CustodyLog) -> Iterator[Finding]:
    private = (log.private.folder / name for name in log.private.strangers())
    for path in (*strangers(log.folder, size=log.size, segment=log.segment), *private):
        yield Finding(
            FindingCode.CUSTODY_STRANGER,
            Severity.WARNING,
            f"{path.parent.name}/{path.name}",
            "not a segment of this log",
            "DESIGN §7.5",
        )


def _subject(part: str, block: Segment) -> str:
    return f"{part}/{segment_name(block)}"


def _error(code: FindingCode, subject: str, message: str) -> Finding:
    return Finding(code, Severity.ERROR, subject, message, "DESIGN §7")


def _owed(code: FindingCode, subject: str, message: str) -> Finding:
    said = f"{message}; the next command that changes something takes it away"
    return Finding(code, Severity.WARNING, subject, said, "DESIGN §7.7")
