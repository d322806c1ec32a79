"""Making tables in a migration: one line for each, frozen once it is released."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

_TYPES: dict[str, sa.types.TypeEngine[Any]] = {"text": sa.Text(), "integer": sa.Integer(), "blob": sa.LargeBinary()}


def evidence(table: str, columns: str) -> None:
    """Make a table of evidence rows: ``"file text key > file.id, detail text null, size integer"``.

    Each column says its name and type (text, integer or blob); then ``null`` where it may be null, ``key`` where it
    belongs to the key, and ``> table.column`` where it refers to another one. Leaf and row digest are added. An index
    is made with ``op.create_index``.
    """
    made = [_column(*words) for words in (column.split() for column in columns.split(","))]
    leaf, digest = sa.Column("leaf", sa.Integer(), nullable=False), sa.Column("row_digest", sa.Text(), nullable=False)
    op.create_table(table, *made, leaf, digest, sqlite_strict=True)


def _column(name: str, kind: str, *said: str) -> sa.Column[Any]:
    reference = [sa.ForeignKey(said[said.index(">") + 1])] if ">" in said else []
    key = "key" in said
    return sa.Column(name, _TYPES[kind], *reference, nullable="null" in said, primary_key=key, autoincrement=False)
