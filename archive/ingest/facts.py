"""What a survey found, as frozen values. Names are octets as delivered; sizes in octets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from archive.ingest.candidates import Candidate
from archive.ingest.name_facts import NameGuess, NameKind
from archive.ingest.noticed import Count, Noticed
from archive.ingest.room import Room
from profiles.finding import Finding, Severity
from profiles.finding_codes import FindingCode


@dataclass(frozen=True, slots=True)
class Share:
    """How many files are of one kind, and how large they are together."""

    what: str
    files: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Placed:
    """An entry that stands out, and the number it stands out by."""

    path: bytes
    number: int


@dataclass(frozen=True, slots=True)
class Dates:
    """When files were changed, by the clock of whoever wrote them: files by year and month (UTC).

    Those before 1990 and those in the future are in no month; ``first`` and ``last`` are the outermost of the others,
    as year and month.
    """

    by_month: Mapping[tuple[int, int], int]
    early: int
    future: int

    @property
    def first(self) -> tuple[int, int] | None:
        """The earliest month; None where there is none."""
        return min(self.by_month, default=None)

    @property
    def last(self) -> tuple[int, int] | None:
        """The latest month; None where there is none."""
        return max(self.by_month, default=None)


@dataclass(frozen=True, slots=True)
class HardLinked:
    """Files that stand under several names in the delivery: so many files, names, and octets counted once."""

    files: int
    names: int
    bytes_once: int
    bytes_by_name: int


@dataclass(frozen=True, slots=True)
class BagFacts:
    """A delivered bag. ``valid`` is None as long as nobody read its files (then ``findings`` are about its lists)."""

    version: str | None
    algorithms: tuple[str, ...]
    files: int
    valid: bool | None
    findings: tuple[Finding, ...]

    @property
    def complete(self) -> bool:
        """Whether nothing speaks against it so far."""
        return all(finding.severity is not Severity.ERROR for finding in self.findings)


@dataclass(frozen=True, slots=True)
class TableFacts:
    """How the producer's table and the delivered files fit. A row about one file speaks for the whole item."""

    name: bytes
    reading: Mapping[str, str]
    rows: int
    files_with_row: int
    rows_without_file: int
    items_without_row: int
    files_without_row: int


@dataclass(frozen=True, slots=True)
class DigestFacts:
    """Digests that the producer gave: of how many files, and what is known by them.

    ``held`` is None where no archive was asked; ``checked`` where nobody read the files.
    """

    files: int
    with_sha256: int
    held: int | None
    held_bytes: int
    checked: int | None
    different: int


@dataclass(frozen=True, slots=True)
class Shape:
    """How files are spread. The lists are cut: what they leave out stands in their last share."""

    by_extension: tuple[Share, ...]
    by_beginning: tuple[Share, ...]
    by_digits: Mapping[int, tuple[int, int]]
    """Files and octets by the number of decimal digits of a file's size."""
    dates: Dates
    largest: tuple[Placed, ...]
    deepest: tuple[Placed, ...]
    longest: tuple[Placed, ...]


@dataclass(frozen=True, slots=True)
class Survey:
    """A first look at a delivery. Nothing was copied, and nothing but what stands here is known.

    ``items`` counts files with their side-cars as one. ``remarks`` are about the bag, the table and what was agreed;
    ``oddities`` name entries that are no files, one by one. ``packages`` would be made, of so
    many ``groups`` (persons, cases), None where whatever comes is packed together.
    """

    source: Path
    files: int
    items: int
    folders: int
    bytes: int
    names: Mapping[NameKind, int]
    guess: NameGuess | None
    noticed: Mapping[Noticed, Count]
    shape: Shape
    hard_links: HardLinked
    candidates: tuple[Candidate, ...]
    candidates_more: int
    bag: BagFacts | None
    table: TableFacts | None
    digests: DigestFacts
    packages: int
    terms: str | None
    groups: int | None
    remarks: tuple[Finding, ...]
    oddities: tuple[Finding, ...]
    quick: bool
    """Whether no file was opened."""
    room: tuple[Room, ...] = field(default=())

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Everything found that has a word of its own, in one list."""
        return (*self.remarks, *self.oddities)

    @property
    def troubled(self) -> bool:
        """Whether something could not be read, or is not what the producer said: a person has to act first."""
        bag_broken = self.bag is not None and (self.bag.valid is False or not self.bag.complete)
        grave = (Noticed.UNREADABLE_ENTRY, Noticed.UNREADABLE_FOLDER, Noticed.UNREADABLE_FILE, Noticed.VANISHED)
        missing = any(finding.code == FindingCode.LISTED_NOT_DELIVERED for finding in self.remarks)
        return bag_broken or missing or any(what in self.noticed for what in (*grave, Noticed.DIGEST_DIFFERS))
