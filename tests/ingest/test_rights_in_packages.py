"""Rights from the producer's words and the register: in PREMIS, in the log, and decided again each day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from ingest_support import Answer, Place, assert_documents_are_valid, premis_of, schemas_with_ours, write

from premis.model import File, RightsStatement

PREMIS = "data/representations/original/metadata/preservation/premis.xml"
HEADING = "path;rights_basis;restriction;terms;consent_ref;person\n"


@pytest.fixture(autouse=True)
def _today(stop_clock: Callable[[datetime], None]) -> None:
    """One of the consents is over and the others hold, whatever the clock of this machine says."""
    stop_clock(datetime(2026, 11, 22, 12, tzinfo=UTC))


@pytest.fixture
def registered(place: Place) -> Place:
    place("consent", "add", "CF-1", "--given", "2020-09-01", "--scope", "court,un", "--expires", "2099-09-01")
    place("consent", "add", "CF-2", "--given", "2020-09-01", "--scope", "un,partner", "--terms", "ask-again")
    place("consent", "add", "CF-3", "--given", "2020-09-01", "--scope", "un", "--expires", "2021-01-01")
    return place


def ingest(place: Place, folder: Path, rows: str, names: list[str]) -> Answer:
    (folder / "m.csv").write_text(HEADING + rows, "utf-8")
    delivery = write(folder / "d", {name: name.encode() for name in names})
    return place.ingest(delivery, "--metadata", folder / "m.csv")


def statements(place: Place, answer: Answer) -> dict[tuple[str, ...], RightsStatement]:
    """Every rights statement about files, by the names of the files it holds for."""
    found = {}
    for aip in answer.json["aips"]:
        entities = premis_of(place.bag(aip) / PREMIS)
        names = {e.identifiers[0]: e.original_name or "" for e in entities if isinstance(e, File)}
        for entity in entities:
            if isinstance(entity, RightsStatement):
                found[tuple(sorted(names[link.identifier] for link in entity.objects))] = entity
    return found


def shown(place: Place, name: str) -> dict[str, object]:
    (found,) = [file for file in place("find", name, "--json").json["files"] if file["path"] == name]
    return dict(place("show", found["id"], "--json").json)


def test_a_permission_stands_in_premis_with_its_consents_limits_and_days(
    registered: Place, tmp_path: Path, shared: Path
) -> None:
    answer = ingest(
        registered, tmp_path, "a;consent;no-partner;;CF-1 CF-2;\nb;consent;no-partner;;CF-2,CF-1;\n", ["a", "b"]
    )
    ((names, statement),) = statements(registered, answer).items()
    assert names == ("a", "b")  # one statement for all of one kind
    assert statement.basis.value == "other"
    assert statement.other is not None
    assert statement.other.basis.value == "consent"
    assert [form.identifier.value for form in statement.other.documentation] == ["consent:CF-1", "consent:CF-2"]
    (granted,) = statement.granted
    assert granted.act.value == "disseminate"
    assert granted.restrictions == ("only to: un", "ask-again")
    assert granted.term_of_grant is not None and granted.term_of_grant.end == "2099-09-01"
    assert any("consent_ref=CF-1 CF-2" in note for note in statement.other.notes)
    bag = registered.bag(answer.json["aips"][0])
    assert_documents_are_valid(bag, schemas_with_ours(shared, bag))


def test_what_is_not_clear_is_disallowed_and_says_why(registered: Place, tmp_path: Path) -> None:
    rows = (
        "expired;consent;;;CF-3;\nunknown;consent;;;CF-404;\nwords;public;показать всем;all;;\n"
        "two;public;;all;;\ntwo;consent;;all;CF-1;\n"
    )
    answer = ingest(registered, tmp_path, rows, ["expired", "unknown", "words", "two", "silent"])
    reasons = {"expired": "CF-3 expired", "unknown": "CF-404 is not", "words": "no code known", "two": "contradict"}
    found = statements(registered, answer)
    assert {name for names in found for name in names} == set(reasons)
    for (name,), statement in found.items():
        assert statement.other is not None and statement.other.basis.value == "embargo"
        assert statement.granted[0].restrictions == ("disallow",)
        assert any(reasons[name] in note for note in statement.other.notes)
        assert str(shown(registered, name)["rights_today"]).startswith("embargo: ")
    assert shown(registered, "silent")["rights_today"] == "embargo: nothing is stated about its rights"
    assert answer.code == 3
    assert answer.subjects("rights-unclear") == ["words"]
    assert answer.subjects("contradicting-rows") == ["two"]


def test_words_that_are_no_code_stand_in_the_table_and_nowhere_else(registered: Place, tmp_path: Path) -> None:
    answer = ingest(registered, tmp_path, "a;consent;спросить Марию Иванову;;CF-1;Мария\n", ["a"])
    (aip,) = answer.json["aips"]
    bags = [registered.bag(identifier) for identifier in (aip, answer.json["accession_package"])]
    holding = {
        path.name for bag in bags for path in bag.rglob("*") if path.is_file() and "Мари".encode() in path.read_bytes()
    }
    receipt = {f"receipt.{form}" for form in ("txt", "json", "html")}  # tells the producer what it says
    assert holding == {"items.csv", "m.csv", "findings.json", *receipt}
    assert "Мари".encode() not in b"".join(p.read_bytes() for p in (registered.home / "custody").rglob("*.jsonl"))
    assert shown(registered, "a")["rights_stated"] == "rights_basis=consent; restriction=?; consent_ref=CF-1; person=?"


def test_a_row_about_one_file_of_an_item_holds_for_all_of_it(registered: Place, tmp_path: Path) -> None:
    names = ["a.jpg", "a.jpg.ots", "a.json", "b.jpg"]
    answer = ingest(registered, tmp_path, "a.jpg;consent;;;CF-1;\nb.jpg;public;;all;;\n", names)
    assert set(statements(registered, answer)) == {("a.jpg", "a.jpg.ots", "a.json"), ("b.jpg",)}
    assert "file-without-row" not in answer.codes()
    assert str(shown(registered, "a.json")["rights_today"]).startswith("to court, un")


def test_rows_about_several_files_of_an_item_all_hold_and_contradictions_are_embargo(
    registered: Place, tmp_path: Path
) -> None:
    rows = "a.jpg;consent;;;CF-1;\na.json;consent;no-court;;CF-1;\nb.jpg;public;;all;;\nb.jpg.ots;statute;;all;;\n"
    ingest(registered, tmp_path, rows, ["a.jpg", "a.json", "b.jpg", "b.jpg.ots"])
    assert str(shown(registered, "a.jpg")["rights_today"]).startswith("to un;")
    assert "contradict each other" in str(shown(registered, "b.jpg")["rights_today"])


def test_a_file_without_a_row_and_its_side_cars_are_told_once(registered: Place, tmp_path: Path) -> None:
    answer = ingest(registered, tmp_path, "b;public;;all;;\n", ["a.jpg", "a.jpg.ots", "a.tsr", "b"])
    (finding,) = answer.found("file-without-row")
    assert finding["subject"] == "a.jpg"
    assert "nor have the 2 files that belong to it" in finding["message"]
    papers = registered.bag(answer.json["accession_package"])
    lines = (papers / "data/documentation/unmatched.csv").read_text("utf-8").splitlines()
    assert [line.split(",")[:2] for line in lines] == [["finding", "path"], ["file-without-row", "a.jpg"]]


def test_what_may_be_done_is_decided_again_when_the_register_changes(registered: Place, tmp_path: Path) -> None:
    ingest(registered, tmp_path, "a;consent;;;CF-1;\nb;consent;;;CF-9;\n", ["a", "b"])
    sealed = {path: path.read_bytes() for path in registered.home.rglob("premis.xml")}
    assert str(shown(registered, "a")["rights_today"]).startswith("to court, un")
    registered("consent", "withdraw", "CF-1", "--reason", "letter")
    assert "CF-1 was withdrawn" in str(shown(registered, "a")["rights_today"])
    assert "CF-9 is not in the register" in str(shown(registered, "b")["rights_today"])
    registered("consent", "add", "CF-9", "--given", "2020-01-01", "--scope", "all")
    assert str(shown(registered, "b")["rights_today"]).startswith("to court, prosecutor, un")
    assert {path: path.read_bytes() for path in registered.home.rglob("premis.xml")} == sealed


def test_other_headings_are_explained_in_the_package(registered: Place, tmp_path: Path, shared: Path) -> None:
    (tmp_path / "m.csv").write_text("Файл;Основание;Кому\na;public;un\n", "utf-8")
    (tmp_path / "map.toml").write_text('path = "Файл"\nrights_basis = "Основание"\nterms = "Кому"\n', "utf-8")
    delivery = write(tmp_path / "d", {"a": b"a"})
    answer = registered.ingest(delivery, "--metadata", tmp_path / "m.csv", "--metadata-map", tmp_path / "map.toml")
    assert (answer.code, answer.json["findings"]) == (0, [])
    bag = registered.bag(answer.json["aips"][0])
    descriptive = bag / "data/metadata/descriptive"
    assert (descriptive / "items.csv").read_text("utf-8") == "Файл;Основание;Кому\na;public;un\n"
    assert (descriptive / "columns.csv").read_text("utf-8") == (
        "column,heading\npath,Файл\nrights_basis,Основание\nterms,Кому\n"
    )
    assert_documents_are_valid(bag, schemas_with_ours(shared, bag))
    submission = registered.bag(answer.json["accession_package"]) / "data/documentation/submission"
    assert (submission / "metadata-map.toml").read_bytes() == (tmp_path / "map.toml").read_bytes()
    assert str(shown(registered, "a")["rights_today"]) == "to un"


def test_another_way_of_reading_the_same_table_is_a_change(registered: Place, tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_bytes("path;place\na;Минск\n".encode("cp1251"))
    delivery = write(tmp_path / "d", {"a": b"a"})
    words = ("--metadata", tmp_path / "m.csv", "--metadata-encoding")
    assert registered.ingest(delivery, *words, "cp1251").code == 0
    assert registered.ingest(delivery, *words, "CP1251").json["state"] == "closed"  # the same again
    refused = registered.ingest(delivery, *words, "koi8-r")
    assert refused.code == 2
    assert "how the metadata is read has changed" in refused.err
