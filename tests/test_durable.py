from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from false_clock import leave_out_forks

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


RACERS = 4
ROUNDS = 10
Rename = Callable[[Path, Path], None]


def cannot(number: int) -> Rename:
    def refuse(source: Path, target: Path, **_: object) -> None:
        raise OSError(number, os.strerror(number))

    return refuse


@pytest.fixture(params=["kernel", "links", "neither"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """How a name is taken: by RENAME_NOREPLACE, by a link, or on a file system that has neither."""
    if request.param != "kernel":
        monkeypatch.setattr(durable, "_rename_no_replace", cannot(errno.EINVAL))
    if request.param == "neither":
        monkeypatch.setattr(os, "link", cannot(errno.EPERM))
    return str(request.param)


def make(path: Path, kind: str, word: str) -> Path:
    if kind == "folder":
        path.mkdir()
        (path / "word").write_text(word)
    else:
        path.write_text(word)
    return path


def word_of(path: Path) -> str:
    return (path / "word" if path.is_dir() else path).read_text()


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_publish_renames_and_refuses_a_name_that_is_taken(tmp_path: Path, way: str, kind: str) -> None:
    durable.publish(make(tmp_path / "one", kind, "first"), tmp_path / "final")
    for taken in (tmp_path / "final", tmp_path / "link"):
        if not taken.exists():
            taken.symlink_to("nowhere")
        with pytest.raises(FileExistsError, match="exists already"):
            durable.publish(make(tmp_path / f"for-{taken.name}", kind, "second"), taken)
    assert word_of(tmp_path / "final") == "first"
    assert sorted(os.listdir(tmp_path)) == ["final", "for-final", "for-link", "link"]


@pytest.mark.parametrize(
    ("way", "kind"),
    [("kernel", "file"), ("kernel", "folder"), ("links", "file"), ("links", "folder"), ("neither", "folder")],
    indirect=["way"],
)
def test_publish_does_not_rest_on_a_look_that_came_too_early(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str, kind: str
) -> None:
    make(tmp_path / "final", kind, "first")
    for module in (os.path, Path):  # somebody takes the name just after it was looked at
        for name in ("exists", "lexists", "is_symlink"):
            if hasattr(module, name):
                monkeypatch.setattr(module, name, lambda _: False)
    with pytest.raises(FileExistsError, match="exists already"):
        durable.publish(make(tmp_path / "mine", kind, "second"), tmp_path / "final")
    monkeypatch.undo()
    assert word_of(tmp_path / "final") == "first" and word_of(tmp_path / "mine") == "second"


@pytest.mark.parametrize("kind", ["file", "folder"])
@pytest.mark.parametrize("way", ["kernel", "links"], indirect=True)
def test_of_processes_that_publish_one_name_exactly_one_succeeds(tmp_path: Path, way: str, kind: str) -> None:
    for number in range(ROUNDS):
        folder = tmp_path / str(number)
        folder.mkdir()
        sources = [make(folder / f"racer-{racer}", kind, str(racer)) for racer in range(RACERS)]
        start, go = os.pipe()
        racers = []
        for source in sources:
            leave_out_forks()
            pid = os.fork()
            if pid == 0:
                code = 2
                try:
                    os.close(go)
                    os.read(start, 1)  # ends for all of them at once, when the parent closes its end
                    durable.publish(source, folder / "final")
                    code = 0
                except FileExistsError:
                    code = 1
                finally:
                    os._exit(code)
            racers.append(pid)
        os.close(start)
        os.close(go)
        codes = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in racers]
        assert sorted(codes) == [0] + [1] * (RACERS - 1), codes
        assert word_of(folder / "final") == str(codes.index(0))
        left = {path.name for path in folder.iterdir()} - {"final"}
        assert left == {source.name for source, code in zip(sources, codes, strict=True) if code}


def test_publish_across_file_systems_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(durable, "_rename_no_replace", cannot(errno.EXDEV))
    with pytest.raises(OSError) as told:
        durable.publish(make(tmp_path / "one", "file", "x"), tmp_path / "two")
    assert told.value.errno == errno.EXDEV
