"""What a look at stored bytes can end with (DESIGN §9)."""

from __future__ import annotations

from enum import StrEnum


class FixityOutcome(StrEnum):
    """The result of checking one file of one replica; never an exception."""

    OK = "ok"
    ALTERED = "altered"
    MISSING = "missing"
    EXTRA = "extra"
    UNREADABLE = "unreadable"
    OFFLINE = "offline"
    NOT_CHECKED = "not-checked"
    TOOL_ERROR = "tool-error"


DAMAGE = frozenset({FixityOutcome.ALTERED, FixityOutcome.MISSING, FixityOutcome.EXTRA, FixityOutcome.UNREADABLE})
"""Outcomes that mean a replica is not what was sealed."""
