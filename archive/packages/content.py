"""What goes into a package, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from archive.inspection.identification import Identification
from archive.model.identifiers import AccessionId, FileId, PackageId
from archive.model.names import PayloadPath
from archive.model.packages import Outcome


@dataclass(frozen=True, slots=True)
class ProducerDigest:
    """A digest the producer gave for a file, who gave it where, and whether the received bytes have it."""

    algorithm: str
    digest: str
    originator: str
    agrees: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PackagedFile:
    """One delivered file on its way into a package; ``name`` as delivered, ``path`` as it lies in the package."""

    id: FileId
    name: bytes
    path: PayloadPath
    size: int
    sha256: str
    blake3: str
    mtime_ns: int
    outcome: Outcome
    identification: Identification
    answers: tuple[Identification, ...] = ()
    """What every identifier said, of which ``identification`` is the summary."""
    producer_digests: tuple[ProducerDigest, ...] = ()
    hard_link_group: str | None = None
    rights: str | None = None
    """The producer's rights columns, word for word, where there are any; not interpreted yet, so embargo holds."""


@dataclass(frozen=True, slots=True)
class ItemTable:
    """The producer's rows about the files of one package, as received: delimiter, heading and rows."""

    delimiter: str
    heading: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where a package comes from and who seals it. ``title`` names the delivery for a reader."""

    package: PackageId
    accession: AccessionId
    producer: str
    organization: str
    title: str
    sealed_at: datetime
    software_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AipContent:
    """Everything one AIP is made of; its files lie already where they belong in the package's folder."""

    provenance: Provenance
    received_at: datetime
    files: tuple[PackagedFile, ...]
    items: ItemTable | None


@dataclass(frozen=True, slots=True)
class Sealed:
    """What a sealed package promises: the fields of its ``seal`` record."""

    package: PackageId
    files: int
    bytes: int
    tag_files: int
    tagmanifest_sha256: str
    manifest_sha256: str
