"""Tables of format risks: read by line, believed whole or not at all."""

from __future__ import annotations

import importlib.util
from datetime import date
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiles.format_risk import SHIPPED, Advice, Risk, RiskEntry, is_puid, shipped_bytes, spell_table
from profiles.risk_reading import MAX_FAULTS, MAX_OCTETS, Form, Reading, Refused, day_in_name, form_of, read_table

REPOSITORY = Path(__file__).resolve().parents[2]
DAY = date(2027, 3, 20)
PRONOM = "https://www.nationalarchives.gov.uk/PRONOM/"
HEADING = "Format Name,NARA Format ID,PRONOM URL,NARA Risk Level,NARA Preservation Action,Notes"


def published(*lines: str, heading: str = HEADING) -> bytes:
    return ("\ufeff" + "\r\n".join([heading, *lines]) + "\r\n").encode()


def line(puids: str, risk: str = "Low Risk", action: str = "Retain", number: int = 1) -> str:
    return f'Some format,NF{number:05d},"{puids}",{risk},{action},"a note, and\nmore of it"'


def own(*lines: str) -> bytes:
    return "\n".join(["puid,risk,advice,source,date", *lines, ""]).encode()


def read(data: bytes) -> Reading:
    found = read_table(data, name="table.csv", day=DAY)
    assert isinstance(found, Reading), found
    return found


def refused(data: bytes) -> list[tuple[int | None, str]]:
    found = read_table(data, name="table.csv", day=DAY)
    assert isinstance(found, Refused), found
    assert {fault.subject for fault in found.faults} == {"table.csv"}
    return [(fault.line, fault.message) for fault in found.faults]


@pytest.fixture(scope="module")
def script() -> ModuleType:
    """``docs/derive_risk.py``, which is no module of a package."""
    spec = importlib.util.spec_from_file_location("derive_risk", REPOSITORY / "docs" / "derive_risk.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_shipped_table_is_what_the_script_derives_from_the_published_one(shared: Path, script: ModuleType) -> None:
    (source,) = (shared / "standards" / "nara").glob("*.csv")
    day, reading = script.derive(source)
    assert f"risk-nara-{day}.csv" == SHIPPED
    assert spell_table(reading.entries).encode() == shipped_bytes()
    assert (len(reading.entries), reading.without_format) == (567, 166)
    assert {note.message.split(": ")[1].split(" ")[0] for note in reading.notes} == {
        "x-fmt/224", "x-fmt/8", "x-fmt/420", "fmt/61", "fmt/657", "x-fmt/386", "fmt/45",
    }  # fmt: skip


def test_the_shipped_table_reads_as_a_table_of_our_own_form() -> None:
    reading = read(shipped_bytes())
    assert reading.form is Form.OWN
    assert reading.date == date(2026, 3, 20)
    assert spell_table(reading.entries).encode() == shipped_bytes()
    assert reading.table["fmt/40"] == RiskEntry(
        "fmt/40", Risk.MODERATE, Advice.TRANSFORM, "NARA NF00303", date(2026, 3, 20)
    )


def test_a_published_line_becomes_one_entry_for_each_format_it_names() -> None:
    reading = read(published(line(f"{PRONOM}fmt/1|{PRONOM}x-fmt/2 , http://nationalarchives.gov.uk/pronom/fmt/3/")))
    assert reading.form is Form.PUBLISHED
    assert [entry.puid for entry in reading.entries] == ["fmt/1", "x-fmt/2", "fmt/3"]
    assert {(e.risk, e.advice, e.source, e.date) for e in reading.entries} == {
        (Risk.LOW, Advice.KEEP, "NARA NF00001", DAY)
    }


def test_lines_that_name_no_file_format_are_counted() -> None:
    reading = read(published(line(""), line(PRONOM + "x-cmp/14"), line(PRONOM + "chr/1"), line(PRONOM + "fmt/1")))
    assert (len(reading.entries), reading.without_format) == (1, 3)


def test_of_lines_that_contradict_one_another_the_strictest_holds_and_a_note_says_so() -> None:
    reading = read(
        published(
            line("fmt/1", "Moderate Risk", "Retain", 1),
            line("fmt/1", "Low Risk", "Transform", 2),
            line("fmt/1", "Moderate Risk", "Retain", 3),
            line("fmt/2", "High Risk", "Retain", 4),
            line("fmt/2", "High Risk", "Transform", 5),
            line("fmt/3", "Low Risk", "Retain", 6),
            line("fmt/3", "Low Risk", "Retain", 7),
        )
    )
    first, second, third = reading.entries
    assert (first.risk, first.advice, first.source) == (Risk.MODERATE, Advice.KEEP, "NARA NF00001 NF00003")
    assert (second.risk, second.advice, second.source) == (Risk.HIGH, Advice.TRANSFORM, "NARA NF00005")
    assert third.source == "NARA NF00006 NF00007"
    assert [(note.line, note.message.count(" on line ")) for note in reading.notes] == [(2, 3), (8, 2)]


def test_columns_may_change_places_and_delimiters() -> None:
    heading = "PRONOM URL;X;NARA Preservation Action;NARA Risk Level;NARA Format ID"
    reading = read(published("fmt/9;x;Identify Version;high risk;NF00009", ";;;;", "", heading=heading))
    assert reading.entries == (RiskEntry("fmt/9", Risk.HIGH, Advice.TELL_VERSION, "NARA NF00009", DAY),)
    assert read(own().replace(b",", b"\t") + b"fmt/1\tlow\tkeep\tus\t2027-01-01\r\n").date == date(2027, 1, 1)


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (line("fmt/2", risk="Some Risk"), "'some risk' in 'NARA Risk Level' is none of: low risk, moderate"),
        (line("fmt/2", risk=""), "'' in 'NARA Risk Level' is none of"),
        (line("fmt/2", action="Burn"), "'burn' in 'NARA Preservation Action' is none of"),
        (line("fmt/x"), "'fmt/x' in 'PRONOM URL' names no format of PRONOM"),
        (line("fmt/0"), "'fmt/0' in 'PRONOM URL'"),
        (line("https://evil.example/fmt/1"), "names no format of PRONOM"),
        (line("fmt/2").replace("NF00001", "=1+1"), "'=1+1' in 'NARA Format ID' is no identifier"),
        ("a,b,c", "has 3 cells where the heading has 6"),
        (line("fmt/2") + ",more", "has 7 cells where the heading has 6"),
        ('x,"y"z,,,,', "is no CSV"),
        ("x," + "y" * 200_000 + ",,,,", "is no CSV: field larger than field limit"),
    ],
)
def test_a_published_line_that_breaks_the_form_is_named(bad: str, said: str) -> None:
    (number, message), *more = refused(published(line("fmt/1"), bad, line("fmt/3")))
    assert number == 4, "the first line has a line feed within its quotes"
    assert message.startswith("line 4: ") and said in message
    assert not more


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ("fmt/1,low,keep,us,2027-01-01", "rates fmt/1, which line 2 rates already"),
        ("pdf,low,keep,us,2027-01-01", "'pdf' is no PUID"),
        ("fmt/2,unrated,keep,us,2027-01-01", "'unrated' in 'risk' is none of: low, moderate, high"),
        ("fmt/2,low,burn,us,2027-01-01", "'burn' in 'advice' is none of: keep, tell-version, study, transform"),
        ("fmt/2,low,keep,,2027-01-01", "'source' says who"),
        ("fmt/2,low,keep,u\u202es,2027-01-01", "'source' says who"),
        (f"fmt/2,low,keep,{'u' * 201},2027-01-01", "'source' says who"),
        ("fmt/2,low,keep,us,20270101", "'20270101' in 'date' is no day"),
        ("fmt/2,low,keep,us,2027-02-30", "'2027-02-30' in 'date' is no day"),
        ("fmt/2,low,keep,us", "has 4 cells where the heading has 5"),
    ],
)
def test_a_line_of_our_own_form_that_breaks_it_is_named(bad: str, said: str) -> None:
    assert [number for number, message in refused(own("fmt/1,low,keep,us,2027-01-01", bad)) if said in message] == [3]


def test_every_bad_line_is_named_and_reading_ends_when_there_are_too_many() -> None:
    assert [number for number, _ in refused(own("x,,,,", "fmt/1,low,keep,us,2027-01-01", "y,,,,"))] == [2, 4]
    found = refused(own(*["x,,,,"] * (MAX_FAULTS + 50)))
    assert len(found) == MAX_FAULTS + 1
    assert found[-1] == (
        MAX_FAULTS + 2,
        f"line {MAX_FAULTS + 2}: was not read: {MAX_FAULTS} faults before it are enough",
    )


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n\n",
        b"\0" * 100,
        b"puid,risk,advice,source",
        b"puid,risk,advice,source,date,puid",
        b"Format Name,PRONOM URL,NARA Risk Level",
        f"{HEADING},PRONOM URL".encode(),
        b'"puid,risk,advice,source,date',
        b"x" * 20_000,
    ],
)
def test_what_has_no_heading_of_a_risk_table_is_none(data: bytes) -> None:
    assert form_of(data) is None
    ((number, message),) = refused(data)
    assert number == 1 and "no heading of a risk table" in message


def test_another_encoding_is_refused_at_the_line_where_it_shows() -> None:
    ((number, message),) = refused(
        own("fmt/1,low,keep,us,2027-01-01", "fmt/2,low,keep,мы,2027-01-01").decode().encode("cp1251")
    )
    assert (number, message) == (3, "line 3: is not UTF-8; save the table as CSV UTF-8")
    ((number, _),) = refused(own().decode().encode("utf-16"))
    assert number == 1


def test_a_table_that_rates_nothing_is_refused() -> None:
    assert refused(own()) == [(1, "line 1: is followed by no line that rates a format")]
    assert refused(published(line(""))) == [(1, "line 1: is followed by no line that rates a format")]


def test_a_table_cut_off_within_a_line_is_refused() -> None:
    whole = published(line("fmt/1"), line("fmt/2"))
    for end in range(whole.index(b"NF00001", 150), len(whole) - 2):
        assert refused(whole[:end]), whole[:end]


def test_a_file_too_long_for_a_table_is_refused() -> None:
    ((_, message),) = refused(own() + b"\n" * MAX_OCTETS)
    assert "no risk table is so long" in message


def test_a_published_table_without_its_day_is_a_mistake_of_the_programmer() -> None:
    with pytest.raises(ValueError, match="day"):
        read_table(published(line("fmt/1")), name="x.csv")


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("NARA_PreservationActionPlan_FileFormats_20260320.csv", date(2026, 3, 20)),
        ("x_20260320.CSV", date(2026, 3, 20)),
        ("x_20260231.csv", None),
        ("x_20260320.csv.bak", None),
        ("20260320.csv", None),
        ("table.csv", None),
    ],
)
def test_the_day_of_a_published_table_is_read_off_its_name(name: str, day: date | None) -> None:
    assert day_in_name(name) == day


def test_what_names_a_format() -> None:
    assert all(map(is_puid, ("fmt/1", "x-fmt/111", "local/wacz", "fido-fmt/189.word")))
    assert not any(map(is_puid, ("", "fmt/", "fmt/01", "fmt/1 ", "FMT/1", "chr/1", "fmt/1\n", "local/", "local/Я")))


ENTRIES = st.builds(
    RiskEntry,
    puid=st.one_of(
        st.integers(1, 99_999).map(lambda n: f"fmt/{n}"),
        st.integers(1, 999).map(lambda n: f"x-fmt/{n}"),
        st.from_regex(r"local/[0-9a-z-]{1,40}", fullmatch=True),
    ),
    risk=st.sampled_from([risk for risk in Risk if risk is not Risk.UNRATED]),
    advice=st.sampled_from(Advice),
    source=st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=50),
    date=st.dates(),
)


@given(st.lists(ENTRIES, min_size=1, max_size=30, unique_by=lambda entry: entry.puid))
def test_a_table_comes_back_as_it_was_spelled(entries: list[RiskEntry]) -> None:
    reading = read(spell_table(entries).encode())
    assert set(reading.entries) == set(entries)
    assert spell_table(reading.entries) == spell_table(entries)


@given(st.binary(max_size=400) | st.text(max_size=400).map(lambda text: own(text)))
def test_no_bytes_at_all_make_reading_fail(data: bytes) -> None:
    assert isinstance(read_table(data, name="x.csv", day=DAY), Reading | Refused)
