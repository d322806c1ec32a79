"""What every record of the custody log has in common; the kinds are in ``records``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, NewType

Octets = NewType("Octets", int)
"""A size or a count of nanoseconds; a decimal string in records."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What every record says: when, who, on which machine, with which version of this program, and why.

    ``clock`` says what ``time`` was worth: where it came from, and by how much it was behind the log where it ran
    backwards (``archive.clock``). Records are in the order of their numbers, never of their times. ``actor`` and
    ``machine`` are codes, never a person's name. ``reason`` may be empty where the kind says it all.
    """

    kind: ClassVar[str]
    v: int = 1
    time: datetime
    clock: str = "not stated"
    actor: str
    machine: str
    version: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Unread:
    """What the log's reader gives in the place of a record that this program cannot read.

    ``code`` is a word of ``archive.model.remarks``, ``why`` says it in words without private content.
    """

    kind: str
    v: int
    code: str
    why: str
