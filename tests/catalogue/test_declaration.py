"""Tables follow from row classes: today's are those of 0.1, to the letter."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, fields
from pathlib import Path

import pytest
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from archive.catalogue import schema
from archive.catalogue.declaration import Decimal, Row, evidence, stored_fields
from archive.catalogue.opening import create
from archive.catalogue.rows import FileRow
from archive.catalogue.schema import EVIDENCE
from archive.model.fixity import FixityOutcome
from archive.model.identifiers import FileId

OF_0001 = Path(__file__).with_name("tables_of_0001.sql")
"""The statements that make the tables of migration 0001, written out by the code of 0.1. Never made anew."""


def statements() -> list[str]:
    dialect = sqlite.dialect()
    made = []
    for table in (schema.applied, *schema.EVIDENCE):
        made.append(str(CreateTable(table).compile(dialect=dialect)))
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            made.append(str(CreateIndex(index).compile(dialect=dialect)))
    return ["\n".join(line.rstrip() for line in statement.strip().splitlines()) for statement in made]


MADE_ANEW = ("accession", "file", "consent")
"""Tables of 0.1 that a later migration made anew (``v0004``)."""


def kept(made: list[str]) -> list[str]:
    """Those that make a table of 0.1 as it was, or an index of it."""
    anew = [f" {word}" for table in MADE_ANEW for word in (f"{table} (", f"{table}_by_")]
    return [statement for statement in made if not any(word in statement.split("\n")[0] + " " for word in anew)]


def test_the_tables_of_0_1_are_made_as_they_were_and_stay_first_in_the_dump() -> None:
    old = [statement.strip() for statement in OF_0001.read_text(encoding="utf-8").split(";\n") if statement.strip()]
    assert len(kept(old)) == len(old) - 8  # three tables, and their indexes
    assert kept(statements())[: len(kept(old))] == kept(old)


def test_every_column_is_in_the_database_as_the_rows_declare_it(tmp_path: Path) -> None:
    create(tmp_path / "catalogue.sqlite").close()
    with sqlite3.connect(tmp_path / "catalogue.sqlite") as database:
        for table in EVIDENCE:
            found = database.execute(f"SELECT name, type, \"notnull\", pk FROM pragma_table_info('{table.name}')")
            declared = {column.name: (not column.nullable, bool(column.primary_key)) for column in table.columns}
            assert {name: (bool(notnull), pk > 0) for name, _, notnull, pk in found} == declared, table.name


def test_a_field_says_how_it_is_stored() -> None:
    @evidence("sample", key="file", refers={"file": "file.id"})
    @dataclass(frozen=True, slots=True, kw_only=True)
    class SampleRow(Row):
        file: FileId
        at: Decimal
        outcome: FixityOutcome | None
        data: bytes | None

    stored = {one.name: one for one in stored_fields(SampleRow)}
    assert [field.name for field in fields(SampleRow)] == list(stored)
    assert (stored["file"].kept_as, stored["file"].null) == (str, False)
    assert (stored["at"].kept_as, stored["at"].decimal) == (str, True)
    assert (stored["outcome"].kept_as, stored["outcome"].null, stored["outcome"].word) == (str, True, FixityOutcome)
    assert (stored["data"].kept_as, stored["data"].null) == (bytes, True)
    assert (stored["leaf"].kept_as, stored["leaf"].null) == (int, False)
    assert SampleRow.declared.key == ("file",) and SampleRow.declared.refers == {"file": "file.id"}


def test_a_type_without_a_column_is_the_programmers_mistake() -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class OddRow(Row):
        share: float

    with pytest.raises(TypeError, match="share"):
        list(stored_fields(OddRow))


def test_numbers_of_any_size_are_decimals_where_they_may_pass_64_bits() -> None:
    assert [one.name for one in stored_fields(FileRow) if one.decimal] == ["mtime"]
