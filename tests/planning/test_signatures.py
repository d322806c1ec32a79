"""Newer signature files: tried before they are used, pinned, kept with the archive, and used as they were or not."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from planning_support import PNG, Keep
from signature_samples import (
    NEW_MAGIC,
    NEW_PUID,
    newer_containers,
    newer_formats,
    newer_siegfried,
    packed,
    siegfried_signatures,
)

from archive import assembly, durable
from archive.catalogue.rows import SignaturesRow
from archive.errors import UsageError
from archive.inspection.fido_identifier import FidoIdentifier
from archive.inspection.trial import try_out
from archive.model.digests import sha256_hex
from archive.planning import signatures
from archive.planning.offered import read_offered


def in_force(keep: Keep) -> dict[tuple[str, str], SignaturesRow]:
    with assembly.reading(keep.home) as archive:
        return {(row.tool, row.part): row for row in archive.holdings.catalogue.signatures()}


def identify(keep: Keep, path: Path) -> dict[str, list[str]]:
    """What each tool says of a file, asked inside the archive."""
    (line,) = keep("formats", "identify", path, "--json").lines
    return {answer["tool"]: answer["puids"] for answer in line["answers"]}


def test_a_newer_siegfried_file_is_used_from_then_on(keep: Keep, tmp_path: Path) -> None:
    (tmp_path / "x.png").write_bytes(PNG)
    assert identify(keep, tmp_path / "x.png")["siegfried"] == ["fmt/11"]
    path = newer_siegfried(tmp_path)
    digest = sha256_hex(path.read_bytes())
    said = keep("formats", "update", path, "--json")
    assert said.code == 0, said.err
    (one,) = said.json["signatures"]
    assert (one["tool"], one["part"], one["sha256"], one["file"]) == ("siegfried", "signatures", digest, "default.sig")
    assert one["release"].startswith("PRONOM v999, containers ")
    assert one["before"].startswith("PRONOM v1")
    assert keep.kinds()[-1] == "signatures"
    for place in (keep.home, tmp_path / "second"):
        assert (place / "signatures" / digest / "default.sig").read_bytes() == path.read_bytes()
    path.unlink()  # it is not needed any more
    assert identify(keep, tmp_path / "x.png")["siegfried"] == ["fmt/13"]
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "y.png").write_bytes(PNG + b"y")
    assert keep.ingest(tmp_path / "more").code == 0
    (machines,) = keep.told("y.png")
    assert (machines.puid, machines.verdict) == (None, "different")
    assert "siegfried: fmt/13" in machines.reason


def test_newer_files_of_fido_are_used_from_then_on(keep: Keep, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(NEW_MAGIC)
    assert identify(keep, tmp_path / "x")["fido"] == []
    said = keep("formats", "update", newer_formats(tmp_path), newer_containers(tmp_path), "--json")
    assert said.code == 0, said.err
    assert [(one["part"], one["release"], one["before"]) for one in said.json["signatures"]] == [
        ("formats", "110", "109"),
        ("containers", "20260303", "20200121"),
    ]
    (line,) = keep("formats", "identify", tmp_path / "x", "--json").lines
    fido = line["answers"][0]
    assert fido["puids"] == [NEW_PUID]
    assert fido["signatures"].startswith("PRONOM v110, containers 20260303 (formats sha256 ")
    assert line["puid"] == NEW_PUID


def test_a_formats_file_keeps_the_container_file_that_is_in_force(keep: Keep, tmp_path: Path) -> None:
    assert keep("formats", "update", newer_formats(tmp_path)).code == 0
    assert keep("formats", "update", newer_containers(tmp_path)).code == 0
    assert keep("formats", "update", newer_formats(tmp_path, number=111)).code == 0
    assert {key: row.release for key, row in in_force(keep).items()} == {
        ("fido", "formats"): "111",
        ("fido", "containers"): "20260303",
    }


def test_outside_an_archive_the_shipped_signatures_answer(
    keep: Keep, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from archive.cli import run

    keep("formats", "update", newer_formats(tmp_path))
    (tmp_path / "x").write_bytes(NEW_MAGIC)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ARCHIVE_HOME", raising=False)
    keep.capture.readouterr()
    assert run(["formats", "identify", str(tmp_path / "x"), "--json"]) == 0
    assert '"puid": null' in keep.capture.readouterr().out
    monkeypatch.chdir(keep.home / "store")
    assert run(["formats", "identify", str(tmp_path / "x"), "--json"]) == 0
    assert f'"puid": "{NEW_PUID}"' in keep.capture.readouterr().out


def test_a_dry_run_tries_and_changes_nothing(keep: Keep, tmp_path: Path) -> None:
    before = keep.kinds()
    said = keep("formats", "update", newer_formats(tmp_path), "--dry-run")
    assert said.code == 0
    assert "fido formats: 110, would be in force (before: 109)" in said.out
    assert keep.kinds() == before
    assert not (keep.home / "signatures").exists()
    (tmp_path / "formats-v112.xml").write_text("<formats/>")
    assert keep("formats", "update", tmp_path / "formats-v112.xml", "--dry-run").code == 1


def test_the_same_file_again_changes_nothing_and_mends_its_copy(keep: Keep, tmp_path: Path) -> None:
    path = newer_siegfried(tmp_path)
    keep("formats", "update", path)
    kept = keep.home / "signatures" / sha256_hex(path.read_bytes()) / path.name
    kept.write_bytes(b"<formats/>")
    before = keep.kinds()
    path = path.rename(tmp_path / "another name.sig")
    said = keep("formats", "update", path)
    assert (said.code, "is in force already" in said.out) == (0, True)
    assert keep.kinds() == before
    assert kept.read_bytes() == path.read_bytes()
    assert kept.with_name(f"{kept.name}.altered-1").read_bytes() == b"<formats/>", "nothing is overwritten"


# --- refused


def truncated(folder: Path) -> Path:
    path = newer_siegfried(folder)
    path.write_bytes(path.read_bytes()[:-50_000])
    return path


def of_another_siegfried(folder: Path) -> Path:
    path = newer_siegfried(folder)
    data = path.read_bytes()
    path.write_bytes(data[:5] + b"\x0c" + data[6:])
    return path


def not_of_pronom(folder: Path) -> Path:
    path = folder / "wikidata.sig"
    path.write_bytes(packed(siegfried_signatures("other")))
    return path


def only_the_beginning(folder: Path) -> Path:
    path = folder / "default.sig"
    path.write_bytes(packed(siegfried_signatures())[:6])
    return path


def knows_nothing(folder: Path) -> Path:
    path = newer_formats(folder)
    path.write_text(re.sub(r"<signature>.*?</signature>", "", path.read_text("utf-8"), flags=re.DOTALL), "utf-8")
    return path


def odd_puid(folder: Path) -> Path:
    path = newer_formats(folder)
    path.write_text(path.read_text("utf-8").replace(NEW_PUID, "fmt/\u0661"), "utf-8")
    return path


def unknown_puids(folder: Path) -> Path:
    return newer_containers(folder)  # which names a PUID that the shipped formats file does not know


def cut_xml(folder: Path) -> Path:
    path = newer_formats(folder)
    path.write_bytes(path.read_bytes()[:-1000])
    return path


def billion_laughs(folder: Path) -> Path:
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    path = folder / "formats-v116.xml"
    path.write_text(f'<!DOCTYPE formats [<!ENTITY a0 "ha">{entities}]><formats>&a11;</formats>')
    return path


def unnamed(folder: Path) -> Path:
    return newer_formats(folder).rename(folder / "formats.xml")


def of_droid(folder: Path) -> Path:
    path = folder / "DROID_SignatureFile_V120.xml"
    path.write_text('<FFSignatureFile xmlns="http://www.nationalarchives.gov.uk/pronom/SignatureFile" Version="120"/>')
    return path


def a_picture(folder: Path) -> Path:
    path = folder / "default.sig"
    path.write_bytes(PNG)
    return path


@pytest.mark.parametrize(
    ("make", "code", "word"),
    [
        (truncated, 1, "cannot load"),
        (of_another_siegfried, 1, "was made for siegfried 1.12, here is 1.11"),
        (not_of_pronom, 1, "does not hold the signatures of PRONOM"),
        (only_the_beginning, 1, "cannot load"),
        (knows_nothing, 1, "of 3 well-known files"),
        (odd_puid, 1, "a format with the identifier"),
        (unknown_puids, 1, "which the formats file does not know"),
        (cut_xml, 2, "cannot be parsed"),
        (billion_laughs, 2, "cannot be parsed"),
        (unnamed, 2, "its name does not say which version"),
        (of_droid, 2, "is a signature file of DROID"),
        (a_picture, 2, "is no signature file"),
        (lambda folder: folder / "nowhere", 2, "cannot be read"),
        (lambda folder: folder, 2, "cannot be read"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_what_cannot_be_used_is_refused_and_nothing_changes(
    keep: Keep, tmp_path: Path, make: Callable[[Path], Path], code: int, word: str
) -> None:
    before, digest = keep.kinds(), keep.digest()
    said = keep("formats", "update", make(tmp_path))
    assert (said.code, word in said.err) == (code, True), said.err
    assert keep.kinds() == before
    assert keep.digest() == digest
    assert not (keep.home / "signatures").exists()


def test_what_is_older_is_taken_only_when_somebody_says_so(keep: Keep, tmp_path: Path) -> None:
    keep("formats", "update", newer_formats(tmp_path, number=120))
    older = newer_formats(tmp_path, number=119)
    said = keep("formats", "update", older)
    assert (said.code, "119 is older than what is in force, 120" in said.err) == (2, True)
    assert "--even-if-older" in said.err
    assert in_force(keep)["fido", "formats"].release == "120"
    assert keep("formats", "update", older, "--even-if-older").code == 0
    assert in_force(keep)["fido", "formats"].release == "119"
    sig = newer_siegfried(tmp_path, release=101)
    assert "older than what is in force" in keep("formats", "update", sig).err
    assert keep("formats", "update", sig, "--even-if-older").code == 0


def test_words_that_do_not_go_together_are_refused(keep: Keep, tmp_path: Path) -> None:
    path = newer_formats(tmp_path)
    assert keep("formats", "update").code == 2
    assert keep("formats", "update", path, "--as-shipped", "fido").code == 2
    assert keep("formats", "update", path, newer_formats(tmp_path, number=111)).code == 2
    assert "uses the signatures that come with it already" in keep("formats", "update", "--as-shipped", "fido").err
    assert "signatures" not in keep.kinds()


# --- altered later


@pytest.mark.parametrize("harm", ["altered", "missing"])
def test_a_file_that_is_not_what_was_pinned_is_not_used(keep: Keep, tmp_path: Path, harm: str) -> None:
    path = newer_siegfried(tmp_path)
    keep("formats", "update", path)
    kept = keep.home / "signatures" / sha256_hex(path.read_bytes()) / path.name
    if harm == "altered":
        kept.write_bytes(packed(siegfried_signatures()))  # sound, and another one
    else:
        kept.rename(tmp_path / "away")
    before = keep.kinds()
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "y.png").write_bytes(PNG + b"y")
    for words in (
        ("formats", "identify", tmp_path / "more"),
        ("ingest", tmp_path / "more", "--producer", "p"),
        ("formats", "reidentify"),
    ):
        said = keep(*words)
        assert said.code == 1, words
        assert ("was altered" if harm == "altered" else "cannot be read") in said.err
        assert "archive formats update" in said.err
    assert [kind for kind in keep.kinds()[len(before) :] if kind in ("seal", "identification")] == []
    assert keep("formats", "update", path).code == 0
    assert keep.ingest(tmp_path / "more").code == 0


def test_one_can_go_back_to_what_comes_with_the_tool(keep: Keep, tmp_path: Path) -> None:
    (tmp_path / "x.png").write_bytes(PNG)
    keep("formats", "update", newer_siegfried(tmp_path))
    said = keep("formats", "update", "--as-shipped", "siegfried")
    assert (said.code, "older" in said.err) == (2, True)
    assert keep("formats", "update", "--as-shipped", "siegfried", "--even-if-older").code == 0
    assert in_force(keep)["siegfried", "signatures"].sha256 is None
    assert identify(keep, tmp_path / "x.png")["siegfried"] == ["fmt/11"]
    assert keep("formats", "reidentify", "--json").lines[-1]["up_to_date"] == 1


# --- kept


def test_a_rebuild_from_one_location_knows_the_same_signatures(keep: Keep, tmp_path: Path) -> None:
    (tmp_path / "x.png").write_bytes(PNG)
    keep("formats", "update", newer_siegfried(tmp_path), newer_formats(tmp_path))
    digest = keep.digest()
    lost = shutil.copytree(tmp_path / "second", tmp_path / "alone", symlinks=True)
    new = Keep(tmp_path / "new", keep.capture)
    assert new("catalogue", "rebuild", "--from", lost).code == 0
    assert new.digest() == digest
    assert identify(new, tmp_path / "x.png")["siegfried"] == ["fmt/13"]


def test_a_location_that_was_away_gets_the_file_later(keep: Keep, tmp_path: Path) -> None:
    path = newer_formats(tmp_path)
    (tmp_path / "second").rename(tmp_path / "away")
    assert keep("formats", "update", path).code == 0
    (tmp_path / "away").rename(tmp_path / "second")
    assert keep("audit", "--location", "store").code == 0
    assert (tmp_path / "second/signatures" / sha256_hex(path.read_bytes()) / path.name).is_file()


def test_killed_at_any_durable_call_the_same_command_goes_on(
    keep: Keep, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Cut(BaseException):
        pass

    path = newer_formats(tmp_path)
    told = try_out(FidoIdentifier)
    monkeypatch.setattr(signatures, "try_out", lambda make: told)  # tried once is enough here
    calls = at = 0

    def cut(_what: str) -> None:
        nonlocal calls
        calls += 1
        if calls == at:
            raise Cut

    monkeypatch.setattr(durable, "promise", cut)
    for turn in range(1, 40):
        calls, at = 0, turn
        try:
            assert keep("formats", "update", path).code == 0
            break
        except Cut:
            continue
    else:
        pytest.fail("it never got to the end")
    at = 0
    assert keep.kinds().count("signatures") == 1
    assert in_force(keep)["fido", "formats"].release == "110"
    kept = keep.home / "signatures" / sha256_hex(path.read_bytes())
    assert [file.name for file in kept.iterdir() if file.name[0] != "."] == [path.name]


def test_a_fifo_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "default.sig")
    with pytest.raises(UsageError, match="not a regular file"):
        read_offered(tmp_path / "default.sig")
