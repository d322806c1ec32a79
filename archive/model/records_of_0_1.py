"""The records of release 0.1, the first version of each kind: they are read for ever and written no more.

What their fields mean stands at the version that took their place. Field types decide the spelling on disk
(``archive.canonical``): ``Octets`` becomes a decimal string because it may pass 2^53-1, ``bytes`` become base64, a
moment has six decimals.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from archive.model.acts import ActV1, AgentRole, HoldScope
from archive.model.fixity import FixityOutcome
from archive.model.formats import FileFormat, Tool
from archive.model.identifiers import AccessionId, FileId, GroupId, IncidentId, ItemId, PackageId
from archive.model.malware import FileScan, MalwareOutcome
from archive.model.packages import Outcome, PackageKind
from archive.model.quarantine import QuarantineDecision, QuarantineReason
from archive.model.record import Octets, Record
from archive.model.risk import RatedFormat
from archive.model.transfer import SealState


@dataclass(frozen=True, slots=True, kw_only=True)
class LocationV1(Record):
    """A storage location was added: where copies lie, in which form, and what makes its failures independent."""

    kind: ClassVar[str] = "location"
    name: str
    uri: str
    form: str
    attributes: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProducerV1(Record):
    """A producer became known, under a code."""

    kind: ClassVar[str] = "producer"
    code: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementV1(Record):
    """A producer's deliveries follow an ingest profile from now on."""

    kind: ClassVar[str] = "agreement"
    agreement: str
    producer: str
    profile: str
    terms: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessionV1(Record):
    """An accession was opened, or more of the same delivery was taken into it."""

    kind: ClassVar[str] = "accession"
    accession: AccessionId
    producer: str
    source: bytes
    listing_sha256: str
    metadata_name: bytes | None
    metadata_sha256: str | None
    metadata_reading: dict[str, str] | None = None
    checksums_sha256: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferV1(Record):
    """How what lies at ``source`` came into the archive's hands (``archive.model.transfer``): codes, never names."""

    kind: ClassVar[str] = "transfer"
    accession: AccessionId
    source: bytes
    medium: str | None
    seal: str | None
    seal_state: SealState | None
    handed_over_by: str | None
    received_by: str | None
    handed_over_at: str | None
    note_name: bytes | None
    note_sha256: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptV1(Record):
    """One delivered file: what was received and what became of it."""

    kind: ClassVar[str] = "receipt"
    accession: AccessionId
    file: FileId
    name: bytes
    size: Octets
    sha256: str | None
    blake3: str | None
    mtime: Octets
    outcome: Outcome
    aip: PackageId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceV1(Record):
    """Files received in the accession of the file ``same_as`` have its bytes, which are stored once for all of them."""

    kind: ClassVar[str] = "reference"
    same_as: FileId
    files: tuple[FileId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemV1(Record):
    """Files of a package that belong together, such as a file and its side-cars: one piece of evidence."""

    kind: ClassVar[str] = "item"
    item: ItemId
    aip: PackageId
    files: tuple[FileId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RightsV1(Record):
    """What the producer stated about the rights in some files of a package, in code words by column."""

    kind: ClassVar[str] = "rights"
    aip: PackageId
    statement: dict[str, str]
    files: tuple[FileId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentV1(Record):
    """A consent stands in the register: to whom (``scope``) and under which terms, in code words joined by blanks."""

    kind: ClassVar[str] = "consent"
    ref: str
    person: str | None
    scope: str
    terms: str
    given: str
    expires: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentWithdrawnV1(Record):
    """A person took a consent back on that day (ISO 8601); nothing rests on it any more, for ever."""

    kind: ClassVar[str] = "consent-withdrawn"
    ref: str
    withdrawn: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SealV1(Record):
    """A package was sealed; from here on its bytes never change."""

    kind: ClassVar[str] = "seal"
    aip: PackageId
    accession: AccessionId
    package: PackageKind
    files: int
    bytes: Octets
    tag_files: int
    tagmanifest_sha256: str
    manifest_sha256: str
    group: GroupId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentificationV1(Record):
    """What every file of a package is, told by ``tools`` from the bytes: at sealing, and whenever it is asked again."""

    kind: ClassVar[str] = "identification"
    aip: PackageId
    tools: tuple[Tool, ...]
    formats: dict[str, str]
    files: tuple[FileFormat, ...]
    said: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class FormatDecisionV1(Record):
    """A person decided what a file is, or (``puid`` None) that it shall count as unknown; ``reason`` says why."""

    kind: ClassVar[str] = "format-decision"
    file: FileId
    puid: str | None
    name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignaturesV1(Record):
    """From here on ``tool`` uses this signature file, kept under its digest; None for what comes with the tool."""

    kind: ClassVar[str] = "signatures"
    tool: str
    part: str
    release: str
    sha256: str | None
    file: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskTableV1(Record):
    """From here on formats are as much at risk as this table says."""

    kind: ClassVar[str] = "risk-table"
    form: str
    name: str
    sha256: str
    date: str
    entries: tuple[RatedFormat, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicationV1(Record):
    """A replica was stored and read back right from its medium."""

    kind: ClassVar[str] = "replication"
    aip: PackageId
    location: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessionClosedV1(Record):
    """An accession ended with nothing pending; the numbers obey the conservation law."""

    kind: ClassVar[str] = "accession-closed"
    accession: AccessionId
    package: PackageId
    received: int
    accepted: int
    duplicate: int
    quarantined: int
    rejected: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditV1(Record):
    """One replica was read in full; counts are files as found, before any repair."""

    kind: ClassVar[str] = "audit"
    campaign: str
    aip: PackageId
    location: str
    files: int
    bytes: Octets
    ok: int
    altered: int
    missing: int
    extra: int
    unreadable: int
    not_checked: int
    tool_error: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DamageV1(Record):
    """One file of one replica is not what was sealed. ``path`` is empty where the whole package is gone."""

    kind: ClassVar[str] = "damage"
    incident: IncidentId
    aip: PackageId
    location: str
    path: bytes
    outcome: FixityOutcome
    expected_sha256: str | None
    observed_sha256: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairV1(Record):
    """A damaged file was replaced from a copy verified in the same run, the damaged bytes set aside."""

    kind: ClassVar[str] = "repair"
    incident: IncidentId
    aip: PackageId
    location: str
    path: bytes
    source: str | None
    set_aside: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentV1(Record):
    """Something a person must know. ``type`` is damage, tampering, repair-limit, clock, malware or rescan."""

    kind: ClassVar[str] = "incident"
    incident: IncidentId
    type: str
    aip: PackageId | None
    location: str | None
    summary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentClosedV1(Record):
    """A person closed an incident, saying why."""

    kind: ClassVar[str] = "incident-closed"
    incident: IncidentId


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyV1(Record):
    """A signing key became known by its public half, 32 octets (Ed25519)."""

    kind: ClassVar[str] = "key"
    name: str
    role: str
    public_key: bytes
    holder: str = ""
    request: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRetiredV1(Record):
    """A signing key signs no more; what it signed before stays signed."""

    kind: ClassVar[str] = "key-retired"
    name: str
    request: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentV1(Record):
    """Somebody or something that acts became known, under a code that is no name."""

    kind: ClassVar[str] = "agent"
    code: str
    role: AgentRole


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyV1(Record):
    """The settings that protect the holdings, as they hold from now on."""

    kind: ClassVar[str] = "policy"
    settings: dict[str, str]
    request: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestV1(Record):
    """A person asks for an act that nobody may do alone."""

    kind: ClassVar[str] = "request"
    request: str
    act: ActV1
    archive: str
    subjects: str
    subjects_sha256: str
    requested_by: str
    delay_hours: int
    valid_days: int
    not_before: datetime
    expires: datetime
    signature: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalV1(Record):
    """Another person approves a request; ``signature`` is that of ``key`` over the approval's statement."""

    kind: ClassVar[str] = "approval"
    request: str
    key: str
    signature: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestWithdrawnV1(Record):
    """A request will not be carried out any more."""

    kind: ClassVar[str] = "request-withdrawn"
    request: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CarriedOutV1(Record):
    """All that a request asked for was done, but for removals at locations that were offline."""

    kind: ClassVar[str] = "carried-out"
    request: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalHoldV1(Record):
    """A file, a package or all of an accession must not be deleted until the hold is lifted."""

    kind: ClassVar[str] = "legal-hold"
    hold: str
    scope: HoldScope
    subject: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalHoldLiftedV1(Record):
    """A legal hold ended, on an approved request."""

    kind: ClassVar[str] = "legal-hold-lifted"
    hold: str
    request: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LocationRetiredV1(Record):
    """A location counts no more, on an approved request; what lies there stays there untouched."""

    kind: ClassVar[str] = "location-retired"
    name: str
    request: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TombstoneV1(Record):
    """A package was deaccessioned, on an approved request; from here on its replicas are to be removed."""

    kind: ClassVar[str] = "tombstone"
    request: str
    aip: PackageId
    remainder: PackageId | None
    files: str
    bytes: Octets


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovalV1(Record):
    """The replica of a deaccessioned package was removed from a location."""

    kind: ClassVar[str] = "removal"
    request: str
    aip: PackageId
    location: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TimestampV1(Record):
    """A time-stamp over the checkpoint of ``size`` records arrived from an authority, and was right."""

    kind: ClassVar[str] = "timestamp"
    size: int
    authority: str
    stamped: datetime
    expires: datetime
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverPlannedV1(Record):
    """Somebody means to hand everything over to a recipient."""

    kind: ClassVar[str] = "handover-planned"
    handover: str
    recipient: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverFrozenV1(Record):
    """What a handover contains was fixed: every package sealed before log record ``log_size``."""

    kind: ClassVar[str] = "handover-frozen"
    handover: str
    log_size: int
    log_root: str
    packages: int
    files: int
    bytes: Octets


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverVolumeV1(Record):
    """A volume of a handover was written and read back right; its ``SHA256SUMS`` has this digest."""

    kind: ClassVar[str] = "handover-volume"
    handover: str
    volume: int
    packages: int
    files: int
    bytes: Octets
    sha256sums_sha256: str
    request: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MalwareV1(Record):
    """What a malware scanner said of the delivered files of a package, at ingest and whenever it is asked again."""

    kind: ClassVar[str] = "malware"
    aip: PackageId
    scanner: str | None
    signatures: str | None
    outcome: MalwareOutcome
    detail: str | None
    files: tuple[FileScan, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineKeyV1(Record):
    """From here on what is quarantined is encrypted to this public key (an age X25519 recipient)."""

    kind: ClassVar[str] = "quarantine-key"
    recipient: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineV1(Record):
    """Delivered files were set apart: sealed as the package ``content``, which lies encrypted inside ``aip``."""

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
class QuarantineDecisionV1(Record):
    """A person decided what becomes of a quarantined package; ``reason`` says why. A later decision supersedes it."""

    kind: ClassVar[str] = "quarantine-decision"
    aip: PackageId
    decision: QuarantineDecision


V1: tuple[type[Record], ...] = (
    LocationV1,
    ProducerV1,
    AgreementV1,
    AccessionV1,
    TransferV1,
    ReceiptV1,
    ReferenceV1,
    ItemV1,
    RightsV1,
    ConsentV1,
    ConsentWithdrawnV1,
    SealV1,
    IdentificationV1,
    FormatDecisionV1,
    SignaturesV1,
    RiskTableV1,
    ReplicationV1,
    AccessionClosedV1,
    AuditV1,
    DamageV1,
    RepairV1,
    IncidentV1,
    IncidentClosedV1,
    HandoverPlannedV1,
    HandoverFrozenV1,
    HandoverVolumeV1,
    KeyV1,
    KeyRetiredV1,
    AgentV1,
    PolicyV1,
    RequestV1,
    ApprovalV1,
    RequestWithdrawnV1,
    CarriedOutV1,
    LegalHoldV1,
    LegalHoldLiftedV1,
    LocationRetiredV1,
    TombstoneV1,
    RemovalV1,
    TimestampV1,
    MalwareV1,
    QuarantineKeyV1,
    QuarantineV1,
    QuarantineDecisionV1,
)
"""The kinds of release 0.1, which had no ``program`` record: what every log may hold before its first one."""
