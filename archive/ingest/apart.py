"""Which received files are kept apart: what a scanner found malware in, and what nobody has said anything about.

An item stays together: where one of its files is infected, its side-cars go with it.
"""

from __future__ import annotations

from collections.abc import Sequence

from archive.catalogue.catalogue import Catalogue
from archive.ingest.companions import companions
from archive.ingest.examine import Examined
from archive.ingest.receive import ReceivedFile
from archive.ingest.survey import Delivery
from archive.ingest.workbench import Workbench
from archive.model.identifiers import FileId, ItemId
from archive.model.malware import MalwareOutcome, Scan
from archive.model.packages import Outcome
from archive.model.quarantine import QuarantineReason
from profiles.ingest_profile import Orphans

Member = tuple[ReceivedFile, Scan]


def keep_apart(examined: Examined, *, delivery: Delivery, bench: Workbench) -> dict[FileId, QuarantineReason]:
    """The files of a lot that are kept apart, and why."""
    items: dict[str, list[Member]] = {}
    for file, scan in zip(examined.received.files, examined.scans, strict=True):
        items.setdefault(file.expected.item or file.expected.file, []).append((file, scan))
    catalogue = bench.holdings.catalogue
    together = companions(examined.received, catalogue)
    apart: dict[FileId, QuarantineReason] = {}
    for members in items.values():
        first = members[0][0].expected
        names = (first.name,) if first.item is None else together[first.item]
        earlier = None if first.item is None or len(names) == len(members) else _earlier(first.item, catalogue)
        why = _why(members, names, earlier, delivery)
        if why is not None:
            apart |= {file.expected.file: why for file, _ in members}
    return apart


def _why(
    members: Sequence[Member], names: Sequence[bytes], earlier: QuarantineReason | None, delivery: Delivery
) -> QuarantineReason | None:
    if any(scan.outcome is MalwareOutcome.INFECTED for _, scan in members):
        return QuarantineReason.INFECTED
    if earlier is not None:
        return earlier
    if delivery.terms.orphans is Orphans.QUARANTINE and delivery.metadata is not None:
        rows = delivery.metadata.rows
        if not any(rows.spellings(name) for name in names):
            return QuarantineReason.WITHOUT_ROW
    return None


def _earlier(item: ItemId, catalogue: Catalogue) -> QuarantineReason | None:
    """Why those files of an item are kept apart that were received before; None where they are not."""
    rows = catalogue.files_of_item(item)
    places = [row.aip for row in rows if row.outcome is Outcome.QUARANTINED and row.aip is not None]
    kept = next((row for place in places if (row := catalogue.quarantine(place)) is not None), None)
    return None if kept is None else kept.why
