"""The full check of a custody log: goes on after what it finds, and says all of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING

from archive.custody.head import HEAD_NAME, decode_head
from archive.custody.leaf import Pair, committed_record
from archive.custody.merkle import Frontier, leaf_hashes
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
    for block in pieces(0, log.size, log.segment):
        frontier = _examine_block(log, block, frontier, findings)
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


def _examine_block(log: CustodyLog, block: Segment, frontier: Frontier, findings: list[Finding]) -> Frontier:
    """Add what is wrong in one block to ``findings``; returns the tree with the leaves that are there."""
    lines = {part: _lines(log, part, block) for part in (LEAVES, OPENINGS)}
    held = dict.fromkeys(lines, 0)
    wrong: list[str] = []
    for first in range(block.first, block.end, _AT_ONCE):
        taken = {part: list(islice(lines[part], _AT_ONCE)) for part in lines}
        for part in taken:
            held[part] += len(taken[part])
        wrong.extend(_misfits(first, taken[LEAVES], taken[OPENINGS]))
        frontier = frontier.extend(leaf_hashes(taken[LEAVES]))
    for part, count in held.items():
        if count < block.count:
            missing = f"{block.count - count} of {block.count} records are missing or torn"
            findings.append(_error(FindingCode.CUSTODY_MISSING, _subject(part, block), missing))
    if len(wrong) > SAID_PER_SEGMENT:
        wrong[SAID_PER_SEGMENT:] = [f"and {len(wrong) - SAID_PER_SEGMENT} more records"]
    findings.extend(_error(FindingCode.CUSTODY_RECORD, _subject(OPENINGS, block), message) for message in wrong)
    return frontier


def _lines(log: CustodyLog, part: str, block: Segment) -> Iterator[bytes]:
    with suppress(CustodyError, OSError):  # what is not given is missing
        yield from log.lines(part, block)


def _misfits(first: int, leaves: list[bytes], openings: list[bytes]) -> Iterator[str]:
    """What is wrong with pairs of lines that are numbered from ``first``."""
    for n, pair in enumerate(map(Pair, leaves, openings), first):
        try:
            committed_record(n, pair)
        except ValueError as error:
            yield f"record {n}: {error}"


def _strangers(log: CustodyLog) -> Iterator[Finding]:
    for path in strangers(log.folder, size=log.size, segment=log.segment):
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
