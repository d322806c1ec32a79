"""One process that uses a custody log and says in one line of JSON what that took; see ``custody.py``.

``python custody_ours.py append COUNT BATCH FOLDER`` begins a log and appends to it; ``entries``, ``records`` and
``verify`` read the log in FOLDER. Only the log's own work is counted, not the making of the records.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from custody_content import peak_memory, receipts

from archive.custody.log import CustodyLog


@dataclass(slots=True)
class Spent:
    """Seconds: on the clock, of them waiting for the disk to sync, and of the processor. Memory in KiB."""

    seconds: float = 0.0
    syncing: float = 0.0
    processor: float = 0.0
    syncs: int = 0
    memory: int = 0

    @contextmanager
    def counting(self) -> Iterator[None]:
        """Count what happens within."""
        begun, before = time.perf_counter(), _processor()
        yield
        self.seconds += time.perf_counter() - begun
        self.processor += _processor() - before

    def watch_syncs(self) -> None:
        """Count what each ``fsync`` takes."""
        real = os.fsync

        def fsync(descriptor: int) -> None:
            begun = time.perf_counter()
            real(descriptor)
            self.syncing += time.perf_counter() - begun
            self.syncs += 1

        os.fsync = fsync


def _processor() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def append(spent: Spent, *, count: int, batch: int, folder: Path) -> None:
    log = CustodyLog.create(folder)
    spent.watch_syncs()
    for number in range(count // batch):
        records = receipts(number, count=batch)
        with spent.counting():
            log.append(records)


def read(spent: Spent, what: str, folder: Path) -> None:
    log = CustodyLog.open(folder)
    with spent.counting():
        if what == "verify":
            wrong = len(log.verify())
        else:
            wrong = log.size - sum(1 for _ in (log.entries() if what == "entries" else log.records()))
    if wrong:
        raise SystemExit(f"{what}: {wrong} wrong or missing")


def main() -> None:
    what, *rest = sys.argv[1:]
    spent = Spent()
    if what == "append":
        append(spent, count=int(rest[0]), batch=int(rest[1]), folder=Path(rest[2]))
    else:
        read(spent, what, Path(rest[0]))
    spent.memory = peak_memory()
    print(json.dumps(asdict(spent)))


if __name__ == "__main__":
    main()
