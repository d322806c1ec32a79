"""Names below a folder are reached part by part: never through a link, at any depth, and nothing stays open."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import pytest

from archive.model.entries import EntryKind
from archive.storage import descent, walking
from archive.storage.descent import Descent, open_unlinked
from archive.storage.walking import walk

DEPTH = 200
NAME = "n" * 60  # 200 of them are three times as long as a path may be


@pytest.fixture
def deep(tmp_path: Path) -> Path:
    """A tree deeper than the system takes in one piece, with a file at each of its ends."""
    holder = os.open(tmp_path, os.O_RDONLY)
    for _ in range(DEPTH):
        os.mkdir(NAME, dir_fd=holder)
        below = os.open(NAME, os.O_RDONLY, dir_fd=holder)
        os.close(os.open("z", os.O_CREAT | os.O_WRONLY, dir_fd=holder))
        os.close(holder)
        holder = below
    file = os.open("last", os.O_CREAT | os.O_WRONLY, dir_fd=holder)
    os.write(file, b"at the bottom")
    os.close(file), os.close(holder)
    return tmp_path


def opened() -> int:
    """Descriptors of this process, once what other tests left is closed; not for loops: it may take a second."""
    gc.collect()
    return descriptors()


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def test_a_tree_deeper_than_a_path_can_be_long_is_walked_and_read_to_its_end(deep: Path) -> None:
    before = opened()
    found = {walked.path: walked for walked in walk(os.fsencode(deep))}
    assert len(found) == 2 * DEPTH + 1
    assert not [walked for walked in found.values() if walked.error is not None]
    bottom = "/".join([NAME] * DEPTH).encode() + b"/last"
    assert len(bottom) > 2 * os.pathconf("/", "PC_PATH_MAX")
    assert (found[bottom].kind, found[bottom].size) == (EntryKind.FILE, 13)
    with open_unlinked(os.fsencode(deep) + b"/" + bottom) as file:
        assert file.read() == b"at the bottom"
    assert opened() == before


def test_no_more_folders_are_held_open_than_a_few(deep: Path) -> None:
    before = opened()
    assert max(descriptors() - before for _ in walk(os.fsencode(deep))) <= descent._HELD + 3


def test_a_path_longer_than_anybody_needs_is_told_and_not_followed(deep: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walking, "LONGEST", 500)
    found = list(walk(os.fsencode(deep)))
    wrong = [walked for walked in found if walked.error is not None]
    assert [(w.kind, w.error) for w in wrong] == [(EntryKind.UNKNOWN, "its path is longer than 500 octets")]
    assert max(len(walked.path) for walked in found if walked.error is None) <= 500


def test_a_folder_that_becomes_a_link_while_the_tree_is_walked_is_not_entered(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").write_bytes(b"of somebody else")
    root = tmp_path / "root"
    for name in ("a", "b"):
        (root / name).mkdir(parents=True)
        (root / name / "file").write_bytes(b"x")
    found = []
    for walked in walk(os.fsencode(root)):
        found.append(walked)
        if walked.path == b"a":
            (root / "b").rename(root / "b.away")
            (root / "b").symlink_to(tmp_path / "outside")
    assert [(walked.path, walked.kind) for walked in found] == [
        (b"a", EntryKind.FOLDER),
        (b"a/file", EntryKind.FILE),
        (b"b", EntryKind.LINK),
    ]


def test_a_folder_replaced_by_a_link_after_it_was_seen_is_an_error_and_the_walk_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").write_bytes(b"of somebody else")
    root = tmp_path / "root"
    (root / "b").mkdir(parents=True)
    (root / "c").write_bytes(b"x")
    status = Descent.status

    def swapping(self: Descent, folder: bytes, name: bytes) -> os.stat_result:
        found = status(self, folder, name)
        if name == b"b":
            (root / "b").rename(root / "b.away")
            (root / "b").symlink_to(tmp_path / "outside")
        return found

    monkeypatch.setattr(Descent, "status", swapping)
    found = list(walk(os.fsencode(root)))
    assert [walked.path for walked in found] == [b"b", b"c"]
    assert found[0].error is not None
    assert found[1].error is None


@pytest.mark.parametrize("link", ["first", "first/second", "first/second/file"])
def test_a_file_is_not_reached_through_a_link_at_any_part_of_its_path(tmp_path: Path, link: str) -> None:
    (tmp_path / "first" / "second").mkdir(parents=True)
    (tmp_path / "first" / "second" / "file").write_bytes(b"x")
    path = os.fsencode(tmp_path.resolve() / "first" / "second" / "file")
    before = opened()
    with open_unlinked(path) as file:
        assert file.read() == b"x"
    (tmp_path / link).rename(tmp_path / "away")
    (tmp_path / link).symlink_to(tmp_path / "away")
    assert os.path.exists(path)
    with pytest.raises(OSError):
        open_unlinked(path)
    assert opened() == before


@pytest.mark.parametrize("path", [b"relative", b"", b"/", b"/folder/", b"/a/../b"])
def test_a_path_that_is_not_plain_is_a_programmers_error(path: bytes) -> None:
    with pytest.raises(ValueError):
        open_unlinked(path)


def test_what_is_no_regular_file_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    before = opened()
    for path in (tmp_path / "fifo", tmp_path):
        with pytest.raises(OSError, match="no longer a regular file"):
            open_unlinked(os.fsencode(path.resolve()))
    assert opened() == before
