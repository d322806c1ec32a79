"""What a person brings along with a delivery beside the producer's table."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Brought:
    """``checksums`` are checksum files of the producer's that do not lie in the delivery."""

    checksums: tuple[Path, ...] = ()


NOTHING = Brought()
"""A delivery that comes alone."""
