"""Packages in plain folders: whole or invisible, read back from the medium, never outside their place."""

from __future__ import annotations

import errno
import io
import json
import os
import shutil
from pathlib import Path
from typing import BinaryIO

import pytest

from archive import durable
from archive.errors import StorageError
from archive.model.digests import sha256_hex
from archive.model.entries import EntryKind
from archive.storage.descent import Descent
from archive.storage.directory import DirectoryLocation, DirectoryReader, discard
from archive.storage.reading import open_from_medium

KEY = "ab/abcdef"
FILES = {"bagit.txt": b"tag", "data/one.txt": b"one", "data/deep/two.bin": b"\0" * 70_000}


class Killed(BaseException):
    """The process ends here."""


def tree(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def right(reader: DirectoryReader) -> None:
    if tree(reader.root) != FILES:
        raise StorageError("not what was sealed")


@pytest.fixture
def source(tmp_path: Path) -> DirectoryReader:
    root = tmp_path / "source"
    for name, data in FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        os.utime(path, ns=(1, 1_234_567_890_123_456_789))
    return DirectoryReader(root)


def location(root: Path, **named: object) -> DirectoryLocation:
    made = DirectoryLocation("second", root, "archive-1", **named)  # type: ignore[arg-type]
    made.prepare()
    return made


@pytest.fixture
def second(tmp_path: Path) -> DirectoryLocation:
    return location(tmp_path / "second")


def test_a_copy_is_the_same_bytes_and_times_in_its_place(second: DirectoryLocation, source: DirectoryReader) -> None:
    (source.root / "data" / "empty").mkdir()
    second.copy_in(source, KEY, check=right)
    assert tree(second.path(KEY)) == FILES
    assert (second.path(KEY) / "data" / "empty").is_dir()
    assert second.reader(KEY).modified(b"data/one.txt") == 1_234_567_890_123_456_789
    assert second.holds(KEY) and second.occupied(KEY)
    assert list(second.package_keys()) == [KEY]
    assert list((second.root / ".incoming").iterdir()) == []


def test_a_copy_that_does_not_read_back_right_is_never_visible(
    second: DirectoryLocation, source: DirectoryReader
) -> None:
    (source.root / "data" / "one.txt").write_bytes(b"bad")
    with pytest.raises(StorageError, match="not what was sealed"):
        second.copy_in(source, KEY, check=right)
    assert not second.occupied(KEY)
    assert list((second.root / ".incoming").iterdir()) == []


def test_a_medium_that_keeps_other_bytes_is_found_out(tmp_path: Path, source: DirectoryReader) -> None:
    def lying(path: Path) -> BinaryIO:
        return io.BytesIO(b"bits fell") if path.name == "one.txt" else open_from_medium(path)

    def check(reader: DirectoryReader) -> None:
        with reader.open(b"data/one.txt") as stream:
            if stream.read() != b"one":
                raise StorageError("data/one.txt is altered when read back")

    bad = location(tmp_path / "bad", opener=lying)
    with pytest.raises(StorageError, match="read back"):
        bad.copy_in(source, KEY, check=check)
    assert not bad.occupied(KEY)
    with pytest.raises(StorageError, match="did not arrive"):
        shutil.copytree(source.root, bad.path(KEY))
        (bad.path(KEY) / "data" / "deep" / "two.bin").unlink()
        flipped = location(tmp_path / "bad", opener=lambda path: io.BytesIO(b"bits fell"))
        flipped.exchange_file(
            source, KEY, b"data/deep/two.bin", sha256=sha256_hex(FILES["data/deep/two.bin"]), incident="i"
        )
    assert not (bad.path(KEY) / "data" / "deep" / "two.bin").exists()


def test_a_copy_never_replaces_what_stands_there(second: DirectoryLocation, source: DirectoryReader) -> None:
    second.path(KEY).mkdir(parents=True)
    (second.path(KEY) / "kept.txt").write_bytes(b"kept")
    with pytest.raises(StorageError, match="exists already"):
        second.copy_in(source, KEY, check=right)
    assert tree(second.path(KEY)) == {"kept.txt": b"kept"}


def test_an_exchange_keeps_what_stood_there(second: DirectoryLocation, source: DirectoryReader) -> None:
    second.path(KEY).mkdir(parents=True)
    (second.path(KEY) / "kept.txt").write_bytes(b"kept")
    aside = second.exchange(source, KEY, check=right, incident="i-1")
    assert aside == "set-aside/i-1/abcdef"
    assert tree(second.root / aside) == {"kept.txt": b"kept"}
    assert tree(second.path(KEY)) == FILES
    again = second.exchange(source, KEY, check=right, incident="i-1")
    assert again == "set-aside/i-1/abcdef.2"
    assert tree(second.root / again) == FILES and tree(second.root / aside) == {"kept.txt": b"kept"}


def test_an_exchange_without_a_right_copy_moves_nothing(second: DirectoryLocation, source: DirectoryReader) -> None:
    second.path(KEY).mkdir(parents=True)
    (source.root / "bagit.txt").write_bytes(b"bad")
    with pytest.raises(StorageError):
        second.exchange(source, KEY, check=right, incident="i-1")
    assert second.holds(KEY)
    assert not (second.root / "set-aside").exists()


def test_what_is_set_aside_is_never_overwritten(second: DirectoryLocation) -> None:
    kept = []
    for number in range(4):
        second.path(KEY).mkdir(parents=True, exist_ok=True)
        (second.path(KEY) / "x").write_bytes(b"%d" % number)
        kept.append(second.set_aside(KEY, b"x", incident="i"))
    assert kept == ["set-aside/i/x", "set-aside/i/x.2", "set-aside/i/x.3", "set-aside/i/x.4"]
    assert [(second.root / str(name)).read_bytes() for name in kept] == [b"0", b"1", b"2", b"3"]


def test_setting_aside_what_an_earlier_run_moved_answers_where_it_is(second: DirectoryLocation) -> None:
    second.path(KEY).mkdir(parents=True)
    assert second.set_aside(KEY, b"x", incident="i") is None
    (second.path(KEY) / "x").write_bytes(b"damaged")
    first = second.set_aside(KEY, b"x", incident="i")
    assert second.set_aside(KEY, b"x", incident="i") == first == "set-aside/i/x"
    assert second.set_aside(KEY, b"x", incident="another") is None


def test_a_crash_at_any_durable_step_leaves_the_right_package_or_none(
    tmp_path: Path, source: DirectoryReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    number, finished = 0, False
    while not finished:
        number += 1
        second = location(tmp_path / str(number))
        steps: list[str] = []

        def promise(what: str, steps: list[str] = steps, number: int = number) -> None:
            steps.append(what)
            if len(steps) == number:
                raise Killed

        monkeypatch.setattr(durable, "promise", promise)
        try:
            second.copy_in(source, KEY, check=right)
            finished = True
        except Killed:
            pass
        monkeypatch.undo()
        if second.occupied(KEY):
            assert tree(second.path(KEY)) == FILES
        else:
            second.clear_incoming()
            second.copy_in(source, KEY, check=right)
            assert tree(second.path(KEY)) == FILES
    assert number > 4
    assert steps.index("sync filesystem") < steps.index("publish abcdef")


def test_a_full_disk_is_told_and_leaves_nothing(
    second: DirectoryLocation, source: DirectoryReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    from archive.storage import folders

    def full(descriptor: int, data: bytes) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(folders, "write_all", full)
    with pytest.raises(StorageError, match=r"location 'second'.*No space left") as told:
        second.copy_in(source, KEY, check=right)
    assert told.value.transient and "same command again" in told.value.hint
    assert not second.occupied(KEY)
    assert list((second.root / ".incoming").iterdir()) == []


def test_a_source_that_cannot_be_read_is_named_and_not_the_disk_copied_to(
    second: DirectoryLocation, source: DirectoryReader
) -> None:
    def broken(path: Path) -> BinaryIO:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with pytest.raises(StorageError) as told:
        second.copy_in(DirectoryReader(source.root, opener=broken), KEY, check=right)
    assert str(source.root) in told.value.what and "second" not in told.value.what
    assert not second.occupied(KEY)


def test_a_link_in_a_source_is_no_part_of_a_package(second: DirectoryLocation, source: DirectoryReader) -> None:
    (source.root / "data" / "link").symlink_to("/etc/passwd")
    with pytest.raises(StorageError, match="is no file"):
        second.copy_in(source, KEY, check=lambda reader: None)
    assert not second.occupied(KEY)


def test_a_reader_names_everything_and_follows_nothing(source: DirectoryReader) -> None:
    (source.root / "link").symlink_to(source.root / "data")
    os.mkfifo(source.root / "pipe")
    found = {entry.path: entry.kind for entry in source.entries()}
    assert found[b"link"] is EntryKind.LINK and found[b"pipe"] is EntryKind.FIFO
    assert not any(path.startswith(b"link/") for path in found)
    assert [entry.path for entry in source.entries()] == sorted(found)


@pytest.mark.parametrize("path", [b"link", b"pipe", b"data", b"linked/one.txt", b"nothing", b"data/nothing"])
def test_a_reader_opens_nothing_but_files_of_its_own(source: DirectoryReader, path: bytes) -> None:
    (source.root / "link").symlink_to(source.root / "bagit.txt")
    (source.root / "linked").symlink_to(source.root / "data")
    os.mkfifo(source.root / "pipe")
    with pytest.raises(OSError):
        source.open(path)


@pytest.mark.parametrize("path", [b"../x", b"/etc/passwd", b"data/../../x"])
def test_a_path_out_of_the_bag_is_a_programmers_error(source: DirectoryReader, path: bytes) -> None:
    with pytest.raises(ValueError, match="outside the bag"):
        source.open(path)


def test_a_folder_that_cannot_be_listed_is_told_after_everything_else(
    source: DirectoryReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Descent.names

    def names(descent: Descent, folder: bytes) -> list[bytes]:
        if folder == b"data/deep/":
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return real(descent, folder)

    monkeypatch.setattr(Descent, "names", names)
    found = []
    with pytest.raises(OSError, match="Permission denied") as told:
        for entry in source.entries():
            found.append(entry.path)
    assert found == [b"bagit.txt", b"data", b"data/deep", b"data/one.txt"]
    assert told.value.filename == b"data/deep"


def test_a_location_knows_itself_and_refuses_to_be_two(tmp_path: Path, second: DirectoryLocation) -> None:
    second.prepare()  # twice is once
    assert second.offline() is None
    assert json.loads((second.root / "location.json").read_text()) == {
        "archive": "archive-1",
        "location": "second",
        "v": 1,
    }
    for other in (
        DirectoryLocation("third", second.root, "archive-1"),
        DirectoryLocation("second", second.root, "archive-2"),
    ):
        with pytest.raises(StorageError, match="already belongs to location 'second' of archive archive-1"):
            other.prepare()
        assert "belongs to another" in str(other.offline())


def test_a_location_is_not_made_where_its_parent_is_missing(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="cannot be made") as told:
        DirectoryLocation("second", tmp_path / "unmounted" / "x", "a").prepare()
    assert "mount the disk" in told.value.hint
    assert not (tmp_path / "unmounted").exists()


def test_a_disk_that_does_not_answer_is_offline(second: DirectoryLocation, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stale network mount raises where an absent one says no."""

    def stale(self: Path, **_: object) -> bool:
        raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))

    monkeypatch.setattr(Path, "is_dir", stale)
    assert "cannot be read" in str(second.offline())


@pytest.mark.parametrize(
    "marker", [b"", b"[]", b'"x"', b"{}", b"\xff", b'{"archive": "archive-1", "location": "second"}']
)
def test_a_marker_that_is_not_ours_means_offline(second: DirectoryLocation, marker: bytes) -> None:
    (second.root / "location.json").write_bytes(marker)
    assert second.offline() is not None
    assert (second.root / "location.json").read_bytes() == marker


def test_discarding_follows_no_link(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "x").write_bytes(b"x")
    (tmp_path / "link").symlink_to(tmp_path / "kept")
    for name in ("link", "nothing"):
        discard(tmp_path / name)
    assert (tmp_path / "kept" / "x").read_bytes() == b"x"
    assert not (tmp_path / "link").is_symlink()
    discard(tmp_path / "kept")
    assert not (tmp_path / "kept").exists()
