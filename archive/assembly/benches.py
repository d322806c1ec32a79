"""What the functional entities work with, from an open archive."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from archive.assembly.parts import (
    LEASES,
    Archive,
)
from archive.holdings.acting import Acting
from archive.ingest.lease import Leases
from archive.ingest.workbench import Workbench
from archive.inspection.identification import Identification
from archive.planning.signatures import witnesses
from archive.progress import Progress, Silent


def acting(archive: Archive, *, progress: Progress | None = None) -> Acting:
    """What an act works with that takes two persons."""
    return Acting(archive.holdings, archive.config, archive.home, archive.staging, progress or Silent())


def ingest_bench(archive: Archive, *, progress: Progress) -> Workbench:
    """What ingest works with, on every core. Its leases are held until its user leaves ``with bench.leases``."""
    from archive.inspection import pool

    makes = witnesses(archive.holdings)

    def identify(files: Iterable[tuple[Path, str]]) -> Iterator[tuple[Identification, ...]]:
        return pool.examine_many(files, workers=os.cpu_count() or 1, makes=makes)

    return Workbench(
        holdings=archive.holdings,
        staging=archive.staging,
        leases=Leases(archive.home / LEASES),
        policy=archive.config.packages,
        identify=identify,
        progress=progress,
    )
