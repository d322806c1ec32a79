"""The whole life of a delivery, one call per stage (DESIGN §4). Start here."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from archive.errors import ArchiveError
from archive.ingest.accession import Desk, Finished, open_accession
from archive.ingest.agreement import terms_for
from archive.ingest.apart import keep_apart
from archive.ingest.appraise import appraise
from archive.ingest.brought import NOTHING, Brought
from archive.ingest.close import Accessioned, close, report, report_finished
from archive.ingest.examine import examine
from archive.ingest.identifying import Awaited, Identifying
from archive.ingest.journal import Lot, lots
from archive.ingest.metadata import MetadataFile
from archive.ingest.quarantine import quarantine
from archive.ingest.receive import Received, receive
from archive.ingest.references import store_once
from archive.ingest.rights import weigh
from archive.ingest.seal import place, seal
from archive.ingest.survey import Delivery, look
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
    delivery = _look(source, producer=producer, metadata=metadata, brought=brought, bench=bench)  # 1 survey
    desk = open_accession(delivery, wanted=accession, bench=bench, brought=brought)
    if isinstance(desk, Finished):
        return report_finished(desk.accession, bench=bench)
    owed = list(desk.owed)
    with closing(_receive(delivery, desk, bench)) as arriving:  # 2 receive
        for received, answers in arriving:
            examined = examine(received, answers, bench=bench)  # 3 examine
            held = bench.holdings.catalogue.held(file.sha256 for file in received.files)
            rights = weigh(received, metadata=delivery.metadata, bench=bench)
            apart = keep_apart(examined, delivery=delivery, bench=bench)
            decision = appraise(examined, rights=rights, held=held, apart=apart)  # 4 appraise
            owed += quarantine(decision, delivery=delivery, desk=desk, bench=bench)
            decision = store_once(decision, accession=desk.accession, terms=delivery.terms, bench=bench)
            prepared = seal(decision, delivery=delivery, accession=desk.accession, bench=bench)  # 5 seal
            owed += place(prepared, desk=desk.folder, bench=bench)  # 6 replicate, 7 record
            owed += () if decision.files else received.findings  # nothing was sealed that could keep them
    if bench.progress.stopping():
        return report(desk.accession, findings=tuple(owed), closed=False, bench=bench)
    return close(desk, delivery, owed=owed, bench=bench, keep_open=brought.keep_open)


def _look(
    source: Path, *, producer: str, metadata: MetadataFile | None, brought: Brought, bench: Workbench
) -> Delivery:
    """The delivery at ``source``, held against what was agreed with its producer."""
    return look(
        source,
        producer=producer,
        metadata=metadata,
        checksums=brought.checksums,
        terms=terms_for(bench.holdings.catalogue, producer),
        ours=bench.holdings.folders(),
        scratch=bench.staging,
        today=bench.holdings.stamp.clock().date(),
    )


def _receive(delivery: Delivery, desk: Desk, bench: Workbench) -> Generator[tuple[Received, Awaited], None, None]:
    """Lot after lot, received, with the crew's answers; when a person asks to stop, those in hand.

    The crew looks at files while others arrive. Two lots are in hand at most: one is received while the crew finishes
    the one before it. What fails in receiving is told when whoever takes them from here has the lot before it.
    """
    totals = bench.holdings.catalogue.totals(desk.accession)
    bench.progress.stage("files", total=desk.listed.files, done=totals.received - totals.pending)
    with Identifying(bench.identify) as identifying:
        before: tuple[Received, Awaited] | None = None
        failure: ArchiveError | None = None
        for lot in _open_lots(desk, bench):
            try:
                with identifying.lot() as arriving:
                    received = receive(delivery, lot, folder=desk.folder / lot.package, told=arriving.put, bench=bench)
            except ArchiveError as error:
                failure = error
                break
            if before is not None:
                yield before
            before = received, arriving.answers
            if bench.progress.stopping():
                break
        if before is not None:
            yield before
        if failure is not None:
            raise failure


def _open_lots(desk: Desk, bench: Workbench) -> Iterator[Lot]:
    """The lots of the journal without the files that are decided; a lot whose package is sealed gets a new one."""
    catalogue = bench.holdings.catalogue
    for lot in lots(desk.listed.path):
        rows = catalogue.received(desk.accession, [file.name for file in lot.files])
        decided = {row.id for row in rows if row.outcome is not Outcome.PENDING}
        waiting = tuple(file for file in lot.files if file.file not in decided)
        if waiting and catalogue.package(lot.package) is not None:
            yield replace(lot, package=PackageId(new_identifier()), files=waiting)
        elif waiting:
            yield replace(lot, files=waiting)
