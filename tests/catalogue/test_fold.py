"""The fold: one step for each kind of record, and the same rows however the log is divided."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from archive.catalogue import opening
from archive.catalogue.catalogue import Catalogue
from archive.catalogue.opening import create, open_catalogue
from archive.catalogue.rows import AgentRow, KeyRow, RemarkRow
from archive.catalogue.writing import Contradiction
from archive.errors import ArchiveError, CustodyError
from archive.holdings.apply import PARTS, apply
from archive.holdings.folding import STEPS, folds
from archive.holdings.rebuild import catalogue_digest
from archive.holdings.remarks import remark_findings, require_no_remarks
from archive.model.acts import AgentRole
from archive.model.record import Unread
from archive.model.record_versions import NEWEST
from archive.model.records import AgentRecord
from profiles.finding import Severity

OLD = Path(__file__).with_name("tables_of_0001.sql")


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    return create(tmp_path / "catalogue.sqlite")


def agent(code: str, leaf: int = 0) -> AgentRow:
    return AgentRow(leaf=leaf, code=code, role=next(iter(AgentRole)))


def test_every_kind_of_record_has_exactly_one_step() -> None:
    assert set(STEPS) == set(NEWEST.values())
    with pytest.raises(ValueError, match="agent"):
        folds(AgentRecord)(lambda catalogue, n, record: None)


def test_every_module_of_steps_is_a_part_of_the_fold() -> None:
    folder = Path(str(PARTS[0].__file__)).parent
    assert {path.stem for path in folder.glob("apply_*.py")} == {part.__name__.rpartition(".")[2] for part in PARTS}


def test_a_row_is_put_whether_its_key_is_taken_or_not(catalogue: Catalogue) -> None:
    with catalogue.transaction():
        catalogue.put_all([agent("anna"), agent("boris")])
        catalogue.put(agent("anna", leaf=7))
    assert catalogue.get(AgentRow, "anna") == agent("anna", leaf=7)
    assert catalogue.get(AgentRow, "boris") == agent("boris")
    assert catalogue.get(AgentRow, "clara") is None
    assert catalogue.get(KeyRow, "anna") is None


def test_a_savepoint_takes_back_what_cannot_stand_and_nothing_else(catalogue: Catalogue) -> None:
    with catalogue.transaction():
        catalogue.insert([agent("anna")])
        with pytest.raises(Contradiction, match="agent"), catalogue.savepoint():
            catalogue.insert([agent("boris")])
            catalogue.insert([agent("anna", leaf=7)])
        with pytest.raises(Contradiction, match="too large"), catalogue.savepoint():
            catalogue.insert([agent("boris", leaf=2**63)])
        with catalogue.savepoint():
            catalogue.insert([agent("clara")])
    assert [row.code for row in catalogue.agents()] == ["anna", "clara"]


def test_a_savepoint_inside_a_transaction_that_fails_leaves_nothing(catalogue: Catalogue) -> None:
    with pytest.raises(ZeroDivisionError), catalogue.transaction():
        with catalogue.savepoint():
            catalogue.insert([agent("anna")])
        _ = 1 // 0
    assert catalogue.agents() == []


def test_an_emptied_catalogue_is_as_a_new_one(catalogue: Catalogue, tmp_path: Path) -> None:
    new = catalogue_digest(catalogue)
    with catalogue.transaction():
        apply(catalogue, [(0, Unread("colour", 3, "record-newer", "why"))])
        catalogue.insert([agent("anna")])
        catalogue.set_applied(2)
    assert catalogue_digest(catalogue) != new
    with catalogue.transaction():
        catalogue.empty()
    assert catalogue_digest(catalogue) == new
    assert catalogue.applied() == 0


def test_what_could_not_be_read_is_remarked_whatever_it_claims_to_be(catalogue: Catalogue) -> None:
    with catalogue.transaction():
        remarks = apply(
            catalogue,
            [
                (3, Unread("colour", 7, "record-newer", "why")),
                (4, Unread("seal", 2**80, "record-malformed", "x" * 5000)),
                (5, Unread("\udcff", -1, "record-unannounced", "")),
            ],
        )
    assert remarks == catalogue.remarks() == catalogue.remarks(open_only=True)
    assert [(row.number, row.code, row.kind, row.v) for row in remarks] == [
        (3, "record-newer", "colour", 7),
        (4, "record-malformed", "seal", 0),
        (5, "record-unannounced", "?", 0),
    ]
    assert len(remarks[1].why) == 1000


def test_what_was_set_aside_is_kept_and_forbids_nothing(catalogue: Catalogue) -> None:
    with catalogue.transaction():
        (remark,) = apply(catalogue, [(3, Unread("colour", 7, "record-malformed", "why"))])
        catalogue.replace(replace(remark, leaf=9, set_aside=9))
    assert [row.set_aside for row in catalogue.remarks()] == [9]
    assert catalogue.remarks(open_only=True) == remark_findings(catalogue) == []
    require_no_remarks(catalogue, "deleting")


def test_what_a_newer_program_wrote_forbids_with_another_code_than_what_is_wrong(catalogue: Catalogue) -> None:
    require_no_remarks(catalogue, "deleting")
    with catalogue.transaction():
        apply(catalogue, [(3, Unread("colour", 7, "record-newer", "why"))])
    with pytest.raises(ArchiveError, match="upgrade") as newer:
        require_no_remarks(catalogue, "deleting")
    assert (newer.value.exit_code, [one.severity for one in remark_findings(catalogue)]) == (1, [Severity.WARNING])
    with catalogue.transaction():
        apply(catalogue, [(4, Unread("colour", 7, "record-unannounced", "why"))])
    with pytest.raises(CustodyError, match="record 4") as wrong:
        require_no_remarks(catalogue, "deleting")
    assert wrong.value.exit_code == 20
    assert [(one.code, one.subject) for one in remark_findings(catalogue)] == [
        ("record-newer", "record 3"),
        ("record-unannounced", "record 4"),
    ]


def test_a_catalogue_of_0_1_is_given_the_tables_added_since_and_keeps_its_digest(tmp_path: Path) -> None:
    path = tmp_path / "old.sqlite"
    with sqlite3.connect(path) as database:
        database.executescript(OLD.read_text(encoding="utf-8"))
        database.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
        database.execute("INSERT INTO alembic_version VALUES ('0001')")
    new, old = create(tmp_path / "new.sqlite"), open_catalogue(path)
    assert opening._version(old._engine) == opening.HEAD
    for catalogue in (new, old):
        with catalogue.transaction():
            catalogue.insert([agent("anna")])
    assert catalogue_digest(old) == catalogue_digest(new)
    assert old.remarks() == []
    tables = [
        sorted(sqlite3.connect(file).execute("SELECT name FROM sqlite_master").fetchall())
        for file in (path, tmp_path / "new.sqlite")
    ]
    assert tables[0] == tables[1]
    assert ("remark",) in tables[0]
    assert RemarkRow.declared.table == "remark"
