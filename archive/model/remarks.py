"""Why a record of the custody log took no effect: words of the ``remark`` rows, and codes of findings."""

from __future__ import annotations

from enum import StrEnum


class RemarkCode(StrEnum):
    """What is wrong with a record that is in the log and took no effect."""

    CONTRADICTS = "record-contradicts"
    """It says what cannot be beside what stands before it."""
    NEWER = "record-newer"
    """A newer program wrote it, and said so beforehand: nothing is wrong but our age."""
    UNANNOUNCED = "record-unannounced"
    """No program said beforehand that it writes such records."""
    MALFORMED = "record-malformed"
    """It is not spelled as records of its kind are."""
