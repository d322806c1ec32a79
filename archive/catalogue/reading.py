"""Asking the database of the catalogue, in values of ``rows``: what every question to it goes through."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, Select
from sqlalchemy.exc import DatabaseError

from archive.catalogue.conversion import REBUILD, row_of
from archive.catalogue.rows import Row
from archive.catalogue.schema import TABLES
from archive.errors import CatalogueError

R = TypeVar("R", bound=Row)

DAMAGED = (DatabaseError, UnicodeDecodeError)
"""What reading a damaged database ends with; the second where SQLite quotes rotten bytes in its own message."""


def reason(error: Exception) -> str:
    """What the database says, in a few words."""
    return str(error.orig) if isinstance(error, DatabaseError) else "its tables are described in rotten bytes"


class Reading:
    """An open catalogue that can be asked; in a transaction or a moment, by its connection."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writing: Connection | None = None
        self._seeing: Connection | None = None

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        held = self._writing or self._seeing
        if held is not None:
            yield held
            return
        try:
            with self._engine.connect() as connection:
                yield connection
        except DAMAGED as error:
            raise CatalogueError(
                f"the catalogue cannot be read: {reason(error)}",
                hint=REBUILD,
            ) from error

    def _scalar(self, query: Select[Any]) -> Any:
        with self._reading() as connection:
            return connection.execute(query).scalar()

    def _all(self, kind: type[R], query: Select[Any]) -> list[R]:
        with self._reading() as connection:
            rows = [row_of(kind, found) for found in connection.execute(query).mappings()]
        if len(set(rows)) < len(rows):  # a rotten page led to another one twice
            raise CatalogueError(
                f"the catalogue is damaged: a row of {TABLES[kind].name} stands in it twice", hint=REBUILD
            )
        return rows

    def _stream(self, kind: type[R], query: Select[Any]) -> Iterator[R]:
        with self._reading() as connection:
            for found in connection.execution_options(yield_per=1000).execute(query).mappings():
                yield row_of(kind, found)

    def _one(self, kind: type[R], query: Select[Any]) -> R | None:
        with self._reading() as connection:
            found = connection.execute(query).mappings().first()
            return None if found is None else row_of(kind, found)
