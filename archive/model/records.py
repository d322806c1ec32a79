"""The records of the custody log (DESIGN §7.3): every receipt and every event is one of these.

Each kind is a frozen type with a version. A record that was written once keeps its meaning for ever: a field may be
added under a new version, none is ever reused. Field types decide the spelling on disk (``archive.canonical``):
``Octets`` becomes a decimal string because it may pass 2^53-1, ``bytes`` become base64, a moment has six decimals.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from archive.model.acts import ActV1, AgentRole, HoldScope
from archive.model.fixity import FixityOutcome
from archive.model.formats import FileFormat, Tool
from archive.model.governance_records import ApprovalRecord as ApprovalRecord
from archive.model.governance_records import KeyRecord as KeyRecord
from archive.model.governance_records import RequestRecord as RequestRecord
from archive.model.identifiers import AccessionId, FileId, GroupId, IncidentId, ItemId, PackageId
from archive.model.packages import Outcome, PackageKind
from archive.model.quarantine_records import QUARANTINE_KINDS
from archive.model.record import Octets as Octets
from archive.model.record import Record as Record
from archive.model.risk import RatedFormat
from archive.model.transfer import SealState


@dataclass(frozen=True, slots=True, kw_only=True)
class LocationRecord(Record):
    """A storage location was added: where copies lie, in which form, and what makes its failures independent."""

    kind: ClassVar[str] = "location"
    name: str
    uri: str
    form: str
    attributes: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProducerRecord(Record):
    """A producer became known, under a code."""

    kind: ClassVar[str] = "producer"
    code: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementRecord(Record):
    """A producer's deliveries follow an ingest profile from now on.

    ``profile`` is its name and version, ``terms`` its text as agreed, so that what held then can be read for ever.
    """

    kind: ClassVar[str] = "agreement"
    agreement: str
    producer: str
    profile: str
    terms: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessionRecord(Record):
    """An accession was opened, or more of the same delivery was taken into it.

    ``listing_sha256`` is the digest of what stood in the delivery when it was listed (names, kinds, sizes, times), so
    that an unchanged delivery is known again; ``metadata_sha256`` that of the metadata file that came with it, and
    ``metadata_reading`` how that was read: encoding, separator, quotes, or form and sheet; digest of the mapping.
    ``checksums_sha256`` are the digests, in order, of the producer's checksum files given beside the delivery.
    """

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
class TransferRecord(Record):
    """How what lies at ``source`` came into the archive's hands (``archive.model.transfer``): codes, never names.

    A later record of the same accession and source says more, and nothing else than the one before.
    """

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
class ReceiptRecord(Record):
    """One delivered file: what was received and what became of it.

    ``name`` is the delivered path as bytes, relative to the delivery. ``mtime`` is in nanoseconds since 1970. A
    pending file has no digests and no package, a file whose bytes are stored as another's no package (``reference``).
    """

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
class ReferenceRecord(Record):
    """Files received in the accession of the file ``same_as`` have its bytes, which are stored once for all of them.

    Where these lie the receipt of ``same_as`` says, or the tombstone that names the package they were moved to.
    """

    kind: ClassVar[str] = "reference"
    same_as: FileId
    files: tuple[FileId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemRecord(Record):
    """Files of a package that belong together, such as a file and its side-cars: one piece of evidence.

    A file that stands alone has no such record. One that could not be read with the others comes later, in another
    package, under the same ``item``.
    """

    kind: ClassVar[str] = "item"
    item: ItemId
    aip: PackageId
    files: tuple[FileId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RightsRecord(Record):
    """What the producer stated about the rights in some files of a package, in code words by column.

    The statement and not what follows from it: that depends on the day and on the register of consents. A later record
    about a file supersedes this one.
    """

    kind: ClassVar[str] = "rights"
    aip: PackageId
    statement: dict[str, str]
    files: tuple[FileId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentRecord(Record):
    """A consent stands in the register: to whom (``scope``) and under which terms, in code words joined by blanks.

    ``given`` and ``expires`` are days (ISO 8601), ``person`` a code, never a name. A later record of the same ``ref``
    corrects this one, and says why.
    """

    kind: ClassVar[str] = "consent"
    ref: str
    person: str | None
    scope: str
    terms: str
    given: str
    expires: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentWithdrawnRecord(Record):
    """A person took a consent back on that day (ISO 8601); nothing rests on it any more, for ever."""

    kind: ClassVar[str] = "consent-withdrawn"
    ref: str
    withdrawn: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SealRecord(Record):
    """A package was sealed; from here on its bytes never change.

    ``files`` and ``bytes`` count the payload, ``tag_files`` everything beside ``data/``. ``group`` is shared by the
    packages of one delivery that hold what belongs to one person, case or folder; None where nobody asked for that.
    """

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
class IdentificationRecord(Record):
    """What every file of a package is, told by ``tools`` from the bytes: at sealing, and whenever it is asked again.

    ``formats`` names each PUID once; ``said`` quotes the tools, by file, where a person should look. A later record
    about the same package supersedes this one, and takes nothing from it.
    """

    kind: ClassVar[str] = "identification"
    aip: PackageId
    tools: tuple[Tool, ...]
    formats: dict[str, str]
    files: tuple[FileFormat, ...]
    said: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class FormatDecisionRecord(Record):
    """A person decided what a file is, or (``puid`` None) that it shall count as unknown; ``reason`` says why."""

    kind: ClassVar[str] = "format-decision"
    file: FileId
    puid: str | None
    name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignaturesRecord(Record):
    """From here on ``tool`` uses this signature file, kept under its digest; None for what comes with the tool.

    ``part`` says which of the tool's files: ``signatures`` of siegfried, ``formats`` and ``containers`` of FIDO;
    ``release`` which edition of PRONOM it holds.
    """

    kind: ClassVar[str] = "signatures"
    tool: str
    part: str
    release: str
    sha256: str | None
    file: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskTableRecord(Record):
    """From here on formats are as much at risk as this table says.

    It takes the place of the table before it of the same ``form``, ``published`` or ``own``; ``date`` is the day of its
    newest entry. ``name`` and ``sha256`` are of the file it was read from; the entries are all that is used of it.
    """

    kind: ClassVar[str] = "risk-table"
    form: str
    name: str
    sha256: str
    date: str
    entries: tuple[RatedFormat, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicationRecord(Record):
    """A replica was stored and read back right from its medium."""

    kind: ClassVar[str] = "replication"
    aip: PackageId
    location: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessionClosedRecord(Record):
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
class AuditRecord(Record):
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
class DamageRecord(Record):
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
class RepairRecord(Record):
    """A damaged file was replaced from a copy verified in the same run, the damaged bytes set aside.

    ``source`` names the location the good bytes came from, or is None where an extra file was only moved aside.
    ``set_aside`` is the key of the damaged bytes at the location, or None where there were none.
    """

    kind: ClassVar[str] = "repair"
    incident: IncidentId
    aip: PackageId
    location: str
    path: bytes
    source: str | None
    set_aside: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentRecord(Record):
    """Something a person must know. ``type`` is damage, tampering, repair-limit, clock, malware or rescan."""

    kind: ClassVar[str] = "incident"
    incident: IncidentId
    type: str
    aip: PackageId | None
    location: str | None
    summary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentClosedRecord(Record):
    """A person closed an incident, saying why."""

    kind: ClassVar[str] = "incident-closed"
    incident: IncidentId


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


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyV1(Record):
    """A signing key became known by its public half, 32 octets (Ed25519).

    ``role`` is ``log`` (signs checkpoints) or ``approver`` (signs requests and approvals); ``name`` is unique for ever.
    ``holder`` is the code of the person who alone has an approver's secret. ``request`` is the approved request where
    one was needed.
    """

    kind: ClassVar[str] = "key"
    name: str
    role: str
    public_key: bytes
    holder: str = ""
    request: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRetiredRecord(Record):
    """A signing key signs no more; what it signed before stays signed."""

    kind: ClassVar[str] = "key-retired"
    name: str
    request: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentRecord(Record):
    """Somebody or something that acts became known, under a code that is no name."""

    kind: ClassVar[str] = "agent"
    code: str
    role: AgentRole


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRecord(Record):
    """The settings that protect the holdings, as they hold from now on.

    ``request`` is the approved request where a setting was lowered under dual control.
    """

    kind: ClassVar[str] = "policy"
    settings: dict[str, str]
    request: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestV1(Record):
    """A person asks for an act that nobody may do alone.

    ``subjects`` is the exact list of what is to be acted upon, in canonical JSON. ``signature`` is that of the key
    ``requested_by`` over the request's statement (``archive.holdings.statements``), which holds the list's digest.
    The act may be carried out from ``not_before`` on, which is ``time`` and ``delay_hours``, until ``expires``, which
    is ``valid_days`` later.
    """

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
class RequestWithdrawnRecord(Record):
    """A request will not be carried out any more."""

    kind: ClassVar[str] = "request-withdrawn"
    request: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CarriedOutRecord(Record):
    """All that a request asked for was done, but for removals at locations that were offline."""

    kind: ClassVar[str] = "carried-out"
    request: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalHoldRecord(Record):
    """A file, a package or all of an accession must not be deleted until the hold is lifted."""

    kind: ClassVar[str] = "legal-hold"
    hold: str
    scope: HoldScope
    subject: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalHoldLiftedRecord(Record):
    """A legal hold ended, on an approved request."""

    kind: ClassVar[str] = "legal-hold-lifted"
    hold: str
    request: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LocationRetiredRecord(Record):
    """A location counts no more, on an approved request; what lies there stays there untouched."""

    kind: ClassVar[str] = "location-retired"
    name: str
    request: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TombstoneRecord(Record):
    """A package was deaccessioned, on an approved request; from here on its replicas are to be removed.

    ``files`` are the identifiers of the delivered files that are held no more, a list in canonical JSON: no name and
    no digest, which could tell what was deleted. The other files of the package were sealed anew as ``remainder``,
    which is None where there are none. ``bytes`` are the octets of the delivered files deleted.
    """

    kind: ClassVar[str] = "tombstone"
    request: str
    aip: PackageId
    remainder: PackageId | None
    files: str
    bytes: Octets


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovalRecord(Record):
    """The replica of a deaccessioned package was removed from a location."""

    kind: ClassVar[str] = "removal"
    request: str
    aip: PackageId
    location: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TimestampRecord(Record):
    """A time-stamp over the checkpoint of ``size`` records arrived from an authority, and was right.

    ``stamped`` is the time the authority says, ``expires`` when the first certificate of its chain ends, ``sha256``
    the digest of the whole response. So a later checkpoint covers the token too, and with it a later token does.
    """

    kind: ClassVar[str] = "timestamp"
    size: int
    authority: str
    stamped: datetime
    expires: datetime
    sha256: str


V1: tuple[type[Record], ...] = (
    LocationRecord,
    ProducerRecord,
    AgreementRecord,
    AccessionRecord,
    TransferRecord,
    ReceiptRecord,
    ReferenceRecord,
    ItemRecord,
    RightsRecord,
    ConsentRecord,
    ConsentWithdrawnRecord,
    SealRecord,
    IdentificationRecord,
    FormatDecisionRecord,
    SignaturesRecord,
    RiskTableRecord,
    ReplicationRecord,
    AccessionClosedRecord,
    AuditRecord,
    DamageRecord,
    RepairRecord,
    IncidentRecord,
    IncidentClosedRecord,
    HandoverPlannedRecord,
    HandoverFrozenRecord,
    HandoverVolumeRecord,
    KeyV1,
    KeyRetiredRecord,
    AgentRecord,
    PolicyRecord,
    RequestV1,
    ApprovalV1,
    RequestWithdrawnRecord,
    CarriedOutRecord,
    LegalHoldRecord,
    LegalHoldLiftedRecord,
    LocationRetiredRecord,
    TombstoneRecord,
    RemovalRecord,
    TimestampRecord,
    *QUARANTINE_KINDS,
)
"""The kinds of release 0.1, which had no ``program`` record: what every log may hold before its first one."""
