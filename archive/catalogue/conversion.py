"""Between frozen rows and rows of the database: which table, which columns, and the digest that each row carries."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import Any, TypeVar

from sqlalchemy import RowMapping

from archive.catalogue.declaration import Row, stored_fields
from archive.catalogue.digests import row_digest
from archive.catalogue.schema import TABLES
from archive.errors import CatalogueError
from archive.model.malware import NEVER, MalwareOutcome, Scanned

_FIELDS = {kind: tuple(stored_fields(kind)) for kind in TABLES}
_VALUES: dict[type[Row], tuple[tuple[str, ...], Callable[[Row], tuple[object, ...]]]] = {
    kind: (names, attrgetter(*names))
    for kind, fields in _FIELDS.items()
    for names in [tuple(field.name for field in fields)]
}
"""The names of a row's fields, and what gives their values."""

_WORDS = {
    kind: {field.name: field.word for field in fields if field.word is not None} for kind, fields in _FIELDS.items()
}
"""Columns of text that are words of an enumeration in rows."""

_DECIMALS = {kind: tuple(field.name for field in fields if field.decimal) for kind, fields in _FIELDS.items()}
"""Columns of decimal text that are numbers in rows."""

R = TypeVar("R", bound=Row)

_PLAIN = frozenset({str, int, bytes, type(None)})
"""Types that are stored as they are."""

REBUILD = "archive catalogue rebuild makes a new catalogue from the bags and the custody log"
"""What to do about a damaged catalogue."""


def values_of(row: Row) -> dict[str, object]:
    """What is stored of a row, by column, with its digest."""
    names, values_in = _VALUES[type(row)]
    values: dict[str, object] = dict(zip(names, values_in(row), strict=True))
    for name, value in values.items():
        if type(value) not in _PLAIN:  # a word of an enumeration is stored as plain text
            values[name] = str(value) if isinstance(value, str) else value
    for name in _DECIMALS[type(row)]:
        values[name] = None if values[name] is None else str(values[name])
    values["row_digest"] = row_digest(TABLES[type(row)].name, values)
    return values


def scanned(found: Iterable[tuple[str | None, str | None, int]]) -> list[Scanned]:
    """Counts by outcome and detail: most files first. Of files nobody ever looked at, that is what is said."""
    said = [
        Scanned(MalwareOutcome.NOT_CHECKED, NEVER, files)
        if outcome is None
        else Scanned(MalwareOutcome(outcome), detail, files)
        for outcome, detail, files in found
    ]
    return sorted(said, key=lambda one: (-one.files, one.outcome, one.detail or ""))


def row_of(kind: type[R], found: RowMapping) -> R:
    """The row that was stored; CatalogueError where it does not fit its digest."""
    values: dict[str, Any] = dict(found)
    digest = values.pop("row_digest")
    table = TABLES[kind]
    if row_digest(table.name, values) != digest:
        key = ", ".join(str(values[column.name]) for column in table.primary_key.columns)
        raise CatalogueError(
            f"the catalogue is damaged: the row {key} of table {table.name} does not fit its digest",
            hint=REBUILD,
        )
    for name in _DECIMALS[kind]:
        values[name] = None if values[name] is None else int(values[name])
    for name, word in _WORDS[kind].items():
        values[name] = None if values[name] is None else word(values[name])
    return kind(**values)
