"""However many findings of a kind there are, every form of the survey and the receipt counts all of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from ingest_support import Place, command, write

from archive.ingest.told import AT_MOST, kindred, told
from profiles.finding import Finding, Severity

FILES = AT_MOST + 234


def test_findings_that_were_cut_are_counted_also_when_they_are_cut_again() -> None:
    one = [Finding("c", Severity.INFO, f"{n}", "m") for n in range(FILES)]
    for cut in (told(one, where="there"), told(told(one, where="there"), where="elsewhere")):
        some = kindred(list(cut))
        assert (some.count, len(some.told), some.elsewhere) == (FILES, AT_MOST, "there")
    assert kindred(one[:3]).elsewhere == "" and kindred(one[:3]).count == 3


@pytest.mark.parametrize("message", ["nothing more; to say", "12 more", "1 more\n; x"])
def test_a_finding_about_no_one_thing_counts_once(message: str) -> None:
    assert kindred([Finding("c", Severity.INFO, "", message)]).count == 1


def test_a_thousand_and_more_files_without_a_row_are_counted_everywhere(place: Place, tmp_path: Path) -> None:
    root = write(tmp_path / "d", {f"{n}": b"" for n in range(FILES)})
    (tmp_path / "t.csv").write_text("path\n0\n")
    given = (root, "--metadata", tmp_path / "t.csv")
    wanted = f"file-without-row: {FILES - 1:,}"
    survey = tmp_path / "s.html"
    assert wanted in command("survey", *given, "--html", survey).out
    assert f"{FILES - 1 - 10:,} more" in survey.read_text() and "991 more" not in survey.read_text()
    taken = place("ingest", *given, "--producer", "viasna")
    assert wanted in taken.out and "--json lists all" not in taken.out
    (accession,) = place("accession", "list", "--json").json["accessions"]
    page = tmp_path / "r.html"
    receipt = place("accession", "receipt", accession["id"], "--html", page)
    assert f"- {wanted} to be looked at" in receipt.out and f"{wanted} (needs a person)" in receipt.out
    assert f'<data value="{FILES - 1}">' in page.read_text() or f">{FILES - 1:,}<" in page.read_text()
    assert "1,001" not in receipt.out + page.read_text()
