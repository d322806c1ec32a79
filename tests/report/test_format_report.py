"""The holdings by format: every number adds up, in text, JSON and on the page."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive import assembly
from archive.catalogue.rows import FormatHolding
from archive.cli import run
from archive.model.formats import DECIDED, Basis, Kind
from archive.report.format_report import UNKNOWN, in_lines, told_in_words
from profiles.format_policy import Action, shipped_policy
from profiles.format_risk import Advice, Risk, RiskEntry
from profiles.risk_reading import shipped_risks

PNG = (
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\0\0\0\0\x3a\x7e\x9b\x55"
    b"\0\0\0\nIDATx\x9cc`\0\0\0\2\0\1\x48\xaf\xa4\x71\0\0\0\0IEND\xaeB`\x82"
)
TALLIES = ("by_action", "by_risk", "by_verdict", "by_basis", "by_size")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive that holds a picture twice, one cut off, one known by its name only, a text, and an empty file."""
    root = tmp_path_factory.mktemp("report")
    delivery = root / "delivery"
    delivery.mkdir()
    for name, data in {
        "secret name.png": PNG,
        "twin.png": PNG,
        "cut.png": PNG[:12],
        "words.csv": b"\0\1 no words",
        "note.txt": b"a note\n" * 200,
        "empty": b"",
    }.items():
        (delivery / name).write_bytes(data)
    assert run(["init", str(root / "home")]) == 0
    assert run(["--archive", str(root / "home"), "ingest", str(delivery), "--producer", "p"]) == 0
    return root / "home"


@pytest.fixture
def report(home: Path, capfd: pytest.CaptureFixture[str]) -> dict[str, Any]:
    assert run(["--archive", str(home), "formats", "report", "--json"]) == 0
    found: dict[str, Any] = json.loads(capfd.readouterr().out)
    return found


def test_every_number_adds_up_to_what_is_held(report: dict[str, Any], home: Path) -> None:
    assert (report["files"], report["bytes"]) == (6, 2 * len(PNG) + 12 + 11 + 1400)
    for table in ("formats", *TALLIES):
        assert sum(line["files"] for line in report[table]) == report["files"], table
        assert sum(line["bytes"] for line in report[table]) == report["bytes"], table
    for line in report["formats"]:
        assert sum(told["files"] for told in line["told"]) == line["files"]
        assert sum(told["bytes"] for told in line["told"]) == line["bytes"]
    assert report["received"]["received"] == 6
    with assembly.reading(home) as archive:
        receipts = [f for a in archive.holdings.catalogue.accessions() for f in archive.holdings.catalogue.files(a.id)]
    assert (len(receipts), sum(file.size for file in receipts)) == (report["files"], report["bytes"])


def test_each_format_is_told_with_its_risk_and_what_is_to_be_done(report: dict[str, Any]) -> None:
    said = {(line["puid"], line["action"]): line for line in report["formats"]}
    png = said["fmt/11", "accept"]
    assert (png["files"], png["risk"], png["advice"], png["risk_date"]) == (2, "low", "keep", "2026-03-20")
    assert png["risk_source"].startswith("NARA NF0")
    assert [(told["verdict"], told["basis"]) for told in png["told"]] == [("agreed", "signature")]
    assert {line["risk"] for line in report["formats"] if line["puid"] is None} == {UNKNOWN}
    assert {line["action"] for line in report["formats"] if line["puid"] is None} == {"needs-a-person"}
    assert report["formats_known"] == 2
    assert [tally["action"] for tally in report["by_action"]] == ["needs-a-person", "migrate", "watch", "accept"]


def test_files_by_size(report: dict[str, Any]) -> None:
    assert [(line["from"], line["files"]) for line in report["by_size"]] == [(0, 1), (10, 4), (1000, 1)]


def test_what_the_report_rests_on_is_named(report: dict[str, Any]) -> None:
    (used,) = report["risk_tables"]
    assert (used["name"], used["taken_at"]) == ("risk-nara-2026-03-20.csv", None)
    assert re.fullmatch("[0-9a-f]{64}", used["sha256"])
    assert (report["policy"], report["html"]) == (1, None)


def test_people_are_told_in_a_table_with_a_total(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["--archive", str(home), "formats", "report"]) == 0
    lines = capfd.readouterr().out.splitlines()
    assert lines[0].split() == ["format", "files", "size", "risk", "action", "known", "name"]
    assert any(re.match(r"fmt/11 +2 +134 bytes +low +accept +agreed by signature +Portable Network", x) for x in lines)
    assert any(re.match(r"all +6 +1\.6 kB$", line) for line in lines)
    assert "accept: 3 files, at low risk" in lines


def test_an_archive_that_holds_nothing_has_a_report_and_a_page(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(["init", str(tmp_path / "empty")]) == 0
    capfd.readouterr()
    page = tmp_path / "page.html"
    assert run(["--archive", str(tmp_path / "empty"), "formats", "report", "--json", "--html", str(page)]) == 0
    said = json.loads(capfd.readouterr().out)
    assert (said["files"], said["bytes"], said["formats"]) == (0, 0, [])
    assert (said["html"], "No files of evidence are held yet." in page.read_text("utf-8")) == (str(page), True)


def test_the_page_says_what_the_json_says(home: Path, report: dict[str, Any], tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    assert run(["--archive", str(home), "formats", "report", "--html", str(page)]) == 0
    html = page.read_text("utf-8")
    text = re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", html))
    totals = re.findall(r"<tfoot>.*?</tfoot>", html, re.DOTALL)
    assert len(totals) == 7 and all(">6<" in total and ">1.6 kB<" in total for total in totals)
    for line in report["formats"]:
        assert (line["name"] or "format unknown") in text
    assert report["risk_tables"][0]["sha256"] in text
    assert report["archive"] in text
    assert "6 files (1.6 kB) in 2 known formats. 3 files need a person." in text


def test_the_page_names_no_file(home: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    assert run(["--archive", str(home), "formats", "report", "--html", str(page)]) == 0
    html = page.read_text("utf-8")
    assert not any(name in html for name in ("secret", "twin", "words.csv", "note.txt"))


def test_the_page_overwrites_nothing_and_nothing_is_said_then(
    home: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.html"
    page.write_text("mine")
    assert run(["--archive", str(home), "formats", "report", "--html", str(page)]) == 2
    said = capfd.readouterr()
    assert "exists already" in said.err and said.out == ""
    assert page.read_text() == "mine"


def test_the_report_changes_nothing(home: Path, tmp_path: Path) -> None:
    def everything() -> dict[str, bytes]:
        return {str(path): path.read_bytes() for path in sorted(home.rglob("*")) if path.is_file()}

    before = everything()
    assert run(["--archive", str(home), "formats", "report", "--html", str(tmp_path / "page.html")]) == 0
    assert everything() == before


HOLDINGS = st.lists(
    st.builds(
        FormatHolding,
        puid=st.sampled_from([None, "fmt/11", "fmt/40", "fmt/485", "fmt/999999", "local/wacz"]),
        name=st.sampled_from([None, "a", "<b>\u202e"]),
        verdict=st.sampled_from([*map(str, Kind), DECIDED, "of a newer program"]),
        basis=st.sampled_from([None, *map(str, Basis)]),
        files=st.integers(1, 10**6),
        bytes=st.integers(0, 10**15),
    ),
    max_size=40,
    unique_by=lambda one: (one.puid, one.verdict, one.basis),
)


@given(HOLDINGS)
def test_no_file_is_lost_between_the_catalogue_and_the_lines(held: list[FormatHolding]) -> None:
    lines = in_lines(held, policy=shipped_policy(), risks=shipped_risks().table)
    assert sum(line.files for line in lines) == sum(one.files for one in held)
    assert sum(line.bytes for line in lines) == sum(one.bytes for one in held)
    assert {line.puid for line in lines} == {one.puid for one in held}
    urgency = [list(Action).index(line.decision.action) for line in lines]
    assert urgency == sorted(urgency, reverse=True)
    assert sum(len(line.told) for line in lines) == len(held)


def test_files_of_one_format_stand_in_two_lines_where_different_things_are_to_be_done() -> None:
    held = [
        FormatHolding("fmt/1", None, "damaged", "magic", 1, 5),
        FormatHolding("fmt/1", "Wave", "agreed", "signature", 2, 6),
        FormatHolding("fmt/1", "Wave", "text", "text", 3, 7),
    ]
    risks = {"fmt/1": RiskEntry("fmt/1", Risk.LOW, Advice.KEEP, "us", date(2026, 1, 1))}
    damaged, settled = in_lines(held, policy=shipped_policy(), risks=risks)
    assert (damaged.files, damaged.decision.action, damaged.name) == (1, Action.NEEDS_A_PERSON, None)
    assert (settled.files, settled.bytes, settled.name) == (5, 13, "Wave")
    assert told_in_words(settled) == "text 3, agreed by signature 2"
    assert told_in_words(damaged) == "damaged by magic"
