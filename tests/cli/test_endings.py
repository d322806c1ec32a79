"""What goes wrong when a command closes the archive is told, and decides the exit code."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from archive.cli import run


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "delivery").mkdir()
    (tmp_path / "delivery/a.txt").write_text("a")
    home = tmp_path / "home"
    assert run(["init", str(home), f"--location=second={tmp_path / 'second'}"]) == 0
    return home


def test_a_location_whose_log_tells_another_history_is_an_alarm(
    home: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    leaves = next((tmp_path / "second/custody/leaves").iterdir())
    content = leaves.read_bytes()
    leaves.write_bytes(content.replace(b'"n":1', b'"n":7', 1))
    assert run(["--archive", str(home), "ingest", str(tmp_path / "delivery"), "--producer", "p", "--json"]) == 20
    told = capfd.readouterr()
    assert '"received": 1' in told.out, "the command's own answer is not lost"
    assert "tells another history" in told.err
    assert "second" in told.err
    assert leaves.read_bytes() != content, "nothing was overwritten"


def test_a_log_that_cannot_be_copied_is_told_and_the_command_is_done(
    home: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from archive.storage.filesystem import FileSystemBackend

    put_stream = FileSystemBackend.put_stream

    def full(self: FileSystemBackend, key: str, chunks: Iterable[bytes], *, sha256: str | None = None) -> int:
        if self.root == tmp_path / "second" and key.startswith("custody/"):
            raise OSError(28, "No space left on device")
        return put_stream(self, key, chunks, sha256=sha256)

    monkeypatch.setattr(FileSystemBackend, "put_stream", full)
    assert run(["--archive", str(home), "ingest", str(tmp_path / "delivery"), "--producer", "p"]) == 3
    assert "could not be copied" in capfd.readouterr().err
    monkeypatch.undo()
    assert run(["--archive", str(home), "audit"]) == 0
    assert len(list((tmp_path / "second/custody/leaves").iterdir())) == 2
