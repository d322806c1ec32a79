"""The records of the custody log about handing everything over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from archive.model.record import Octets, Record


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverPlannedRecord(Record):
    """Somebody means to hand everything over to a recipient."""

    kind: ClassVar[str] = "handover-planned"
    handover: str
    recipient: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverFrozenRecord(Record):
    """What a handover contains was fixed: every package sealed before log record ``log_size``.

    ``log_root`` is the root of the log's tree (RFC 6962) at that size. It is what the recipient must learn by another
    way than the disks.
    """

    kind: ClassVar[str] = "handover-frozen"
    handover: str
    log_size: int
    log_root: str
    packages: int
    files: int
    bytes: Octets


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverVolumeRecord(Record):
    """A volume of a handover was written and read back right; its ``SHA256SUMS`` has this digest.

    ``request`` is the approved request that allowed it, where one was needed.
    """

    kind: ClassVar[str] = "handover-volume"
    handover: str
    volume: int
    packages: int
    files: int
    bytes: Octets
    sha256sums_sha256: str
    request: str | None = None
