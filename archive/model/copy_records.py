"""The records of the custody log about packages and their copies: where they lie, what was found there, what was done.

What an object at a location is made of (``form``, stored size, digests, version) stands in its ``replication`` record,
so that an audit needs no key and reads the version that was stored (DESIGN §8).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from archive.model.fixity import FixityOutcome
from archive.model.identifiers import AccessionId, FileId, GroupId, IncidentId, PackageId
from archive.model.packages import PackageKind
from archive.model.record import Octets, PrivateRecord, own


@dataclass(frozen=True, slots=True, kw_only=True)
class LocationRecord(PrivateRecord):
    """A storage location was added: where copies lie, in which form, and what makes its failures independent."""

    kind: ClassVar[str] = "location"
    v: int = 2
    name: str
    form: str
    uri: str | None = own()
    attributes: dict[str, str] | None = own(default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class LocationChangedRecord(PrivateRecord):
    """From here on a location lies elsewhere, has other attributes, or may be away for so many days.

    ``request`` is the approved request where the change protects less than before.
    """

    kind: ClassVar[str] = "location-changed"
    name: str
    form: str
    absence_days: int | None
    request: str | None
    uri: str | None = own()
    attributes: dict[str, str] | None = own(default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class LocationRetiredRecord(PrivateRecord):
    """A location counts no more, on an approved request; what lies there stays there untouched."""

    kind: ClassVar[str] = "location-retired"
    v: int = 2
    name: str
    request: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SealRecord(PrivateRecord):
    """A package was sealed; from here on its bytes never change.

    ``files`` and ``bytes`` count the payload, ``tag_files`` everything beside ``data/``. ``group`` is shared by the
    packages of one delivery that hold what belongs to one person, case or folder; None where nobody asked for that.
    """

    kind: ClassVar[str] = "seal"
    v: int = 2
    package: PackageId
    accession: AccessionId
    package_kind: PackageKind
    files: int
    bytes: Octets
    tag_files: int
    tagmanifest_sha256: str
    manifest_sha256: str
    group: GroupId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicationRecord(PrivateRecord):
    """A replica was stored and read back right from its medium.

    Where a package is one object, ``stored_size`` (octets), ``sha256``, ``blake3`` and ``tree_sha256`` (RFC 6962 over
    pieces of 1 MiB) are of that object, and ``object_version`` is the store's name for this version of it.
    ``recipients`` are the public keys that it is encrypted to. ``replaces`` is the number of the record of the copy
    whose place this one takes.
    """

    kind: ClassVar[str] = "replication"
    v: int = 2
    package: PackageId
    location: str
    key: str
    form: str | None = None
    object_version: str | None = None
    stored_size: Octets | None = None
    sha256: str | None = None
    blake3: str | None = None
    tree_sha256: str | None = None
    recipients: tuple[str, ...] = ()
    replaces: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRecord(PrivateRecord):
    """One replica was read in full; counts are files as found, before any repair."""

    kind: ClassVar[str] = "audit"
    v: int = 2
    campaign: str
    package: PackageId
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
class DamageRecord(PrivateRecord):
    """One file of one replica is not what was sealed. ``path`` is empty where the whole package is gone."""

    kind: ClassVar[str] = "damage"
    v: int = 2
    incident: IncidentId
    package: PackageId
    location: str
    outcome: FixityOutcome
    path: bytes | None = own()
    expected_sha256: str | None = own()
    observed_sha256: str | None = own()


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairRecord(PrivateRecord):
    """A damaged file was replaced from a copy verified in the same run, the damaged bytes set aside.

    ``source`` names the location the good bytes came from, or is None where an extra file was only moved aside.
    ``set_aside`` is the key of the damaged bytes at the location, or None where there were none; ``object_version``
    the store's name for the version that lies there now, where the package is one object.
    """

    kind: ClassVar[str] = "repair"
    v: int = 2
    incident: IncidentId
    package: PackageId
    location: str
    source: str | None
    object_version: str | None = None
    path: bytes | None = own()
    set_aside: str | None = own()


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentRecord(PrivateRecord):
    """Something a person must know. ``type`` is damage, tampering, repair-limit, clock, malware or rescan."""

    kind: ClassVar[str] = "incident"
    v: int = 2
    incident: IncidentId
    type: str
    package: PackageId | None
    location: str | None
    summary: str | None = own()


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentClosedRecord(PrivateRecord):
    """A person closed an incident, saying why; ``request`` is the approved request where it took two."""

    kind: ClassVar[str] = "incident-closed"
    v: int = 2
    incident: IncidentId
    request: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TombstoneRecord(PrivateRecord):
    """A package was deaccessioned, on an approved request; from here on its replicas are to be removed.

    ``files`` are the delivered files that are held no more. The other files of the package were sealed anew as
    ``remainder``, which is None where there are none. ``bytes`` are the octets of the delivered files deleted.
    """

    kind: ClassVar[str] = "tombstone"
    v: int = 2
    request: str
    package: PackageId
    remainder: PackageId | None
    files: tuple[FileId, ...]
    bytes: Octets


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovalRecord(PrivateRecord):
    """The replica of a deaccessioned package was removed from a location, each version where there are versions."""

    kind: ClassVar[str] = "removal"
    v: int = 2
    request: str
    package: PackageId
    location: str
    object_versions: tuple[str, ...] = ()


COPY_KINDS: tuple[type[PrivateRecord], ...] = (
    LocationRecord,
    LocationChangedRecord,
    LocationRetiredRecord,
    SealRecord,
    ReplicationRecord,
    AuditRecord,
    DamageRecord,
    RepairRecord,
    IncidentRecord,
    IncidentClosedRecord,
    TombstoneRecord,
    RemovalRecord,
)
"""The kinds of this file."""
