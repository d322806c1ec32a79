"""The contract of a storage backend: every implementation must pass it."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from archive import durable
from archive.errors import StorageError
from archive.storage.filesystem import FileSystemBackend


class Killed(BaseException):
    """The process ends here."""


@pytest.fixture(params=[FileSystemBackend])
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> FileSystemBackend:
    root = tmp_path / "root"
    root.mkdir()
    return request.param(root)


def test_what_is_put_is_read_back(backend: FileSystemBackend) -> None:
    for key, data in {"a": b"", "b/c": b"\x00\xff", "b/d/e": b"x" * 3_000_000}.items():
        backend.put(key, data)
        assert backend.read(key) == data
        assert backend.size(key) == len(data)


def test_a_stream_is_stored_whole_and_its_size_answered(backend: FileSystemBackend) -> None:
    data = b"one two three"
    stored = backend.put_stream("k", iter([b"one ", b"", b"two three"]), sha256=hashlib.sha256(data).hexdigest())
    assert stored == len(data)
    assert backend.read("k") == data


def test_a_key_that_is_taken_is_never_overwritten(backend: FileSystemBackend) -> None:
    backend.put("k", b"first")
    with pytest.raises(FileExistsError):
        backend.put("k", b"second")
    with pytest.raises(FileExistsError):
        backend.put_stream("k", [b"first"])
    assert backend.read("k") == b"first"


def test_a_key_taken_while_it_was_being_written_is_not_overwritten(backend: FileSystemBackend) -> None:
    def chunks() -> Iterator[bytes]:
        yield b"second"
        backend.put("k", b"first")

    with pytest.raises(FileExistsError):
        backend.put_stream("k", chunks())
    assert backend.read("k") == b"first"
    assert list(backend.root.iterdir()) == [backend.root / "k"]


def test_bytes_that_are_not_the_expected_ones_are_not_stored(backend: FileSystemBackend) -> None:
    with pytest.raises(StorageError, match="nothing was stored"):
        backend.put_stream("k/l", [b"wrong"], sha256=hashlib.sha256(b"right").hexdigest())
    assert backend.size("k/l") is None
    assert list(backend.keys("k")) == []
    assert [path for path in backend.root.rglob("*") if path.is_file()] == []


def test_a_source_that_breaks_leaves_nothing(backend: FileSystemBackend) -> None:
    def chunks() -> Iterator[bytes]:
        yield b"half"
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with pytest.raises(OSError, match="Input/output"):
        backend.put_stream("k", chunks())
    assert list(backend.root.rglob("*")) == []


def test_reading_begins_at_the_offset(backend: FileSystemBackend) -> None:
    backend.put("k", b"0123456789")
    for offset, expected in ((0, b"0123456789"), (4, b"456789"), (10, b""), (99, b"")):
        with backend.open("k", offset=offset) as file:
            assert file.read() == expected


def test_what_is_not_there_is_told(backend: FileSystemBackend) -> None:
    assert backend.size("k") is None
    assert list(backend.keys("nothing")) == []
    with pytest.raises(FileNotFoundError):
        backend.read("k")
    with pytest.raises(FileNotFoundError):
        backend.open("k")


def test_keys_are_in_order_and_temporary_files_are_none(backend: FileSystemBackend) -> None:
    for name in ("b", "a", "c"):
        backend.put(f"folder/{name}", b"")
    backend.put("folder/deeper/d", b"")
    (backend.root / "folder" / ".0.tmp").write_bytes(b"left by a crash")
    assert list(backend.keys("folder")) == ["folder/a", "folder/b", "folder/c"]
    assert list(backend.keys("folder/")) == ["folder/a", "folder/b", "folder/c"]


def test_what_is_deleted_is_gone_and_may_be_put_again(backend: FileSystemBackend) -> None:
    backend.put("k/l", b"x")
    backend.delete("k/l")
    assert backend.size("k/l") is None and list(backend.keys("k")) == []
    backend.delete("k/l")
    backend.put("k/l", b"y")
    assert backend.read("k/l") == b"y"


@pytest.mark.parametrize("key", ["", "/", "..", "../x", "a/../../x", "a//b", "./a", "a/.", "a\0b", "a/"])
def test_a_key_never_leads_out_of_the_folder(backend: FileSystemBackend, key: str) -> None:
    if key == "a/":  # a slash at the end says nothing
        backend.put(key, b"x")
        assert backend.read("a") == b"x"
        return
    for use in (lambda: backend.put(key, b"x"), lambda: backend.read(key), lambda: backend.delete(key)):
        with pytest.raises(ValueError, match="not a key"):
            use()
    assert list(backend.root.parent.rglob("*")) == [backend.root]


def test_a_crash_at_any_durable_step_leaves_the_whole_object_or_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    number, finished = 0, False
    while not finished:
        number += 1
        root = tmp_path / str(number)
        root.mkdir()
        backend, steps = FileSystemBackend(root), []

        def promise(what: str, steps: list[str] = steps, number: int = number) -> None:
            steps.append(what)
            if len(steps) == number:
                raise Killed

        monkeypatch.setattr(durable, "promise", promise)
        try:
            backend.put("folder/deeper/k", b"whole")
            finished = True
        except Killed:
            pass
        monkeypatch.undo()
        found = list(backend.keys("folder/deeper"))
        assert found in ([], ["folder/deeper/k"])
        if found:
            assert backend.read(found[0]) == b"whole"
        else:
            backend.put("folder/deeper/k", b"whole")
            assert backend.read("folder/deeper/k") == b"whole"
    assert number > 4
    assert steps.index("sync file") < steps.index("publish k") < len(steps) - 1, "synced, named, and the folder synced"
