"""What a survey may notice in a delivery, each with its weight and what it means: the words of every report on it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum

from profiles.finding import Severity

EXAMPLES = 20
"""Examples that are kept of each thing noticed; the rest is counted."""


class Noticed(StrEnum):
    """Something unusual about an entry of a delivery, the gravest first."""

    UNREADABLE_ENTRY = "unreadable-entry"
    UNREADABLE_FOLDER = "unreadable-folder"
    UNREADABLE_FILE = "unreadable-file"
    VANISHED = "vanished"
    DIGEST_DIFFERS = "digest-differs"
    LINK_OUTSIDE = "link-outside"
    LINK_BROKEN = "link-broken"
    LINK_LOOP = "link-loop"
    DEVICE = "device"
    FIFO = "fifo"
    SOCKET = "socket"
    MOUNT_POINT = "mount-point"
    ATTRIBUTES = "extended-attributes"
    ENCRYPTED = "encrypted-archive"
    NAME_NOT_UTF8 = "name-not-utf-8"
    BIDI = "name-bidi"
    CONTROL = "name-control"
    CASE_TWINS = "case-twins"
    NORMALISATION_TWINS = "normalisation-twins"
    FUTURE = "date-in-future"
    EARLY = "date-before-1990"
    LINK_INSIDE = "link-inside"
    EMPTY_FOLDER = "empty-folder"
    EMPTY_FILE = "empty-file"
    HARD_LINK = "hard-link"
    SPARSE = "sparse-file"
    SYSTEM = "system-file"
    ARCHIVE = "archive-inside"
    BAG_INSIDE = "bag-inside"
    WINDOWS_DEVICE = "windows-device-name"
    WINDOWS_END = "windows-trailing"
    WINDOWS_CHARACTER = "windows-character"
    WINDOWS_LONG_NAME = "windows-long-name"
    WINDOWS_LONG_PATH = "windows-long-path"


@dataclass(frozen=True, slots=True)
class Meaning:
    """How grave it is, what it is called when counted, and what it means for whoever ingests."""

    severity: Severity
    title: str
    sentence: str


_E, _W, _I = Severity.ERROR, Severity.WARNING, Severity.INFO
MEANINGS: dict[Noticed, Meaning] = {
    Noticed.UNREADABLE_ENTRY: Meaning(
        _E,
        "names that cannot be looked at",
        "The medium gives no answer about them: copy it again, or try another reader.",
    ),
    Noticed.UNREADABLE_FOLDER: Meaning(
        _E,
        "folders that cannot be listed",
        "Nobody knows what is in them: get the right to read them, or another copy.",
    ),
    Noticed.UNREADABLE_FILE: Meaning(
        _E,
        "files that cannot be read",
        "An ingest would leave them pending: get the right to read them, or another copy.",
    ),
    Noticed.VANISHED: Meaning(
        _E,
        "files that vanished or changed meanwhile",
        "Somebody is writing there: wait until nobody does, then look again.",
    ),
    Noticed.DIGEST_DIFFERS: Meaning(
        _E,
        "files with another digest than the producer gave",
        "Ask the producer for these files again; keep these, too.",
    ),
    Noticed.LINK_OUTSIDE: Meaning(
        _W,
        "links that lead out of the delivery",
        "What they point to was not delivered; the links are listed, never followed.",
    ),
    Noticed.LINK_BROKEN: Meaning(
        _W, "links that lead nowhere", "What they point to is not in the delivery; the links are listed."
    ),
    Noticed.LINK_LOOP: Meaning(_W, "links that lead in a circle", "They are listed and never followed."),
    Noticed.DEVICE: Meaning(_W, "devices", "They hold no bytes to keep and are never opened; they are listed."),
    Noticed.FIFO: Meaning(_W, "named pipes", "They hold no bytes to keep and are never opened; they are listed."),
    Noticed.SOCKET: Meaning(_W, "sockets", "They hold no bytes to keep; they are listed."),
    Noticed.MOUNT_POINT: Meaning(
        _W,
        "other disks mounted inside",
        "What is on them would be taken in as well: unmount them if that is not meant.",
    ),
    Noticed.ATTRIBUTES: Meaning(
        _W,
        "files with attributes beside their bytes",
        "Extended attributes or NTFS streams, which an ingest does not keep: ask for a disk image if they matter.",
    ),
    Noticed.ENCRYPTED: Meaning(
        _W, "archives with a password", "They are kept whole; ask the producer for the password, by another way."
    ),
    Noticed.NAME_NOT_UTF8: Meaning(
        _W, "names that are not UTF-8", "They are kept octet for octet and spelled with =XX in packages."
    ),
    Noticed.BIDI: Meaning(
        _W,
        "names with characters that turn the reading direction",
        "Such a name can look like another one: look closely.",
    ),
    Noticed.CONTROL: Meaning(_W, "names with control characters", "They are kept, and spelled with =XX in packages."),
    Noticed.CASE_TWINS: Meaning(
        _W, "names that differ in capitals only", "Windows and Macs take them for one; packages spell them apart."
    ),
    Noticed.NORMALISATION_TWINS: Meaning(
        _W,
        "names that look the same and are not",
        "They differ in how letters are composed; packages spell them apart.",
    ),
    Noticed.FUTURE: Meaning(
        _W, "files dated in the future", "A clock was wrong: write down which, before somebody builds on these dates."
    ),
    Noticed.EARLY: Meaning(
        _W, "files dated before 1990", "A clock was reset or a copy lost the dates: do not build on them."
    ),
    Noticed.LINK_INSIDE: Meaning(
        _I,
        "links within the delivery",
        "They are listed with what they point to; the bytes are taken in where they lie.",
    ),
    Noticed.EMPTY_FOLDER: Meaning(_I, "empty folders", "They stand in the listing of the accession package."),
    Noticed.EMPTY_FILE: Meaning(
        _I, "files of no bytes", "They are kept; a failed copy may have made them: ask if there are many."
    ),
    Noticed.HARD_LINK: Meaning(
        _I,
        "files that are one file under several names",
        "Each name is taken in with the bytes; the listing says which are one.",
    ),
    Noticed.SPARSE: Meaning(
        _I,
        "files with holes",
        "They take less room on their disk than their size says; in packages they have their full size.",
    ),
    Noticed.SYSTEM: Meaning(
        _I,
        "files that Windows or macOS writes by itself",
        "Thumbs.db, .DS_Store and the like; they are kept like all others.",
    ),
    Noticed.ARCHIVE: Meaning(_I, "archives (zip, tar, 7z …)", "They are kept whole and never unpacked onto the disk."),
    Noticed.BAG_INSIDE: Meaning(
        _I, "bags inside", "They are taken in as plain folders; to have one checked as a bag, deliver it by itself."
    ),
    Noticed.WINDOWS_DEVICE: Meaning(
        _I, "names that Windows keeps for devices", "CON, NUL, COM1 …; packages spell them otherwise."
    ),
    Noticed.WINDOWS_END: Meaning(
        _I, "names that end in a dot or a blank", "Windows drops it; packages spell it =2E or =20."
    ),
    Noticed.WINDOWS_CHARACTER: Meaning(
        _I, "names with a character that Windows forbids", 'One of < > : " | ? * \\, which packages spell =XX.'
    ),
    Noticed.WINDOWS_LONG_NAME: Meaning(
        _I, "names of more than 255 characters or octets", "Packages cut them; the full name is kept."
    ),
    Noticed.WINDOWS_LONG_PATH: Meaning(
        _I,
        "paths of more than 259 characters",
        "Windows may not open them; packages shorten them and keep the full name.",
    ),
}
"""What everything noticed means, in the order of ``Noticed``."""


@dataclass(frozen=True, slots=True)
class Example:
    """One entry that something was noticed about; ``note`` says what, where that differs from case to case."""

    path: bytes
    note: str = ""


@dataclass(frozen=True, slots=True)
class Count:
    """How often something was noticed, octets of the files concerned, and the first examples."""

    count: int
    bytes: int
    examples: tuple[Example, ...]

    @property
    def more(self) -> int:
        """How many have no example here."""
        return self.count - len(self.examples)


class Notices:
    """Takes any number of things noticed and keeps counts and the first examples of each; its memory has a bound."""

    def __init__(self) -> None:
        self._counts: Counter[Noticed] = Counter()
        self._bytes: Counter[Noticed] = Counter()
        self._examples: dict[Noticed, list[Example]] = {}

    def add(self, what: Noticed, path: bytes, note: str = "", *, size: int = 0) -> None:
        """Take one; ``size`` in octets."""
        self._counts[what] += 1
        self._bytes[what] += size
        examples = self._examples.setdefault(what, [])
        if len(examples) < EXAMPLES:
            examples.append(Example(path, note))

    def counts(self) -> dict[Noticed, Count]:
        """What was noticed at all, the gravest first."""
        return {
            what: Count(self._counts[what], self._bytes[what], tuple(self._examples[what]))
            for what in Noticed
            if self._counts[what]
        }
