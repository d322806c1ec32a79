"""What is held is identified again: what changed is told, only what can be trusted is read, nothing is done twice."""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from planning_support import PNG, Keep
from signature_samples import NEW_MAGIC, NEW_PUID, newer_formats

from archive import assembly
from archive.cli.progress import TerminalProgress
from archive.inspection import pool
from archive.inspection.evidence_file import EvidenceFile
from archive.inspection.fido_identifier import FidoIdentifier
from archive.inspection.local_identifier import LocalIdentifier
from archive.model.identifiers import PackageId

REASON = "seen by hand"
OUTRANKED = PNG[:33] + b"tRNSnovel" + PNG[33:]


@pytest.fixture
def novel(keep: Keep, tmp_path: Path) -> Keep:
    """An archive whose second package holds what only newer signatures of FIDO know, or know otherwise."""
    more = tmp_path / "more"
    more.mkdir()
    (more / "new.nov").write_bytes(NEW_MAGIC)
    (more / "outranked.png").write_bytes(OUTRANKED)
    assert keep.ingest(more).code == 0
    return keep


@pytest.fixture
def others(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other tools than those at ingest: everything held is due."""
    monkeypatch.setattr(pool, "WITNESSES", (LocalIdentifier, FidoIdentifier))


def evidence(keep: Keep) -> list[str]:
    """Packages of evidence, in the order they were sealed."""
    return [one["id"] for one in keep("list", "--json").json["aips"] if one["kind"] == "aip"]


def bag(place: Path, package: str) -> Path:
    return place / package[:2] / package


def content(place: Path, package: str, name: str) -> Path:
    return bag(place, package) / "data/representations/original/data" / name


def identified(keep: Keep) -> int:
    return keep.kinds().count("identification")


def test_what_newer_signatures_say_otherwise_is_told_and_recorded(novel: Keep, tmp_path: Path) -> None:
    assert novel("formats", "update", newer_formats(tmp_path)).code == 0
    said = novel("formats", "reidentify", "--json")
    *changed, last = said.lines
    assert said.code == 3
    by_name = {line["name"]: line for line in changed}
    assert set(by_name) == {"new.nov", "outranked.png"}
    new, outranked = by_name["new.nov"], by_name["outranked.png"]
    assert new["from"] == {"puid": None, "verdict": "unknown"}
    assert new["to"] == {
        "puid": NEW_PUID,
        "name": "Novel Evidence of 110 1",
        "verdict": "one-by-bytes",
        "basis": "signature",
    }
    assert (new["needs_a_person"], new["decision"]) == (False, None)
    assert outranked["from"] == {"puid": "fmt/11", "verdict": "agreed"}
    assert (outranked["to"]["puid"], outranked["to"]["verdict"], outranked["needs_a_person"]) == (
        None,
        "different",
        True,
    )
    numbers = {name: last[name] for name in ("packages", "files", "up_to_date", "unfinished", "changed", "stopped")}
    assert numbers == {"packages": 2, "files": 6, "up_to_date": 0, "unfinished": 0, "changed": 2, "stopped": False}
    assert last["needs_a_person"] == 1
    assert identified(novel) == 4
    assert set(novel.review()) == {"cut.png", "outranked.png"}
    assert "formerly: fmt/11, agreed" in novel("formats", "review").out
    life = novel("explain", novel.files()["outranked.png"]).out
    assert life.index("It was identified: fmt/11") < life.index("It was identified: no format could be named")
    assert "fido: fmt/9003 by signature; siegfried: fmt/11 by signature" in life


def test_a_second_run_reads_nothing_and_tells_the_same_until_a_person_decided(novel: Keep, tmp_path: Path) -> None:
    novel("formats", "update", newer_formats(tmp_path))
    first = novel("formats", "reidentify", "--json").lines
    second = novel("formats", "reidentify", "--json")
    assert (second.code, second.lines[:-1]) == (3, first[:-1])
    assert (second.lines[-1]["packages"], second.lines[-1]["up_to_date"]) == (0, 2)
    assert identified(novel) == 4
    novel("formats", "decide", novel.files()["outranked.png"], "--puid", "fmt/11", "--reason", REASON)
    third = novel("formats", "reidentify", "--json")
    assert (third.code, third.lines[-1]["needs_a_person"]) == (0, 0)
    assert [line["decision"] and line["decision"]["puid"] for line in third.lines[:-1]].count("fmt/11") == 1


def test_a_decision_is_never_overridden_and_comes_back_for_review(novel: Keep, tmp_path: Path) -> None:
    novel("formats", "decide", novel.files()["new.nov"], "--puid", "x-fmt/111", "--reason", REASON)
    novel("formats", "update", newer_formats(tmp_path))
    *changed, _ = novel("formats", "reidentify", "--json").lines
    (line,) = [one for one in changed if one["name"] == "new.nov"]
    assert (line["to"]["puid"], line["decision"]["puid"], line["needs_a_person"]) == (NEW_PUID, "x-fmt/111", True)
    machines, person = novel.told("new.nov")
    assert (machines.puid, person.puid, person.reason) == (NEW_PUID, "x-fmt/111", REASON)
    with assembly.reading(novel.home) as archive:
        held = archive.holdings.catalogue.format_holdings()
    assert ("x-fmt/111", "decided") in {(one.puid, one.verdict) for one in held}
    assert NEW_PUID not in {one.puid for one in held}
    assert "new.nov" in novel.review()


def test_people_are_told_in_sentences(novel: Keep, tmp_path: Path) -> None:
    novel("formats", "update", newer_formats(tmp_path))
    out = novel("formats", "reidentify").out
    assert "Identified 6 files in 2 packages; up to date before: 0 packages" in out
    assert "Changed with the present signatures: 2 files, 1 for a person to look at" in out
    assert f"no format (unknown)  {NEW_PUID} (one-by-bytes)" in out
    assert "outranked.png: fmt/11 (agreed) -> no format (different)" in out


def test_what_got_lost_is_worse_even_where_nobody_doubts(keep: Keep, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "WITNESSES", (LocalIdentifier,))
    *changed, last = keep("formats", "reidentify", "--json").lines
    lost = {line["name"]: line["needs_a_person"] for line in changed}
    assert lost["note.txt"] is True  # x-fmt/111 before, unknown to our own signatures
    assert last["needs_a_person"] == sum(lost.values())


def test_a_dry_run_says_what_would_be_asked_and_records_nothing(keep: Keep, others: None) -> None:
    before = keep.kinds()
    said = keep("formats", "reidentify", "--dry-run")
    assert said.code == 0
    assert "would identify 4 files" in said.out
    assert "fido 1.6.1" in said.out
    told = keep("formats", "reidentify", "--dry-run", "--json").json
    assert (told["packages"], told["files"], told["up_to_date"]) == (1, 4, 0)
    assert keep.kinds() == before


def test_one_package_alone(novel: Keep, others: None) -> None:
    first, second = evidence(novel)
    papers = next(one["id"] for one in novel("list", "--json").json["aips"] if one["kind"] != "aip")
    assert novel("formats", "reidentify", "--package", second, "--json").lines[-1]["packages"] == 1
    with assembly.reading(novel.home) as archive:
        tools = archive.holdings.catalogue.identifications()
    assert tools[PackageId(first)] != tools[PackageId(second)]
    for wrong in ("nothing", papers):
        said = novel("formats", "reidentify", "--package", wrong)
        assert (said.code, "there is no package of evidence" in said.err) == (2, True)


def test_the_catalogue_made_again_says_the_same(novel: Keep, others: None, tmp_path: Path) -> None:
    novel("formats", "reidentify")
    new = Keep(tmp_path / "new", novel.capture)
    assert new("catalogue", "rebuild", "--from", tmp_path / "second").code == 0
    assert new.digest() == novel.digest()


# --- copies that cannot be read


def findings(lines: list[dict[str, object]]) -> list[dict[str, str]]:
    return [line["finding"] for line in lines if "finding" in line]  # type: ignore[misc]  # findings hold text


def remove(place: Path, package: str) -> None:
    shutil.rmtree(bag(place, package))


def cut(place: Path, package: str) -> None:
    path = content(place, package, "whole.png")
    path.write_bytes(path.read_bytes()[:-1])


def link(place: Path, package: str) -> None:
    path = content(place, package, "whole.png")
    outside = place.parent / "outside.png"
    outside.write_bytes(path.read_bytes())
    path.unlink()
    path.symlink_to(outside)


def link_folder(place: Path, package: str) -> None:
    folder = content(place, package, "x").parent
    shutil.move(folder, place.parent / "outside")
    folder.symlink_to(place.parent / "outside")


def manifest(place: Path, package: str) -> None:
    (bag(place, package) / "manifest-sha256.txt").write_text("00  data/representations/original/data/whole.png\n")


@pytest.mark.parametrize("harm", [remove, cut, link, link_folder])
def test_where_one_copy_cannot_be_read_another_is_and_that_is_said(
    keep: Keep, others: None, harm: Callable[[Path, str], None]
) -> None:
    (package,) = evidence(keep)
    harm(keep.home / "store", package)
    said = keep("formats", "reidentify", "--json")
    (finding,) = findings(said.lines)
    assert (finding["code"], finding["subject"]) == ("copy-not-read", package)
    assert "in the copy at 'store'" in finding["message"]
    assert (said.code, said.lines[-1]["packages"], said.lines[-1]["unfinished"]) == (3, 1, 0)
    assert keep.told("whole.png")[0].puid == "fmt/11"


def test_a_list_that_was_altered_in_one_copy_is_not_believed(keep: Keep, others: None) -> None:
    (package,) = evidence(keep)
    manifest(keep.home / "store", package)
    assert keep("formats", "reidentify", "--json").lines[-1]["packages"] == 1
    assert keep.told("whole.png")[0].puid == "fmt/11"


@pytest.mark.parametrize("harm", [remove, cut, manifest])
def test_where_no_copy_can_be_read_the_package_waits_and_the_others_go_on(
    novel: Keep, others: None, tmp_path: Path, harm: Callable[[Path, str], None]
) -> None:
    first, second = evidence(novel)
    before = novel.told("whole.png")
    aside = shutil.copytree(bag(tmp_path / "second", first), tmp_path / "sound")
    for place in (novel.home / "store", tmp_path / "second"):
        harm(place, first)
    said = novel("formats", "reidentify", "--json")
    last = said.lines[-1]
    assert (said.code, last["packages"], last["unfinished"]) == (3, 1, 1)
    (finding,) = [one for one in findings(said.lines) if one["code"] == "not-reidentified"]
    assert (finding["subject"], finding["severity"]) == (first, "error")
    assert "archive audit" in finding["message"]
    assert novel.told("whole.png") == before
    with assembly.reading(novel.home) as archive:
        assert archive.holdings.catalogue.identification(PackageId(second)).tools.startswith('[{"signatures":"local')
    shutil.rmtree(bag(tmp_path / "second", first), ignore_errors=True)
    shutil.copytree(aside, bag(tmp_path / "second", first))
    assert novel("formats", "reidentify", "--json").lines[-1]["packages"] == 1


def test_a_copy_that_is_known_to_be_damaged_is_not_read(keep: Keep, others: None, tmp_path: Path) -> None:
    (package,) = evidence(keep)
    content(tmp_path / "second", package, "note.txt").write_text("A note\n")  # of the same size
    remove(keep.home / "store", package)
    with assembly.changing(keep.home, doing="test") as archive:
        from dataclasses import replace

        from archive.model.packages import ReplicaState

        row = archive.holdings.catalogue.replica(PackageId(package), "second")
        with archive.holdings.catalogue.transaction():
            archive.holdings.catalogue.replace(replace(row, state=ReplicaState.DAMAGED))
    said = keep("formats", "reidentify", "--json")
    (finding,) = findings(said.lines)
    assert "the copy at 'second' is damaged" in finding["message"]
    assert (said.code, said.lines[-1]["packages"]) == (3, 0)


def test_an_offline_location_is_no_trouble_while_another_is_there(keep: Keep, others: None, tmp_path: Path) -> None:
    (tmp_path / "second").rename(tmp_path / "away")
    said = keep("formats", "reidentify", "--json")
    assert findings(said.lines) == []
    assert said.lines[-1]["packages"] == 1


def test_a_medium_that_fails_in_the_middle_is_read_elsewhere(
    keep: Keep, others: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = EvidenceFile.head

    def failing(self: EvidenceFile, size: int) -> bytes:
        path = os.readlink(f"/proc/self/fd/{self._descriptor}")
        if "/home/store/" in path and path.endswith("whole.png"):
            raise OSError(errno.EIO, "Input/output error")
        return read(self, size)

    monkeypatch.setattr(EvidenceFile, "head", failing)
    said = keep("formats", "reidentify", "--json")
    (finding,) = findings(said.lines)
    assert finding["code"] == "copy-not-read"
    assert "whole.png could be read at" in finding["message"]
    assert keep.told("whole.png")[0].puid == "fmt/11"
    assert (said.code, said.lines[-1]["unfinished"]) == (3, 0)


def test_a_medium_that_fails_everywhere_leaves_the_package_for_later(
    keep: Keep, others: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object) -> bytes:
        raise OSError(errno.EIO, "Input/output error")

    before = keep.kinds()
    with monkeypatch.context() as patch:
        patch.setattr(EvidenceFile, "head", failing)
        said = keep("formats", "reidentify")
    assert (said.code, keep.kinds()) == (3, before)
    assert "cannot be read (the file could not be read: OSError: Input/output error)" in said.out
    assert keep("formats", "reidentify", "--json").lines[-1]["packages"] == 1


# --- stopped


def test_ctrl_c_loses_the_package_in_hand_and_nothing_else(
    novel: Keep, others: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = 0

    def stopping(_self: TerminalProgress) -> bool:
        nonlocal asked
        asked += 1
        return asked > 5  # one question before, four files of the first package, one of the second

    with monkeypatch.context() as patch:
        patch.setattr(TerminalProgress, "stopping", stopping)
        said = novel("formats", "reidentify", "--json")
    assert said.code == 130
    assert (said.lines[-1]["packages"], said.lines[-1]["stopped"]) == (1, True)
    assert identified(novel) == 3
    last = novel("formats", "reidentify", "--json").lines[-1]
    assert (last["packages"], last["up_to_date"], last["stopped"]) == (1, 1, False)
    assert json.dumps(last)
