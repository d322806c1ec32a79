"""The records of the custody log about what leaves the archive: handing everything over, and releasing parts of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from archive.model.record import Octets, PrivateRecord, own


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverPlannedRecord(PrivateRecord):
    """Somebody means to hand everything over to a recipient."""

    kind: ClassVar[str] = "handover-planned"
    v: int = 2
    handover: str
    recipient: str | None = own()


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverFrozenRecord(PrivateRecord):
    """What a handover contains was fixed: every package sealed before log record ``log_size``.

    ``log_root`` is the root of the log's tree (RFC 6962) at that size. It is what the recipient must learn by another
    way than the disks.
    """

    kind: ClassVar[str] = "handover-frozen"
    v: int = 2
    handover: str
    log_size: int
    log_root: str
    packages: int
    files: int
    bytes: Octets


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverVolumeRecord(PrivateRecord):
    """A volume of a handover was written and read back right; its ``SHA256SUMS`` has this digest.

    ``request`` is the approved request that allowed it, where one was needed. ``withheld`` counts the private lines
    that are not on it, and ``withheld_sha256`` is the digest of the file that names them; None where none is withheld.
    """

    kind: ClassVar[str] = "handover-volume"
    v: int = 2
    handover: str
    volume: int
    packages: int
    files: int
    bytes: Octets
    sha256sums_sha256: str
    request: str | None = None
    withheld: int = 0
    withheld_sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Selected:
    """A file that was found when parts of the archive were asked for: what was decided about it, and why.

    ``salt`` (32 octets, base64) keeps its line in the tree of the selection from being guessed.
    """

    file: str
    decision: str
    reason_class: str
    salt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectionRecord(PrivateRecord):
    """Parts of the archive were chosen for somebody, from all that a query found in the log as it was at ``log_size``.

    ``root`` is that of a tree (RFC 6962) over one salted line for each file found, ``count`` of them; the lines are
    private lines of this record, so that a rebuild reads them. ``query_sha256`` is the digest of ``{"query","salt"}``
    (RFC 8785), both of them private; ``withheld`` and ``withheld_sha256`` are of the file that names what a volume does
    not hold.
    """

    kind: ClassVar[str] = "selection"
    selection: str
    request: str | None
    log_size: int
    query_sha256: str
    root: str
    count: int
    withheld: int
    withheld_sha256: str | None
    query: str | None = own()
    query_salt: str | None = own()
    found: tuple[Selected, ...] = own(default=())


HANDOVER_KINDS: tuple[type[PrivateRecord], ...] = (
    HandoverPlannedRecord,
    HandoverFrozenRecord,
    HandoverVolumeRecord,
    SelectionRecord,
)
"""The kinds of this file."""
