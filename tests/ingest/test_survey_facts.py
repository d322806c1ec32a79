"""What a survey finds in a tree, and that it leaves the tree alone."""

from __future__ import annotations

import errno
import os
import socket
import stat
import tracemalloc
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

import pytest
from survey_support import NOW, put, surveyed, where

from archive.config import PackagePolicy
from archive.ingest.noticed import EXAMPLES, MEANINGS, Noticed
from archive.ingest.survey import Delivery
from archive.storage.descent import open_unlinked
from archive.storage.walking import Walked


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "delivery"
    root.mkdir()
    return root


def test_everything_noticed_has_a_meaning_and_each_a_title_of_its_own() -> None:
    assert list(MEANINGS) == list(Noticed)
    assert len({meaning.title for meaning in MEANINGS.values()}) == len(MEANINGS)


def test_files_folders_octets_and_what_stands_out_are_counted(tree: Path) -> None:
    put(tree, "a/b/c/deep.txt", b"1234")
    put(tree, "big.bin", b"y" * 5000)
    put(tree, "a/" + "n" * 60, b"")
    found = surveyed(tree)
    assert (found.files, found.folders, found.bytes, found.packages) == (3, 3, 5004, 1)
    assert (found.shape.largest[0].path, found.shape.largest[0].number) == (b"big.bin", 5000)
    assert (found.shape.deepest[0].path, found.shape.deepest[0].number) == (b"a/b/c/deep.txt", 4)
    assert found.shape.longest[0].number == 62
    assert where(found, Noticed.EMPTY_FILE) == [b"a/" + b"n" * 60]


def test_links_are_told_apart_by_where_they_lead_and_never_followed_out(tree: Path) -> None:
    put(tree, "a/file")
    links = {
        "in": "a/file",
        "through": "a/../a/file",
        "absolute": str(tree / "a"),
        "chain": "in",
        "out": "/proc/self/environ",
        "up": "../delivery2/x",
        "sneaking": "a/../../x",
        "by-link": "out/deeper",
        "gone": "a/nothing",
        "self": "self",
        "one": "two",
        "two": "one",
        "root": ".",
        "a/parent": "..",
        "a/here": "../a",
    }
    for name, target in links.items():
        os.symlink(target, tree / name)
    found = surveyed(tree)
    assert set(where(found, Noticed.LINK_INSIDE)) == {b"in", b"through", b"absolute", b"chain"}
    assert set(where(found, Noticed.LINK_OUTSIDE)) == {b"out", b"up", b"sneaking", b"by-link"}
    assert where(found, Noticed.LINK_BROKEN) == [b"gone"]
    assert set(where(found, Noticed.LINK_LOOP)) == {b"self", b"one", b"two", b"root", b"a/parent", b"a/here"}
    assert found.files == 1


def test_pipes_sockets_and_devices_are_named_and_never_opened(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tree / "pipe")
    monkeypatch.chdir(tree)  # the path of a socket must be short
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("sock")
    try:
        os.mknod(tree / "null", 0o666 | stat.S_IFCHR, os.makedev(1, 3))
        devices = [b"null"]
    except PermissionError:  # only root makes devices
        devices = []
    found = surveyed(tree)
    assert where(found, Noticed.FIFO) == [b"pipe"]
    assert where(found, Noticed.SOCKET) == [b"sock"]
    assert where(found, Noticed.DEVICE) == devices
    assert found.files == 0


def test_hard_links_are_groups_and_their_octets_count_once(tree: Path) -> None:
    put(tree, "one", b"h" * 1000)
    os.link(tree / "one", tree / "two")
    os.link(tree / "one", tree / "three")
    put(tree, "alone", b"h" * 10)
    os.link(tree / "alone", tree.parent / "outside")
    found = surveyed(tree)
    linked = found.hard_links
    assert (linked.files, linked.names, linked.bytes_once, linked.bytes_by_name) == (1, 3, 1000, 3000)
    assert found.noticed[Noticed.HARD_LINK].count == 1
    assert found.bytes == 3010


def test_a_file_with_holes_is_told_and_hardly_read(tree: Path) -> None:
    with open(tree / "sparse.img", "wb") as file:
        file.truncate(1 << 31)
    if os.stat(tree / "sparse.img").st_blocks:
        pytest.skip("this file system has no holes")
    found = surveyed(tree)
    assert where(found, Noticed.SPARSE) == [b"sparse.img"]
    assert found.noticed[Noticed.SPARSE].bytes == 1 << 31


def test_dates_beyond_sense_are_told_and_end_no_survey(tree: Path) -> None:
    put(tree, "normal")
    put(tree, "future", time=4e9)
    soon = NOW + timedelta(hours=1)
    put(tree, "soon", time=soon.timestamp())
    put(tree, "epoch", time=0)
    put(tree, "before", time=-5e8)
    found = surveyed(tree)
    assert where(found, Noticed.FUTURE) == [b"future"]
    assert set(where(found, Noticed.EARLY)) == {b"epoch", b"before"}
    assert dict(found.shape.dates.by_month) == {(2020, 8): 1, (soon.year, soon.month): 1}


def test_a_date_no_calendar_has_is_told(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tree, "odd")
    walk = Delivery.walk

    def later(self: Delivery) -> Iterator[Walked]:
        return (replace(walked, mtime_ns=10**30) for walked in walk(self))

    monkeypatch.setattr(Delivery, "walk", later)
    assert surveyed(tree).noticed[Noticed.FUTURE].examples[0].note == "beyond any calendar"


def test_archives_are_known_by_their_octets_and_locked_ones_told(tree: Path) -> None:
    with zipfile.ZipFile(tree / "plain.dat", "w") as out:
        out.writestr("a.txt", "text")
    locked = bytearray((tree / "plain.dat").read_bytes())
    locked[6] |= 1
    put(tree, "locked.zip", bytes(locked))
    put(tree, "b.7z", b"7z\xbc\xaf\x27\x1c" + b"\0" * 40)
    put(tree, "c.tar", b"name".ljust(257, b"\0") + b"ustar\0" + b"0" * 249)
    put(tree, "d.gz", b"\x1f\x8b\x08")
    put(tree, "locked.rar", b"Rar!\x1a\x07\1\0" + b"\0\0\0\0\x21\4")
    put(tree, "a.docx", b"PK\3\4" + b"\0" * 22 + b"\x13\0\0\0[Content_Types].xml")
    put(tree, "not.zip", b"plain text")
    found = surveyed(tree)
    archives = {b"plain.dat", b"locked.zip", b"b.7z", b"c.tar", b"d.gz", b"locked.rar"}
    assert set(where(found, Noticed.ARCHIVE)) == archives
    assert set(where(found, Noticed.ENCRYPTED)) == {b"locked.zip", b"locked.rar"}


def test_at_most_a_few_hundred_octets_of_each_file_are_read_once(tree: Path) -> None:
    put(tree, "large", b"z" * 100_000)
    put(tree, "none", b"")
    opened: list[bytes] = []
    read: list[int] = []

    class Counting:
        def __init__(self, file: BinaryIO) -> None:
            self.file = file

        def read(self, size: int) -> bytes:
            read.append(size)
            return self.file.read(size)

        def close(self) -> None:
            self.file.close()

    def opener(path: bytes) -> BinaryIO:
        opened.append(os.path.basename(path))
        return Counting(open_unlinked(path))  # type: ignore[return-value]

    surveyed(tree, opener=opener)
    assert (opened, read) == ([b"large"], [512])
    opened.clear()
    quick = surveyed(tree, opener=opener, quick=True)
    assert (opened, quick.quick) == ([], True)


def test_what_cannot_be_read_or_vanishes_is_told_and_the_survey_goes_on(tree: Path) -> None:
    for name in ("a", "b", "c"):
        put(tree, name)

    def opener(path: bytes) -> BinaryIO:
        if path.endswith(b"/a"):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        if path.endswith(b"/b"):
            os.unlink(path)
        return open_unlinked(path)

    found = surveyed(tree, opener=opener)
    assert where(found, Noticed.UNREADABLE_FILE) == [b"a"]
    assert found.noticed[Noticed.UNREADABLE_FILE].examples[0].note == "Input/output error"
    assert where(found, Noticed.VANISHED) == [b"b"]
    assert found.files == 3 and found.troubled


def test_a_file_swapped_for_a_pipe_meanwhile_hangs_nothing(tree: Path) -> None:
    put(tree, "a")

    def opener(path: bytes) -> BinaryIO:
        os.unlink(path)
        os.mkfifo(path)
        return open_unlinked(path)

    assert where(surveyed(tree, opener=opener), Noticed.UNREADABLE_FILE) == [b"a"]


def test_another_disk_mounted_inside_is_told(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tree, "disk/inside/a")
    put(tree, "z/b")
    walk = Delivery.walk

    def mounted(self: Delivery) -> Iterator[Walked]:
        for walked in walk(self):
            inside = walked.path == b"disk" or walked.path.startswith(b"disk/")
            yield replace(walked, inode=(walked.inode[0] + inside, walked.inode[1]))

    monkeypatch.setattr(Delivery, "walk", mounted)
    assert where(surveyed(tree), Noticed.MOUNT_POINT) == [b"disk"]


def test_attributes_that_an_ingest_does_not_keep_are_told(tree: Path) -> None:
    path = put(tree, "a.jpg")
    try:
        os.setxattr(path, "user.xdg.origin.url", b"https://example.org")
    except OSError:
        pytest.skip("this file system keeps no attributes")
    assert where(surveyed(tree), Noticed.ATTRIBUTES) == [b"a.jpg"]


def test_a_survey_changes_nothing_on_the_medium_not_even_a_time(tree: Path) -> None:
    put(tree, "a/b.txt", b"text")
    put(tree, "bagit.txt", b"BagIt-Version: 1.0\n")
    paths = (tree, tree / "a", tree / "a/b.txt", tree / "bagit.txt")
    for path in paths:
        os.utime(path, (1, 2_000_000_000))  # read earlier than changed: every reading would set the time of access
    before = [os.stat(path) for path in paths]
    surveyed(tree)
    surveyed(tree, verify=True)
    assert [os.stat(path) for path in paths] == before
    assert {one.st_atime for one in before} == {1}
    assert sorted(os.listdir(tree)) == ["a", "bagit.txt"]


def test_packages_are_counted_as_they_would_be_packed(tree: Path) -> None:
    for number in range(7):
        put(tree, f"{number}.jpg", b"1" * 10)
    put(tree, "0.jpg.ots")
    assert surveyed(tree).packages == 1
    assert surveyed(tree, policy=PackagePolicy(max_files=3)).packages == 3
    assert surveyed(tree, policy=PackagePolicy(max_bytes=10)).packages == 8 - 1
    assert surveyed(tree).items == 7


def test_lists_are_bounded_however_much_there_is(tree: Path) -> None:
    for number in range(60):
        put(tree, f"{number:02d}.ending{number}", b"")
        put(tree, f"lists/{number}.csv")
    put(tree, "metadata.csv")
    found = surveyed(tree)
    empty = found.noticed[Noticed.EMPTY_FILE]
    assert (empty.count, len(empty.examples), empty.more) == (60, EXAMPLES, 40)
    assert sum(share.files for share in found.shape.by_extension) == 121
    assert len(found.shape.by_extension) == 31
    assert (found.candidates[0].path, len(found.candidates), found.candidates_more) == (b"metadata.csv", 20, 41)


def test_memory_does_not_grow_with_the_delivery(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Entries are made up, so that only the survey's own memory is seen."""
    put(tmp_path, "example")
    example = next(Delivery(tmp_path, "p", None, None, ()).walk())
    peaks = []
    for count in (6_000, 30_000):

        def made_up(self: Delivery, count: int = count) -> Iterator[Walked]:
            for number in range(count):
                yield replace(example, path=b"f%04d/\xd4%06d.e%d" % (number // 500, number, number))

        with monkeypatch.context() as context:
            context.setattr(Delivery, "walk", made_up)
            tracemalloc.start()
            found = surveyed(tmp_path, quick=True)
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
        assert found.files == count
    assert peaks[1] < 1.5 * peaks[0], peaks
