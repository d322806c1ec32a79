"""The whole life of a delivery, one call per stage (DESIGN §4). Start here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from archive.ingest.accession import Desk, Finished, open_accession
from archive.ingest.agreement import terms_for
from archive.ingest.appraise import appraise
from archive.ingest.brought import NOTHING, Brought
from archive.ingest.close import Accessioned, close, report, report_finished
from archive.ingest.examine import examine
from archive.ingest.journal import Lot, lots
from archive.ingest.metadata import MetadataFile
from archive.ingest.receive import receive
from archive.ingest.rights import weigh
from archive.ingest.seal import place, seal
from archive.ingest.survey import look
from archive.ingest.workbench import Workbench
from archive.model.identifiers import PackageId, new_identifier
from archive.model.packages import Outcome


def ingest(
    source: Path,
    *,
    producer: str,
    metadata: MetadataFile | None,
    accession: str | None,
    bench: Workbench,
    brought: Brought = NOTHING,
) -> Accessioned:
    """Take in the delivery at ``source`` and answer how it stands. The same call goes on where a killed one stopped."""
    given, around = brought.checksums, _around(producer, bench)
    delivery = look(source, producer=producer, metadata=metadata, checksums=given, **around)  # 1 survey
    desk = open_accession(delivery, wanted=accession, bench=bench, brought=brought)
    if isinstance(desk, Finished):
        return report_finished(desk.accession, bench=bench)
    owed = list(desk.owed)
    for lot in _open_lots(desk, bench):
        received = receive(delivery, lot, folder=desk.folder / lot.package, bench=bench)  # 2 receive
        examined = examine(received, bench=bench)  # 3 examine
        held = bench.holdings.catalogue.held(file.sha256 for file in received.files)
        rights = weigh(received, metadata=delivery.metadata, bench=bench)
        decision = appraise(examined, rights=rights, held=held)  # 4 appraise
        prepared = seal(decision, delivery=delivery, accession=desk.accession, bench=bench)  # 5 seal
        owed += place(prepared, desk=desk.folder, bench=bench)  # 6 replicate, 7 record
        if not decision.files:
            owed += received.findings  # nothing was sealed that could keep them
        if bench.progress.stopping():
            return report(desk.accession, findings=tuple(owed), closed=False, bench=bench)
    return close(desk, delivery, owed=owed, bench=bench, keep_open=brought.keep_open)


def _around(producer: str, bench: Workbench) -> dict[str, Any]:
    """What a look at a delivery needs of the archive."""
    holdings = bench.holdings
    terms = terms_for(holdings.catalogue, producer)
    return {"home": holdings.home, "scratch": bench.staging, "today": holdings.stamp.clock().date(), "terms": terms}


def _open_lots(desk: Desk, bench: Workbench) -> Iterator[Lot]:
    """The lots of the journal without the files that are decided; a lot whose package is sealed gets a new one."""
    catalogue = bench.holdings.catalogue
    for lot in lots(desk.listed.path):
        rows = catalogue.received(desk.accession, [file.name for file in lot.files])
        decided = {row.id for row in rows if row.outcome is not Outcome.PENDING}
        waiting = tuple(file for file in lot.files if file.file not in decided)
        if waiting and catalogue.package(lot.package) is not None:
            yield Lot(PackageId(new_identifier()), waiting)
        elif waiting:
            yield replace(lot, files=waiting)
