"""The tar form on its own: what the octets are, who can read them, and that no damage to them goes unseen."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from location_contract import FILES, KEY, LONG, MTIME, believe, content, right, write

from archive.errors import StorageError
from archive.model.digests import CHUNK, sha256_hex
from archive.model.entries import Entry, EntryKind
from archive.packages.comparison import compare
from archive.packages.sealed import Expected, Promise
from archive.storage.folders import DirectoryReader
from archive.storage.forms import identify, open_location
from archive.storage.location import Standing
from archive.storage.memory import MemoryBackend
from archive.storage.tar_format import BLOCK, END, header, pack, padding, parse_header, rank
from archive.storage.tar_location import TarLocation
from archive.storage.tar_reader import TarReader

ROOT = b"abcdef"
PROMISE = Promise({name.encode(): Expected(sha256_hex(data), None) for name, data in FILES.items()}, True)


@pytest.fixture
def octets(tmp_path: Path) -> bytes:
    return b"".join(pack(write(tmp_path / "source", FILES), ROOT))


def reader_of(octets: bytes) -> TarReader:
    backend = MemoryBackend()
    backend.put("k.tar", octets)
    return TarReader(backend, "k.tar", ROOT.decode())


def wrong(octets: bytes) -> dict[bytes, str]:
    """What an audit would say of it."""
    return {found.path: str(found.outcome) for found in compare(reader_of(octets), PROMISE) if found.outcome != "ok"}


# What is written


def test_members_come_in_the_order_from_which_a_catalogue_is_rebuilt() -> None:
    ordered = [
        b"bagit.txt",
        b"bag-info.txt",
        b"manifest-blake3.txt",
        b"manifest-sha256.txt",
        b"tagmanifest-sha256.txt",
        b"README.be.txt",
        b"README.txt",
        b"data/METS.xml",
        b"data/representations/original/METS.xml",
        b"data/documentation/codebook.txt",
        b"data/metadata/descriptive/items.csv",
        b"data/metadata/preservation/premis.xml",
        b"data/representations/original/metadata/preservation/premis.xml",
        b"data/schemas/x.xsd",
        b"data/content.tar.age",
        b"data/representations/original/data/METS.xml",
        b"data/representations/original/data/a.txt",
    ]
    assert sorted(sorted(ordered), key=lambda path: (rank(path), path)) == ordered


def test_the_same_package_is_the_same_octets(tmp_path: Path, octets: bytes) -> None:
    again = write(tmp_path / "again", dict(reversed(FILES.items())))
    assert b"".join(pack(again, ROOT)) == octets
    assert octets.endswith(END) and len(octets) % BLOCK == 0


def test_headers_are_spelled_for_ever_as_they_are_now(octets: bytes) -> None:
    """A golden digest: a package that was stored by this release is compared with these octets by all later ones."""
    plain = header(b"ab/bagit.txt", size=55, mtime_ns=1_700_000_000_000_000_000)
    assert sha256_hex(plain) == "3c0e7dd66a508b8f3dff73530dac533d75e7e191f336ca526d673a5d78e51cbb"
    assert (
        sha256_hex(header("ab/имя".encode(), size=8**11, mtime_ns=-1_500_000_000))
        == "7e87a930cf4507c8da7dd9a46bd1b064c59fc08b470c736c000f9c1baa9748c9"
    )
    assert sha256_hex(octets) == "d164e63faffc81ce3ac54bb9cc761cf6ad91997dcf1960f28cda008d8a7afb7e"


def test_tar_and_python_unpack_it(tmp_path: Path, octets: bytes) -> None:
    path = tmp_path / "package.tar"
    path.write_bytes(octets)
    (tmp_path / "out").mkdir()
    done = subprocess.run(["tar", "-xf", path, "-C", tmp_path / "out"], capture_output=True, check=True)
    assert done.stderr == b""
    found = DirectoryReader(tmp_path / "out" / ROOT.decode())
    assert content(found) == FILES
    assert found.modified(b"bagit.txt") == MTIME
    with tarfile.open(path) as archive:
        assert archive.getnames()[:2] == ["abcdef/bagit.txt", "abcdef/data/METS.xml"]
        assert f"abcdef/data/representations/original/data/{LONG}" in archive.getnames()


NAMES = st.binary(min_size=1, max_size=300).filter(lambda name: b"\0" not in name)


@settings(deadline=None)
@given(name=NAMES, size=st.integers(0, 2**50), mtime_ns=st.integers(-(2**62), 2**62))
def test_any_header_comes_back_and_python_reads_the_same(name: bytes, size: int, mtime_ns: int) -> None:
    written = header(name, size=size, mtime_ns=mtime_ns)
    found = parse_header(written)
    assert found is not None and not isinstance(found, int)
    assert (found.name, found.size, found.mtime_ns, found.length) == (name, size, mtime_ns, len(written))
    assert found.exact and found.kind is EntryKind.FILE


UTF8 = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=150)


@settings(deadline=None)
@given(name=UTF8.filter(lambda name: name.strip("/") == name), mtime_ns=st.integers(0, 2**60))
def test_python_reads_the_same_in_a_header(name: str, mtime_ns: int) -> None:
    written = header(name.encode(), size=3, mtime_ns=mtime_ns) + b"abc" + padding(3) + END
    with tarfile.open(fileobj=io.BytesIO(written), mode="r:") as archive:
        (member,) = archive.getmembers()
        assert (member.name, member.size, member.type) == (name, 3, tarfile.REGTYPE)
        assert abs(member.mtime - mtime_ns / 1e9) < 1e-3
        assert archive.extractfile(member).read() == b"abc"  # type: ignore[union-attr]


def test_a_file_over_eight_gibibytes_has_its_size_told(tmp_path: Path) -> None:
    size = 9 * 2**30
    path = tmp_path / "large.tar"
    with open(path, "wb") as file:  # with holes, so that it takes no room
        file.write(header(ROOT + b"/data/large.bin", size=size, mtime_ns=MTIME))
        begins = file.tell()
        file.seek(begins + size - 4)
        file.write(b"last" + padding(size) + END)
    with tarfile.open(path) as archive:
        (member,) = archive.getmembers()
        assert (member.size, member.offset_data) == (size, begins)
    second = open_location("second", form="tar", folder=tmp_path / "second", archive="a")
    second.prepare()
    (tmp_path / "second/ab").mkdir()
    os.rename(path, tmp_path / "second/ab/abcdef.tar")
    reader = second.reader(KEY)
    assert [(entry.path, entry.kind, entry.size) for entry in reader.entries()] == [
        (b"data", EntryKind.FOLDER, 0),
        (b"data/large.bin", EntryKind.FILE, size),
    ]
    with reader.open(b"data/large.bin") as stream:
        stream.read(CHUNK)
    with second.backend.open("ab/abcdef.tar", offset=begins + size - 4, length=4) as stream:
        assert stream.read() == b"last"


class Changing(DirectoryReader):
    """A source whose file grows or shrinks between the listing and the reading."""

    def __init__(self, root: Path, data: bytes) -> None:
        super().__init__(root)
        self._data = data

    def open(self, path: bytes) -> BinaryIO:
        return io.BytesIO(self._data)


@pytest.mark.parametrize("data", [b"", b"on", b"one more"])
def test_a_source_that_changes_is_refused(tmp_path: Path, data: bytes) -> None:
    write(tmp_path / "source", {"data/one.txt": b"one"})
    second = TarLocation("second", MemoryBackend(), "a")
    second.prepare()
    with pytest.raises(StorageError, match="changed while it was read"):
        second.copy_in(Changing(tmp_path / "source", data), KEY, check=believe)
    assert not second.occupied(KEY) and list(second.inventory()) == []


def test_each_octet_of_the_source_is_read_once(tmp_path: Path) -> None:
    write(tmp_path / "source", FILES)
    opened: list[bytes] = []

    class Counting(DirectoryReader):
        def open(self, path: bytes) -> BinaryIO:
            opened.append(path)
            return super().open(path)

    second = TarLocation("second", MemoryBackend(), "a")
    second.prepare()
    second.copy_in(Counting(tmp_path / "source"), KEY, check=right)
    assert sorted(opened) == sorted(name.encode() for name in FILES)


# What is read


def test_an_undamaged_package_is_right(octets: bytes) -> None:
    assert wrong(octets) == {}


def test_no_flipped_bit_goes_unseen(octets: bytes) -> None:
    """In headers, contents, paddings and the end: whatever flips, the audit finds damage."""
    zeros = octets.index(bytes(60_000))  # of the large file: that they are digested is shown by a few of them
    places = [at for at in range(len(octets)) if not zeros + 600 < at < zeros + 69_000]
    for at in places[:: max(1, len(places) // 2_000)]:
        spoilt = bytearray(octets)
        spoilt[at] ^= 1 << at % 8
        outcomes = set(wrong(bytes(spoilt)).values())
        assert outcomes, f"octet {at}"
        assert outcomes <= {"altered", "missing", "extra"}, (at, outcomes)


@pytest.mark.parametrize("cut", [1, BLOCK, 2 * BLOCK, 3 * BLOCK, 10_000, 60_000])
def test_an_object_that_is_cut_is_damaged(octets: bytes, cut: int) -> None:
    assert wrong(octets[:-cut])


def test_an_empty_object_lacks_every_file() -> None:
    assert {path: outcome for path, outcome in wrong(b"").items() if path in PROMISE.files} == {
        path: "missing" for path in PROMISE.files
    }


def member(name: bytes, data: bytes) -> bytes:
    return header(name, size=len(data), mtime_ns=0) + data + padding(len(data))


@pytest.mark.parametrize(
    "slipped_in",
    [
        member(ROOT + b"/data/more.txt", b"more"),
        member(b"other/data/more.txt", b"more"),
        member(b"/etc/passwd", b"more"),
        member(ROOT + b"/../x", b"more"),
        bytes(BLOCK),
        bytes(2 * BLOCK),
        b"\xff" * BLOCK,
    ],
)
def test_what_does_not_belong_is_extra(octets: bytes, slipped_in: bytes) -> None:
    for spoilt in (octets[: -len(END)] + slipped_in + END, octets + slipped_in, slipped_in + octets):
        assert "extra" in wrong(spoilt).values()
        assert not set(wrong(spoilt)) & set(PROMISE.files)


def test_a_name_that_stands_there_twice_is_never_right(octets: bytes) -> None:
    again = member(ROOT + b"/bagit.txt", FILES["bagit.txt"])
    assert wrong(octets[: -len(END)] + again + END)[b"bagit.txt"] == "altered"


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE])
def test_what_is_no_file_is_not_opened(octets: bytes, kind: bytes) -> None:
    odd = tarfile.TarInfo("abcdef/odd")
    odd.type, odd.linkname = kind, "/etc/passwd"
    reader = reader_of(octets[: -len(END)] + odd.tobuf(tarfile.PAX_FORMAT) + END)
    (found,) = [entry for entry in reader.entries() if entry.path == b"odd"]
    assert found.kind is not EntryKind.FILE
    assert "extra" in wrong(octets[: -len(END)] + odd.tobuf(tarfile.PAX_FORMAT) + END).values()
    with contextlib.suppress(OSError), reader.open(b"odd") as stream:
        assert stream.read() == b""


def test_what_lies_behind_a_damaged_header_can_still_be_read(octets: bytes) -> None:
    second_header = octets.index(b"abcdef/data/METS.xml")
    spoilt = bytearray(octets)
    spoilt[second_header : second_header + BLOCK] = b"\xff" * BLOCK
    found = wrong(bytes(spoilt))
    assert found.pop(b"data/METS.xml") == "missing"
    assert list(found.values()) == ["extra"]


def test_what_was_packed_by_another_program_is_read_and_is_not_taken_for_ours(tmp_path: Path) -> None:
    write(tmp_path / "abcdef", FILES)
    subprocess.run(["tar", "-cf", "k.tar", "abcdef"], cwd=tmp_path, check=True)
    octets = (tmp_path / "k.tar").read_bytes()
    assert set(wrong(octets)) >= {b"bagit.txt"}
    with reader_of(octets).open(b"bagit.txt") as stream:
        assert stream.read() == b"tag"


def test_records_that_make_no_sense_are_damage_and_no_error(octets: bytes) -> None:
    for records in (
        b"",
        b"9 size=x\n",
        b"99 path=a\n",
        b"13 size=-1234\n",
        b"12 path=\n",
        b"\xff" * 30,
        b"11 mtime=x\n",
    ):
        pax = header(b"x" * 101, size=1, mtime_ns=0)
        begin = pax[:124] + b"%011o\0" % len(records) + pax[136:148] + b"        " + pax[156:BLOCK]
        block = begin[:148] + b"%06o\0 " % sum(begin) + begin[156:]
        slipped_in = block + records + padding(len(records)) + pax[-BLOCK:] + b"1" + padding(1)
        assert wrong(octets[: -len(END)] + slipped_in + END), records


# At a location


def test_a_tar_location_is_never_taken_for_plain_folders(tmp_path: Path) -> None:
    made: dict[str, Callable[[], object]] = {}
    for form, other in (("tar", "directory"), ("directory", "tar")):
        location = open_location("second", form=form, folder=tmp_path / form, archive="a")
        location.prepare()
        found = identify(tmp_path / form)
        assert found is not None and found.form == form
        stranger = open_location("second", form=other, folder=tmp_path / form, archive="a")
        assert stranger.offline() is not None
        made[form] = stranger.prepare
    for prepare in made.values():
        with pytest.raises(StorageError, match="already belongs"):
            prepare()


def test_what_stands_among_packages_and_is_none_is_told(tmp_path: Path) -> None:
    second = open_location("second", form="tar", folder=tmp_path / "second", archive="a")
    second.prepare()
    (tmp_path / "second/ab/folder.tar").mkdir(parents=True)
    (tmp_path / "second/ab/link.tar").symlink_to("/etc/passwd")
    (tmp_path / "second/ab/plain").mkdir()
    (tmp_path / "second/ab/note.txt").write_bytes(b"x")
    assert list(second.package_keys()) == ["ab/folder", "ab/link"]
    assert [second.holds(key) for key in second.package_keys()] == [False, False]
    assert all(second.occupied(key) for key in second.package_keys())
    assert [found.key for found in second.inventory() if found.standing is Standing.STRANGER] == [
        "ab/note.txt",
        "ab/plain",
    ]
    with pytest.raises(OSError, match="not a regular file"):
        list(second.reader("ab/link").entries())


def test_entries_are_the_same_as_those_of_the_folder(tmp_path: Path, octets: bytes) -> None:
    def by_path(entry: Entry) -> bytes:
        return entry.path

    theirs = sorted(DirectoryReader(tmp_path / "source").entries(), key=by_path)
    ours = [Entry(entry.path, entry.kind, entry.size) for entry in reader_of(octets).entries()]
    assert ours == theirs
