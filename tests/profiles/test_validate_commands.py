"""``archive mets validate``, ``archive premis validate`` and ``archive schemas install``, as a person gives them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from profiles_support import said

from archive.packages.schemas import PINNED, REQUIRED

PREMIS = "metadata/preservation/premis.xml"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    assert said("init", tmp_path / "archive")[0] == 0
    return tmp_path / "archive"


@pytest.fixture
def package(small: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(small, tmp_path / "data"))


def answer(*arguments: str | Path) -> tuple[int, dict[str, object]]:
    code, out, _ = said(*arguments, "--json")
    return code, json.loads(out)


def test_a_package_of_ours_is_valid_with_schemas_and_without(package: Path, home: Path, shared: Path) -> None:
    code, without = answer("mets", "validate", package / "METS.xml", "--archive", home)
    assert (code, without["valid"], without["by_schemas"], without["findings"]) == (0, True, False, [])
    assert said("schemas", "install", shared / "standards", "--archive", home)[0] == 0
    code, judged = answer("mets", "validate", package / "METS.xml", "--archive", home)
    assert (code, judged["valid"], judged["by_schemas"], judged["findings"]) == (0, True, True, [])
    assert len(judged["documents"]) == 4  # type: ignore[arg-type]  # a list


def test_what_was_not_judged_by_schemas_says_so(package: Path, home: Path) -> None:
    code, out, _ = said("premis", "validate", package / PREMIS, "--archive", home)
    assert code == 0
    assert "judged without schemas" in out
    assert "archive schemas install DIR" in out


def test_no_archive_is_needed(package: Path, shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ARCHIVE_HOME", raising=False)
    monkeypatch.chdir("/")
    assert answer("premis", "validate", package / PREMIS)[1]["by_schemas"] is False
    code, judged = answer("premis", "validate", package / PREMIS, "--schemas", shared / "standards")
    assert (code, judged["by_schemas"], judged["valid"]) == (0, True, True)


def test_a_broken_document_ends_with_20_and_names_the_place(package: Path, shared: Path) -> None:
    text = (package / "METS.xml").read_text("utf-8")
    (package / "METS.xml").write_text(text.replace('LOCTYPE="URL"', 'LOCTYPE="PURL"', 1), "utf-8")
    code, judged = answer("mets", "validate", package / "METS.xml", "--schemas", shared / "standards")
    assert code == 20 and judged["valid"] is False
    (finding,) = judged["findings"]  # type: ignore[misc]  # a list of one
    assert (finding["code"], finding["subject"], finding["element"]) == ("CSIP22", "METS.xml", "mdRef")
    assert finding["line"] == 4
    assert finding["source"] == "E-ARK CSIP 2.2.0 CSIP22 (MUST)"


@pytest.mark.parametrize("text", [b"", b"no XML", b"<a/>", b"<!DOCTYPE mets><mets xmlns='http://www.loc.gov/METS/'/>"])
@pytest.mark.parametrize("command", ["mets", "premis"])
def test_what_is_no_document_at_all_is_a_finding(command: str, text: bytes, tmp_path: Path, shared: Path) -> None:
    (tmp_path / "x.xml").write_bytes(text)
    code, judged = answer(command, "validate", tmp_path / "x.xml", "--schemas", shared / "standards")
    assert code == 20 and judged["findings"]
    assert answer(command, "validate", tmp_path / "x.xml")[0] == 20


@pytest.mark.parametrize("command", ["mets", "premis"])
def test_a_file_that_is_not_there_is_a_usage_error(command: str, tmp_path: Path) -> None:
    code, _, err = said(command, "validate", tmp_path / "none.xml")
    assert code == 2 and "is not a file" in err


def test_a_schema_folder_without_schemas_is_named(package: Path, tmp_path: Path) -> None:
    code, _, err = said("mets", "validate", package / "METS.xml", "--schemas", tmp_path)
    assert code == 1 and "mets.xsd is missing" in err


# --- schemas install


def test_the_schemas_are_installed_byte_for_byte_and_others_left_out(home: Path, shared: Path) -> None:
    code, done = answer("schemas", "install", shared / "standards", "--archive", home)
    assert code == 0
    assert set(done["installed"]) == set(PINNED)  # type: ignore[call-overload]  # a list
    assert done["left_out"] == ["mets+premis.xsd"]
    assert {path.name for path in (home / "schemas").iterdir()} == set(PINNED)
    for name in PINNED:
        assert (home / "schemas" / name).read_bytes() == (shared / "standards" / name).read_bytes()


def test_a_dry_run_installs_nothing(home: Path, shared: Path) -> None:
    code, out, _ = said("schemas", "install", shared / "standards", "--archive", home, "--dry-run")
    assert code == 0 and "would be installed" in out
    assert not (home / "schemas").exists()


@pytest.mark.parametrize("name", REQUIRED)
def test_a_missing_schema_is_named_and_nothing_is_installed(
    name: str, home: Path, shared: Path, tmp_path: Path
) -> None:
    for other in set(PINNED) - {name}:
        shutil.copyfile(shared / "standards" / other, tmp_path / other)
    code, _, err = said("schemas", "install", tmp_path, "--archive", home)
    assert code == 2 and f"missing {name}" in err
    assert not (home / "schemas").exists()


def test_a_schema_that_differs_in_one_byte_is_named_and_nothing_is_installed(
    home: Path, shared: Path, tmp_path: Path
) -> None:
    for name in PINNED:
        shutil.copyfile(shared / "standards" / name, tmp_path / name)
    (tmp_path / "mets.xsd").write_bytes((tmp_path / "mets.xsd").read_bytes() + b"\n")
    code, _, err = said("schemas", "install", tmp_path, "--archive", home)
    assert code == 2 and "other than published mets.xsd" in err
    assert not (home / "schemas").exists()


def test_installed_schemas_that_rotted_are_not_used(home: Path, shared: Path, package: Path) -> None:
    assert said("schemas", "install", shared / "standards", "--archive", home)[0] == 0
    with (home / "schemas" / "mets.xsd").open("ab") as file:
        file.write(b" ")
    code, _, err = said("mets", "validate", package / "METS.xml", "--archive", home)
    assert code == 1 and "are not as they were installed" in err
    assert said("schemas", "install", shared / "standards", "--archive", home)[0] == 0
    assert said("mets", "validate", package / "METS.xml", "--archive", home)[0] == 0
