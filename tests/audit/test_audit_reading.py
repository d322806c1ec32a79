"""Disks that answer wrongly, not at all, or only the second time; lists that nobody can vouch for."""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import pytest
from audit_support import (
    LOCATIONS,
    PAYLOAD,
    TAG_FILES,
    Sample,
    archive,
    flip,
    relist,
    same_counts,
    tree,
    write_delivery,
)

from archive.assembly import parts
from archive.storage.descent import Descent
from archive.storage.directory import DirectoryLocation
from archive.storage.reading import open_from_medium

PHOTO = f"{PAYLOAD}/photo-0.txt"
Fault = Callable[[Path, int], BinaryIO | None]


@pytest.fixture
def inject(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Fault], list[Path]]]:
    """Put a fault before every reading of every location; it is told the path and which reading of it this is."""

    def install(fault: Fault) -> list[Path]:
        readings: list[Path] = []

        def opener(path: Path) -> BinaryIO:
            readings.append(path)
            return fault(path, readings.count(path)) or open_from_medium(path)

        def location(name: str, *, form: str, folder: Path, archive: str) -> DirectoryLocation:
            assert form == "directory"
            return DirectoryLocation(name, folder, archive, opener=opener)

        monkeypatch.setattr(parts, "open_location", location)
        return readings

    yield install


def failing(number: int) -> BinaryIO:
    class Failing(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            raise OSError(number, os.strerror(number))

    return Failing()  # type: ignore[return-value]


def test_a_first_reading_that_is_wrong_and_a_second_that_is_right_is_ok_with_a_note(
    sample: Sample, inject: Callable[[Fault], list[Path]]
) -> None:
    bad = sample.bag("second") / PHOTO
    readings = inject(lambda path, n: io.BytesIO(b"garbage") if path == bad and n == 1 else None)
    code, report = sample.audit()
    assert code == 0
    assert same_counts(report, ok=report["files"])
    assert report["incidents"] == 0 and report["repaired"] == 0
    assert readings.count(bad) == 2
    (note,) = report["findings"]
    assert (
        note["code"] == "note" and "second one found the file right" in note["message"] and "photo-0" in note["message"]
    )
    (record,) = [record for record in sample.records("audit") if "photo-0" in record.reason]
    assert "first reading said altered" in record.reason


@pytest.mark.parametrize("number", [errno.EIO, errno.EACCES])
@pytest.mark.parametrize("when", ["opening", "reading"])
def test_what_cannot_be_read_is_unreadable_and_repaired(
    sample: Sample, inject: Callable[[Fault], list[Path]], number: int, when: str
) -> None:
    bad = sample.bag("third") / PHOTO
    sound = bad.read_bytes()

    def fault(path: Path, n: int) -> BinaryIO | None:
        if path != bad or n > 2:
            return None
        if when == "opening":
            raise OSError(number, os.strerror(number))
        return failing(number)

    inject(fault)
    code, report = sample.audit()
    assert code == 20
    assert same_counts(report, ok=report["files"] - 1, unreadable=1)
    assert (report["repaired"], report["incidents"]) == (1, 1)
    assert os.strerror(number) in str(report["findings"])
    assert bad.read_bytes() == sound
    assert list(sample.set_aside("third")) == [PHOTO], "the file that could not be read is kept, for whoever can"
    assert sample.audit()[0] == 0


def test_an_unreadable_file_that_is_found_right_at_the_second_reading_is_ok(
    sample: Sample, inject: Callable[[Fault], list[Path]]
) -> None:
    bad = sample.bag("third") / PHOTO
    inject(lambda path, n: failing(errno.EIO) if path == bad and n == 1 else None)
    code, report = sample.audit()
    assert (code, report["ok"]) == (0, report["files"])


def test_a_reading_that_ends_early_is_altered(sample: Sample, inject: Callable[[Fault], list[Path]]) -> None:
    bad = sample.bag("third") / PHOTO
    inject(lambda path, n: io.BytesIO(bad.read_bytes()[:7]) if path == bad and n <= 2 else None)
    code, report = sample.audit()
    assert (code, report["altered"], report["repaired"]) == (20, 1, 1)


def test_a_source_that_cannot_be_read_is_passed_over(sample: Sample, inject: Callable[[Fault], list[Path]]) -> None:
    sound = tree(sample.bag("store"))
    (sample.bag("second") / PHOTO).unlink()
    bad = sample.bag("store") / PHOTO
    inject(lambda path, n: failing(errno.EIO) if path == bad else None)
    _, report = sample.audit("--location", "second")
    assert report["repaired"] == 1
    assert tree(sample.bag("second")) == sound
    assert sample.records("repair")[0].source == "third"


def test_a_folder_that_cannot_be_listed_makes_nothing_missing(sample: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = os.fsencode(sample.bag("second") / PAYLOAD)
    real_names, real_open = Descent.names, os.open

    def names(descent: Descent, below: bytes) -> list[bytes]:
        if os.path.join(descent.root, below) == folder + b"/":
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return real_names(descent, below)

    def opening(path: object, *arguments: object, **named: object) -> int:
        if os.fsencode(path).startswith(folder):  # type: ignore[arg-type]
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return real_open(path, *arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(Descent, "names", names)
    code, report = sample.audit()
    assert (code, report["missing"], report["not_checked"], report["extra"]) == (3, 0, 1, 0), (
        "each file was opened all the same"
    )
    assert report["ok"] == report["files"] - 1
    assert "cannot be listed" in str(report["findings"])
    monkeypatch.setattr(os, "open", opening)
    code, report = sample.audit()
    assert (code, report["missing"], report["unreadable"]) == (20, 0, 7)


def test_a_disk_that_does_not_say_whether_a_package_is_there_has_lost_nothing(
    sample: Sample, monkeypatch: pytest.MonkeyPatch
) -> None:
    bag, real, files = sample.bag("third"), os.lstat, len(tree(sample.bag("store")))

    def lstat(path: object, **named: object) -> os.stat_result:
        if path == bag:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return real(path, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "lstat", lstat)
    code, report = sample.audit()
    assert (code, report["tool_error"], report["missing"], report["repaired"]) == (3, files, 0, 0)


@pytest.fixture
def alone(tmp_path: Path) -> Sample:
    """An archive whose only location is its store."""
    one = Sample(tmp_path / "alone")
    write_delivery(one.root / "delivery")
    assert archive("init", one.home).code == 0
    assert one.run("ingest", one.root / "delivery", "--producer", "viasna").code == 0
    return one


def test_one_replica_with_a_rotten_sha256_manifest_is_checked_by_the_blake3_list(alone: Sample) -> None:
    aip = alone.aip
    flip(alone.bag("store") / "manifest-sha256.txt")
    flip(alone.bag("store") / PHOTO)
    code, report = alone.audit("--aip", aip)
    assert code == 20
    assert same_counts(report, altered=2, ok=report["files"] - 2)
    assert report["repaired"] == 0 and report["frozen"] == 0
    assert (alone.bag("store") / PHOTO).is_file() and (alone.bag("store") / "manifest-sha256.txt").is_file()


def test_without_a_list_that_can_be_trusted_nothing_is_called_ok(alone: Sample) -> None:
    aip, files = alone.aip, len(tree(alone.bag("store")))
    for name in ("manifest-sha256.txt", "manifest-blake3.txt", "tagmanifest-sha256.txt"):
        flip(alone.bag("store") / name)
    code, report = alone.audit("--aip", aip)
    assert code == 20
    assert same_counts(report, altered=2, not_checked=files - 2)
    assert report["frozen"] == 0


def test_one_forged_replica_is_told_from_a_rotten_one(alone: Sample) -> None:
    (alone.bag("store") / PHOTO).write_bytes(b"forged")
    relist(alone.bag("store"), "manifest-sha256.txt", "manifest-blake3.txt", "tagmanifest-sha256.txt")
    code, report = alone.audit()
    assert (code, report["frozen"]) == (20, 1)
    assert (alone.bag("store") / PHOTO).read_bytes() == b"forged"


@pytest.mark.parametrize("old,new", [(b"  README", b" \tREADME"), (b"README.txt\n", b"README.txt\r\n")])
def test_a_lone_tagmanifest_that_rotted_into_another_spelling_of_itself_is_no_forgery(
    alone: Sample, old: bytes, new: bytes
) -> None:
    path = alone.bag("store") / "tagmanifest-sha256.txt"
    path.write_bytes(path.read_bytes().replace(old, new))
    code, report = alone.audit("--aip", alone.aip)
    assert (code, report["altered"], report["frozen"]) == (20, 1, 0)


def test_lists_are_taken_from_a_replica_that_has_them(sample: Sample) -> None:
    for name in TAG_FILES:
        (sample.bag("second") / name).unlink()
    flip(sample.bag("second") / PHOTO)
    sound = tree(sample.bag("store"))
    code, report = sample.audit("--location", "second", "--aip", sample.aip)
    assert code == 20
    assert same_counts(report, ok=len(sound) - 6, missing=5, altered=1)
    assert report["repaired"] == 6
    assert tree(sample.bag("second")) == sound


def test_lists_lost_while_the_others_are_offline_leave_the_payload_unchecked(sample: Sample) -> None:
    aip, files = sample.aip, len(tree(sample.bag("store")))
    for name in ("manifest-sha256.txt", "manifest-blake3.txt"):
        flip(sample.bag("store") / name)
    for name in ("second", "third"):
        sample.location(name).rename(sample.root / f"{name}-away")
    code, report = sample.audit("--aip", aip)
    tags = len([name for name in tree(sample.bag("store", aip)) if not name.startswith("data/")])
    assert code == 20
    assert same_counts(report, altered=2, ok=tags - 2, not_checked=files - tags, offline=2 * files)
    assert report["repaired"] == 0
    for name in ("second", "third"):
        (sample.root / f"{name}-away").rename(sample.location(name))
    assert sample.audit()[1]["repaired"] == 2
    assert sample.audit()[0] == 0
    assert all(state == "ok" for state in sample.states().values()) and len(LOCATIONS) == 3
