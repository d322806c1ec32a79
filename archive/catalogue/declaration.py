"""How a row class declares its table: the one place that says what is stored of it, and how.

The decorator ``evidence`` names the table, its key, what it refers to and its indexes. The columns are the fields, in
their order, by their types::

    @evidence("malware_file", key="file", refers={"file": "file.id"})
    @dataclass(frozen=True, slots=True, kw_only=True)
    class MalwareFileRow(Row):
        file: FileId                  # TEXT NOT NULL, the key
        outcome: MalwareOutcome       # TEXT NOT NULL, read back as a word of the enumeration
        detail: str | None            # TEXT

``int`` is a 64-bit INTEGER, ``Decimal`` an integer of any size stored as decimal text, ``bytes`` a BLOB. Tables,
conversion and the canonical dump follow from this. Nothing here knows a database.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from types import MappingProxyType, ModuleType, NoneType, UnionType
from typing import Annotated, Any, ClassVar, TypeVar, Union, get_args, get_origin, get_type_hints

_DECIMAL = "decimal text"

Decimal = Annotated[int, _DECIMAL]
"""An integer that may pass 64 bits: decimal text in the database, a number in rows."""


@dataclass(frozen=True, slots=True)
class Index:
    """An index over these columns, of all rows or of those that fulfil the condition ``where``, in SQL."""

    name: str
    columns: tuple[str, ...]
    where: str | None = None


@dataclass(frozen=True, slots=True)
class Declared:
    """What a row class says of its table. ``refers`` gives ``table.column`` for each column that refers to another."""

    table: str
    key: tuple[str, ...]
    refers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    indexes: tuple[Index, ...] = ()


@dataclass(frozen=True, slots=True)
class Stored:
    """How one field is stored: ``kept_as`` str, int or bytes, null or not.

    ``word`` is the enumeration whose words it holds, ``decimal`` whether it is a number stored as text.
    """

    name: str
    kept_as: type
    null: bool
    word: type[StrEnum] | None = None
    decimal: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What every evidence row carries: the number of the log record that last spoke of it."""

    declared: ClassVar[Declared]
    leaf: int


R = TypeVar("R", bound=Row)


def evidence(
    table: str, *indexes: Index, key: str | tuple[str, ...] = "id", refers: Mapping[str, str] | None = None
) -> Callable[[type[R]], type[R]]:
    """Class decorator: rows of this class are evidence and lie in ``table`` under ``key``."""
    keys = (key,) if isinstance(key, str) else key

    def declare(kind: type[R]) -> type[R]:
        kind.declared = Declared(table, keys, MappingProxyType(dict(refers or {})), indexes)
        return kind

    return declare


def rows_declared_in(*modules: ModuleType) -> tuple[type[Row], ...]:
    """The row classes that ``modules`` declare, in the order in which they stand there."""
    return tuple(
        thing
        for module in modules
        for thing in vars(module).values()
        if isinstance(thing, type) and issubclass(thing, Row) and thing.__module__ == module.__name__
    )


def stored_fields(kind: type[Row]) -> Iterator[Stored]:
    """How each field of a row class is stored, in the order of the fields. TypeError for a type with no column."""
    hints = get_type_hints(kind, include_extras=True)
    for one in fields(kind):
        yield _stored(one.name, hints[one.name])


def _stored(name: str, hint: Any) -> Stored:
    null = False
    if get_origin(hint) in (UnionType, Union):
        inner = [part for part in get_args(hint) if part is not NoneType]
        null = len(inner) < len(get_args(hint))
        hint = inner[0] if len(inner) == 1 else hint
    if get_origin(hint) is Annotated and _DECIMAL in hint.__metadata__:
        return Stored(name, str, null, decimal=True)
    hint = getattr(hint, "__supertype__", hint)  # what a NewType is made of
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return Stored(name, str, null, word=hint)
    if hint in (str, int, bytes):
        return Stored(name, hint, null)
    raise TypeError(f"no column is known for the field {name}: {hint}")
