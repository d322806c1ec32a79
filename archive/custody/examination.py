"""The full check of a custody log: goes on after what it finds, and says all of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from archive.custody.head import HEAD_NAME, decode_head
from archive.custody.leaf import Pair, committed_record
from archive.custody.merkle import Frontier, leaf_hashes
from archive.custody.recovery import strangers
from archive.custody.segments import LEAVES, OPENINGS, Segment, pieces, segment_name
from archive.errors import CustodyError
from profiles.finding import Finding, Severity

if TYPE_CHECKING:  # a log examines itself through this module
    from archive.custody.log import CustodyLog

SAID_PER_SEGMENT = 20
"""Records of one segment that are named one by one; a destroyed segment should not be said 65,536 times."""


def examine(log: CustodyLog) -> list[Finding]:
    """Everything wrong with ``log`` as it lies on disk; empty where it is whole.

    Checks each pair of lines against number and commitment, and the tree over all leaves against the head.
    """
    findings = list(_head_findings(log))
    frontier = Frontier()
    for block in pieces(0, log.size, log.segment):
        leaves = _lines(log, LEAVES, block)
        openings = _lines(log, OPENINGS, block)
        findings.extend(_block_findings(block, leaves, openings))
        frontier = frontier.extend(leaf_hashes(leaves))
    if frontier != log.frontier:
        findings.append(
            _error(
                "custody-root",
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
        yield _error("custody-head", HEAD_NAME, f"the head cannot be read: {error}")
        return
    if on_disk.size < log.size or (on_disk.size == log.size and on_disk != log.frontier):
        yield _error("custody-head", HEAD_NAME, f"the head changed: {on_disk.size} records, it was {log.size}")


def _lines(log: CustodyLog, part: str, block: Segment) -> list[bytes]:
    try:
        return list(log.lines(part, block))
    except (CustodyError, OSError):
        return []


def _block_findings(block: Segment, leaves: list[bytes], openings: list[bytes]) -> Iterator[Finding]:
    said = 0
    for part, lines in ((LEAVES, leaves), (OPENINGS, openings)):
        if len(lines) < block.count:
            yield _error(
                "custody-missing",
                _subject(part, block),
                f"{block.count - len(lines)} of {block.count} records are missing or torn",
            )
    for n, pair in enumerate(map(Pair, leaves, openings), block.first):
        try:
            committed_record(n, pair)
        except ValueError as error:
            said += 1
            if said <= SAID_PER_SEGMENT:
                yield _error("custody-record", _subject(OPENINGS, block), f"record {n}: {error}")
    if said > SAID_PER_SEGMENT:
        yield _error("custody-record", _subject(OPENINGS, block), f"and {said - SAID_PER_SEGMENT} more records")


def _strangers(log: CustodyLog) -> Iterator[Finding]:
    for path in strangers(log.folder, size=log.size, segment=log.segment):
        yield Finding(
            "custody-stranger",
            Severity.WARNING,
            f"{path.parent.name}/{path.name}",
            "not a segment of this log",
            "DESIGN §7.5",
        )


def _subject(part: str, block: Segment) -> str:
    return f"{part}/{segment_name(block)}"


def _error(code: str, subject: str, message: str) -> Finding:
    return Finding(code, Severity.ERROR, subject, message, "DESIGN §7")
