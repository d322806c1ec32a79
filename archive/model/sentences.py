"""The one place that reads sentences: those of 0.1 that stand in sealed papers and in records, and cannot change.

Nothing else finds out from a message or a reason what happened: findings carry ``data``, scans a ``why``. The patterns
here are part of the format; what writes these sentences must go on writing them so, where it still does.
"""

from __future__ import annotations

import re
from dataclasses import replace

from archive.model.malware import Unchecked
from profiles.finding import Finding
from profiles.finding_codes import FindingCode

_PACKAGE = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_MORE = re.compile(r"([0-9,]+) more; (.+)", re.DOTALL)
_BEHIND = re.compile(r"; behind the log by ([0-9]+) s\Z")
_UNCHECKED = (
    (re.compile(r"larger than [0-9]+ octets\Z"), Unchecked.OVER_OUR_LIMIT),
    (re.compile(r"larger than"), Unchecked.OVER_ITS_LIMIT),
    (re.compile(r"beyond the scanner's limits"), Unchecked.BEYOND_ITS_LIMITS),
    (re.compile(r"encrypted"), Unchecked.ENCRYPTED),
)


def with_data(finding: Finding) -> Finding:
    """A finding as it was sealed or written down; one of 0.1 with the data that only its sentence holds.

    ``quarantined``: ``package``, where the files lie. One that stands for others that were cut: ``more``, how many, and
    ``where`` they are told.
    """
    if finding.data:
        return finding
    more = None if finding.subject else _MORE.fullmatch(finding.message)
    if more is not None:
        return replace(finding, data={"more": more[1].replace(",", ""), "where": more[2]})
    package = _PACKAGE.search(finding.message) if finding.code == FindingCode.QUARANTINED else None
    return finding if package is None else replace(finding, data={"package": package[0]})


def behind_the_log(clock: str) -> int | None:
    """By how many seconds a clock was behind the log, by the ``clock`` of a record; None where it was not."""
    found = _BEHIND.search(clock)
    return None if found is None else int(found[1])


def why_unchecked(reason: str) -> Unchecked | None:
    """Why a file was not checked for malware, by the reason in its record; None where asking again may help."""
    return next((why for spelled, why in _UNCHECKED if spelled.match(reason)), None)
