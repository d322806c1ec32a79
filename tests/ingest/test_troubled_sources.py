"""A delivery that cannot be read as it should: nothing is lost, nothing made for nothing, and the command goes on."""

from __future__ import annotations

import errno
import os
import shutil
from io import RawIOBase
from pathlib import Path

import pytest
from ingest_support import Answer, Failing, Place, add_up, snapshot, with_opener, write

from archive import durable
from archive.storage.descent import Descent, open_unlinked
from archive.storage.reading import open_quietly

MIB = 1 << 20


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path / "delivery", {"a.txt": b"a" * 10, "b/bad.txt": b"b" * 3 * MIB, "c.txt": b"c"})


def file_ids(place: Place, name: str) -> list[str]:
    return [file["id"] for file in place("find", name, "--json").json["files"]]


def assert_waits_for(answer: Answer, name: str) -> None:
    assert answer.code == 3
    assert answer.json["state"] == "open"
    assert answer.json["accession_package"] is None
    assert answer.json["pending"] == 1
    assert answer.subjects("unreadable") == [name]
    assert add_up(answer)


@pytest.mark.parametrize("after", [None, 0, 1, 2 * MIB])
@pytest.mark.parametrize("number", [errno.EACCES, errno.EIO])
def test_a_file_that_cannot_be_read_waits_and_keeps_its_identifier(
    place: Place, folder: Path, monkeypatch: pytest.MonkeyPatch, number: int, after: int | None
) -> None:
    before = snapshot(folder)
    with monkeypatch.context() as broken:
        with_opener(broken, Failing(number, b"bad.txt", after=after))
        first = place.ingest(folder)
        assert_waits_for(first, "b/bad.txt")
        assert os.strerror(number) in first.found("unreadable")[0]["message"]
        assert first.json["received"] == 3
        assert len(first.json["aips"]) == 1
        assert {file.name for file in place.evidence(first)} == {b"a.txt", b"c.txt"}
        assert not [path for path in place.bag(first.json["aips"][0]).rglob("*") if path.is_dir() and path.name == "b"]
        identifiers, log = file_ids(place, "bad.txt"), place.log_size()
        assert len(identifiers) == 1

        again = place.ingest(folder)  # still broken: said again, recorded once
        assert again.json == first.json
        assert again.code == 3
        assert place.log_size() == log

    done = place.ingest(folder)
    assert done.code == 0
    assert done.json["accession"] == first.json["accession"]
    assert (done.json["state"], done.json["pending"], done.json["received"]) == ("closed", 0, 3)
    assert done.json["findings"] == []
    assert len(done.json["aips"]) == 2
    assert sorted(file.name for file in place.evidence(done)) == [b"a.txt", b"b/bad.txt", b"c.txt"]
    assert file_ids(place, "bad.txt") == identifiers
    assert [file.id for file in place.evidence(done) if file.name == b"b/bad.txt"] == identifiers
    assert place.staging() == []
    assert place.ingest(folder).json == done.json
    assert snapshot(folder) == before


def test_where_nothing_can_be_read_no_package_is_made(
    place: Place, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        with_opener(broken, Failing(errno.EIO, b".txt"))
        first = place.ingest(folder)
        assert first.code == 3
        assert (first.json["received"], first.json["pending"], first.json["aips"]) == (3, 3, [])
        assert len(first.found("unreadable")) == 3
        assert place.packages() == []
        assert not list((place.home / "store").glob("??"))
    done = place.ingest(folder)
    assert (done.code, done.json["accepted"], len(done.json["aips"])) == (0, 3, 1)


def test_what_has_become_readable_is_not_told_as_unreadable_while_another_file_waits(
    place: Place, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        with_opener(broken, Failing(errno.EIO, b"bad.txt", b"c.txt"))
        assert set(place.ingest(folder).subjects("unreadable")) == {"b/bad.txt", "c.txt"}
    with monkeypatch.context() as broken:
        with_opener(broken, Failing(errno.EIO, b"c.txt"))
        assert_waits_for(place.ingest(folder), "c.txt")
    assert place.ingest(folder).json["findings"] == []


@pytest.mark.parametrize("staging", ["kept", "lost"])
def test_a_waiting_file_keeps_its_identifier_when_the_delivery_is_listed_anew(
    place: Place, folder: Path, monkeypatch: pytest.MonkeyPatch, staging: str
) -> None:
    with monkeypatch.context() as broken:
        with_opener(broken, Failing(errno.EIO, b"bad.txt"))
        first = place.ingest(folder)
    identifiers = file_ids(place, "bad.txt")
    more: tuple[str, ...] = ()
    if staging == "lost":
        shutil.rmtree(place.home / "staging" / first.json["accession"])
    else:
        (folder / "new.txt").write_bytes(b"new")
        assert place.ingest(folder).code == 2
        more = ("--accession", first.json["accession"])
    done = place.ingest(folder, *more)
    assert (done.code, done.json["state"], done.json["pending"]) == (0, "closed", 0)
    assert done.json["received"] == 3 + len(more) // 2
    assert file_ids(place, "bad.txt") == identifiers
    assert add_up(done)


def test_a_file_that_grows_while_it_is_read_is_kept_as_read_and_needs_a_person(
    place: Place, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def growing(path: bytes) -> RawIOBase:
        file = open_quietly(path)
        if path.endswith(b"bad.txt"):
            with open(path, "ab") as more:
                more.write(b"grown")
        return file

    with monkeypatch.context() as changing:
        with_opener(changing, growing)
        first = place.ingest(folder)
    assert first.code == 3
    assert first.subjects("changed-while-received") == ["b/bad.txt"]
    assert (first.json["state"], first.json["accepted"]) == ("closed", 3)
    (kept,) = [file for file in place.evidence(first) if file.name == b"b/bad.txt"]
    assert kept.data == (folder / "b" / "bad.txt").read_bytes()
    assert place.ingest(folder).code == 2  # it has changed since it was listed


def test_a_file_rewritten_in_place_while_it_is_read_needs_a_person_though_its_size_stayed(
    place: Place, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def rewriting(path: bytes) -> RawIOBase:
        file = open_quietly(path)
        if path.endswith(b"bad.txt"):
            os.utime(path, ns=(1, 1))
        return file

    with monkeypatch.context() as changing:
        with_opener(changing, rewriting)
        first = place.ingest(folder)
    assert (first.code, first.subjects("changed-while-received")) == (3, ["b/bad.txt"])
    (kept,) = [file for file in place.evidence(first) if file.name == b"b/bad.txt"]
    assert kept.modified == "1970-01-01T00:00:00.000000001Z"


@pytest.mark.parametrize("instead", ["fifo", "link", "folder", "nothing"])
def test_a_file_that_is_something_else_by_the_time_it_is_read_waits(
    place: Place, folder: Path, monkeypatch: pytest.MonkeyPatch, instead: str
) -> None:
    def swapping(path: bytes) -> RawIOBase:
        if path.endswith(b"bad.txt"):
            os.rename(path, path + b".away")
            if instead == "fifo":
                os.mkfifo(path)
            elif instead == "link":
                os.symlink(path + b".away", path)
            elif instead == "folder":
                os.mkdir(path)
        return open_quietly(path)

    with monkeypatch.context() as changing:
        with_opener(changing, swapping)
        first = place.ingest(folder)
    assert_waits_for(first, "b/bad.txt")
    bad = folder / "b" / "bad.txt"
    identifiers = file_ids(place, "bad.txt")
    if instead == "folder":
        bad.rmdir()
    elif instead != "nothing":
        bad.unlink()
    os.rename(os.fsencode(bad) + b".away", bad)
    done = place.ingest(folder)
    assert (done.code, done.json["state"], done.json["accepted"]) == (0, "closed", 3)
    assert file_ids(place, "bad.txt") == identifiers


@pytest.mark.parametrize("swapped", ["unreadable folder", "unreadable entry"])
def test_what_cannot_be_looked_at_keeps_the_accession_open_until_the_same_command_can(
    place: Place, folder: Path, monkeypatch: pytest.MonkeyPatch, swapped: str
) -> None:
    denied = PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    names, status = Descent.names, Descent.status

    def no_listing(descent: Descent, below: bytes) -> list[bytes]:
        if below == b"b/":
            raise denied
        return names(descent, below)

    def no_look(descent: Descent, below: bytes, name: bytes) -> os.stat_result:
        if (below, name) == (b"", b"b"):
            raise denied
        return status(descent, below, name)

    with monkeypatch.context() as broken:
        if swapped == "unreadable folder":
            broken.setattr(Descent, "names", no_listing)
        else:
            broken.setattr(Descent, "status", no_look)
        first = place.ingest(folder)
        assert first.code == 3
        assert (first.json["state"], first.json["received"], first.json["pending"]) == ("open", 2, 0)
        assert first.subjects(swapped.replace(" ", "-")) == ["b"]
        assert first.json["accession_package"] is None
        log = place.log_size()
        assert place.ingest(folder).json == first.json
        assert place.log_size() == log
    done = place.ingest(folder)
    assert done.code == 0, done.err
    assert done.json["accession"] == first.json["accession"]
    assert (done.json["state"], done.json["received"], done.json["accepted"]) == ("closed", 3, 3)
    assert done.json["findings"] == []
    assert sorted(file.name for file in place.evidence(done)) == [b"a.txt", b"b/bad.txt", b"c.txt"]


STEPS = ["sync file", "replace journal.jsonl", "sync filesystem", ".sealed", "publish", ".done"]


@pytest.mark.parametrize("step", STEPS)
def test_a_disk_of_ours_that_is_full_is_said_and_the_same_command_goes_on(
    place: Place, folder: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    reached: list[str] = []

    def full(what: str) -> None:
        if step in what and not reached:
            reached.append(what)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    before = snapshot(folder)
    with monkeypatch.context() as broken:
        broken.setattr(durable, "promise", full)
        answer = place.ingest(folder)
    assert reached
    assert answer.code == 1
    assert os.strerror(errno.ENOSPC) in answer.err
    assert "give the same command again" in answer.err
    done = place.ingest(folder)
    assert (done.code, done.json["state"], done.json["received"], done.json["accepted"]) == (0, "closed", 3, 3)
    assert len(done.json["aips"]) == 1
    assert len(place.packages()) == 2
    assert (place.staging(), snapshot(folder)) == ([], before)


def test_a_folder_without_files_is_received_as_nothing(place: Place, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    (empty / "only" / "folders").mkdir(parents=True)
    (empty / "link").symlink_to("only")
    log = place.log_size()
    for _ in range(2):
        answer = place.ingest(empty)
        assert answer.code == 1
        assert "holds no files" in answer.err
    assert (place.log_size(), place.packages(), place.staging()) == (log, [], [])


def test_a_folder_above_a_file_that_became_a_link_leads_nowhere(
    place: Place, folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write(tmp_path / "outside", {"bad.txt": b"s" * 3 * MIB})  # as long as the one that was listed
    os.utime(tmp_path / "outside" / "bad.txt", ns=(0, (folder / "b" / "bad.txt").stat().st_mtime_ns))

    def swapping(path: bytes) -> RawIOBase:
        if path.endswith(b"bad.txt"):
            (folder / "b").rename(folder / "b.away")
            (folder / "b").symlink_to(tmp_path / "outside")
        return open_unlinked(path)

    with monkeypatch.context() as changing:
        with_opener(changing, swapping)
        first = place.ingest(folder)
    assert_waits_for(first, "b/bad.txt")
    assert not [file for file in place.evidence(first) if file.data.startswith(b"sss")]
    (folder / "b").unlink()
    (folder / "b.away").rename(folder / "b")
    assert place.ingest(folder).json["accepted"] == 3


@pytest.mark.parametrize("given", ["second", "second/custody", "archive/.."])
def test_a_location_of_ours_and_what_holds_one_cannot_be_delivered(place: Place, tmp_path: Path, given: str) -> None:
    (tmp_path / "second" / "custody").mkdir(exist_ok=True)
    log = place.log_size()
    for more in ((), ("--dry-run",)):
        answer = place.ingest(tmp_path / given, *more)
        assert answer.code == 2
        assert "lie in one another" in answer.err
    assert place.log_size() == log


def test_a_delivered_folder_and_a_table_whose_own_names_are_not_utf_8_are_taken_in(
    place: Place, tmp_path: Path
) -> None:
    folder = write(tmp_path / os.fsdecode(b"delivery \xff"), {"a": b"a"})
    table = tmp_path / os.fsdecode(b"table \xff.csv")
    table.write_text("path\na\n")
    answer = place.ingest(folder, "--metadata", table)
    assert (answer.code, answer.json["findings"]) == (0, [])
    papers = place.bag(answer.json["accession_package"]) / "data/documentation/submission"
    assert [path.name for path in papers.iterdir()] == ["table =FF.csv"]


@pytest.mark.parametrize("given", ["not there", "x" * 300, "a file", "archive", "archive/store", "."])
def test_what_cannot_be_delivered_is_refused(place: Place, tmp_path: Path, given: str) -> None:
    (tmp_path / "a file").write_bytes(b"")
    log = place.log_size()
    answer = place.ingest(tmp_path / given)
    assert answer.code == 2
    assert answer.err.startswith("archive: ")
    assert "Traceback" not in answer.err
    assert (place.log_size(), place.staging()) == (log, [])


@pytest.mark.parametrize("code", ["", "a b", "../x", "-rf", "a" * 65, "a\nb"])
def test_a_producers_code_is_a_word(place: Place, folder: Path, code: str) -> None:
    answer = place.ingest(folder, producer=code)
    assert answer.code == 2
    assert place.packages() == []


def test_an_accession_that_is_not_there_or_of_another_producer_is_refused(place: Place, folder: Path) -> None:
    first = place.ingest(folder)
    log = place.log_size()
    assert place.ingest(folder, "--accession", "00000000-0000-4000-8000-000000000000").code == 2
    assert place.ingest(folder, "--accession", first.json["accession"], producer="other").code == 2
    assert (place.log_size(), place.staging()) == (log, [])


def test_a_far_future_time_is_kept(place: Place, tmp_path: Path) -> None:
    folder = write(tmp_path / "clock", {"camera with a wrong clock.jpg": b"x"})
    path = folder / "camera with a wrong clock.jpg"
    os.utime(path, ns=(0, 12_000_000_000 * 10**9 + 1))  # the year 2350, which ext4 can hold
    answer = place.ingest(folder)
    assert answer.code == 0, answer.err
    (file,) = place.evidence(answer)
    assert file.modified == "2350-04-07T21:20:00.000000001Z"
    assert place.ingest(folder).json == answer.json
