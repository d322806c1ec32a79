"""The records of the custody log about the log itself, and about who was told (DESIGN §7.3, §7.7, §7.8)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from archive.model.identifiers import IncidentId
from archive.model.record import PrivateRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramRecord(PrivateRecord):
    """From here on another program writes the log: what it is, and which records it may write.

    ``kinds`` are those records, each as ``kind/version``; this field, ``kind`` and ``v`` keep their meaning in every
    later version. ``build_sha256`` is the digest of the program's own files, ``commit`` its revision where that is
    known. ``verifiers`` are the SHA-256 of the programs that go to locations and volumes, by name.
    """

    kind: ClassVar[str] = "program"
    kinds: tuple[str, ...]
    commit: str | None
    build_sha256: str
    python: str
    system: str
    openssl: str
    dependencies: dict[str, str]
    verifiers: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAsideRecord(PrivateRecord):
    """Two persons looked at a record with a finding: it stays in the log, has no effect, and stops nothing any more.

    ``number`` and ``commitment`` say which record; ``request`` is theirs.
    """

    kind: ClassVar[str] = "set-aside"
    number: int
    commitment: str
    request: str


@dataclass(frozen=True, slots=True, order=True)
class ErasedLine:
    """One private line: of record ``n``, the one at place ``i``."""

    n: int
    i: int


@dataclass(frozen=True, slots=True, order=True)
class ErasedOpening:
    """The opening of record ``n`` of the first form, and what of it stays: identifiers and outcome, by field."""

    n: int
    kind: str
    v: int
    kept: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureRecord(PrivateRecord):
    """Two persons agreed that these private lines and openings go, wherever they lie; the leaves stay."""

    kind: ClassVar[str] = "erasure"
    request: str
    lines: tuple[ErasedLine, ...]
    openings: tuple[ErasedOpening, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockRecord(PrivateRecord):
    """Time falls: this record's ``time`` is the clock's word, ``last`` that of the record before it.

    ``stamped`` and ``cosigned`` are the latest moments that authorities and cosigners vouch for. Two persons close
    ``incident``.
    """

    kind: ClassVar[str] = "clock"
    incident: IncidentId
    last: datetime
    stamped: datetime | None
    cosigned: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeRecord(PrivateRecord):
    """An approver was told of a request: by code, and on which way (``shown``, ``mail`` ...)."""

    kind: ClassVar[str] = "notice"
    request: str
    approver: str
    way: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TimestampRecord(PrivateRecord):
    """A time-stamp over the checkpoint of ``size`` records arrived from an authority, and was right.

    ``stamped`` is the time the authority says, ``expires`` when the first certificate of its chain ends, ``sha256``
    the digest of the whole response. So a later checkpoint covers the token too, and with it a later token does.
    """

    kind: ClassVar[str] = "timestamp"
    v: int = 2
    size: int
    authority: str
    stamped: datetime
    expires: datetime
    sha256: str


LOG_KINDS: tuple[type[PrivateRecord], ...] = (
    ProgramRecord,
    SetAsideRecord,
    ErasureRecord,
    ClockRecord,
    NoticeRecord,
    TimestampRecord,
)
"""The kinds of this file."""
