"""What every ``StorageBackend`` must do. A new one passes it with a file that subclasses ``BackendContract``."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive import durable
from archive.errors import StorageError
from archive.model.entries import EntryKind
from archive.storage.backend import StorageBackend

SHARED = [HealthCheck.function_scoped_fixture, HealthCheck.differing_executors]
"""The point of a contract is to run on several classes."""
PROPERTY = settings(deadline=None, max_examples=40, suppress_health_check=SHARED)
KEYS = st.sampled_from(["a", "b/c", "b/d", "deep/er/e"])


class Killed(BaseException):
    """The process ends here."""


def files(backend: StorageBackend) -> list[str]:
    return [os.fsdecode(entry.path) for entry in backend.entries() if entry.kind is not EntryKind.FOLDER]


class BackendContract:
    """Subclasses give the fixture ``backend``: a store that holds nothing."""

    def test_what_is_put_is_read_back(self, backend: StorageBackend) -> None:
        for key, data in {"a": b"", "b/c": b"\x00\xff", "b/d/e": b"x" * 3_000_000}.items():
            backend.put(key, data)
            assert backend.read(key) == data
            found = backend.stat(key)
            assert found is not None and (found.kind, found.size) == (EntryKind.FILE, len(data))

    def test_a_stream_is_stored_whole_and_its_size_answered(self, backend: StorageBackend) -> None:
        data = b"one two three"
        stored = backend.put_stream("k", iter([b"one ", b"", b"two three"]), sha256=hashlib.sha256(data).hexdigest())
        assert stored == len(data)
        assert backend.read("k") == data

    def test_a_key_that_is_taken_is_never_overwritten(self, backend: StorageBackend) -> None:
        backend.put("k", b"first")
        with pytest.raises(FileExistsError):
            backend.put("k", b"second")
        with pytest.raises(FileExistsError):
            backend.put_stream("k", [b"first"])
        assert backend.read("k") == b"first"

    def test_a_key_taken_while_it_was_being_written_is_not_overwritten(self, backend: StorageBackend) -> None:
        def chunks() -> Iterator[bytes]:
            yield b"second"
            backend.put("k", b"first")

        with pytest.raises(FileExistsError):
            backend.put_stream("k", chunks())
        assert backend.read("k") == b"first"
        assert files(backend) == ["k"]

    def test_bytes_that_are_not_the_expected_ones_are_not_stored(self, backend: StorageBackend) -> None:
        with pytest.raises(StorageError, match="nothing was stored"):
            backend.put_stream("k/l", [b"wrong"], sha256=hashlib.sha256(b"right").hexdigest())
        assert backend.stat("k/l") is None
        assert list(backend.keys("k")) == []
        assert files(backend) == []

    def test_a_source_that_breaks_leaves_nothing(self, backend: StorageBackend) -> None:
        def chunks() -> Iterator[bytes]:
            yield b"half"
            raise OSError(errno.EIO, os.strerror(errno.EIO))

        with pytest.raises(OSError, match="Input/output"):
            backend.put_stream("k", chunks())
        assert files(backend) == []

    @PROPERTY
    @given(data=st.binary(max_size=300), offset=st.integers(0, 310), length=st.none() | st.integers(0, 310))
    def test_any_range_is_read(self, backend: StorageBackend, data: bytes, offset: int, length: int | None) -> None:
        backend.delete("k")
        backend.put("k", data)
        with backend.open("k", offset=offset, length=length) as file:
            parts = list(iter(lambda: file.read(7), b""))
        assert b"".join(parts) == data[offset : None if length is None else offset + length]
        with backend.open("k", offset=offset, length=length) as file:
            assert file.read() == b"".join(parts)
            assert file.read(1) == b""

    @PROPERTY
    @given(steps=st.lists(st.tuples(st.sampled_from(["put", "delete", "move"]), KEYS, KEYS, st.binary(max_size=9))))
    def test_it_holds_what_a_dictionary_would(
        self, backend: StorageBackend, steps: list[tuple[str, str, str, bytes]]
    ) -> None:
        for key in files(backend):
            backend.delete(key)
        model: dict[str, bytes] = {}
        for what, key, other, data in steps:
            try:
                if what == "put":
                    backend.put(key, data)
                    assert key not in model
                    model[key] = data
                elif what == "delete":
                    backend.delete(key)
                    model.pop(key, None)
                else:
                    backend.move(key, other)
                    assert other not in model
                    model[other] = model.pop(key)
            except FileExistsError:
                assert (key if what == "put" else other) in model
            except FileNotFoundError:
                assert what == "move" and key not in model
        assert {key: backend.read(key) for key in files(backend)} == model
        assert list(backend.keys("b")) == sorted(key for key in model if key.startswith("b/"))

    def test_what_is_not_there_is_told(self, backend: StorageBackend) -> None:
        assert backend.stat("k") is None
        assert list(backend.keys("nothing")) == [] == list(backend.entries("nothing"))
        for use in (lambda: backend.read("k"), lambda: backend.open("k"), lambda: backend.move("k", "l")):
            with pytest.raises(FileNotFoundError):
                use()

    def test_keys_are_those_of_one_folder_in_order_and_entries_are_all(self, backend: StorageBackend) -> None:
        for name in ("b", "a", "c"):
            backend.put(f"folder/{name}", name.encode() * 3)
        backend.put("folder/deeper/d", b"")
        assert list(backend.keys("folder")) == ["folder/a", "folder/b", "folder/c"]
        assert list(backend.keys("folder/")) == ["folder/a", "folder/b", "folder/c"]
        found = [(entry.path, entry.kind, entry.size) for entry in backend.entries()]
        assert (b"folder/a", EntryKind.FILE, 3) in found and (b"folder/deeper", EntryKind.FOLDER, 0) in found
        assert [path for path, _, _ in found].index(b"folder") == 0
        assert [entry.path for entry in backend.entries("folder/deeper")] == [b"folder/deeper/d"]

    def test_what_is_deleted_is_gone_and_may_be_put_again(self, backend: StorageBackend) -> None:
        backend.put("k/l", b"x")
        backend.delete("k/l")
        assert backend.stat("k/l") is None and list(backend.keys("k")) == []
        backend.delete("k/l")
        backend.delete("never/was")
        backend.put("k/l", b"y")
        assert backend.read("k/l") == b"y"

    def test_a_move_takes_no_key_that_is_taken(self, backend: StorageBackend) -> None:
        assert backend.capabilities.atomic_rename
        backend.put("one", b"1")
        backend.put("two", b"2")
        with pytest.raises(FileExistsError):
            backend.move("one", "two")
        backend.move("one", "three/four")
        assert files(backend) == ["three/four", "two"]
        assert (backend.read("three/four"), backend.read("two")) == (b"1", b"2")

    @pytest.mark.parametrize("key", ["", "/", "..", "../x", "a/../../x", "a//b", "./a", "a/.", "a\0b"])
    def test_a_key_never_leads_out_of_the_store(self, backend: StorageBackend, key: str) -> None:
        uses = (
            lambda: backend.put(key, b"x"),
            lambda: backend.read(key),
            lambda: backend.delete(key),
            lambda: backend.open(key),
            lambda: backend.stat(key),
            lambda: backend.move(key, "x"),
        )
        for use in uses:
            with pytest.raises(ValueError, match="not a key"):
                use()
        assert files(backend) == []

    def test_a_slash_at_the_end_of_a_key_says_nothing(self, backend: StorageBackend) -> None:
        backend.put("a/", b"x")
        assert backend.read("a") == b"x"

    def test_it_says_where_it_is_and_can_be_made_twice(self, backend: StorageBackend) -> None:
        assert backend.offline() is None and backend.obstacle() is None
        backend.prepare()
        backend.put("k/l", b"x")
        backend.prepare()
        assert backend.where() in backend.where("k/l") and "k/l" in backend.where("k/l")
        assert files(backend) == ["k/l"]

    @pytest.mark.parametrize("failure", [Killed(), OSError(errno.EIO, "EIO"), OSError(errno.ENOSPC, "ENOSPC")])
    def test_a_failure_at_any_durable_step_leaves_the_whole_object_or_none(
        self, backend: StorageBackend, monkeypatch: pytest.MonkeyPatch, failure: BaseException
    ) -> None:
        number, finished = 0, False
        while not finished:
            key, steps = f"folder/{number}/k", list[str]()
            number += 1

            def promise(what: str, steps: list[str] = steps, number: int = number) -> None:
                steps.append(what)
                if len(steps) == number:
                    raise failure

            with monkeypatch.context() as patch:
                patch.setattr(durable, "promise", promise)
                try:
                    backend.put(key, b"whole")
                    finished = True
                except (Killed, OSError) as raised:
                    assert raised is failure
            found = list(backend.keys(key.rpartition("/")[0]))
            assert found in ([], [key])
            if not found:
                backend.put(key, b"whole")
            assert backend.read(key) == b"whole"
        print(f"{number - 1} durable steps of a put failed with {failure!r}")
        assert number > 1
