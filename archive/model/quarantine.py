"""Why files are kept apart, and what a person may decide about them (DESIGN §2)."""

from __future__ import annotations

from enum import StrEnum


class QuarantineReason(StrEnum):
    """Why files were set apart, said so that it tells nothing about anybody."""

    INFECTED = "infected"
    """A scanner found malware in one of the files of an item."""
    WITHOUT_ROW = "without-row"
    """No row of the producer's table speaks of the file, and it was agreed to keep such files apart."""


class QuarantineDecision(StrEnum):
    """What a person decides about a quarantined package."""

    KEEP = "keep"
    """It stays in quarantine for good, as evidence."""
    RELEASE = "release"
    """Its content is held as an ordinary package from now on."""
    REJECT = "reject"
    """It is no evidence; its bytes are kept all the same."""

    @property
    def is_final(self) -> bool:
        """Whether nothing else can be decided any more: what was released is held in the open."""
        return self is QuarantineDecision.RELEASE
