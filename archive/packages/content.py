"""What goes into a package, as frozen values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from archive.inspection.identification import Answers, Identification
from archive.model.identifiers import AccessionId, FileId, GroupId, ItemId, PackageId
from archive.model.malware import NO_SCANNER, Scan
from archive.model.names import PayloadPath
from archive.model.packages import Outcome
from archive.model.rights import Decision, Statement
from archive.model.signatures import SignatureJudgement


@dataclass(frozen=True, slots=True)
class ProducerDigest:
    """A digest the producer gave for a file, who gave it where, and whether the received bytes have it."""

    algorithm: str
    digest: str
    originator: str
    agrees: bool


@dataclass(frozen=True, slots=True)
class StatedRights:
    """What the producer stated about the rights in a file, and what followed from it on the day of sealing."""

    statement: Statement
    decision: Decision


@dataclass(frozen=True, slots=True)
class JudgedSignature:
    """What came of checking one delivered signature or time-stamp; ``kind`` is the ending of its name.

    ``of`` are the files it may be about, or the one it was checked against.
    """

    file: FileId
    kind: str
    of: tuple[FileId, ...]
    judgement: SignatureJudgement


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
    answers: Answers = ()
    """What every identifier said, of which ``identification`` is the summary."""
    producer_digests: tuple[ProducerDigest, ...] = ()
    digests: tuple[tuple[str, str], ...] = ()
    """What was computed beside SHA-256 and BLAKE3 because it was agreed on: algorithm and digest."""
    hard_link_group: str | None = None
    item: ItemId | None = None
    """Shared by files that belong together."""
    rights: StatedRights | None = None
    """None where nobody stated anything: then embargo holds."""
    scan: Scan = NO_SCANNER


@dataclass(frozen=True, slots=True)
class Reference:
    """A delivered file that goes into no package: its bytes are those of the file ``same_as``, stored in ``aip``."""

    file: PackagedFile
    same_as: FileId
    aip: PackageId


@dataclass(frozen=True, slots=True)
class ItemTable:
    """The producer's rows about the files of one package, as received: delimiter, heading and rows, taken once.

    ``meanings`` are the columns of ours whose heading is another one there, with that heading.
    """

    delimiter: str
    heading: tuple[str, ...]
    rows: Iterable[tuple[str, ...]]
    meanings: tuple[tuple[str, str], ...] = ()


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


@dataclass(frozen=True, slots=True)
class HeldGroup:
    """The one group whose files a package holds; ``in_words`` says what makes them one, and names nobody."""

    id: GroupId
    in_words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AipContent:
    """Everything one AIP is made of; its files lie already where they belong in the package's folder."""

    provenance: Provenance
    received_at: datetime
    files: tuple[PackagedFile, ...]
    items: ItemTable | None
    signatures: tuple[JudgedSignature, ...] = ()
    group: HeldGroup | None = None

    @property
    def more_digests(self) -> tuple[str, ...]:
        """The algorithms that were agreed on beside SHA-256 and BLAKE3, the same for every file."""
        return tuple(algorithm for algorithm, _ in self.files[0].digests) if self.files else ()


@dataclass(frozen=True, slots=True)
class Sealed:
    """What a sealed package promises: the fields of its ``seal`` record."""

    package: PackageId
    files: int
    bytes: int
    tag_files: int
    tagmanifest_sha256: str
    manifest_sha256: str
