"""Going on with an unfinished delivery: one look over it, and its journal outlives whatever is said wrongly."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from ingest_support import Failing, Place, with_opener, write

from archive.ingest import accession


@contextmanager
def unreadable(name: bytes) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        with_opener(patched, Failing(errno.EIO, name))
        yield


@pytest.fixture
def folder(place: Place, tmp_path: Path) -> Path:
    """A delivery of which one file could not be read."""
    folder = write(tmp_path / "d", {"a.txt": b"a", "b.txt": b"b", "sub/c.txt": b"c"})
    with unreadable(b"b.txt"):
        first = place.ingest(folder)
    assert (first.json["state"], first.json["pending"]) == ("open", 1)
    return folder


def journals(place: Place) -> list[bytes]:
    return [path.read_bytes() for path in (place.home / "staging").glob("*/journal.jsonl")]


def test_what_is_unchanged_is_looked_at_and_not_listed_again(
    place: Place, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("listed again")

    monkeypatch.setattr(accession, "list_delivery", never)
    done = place.ingest(folder)
    assert (done.json["state"], done.json["received"], done.json["accepted"]) == ("closed", 3, 3)


def test_a_folder_that_changed_is_refused_and_its_journal_stays(place: Place, folder: Path) -> None:
    before = journals(place)
    (folder / "d.txt").write_bytes(b"d")
    refused = place.ingest(folder)
    assert refused.code == 2 and "the folder has changed" in refused.err
    assert journals(place) == before and len(before) == 1
    (folder / "d.txt").unlink()
    assert place.ingest(folder).json["state"] == "closed"


def test_another_table_is_refused_and_the_journal_stays(place: Place, folder: Path, tmp_path: Path) -> None:
    before = journals(place)
    (tmp_path / "t.csv").write_text("path,title\na.txt,A\n")
    refused = place.ingest(folder, "--metadata", tmp_path / "t.csv")
    assert refused.code == 2 and "the metadata has changed" in refused.err
    assert journals(place) == before and len(before) == 1
    assert place.ingest(folder).json["state"] == "closed"


def test_what_is_found_on_the_way_is_told_as_in_the_first_run(place: Place, tmp_path: Path) -> None:
    folder = write(tmp_path / "d", {"a.txt": b"a", "b.txt": b"b"})
    (folder / "link").symlink_to("a.txt")
    with unreadable(b"b.txt"):
        first = place.ingest(folder).json["findings"]
    second = place.ingest(folder).json
    assert second["state"] == "closed"
    links = [finding for finding in second["findings"] if finding["subject"] == "link"]
    assert links and links == [finding for finding in first if finding["subject"] == "link"]
