"""The register of consents: entered, corrected, withdrawn, imported; codes only, and nothing is forgotten."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from ingest_support import Answer, Place, write

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
GIVEN = ("--given", "2020-09-01", "--scope", "court,un")


def refs(answer: Answer) -> list[str]:
    return [consent["ref"] for consent in answer.json["consents"]]


def day(days: int) -> str:
    return (NOW.date() + timedelta(days=days)).isoformat()


@pytest.fixture(autouse=True)
def _today(stop_clock: Callable[[datetime], None]) -> None:
    """Consents of these tests hold, or are over, on a day that never changes."""
    stop_clock(NOW)


def listed(folder: Path, text: str | bytes, name: str = "consents.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_a_consent_is_entered_and_shown(place: Place) -> None:
    words = ("--terms", "No-Public ask-again", "--expires", "1.9.2099", "--person", "P-0014")
    assert place("consent", "add", "CF-0003", *GIVEN, *words).code == 0
    shown = place("consent", "show", "CF-0003", "--json").json
    assert shown == {
        "ref": "CF-0003",
        "state": "holds",
        "person": "P-0014",
        "scope": "court un",
        "terms": "ask-again no-public",
        "given": "2020-09-01",
        "expires": "2099-09-01",
        "withdrawn": None,
        "files": 0,
        "packages": [],
    }
    assert "CF-0003" in place("consent", "list").out
    assert place("consent", "show", "CF-0004").code == 2


@pytest.mark.parametrize(
    ("ref", "words", "says"),
    [
        ("Ivanova", GIVEN, "is no code"),
        ("Ян 3", GIVEN, "is no code"),
        ("CF-1", (*GIVEN, "--person", "Maria"), "the person 'Maria' is no code"),
        ("CF-1", (*GIVEN, "--terms", "no-pubic"), "'no-pubic' is no code known here; known are court"),
        ("CF-1", ("--given", "2020-09-01", "--scope", "no-public"), "names nobody"),
        ("CF-1", ("--given", "2020-02-30", "--scope", "un"), "is no day"),
        ("CF-1", (*GIVEN, "--expires", "2020-08-31"), "before it was given"),
        ("CF-1", (*GIVEN, "--expires", "soon"), "is no day it can end on"),
    ],
)
def test_a_slip_of_the_hand_is_refused_and_nothing_is_entered(
    place: Place, ref: str, words: tuple[str, ...], says: str
) -> None:
    size = place.log_size()
    answer = place("consent", "add", ref, *words)
    assert answer.code == 2
    assert says in answer.err
    assert place.log_size() == size


def test_the_same_consent_again_is_nothing_new_and_other_words_want_a_reason(place: Place) -> None:
    assert place("consent", "add", "CF-1", *GIVEN).code == 0
    size = place.log_size()
    again = place("consent", "add", "CF-1", "--given", "1.9.2020", "--scope", "UN court court", "--json")
    assert (again.json, place.log_size()) == ({"given": 1, "entered": []}, size)
    refused = place("consent", "add", "CF-1", *GIVEN, "--terms", "no-public")
    assert refused.code == 2 and "--reason" in refused.err
    assert place.log_size() == size
    assert place("consent", "add", "CF-1", *GIVEN, "--terms", "no-public", "--reason", "misread").code == 0
    assert place("consent", "show", "CF-1", "--json").json["terms"] == "no-public"


def test_a_withdrawn_consent_stays_withdrawn(place: Place) -> None:
    place("consent", "add", "CF-1", *GIVEN)
    assert place("consent", "withdraw", "CF-404", "--reason", "x").code == 2
    assert place("consent", "withdraw", "CF-1").code == 2  # without a reason
    assert place("consent", "withdraw", "CF-1", "--on", day(1), "--reason", "x").code == 2
    assert place("consent", "withdraw", "CF-1", "--on", "2021-05-03", "--reason", "letter").code == 0
    assert place("consent", "withdraw", "CF-1", "--reason", "again").code == 2
    shown = place("consent", "show", "CF-1", "--json").json
    assert (shown["state"], shown["withdrawn"]) == ("withdrawn", "2021-05-03")
    assert place("consent", "add", "CF-1", *GIVEN, "--terms", "no-un", "--reason", "she changed her mind").code == 2
    assert place("consent", "add", "CF-1", *GIVEN, "--json").json["entered"] == []
    assert place("consent", "show", "CF-1", "--json").json["state"] == "withdrawn"


def test_dry_runs_say_what_would_be_and_change_nothing(place: Place, tmp_path: Path) -> None:
    size = place.log_size()
    assert "1 consent would be entered" in place("consent", "add", "CF-1", *GIVEN, "--dry-run").out
    path = listed(tmp_path, "ref,scope,given\nCF-1,un,2020-01-01\n")
    assert "1 consent would be entered" in place("consent", "import", path, "--dry-run").out
    assert place.log_size() == size
    place("consent", "add", "CF-1", *GIVEN)
    size = place.log_size()
    assert "would be withdrawn" in place("consent", "withdraw", "CF-1", "--reason", "x", "--dry-run").out
    assert place.log_size() == size


def test_the_expiring_are_those_that_end_in_time_the_ended_ones_first(place: Place, tmp_path: Path) -> None:
    ends = {"E-0": day(0), "E-1": day(-1), "E-30": day(30), "E-31": day(31), "E-NEVER-1": "", "E-OLD-1": "2021-01-01"}
    rows = "".join(f"{ref},un,2020-01-01,{end}\n" for ref, end in ends.items())
    assert place("consent", "import", listed(tmp_path, f"ref,scope,given,expires\n{rows}")).code == 0
    place("consent", "withdraw", "E-30", "--reason", "x")
    assert refs(place("consent", "list", "--json")) == sorted(ends)
    assert refs(place("consent", "list", "--expiring", "30", "--json")) == ["E-OLD-1", "E-1", "E-0"]
    assert refs(place("consent", "list", "--expiring", "31", "--json")) == ["E-OLD-1", "E-1", "E-0", "E-31"]
    assert refs(place("consent", "list", "--expiring", "999999999", "--json")) == ["E-OLD-1", "E-1", "E-0", "E-31"]
    assert place("consent", "list", "--expiring", "-1").code == 2
    states = {consent["ref"]: consent["state"] for consent in place("consent", "list", "--json").json["consents"]}
    assert (states["E-0"], states["E-1"], states["E-30"], states["E-NEVER-1"]) == (
        "holds",
        "expired",
        "withdrawn",
        "holds",
    )


def test_a_list_in_any_encoding_is_imported_and_its_names_are_not_read(place: Place, tmp_path: Path) -> None:
    text = (
        "Имя и фамилия;consent_ref;person_code;consent_scope;restriction;consent_date;consent_expiry\n"
        "Мария Иванова;CF-1;P-1;court, un;no-public;01.09.2020;01.09.2099\n"
        "Пётр Сидоров;CF-2;;all;;2020-09-01;\n"
    )
    answer = place("consent", "import", listed(tmp_path, text.encode("cp1251")), "--json")
    assert answer.code == 0, answer.err
    assert answer.json == {"given": 2, "entered": ["CF-1", "CF-2"]}
    shown = place("consent", "show", "CF-1", "--json").json
    assert (shown["scope"], shown["terms"], shown["expires"]) == ("court un", "no-public", "2099-09-01")
    held = b"".join(path.read_bytes() for path in place.home.rglob("*") if path.is_file())
    for name in ("Иванова", "Сидоров"):
        assert not any(name.encode(codec) in held for codec in ("utf-8", "cp1251", "utf-16-le"))
    assert place("consent", "import", listed(tmp_path, text.encode("utf-16")), "--json").json["entered"] == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("ref,scope,given\nCF-1,un,2020-01-01\nCF-2,nobody,2020-01-01\n,un,x\n", ["line 3", "line 4", "'nobody'"]),
        ("ref,scope,given\nCF-1,un,2020-01-01\nCF-1,un,2020-01-01\n", ["CF-1 is given twice"]),
        ("ref,scope\nCF-1,un\n", ["no column 'given'"]),
        ("", ["no column 'ref'"]),
        ('ref,scope,given\nCF-1,un,2020-01-01\n"CF-2,un,2020-01-01\n', ["line 3", "cannot be read"]),
        ("ref,scope,given\n" + "x,un,2020-01-01\n" * 50, ["and 30 more"]),
    ],
)
def test_a_list_with_anything_wrong_is_refused_whole_by_line(
    place: Place, tmp_path: Path, text: str, says: list[str]
) -> None:
    size = place.log_size()
    answer = place("consent", "import", listed(tmp_path, text))
    assert answer.code in (1, 2)
    assert all(word in answer.err for word in says), answer.err
    assert (place.log_size(), place("consent", "list", "--json").json) == (size, {"consents": []})


def test_the_register_is_made_again_from_any_copy_of_the_log(place: Place, tmp_path: Path) -> None:
    delivery = write(tmp_path / "d", {"a.jpg": b"a", "b.jpg": b"b"})
    metadata = listed(tmp_path, "path,consent_ref\na.jpg,CF-1\nb.jpg,CF-2\n", "m.csv")
    place("consent", "add", "CF-1", *GIVEN)
    place("consent", "add", "CF-1", *GIVEN, "--terms", "no-un", "--reason", "misread")
    place("consent", "add", "CF-2", *GIVEN)
    place("consent", "withdraw", "CF-2", "--reason", "letter")
    place.ingest(delivery, "--metadata", metadata)
    before = [place("consent", "show", ref, "--json").json for ref in ("CF-1", "CF-2")]
    assert [shown["files"] for shown in before] == [1, 1]
    again = Place(tmp_path / "again")
    rebuilt = again("catalogue", "rebuild", "--from", tmp_path / "third", "--json")
    assert rebuilt.code == 0
    assert rebuilt.json["digest"] == place("catalogue", "digest", "--json").json["digest"]
    assert [again("consent", "show", ref, "--json").json for ref in ("CF-1", "CF-2")] == before


def test_a_withdrawal_names_the_packages_with_files_that_rested_on_it(place: Place, tmp_path: Path) -> None:
    place(
        "consent", "import", listed(tmp_path, "ref,person,scope,given\nCF-1,P-1,un,2020-01-01\nCF-2,,un,2020-01-01\n")
    )
    place.set(max_files=2)
    names = ["a.jpg", "a.jpg.ots", "b.jpg", "c.jpg", "d.jpg"]
    delivery = write(tmp_path / "d", {name: name.encode() for name in names})
    rows = "a.jpg,CF-1,\nb.jpg,,P-1\nc.jpg,CF-2,\nd.jpg,CF-10,\n"
    answer = place.ingest(delivery, "--metadata", listed(tmp_path, f"path,consent_ref,person\n{rows}", "m.csv"))
    told = place("consent", "withdraw", "CF-1", "--reason", "letter", "--json").json
    assert told["files"] == 3
    assert {package["package"] for package in told["packages"]} <= set(answer.json["aips"])
    assert sorted(package["files"] for package in told["packages"]) == [1, 2]
