from __future__ import annotations

import os
import shlex
from pathlib import Path

import pytest
from bag_support import FolderReader, bag, digest, errors, lines, write

from archive.bags import second_opinion as opinions
from archive.bags.second_opinion import second_opinion
from archive.bags.validation import validate


@pytest.fixture(autouse=True, params=["in this process", "in processes of its own"])
def size(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A large bag is judged elsewhere; the answers are the same."""
    if request.param != "in this process":
        monkeypatch.setattr(opinions, "LARGE", 0)


def test_bagit_python_accepts_a_good_bag_and_says_nothing(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    folder = os.getcwd()
    assert second_opinion(write(tmp_path, bag(algorithms=("sha256", "blake3")))) == []
    assert capfd.readouterr() == ("", "")
    assert caplog.records == []
    assert os.getcwd() == folder


def test_its_pass_comes_after_the_pages_of_every_file_were_dropped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dropped: list[bytes] = []
    monkeypatch.setattr(opinions, "forget_pages", lambda descriptor: dropped.append(os.pread(descriptor, 1000, 0)))
    files = bag()
    assert second_opinion(write(tmp_path, files)) == []
    assert sorted(dropped) == sorted(files.values())


def test_a_large_bag_is_judged_out_of_reach_of_ctrl_c_and_within_our_session(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel may share cores out among sessions: one of its own would be held up by workers who step back."""
    told = tmp_path / "told"
    program = tmp_path / "python"
    program.write_text(f"#!/bin/sh\nps -o pgid=,sid= -p $$ > {shlex.quote(str(told))}\necho '[]'\n")
    program.chmod(0o755)
    monkeypatch.setattr(opinions.sys, "executable", str(program))
    monkeypatch.setattr(opinions, "LARGE", 0)
    assert second_opinion(write(tmp_path / "bag", bag())) == []
    group, session = map(int, told.read_text().split())
    assert group != os.getpgid(0)
    assert session == os.getsid(0)


def test_no_more_of_a_bag_is_asked_for_ahead_than_memory_may_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    monkeypatch.setattr(opinions, "ask_for", lambda _descriptor, octets: asked.append(octets))
    monkeypatch.setattr(opinions, "_WANTED", 3)
    monkeypatch.setattr(opinions, "_AHEAD", 1)
    assert second_opinion(write(tmp_path, bag())) == []
    assert asked[0] == 3
    assert set(asked[1:]) == {0}


def test_each_file_it_finds_wrong_is_a_finding(tmp_path: Path) -> None:
    files = bag()
    files[b"data/a.txt"] = b"ALPHA"
    found = second_opinion(write(tmp_path, files))
    assert [(f.code, f.subject) for f in found] == [("second-opinion-digest-mismatch", "data/a.txt")]
    files[b"data/new"] = files.pop(b"data/a.txt")
    (tmp_path / "data" / "a.txt").unlink()
    found = second_opinion(write(tmp_path, files))
    assert {f.code for f in found} == {"second-opinion-file-missing", "second-opinion-file-not-listed"}


def test_what_it_raises_is_a_finding_without_the_place_of_the_bag(tmp_path: Path) -> None:
    for files in (
        {},
        {b"bagit.txt": b"x"},
        bag(tag_files={b"bagit.txt": b"\xff"}),
        bag(tag_files={b"fetch.txt": b"x\n"}),
    ):
        root = write(tmp_path / str(len(files)), {b"x": b""} | files)
        found = second_opinion(root)
        assert found
        assert all(f.code in ("second-opinion-invalid", "second-opinion-failed") for f in found)
        assert not any(str(tmp_path) in f.message for f in found)


def test_a_bag_that_is_not_there_is_a_finding(tmp_path: Path) -> None:
    assert [f.code for f in second_opinion(tmp_path / "absent")] == ["second-opinion-failed"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_it_is_not_asked_about_a_bag_it_would_hang_on(tmp_path: Path) -> None:
    root = write(tmp_path, bag())
    (root / "data" / "a.txt").unlink()
    os.mkfifo(root / "data" / "a.txt")
    (root / "data" / "zero").symlink_to("/dev/zero")
    found = second_opinion(root)
    assert {(f.code, f.subject) for f in found} == {
        ("second-opinion-not-possible", "data/a.txt"),
        ("second-opinion-not-possible", "data/zero"),
    }


def test_it_ignores_a_wrong_blake3_manifest_and_we_do_not(tmp_path: Path) -> None:
    wrong = lines("blake3", {b"data/a.txt": b"?", b"data/b/c.txt": b"gamma"})
    root = write(tmp_path, bag(tag_files={b"manifest-blake3.txt": wrong}))
    assert second_opinion(root) == []
    assert errors(validate(FolderReader(root))) == {"payload-digest-mismatch"}


def test_it_accepts_1_0_manifests_that_list_different_files_and_we_do_not(tmp_path: Path) -> None:
    half = f"{digest('md5', b'alpha')}  data/a.txt\n".encode()
    root = write(tmp_path, bag(tag_files={b"manifest-md5.txt": half}))
    assert second_opinion(root) == []
    assert errors(validate(FolderReader(root))) == {"payload-file-not-in-every-manifest"}


@pytest.mark.parametrize("name", ["x\u0085y", "x\u2028y", "trail\u00a0"])
def test_it_fails_on_names_that_are_plain_to_us(tmp_path: Path, name: str) -> None:
    root = write(tmp_path, bag({f"data/{name}".encode(): b"x"}))
    assert second_opinion(root) != []
    assert validate(FolderReader(root)).findings == ()


def test_the_library_is_imported_only_when_asked(tmp_path: Path) -> None:
    import subprocess
    import sys

    program = "import sys, archive.bags.second_opinion, archive.bags.validation; sys.exit('bagit' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
