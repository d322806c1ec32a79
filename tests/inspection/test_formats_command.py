from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from inspection_samples import GENERATED, PNG, docx, zip_bomb

from archive.cli import run
from archive.inspection import evidence_file

Identify = Callable[..., tuple[int, list[dict[str, Any]]]]


@pytest.fixture
def identify(capfdbinary: pytest.CaptureFixture[bytes]) -> Identify:
    """The exit code and the lines of ``archive formats identify --json``."""

    def identify_paths(*paths: Path | str) -> tuple[int, list[dict[str, Any]]]:
        code = run(["formats", "identify", "--json", *map(os.fspath, paths)])
        return code, [json.loads(line) for line in capfdbinary.readouterr().out.splitlines()]

    return identify_paths


def test_a_line_has_the_verdict_and_who_said_what(identify: Identify, tmp_path: Path) -> None:
    (tmp_path / "a.docx").write_bytes(docx())
    code, (line,) = identify(tmp_path / "a.docx")
    assert code == 0
    assert set(line) == {"path", "puid", "verdict", "basis", "answers"}
    assert (line["path"], line["puid"]) == (str(tmp_path / "a.docx"), "fmt/412")
    assert (line["verdict"], line["basis"]) == ("agreed", "container")
    assert [answer["tool"] for answer in line["answers"]] == ["fido", "siegfried"]
    for answer in line["answers"]:
        assert set(answer) == {"tool", "version", "signatures", "puids", "basis", "warning"}
        assert answer["puids"] == ["fmt/412"]


def test_what_is_unknown_has_no_puid(identify: Identify, tmp_path: Path) -> None:
    (tmp_path / "noise").write_bytes(b"\0\1\2\3")
    (tmp_path / "noise.csv").write_bytes(b"\0\1\2\3")
    _, lines = identify(tmp_path)
    assert [(line["puid"], line["verdict"]) for line in lines] == [(None, "unknown"), (None, "suggested")]


def test_a_folder_is_walked_in_the_order_of_its_names_and_every_name_accounted_for(
    identify: Identify, tmp_path: Path
) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "z.png").write_bytes(PNG)
    (tmp_path / "a.png").write_bytes(PNG)
    (tmp_path / "c.png").symlink_to("a.png")
    (tmp_path / "circle").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "d")
    code, lines = identify(tmp_path)
    assert [os.path.relpath(line["path"], tmp_path) for line in lines] == ["a.png", "b/z.png", "c.png", "circle", "d"]
    assert [line.get("reason") for line in lines[2:]] == [
        "a symbolic link, not followed",
        "a symbolic link, not followed",
        "not a regular file",
    ]
    assert {line["verdict"] for line in lines[2:]} == {"not-examined"}
    assert code == 3


def test_a_named_link_is_followed_and_a_missing_file_is_a_line(identify: Identify, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(PNG)
    (tmp_path / "link.png").symlink_to("a.png")
    code, lines = identify(tmp_path / "missing", tmp_path / "link.png")
    assert [line["puid"] for line in lines] == [None, "fmt/11"]
    assert lines[0]["reason"] == "FileNotFoundError: No such file or directory"
    assert code == 3


def test_a_name_that_is_not_utf8_is_kept_byte_for_byte(identify: Identify, tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/\xcf\xf0\xe8.png"
    Path(os.fsdecode(path)).write_bytes(PNG)
    _, (line,) = identify(tmp_path)
    assert base64.b64decode(line["path_b64"]) == path
    assert line["path"].endswith("\\xcf\\xf0\\xe8.png")
    assert line["puid"] == "fmt/11"


def test_a_file_nobody_may_read_is_a_line(identify: Identify, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", "locked.png")

    (tmp_path / "locked.png").write_bytes(PNG)
    monkeypatch.setattr(evidence_file.EvidenceFile, "__init__", refuse)
    code, (line,) = identify(tmp_path)
    assert (code, line["verdict"], line["puid"]) == (3, "not-examined", None)
    assert {answer["warning"] for answer in line["answers"]} == {
        "the file could not be read: PermissionError: Permission denied"
    }


def test_hostile_and_damaged_files_stop_nothing(identify: Identify, tmp_path: Path) -> None:
    for number, data in enumerate(
        [zip_bomb(declared=0xFFFFFFFF - 1), docx()[:-30], b"", b"PK\3\4", *GENERATED.values()]
    ):
        (tmp_path / f"{number:03d}.docx").write_bytes(data)
    _, lines = identify(tmp_path)
    assert len(lines) == 4 + len(GENERATED)
    assert lines[1]["verdict"] == "damaged"


def test_many_files_are_examined_by_several_processes_in_order(identify: Identify, tmp_path: Path) -> None:
    for number in range(100):
        (tmp_path / f"{number:03d}.png").write_bytes(PNG)
        if number % 10 == 0:
            (tmp_path / f"{number:03d}.link").symlink_to("000.png")
    _, lines = identify(tmp_path)
    names = [os.path.basename(line["path"]) for line in lines]
    assert names == sorted(names)
    assert len(names) == 110


def test_people_are_told_in_sentences(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.png").write_bytes(PNG)
    (tmp_path / "b\x1b[31m.csv").write_bytes(b"\0\1\2")
    assert run(["formats", "identify", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "a.png: fmt/11 Portable Network Graphics" in out
    assert "nothing but its name suggests a format" in out
    assert "\x1b" not in out
    assert out.splitlines()[-1] == "2 files: 1 agreed, 1 suggested"
