"""Records, logs, locations and crashes for the tests of the custody log."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

import pytest

from archive import durable
from archive.custody.log import CustodyLog
from archive.model.fixity import FixityOutcome
from archive.model.packages import Outcome
from archive.model.records import DamageRecord, LocationRecord, ReceiptRecord, Record

SEGMENT = 4
"""Small segments, so that a few records fill some."""


def a_record(n: int) -> Record:
    """Record ``n`` of every log in these tests; the kinds take turns, and none has private lines."""
    common = {
        "time": datetime(2026, 1, 1, 23, 59, 50, tzinfo=UTC) + timedelta(seconds=n),
        "actor": "archivist-1",
        "machine": "m1",
        "version": "0.1.0",
    }
    if n % 5 == 3:
        return DamageRecord(
            **common,
            incident=f"incident-{n}",
            package="aip",
            location="кухня",
            path=None,
            outcome=FixityOutcome.ALTERED,
            expected_sha256=None,
            observed_sha256=None,
        )
    if n % 5 == 4:  # its form looks like another kind's record
        return LocationRecord(**common, name=f"l{n}", uri=None, form='{"kind":"receipt","time":"2026-01-01T"}')
    return ReceiptRecord(
        **common,
        accession="accession",
        file=f"file-{n}",
        name=None,
        size=None,
        sha256=None,
        blake3=None,
        mtime=None,
        outcome=Outcome.ACCEPTED,
        package=None,
    )


def some_records(first: int, end: int) -> list[Record]:
    return [a_record(n) for n in range(first, end)]


def counted_salts() -> Callable[[int], bytes]:
    """A source of salts that gives the same ones in every run."""
    state = hashlib.sha256(b"salts").digest()

    def draw(count: int) -> bytes:
        nonlocal state
        drawn = b""
        while len(drawn) < count:
            state = hashlib.sha256(state).digest()
            drawn += state
        return drawn[:count]

    return draw


def new_log(folder: Path, size: int = 0) -> CustodyLog:
    log = CustodyLog.create(folder, segment=SEGMENT, salts=counted_salts())
    log.append(some_records(0, size))
    return log


def reopen(folder: Path) -> CustodyLog:
    return CustodyLog.open(folder, segment=SEGMENT, salts=counted_salts())


def content(folder: Path) -> dict[str, bytes]:
    """Every file below ``folder`` but the lock."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "append.lock"
    }


class Crash(BaseException):
    """The power is gone."""


@contextlib.contextmanager
def crash_at(monkeypatch: pytest.MonkeyPatch, call: int) -> Iterator[list[str]]:
    """Crash just before durable step number ``call``, counted from 1; gives the steps promised so far.

    Swallows the crash: when there were fewer steps, fewer are in the list.
    """
    promised: list[str] = []

    def promise(what: str) -> None:
        promised.append(what)
        if len(promised) == call:
            raise Crash

    with monkeypatch.context() as patch, contextlib.suppress(Crash):
        patch.setattr(durable, "promise", promise)
        yield promised


class FolderStore:
    """A location in a folder, every change of which is a durable step."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.puts: list[str] = []
        self.reads: list[str] = []

    def put_stream(self, key: str, chunks: Iterable[bytes], *, sha256: str) -> int:
        data = b"".join(chunks)
        assert hashlib.sha256(data).hexdigest() == sha256
        self.put(key, data)
        return len(data)

    def put(self, key: str, data: bytes) -> None:
        path = self.root / key
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.tmp")
        with open(temporary, "wb") as file:
            file.write(data)
            durable.sync_file(file.fileno())
        durable.publish(temporary, path)
        self.puts.append(key)

    def read(self, key: str) -> bytes:
        self.reads.append(key)
        return (self.root / key).read_bytes()

    def open(self, key: str) -> BinaryIO:
        return io.BytesIO(self.read(key))

    def keys(self, prefix: str) -> Iterable[str]:
        found = (str(path.relative_to(self.root)) for path in self.root.rglob("*") if path.is_file())
        return reversed(sorted(key for key in found if key.startswith(prefix)))

    def delete(self, key: str) -> None:
        durable.promise(f"delete {key}")
        os.unlink(self.root / key)

    def names(self) -> list[str]:
        """Last parts of all keys that are segments."""
        return sorted(key.removeprefix("custody/") for key in self.keys("custody/") if not key.endswith(".tmp"))
