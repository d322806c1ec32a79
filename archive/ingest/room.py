"""Whether the disks of an archive have room for a delivery."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PAPERS = 4_096
"""Octets that are reckoned for each file beside its own: METS, PREMIS, manifests, and what its disk rounds up."""


@dataclass(frozen=True, slots=True)
class Room:
    """One disk: the locations on it, octets needed there and free; ``free`` is None where it cannot be asked now."""

    locations: tuple[str, ...]
    needed: int
    free: int | None

    @property
    def enough(self) -> bool:
        """Whether it fits; not known is not enough."""
        return self.free is not None and self.needed <= self.free


def room_for(files: int, size: int, places: Mapping[str, Path]) -> tuple[Room, ...]:
    """What a delivery of so many files and octets needs, disk by disk; ``places`` are locations by name."""
    disks: dict[object, list[str]] = {}
    for name, folder in places.items():
        try:
            disks.setdefault(os.stat(folder).st_dev, []).append(name)
        except OSError:
            disks.setdefault(name, []).append(name)
    once = size + files * PAPERS
    return tuple(Room(tuple(names), once * len(names), _free(places[names[0]])) for names in disks.values())


def _free(folder: Path) -> int | None:
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None
