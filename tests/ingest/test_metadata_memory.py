"""A table twenty times as long needs no more memory: counted, not timed."""

from __future__ import annotations

import gc
import os
import tracemalloc
from collections.abc import Callable
from pathlib import Path

from table_support import read

from archive.catalogue.rows import FileRow
from archive.ingest.earlier import known_before
from archive.ingest.journal import Earlier
from archive.ingest.listing import Listing
from archive.ingest.matching import match
from archive.model.identifiers import AccessionId, FileId, ItemId
from archive.model.packages import Outcome

FEW, MANY = 1_000, 20_000


def peak_of(work: Callable[[], object]) -> int:
    """The most octets that Python held at once while ``work`` was done, above those it held before."""
    gc.collect()
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def written(folder: Path, rows: int, *, shift: int = 0) -> Path:
    lines = (
        f"папка {number // 500}/запись {number + shift}.mp4;{'ab' * 32};consent;CF-{number};заметка {'о' * 200}\n"
        for number in range(rows)
    )
    path = folder / f"{rows}.csv"
    with open(path, "w", encoding="utf-8") as file:
        file.write("path;sha256;rights_basis;consent_ref;notes\n")
        file.writelines(lines)
    return path


def take_in_and_compare(folder: Path, path: Path, rows: int, *, shift: int = 0) -> int:
    """Read a table as ingest does and compare it with files that have all its rows, or none of them."""
    from table_support import TODAY

    from archive.ingest.metadata import MetadataFile, read_metadata

    found = read_metadata(MetadataFile(path), scratch=folder, today=TODAY)
    names = ((f"папка {number // 500}/запись {number}.mp4".encode(),) for number in range(rows))
    count = sum(1 for _ in match(found.rows, names))
    for number in range(0, rows, 97):
        name = f"папка {number // 500}/запись {number + shift}.mp4".encode()
        assert found.rows.statement([name]).consent_ref == (f"CF-{number}",)
    assert sum(map(len, found.octets())) == path.stat().st_size
    return count


def test_a_table_of_any_length_is_taken_in_with_the_same_memory(tmp_path: Path) -> None:
    few, many = written(tmp_path, FEW), written(tmp_path, MANY)
    take_in_and_compare(tmp_path, few, FEW)  # what is loaded once is loaded now
    small = peak_of(lambda: take_in_and_compare(tmp_path, few, FEW))
    large = peak_of(lambda: take_in_and_compare(tmp_path, many, MANY))
    assert many.stat().st_size > 15 * few.stat().st_size
    assert large < small + 2 * 1024 * 1024
    assert large < many.stat().st_size / 2


def test_a_table_that_meets_no_file_is_no_different(tmp_path: Path) -> None:
    few, many = written(tmp_path, FEW, shift=10**6), written(tmp_path, MANY, shift=10**6)
    assert take_in_and_compare(tmp_path, few, FEW, shift=10**6) == 2 * FEW
    small = peak_of(lambda: take_in_and_compare(tmp_path, few, FEW, shift=10**6))
    large = peak_of(lambda: take_in_and_compare(tmp_path, many, MANY, shift=10**6))
    assert large < small + 2 * 1024 * 1024


def test_a_listing_of_any_length_is_put_together_with_the_same_memory(tmp_path: Path) -> None:
    def listed(files: int) -> int:
        listing = Listing(tmp_path)
        for number in range(files):
            for ending in (".jpg", ".jpg.ots", ".json", ".tsr"):
                name = b"folder %d/2020.08.11_%07d%s" % (number // 500_000, number, ending.encode())
                listing.add(name, name=name, size=1, mtime=number, line=b"{%s}\n" % (b"x" * 200))
        return sum(len(item) == 4 for item in listing.names(at_most=5000))

    assert listed(FEW) == FEW
    small, large = peak_of(lambda: listed(FEW)), peak_of(lambda: listed(MANY // 2))
    assert large < small + 8 * 1024 * 1024  # a batch of 5,000 lines may be in hand


def test_what_was_received_before_is_known_with_the_same_memory(tmp_path: Path) -> None:
    def known(files: int) -> Earlier:
        rows = (row(number, Outcome.PENDING if number % 10 == 0 else Outcome.ACCEPTED) for number in range(files))
        items = ((b"folder/%07d.jpg" % number, ItemId(f"item-{number}")) for number in range(0, files, 3))
        return known_before(rows, items, same_folder=True, scratch=tmp_path)

    def row(number: int, outcome: Outcome) -> FileRow:
        return FileRow(
            leaf=number,
            number=number + 1,
            id=FileId(f"file-{number}"),
            accession=AccessionId("a"),
            name=b"folder/%07d.jpg" % number,
            size=number,
            sha256=None,
            blake3=None,
            mtime=-number,
            outcome=outcome,
            aip=None,
            received_at="",
        )

    few = known(FEW)
    assert (b"folder/0000007.jpg", 7, -7) in few.decided and (b"folder/0000007.jpg", 7, 7) not in few.decided
    assert (b"folder/0000010.jpg", 10, -10) not in few.decided
    assert few.waiting[b"folder/0000010.jpg"] == "file-10" and few.waiting.get(b"folder/0000007.jpg") is None
    assert few.items[b"folder/0000009.jpg"] == "item-9" and len(few.decided) == FEW * 9 // 10
    assert len(list(few.waiting)) == len(few.waiting) == FEW // 10
    small, large = peak_of(lambda: known(FEW)), peak_of(lambda: known(MANY))
    assert large < small + 1024 * 1024


def test_scratch_files_have_no_name_while_they_are_used(tmp_path: Path) -> None:
    found = read(tmp_path, "path\na.txt\n")
    listing = Listing(tmp_path)
    listing.add(b"a.txt", name=b"a.txt", size=1, mtime=0, line=b"")
    assert os.listdir(tmp_path) == ["metadata.csv"]
    assert list(listing.names(at_most=10)) == [(b"a.txt",)]
    assert [row.path for row in found.rows.unmet()] == [b"a.txt"]
