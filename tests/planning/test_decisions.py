"""A person decides what a file is: the machines' answers stay, and never override it."""

from __future__ import annotations

from pathlib import Path

import pytest
from planning_support import Keep

from archive import assembly
from archive.model.formats import Basis, FileFormat, Kind, Tool
from archive.model.identifiers import FileId, PackageId
from archive.model.records import IdentificationRecord

REASON = "the first rows of a picture; opened by hand"


def machines_say(keep: Keep, **said: FileFormat) -> None:
    """A later identification, as a newer program would record it; for files not named, the same as before."""
    with assembly.changing(keep.home, doing="test") as archive:
        holdings = archive.holdings
        (package,) = {row.aip for row in map(holdings.catalogue.file, map(FileId, keep.files().values())) if row}
        assert package is not None
        rows = [row for row in holdings.catalogue.file_formats(PackageId(package)) if row.told_by == "machines"]
        same = {
            row.file: FileFormat(row.file, row.puid, Kind(row.verdict), None if row.basis is None else Basis(row.basis))
            for row in rows
        }
        files = {**same, **{file.file: file for file in said.values()}}
        holdings.record(
            [
                IdentificationRecord(
                    **holdings.stamp(),
                    package=PackageId(package),
                    tools=(Tool("newer", "9", "PRONOM v999"),),
                    formats={"fmt/11": "Portable Network Graphics 1.0", "fmt/13": "Portable Network Graphics 1.2"},
                    files=tuple(files.values()),
                    said={},
                )
            ]
        )


def test_a_decision_closes_the_review_and_the_machines_answer_stays(keep: Keep) -> None:
    cut = keep.files()["cut.png"]
    assert keep.review() == ["cut.png"]
    said = keep("formats", "decide", cut, "--puid", "fmt/11", "--reason", REASON, "--json")
    assert said.code == 0
    assert (said.json["puid"], said.json["name"]) == ("fmt/11", "Portable Network Graphics 1.0")
    assert (said.json["machines"]["verdict"], said.json["formerly"], said.json["actor"]) == ("damaged", None, "ak-1")
    assert keep.review() == []
    assert keep("formats", "review").code == 0
    machines, person = keep.told("cut.png")
    assert (machines.told_by, machines.puid, machines.verdict) == ("machines", None, "damaged")
    assert (person.told_by, person.puid, person.reason, person.actor) == ("person", "fmt/11", REASON, "ak-1")


def test_show_and_explain_tell_both(keep: Keep) -> None:
    cut = keep.files()["cut.png"]
    keep("formats", "decide", cut, "--puid", "unknown", "--reason", REASON)
    formats = keep("show", cut, "--json").json["formats"]
    assert [(one["told_by"], one["puid"], one["verdict"]) for one in formats] == [
        ("machines", None, "damaged"),
        ("person", None, "decided"),
    ]
    assert f"reason {REASON}" in keep("show", cut).out
    life = keep("explain", cut).out
    assert "It was identified: no format could be named; it begins as a known format does" in life
    assert f"ak-1 decided that its format is unknown: {REASON}." in life
    whole = keep("explain", keep.files()["whole.png"]).out
    assert "It was identified: fmt/11 Portable Network Graphics 1.0" in whole
    assert "decided" not in whole
    (package,) = {one["id"] for one in keep("list", "--json").json["aips"] if one["kind"] == "aip"}
    assert (
        "Its 4 files were identified: a format is named for 2; 1 for a person to look at."
        in keep("explain", package).out
    )


def test_the_same_answer_again_opens_nothing(keep: Keep) -> None:
    keep("formats", "decide", keep.files()["cut.png"], "--puid", "fmt/11", "--reason", REASON)
    machines_say(keep)
    assert keep.review() == []


def test_another_answer_opens_it_again_and_overrides_nothing(keep: Keep) -> None:
    cut = FileId(keep.files()["cut.png"])
    keep("formats", "decide", cut, "--puid", "fmt/11", "--reason", REASON)
    machines_say(keep, cut=FileFormat(cut, "fmt/13", Kind.AGREED, Basis.SIGNATURE))
    (line,) = keep("formats", "review", "--json").lines
    assert (line["name"], line["puid"], line["verdict"]) == ("cut.png", "fmt/13", "agreed")
    assert (line["decision"]["puid"], line["decision"]["reason"]) == ("fmt/11", REASON)
    assert "formerly: no format named, damaged" in line["notes"]
    assert keep.told("cut.png")[1].puid == "fmt/11"
    assert "decided by ak-1: fmt/11" in keep("formats", "review").out
    keep("formats", "decide", cut, "--puid", "fmt/13", "--reason", "the newer signature is right")
    assert keep.review() == []


def test_machines_that_come_round_to_the_decision_open_nothing(keep: Keep) -> None:
    cut = FileId(keep.files()["cut.png"])
    keep("formats", "decide", cut, "--puid", "fmt/11", "--reason", REASON)
    machines_say(keep, cut=FileFormat(cut, "fmt/11", Kind.AGREED, Basis.SIGNATURE))
    assert keep.review() == []


def test_a_file_nobody_doubts_is_opened_by_a_later_contradiction_only_where_somebody_decided(keep: Keep) -> None:
    whole = FileId(keep.files()["whole.png"])
    machines_say(keep, whole=FileFormat(whole, "fmt/13", Kind.AGREED, Basis.SIGNATURE))
    assert "whole.png" not in keep.review()
    keep("formats", "decide", whole, "--puid", "fmt/13", "--reason", "so it is")
    machines_say(keep, whole=FileFormat(whole, "fmt/11", Kind.AGREED, Basis.SIGNATURE))
    assert "whole.png" in keep.review()


def test_a_dry_run_records_nothing(keep: Keep) -> None:
    before = keep.kinds()
    said = keep("formats", "decide", keep.files()["cut.png"], "--puid", "fmt/11", "--reason", REASON, "--dry-run")
    assert said.code == 0
    assert "would decide: cut.png is fmt/11 Portable Network Graphics 1.0" in said.out
    assert keep.kinds() == before
    assert keep.review() == ["cut.png"]


def test_a_decision_survives_a_rebuild_from_one_location(keep: Keep, tmp_path: Path) -> None:
    keep("formats", "decide", keep.files()["cut.png"], "--puid", "fmt/11", "--reason", REASON)
    before = keep.digest()
    new = Keep(tmp_path / "new", keep.capture)
    assert new("catalogue", "rebuild", "--from", tmp_path / "second").code == 0
    assert new.digest() == before
    assert new.told("cut.png")[1].reason == REASON


@pytest.mark.parametrize(
    "puid", ["fmt/4O", "", "png", "fmt/0", "fmt/11 ", "PRONOM", "local/nothing", "x-fmt/", "fmt/٣"]
)
def test_what_is_no_identifier_is_refused(keep: Keep, puid: str) -> None:
    before = keep.kinds()
    said = keep("formats", "decide", keep.files()["cut.png"], "--puid", puid, "--reason", REASON)
    assert said.code == 2
    assert "is no identifier of a format" in said.err
    assert keep.kinds() == before


@pytest.mark.parametrize(
    ("puid", "name"),
    [
        ("fmt/141", "Waveform Audio (PCMWAVEFORMAT)"),
        ("local/opentimestamps", "OpenTimestamps proof"),
        ("fido-fmt/189.word", "Microsoft Office Open XML - Word"),
        ("fmt/999999", None),
        ("unknown", None),
    ],
)
def test_a_format_is_called_by_the_name_it_has_anywhere_here(keep: Keep, puid: str, name: str | None) -> None:
    said = keep("formats", "decide", keep.files()["cut.png"], "--puid", puid, "--reason", REASON, "--json")
    assert said.json["name"] == name
    told = keep("formats", "decide", keep.files()["cut.png"], "--puid", puid, "--reason", REASON)
    assert ("spelled right?" in told.out) == (puid == "fmt/999999")


def test_what_cannot_be_decided_is_refused_with_a_word(keep: Keep) -> None:
    before = keep.kinds()
    nobody = "00000000-0000-4000-8000-000000000000"
    assert "there is no file" in keep("formats", "decide", nobody, "--puid", "fmt/11", "--reason", "x").err
    empty = keep("formats", "decide", keep.files()["cut.png"], "--puid", "fmt/11", "--reason", "  ")
    assert (empty.code, "needs a reason" in empty.err) == (2, True)
    assert keep("formats", "decide", keep.files()["cut.png"], "--puid", "fmt/11").code == 2
    assert keep.kinds() == before
