"""The rows of the catalogue as frozen values, each with its table declared (``declaration``).

The order of the classes is the order of the canonical dump, for ever: a further one is added at the end. Moments are
text in the one spelling of ``archive.model.moments``, so that they sort and never lose a digit. Delivered names are
bytes. Changing a table means a new migration in ``migrations/versions``; a released one is never edited.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TypeVar

from archive.catalogue.declaration import Decimal, Index, evidence
from archive.catalogue.declaration import Row as Row
from archive.errors import ArchiveError
from archive.model.acts import AgentRole, HoldScope
from archive.model.fixity import FixityOutcome
from archive.model.formats import ToldBy
from archive.model.identifiers import AccessionId, FileId, GroupId, IncidentId, ItemId, PackageId
from archive.model.malware import MalwareOutcome
from archive.model.packages import Outcome, PackageKind, ReplicaState
from archive.model.quarantine import QuarantineDecision, QuarantineReason
from archive.model.transfer import SealState, Transfer

T = TypeVar("T")


def here(value: T | None) -> T:
    """What a private line of a file says that is held. ArchiveError where that line was withheld or erased."""
    if value is None:
        raise ArchiveError(
            "what the custody log says of a file is not here: it was withheld or erased",
            hint="do this in the archive that holds the whole log; archive custody verify says what is missing here",
        )
    return value


@evidence("location", key="name")
@dataclass(frozen=True, slots=True, kw_only=True)
class LocationRow(Row):
    """A storage location; ``attributes`` is canonical JSON. It counts while ``retired_at`` is None."""

    name: str
    uri: str
    form: str
    attributes: str
    retired_at: str | None = None


@evidence("producer", key="code")
@dataclass(frozen=True, slots=True, kw_only=True)
class ProducerRow(Row):
    """Who delivers, under a code."""

    code: str
    name: str


@evidence("agreement", refers={"producer": "producer.code"})
@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementRow(Row):
    """An ingest profile (``terms``, its text) that a producer's deliveries followed from ``agreed_at`` on."""

    id: str
    producer: str
    profile: str
    terms: bytes
    agreed_at: str


@evidence("accession", refers={"producer": "producer.code"})
@dataclass(frozen=True, slots=True, kw_only=True)
class AccessionRow(Row):
    """The receipt of one delivery; open while ``closed_at`` is None. ``metadata_reading`` is canonical JSON.

    ``checksums_sha256`` are the digests of the checksum files given beside it, joined by blanks. ``number`` is for
    people, such as ``2026-0042``; ``receipts`` counts the receipts of its files so far.
    """

    id: AccessionId
    producer: str
    source: bytes
    listing_sha256: str
    metadata_name: bytes | None
    metadata_sha256: str | None
    opened_at: str
    closed_at: str | None
    metadata_reading: str | None = None
    checksums_sha256: str = ""
    number: str
    receipts: int = 0


@evidence("transfer", key=("accession", "source"), refers={"accession": "accession.id"})
@dataclass(frozen=True, slots=True, kw_only=True)
class TransferRow(Row):
    """How the part of a delivery that lies at ``source`` came into the archive's hands."""

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

    @property
    def transfer(self) -> Transfer:
        """The same without what it is about."""
        return Transfer(**{field.name: getattr(self, field.name) for field in fields(Transfer)})


@evidence(
    "file",
    Index("file_by_accession", ("accession", "name")),
    Index("file_by_aip", ("aip",)),
    Index("file_by_same_as", ("same_as",), where="same_as IS NOT NULL"),  # few have it
    Index("file_by_sha256", ("sha256",)),
    refers={"accession": "accession.id"},
)
@dataclass(frozen=True, slots=True, kw_only=True)
class FileRow(Row):
    """The receipt of one delivered file; sizes in octets, ``mtime`` in nanoseconds since 1970.

    ``leaf`` is the number of the receipt. ``aip`` is the package the file lies in now, or lay in when it was
    deaccessioned; it is held while ``deaccessioned_at`` is None. A file with ``same_as`` lies in no package: its bytes
    are those of that file. ``number`` is the place of its first receipt among those of its accession. What stands in a
    private line that is not here is None.
    """

    id: FileId
    accession: AccessionId
    number: int
    name: bytes | None
    size: int | None
    sha256: str | None
    blake3: str | None
    mtime: Decimal | None
    outcome: Outcome
    aip: PackageId | None
    received_at: str
    deaccessioned_at: str | None = None
    same_as: FileId | None = None


@evidence("package", Index("package_by_accession", ("accession",)), refers={"accession": "accession.id"})
@dataclass(frozen=True, slots=True, kw_only=True)
class PackageRow(Row):
    """A sealed bag; ``files`` and ``bytes`` count its payload. ``leaf`` is the number of the record of its sealing.

    ``group_id`` is shared by the packages of one delivery that hold what belongs to one person, case or folder.
    """

    id: PackageId
    accession: AccessionId
    kind: PackageKind
    files: int
    bytes: int
    tag_files: int
    tagmanifest_sha256: str
    manifest_sha256: str
    sealed_at: str
    deaccessioned_at: str | None = None
    group_id: GroupId | None = None


@evidence("identification", key="package", refers={"package": "package.id"})
@dataclass(frozen=True, slots=True, kw_only=True)
class IdentificationRow(Row):
    """With which tools the files of a package were last identified; ``tools`` is canonical JSON."""

    package: PackageId
    tools: str
    identified_at: str


@evidence(
    "file_format",
    Index("file_format_by_package", ("package",)),
    key=("file", "told_by"),
    refers={"file": "file.id", "package": "package.id"},
)
@dataclass(frozen=True, slots=True, kw_only=True)
class FileFormatRow(Row):
    """What a file is, as the machines told last, or as a person decided last: at most one row of each.

    ``verdict`` is a kind of verdict, or ``decided`` for a person's word. ``reason`` is the person's, or what the tools
    said where a person should look. ``since`` is the number of the record from which ``puid`` and ``verdict`` stand;
    ``former_puid`` and ``former_verdict`` stood before, None where nothing did.
    """

    file: FileId
    told_by: ToldBy
    package: PackageId
    puid: str | None
    name: str | None
    verdict: str
    basis: str | None
    told_at: str
    actor: str
    reason: str
    since: int
    former_puid: str | None
    former_verdict: str | None


@evidence("signatures", key=("tool", "part"))
@dataclass(frozen=True, slots=True, kw_only=True)
class SignaturesRow(Row):
    """A signature file that a tool was told to use; ``sha256`` and ``file`` None where it uses its own again."""

    tool: str
    part: str
    release: str
    sha256: str | None
    file: str | None
    adopted_at: str


@evidence("risk_table", key="form")
@dataclass(frozen=True, slots=True, kw_only=True)
class RiskTableRow(Row):
    """The risk table of one form that is in use; its entries stand in the log record that took it in, ``leaf``.

    ``formats`` counts them; ``previous`` is the record of the table whose place it took, None for the first.
    """

    form: str
    name: str
    sha256: str
    date: str
    formats: int
    taken_at: str
    previous: int | None


@evidence("item_file", Index("item_file_by_item", ("item",)), key="file", refers={"file": "file.id"})
@dataclass(frozen=True, slots=True, kw_only=True)
class ItemFileRow(Row):
    """A file that belongs together with others, under the identifier they share."""

    file: FileId
    item: ItemId


@evidence("file_rights", key="file", refers={"file": "file.id"})
@dataclass(frozen=True, slots=True, kw_only=True)
class FileRightsRow(Row):
    """What was stated about the rights in a file: canonical JSON; files without a row: nothing was stated.

    ``consents`` and ``persons`` are the codes it names, each between blanks, to be found by.
    """

    file: FileId
    statement: str
    consents: str
    persons: str


@evidence("consent", Index("consent_by_person", ("person",)), Index("consent_by_ref", ("ref",)))
@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentRow(Row):
    """One consent of the register; days are ISO 8601. ``ref`` is the code that people use, ``id`` what records use."""

    id: str
    ref: str
    person: str | None
    scope: str
    terms: str
    given: str
    expires: str | None
    withdrawn: str | None
    withdrawn_reason: str | None
    recorded_at: str


@evidence(
    "replica",
    Index("replica_by_last_verified", ("last_verified",)),
    key=("package", "location"),
    refers={"package": "package.id", "location": "location.name"},
)
@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicaRow(Row):
    """One package at one location."""

    package: PackageId
    location: str
    key: str
    state: ReplicaState
    stored_at: str
    last_verified: str | None


@evidence("incident")
@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentRow(Row):
    """Something a person must know; open while ``closed_at`` is None."""

    id: IncidentId
    type: str
    package: PackageId | None
    location: str | None
    summary: str
    opened_at: str
    closed_at: str | None
    closed_reason: str | None


@evidence(
    "damage",
    Index("damage_by_replica", ("package", "location")),
    key=("incident", "path"),
    refers={"incident": "incident.id"},
)
@dataclass(frozen=True, slots=True, kw_only=True)
class DamageRow(Row):
    """One damaged file of one replica; unrepaired while ``repaired_at`` is None."""

    incident: IncidentId
    path: bytes
    package: PackageId
    location: str
    outcome: FixityOutcome
    expected_sha256: str | None
    observed_sha256: str | None
    found_at: str
    repaired_at: str | None
    set_aside: str | None


@evidence("handover")
@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverRow(Row):
    """One handover; frozen once ``log_size`` is known."""

    id: str
    recipient: str
    planned_at: str
    frozen_at: str | None
    log_size: int | None
    log_root: str | None
    packages: int | None
    files: int | None
    bytes: int | None


@evidence("handover_volume", key=("handover", "volume"), refers={"handover": "handover.id"})
@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverVolumeRow(Row):
    """One volume of a handover, written and read back."""

    handover: str
    volume: int
    packages: int
    files: int
    bytes: int
    sha256sums_sha256: str
    written_at: str


@evidence("key", key="name")
@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRow(Row):
    """A signing key, by its public half; it signs while ``retired_at`` is None. ``holder`` is a person's code."""

    name: str
    role: str
    public_key: bytes
    holder: str
    added_at: str
    retired_at: str | None


@evidence("log_timestamp", key=("size", "authority"))
@dataclass(frozen=True, slots=True, kw_only=True)
class TimestampRow(Row):
    """A time-stamp of an authority over the checkpoint of ``size`` records; ``sha256`` is its response's."""

    size: int
    authority: str
    stamped: str
    expires: str
    sha256: str
    recorded_at: str


@evidence("agent", key="code")
@dataclass(frozen=True, slots=True, kw_only=True)
class AgentRow(Row):
    """Somebody or something that acts, by a code."""

    code: str
    role: AgentRole


@evidence("policy", key="setting")
@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRow(Row):
    """One protective setting as it was last recorded."""

    setting: str
    value: int


@evidence("paper", key="number")
@dataclass(frozen=True, slots=True, kw_only=True)
class PaperRow(Row):
    """A record about keys, requests, approvals or the acts they allow: its number and kind, to find it by."""

    number: int
    kind: str


@evidence("legal_hold")
@dataclass(frozen=True, slots=True, kw_only=True)
class LegalHoldRow(Row):
    """What must not be deleted while ``lifted_at`` is None."""

    id: str
    scope: HoldScope
    subject: str
    reason: str
    placed_at: str
    lifted_at: str | None


@evidence("tombstone", Index("tombstone_by_remainder", ("remainder",)), key="package", refers={"package": "package.id"})
@dataclass(frozen=True, slots=True, kw_only=True)
class TombstoneRow(Row):
    """A package that was deaccessioned; ``files`` and ``bytes`` count the delivered files deleted.

    ``remainder`` is the package in which its other files were sealed anew, None where there were none.
    """

    package: PackageId
    request: str
    remainder: PackageId | None
    files: int
    bytes: int
    at: str


@evidence("malware_scan", key="package", refers={"package": "package.id"})
@dataclass(frozen=True, slots=True, kw_only=True)
class MalwareScanRow(Row):
    """What a scanner said last of the files of a package, but for those that have a row of their own.

    ``rescanned_at`` is None as long as it was asked but once, when the package was sealed.
    """

    package: PackageId
    scanner: str | None
    signatures: str | None
    outcome: MalwareOutcome
    detail: str | None
    scanned_at: str
    rescanned_at: str | None


@evidence("malware_file", key="file", refers={"file": "file.id"})
@dataclass(frozen=True, slots=True, kw_only=True)
class MalwareFileRow(Row):
    """What was said last of one file of which once something else was said than of most; ``detail`` is why or what."""

    file: FileId
    outcome: MalwareOutcome
    detail: str | None
    scanned_at: str


@evidence("quarantine_key", key="recipient")
@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineKeyRow(Row):
    """A public key to which quarantined content is or was encrypted; the last one is in use."""

    recipient: str
    added_at: str


@evidence("quarantine", Index("quarantine_by_content", ("content",)), key="package", refers={"package": "package.id"})
@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineRow(Row):
    """A package kept apart: why, what is sealed inside it, and what was decided. Undecided while that is None.

    ``threats`` is canonical JSON; fields that begin with ``content_`` are those of the package inside.
    """

    package: PackageId
    why: QuarantineReason
    threats: str
    recipient: str
    content: PackageId
    content_files: int
    content_bytes: int
    content_tag_files: int
    content_tagmanifest_sha256: str
    content_manifest_sha256: str
    quarantined_at: str
    decision: QuarantineDecision | None = None
    decided_at: str | None = None
    decided_by: str | None = None
    decided_reason: str | None = None


@evidence("remark", key="number")
@dataclass(frozen=True, slots=True, kw_only=True)
class RemarkRow(Row):
    """A record of the log that took no effect: its number, kind and version, and why, without private content.

    ``code`` is a word of ``archive.model.remarks``. ``set_aside`` is the number of the record by which two persons
    set it aside; it stands while that is None.
    """

    number: int
    code: str
    kind: str
    v: int
    why: str
    set_aside: int | None


@evidence("program", key="number")
@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramRow(Row):
    """A program that wrote the log from record ``number`` on; ``kinds`` are those it announced, joined by blanks.

    ``identity`` tells two programs apart; it is empty for one whose record this program cannot read in full.
    """

    number: int
    kinds: str
    identity: str


@evidence("set_aside", key="number")
@dataclass(frozen=True, slots=True, kw_only=True)
class SetAsideRow(Row):
    """Two persons set the record ``number`` aside: it has no effect, and stops nothing any more."""

    number: int
    request: str


@dataclass(frozen=True, slots=True)
class Totals:
    """How many of each outcome; ``received`` is their sum (the conservation law).

    ``deaccessioned`` of them are held no more.
    """

    accepted: int = 0
    duplicate: int = 0
    quarantined: int = 0
    rejected: int = 0
    pending: int = 0
    deaccessioned: int = 0

    @property
    def received(self) -> int:
        """Regular files received."""
        return self.accepted + self.duplicate + self.quarantined + self.rejected + self.pending


@dataclass(frozen=True, slots=True)
class FormatHolding:
    """Files held of which the same is said: how many, and their octets.

    A person's decision goes before the verdict (``verdict`` is ``decided`` then). ``name`` is one of those the format
    is called by; ``basis`` the identifiers' best reason, None without any and for a decision.
    """

    puid: str | None
    name: str | None
    verdict: str
    basis: str | None
    files: int
    bytes: int
