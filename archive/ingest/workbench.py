"""What ingest works with, taken as arguments and never looked up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from archive.config import PackagePolicy
from archive.holdings.holdings import Holdings
from archive.ingest.lease import Leases
from archive.inspection.identification import Identification
from archive.progress import Progress, Silent
from archive.storage.reading import open_quietly

SourceOpener = Callable[[bytes], BinaryIO]
"""Opens one delivered file for its one reading."""

Identify = Callable[[Iterable[tuple[Path, str]]], Iterator[tuple[Identification, ...]]]
"""What each identifier says of files, given where the bytes lie and the delivered name, in the same order."""


@dataclass(frozen=True, slots=True)
class Workbench:
    """The workshops and settings that ingest needs."""

    holdings: Holdings
    staging: Path
    leases: Leases
    policy: PackagePolicy
    identify: Identify
    progress: Progress = field(default_factory=Silent)
    open_source: SourceOpener = open_quietly
