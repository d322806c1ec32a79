"""The house rules that a machine can see."""

from __future__ import annotations

import ast
import io
import os
import re
import subprocess
import tokenize
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from project_support import REPOSITORY, load_generator

PACKAGES = ("archive", "premis", "profiles", "scheduler")
LONGEST = 600
"""Lines in one file; about 500 already wants to be two ideas."""
MARKS = ("TO" + "DO", "FIX" + "ME", "XX" + "X ", "HA" + "CK")


def _sources(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((REPOSITORY / folder).rglob("*.py"))]


@pytest.mark.parametrize("package", PACKAGES)
def test_every_package_opens_with_a_text_that_says_what_lives_there(package: str) -> None:
    for path in sorted((REPOSITORY / package).rglob("__init__.py")):
        text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        wanted = 1 if "migrations" in path.parts else 3
        assert len(text.splitlines()) >= wanted, f"{path}: say what lives here, what does not, where to start"


def test_no_sub_package_of_the_archive_has_sub_packages() -> None:
    inner = [path for path in (REPOSITORY / "archive").glob("*/*/**/__init__.py") if "migrations" not in path.parts]
    assert not inner


def test_a_file_stays_one_idea() -> None:
    for path in _sources(*PACKAGES, "tests", "docs", "benchmarks"):
        lines = len(path.read_text(encoding="utf-8").splitlines())
        assert lines < LONGEST, f"{path} has {lines} lines: it wants to be two ideas"


def _calls(path: Path, name: str) -> Iterator[int]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
            yield node.lineno


def test_the_core_never_prints() -> None:
    for path in _sources(*PACKAGES):
        assert not list(_calls(path, "print")), f"{path} prints"


def test_nothing_changes_the_current_folder() -> None:
    for path in _sources(*PACKAGES):
        assert "os.chdir(" not in path.read_text(encoding="utf-8"), path


def test_no_form_of_storage_is_named_outside_of_storage() -> None:
    concrete = ("DirectoryLocation", "TarLocation", "MemoryLocation", "FileSystemBackend", "MemoryBackend", "TarReader")
    for path in _sources(*PACKAGES):
        if (REPOSITORY / "archive" / "storage") not in path.parents:
            names = {node.id for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Name)}
            assert not names & set(concrete), f"{path} knows the form of a location"


def test_nothing_is_left_to_be_done_in_a_comment() -> None:
    for path in _sources(*PACKAGES, "tests", "docs", "benchmarks"):
        for token in tokenize.generate_tokens(io.StringIO(path.read_text(encoding="utf-8")).readline):
            if token.type == tokenize.COMMENT:
                assert not any(mark in token.string for mark in MARKS), f"{path}:{token.start[0]}: {token.string}"


def test_every_ignored_type_error_names_its_code() -> None:
    for path in _sources(*PACKAGES):
        assert "# type: ignore\n" not in path.read_text(encoding="utf-8"), path


def test_every_command_shows_an_example_in_its_help() -> None:
    for name, command in load_generator().commands():
        if isinstance(command, click.Group) and name != "archive":
            continue
        text = command.get_help(click.Context(command, info_name=name))
        assert "\\b" not in text, f"{name} --help shows a raw mark: make its docstring a plain one, not r-quoted"
        lines = [line.strip() for line in text.splitlines()]
        assert "Example:" in lines, f"{name} --help has no example"
        assert lines[lines.index("Example:") + 1].startswith("archive "), f"{name} --help: the example is no command"


def test_ci_fails_with_a_clear_word_where_the_shared_data_is_absent(tmp_path: Path) -> None:
    environment = {**os.environ, "ARCHIVE_SHARED": str(tmp_path / "nowhere")}
    done = subprocess.run(
        [str(REPOSITORY / ".ci" / "run")], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "shared test data is absent" in done.stderr


def test_no_test_moves_an_archive_by_replacing_its_path_in_a_text() -> None:
    """In a folder with blanks a path and its URI are spelled otherwise; ``own_copies.moved`` knows both."""
    for path in _sources("tests"):
        if "golden" in path.parts:  # what made an archive of an older release stays as it was
            continue
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"write_text\(.*read_text\(.*\)\.replace\(str\(", text), path
