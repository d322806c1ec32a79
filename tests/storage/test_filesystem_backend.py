"""A folder keeps the contract of a storage backend, and what a file system alone can show."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from backend_contract import BackendContract, Killed

from archive import durable
from archive.model.entries import EntryKind
from archive.storage.filesystem import FileSystemBackend


@pytest.fixture
def backend(tmp_path: Path) -> FileSystemBackend:
    root = tmp_path / "root"
    root.mkdir()
    return FileSystemBackend(root)


class TestFileSystemBackend(BackendContract):
    @pytest.fixture
    def backend(self, backend: FileSystemBackend) -> FileSystemBackend:
        return backend


def test_temporary_files_are_no_objects_and_are_entries(backend: FileSystemBackend) -> None:
    backend.put("folder/a", b"")
    (backend.root / "folder" / ".0.tmp").write_bytes(b"left by a crash")
    assert list(backend.keys("folder")) == ["folder/a"]
    assert [entry.path for entry in backend.entries("folder")] == [b"folder/.0.tmp", b"folder/a"]


def test_a_link_is_no_object(backend: FileSystemBackend) -> None:
    (backend.root / "link").symlink_to("/etc/passwd")
    found = backend.stat("link")
    assert found is not None and found.kind is EntryKind.LINK
    assert [entry.kind for entry in backend.entries()] == [EntryKind.LINK]


def test_nothing_is_left_of_a_key_that_leads_out_of_the_folder(backend: FileSystemBackend) -> None:
    for key in ("../x", "a/../../x", "..", "/"):
        with pytest.raises(ValueError, match="not a key"):
            backend.put(key, b"x")
    assert list(backend.root.parent.rglob("*")) == [backend.root]


def test_a_folder_is_made_in_one_that_exists_and_nowhere_else(tmp_path: Path) -> None:
    FileSystemBackend(tmp_path / "new").prepare()
    assert (tmp_path / "new").is_dir()
    (tmp_path / "file").write_bytes(b"x")
    for root in (tmp_path / "unmounted" / "x", tmp_path / "file"):
        backend = FileSystemBackend(root)
        assert backend.obstacle() is not None and backend.offline() is not None
        with pytest.raises(OSError):
            backend.prepare()
    assert sorted(os.listdir(tmp_path)) == ["file", "new"]


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
