"""The records of the custody log about deliveries: who delivers, by what terms, what came and what became of it.

Of each delivered file its identifier, its outcome and its package stand in the open, so that counts can be checked for
ever; its name, size, digests and times are private (``archive.model.record``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from archive.model.identifiers import AccessionId, FileId, ItemId, PackageId
from archive.model.packages import Outcome
from archive.model.record import Octets, PrivateRecord, about, content, own
from archive.model.transfer import SealState


@dataclass(frozen=True, slots=True, kw_only=True)
class ProducerRecord(PrivateRecord):
    """A producer became known, under a code."""

    kind: ClassVar[str] = "producer"
    v: int = 2
    code: str
    name: str | None = own()


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementRecord(PrivateRecord):
    """A producer's deliveries follow an ingest profile from now on.

    ``profile`` is its name and version, ``terms`` its text as agreed, so that what held then can be read for ever.
    """

    kind: ClassVar[str] = "agreement"
    v: int = 2
    agreement: str
    producer: str
    profile: str
    terms: bytes | None = own()


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessionRecord(PrivateRecord):
    """An accession was opened, or more of the same delivery was taken into it.

    ``number`` is for people, such as ``2026-0042``: the year, and which accession of that year it is, in the order of
    the log. It is given when the record is appended; a later record of the same accession repeats it.
    ``listing_sha256`` is the digest of what stood in the delivery when it was listed (names, kinds, sizes, times), so
    that an unchanged delivery is known again; ``metadata_sha256`` that of the metadata file that came with it, and
    ``metadata_reading`` how that was read: encoding, separator, quotes, or form and sheet; digest of the mapping.
    ``checksums_sha256`` are the digests, in order, of the producer's checksum files given beside the delivery.
    """

    kind: ClassVar[str] = "accession"
    v: int = 2
    accession: AccessionId
    number: str = ""
    producer: str
    source: bytes | None = own()
    listing_sha256: str | None = own()
    metadata_name: bytes | None = own()
    metadata_sha256: str | None = own()
    metadata_reading: dict[str, str] | None = own(default=None)
    checksums_sha256: tuple[str, ...] = own(default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferRecord(PrivateRecord):
    """How what lies at ``source`` came into the archive's hands (``archive.model.transfer``): codes, never names.

    A later record of the same accession and source says more, and nothing else than the one before.
    """

    kind: ClassVar[str] = "transfer"
    v: int = 2
    accession: AccessionId
    source: bytes | None = own()
    medium: str | None = own()
    seal: str | None = own()
    seal_state: SealState | None = own()
    handed_over_by: str | None = own()
    received_by: str | None = own()
    handed_over_at: str | None = own()
    note_name: bytes | None = own()
    note_sha256: str | None = own()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptRecord(PrivateRecord):
    """One delivered file: what was received and what became of it.

    ``name`` is the delivered path as bytes, relative to the delivery. ``mtime`` is in nanoseconds since 1970. A
    pending file has no digests and no package, a file whose bytes are stored as another's no package (``reference``).
    """

    kind: ClassVar[str] = "receipt"
    v: int = 2
    accession: AccessionId
    file: FileId
    outcome: Outcome
    package: PackageId | None
    size: Octets | None = content()
    sha256: str | None = content()
    blake3: str | None = content()
    name: bytes | None = about()
    mtime: Octets | None = about()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceRecord(PrivateRecord):
    """Files received in the accession of the file ``same_as`` have its bytes, which are stored once for all of them.

    Where these lie the receipt of ``same_as`` says, or the tombstone that names the package they were moved to.
    """

    kind: ClassVar[str] = "reference"
    v: int = 2
    same_as: FileId
    files: tuple[FileId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemRecord(PrivateRecord):
    """Files of a package that belong together, such as a file and its side-cars: one piece of evidence.

    A file that stands alone has no such record. One that could not be read with the others comes later, in another
    package, under the same ``item``.
    """

    kind: ClassVar[str] = "item"
    v: int = 2
    item: ItemId
    package: PackageId
    files: tuple[FileId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RightsRecord(PrivateRecord):
    """What the producer stated about the rights in some files of a package, in code words by column.

    The statement and not what follows from it: that depends on the day and on the register of consents. A later record
    about a file supersedes this one.
    """

    kind: ClassVar[str] = "rights"
    v: int = 2
    package: PackageId
    files: tuple[FileId, ...]
    statement: dict[str, str] | None = own()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentRecord(PrivateRecord):
    """A consent stands in the register: to whom (``scope``) and under which terms, in code words joined by blanks.

    ``consent`` is a random identifier; of a record of version 1 it is ``ref``, the code that people use for it.
    ``given`` and ``expires`` are days (ISO 8601), ``person`` a code, never a name. A later record of the same consent
    corrects this one, and says why.
    """

    kind: ClassVar[str] = "consent"
    v: int = 2
    consent: str
    ref: str | None = own()
    person: str | None = own()
    scope: str | None = own()
    terms: str | None = own()
    given: str | None = own()
    expires: str | None = own()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentWithdrawnRecord(PrivateRecord):
    """A person took a consent back on that day (ISO 8601); nothing rests on it any more, for ever."""

    kind: ClassVar[str] = "consent-withdrawn"
    v: int = 2
    consent: str
    withdrawn: str | None = own()


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessionClosedRecord(PrivateRecord):
    """An accession ended with nothing pending; the numbers obey the conservation law."""

    kind: ClassVar[str] = "accession-closed"
    v: int = 2
    accession: AccessionId
    package: PackageId
    received: int
    accepted: int
    duplicate: int
    quarantined: int
    rejected: int


DELIVERY_KINDS: tuple[type[PrivateRecord], ...] = (
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
    AccessionClosedRecord,
)
"""The kinds of this file."""
