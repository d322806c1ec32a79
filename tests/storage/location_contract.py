"""What every ``Location`` must do. A new one passes it with a file that subclasses ``LocationContract``."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import pytest
from backend_contract import Killed
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive import durable
from archive.errors import StorageError
from archive.model.digests import sha256_hex
from archive.model.entries import EntryKind
from archive.storage.folders import DirectoryReader
from archive.storage.location import Identity, Location, PackageReader, Standing

KEY = "ab/abcdef"
LONG = "д" * 60 + "/" + "n" * 120
FILES = {
    "bagit.txt": b"tag",
    "data/METS.xml": b"<mets/>",
    "data/representations/original/data/one.txt": b"one",
    "data/representations/original/data/deep/two.bin": b"\0" * 70_000,
    "data/representations/original/data/empty": b"",
    f"data/representations/original/data/{LONG}": b"long",
}
ONE = b"data/representations/original/data/one.txt"
MTIME = 1_234_567_890_123_456_789
Make = Callable[..., Location]

SHARED = [HealthCheck.function_scoped_fixture, HealthCheck.differing_executors]
"""The point of a contract is to run on several classes."""
PROPERTY = settings(deadline=None, max_examples=30, suppress_health_check=SHARED)
PARTS = st.text("abч .+=~-", min_size=1, max_size=40).filter(lambda part: part.strip(".") != "")
NAMES = st.lists(PARTS, min_size=1, max_size=4).map("/".join)
TREES = st.dictionaries(
    NAMES, st.tuples(st.binary(max_size=1500), st.integers(0, 2**61)), min_size=1, max_size=8
).filter(lambda tree: not any(other.startswith(f"{name}/") for name in tree for other in tree))


def content(reader: PackageReader) -> dict[str, bytes]:
    found = {}
    for entry in reader.entries():
        if entry.kind is EntryKind.FILE:
            with reader.open(entry.path) as stream:
                found[os.fsdecode(entry.path)] = b"".join(iter(lambda: stream.read(1 << 16), b""))
            assert len(found[os.fsdecode(entry.path)]) == entry.size == reader.size(entry.path)
        else:
            assert entry.kind is EntryKind.FOLDER, entry
    return found


def right(reader: PackageReader) -> None:
    if content(reader) != FILES:
        raise StorageError("not what was sealed")


def believe(reader: PackageReader) -> None:
    """A check that finds everything right."""


def unfinished(location: Location) -> list[str]:
    return [found.key for found in location.inventory() if found.standing is Standing.UNFINISHED]


def strangers(location: Location) -> list[str]:
    return [found.key for found in location.inventory() if found.standing is Standing.STRANGER]


def write(root: Path, files: dict[str, bytes], *, mtime_ns: int = MTIME) -> DirectoryReader:
    for name, data in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        os.utime(path, ns=(1, mtime_ns))
    return DirectoryReader(root)


class LocationContract:
    """Subclasses give the fixture ``make``: ``make(name="second", archive="archive-1", place="a")``.

    The same ``place`` is the same medium, whoever asks for it; nothing is prepared there.
    """

    @pytest.fixture
    def source(self, tmp_path: Path) -> DirectoryReader:
        return write(tmp_path / "source", FILES)

    @pytest.fixture
    def second(self, make: Make) -> Location:
        location = make()
        location.prepare()
        return location

    # What is stored

    def test_a_copy_is_the_same_bytes_and_times_in_its_place(self, second: Location, source: DirectoryReader) -> None:
        second.copy_in(source, KEY, check=right)
        reader = second.reader(KEY)
        assert content(reader) == FILES
        assert reader.modified(ONE) == MTIME
        assert second.holds(KEY) and second.occupied(KEY)
        assert list(second.package_keys()) == [KEY]
        assert unfinished(second) == strangers(second) == []
        assert second.where() in second.where(KEY) and KEY in second.where(KEY)

    def test_a_reader_names_folders_before_what_they_hold_in_one_order(
        self, second: Location, source: DirectoryReader
    ) -> None:
        second.copy_in(source, KEY, check=right)
        paths = [entry.path for entry in second.reader(KEY).entries()]
        assert paths == [entry.path for entry in second.reader(KEY).entries()]
        for path in paths:
            folder = path.rpartition(b"/")[0]
            assert not folder or paths.index(folder) < paths.index(path)
        assert len(paths) == len(set(paths)) == len(list(source.entries()))

    @PROPERTY
    @given(tree=TREES)
    def test_any_tree_comes_back_as_it_was(
        self, second: Location, tmp_path: Path, tree: dict[str, tuple[bytes, int]]
    ) -> None:
        root = tmp_path / os.urandom(8).hex()
        root.mkdir()
        for name, (data, mtime_ns) in tree.items():
            write(root, {name: data}, mtime_ns=mtime_ns)
        source = DirectoryReader(root)
        times = {entry.path: source.modified(entry.path) for entry in source.entries() if entry.kind is EntryKind.FILE}
        second.remove(KEY, incidents=())
        second.copy_in(source, KEY, check=believe)
        reader = second.reader(KEY)
        assert content(reader) == {name: data for name, (data, _) in tree.items()}
        assert {path: reader.modified(path) for path in times} == times

    def test_a_folder_that_is_taken_in_is_gone_and_its_package_stands(
        self, second: Location, source: DirectoryReader
    ) -> None:
        second.take_in(source.root, KEY, check=right)
        assert content(second.reader(KEY)) == FILES
        assert not source.root.exists()
        assert unfinished(second) == []

    def test_one_location_copies_to_and_mends_another(self, make: Make, source: DirectoryReader) -> None:
        one, two = make(place="a"), make(place="b")
        for location in (one, two):
            location.prepare()
        one.copy_in(source, KEY, check=right)
        two.copy_in(one.reader(KEY), KEY, check=right)
        assert content(two.reader(KEY)) == FILES
        assert two.reader(KEY).modified(ONE) == MTIME

    def test_what_is_not_there_is_told(self, second: Location) -> None:
        assert not second.holds(KEY) and not second.occupied(KEY)
        assert list(second.package_keys()) == []
        reader = second.reader(KEY)
        for use in (lambda: list(reader.entries()), lambda: reader.open(ONE), lambda: reader.size(ONE)):
            with pytest.raises(OSError):
                use()
        for use in (lambda: reader.modified(ONE), lambda: reader.local(ONE)):
            with pytest.raises(OSError):
                use()

    @pytest.mark.parametrize("path", [b"/etc/passwd", b"../x", b"data/../../x"])
    def test_a_path_out_of_the_package_is_a_programmers_error(
        self, second: Location, source: DirectoryReader, path: bytes
    ) -> None:
        second.copy_in(source, KEY, check=right)
        with pytest.raises(ValueError, match="outside"):
            second.reader(KEY).open(path)

    def test_a_local_path_is_the_file_itself_or_none(self, second: Location, source: DirectoryReader) -> None:
        second.copy_in(source, KEY, check=right)
        local = second.reader(KEY).local(ONE)
        assert local is None or local.read_bytes() == FILES[ONE.decode()]
        assert second.folder is None or Path(second.where(KEY)).is_relative_to(second.folder)

    # What is refused

    def test_a_copy_that_does_not_read_back_right_is_never_visible(
        self, second: Location, source: DirectoryReader
    ) -> None:
        (source.root / os.fsdecode(ONE)).write_bytes(b"bad")
        with pytest.raises(StorageError, match="not what was sealed"):
            second.copy_in(source, KEY, check=right)
        assert not second.occupied(KEY)
        assert unfinished(second) == []

    def test_a_copy_never_replaces_what_stands_there(self, second: Location, source: DirectoryReader) -> None:
        second.copy_in(source, KEY, check=right)
        (source.root / os.fsdecode(ONE)).write_bytes(b"new")
        with pytest.raises(StorageError):
            second.copy_in(source, KEY, check=believe)
        assert content(second.reader(KEY)) == FILES
        assert unfinished(second) == []

    def test_a_source_that_cannot_be_read_is_named_and_not_the_place_copied_to(
        self, second: Location, source: DirectoryReader
    ) -> None:
        def broken(path: Path) -> BinaryIO:
            raise OSError(errno.EIO, os.strerror(errno.EIO))

        with pytest.raises(StorageError) as told:
            second.copy_in(DirectoryReader(source.root, opener=broken), KEY, check=right)
        assert str(source.root) in told.value.what and "second" not in told.value.what
        assert not second.occupied(KEY) and unfinished(second) == []

    def test_a_link_in_a_source_is_no_part_of_a_package(self, second: Location, source: DirectoryReader) -> None:
        (source.root / "data" / "link").symlink_to("/etc/passwd")
        with pytest.raises(StorageError, match="is no file"):
            second.copy_in(source, KEY, check=believe)
        assert not second.occupied(KEY)

    # Damage

    def test_an_exchange_keeps_what_stood_there(self, second: Location, source: DirectoryReader) -> None:
        second.copy_in(source, KEY, check=right)
        first = second.exchange(source, KEY, check=right, incident="i")
        again = second.exchange(source, KEY, check=right, incident="i")
        assert first is not None and again is not None and first != again
        assert first.startswith("set-aside/i/") and again.startswith("set-aside/i/")
        assert content(second.reader(KEY)) == FILES
        assert list(second.package_keys()) == [KEY] and strangers(second) == []

    def test_an_exchange_where_nothing_stands_sets_nothing_aside(
        self, second: Location, source: DirectoryReader
    ) -> None:
        assert second.exchange(source, KEY, check=right, incident="i") is None
        assert content(second.reader(KEY)) == FILES

    def test_an_exchange_without_a_right_copy_moves_nothing(self, second: Location, source: DirectoryReader) -> None:
        second.copy_in(source, KEY, check=right)
        (source.root / os.fsdecode(ONE)).write_bytes(b"bad")
        with pytest.raises(StorageError):
            second.exchange(source, KEY, check=right, incident="i")
        assert content(second.reader(KEY)) == FILES
        assert second.set_aside("ab/other", None, incident="i") is None

    def test_setting_aside_a_package_says_where_also_to_the_one_that_asks_again(
        self, second: Location, source: DirectoryReader
    ) -> None:
        second.copy_in(source, KEY, check=right)
        kept = second.set_aside(KEY, None, incident="i")
        assert kept is not None and not second.occupied(KEY)
        assert second.set_aside(KEY, None, incident="i") == kept
        assert second.set_aside(KEY, None, incident="another") is None

    def test_one_file_is_exchanged_or_that_is_said_never_to_be(self, second: Location, source: DirectoryReader) -> None:
        second.copy_in(source, KEY, check=right)
        sha256 = sha256_hex(FILES[ONE.decode()])
        if not second.repairs_files:
            with pytest.raises(ValueError):
                second.exchange_file(source, KEY, ONE, sha256=sha256, incident="i")
            with pytest.raises(ValueError):
                second.set_aside(KEY, ONE, incident="i")
            assert content(second.reader(KEY)) == FILES
            return
        with pytest.raises(StorageError, match="did not arrive"):
            second.exchange_file(source, KEY, ONE, sha256="0" * 64, incident="i")
        kept = second.set_aside(KEY, ONE, incident="i")
        assert kept is not None and ONE.decode() not in content(second.reader(KEY))
        assert second.exchange_file(source, KEY, ONE, sha256=sha256, incident="i") == kept
        assert content(second.reader(KEY)) == FILES
        assert second.exchange_file(source, KEY, ONE, sha256=sha256, incident="j") not in (None, kept)

    def test_what_is_removed_is_gone_with_what_was_set_aside(self, second: Location, source: DirectoryReader) -> None:
        second.copy_in(source, KEY, check=right)
        second.exchange(source, KEY, check=right, incident="i")
        second.exchange(source, KEY, check=right, incident="other")
        for _ in range(2):  # the same call again, as after a kill
            second.remove(KEY, incidents=["i"])
            assert not second.occupied(KEY)
            assert second.set_aside(KEY, None, incident="i") is None
            assert second.set_aside(KEY, None, incident="other") is not None
        assert list(second.package_keys()) == [] and unfinished(second) == []

    # Whose it is

    def test_a_location_knows_itself_and_refuses_to_be_two(self, make: Make, second: Location) -> None:
        second.prepare()
        assert second.offline() is None and second.foreign() is None
        assert second.identity() == Identity("second", "archive-1", second.form)
        for other in (make(name="third"), make(archive="archive-2")):
            assert other.offline() is not None
            assert other.identity() == Identity("second", "archive-1", second.form)
            for use in (other.prepare, other.require_free):
                with pytest.raises(StorageError, match="already belongs to"):
                    use()
        assert make(place="b").identity() is None

    def test_a_place_without_a_marker_is_offline_and_its_things_are_foreign(self, make: Make) -> None:
        other = make(place="b")
        other.backend.prepare()
        assert other.offline() is not None and other.foreign() is None
        other.backend.put("somebody/elses", b"x")
        assert other.foreign() == "somebody"
        other.require_free()

    @pytest.mark.parametrize("marker", [b"", b"[]", b"{}", b'{"archive": 1}', b"\xff"])
    def test_a_marker_that_is_not_ours_means_offline(self, second: Location, marker: bytes) -> None:
        second.backend.delete("location.json")
        second.backend.put("location.json", marker)
        assert second.offline() is not None
        assert second.identity() is None
        assert second.backend.read("location.json") == marker

    def test_the_inventory_tells_strangers_the_log_and_what_was_broken_off(
        self, second: Location, source: DirectoryReader
    ) -> None:
        second.copy_in(source, KEY, check=right)
        for key in ("custody/leaves/x", "signatures/s/f", "set-aside/i/x", "stranger.txt", ".hidden", ".incoming/half"):
            second.backend.put(key, b"x")
        found = {(one.key, one.standing) for one in second.inventory()}
        assert found == {
            ("custody/leaves/x", Standing.LOG),
            ("stranger.txt", Standing.STRANGER),
            (".hidden", Standing.STRANGER),
            (".incoming", Standing.UNFINISHED),
        }
        second.clear_incoming()
        assert unfinished(second) == []
        assert list(second.package_keys()) == [KEY]

    # Failure

    @pytest.mark.parametrize("work", ["copy_in", "exchange", "remove"])
    @pytest.mark.parametrize("failure", [Killed(), OSError(errno.EIO, "EIO"), OSError(errno.ENOSPC, "ENOSPC")])
    def test_a_failure_at_any_durable_step_leaves_the_right_package_or_none(
        self,
        make: Make,
        source: DirectoryReader,
        monkeypatch: pytest.MonkeyPatch,
        failure: BaseException,
        work: str,
    ) -> None:
        number, finished = 0, False
        while not finished:
            second = make(place=f"place-{number}")
            number += 1
            second.prepare()
            if work != "copy_in":
                second.copy_in(source, KEY, check=right)
            todo = {
                "copy_in": lambda second=second: second.copy_in(source, KEY, check=right),
                "exchange": lambda second=second: second.exchange(source, KEY, check=right, incident="i"),
                "remove": lambda second=second: second.remove(KEY, incidents=["i"]),
            }[work]
            steps: list[str] = []

            def promise(what: str, steps: list[str] = steps, number: int = number) -> None:
                steps.append(what)
                if len(steps) == number:
                    raise failure

            with monkeypatch.context() as patch:
                patch.setattr(durable, "promise", promise)
                try:
                    todo()
                    finished = True
                except Killed:
                    pass
                except StorageError as told:
                    assert told.transient and "'second'" in told.what
                    if work == "copy_in" and not second.occupied(KEY):
                        assert unfinished(second) == []
            if second.occupied(KEY):
                assert content(second.reader(KEY)) == FILES
            second.clear_incoming()
            if not finished and not (work == "copy_in" and second.occupied(KEY)):
                todo()
            assert second.occupied(KEY) is (work != "remove")
            assert unfinished(second) == []
        print(f"{number - 1} durable steps of {work} failed with {failure!r}")

    def test_a_reader_of_what_is_being_removed_fails_and_does_not_lie(
        self, second: Location, source: DirectoryReader
    ) -> None:
        second.copy_in(source, KEY, check=right)
        reader = second.reader(KEY)
        second.remove(KEY, incidents=())
        with suppress(OSError), reader.open(ONE) as stream:
            assert stream.read() in (b"", b"one")
