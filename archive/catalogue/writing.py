"""Writing to the catalogue, in values of ``rows``: inside a transaction, and refused where a row cannot stand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import Connection, bindparam, delete, insert, update
from sqlalchemy.dialects.sqlite import insert as insert_or_update
from sqlalchemy.exc import IntegrityError

from archive import durable
from archive.catalogue import schema
from archive.catalogue.conversion import REBUILD, values_of
from archive.catalogue.reading import DAMAGED, Reading, reason
from archive.catalogue.rows import Row
from archive.catalogue.schema import TABLES
from archive.errors import CatalogueError


class Contradiction(ValueError):
    """A record cannot stand beside what stands before it.

    The text says why without a name, an identifier or anything else that the record holds: it is kept as it is, in a
    ``remark`` row. It is part of the canonical dump, so it is worded once and for ever.
    """


class Writing(Reading):
    """An open catalogue that can be written to; whatever is written happens inside ``transaction``."""

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All writes within happen together or not at all, and are synced when this ends."""
        if self._writing is not None:
            raise ValueError("transactions do not nest")
        try:
            with self._engine.begin() as connection:
                connection.exec_driver_sql("BEGIN IMMEDIATE")  # a savepoint outside of one would be a transaction
                self._writing = connection
                yield
                durable.promise("commit catalogue")
        except DAMAGED as error:
            raise CatalogueError(
                f"the catalogue cannot be written: {reason(error)}",
                hint="free space or mend the disk, then give the same command again; nothing was lost",
                transient=True,
            ) from error
        finally:
            self._writing = None

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """All writes within happen together or, where an exception leaves this, not at all; the transaction goes on.

        Raises Contradiction where a row cannot stand beside those that are there.
        """
        with self.judging(), self._connection().begin_nested():
            yield

    @contextmanager
    def judging(self) -> Iterator[None]:
        """The same without a savepoint, which costs a copy of each page: after a Contradiction all is given up."""
        try:
            yield
        except IntegrityError as error:
            raise Contradiction(_broken_rule(str(error.orig))) from error
        except OverflowError as error:
            raise Contradiction("it holds a number that is too large for what it counts") from error

    @contextmanager
    def at_one_moment(self) -> Iterator[None]:
        """All reads within see what was so at the first of them, whatever another process writes meanwhile."""
        if self._seeing is not None or self._writing is not None:
            raise ValueError("moments do not nest, and a transaction is one already")
        try:
            with self._engine.connect() as connection:
                connection.exec_driver_sql("BEGIN")  # sqlite3 begins none by itself for reading
                self._seeing = connection
                yield
        except DAMAGED as error:
            raise CatalogueError(f"the catalogue cannot be read: {reason(error)}", hint=REBUILD) from error
        finally:
            self._seeing = None

    def close(self) -> None:
        """Give the database back."""
        self._engine.dispose()

    def insert(self, rows: Sequence[Row]) -> None:
        """Add rows of one kind, with keys that are not taken."""
        if rows:
            self._connection().execute(insert(TABLES[type(rows[0])]), [values_of(row) for row in rows])

    def put(self, row: Row) -> None:
        """Add ``row``, in the place of the one with the same key where there is one."""
        self.put_all([row])

    def put_all(self, rows: Sequence[Row]) -> None:
        """Add rows of one kind, each in the place of the one with the same key where there is one."""
        if not rows:
            return
        table = TABLES[type(rows[0])]
        added = insert_or_update(table)
        keys = [column.name for column in table.primary_key.columns]
        rest = {column.name: added.excluded[column.name] for column in table.columns if column.name not in keys}
        change = added.on_conflict_do_update(index_elements=keys, set_=rest)
        self._connection().execute(change, [values_of(row) for row in rows])

    def replace(self, row: Row) -> None:
        """Put ``row`` in the place of the one with the same key, which must exist."""
        self.replace_all([row])

    def replace_all(self, rows: Sequence[Row]) -> None:
        """Put ``rows`` of one kind in the places of those with the same keys, which must exist."""
        if not rows:
            return
        table = TABLES[type(rows[0])]
        keys = [column.name for column in table.primary_key.columns]
        change = update(table).values({c.name: bindparam(f"new_{c.name}") for c in table.columns if c.name not in keys})
        for key in keys:
            change = change.where(table.c[key] == bindparam(f"new_{key}"))
        values = [{f"new_{name}": value for name, value in values_of(row).items()} for row in rows]
        if self._connection().execute(change, values).rowcount != len(rows):
            raise ValueError(f"no such row in {table.name}, of {len(rows)}: {values[0]}")

    def empty(self) -> None:
        """Take every evidence row out, so that the log is taken in anew from its beginning."""
        for table in reversed(schema.metadata.sorted_tables):  # those that refer to others first
            self._connection().execute(delete(table))
        self.set_applied(0)

    def set_vocabulary(self, vocabulary: str) -> None:
        """Say which kinds and versions of record the program knew that took in what is here."""
        connection = self._connection()
        if connection.execute(update(schema.folded).values(vocabulary=vocabulary)).rowcount == 0:
            connection.execute(insert(schema.folded).values(one=1, vocabulary=vocabulary))

    def set_applied(self, leaves: int) -> None:
        """Remember that the first ``leaves`` records of the custody log have been taken in."""
        connection = self._connection()
        if connection.execute(update(schema.applied).values(leaves=leaves)).rowcount == 0:
            connection.execute(insert(schema.applied).values(one=1, leaves=leaves))

    def _connection(self) -> Connection:
        if self._writing is None:
            raise ValueError("writes happen inside a transaction")
        return self._writing


def _broken_rule(said: str) -> str:
    """What a row broke, in words that name a table at most: SQLite says ``UNIQUE constraint failed: package.id``."""
    rule, _, place = said.partition(" constraint failed")
    table = place.removeprefix(": ").partition(".")[0]
    return {
        "UNIQUE": f"what it says was said before, and is said once only ({table})",
        "NOT NULL": f"it does not say what it must say ({table})",
        "FOREIGN KEY": "it speaks of something that was never recorded",
    }.get(rule, "the tables have no place for it")
