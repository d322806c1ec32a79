"""A disk that loses what was not synced, and a power cut that kills a process in the middle of a write."""

from __future__ import annotations

import builtins
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from false_clock import leave_out_forks

from archive import durable


@dataclass
class Disk:
    """What the medium certainly holds of a folder: files as they were last synced, under names that were."""

    folder: Path
    _contents: dict[int, bytes] = field(default_factory=dict)
    _names: dict[Path, dict[str, int]] = field(default_factory=dict)
    _pinned: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        for folder in self._folders():
            for path in _files(folder):
                self._hold_file(os.open(path, os.O_RDONLY))
            self._hold_names(folder)

    def watch(self, patch: pytest.MonkeyPatch) -> None:
        """Listen to the syncs."""
        sync_file, sync_folder = durable.sync_file, durable.sync_folder

        def note_file(descriptor: int) -> None:
            sync_file(descriptor)
            self._hold_file(os.open(f"/proc/self/fd/{descriptor}", os.O_RDONLY))

        def note_folder(folder: Path) -> None:
            sync_folder(folder)
            self._hold_names(folder)

        patch.setattr(durable, "sync_file", note_file)
        patch.setattr(durable, "sync_folder", note_folder)

    def cut_power(
        self,
        found: Path,
        *,
        names_survive: Callable[[Path], bool] = lambda folder: False,
        survives: Callable[[bytes, bytes], bytes] = lambda synced, written: synced,
    ) -> Path:
        """Make ``found`` the folder that is found afterwards.

        ``names_survive`` says whether a folder's names that were not synced are there all the same, ``survives`` what
        is left of a file's bytes.
        """
        for folder in self._folders():
            there = found / folder.relative_to(self.folder)
            there.mkdir(parents=True)
            if names_survive(folder):
                self._pinned += [os.open(path, os.O_RDONLY) for path in _files(folder)]
                self._hold_names(folder)
            for name, inode in self._names.get(folder, {}).items():
                synced = self._contents.get(inode, b"")
                (there / name).write_bytes(survives(synced, self._written(inode, synced)))
        for descriptor in self._pinned:
            os.close(descriptor)
        return found

    def _written(self, inode: int, synced: bytes) -> bytes:
        for descriptor in reversed(self._pinned):
            status = os.fstat(descriptor)
            if status.st_ino == inode:
                return os.pread(descriptor, status.st_size, 0)
        return synced

    def _folders(self) -> list[Path]:
        return [self.folder, *(path for path in sorted(self.folder.rglob("*")) if path.is_dir())]

    def _hold_file(self, descriptor: int) -> None:
        self._pinned.append(descriptor)  # as long as it is open, no other file gets its number
        status = os.fstat(descriptor)
        self._contents[status.st_ino] = os.pread(descriptor, status.st_size, 0)

    def _hold_names(self, folder: Path) -> None:
        self._names[folder] = {path.name: path.stat().st_ino for path in _files(folder)}


def _files(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.iterdir()) if path.is_file()]


def killed_at(call: int, doing: Callable[[], object]) -> int:
    """Let another process do it and kill it there: at a promise to the disk, or half-way through a write.

    Returns how many calls there were; fewer than ``call`` where it came to its end.
    """
    ready, told = os.pipe()
    leave_out_forks()
    child = os.fork()
    if not child:
        try:
            os.close(ready)
            _die_at(call, told)
            doing()
        except BaseException:
            os._exit(1)
        os._exit(0)
    os.close(told)
    with open(ready, "rb") as file:
        calls = len(file.read())
    _, status = os.waitpid(child, 0)
    assert status == (signal.SIGKILL if calls == call else 0), "ended in another way than was meant"
    return calls


def _die_at(call: int, told: int) -> None:
    calls = 0

    def count() -> bool:
        nonlocal calls
        calls += 1
        os.write(told, b".")
        return calls == call

    def promise(what: str) -> None:
        if count():
            os.kill(os.getpid(), signal.SIGKILL)

    real_open = builtins.open

    def torn_open(file: Any, mode: str = "r", *args: Any, **kwargs: Any) -> Any:
        opened = real_open(file, mode, *args, **kwargs)
        if "b" not in mode or "r" in mode:
            return opened
        return _Torn(opened, count)

    durable.promise = promise
    builtins.open = torn_open


class _Torn:
    """A file that is written half-way when its time has come."""

    def __init__(self, file: Any, count: Callable[[], bool]) -> None:
        self._file = file
        self._count = count

    def write(self, data: bytes) -> int:
        if self._count():
            self._file.write(data[: len(data) // 2])
            self._file.flush()
            os.kill(os.getpid(), signal.SIGKILL)
        written: int = self._file.write(data)
        return written

    def __enter__(self) -> _Torn:
        return self

    def __exit__(self, *raised: object) -> None:
        self._file.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)
