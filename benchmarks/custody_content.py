"""What the benchmarks of log and catalogue record: receipts as an ingest of a real delivery makes them."""

from __future__ import annotations

import hashlib
import random
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

from archive.model.identifiers import AccessionId, FileId, PackageId
from archive.model.packages import Outcome
from archive.model.records import Octets, ReceiptRecord, Record

BATCH = 5_000
"""Records of one append: the receipts of one full package, as ingest records them."""

_BEGUN = datetime(2026, 11, 22, 5, 49, 22, 123_456, tzinfo=UTC)


def receipts(batch: int, *, count: int = BATCH) -> list[Record]:
    """The receipts of package number ``batch``: random identifiers and digests, Cyrillic names; the same each time."""
    chance = random.Random(batch)
    accession = AccessionId(_identifier(random.Random(f"accession {batch // 20}")))  # twenty packages in one accession
    package = PackageId(_identifier(chance))
    received = _BEGUN + timedelta(seconds=61 * batch)
    return [
        ReceiptRecord(
            time=received,
            actor="archivist-1",
            machine="archive-1",
            version="0.1.0",
            accession=accession,
            file=FileId(_identifier(chance)),
            name=f"Задержанные/2020-08-{batch % 28 + 1:02d}/Окрестина, видео {number:05d}.mp4".encode(),
            size=Octets(chance.randrange(10**9)),
            sha256=hashlib.sha256(b"%d %d" % (batch, number)).hexdigest(),
            blake3=hashlib.sha256(b"%d-%d" % (batch, number)).hexdigest(),
            mtime=Octets(1_597_000_000_000_000_000 + chance.randrange(10**15)),
            outcome=Outcome.ACCEPTED,
            aip=package,
        )
        for number in range(count)
    ]


def _identifier(chance: random.Random) -> str:
    return str(uuid.UUID(int=chance.getrandbits(128), version=4))


def peak_memory() -> int:
    """The most memory this process ever had, in KiB (Linux). Unlike getrusage it knows nothing of the parent."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    raise OSError("/proc/self/status has no VmHWM")
