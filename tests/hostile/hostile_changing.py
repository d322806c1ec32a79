"""Deliveries that are something else by the time they are read, cannot be read, or meet a disk of ours that is full."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from io import RawIOBase
from pathlib import Path
from typing import Any

import pytest
from hostile_case import Case, State, files, outcomes
from hostile_watch import unwatched
from ingest_support import with_opener

from archive import durable
from archive.ingest import accession, receive
from archive.ingest.journal import Listed
from archive.model.packages import Outcome
from archive.storage.descent import Descent, open_unlinked

MIB = 1 << 20
CONTENT: dict[str | bytes, bytes] = {"a.txt": b"a", "b/bad.bin": bytes(range(256)) * 4096 * 3, "c.txt": b"c"}
WAITS = {**outcomes("a.txt", "c.txt"), **outcomes("b/bad.bin", of=Outcome.PENDING)}
ALL = outcomes(*CONTENT)

Change = Callable[[Path], None]
"""Does something to the folder ``b`` of the delivery."""


def at_opening(change: Change) -> Callable[[Path, pytest.MonkeyPatch], None]:
    """Change something at the moment ``b/bad.bin`` is about to be opened."""

    def disturb(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def opening(path: bytes) -> RawIOBase:
            if path.endswith(b"bad.bin"):
                with unwatched():
                    change(folder / "b")
            return open_unlinked(path)

        with_opener(monkeypatch, opening)

    return disturb


def in_reading(change: Change) -> Callable[[Path, pytest.MonkeyPatch], None]:
    """Change something after the first octets of ``b/bad.bin`` were read."""

    def disturb(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def opening(path: bytes) -> RawIOBase:
            file = open_unlinked(path)
            return _Changing(file, folder, change) if path.endswith(b"bad.bin") else file  # type: ignore[return-value]

        with_opener(monkeypatch, opening)

    return disturb


class _Changing:
    """A reading in the midst of which the file is changed."""

    def __init__(self, file: RawIOBase, folder: Path, change: Change) -> None:
        self._file, self._folder, self._change = file, folder, change
        self._read = 0

    def readinto(self, buffer: memoryview) -> int:
        octets = self._file.readinto(buffer[:1000] if self._read == 0 else buffer) or 0
        if self._read == 0:
            with unwatched():
                self._change(self._folder / "b")
        self._read += octets
        return octets

    def fileno(self) -> int:
        return self._file.fileno()

    def __enter__(self) -> _Changing:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


def in_listing(change: Change) -> Callable[[Path, pytest.MonkeyPatch], None]:
    """Change something after the listing saw that ``b`` is a folder, before it looks into it."""

    def disturb(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        status, listing, is_listing = Descent.status, accession.list_delivery, list[bool]()

        def looking(self: Descent, holder: bytes, name: bytes) -> os.stat_result:
            found = status(self, holder, name)
            if is_listing and (holder, name) == (b"", b"b"):
                is_listing.clear()
                with unwatched():
                    change(folder / "b")
            return found

        def list_delivery(*arguments: Any, **named: Any) -> Listed:
            is_listing.append(True)
            return listing(*arguments, **named)

        monkeypatch.setattr(Descent, "status", looking)
        monkeypatch.setattr(accession, "list_delivery", list_delivery)

    return disturb


def _append(b: Path) -> None:
    with open(b / "bad.bin", "ab") as file:
        file.write(b"grown" * MIB)


def _rewrite(b: Path) -> None:
    data = (b / "bad.bin").read_bytes()
    with open(b / "bad.bin", "r+b") as file:
        file.write(data[::-1])
    os.utime(b / "bad.bin", ns=(1, 1))


def _replace_file(make: Callable[[Path], object]) -> Change:
    def change(b: Path) -> None:
        (b / "bad.bin").rename(b / "away.bin")
        make(b / "bad.bin")

    return change


def _folder_to_link(b: Path) -> None:
    outside = b.parent.parent / "outside"
    shutil.copytree(b, outside)
    (outside / "secret").write_bytes(b"of somebody else")
    b.rename(b.parent / "away")
    b.symlink_to(outside)


def _endless(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receive, "MOST_GROWTH", 64 * MIB)  # the true limit takes longer and no other way

    class Endless:
        def __init__(self, file: RawIOBase) -> None:
            self._file = file

        def readinto(self, buffer: memoryview) -> int:
            return len(buffer)

        def fileno(self) -> int:
            return self._file.fileno()

        def __enter__(self) -> Endless:
            return self

        def __exit__(self, *_: object) -> None:
            self._file.close()

    def opening(path: bytes) -> RawIOBase:
        file = open_unlinked(path)
        return Endless(file) if path.endswith(b"bad.bin") else file  # type: ignore[return-value]

    with_opener(monkeypatch, opening)


def _fails(number: int) -> Change:
    def change(b: Path) -> None:
        raise OSError(number, os.strerror(number))

    return change


def _disk_full(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(what: str) -> None:
        if "publish" in what:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(durable, "promise", full)


def _closed_file(folder: Path) -> None:
    files(CONTENT)(folder)
    os.chmod(folder / "b" / "bad.bin", 0)


def _closed_folder(folder: Path) -> None:
    files(CONTENT)(folder)
    os.chmod(folder / "b", 0)


def _open_again(folder: Path) -> None:
    os.chmod(folder / "b", 0o755)


def _waits(id: str, delivered: str, disturb: Callable[[Path, pytest.MonkeyPatch], None]) -> Case:
    return Case(
        id=id,
        delivered=delivered,
        make=files(CONTENT),
        disturb=disturb,
        files=WAITS,
        codes=frozenset({"unreadable"}),
        exit=3,
        state=State.OPEN,
    )


def _changes(id: str, delivered: str, disturb: Callable[[Path, pytest.MonkeyPatch], None]) -> Case:
    return Case(
        id=id,
        delivered=delivered,
        make=files(CONTENT),
        disturb=disturb,
        files=ALL,
        codes=frozenset({"changed-while-received"}),
        exit=3,
    )


CASES = (
    _waits("vanishes", "a file that is gone when it is to be read", at_opening(lambda b: (b / "bad.bin").unlink())),
    _waits("becomes-a-fifo", "a pipe has taken the file's place", at_opening(_replace_file(os.mkfifo))),
    _waits(
        "becomes-a-link",
        "a link to `/etc/passwd` has taken the file's place",
        at_opening(_replace_file(lambda p: p.symlink_to("/etc/passwd"))),
    ),
    _waits("becomes-a-folder", "a folder has taken the file's place", at_opening(_replace_file(os.mkdir))),
    _waits(
        "folder-becomes-a-link",
        "a link to another folder, with a file of the same name, has taken the place of the file's folder",
        at_opening(_folder_to_link),
    ),
    _waits("medium-fails-at-opening", "the medium answers with an error (EIO)", at_opening(_fails(errno.EIO))),
    _waits("medium-fails-in-reading", "the medium answers with an error half-way", in_reading(_fails(errno.EIO))),
    _waits("medium-is-taken-away", "the medium is pulled out half-way (ENODEV)", in_reading(_fails(errno.ENODEV))),
    _waits("grows-without-end", "a file that always has more to read", _endless),
    _changes("grows", "a file that is written to while it is read", in_reading(_append)),
    _changes("shrinks", "a file that is cut while it is read", in_reading(lambda b: os.truncate(b / "bad.bin", 5000))),
    _changes("rewritten-in-place", "other bytes of the same number", at_opening(_rewrite)),
    _changes(
        "replaced-by-another",
        "another file has taken the file's place",
        at_opening(_replace_file(lambda p: p.write_bytes(b"other"))),
    ),
    Case(
        id="removed-while-read",
        delivered="a file whose name is removed while it is read",
        make=files(CONTENT),
        disturb=in_reading(lambda b: (b / "bad.bin").unlink()),
        files=ALL,
    ),
    Case(
        id="folder-becomes-a-link-in-listing",
        delivered="a folder that becomes a link out of the tree between two looks at it",
        make=files(CONTENT),
        disturb=in_listing(_folder_to_link),
        files=outcomes("a.txt", "c.txt"),
        codes=frozenset({"unreadable-folder"}),
        exit=3,
        state=State.OPEN,
    ),
    Case(
        id="folder-vanishes-in-listing",
        delivered="a folder that vanishes between two looks at it",
        make=files(CONTENT),
        disturb=in_listing(lambda b: b.rename(b.parent.parent / "elsewhere")),
        files=outcomes("a.txt", "c.txt"),
        codes=frozenset({"unreadable-folder"}),
        exit=3,
        state=State.OPEN,
    ),
    Case(
        id="file-not-allowed",
        delivered="a file that may not be read",
        make=_closed_file,
        powerless=True,
        files=WAITS,
        codes=frozenset({"unreadable"}),
        exit=3,
        state=State.OPEN,
    ),
    Case(
        id="folder-not-allowed",
        delivered="a folder that may not be looked into",
        make=_closed_folder,
        undo=_open_again,
        powerless=True,
        files=outcomes("a.txt", "c.txt"),
        codes=frozenset({"unreadable-folder"}),
        exit=3,
        state=State.OPEN,
    ),
    Case(
        id="our-disk-is-full",
        delivered="an ordinary delivery, while the archive's own disk is full",
        make=files(CONTENT),
        disturb=_disk_full,
        exit=1,
        state=State.FAILED,
        files=ALL,
    ),
)
