"""One process that ingests a folder, or only copies it, and says what that took.

``python ingest_ours.py all FOLDER ARCHIVE`` does what ``archive ingest`` does, ``copy`` only its second stage: a file
is read once, digested, written to staging, and all of that synced to the medium. In both the opener counts the
octets of the delivery that are read. Prints one line of JSON.
"""

from __future__ import annotations

import io
import json
import os
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from custody_content import peak_memory

from archive import assembly, durable
from archive.ingest.accession import Finished, open_accession
from archive.ingest.delivery import ingest
from archive.ingest.journal import lots
from archive.ingest.receive import receive
from archive.ingest.survey import look
from archive.ingest.workbench import Workbench
from archive.progress import Silent
from archive.storage.reading import open_quietly


class Counting(io.FileIO):
    """A delivered file that tells how many octets were read from it."""

    read_in_all = 0

    def readinto(self, buffer: Any, /) -> int:
        """As every file, counted."""
        octets = super().readinto(buffer) or 0
        Counting.read_in_all += octets
        return octets


def opened(path: bytes) -> io.FileIO:
    with open_quietly(path) as file:
        return Counting(os.dup(file.fileno()), "rb")


def main() -> None:
    what, source, home = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    begun = time.perf_counter()
    with assembly.changing(home, doing="a benchmark", beside_others=True) as archive:
        bench = replace(assembly.ingest_bench(archive, progress=Silent()), open_source=opened)
        with bench.at_work():
            if what == "copy":
                copy(source, bench)
            else:
                ingest(source, producer="benchmark", metadata=None, accession=None, bench=bench)
    seconds = time.perf_counter() - begun
    print(json.dumps({"octets_read": Counting.read_in_all, "seconds": seconds, "memory_kib": peak_memory()}))


def copy(source: Path, bench: Workbench) -> None:
    today = bench.holdings.stamp.clock().date()
    delivery = look(source, producer="benchmark", metadata=None, ours=(), scratch=bench.staging, today=today)
    desk = open_accession(delivery, wanted=None, bench=bench)
    if isinstance(desk, Finished):
        raise ValueError("it was received before")
    for lot in lots(desk.listed.path):
        receive(delivery, lot, folder=desk.folder / lot.package, bench=bench)
    durable.sync_filesystem(desk.folder)


if __name__ == "__main__":
    main()
