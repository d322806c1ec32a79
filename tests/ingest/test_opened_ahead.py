"""Delivered files are opened a few before their turn: once each, in order, and closed whatever happens."""

from __future__ import annotations

import errno
import io
import os
from pathlib import Path

import pytest
from ingest_support import Place, write

from archive.errors import ReadFailure
from archive.ingest.journal import Expected
from archive.ingest.opening import opened_ahead
from archive.model.identifiers import FileId
from archive.storage.descent import open_unlinked


def expected(folder: Path, count: int) -> list[Expected]:
    names = [f"{number:02d}" for number in range(count)]
    write(folder, {name: name.encode() for name in names})
    return [Expected(FileId(name), os.fsencode(folder / name), 2, 0) for name in names]


def test_each_is_opened_once_in_order_and_a_few_ahead(tmp_path: Path) -> None:
    files, opened, most = expected(tmp_path / "d", 40), list[bytes](), 0

    def open_one(file: Expected) -> io.FileIO:
        opened.append(file.name)
        return open_unlinked(file.name)

    for number, (file, source) in enumerate(opened_ahead(files, open_one)):
        assert file is files[number] and not isinstance(source, ReadFailure)
        with source:
            assert source.read() == b"%02d" % number
        most = max(most, len(opened) - number - 1)
    assert opened == [file.name for file in files]
    assert most == 16


def test_what_cannot_be_opened_is_told_in_its_turn(tmp_path: Path) -> None:
    files = expected(tmp_path / "d", 5)
    Path(os.fsdecode(files[2].name)).unlink()
    told = [source for _, source in opened_ahead(files, lambda file: open_unlinked(file.name))]
    assert [isinstance(source, ReadFailure) for source in told] == [False, False, True, False, False]
    for source in told:
        if not isinstance(source, ReadFailure):
            source.close()


def test_those_that_nobody_took_are_closed(tmp_path: Path) -> None:
    files, opened = expected(tmp_path / "d", 10), list[io.FileIO]()

    def open_one(file: Expected) -> io.FileIO:
        opened.append(open_unlinked(file.name))
        return opened[-1]

    ahead = opened_ahead(files, open_one)
    _, first = next(ahead)
    ahead.close()
    assert first is opened[0] and [source.closed for source in opened] == [False] + [True] * 9
    opened[0].close()


def test_a_file_system_that_takes_no_wishes_is_read_all_the_same(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wish = os.posix_fadvise

    def refuse(descriptor: int, offset: int, size: int, advice: int) -> None:
        if advice == os.POSIX_FADV_WILLNEED:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        wish(descriptor, offset, size, advice)

    folder = write(tmp_path / "d", {"a": b"a", "b": b"b"})
    monkeypatch.setattr(os, "posix_fadvise", refuse)
    assert place.ingest(folder).json["accepted"] == 2
