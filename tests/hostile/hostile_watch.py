"""Watches this process while it takes in a hostile delivery: where it writes, and whom it calls."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_CHANGES: dict[str, tuple[tuple[int, int | None], ...]] = {
    "os.mkdir": ((0, 2),),
    "os.rename": ((0, 2), (1, 3)),
    "os.remove": ((0, 1),),
    "os.rmdir": ((0, 1),),
    "os.link": ((1, 3),),
    "os.symlink": ((1, 2),),
    "os.truncate": ((0, None),),
    "os.chmod": ((0, 2),),
    "os.chown": ((0, 3),),
    "os.utime": ((0, 3),),
    "os.setxattr": ((0, None),),
    "os.removexattr": ((0, None),),
}
"""Events that change a disk: where among their arguments a path stands, and the folder it begins in."""
_CALLS = ("socket.connect", "socket.sendto", "socket.sendmsg")
_LOOKUPS = ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "urllib.Request", "ftplib.connect")


class Watch:
    """What was seen. ``allowed`` are the folders that may be written to."""

    def __init__(self, allowed: list[Path]) -> None:
        self.allowed = [os.fsencode(path) for path in allowed]
        self.trespasses: list[str] = []

    def see(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, _, flags = arguments
            if isinstance(flags, int) and flags & _WRITING:
                self._written(event, path)
        elif event in _CHANGES:
            for path, holder in _CHANGES[event]:
                self._written(event, arguments[path], -1 if holder is None else arguments[holder])
        elif event in _CALLS:
            if arguments[0].family != socket.AF_UNIX:
                self.trespasses.append(f"{event} {arguments[1:]!r}")
        elif event in _LOOKUPS:
            self.trespasses.append(f"{event} {arguments!r}")

    def _written(self, event: str, path: Any, holder: int = -1) -> None:
        full = _of(path) if isinstance(path, int) else os.fsencode(path)
        if holder >= 0:
            full = os.path.join(_of(holder), full)
        full = os.path.normpath(full)
        if full.startswith(b"/memfd:") or (isinstance(path, int) and full.startswith(b"pipe:[")):
            return  # in memory, without a name; to a process of ours
        if full != b"/dev/null" and not any(full == root or full.startswith(root + b"/") for root in self.allowed):
            self.trespasses.append(f"{event} {full!r}")


def _of(descriptor: int) -> bytes:
    return os.fsencode(os.readlink(f"/proc/self/fd/{descriptor}"))


_watch: Watch | None = None


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if _watch is not None:
        _watch.see(event, arguments)


sys.addaudithook(_hook)  # for as long as the process lives; asleep unless somebody watches


@contextmanager
def watching(allowed: list[Path]) -> Iterator[Watch]:
    """Watch what happens inside. What Python keeps of modules that are imported for the first time is not written."""
    global _watch
    writes, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    _watch = watch = Watch(allowed)
    try:
        yield watch
    finally:
        _watch, sys.dont_write_bytecode = None, writes


@contextmanager
def unwatched() -> Iterator[None]:
    """What happens inside is done by the test and not by the archive."""
    global _watch
    kept, _watch = _watch, None
    try:
        yield
    finally:
        _watch = kept
