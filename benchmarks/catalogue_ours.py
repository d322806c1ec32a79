"""One process that fills a catalogue and says in one line of JSON what that took; see ``catalogue.py``.

``python catalogue_ours.py record COUNT FOLDER`` records receipts in log and catalogue, package by package, as ingest
does; ``rebuild FOLDER`` folds the log in FOLDER into a new catalogue. Only that work is counted.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from custody_content import BATCH, peak_memory, receipts

from archive import durable
from archive.catalogue.opening import create
from archive.clock import WatchedClock, system_clock
from archive.custody.log import CustodyLog
from archive.custody.signer import Signing
from archive.holdings.holdings import Holdings, Stamp
from archive.model.records import AccessionRecord, ProducerRecord, ReceiptRecord, Record

ACCESSION = 20 * BATCH
"""Receipts of one accession (``custody_content.receipts``)."""


@dataclass(slots=True)
class Watch:
    """Seconds of clock and processor that were spent when so many records were in the catalogue."""

    spent: list[tuple[int, float, float]] = field(default_factory=lambda: [(0, 0.0, 0.0)])
    _begun: tuple[float, float] = (0.0, 0.0)

    def go(self) -> None:
        """Count from now on."""
        self._begun = _now()

    def note(self, records: int) -> None:
        """So many are in it now."""
        now = _now()
        _, clock, processor = self.spent[-1]
        self.spent.append((records, clock + now[0] - self._begun[0], processor + now[1] - self._begun[1]))
        self._begun = now


def _now() -> tuple[float, float]:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return time.perf_counter(), used.ru_utime + used.ru_stime


def holdings_in(folder: Path, log: CustodyLog, name: str) -> Holdings:
    stamp = Stamp("benchmark", "machine", "0", WatchedClock(system_clock))
    return Holdings(folder, log, create(folder / name), {}, stamp, Signing("benchmark"))


def record(count: int, folder: Path, watch: Watch) -> None:
    holdings = holdings_in(folder, CustodyLog.create(folder / "custody"), "recorded.db")
    holdings.record([ProducerRecord(**holdings.stamp(), code="benchmark", name="")])
    for batch in range(count // BATCH):
        records = receipts(batch)
        if batch * BATCH % ACCESSION == 0:
            holdings.record([_accession(holdings, records[0])])
        watch.go()
        holdings.record(records)
        watch.note(holdings.log.size)


def _accession(holdings: Holdings, receipt: Record) -> AccessionRecord:
    if not isinstance(receipt, ReceiptRecord):
        raise TypeError("the first record of a batch is a receipt")
    return AccessionRecord(
        **holdings.stamp(),
        accession=receipt.accession,
        producer="benchmark",
        source=b"/media/usb",
        listing_sha256="00" * 32,
        metadata_name=None,
        metadata_sha256=None,
    )


def rebuild(folder: Path, watch: Watch) -> None:
    holdings = holdings_in(folder, CustodyLog.open(folder / "custody"), "rebuilt.db")
    durable.promise = lambda what: watch.note(holdings.catalogue.applied()) if what == "commit catalogue" else None
    watch.go()
    holdings.catch_up()
    watch.note(holdings.log.size)


def main() -> None:
    what, *rest = sys.argv[1:]
    watch = Watch()
    if what == "record":
        record(int(rest[0]), Path(rest[1]), watch)
    else:
        rebuild(Path(rest[0]), watch)
    print(json.dumps({"spent": watch.spent, "memory": peak_memory()}))


if __name__ == "__main__":
    main()
