"""The tables of the database, made from what the row classes declare (``declaration``, ``rows``).

A name below is a table that queries ask by hand; a further kind of row needs none.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    text,
)
from sqlalchemy import Index as TableIndex
from sqlalchemy.types import TypeEngine

from archive.catalogue import rows
from archive.catalogue.declaration import Index, Row, Stored, rows_declared_in, stored_fields

metadata = MetaData()

_BIG = BigInteger().with_variant(Integer, "sqlite")  # STRICT tables of SQLite know only INTEGER, of 64 bits
_TYPES: dict[type, TypeEngine[Any]] = {str: Text(), int: _BIG, bytes: LargeBinary()}


def _table(kind: type[Row]) -> Table:
    """An evidence table: its columns, the leaf that last spoke of the row, and the row's own digest."""
    declared = kind.declared
    columns = [_column(kind, field) for field in stored_fields(kind) if field.name != "leaf"]
    leaf = Column("leaf", _BIG, nullable=False)
    digest = Column("row_digest", Text, nullable=False)
    indexes = [_index(index) for index in declared.indexes]
    return Table(declared.table, metadata, *columns, leaf, digest, *indexes, sqlite_strict=True)


def _column(kind: type[Row], field: Stored) -> Column[Any]:
    reference = kind.declared.refers.get(field.name)
    return Column(
        field.name,
        _TYPES[field.kept_as],
        *([] if reference is None else [ForeignKey(reference)]),
        primary_key=field.name in kind.declared.key,
        autoincrement=False,
        nullable=field.null,
    )


def _index(index: Index) -> TableIndex:
    where = None if index.where is None else text(index.where)
    return TableIndex(index.name, *index.columns, sqlite_where=where, postgresql_where=where)


folded = Table(
    "folded",
    metadata,
    Column("one", Integer, primary_key=True),
    Column("vocabulary", Text, nullable=False),
    sqlite_strict=True,
)
"""Which kinds and versions of record the program knew that took in what is here: one row, or none."""

applied = Table(
    "applied",
    metadata,
    Column("one", Integer, primary_key=True),
    Column("leaves", _BIG, nullable=False),
    sqlite_strict=True,
)
"""How many leaves of the custody log this catalogue has taken in: one row."""

TABLES: dict[type[Row], Table] = {kind: _table(kind) for kind in rows_declared_in(rows)}
"""The table of each kind of row: evidence, in the order of the canonical dump."""

EVIDENCE = tuple(TABLES.values())
"""Tables whose rows are evidence: they carry a digest and make up the canonical dump."""

location = TABLES[rows.LocationRow]
producer = TABLES[rows.ProducerRow]
agreement = TABLES[rows.AgreementRow]
accession = TABLES[rows.AccessionRow]
transfer = TABLES[rows.TransferRow]
file = TABLES[rows.FileRow]
package = TABLES[rows.PackageRow]
identification = TABLES[rows.IdentificationRow]
file_format = TABLES[rows.FileFormatRow]
signatures = TABLES[rows.SignaturesRow]
risk_table = TABLES[rows.RiskTableRow]
item_file = TABLES[rows.ItemFileRow]
file_rights = TABLES[rows.FileRightsRow]
consent = TABLES[rows.ConsentRow]
replica = TABLES[rows.ReplicaRow]
incident = TABLES[rows.IncidentRow]
damage = TABLES[rows.DamageRow]
handover = TABLES[rows.HandoverRow]
handover_volume = TABLES[rows.HandoverVolumeRow]
key = TABLES[rows.KeyRow]
timestamp = TABLES[rows.TimestampRow]
agent = TABLES[rows.AgentRow]
policy = TABLES[rows.PolicyRow]
paper = TABLES[rows.PaperRow]
legal_hold = TABLES[rows.LegalHoldRow]
tombstone = TABLES[rows.TombstoneRow]
malware_scan = TABLES[rows.MalwareScanRow]
malware_file = TABLES[rows.MalwareFileRow]
quarantine = TABLES[rows.QuarantineRow]
quarantine_key = TABLES[rows.QuarantineKeyRow]


def columns_of(tables: Iterable[Table]) -> dict[str, dict[str, bool]]:
    """The columns of each table in their order, and of each whether it holds octets rather than text or a number."""
    return {
        table.name: {column.name: isinstance(column.type, LargeBinary) for column in table.columns} for table in tables
    }


def keys_of_tables() -> dict[str, list[str]]:
    """The evidence tables, in the order of the canonical dump, with the columns of the keys that order their rows."""
    return {table.name: [column.name for column in table.primary_key.columns] for table in EVIDENCE}
