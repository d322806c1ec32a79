"""The records of the custody log about what files are: formats, risks, malware, quarantine, and assessments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from archive.model.formats import FileFormat, Tool
from archive.model.identifiers import FileId, PackageId
from archive.model.malware import FileScan, MalwareOutcome
from archive.model.quarantine import QuarantineDecision, QuarantineReason
from archive.model.record import Octets, PrivateRecord, each_file, own
from archive.model.risk import RatedFormat


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentificationRecord(PrivateRecord):
    """What every file of a package is, told by ``tools`` from the bytes: at sealing, and whenever it is asked again.

    ``formats`` names each PUID once; ``said`` quotes the tools, by file, where a person should look. A later record
    about the same package supersedes this one, and takes nothing from it.
    """

    kind: ClassVar[str] = "identification"
    v: int = 2
    package: PackageId
    tools: tuple[Tool, ...]
    formats: dict[str, str]
    files: tuple[FileFormat, ...]
    said: dict[str, str] | None = own(default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class FormatDecisionRecord(PrivateRecord):
    """A person decided what a file is, or (``puid`` None) that it shall count as unknown; ``reason`` says why."""

    kind: ClassVar[str] = "format-decision"
    v: int = 2
    file: FileId
    puid: str | None
    name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignaturesRecord(PrivateRecord):
    """From here on ``tool`` uses this signature file, kept under its digest; None for what comes with the tool.

    ``part`` says which of the tool's files: ``signatures`` of siegfried, ``formats`` and ``containers`` of FIDO;
    ``release`` which edition of PRONOM it holds; ``file_name`` what it was called where it was read from.
    """

    kind: ClassVar[str] = "signatures"
    v: int = 2
    tool: str
    part: str
    release: str
    sha256: str | None
    file_name: str | None = own()


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskTableRecord(PrivateRecord):
    """From here on formats are as much at risk as this table says.

    It takes the place of the table before it of the same ``form``, ``published`` or ``own``; ``date`` is the day of its
    newest entry. ``name`` and ``sha256`` are of the file it was read from; the entries are all that is used of it.
    """

    kind: ClassVar[str] = "risk-table"
    v: int = 2
    form: str
    sha256: str
    date: str
    entries: tuple[RatedFormat, ...]
    name: str | None = own()


@dataclass(frozen=True, slots=True, kw_only=True)
class MalwareRecord(PrivateRecord):
    """What a malware scanner said of the delivered files of a package, at ingest and whenever it is asked again.

    ``outcome`` and ``detail`` hold for every file that ``files`` does not name. ``scanner`` and ``signatures`` are the
    versions of program and knowledge, None where there was no scanner. A later record about the same package supersedes
    this one, and takes nothing from it.
    """

    kind: ClassVar[str] = "malware"
    v: int = 2
    package: PackageId
    scanner: str | None
    signatures: str | None
    outcome: MalwareOutcome
    detail: str | None = own()
    files: tuple[FileScan, ...] = each_file()


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineKeyRecord(PrivateRecord):
    """From here on what is quarantined is encrypted to this public key (an age X25519 recipient).

    The other half stands in no record. What was encrypted to an earlier key stays so.
    """

    kind: ClassVar[str] = "quarantine-key"
    v: int = 2
    recipient: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineRecord(PrivateRecord):
    """Delivered files were set apart: sealed as the package ``content``, which lies encrypted inside ``package``.

    The fields that begin with ``content_`` are what a ``seal`` record says, of the package inside. ``threats`` are the
    scanner's names for what it found; ``recipient`` is the public key that the content is encrypted to.
    """

    kind: ClassVar[str] = "quarantine"
    v: int = 2
    package: PackageId
    why: QuarantineReason
    threats: tuple[str, ...] = own(default=())
    recipient: str
    content: PackageId
    content_files: int
    content_bytes: Octets
    content_tag_files: int
    content_tagmanifest_sha256: str
    content_manifest_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineDecisionRecord(PrivateRecord):
    """A person decided what becomes of a quarantined package; ``reason`` says why. A later decision supersedes it.

    Of a release and of a rejection the receipts that come with this record tell, file by file.
    """

    kind: ClassVar[str] = "quarantine-decision"
    v: int = 2
    package: PackageId
    decision: QuarantineDecision


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessmentRecord(PrivateRecord):
    """Somebody examined a piece of evidence, by some ``method``, with some ``outcome``, and says how sure they are.

    ``files`` are what was examined. A later record of the same ``assessment`` corrects this one, and says why.
    ``happened`` is the day (ISO 8601) on which it was examined, ``by`` the code of who did it.
    """

    kind: ClassVar[str] = "assessment"
    assessment: str
    files: tuple[FileId, ...]
    by: str | None = own()
    happened: str | None = own()
    method: str | None = own()
    outcome: str | None = own()
    confidence: str | None = own()


KNOWLEDGE_KINDS: tuple[type[PrivateRecord], ...] = (
    IdentificationRecord,
    FormatDecisionRecord,
    SignaturesRecord,
    RiskTableRecord,
    MalwareRecord,
    QuarantineKeyRecord,
    QuarantineRecord,
    QuarantineDecisionRecord,
    AssessmentRecord,
)
"""The kinds of this file."""
