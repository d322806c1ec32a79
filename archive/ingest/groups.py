"""Packages by person or case: which group an item belongs to, and items in the order of their groups.

What groups are told apart by (a person's code, a folder's name) is compared here and written nowhere: in the journal,
the log and the packages a group is a random identifier.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from operator import attrgetter
from pathlib import Path

from archive.ingest.listing import Entry
from archive.ingest.metadata import MetadataTable
from archive.ingest.scratch import scratch_database, writing_scratch
from archive.model.identifiers import GroupId, new_identifier
from archive.model.names import shown
from profiles.finding import Finding, Severity
from profiles.finding_codes import FindingCode
from profiles.ingest_profile import Grouping, IngestProfile

_SCHEMA = """
CREATE TABLE sorted (
    key BLOB, item INTEGER, place INTEGER, base BLOB, name BLOB, size INTEGER, mtime TEXT, line BLOB,
    PRIMARY KEY (key, item, place)
) WITHOUT ROWID;
"""
_BATCH = 5_000


class GroupKind(StrEnum):
    """What the files of a group have in common."""

    ONE = "one"
    """They are of one person, case or folder."""
    NONE = "none"
    """Nothing says of whom they are."""
    SEVERAL = "several"
    """Each of their items is said to be of the same several ones."""


@dataclass(frozen=True, slots=True)
class Group:
    """What a package is filled with; two groups never share one."""

    id: GroupId
    kind: GroupKind


Words = Callable[[Sequence[bytes]], frozenset[bytes]]
"""What tells the groups apart: the words that stand for an item, given the delivered names of its files."""


def words_of(terms: IngestProfile, table: MetadataTable | None) -> Words | None:
    """How items are told apart under ``terms``; None where packages hold whatever comes."""
    match terms.grouping:
        case Grouping.FOLDER:
            return _top_folders
        case Grouping.COLUMN if table is not None and terms.group_column is not None:
            return _in_column(table, terms.group_column)
    return None


def _top_folders(names: Sequence[bytes]) -> frozenset[bytes]:
    return frozenset(name.partition(b"/")[0] for name in names if b"/" in name)


def _in_column(table: MetadataTable, column: str) -> Words:
    place = table.rows.place_of(column)

    def words(names: Sequence[bytes]) -> frozenset[bytes]:
        cells = (row.cells[place] for name in names for row in table.rows.of(name) if place < len(row.cells))
        return frozenset(_word(cell) for cell in cells) - {b""}

    return words


def _word(cell: str) -> bytes:
    """What a cell says, however its letters are composed and its blanks are set."""
    return unicodedata.normalize("NFC", " ".join(cell.split())).encode("utf-8", "surrogateescape")


Ordered = Iterator[tuple[Group | None, tuple[Entry, ...]]]
"""Items with their group, None where packages hold whatever comes and for what is no file."""


def in_order(
    items: Iterable[tuple[Entry, ...]], terms: IngestProfile, table: MetadataTable | None, *, scratch: Path | None
) -> Ordered:
    """Items in the order in which packages are filled under ``terms``."""
    words = words_of(terms, table)
    return ((None, item) for item in items) if words is None else by_group(items, words, scratch=scratch)


def by_group(items: Iterable[tuple[Entry, ...]], words: Words, *, scratch: Path | None) -> Ordered:
    """Every item with its group, group by group, within one as they came; first, with None, what is no file.

    On disk while it is put in order: memory grows neither with the items nor with the groups.
    """
    database = scratch_database(scratch, _SCHEMA)
    try:
        batch: list[tuple[object, ...]] = []

        def flush() -> None:
            with writing_scratch(database):
                database.executemany("INSERT INTO sorted VALUES (?, ?, ?, ?, ?, ?, ?, ?)", batch)
            batch.clear()

        for number, entries in enumerate(items):
            names = [entry.name for entry in entries if entry.name is not None]
            key = _key(words(names)) if names else b""
            for place, entry in enumerate(entries):
                facts = (entry.base, entry.name, entry.size, str(entry.mtime), entry.line)
                batch.append((key, number, place, *facts))
            if len(batch) >= _BATCH:
                flush()
        flush()
        found = database.execute(
            "SELECT key, item, base, name, size, mtime, line FROM sorted ORDER BY key, item, place"
        )
        stored = (
            _Stored(key, item, Entry(line, base, name, size, int(mtime)))
            for key, item, base, name, size, mtime, line in found
        )
        for key, members in groupby(stored, key=attrgetter("key")):
            group = None if not key else Group(GroupId(new_identifier()), _KINDS[key[:1]])
            for _, of_item in groupby(members, key=attrgetter("item")):
                yield group, tuple(one.entry for one in of_item)
    finally:
        database.close()


@dataclass(frozen=True, slots=True)
class _Stored:
    key: bytes
    item: int
    entry: Entry


_KINDS = {b"0": GroupKind.NONE, b"1": GroupKind.ONE, b"2": GroupKind.SEVERAL}


def _key(words: frozenset[bytes]) -> bytes:
    """The same for the same words and for no others: what a group is sorted by."""
    if len(words) < 2:
        return b"1" + next(iter(words)) if words else b"0"
    return b"2" + b"".join(b"%d:%s" % (len(word), word) for word in sorted(words))


def remarks_on(group: Group, entries: Sequence[Entry], terms: IngestProfile) -> Iterator[Finding]:
    """What a person should know of where an item was packed."""
    subject = shown(entries[0].name or b"")
    if group.kind is GroupKind.NONE:
        lacking = (
            "it stands in no folder of the delivery"
            if terms.grouping is Grouping.FOLDER
            else f"no row of the table says its '{terms.group_column}'"
        )
        message = f"{lacking}; it lies in a package apart from those of every {_thing(terms)}"
        yield Finding(FindingCode.FILE_WITHOUT_GROUP, Severity.WARNING, subject, message, f"ingest profile {terms.id}")
    if group.kind is GroupKind.SEVERAL:
        message = (
            f"rows of the table about it and what belongs to it differ in '{terms.group_column}'; "
            "it lies in a package apart from those of each of them"
        )
        yield Finding(
            FindingCode.ITEM_OF_SEVERAL_GROUPS, Severity.WARNING, subject, message, f"ingest profile {terms.id}"
        )


def _thing(terms: IngestProfile) -> str:
    return "folder" if terms.grouping is Grouping.FOLDER else f"'{terms.group_column}'"


def in_words(kind: GroupKind, terms: IngestProfile) -> str:
    """What a package says of the group it holds, without naming anybody."""
    by = "top folder of the delivery" if terms.grouping is Grouping.FOLDER else f"'{terms.group_column}' of the table"
    return {
        GroupKind.ONE: f"all files are of one group, by the {by}",
        GroupKind.NONE: f"files of which nothing says to which group they belong, by the {by}",
        GroupKind.SEVERAL: f"files of which rows name several groups, by the {by}; the same ones for each",
    }[kind]
