"""The catalogue: an index that never answers with a wrong row, and follows the custody log."""

from __future__ import annotations

import hashlib
import random
import sqlite3
from dataclasses import fields, replace
from pathlib import Path

import pytest

from archive.catalogue import opening, schema
from archive.catalogue.catalogue import Catalogue
from archive.catalogue.digests import row_digest
from archive.catalogue.opening import create, open_catalogue
from archive.catalogue.rows import (
    AccessionRow,
    DamageRow,
    FileFormatRow,
    FileRow,
    IdentificationRow,
    IncidentRow,
    LocationRow,
    PackageRow,
    ProducerRow,
    ReplicaRow,
    Row,
)
from archive.errors import ArchiveError, CatalogueError
from archive.model.fixity import FixityOutcome
from archive.model.formats import ToldBy
from archive.model.identifiers import AccessionId, FileId, IncidentId, PackageId
from archive.model.packages import Outcome, PackageKind, ReplicaState

ACCESSION = AccessionId("11111111-1111-4111-8111-111111111111")
PACKAGES = [PackageId(f"{n:08x}-2222-4222-8222-222222222222") for n in range(12)]
MOMENT = "2026-04-01T03:00:00.000000Z"


def receipts() -> list[FileRow]:
    return [
        FileRow(
            leaf=10 + n,
            id=FileId(f"{n:08x}-3333-4333-8333-333333333333"),
            accession=ACCESSION,
            number=n + 1,
            name=f"письмо-{n}".encode() + b"\xff",
            size=n * 1000,
            sha256=f"{n:064x}",
            blake3=f"{n:064x}",
            mtime=1_700_000_000_000_000_000 + n,
            outcome=Outcome.ACCEPTED,
            aip=PACKAGES[0],
            received_at=MOMENT,
        )
        for n in range(60)
    ]


def told() -> list[FileFormatRow]:
    return [
        FileFormatRow(
            leaf=150,
            file=receipt.id,
            told_by=ToldBy.MACHINES,
            package=PACKAGES[0],
            puid="fmt/11",
            name="Portable Network Graphics 1.0",
            verdict="agreed",
            basis="signature",
            told_at=MOMENT,
            actor="a",
            reason="",
            since=150,
            former_puid=None,
            former_verdict=None,
        )
        for receipt in receipts()
    ]


def fill(catalogue: Catalogue) -> None:
    packages = [
        PackageRow(
            leaf=100 + n,
            id=package,
            accession=ACCESSION,
            kind=PackageKind.AIP,
            files=60,
            bytes=2**40 + n,
            tag_files=6,
            tagmanifest_sha256="a" * 64,
            manifest_sha256="b" * 64,
            sealed_at=MOMENT,
        )
        for n, package in enumerate(PACKAGES)
    ]
    replicas = [
        ReplicaRow(
            leaf=200,
            package=package,
            location="store",
            key=f"{package[:2]}/{package}",
            state=ReplicaState.OK,
            stored_at=MOMENT,
            last_verified=MOMENT,
        )
        for package in PACKAGES
    ]
    incident = IncidentId("44444444-4444-4444-8444-444444444444")
    with catalogue.transaction():
        catalogue.insert([LocationRow(leaf=0, name="store", uri="file:store", form="directory", attributes="{}")])
        catalogue.insert([ProducerRow(leaf=1, code="viasna", name="Вясна")])
        catalogue.insert(
            [
                AccessionRow(
                    leaf=2,
                    id=ACCESSION,
                    producer="viasna",
                    source=b"/media/\xff",
                    listing_sha256="c" * 64,
                    number="2026-0001",
                    metadata_name=None,
                    metadata_sha256=None,
                    opened_at=MOMENT,
                    closed_at=None,
                )
            ]
        )
        catalogue.put_all(receipts())
        catalogue.insert(packages)
        catalogue.insert([IdentificationRow(leaf=150, package=PACKAGES[0], tools="[]", identified_at=MOMENT)])
        catalogue.insert(told())
        catalogue.insert(replicas)
        catalogue.insert(
            [
                IncidentRow(
                    leaf=300,
                    id=incident,
                    type="damage",
                    package=PACKAGES[0],
                    location="store",
                    summary="x is altered",
                    opened_at=MOMENT,
                    closed_at=None,
                    closed_reason=None,
                )
            ]
        )
        catalogue.insert(
            [
                DamageRow(
                    leaf=301,
                    incident=incident,
                    path=b"data/\xfe",
                    package=PACKAGES[0],
                    location="store",
                    outcome=FixityOutcome.ALTERED,
                    expected_sha256="d" * 64,
                    observed_sha256="e" * 64,
                    found_at=MOMENT,
                    repaired_at=None,
                    set_aside=None,
                )
            ]
        )
        catalogue.set_applied(302)


def everything(catalogue: Catalogue) -> dict[str, list[Row]]:
    return {
        "location": list(catalogue.locations()),
        "accession": list(catalogue.accessions()),
        "producer": [row for row in [catalogue.producer("viasna")] if row],
        "file": list(catalogue.files(ACCESSION)),
        "found": list(catalogue.find_files(text="письмо", limit=1000)),
        "package": list(catalogue.packages()),
        "file_format": list(catalogue.file_formats(PACKAGES[0])),
        "identification": [row for row in [catalogue.identification(PACKAGES[0])] if row],
        "replica": list(catalogue.replicas()),
        "incident": list(catalogue.incidents()),
        "damage": list(catalogue.damages()),
    }


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = create(tmp_path / "catalogue.sqlite")
    fill(made)
    made.close()
    return tmp_path / "catalogue.sqlite"


def test_rows_come_back_as_they_went_in(path: Path) -> None:
    catalogue = open_catalogue(path)
    assert everything(catalogue)["file"] == sorted(receipts(), key=lambda row: row.name)
    assert catalogue.applied() == 302
    totals = catalogue.totals()
    assert (totals.received, totals.accepted) == (60, 60)
    assert catalogue.held([f"{n:064x}" for n in range(50, 70)]) == {f"{n:064x}" for n in range(50, 60)}
    catalogue.close()


def test_the_migration_makes_exactly_the_tables_of_the_schema(path: Path) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    engine = opening._engine(path)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), schema.metadata) == []
    engine.dispose()


def test_every_table_is_strict_and_every_evidence_row_has_a_digest(path: Path) -> None:
    with sqlite3.connect(path) as database:
        tables = {name: sql for name, sql in database.execute("SELECT name, sql FROM sqlite_master WHERE type='table'")}
        assert set(tables) == {*schema.metadata.tables, "alembic_version"}
        assert all(sql.rstrip().endswith("STRICT") for name, sql in tables.items() if name != "alembic_version")
        for table in schema.EVIDENCE:
            assert "row_digest" in table.c and not table.c.row_digest.nullable
        with pytest.raises(sqlite3.IntegrityError, match="cannot store TEXT"):
            database.execute("UPDATE file SET size = 'big'")
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []


def test_rows_and_tables_have_the_same_fields() -> None:
    from archive.catalogue.conversion import TABLES

    for kind, table in TABLES.items():
        assert {field.name for field in fields(kind)} | {"row_digest"} == {column.name for column in table.columns}
    assert set(TABLES.values()) == set(schema.EVIDENCE)


def test_the_digest_of_a_row_is_this_for_ever_in_whatever_order_its_columns_come() -> None:
    row: dict[str, object] = {"name": "письмо".encode() + b"\xff", "id": "a\udcff", "size": -7, "aip": None, "n": 2**70}
    said = (
        b"file\x1faip\x1f-\x1fid\x1ft2:a\xff\x1fn\x1fi22:1180591620717411303424"
        b"\x1fname\x1fb13:\xd0\xbf\xd0\xb8\xd1\x81\xd1\x8c\xd0\xbc\xd0\xbe\xff\x1fsize\x1fi2:-7"
    )
    assert row_digest("file", row) == hashlib.sha256(said).hexdigest()[:32]
    assert row_digest("file", dict(reversed(row.items()))) == row_digest("file", row)


def test_a_row_digest_tells_values_types_and_columns_apart() -> None:
    rows: list[dict[str, object]] = [
        {"a": "1", "b": None},
        {"a": 1, "b": None},
        {"a": b"1", "b": None},
        {"a": "1", "b": ""},
        {"a": None, "b": "1"},
        {"a": "1\x1fb", "b": None},
        {"ab": "1", "b": None},
    ]
    assert len({row_digest("t", row) for row in rows}) == len(rows)
    assert row_digest("t", rows[0]) != row_digest("u", rows[0])


def test_one_bit_flipped_anywhere_never_gives_a_wrong_row(path: Path, tmp_path: Path) -> None:
    """Either a row as it was, or an error, or (what a row's digest cannot see) no row where a page lost its list.

    A lost row is found by the audit, which compares packages and replicas with the custody log.
    """
    catalogue = open_catalogue(path)
    sound = everything(catalogue)
    catalogue.close()
    data = path.read_bytes()
    written = [at for at, octet in enumerate(data) if octet]  # most of the file is room for rows to come
    chance = random.Random(20260401)
    errors = lost = 0
    for number in range(300):
        at, bit = chance.choice(written), 1 << chance.randrange(8)
        flipped = tmp_path / "flipped.sqlite"
        for leftover in tmp_path.glob("flipped.sqlite*"):
            leftover.unlink()
        flipped.write_bytes(data[:at] + bytes([data[at] ^ bit]) + data[at + 1 :])
        try:
            catalogue = open_catalogue(flipped)
            try:
                found = everything(catalogue)
                totals = catalogue.totals()
            finally:
                catalogue.close()
        except CatalogueError as error:
            assert error.what
            errors += 1
            continue
        assert totals.received <= 60
        for table, rows in found.items():
            wrong = [row for row in rows if row not in sound[table]]
            assert wrong == [], (number, at, bit)
            assert len(set(map(repr, rows))) == len(rows), (number, at, bit)
        lost += found != sound
    assert errors > 100
    assert lost < errors / 10  # nearly all that was hit is an error


def test_a_changed_value_is_an_error_that_says_what_to_do(path: Path) -> None:
    with sqlite3.connect(path) as database:
        database.execute("UPDATE file SET size = size + 1 WHERE leaf = 15")
    catalogue = open_catalogue(path)
    with pytest.raises(CatalogueError, match=r"00000005-3333.* of table file does not fit its digest") as told:
        list(catalogue.files(ACCESSION))
    assert "catalogue rebuild" in told.value.hint
    catalogue.close()


def test_a_word_nobody_knows_is_an_error_in_totals_too(path: Path) -> None:
    with sqlite3.connect(path) as database:
        database.execute("UPDATE file SET outcome = 'acceptee' WHERE leaf = 15")
    catalogue = open_catalogue(path)
    with pytest.raises(CatalogueError, match="acceptee"):
        catalogue.totals()
    catalogue.close()


def test_a_transaction_is_whole_or_nothing(path: Path) -> None:
    catalogue = open_catalogue(path)
    before = everything(catalogue)
    with pytest.raises(ZeroDivisionError), catalogue.transaction():
        catalogue.put_all([replace(receipts()[0], size=1)])
        _ = 1 // 0
    assert everything(catalogue) == before
    with pytest.raises(CatalogueError, match="cannot be written"), catalogue.transaction():
        catalogue.set_applied(999)
        catalogue.insert([receipts()[0]])  # its key is taken
    assert catalogue.applied() == 302
    with pytest.raises(ValueError, match="inside a transaction"):
        catalogue.set_applied(1)
    catalogue.close()


def test_a_row_is_replaced_by_its_key_and_must_exist(path: Path) -> None:
    catalogue = open_catalogue(path)
    row = catalogue.replicas()[0]
    with catalogue.transaction():
        catalogue.replace(replace(row, state=ReplicaState.FROZEN))
    assert catalogue.replica(row.package, "store") == replace(row, state=ReplicaState.FROZEN)
    with pytest.raises(ValueError, match="no such row"), catalogue.transaction():
        catalogue.replace(replace(row, location="moon"))
    catalogue.close()


def test_a_newer_or_foreign_or_missing_file_is_refused_and_left_as_it_is(path: Path, tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="missing"):
        open_catalogue(tmp_path / "nothing.sqlite")
    assert not (tmp_path / "nothing.sqlite").exists()
    with sqlite3.connect(tmp_path / "foreign.sqlite") as database:
        database.execute("CREATE TABLE bread (flour)")
    with pytest.raises(CatalogueError, match="no catalogue of this archive"):
        open_catalogue(tmp_path / "foreign.sqlite")
    with pytest.raises(CatalogueError, match="exists already"):
        create(path)
    with sqlite3.connect(path) as database:
        database.execute("UPDATE alembic_version SET version_num = '9998'")
    with pytest.raises(CatalogueError, match=rf"version 9998.*up to {opening.HEAD}") as told:
        open_catalogue(path)
    assert "nothing was changed" in told.value.hint


def test_a_file_cut_short_is_an_error(path: Path, tmp_path: Path) -> None:
    data = path.read_bytes()
    for size in (1, 99, 4096, len(data) // 2, len(data) - 4096):
        cut = tmp_path / f"cut-{size}.sqlite"
        cut.write_bytes(data[:size])
        with pytest.raises(CatalogueError):
            catalogue = open_catalogue(cut)
            try:
                everything(catalogue)
            finally:
                catalogue.close()


def test_a_catalogue_that_cannot_grow_is_an_error_and_keeps_what_it_had(path: Path) -> None:
    catalogue = open_catalogue(path)
    with pytest.raises(ArchiveError), catalogue.transaction():
        connection = catalogue._connection()
        connection.exec_driver_sql("PRAGMA max_page_count = 1")
        catalogue.put_all([replace(row, id=FileId(f"x{n}-{row.id}")) for n in range(40) for row in receipts()])
    catalogue.close()
    catalogue = open_catalogue(path)
    assert len(list(catalogue.files(ACCESSION))) == 60
    catalogue.close()
