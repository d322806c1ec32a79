"""The records of the custody log about malware and quarantine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from archive.model.identifiers import PackageId
from archive.model.malware import FileScan, MalwareOutcome
from archive.model.quarantine import QuarantineDecision, QuarantineReason
from archive.model.record import Octets, Record


@dataclass(frozen=True, slots=True, kw_only=True)
class MalwareRecord(Record):
    """What a malware scanner said of the delivered files of a package, at ingest and whenever it is asked again.

    ``outcome`` and ``detail`` hold for every file that ``files`` does not name. ``scanner`` and ``signatures`` are the
    versions of program and knowledge, None where there was no scanner. A later record about the same package supersedes
    this one, and takes nothing from it.
    """

    kind: ClassVar[str] = "malware"
    aip: PackageId
    scanner: str | None
    signatures: str | None
    outcome: MalwareOutcome
    detail: str | None
    files: tuple[FileScan, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineKeyRecord(Record):
    """From here on what is quarantined is encrypted to this public key (an age X25519 recipient).

    The other half stands in no record. What was encrypted to an earlier key stays so.
    """

    kind: ClassVar[str] = "quarantine-key"
    recipient: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineRecord(Record):
    """Delivered files were set apart: sealed as the package ``content``, which lies encrypted inside ``aip``.

    The fields that begin with ``content_`` are what a ``seal`` record says, of the package inside. ``threats`` are the
    scanner's names for what it found; ``recipient`` is the public key that the content is encrypted to.
    """

    kind: ClassVar[str] = "quarantine"
    aip: PackageId
    why: QuarantineReason
    threats: tuple[str, ...]
    recipient: str
    content: PackageId
    content_files: int
    content_bytes: Octets
    content_tag_files: int
    content_tagmanifest_sha256: str
    content_manifest_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineDecisionRecord(Record):
    """A person decided what becomes of a quarantined package; ``reason`` says why. A later decision supersedes it.

    Of a release and of a rejection the receipts that come with this record tell, file by file.
    """

    kind: ClassVar[str] = "quarantine-decision"
    aip: PackageId
    decision: QuarantineDecision


QUARANTINE_KINDS: tuple[type[Record], ...] = (
    MalwareRecord,
    QuarantineKeyRecord,
    QuarantineRecord,
    QuarantineDecisionRecord,
)
"""The kinds of this file."""
