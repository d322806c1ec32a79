"""An archive made again may have its store on another disk than its staging."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from archive.cli import run


def test_a_package_reaches_a_store_on_another_file_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "delivery").mkdir()
    (tmp_path / "delivery/a.txt").write_text("a")
    home = tmp_path / "home"
    assert run(["init", str(home)]) == 0
    rename = os.rename

    def across(source: Path, target: Path) -> None:
        if "staging" in str(source) and "/store/" in str(target):
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
        rename(source, target)

    monkeypatch.setattr(os, "rename", across)
    assert run(["--archive", str(home), "ingest", str(tmp_path / "delivery"), "--producer", "p"]) == 0
    monkeypatch.undo()
    assert list((home / "staging").iterdir()) == []
    assert len(list((home / "store").glob("??/*/bagit.txt"))) == 2
    assert run(["--archive", str(home), "audit"]) == 0
