"""Which received files are kept apart: what a scanner found malware in, and what nobody has said anything about.

An item stays together: where one of its files is infected, its side-cars go with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from archive.catalogue.catalogue import Catalogue
from archive.ingest.examine import Examined
from archive.ingest.receive import ReceivedFile
from archive.ingest.survey import Delivery
from archive.ingest.workbench import Workbench
from archive.model.identifiers import AccessionId, FileId, ItemId
from archive.model.malware import MalwareOutcome, Scan
from archive.model.packages import Outcome
from archive.model.quarantine import QuarantineReason
from profiles.ingest_profile import Orphans

Member = tuple[ReceivedFile, Scan]


@dataclass(frozen=True, slots=True)
class _Earlier:
    """What became of the files of an item that were received before: their names, and why they are kept apart."""

    names: tuple[bytes, ...] = ()
    why: QuarantineReason | None = None


def keep_apart(
    examined: Examined, *, delivery: Delivery, accession: AccessionId, bench: Workbench
) -> dict[FileId, QuarantineReason]:
    """The files of a lot that are kept apart, and why."""
    items: dict[str, list[Member]] = {}
    for file, scan in zip(examined.received.files, examined.scans, strict=True):
        items.setdefault(file.expected.item or file.expected.file, []).append((file, scan))
    earlier = _earlier(examined, accession, bench.holdings.catalogue)
    apart: dict[FileId, QuarantineReason] = {}
    for item, members in items.items():
        why = _why(members, earlier.get(item, _Earlier()), delivery)
        if why is not None:
            apart |= {file.expected.file: why for file, _ in members}
    return apart


def _why(members: Sequence[Member], earlier: _Earlier, delivery: Delivery) -> QuarantineReason | None:
    if any(scan.outcome is MalwareOutcome.INFECTED for _, scan in members):
        return QuarantineReason.INFECTED
    if earlier.why is not None:
        return earlier.why
    if delivery.terms.orphans is Orphans.QUARANTINE and delivery.metadata is not None:
        names = (*(file.expected.name for file, _ in members), *earlier.names)
        if not any(delivery.metadata.rows.spellings(name) for name in names):
            return QuarantineReason.WITHOUT_ROW
    return None


def _earlier(examined: Examined, accession: AccessionId, catalogue: Catalogue) -> Mapping[str, _Earlier]:
    """Of the items of which some files could not be read before, what became of the others."""
    belonging = {file.expected.name: file.expected.item for file in examined.received.files if file.expected.item}
    waiting = catalogue.received(accession, list(belonging))
    return {item: _decided(item, catalogue) for row in waiting if (item := belonging.get(row.name)) is not None}


def _decided(item: ItemId, catalogue: Catalogue) -> _Earlier:
    rows = catalogue.files_of_item(item)
    places = [row.aip for row in rows if row.outcome is Outcome.QUARANTINED and row.aip is not None]
    kept = next((row for place in places if (row := catalogue.quarantine(place)) is not None), None)
    return _Earlier(tuple(row.name for row in rows), None if kept is None else kept.why)
