"""What ingest works with, taken as arguments and never looked up."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from archive.config import PackagePolicy
from archive.errors import StorageError
from archive.holdings.holdings import Holdings
from archive.inspection.identification import Identification
from archive.progress import Progress, Silent

SourceOpener = Callable[[bytes], BinaryIO]
"""Opens one delivered file for its one reading."""

Identify = Callable[[Iterable[tuple[Path, str]]], Iterator[tuple[Identification, ...]]]
"""What each identifier says of files, given where the bytes lie and the delivered name, in the same order."""


def open_delivered(path: bytes) -> BinaryIO:
    """A reading of a delivered regular file that follows no link, waits for nobody and leaves no trace.

    Raises OSError; for anything but a regular file too.
    """
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        descriptor = os.open(path, flags | getattr(os, "O_NOATIME", 0))
    except PermissionError:  # only the owner may ask to leave the access time alone
        descriptor = os.open(path, flags)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError("is no longer a regular file")
    return os.fdopen(descriptor, "rb", buffering=0)


@contextmanager
def own_disk(path: Path) -> Iterator[None]:
    """Around what is written to our own disk at ``path``: where that fails, StorageError saying what to do."""
    try:
        yield
    except OSError as error:
        raise StorageError(
            f"{path}: {error.strerror or error}",
            hint="free space or mend the disk, then give the same command again; what is sealed stays",
            transient=True,
        ) from error


@dataclass(frozen=True, slots=True)
class Workbench:
    """The workshops and settings that ingest needs."""

    holdings: Holdings
    staging: Path
    policy: PackagePolicy
    identify: Identify
    progress: Progress = field(default_factory=Silent)
    open_source: SourceOpener = open_delivered
