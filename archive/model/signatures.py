"""What a look at a signature or a time-stamp can end with (DESIGN §9)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class SignatureOutcome(StrEnum):
    """The result of checking one signature; never an exception."""

    VALID = "valid"
    INVALID = "invalid"
    UNVERIFIABLE = "unverifiable"


@dataclass(frozen=True, slots=True)
class SignatureJudgement:
    """An outcome with its reason in words, and the moment that a time-stamp claims where one could be read."""

    outcome: SignatureOutcome
    reason: str
    time: datetime | None = None
