"""What a person brings along with a delivery beside the producer's table."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from archive.ingest.transfer import Note
from archive.model.transfer import Transfer


@dataclass(frozen=True, slots=True)
class Brought:
    """``checksums`` are checksum files of the producer's that do not lie in the delivery.

    ``transfer`` is what is said of the hand-over, ``note`` its note; ``keep_open``: more of the accession is to come.
    """

    checksums: tuple[Path, ...] = ()
    transfer: Transfer | None = None
    note: Note | None = None
    keep_open: bool = False


NOTHING = Brought()
"""A delivery that comes alone."""
