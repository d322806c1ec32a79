from __future__ import annotations

import os
from pathlib import Path

import pytest

from archive import durable


def test_all_of_a_file_is_written_before_it_is_synced_and_synced_before_it_gets_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = tmp_path / "head.json"
    path.write_bytes(b"before")
    steps: list[tuple[str, bytes]] = []
    sync_file = durable.sync_file

    def note_file(descriptor: int) -> None:
        steps.append(("synced", Path(f"/proc/self/fd/{descriptor}").read_bytes()))
        sync_file(descriptor)

    monkeypatch.setattr(durable, "sync_file", note_file)
    monkeypatch.setattr(durable, "promise", lambda what: steps.append((what, path.read_bytes())))
    durable.write_atomic(path, b"after")
    assert steps == [
        ("synced", b"after"),
        ("sync file", b"before"),
        ("replace head.json", b"before"),
        ("sync folder", b"after"),
    ]
    assert os.listdir(tmp_path) == ["head.json"]


def test_a_write_that_fails_leaves_the_file_as_it_was_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = tmp_path / "head.json"
    path.write_bytes(b"before")

    def fail(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(durable, "sync_file", fail)
    with pytest.raises(OSError, match="No space"):
        durable.write_atomic(path, b"after")
    assert path.read_bytes() == b"before"
    assert os.listdir(tmp_path) == ["head.json"]
