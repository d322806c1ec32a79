"""A page is written whole, to a name that was free."""

from __future__ import annotations

from pathlib import Path

import pytest

from archive import durable
from archive.errors import ArchiveError, UsageError
from archive.pages.writing import require_free, write_page


def test_a_page_is_written_as_utf8(tmp_path: Path) -> None:
    write_page(tmp_path / "страница.html", "<p>запись</p>")
    assert (tmp_path / "страница.html").read_bytes() == "<p>запись</p>".encode()
    assert len(list(tmp_path.iterdir())) == 1


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "there.html").write_text("mine")
    (tmp_path / "dangling.html").symlink_to("nowhere")
    (tmp_path / "folder.html").mkdir()
    before = sorted(tmp_path.iterdir())
    for name in ("there.html", "dangling.html", "folder.html"):
        with pytest.raises(UsageError, match="exists already"):
            write_page(tmp_path / name, "x")
    assert (tmp_path / "there.html").read_text() == "mine"
    assert sorted(tmp_path.iterdir()) == before


def test_what_appears_while_writing_is_not_overwritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(durable, "promise", lambda what: (tmp_path / "a.html").write_text("mine"))
    with pytest.raises(UsageError, match="exists already"):
        write_page(tmp_path / "a.html", "x")
    assert (tmp_path / "a.html").read_text() == "mine"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no folder"):
        require_free(tmp_path / "none" / "a.html")


def test_a_disk_that_refuses_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(durable, "sync_file", full)
    with pytest.raises(ArchiveError, match="No space left") as error:
        write_page(tmp_path / "a.html", "x")
    assert error.value.hint
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("at", range(3))
def test_a_process_that_dies_leaves_a_whole_page_or_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    calls = iter(range(100))

    def die(_what: str) -> None:
        if next(calls) == at:
            raise KeyboardInterrupt

    monkeypatch.setattr(durable, "promise", die)
    with pytest.raises(KeyboardInterrupt):
        write_page(tmp_path / "a.html", "x")
    assert not (tmp_path / "a.html").exists() or (tmp_path / "a.html").read_text() == "x"
    assert [path.name for path in tmp_path.iterdir()] in ([], ["a.html"])
