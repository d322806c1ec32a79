"""What every record of the custody log has in common; the kinds are in ``records`` (DESIGN §7).

There are two forms. A record of the first form, ``Record``, holds all its fields openly. One of the second form,
``PrivateRecord``, holds in the open what tells of no person and no content, and a digest of everything else. What the
digests stand for are *private lines*, kept apart from the record, so that each can be withheld or erased while the
record stays whole. Fields are declared private where they are declared at all::

    class ReceiptRecord(PrivateRecord):
        file: FileId                              open: a random identifier
        size: Octets | None = content()           size and digests of the file it names
        name: bytes | None = about()              name, path, times and all else about that file
        medium: str | None = own()                a private field of the record itself
        reason: str | None                        typed by a person; every private record has it

A record that names many files has a tuple of values with a field ``file``, declared by ``each_file()``: in the open
stand the identifiers, and each file has private lines of its own.
"""

from __future__ import annotations

from dataclasses import Field, dataclass, field, fields, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, NewType, Self

Octets = NewType("Octets", int)
"""A size or a count of nanoseconds; a decimal string in records."""


class KnownBy(StrEnum):
    """How it is known who acted (DESIGN §7.9), from the weakest to the strongest."""

    CLAIMED = "claimed"
    OS_USER = "os-user"
    KEY = "key"
    PASSKEY = "passkey"


class Group(StrEnum):
    """The private parts of a record: each is one line, released, withheld or erased by itself."""

    OWN = "own"
    TEXT = "text"
    CONTENT = "content"
    ABOUT = "about"


_GROUP = "group"
_EACH_FILE = "each-file"
_IN_MEMORY = "in-memory"


def own(**options: Any) -> Any:
    """A private field of the record itself. None where its line is not here."""
    return field(metadata={_GROUP: Group.OWN}, **options)


def text(**options: Any) -> Any:
    """A private field that holds what a person typed. None where its line is not here."""
    return field(metadata={_GROUP: Group.TEXT}, **options)


def content(**options: Any) -> Any:
    """A private field with size or digest of the file the record names. None where its line is not here."""
    return field(metadata={_GROUP: Group.CONTENT}, **options)


def about(**options: Any) -> Any:
    """A private field with anything else about the file the record names. None where its line is not here."""
    return field(metadata={_GROUP: Group.ABOUT}, **options)


def each_file(**options: Any) -> Any:
    """A tuple of values, each about one file; a value is left out where a line of it is not here."""
    return field(metadata={_EACH_FILE: True}, **options)


def group_of(declared: Field[Any]) -> Group | None:
    """The private part that a field belongs to; None for an open field."""
    found = declared.metadata.get(_GROUP)
    return found if isinstance(found, Group) else None


def is_each_file(declared: Field[Any]) -> bool:
    """Whether a field holds a value for each of many files."""
    return _EACH_FILE in declared.metadata


def is_in_memory(declared: Field[Any]) -> bool:
    """Whether a field is never written."""
    return _IN_MEMORY in declared.metadata


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What every record says: when, who, on which machine, with which version of this program, and why.

    ``v`` is the version that the record was written in. ``clock`` says what ``time`` was worth: where it came from, and
    by how much it was behind the log where it ran backwards (``archive.clock``). Records are in the order of their
    numbers, never of their times. ``actor`` and ``machine`` are codes, never a person's name. ``reason`` may be empty
    where the kind says it all.
    """

    kind: ClassVar[str]
    v: int = 1
    time: datetime
    clock: str = "not stated"
    actor: str
    machine: str
    version: str
    reason: str = ""

    def raised(self, time: datetime, *, clock: str) -> Self:
        """The same record with a later time, and with it all that is counted from it."""
        return replace(self, time=time, clock=clock)


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateRecord(Record):
    """A record of the second form. ``absent`` numbers the private lines that the record has and that are not here."""

    known: KnownBy = KnownBy.CLAIMED
    reason: str = text(default="")
    absent: tuple[int, ...] = field(default=(), metadata={_IN_MEMORY: True}, compare=True)


@dataclass(frozen=True, slots=True)
class Unread:
    """A record that is as committed, and that this program takes no effect from.

    ``code`` is a word of ``archive.model.remarks``; ``why`` tells a person, without anything private. ``announces`` are
    the kinds and versions that a ``program`` record of a later version announces.
    """

    kind: str
    v: int
    code: str
    why: str
    announces: frozenset[tuple[str, int]] | None = None


def files_named(record: PrivateRecord) -> list[str]:
    """The files that private lines of ``record`` tell of, in the order of these lines."""
    for declared in fields(record):
        if is_each_file(declared):
            return [entry.file for entry in getattr(record, declared.name)]
    named = getattr(record, "file", None)
    return [] if named is None else [named]
