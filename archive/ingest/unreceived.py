"""Files that were listed and never came: told before another listing takes the place of theirs, and decided about.

A file counts as received, pending or rejected from the moment something is recorded of it. A run that is stopped leaves
others of which only the journal knows; they must not go with it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from archive.catalogue.catalogue import Catalogue
from archive.catalogue.rows import AccessionRow
from archive.errors import UsageError
from archive.holdings.holdings import Holdings
from archive.ingest.journal import Expected, delivered_items, is_blocked, journal_path, lots
from archive.ingest.papers import file_away, was_received
from archive.ingest.scratch import scratch_database, scratch_file, writing_scratch
from archive.ingest.told import Told
from archive.ingest.workbench import Workbench
from archive.model.identifiers import AccessionId, FileId
from archive.model.names import shown
from archive.model.packages import Outcome
from archive.model.records import Octets, ReceiptRecord
from profiles.finding import Finding, Severity
from profiles.finding_codes import FindingCode

_SCHEMA = "CREATE TABLE gone (name BLOB PRIMARY KEY, file TEXT, size INTEGER, mtime TEXT) WITHOUT ROWID;"
AT_ONCE = 1_000
"""Files that are recorded together."""


def unreceived(journal: Path, accession: AccessionId, catalogue: Catalogue) -> Iterator[Expected]:
    """Files of a journal of which nothing is recorded, in its order."""
    for lot in lots(journal):
        known = {row.id for row in catalogue.received(accession, [file.name for file in lot.files])}
        yield from (file for file in lot.files if file.file not in known)


def keep_account(known: AccessionRow, journal: Path, newer: Path, *, bench: Workbench) -> tuple[Finding, ...]:
    """Record as pending what ``journal`` lists, nobody received, and ``newer`` does not name; tell of each.

    Done before ``newer`` takes its place: a run that is killed in between finds them recorded already.
    """
    told = Told()

    def telling(files: Iterable[Expected]) -> Iterator[Expected]:
        for file in files:
            message = (
                "stood in the delivery when it was listed and was gone before it was received; it is pending: bring it "
                "back and give the same command again, or decide with archive accession reject"
            )
            told.add(Finding(FindingCode.GONE_BEFORE_RECEIVED, Severity.ERROR, shown(file.name), message))
            yield file

    with _gone(journal, newer, known.id, bench) as gone:
        reason = "listed, and gone before it was received"
        _record(telling(gone), known, Outcome.PENDING, reason=reason, holdings=bench.holdings)
    return told.findings(where="archive accession show counts them")


@contextmanager
def _gone(journal: Path, newer: Path, accession: AccessionId, bench: Workbench) -> Iterator[Iterator[Expected]]:
    database = scratch_database(bench.staging, _SCHEMA)
    try:
        with writing_scratch(database):
            waiting = unreceived(journal, accession, bench.holdings.catalogue)
            rows = ((file.name, file.file, file.size, str(file.mtime)) for file in waiting)
            database.executemany("INSERT OR IGNORE INTO gone VALUES (?, ?, ?, ?)", rows)
            names = ((name,) for item in delivered_items(newer) for name in item)
            database.executemany("DELETE FROM gone WHERE name = ?", names)
        found = database.execute("SELECT file, name, size, mtime FROM gone ORDER BY name")
        yield (Expected(FileId(file), bytes(name), size, int(mtime)) for file, name, size, mtime in found)
    finally:
        database.close()


def unfinished_elsewhere(known: AccessionRow, source: Path, *, staging: Path) -> UsageError | None:
    """Why nothing from ``source`` can be added: another delivery was begun for it and not received to its end."""
    desk = journal_path(staging, known.id).parent
    if known.closed_at is not None or known.source == os.fsencode(source) or was_received(known, desk):
        return None
    return UsageError(
        f"accession {known.id}: what was delivered at {shown(known.source)} was not received to its end",
        hint="give the ingest command of it again first; where it cannot be had any more: "
        f"archive accession reject {known.id} --all",
    )


def waiting_for(known: AccessionRow, *, staging: Path, catalogue: Catalogue) -> tuple[int, int]:
    """How many files of an open accession are pending, and how many more were listed and never came."""
    journal = journal_path(staging, known.id)
    if known.closed_at is not None:
        return 0, 0
    never = sum(1 for _ in unreceived(journal, known.id, catalogue)) if journal.exists() else 0
    return catalogue.totals(known.id).pending, never


def give_up(known: AccessionRow, *, reason: str, bench: Workbench) -> int:
    """Decide that listed files that never came will not be had, and answer how many; keep the listing as the papers.

    The same call goes on where a killed one stopped.
    """
    journal = journal_path(bench.staging, known.id)
    if known.closed_at is not None or not journal.exists():
        return 0
    waiting = unreceived(journal, known.id, bench.holdings.catalogue)
    count = _record(waiting, known, Outcome.REJECTED, reason=reason, holdings=bench.holdings)
    if not was_received(known, journal.parent):
        message = f"the rest of what was delivered here was not received: {reason}"
        with scratch_file(bench.staging) as unmatched:
            file_away(
                journal.parent,
                journal,
                source=known.source,
                listing_sha256=known.listing_sha256,
                blocked=is_blocked(journal),
                findings=[Finding(FindingCode.NOT_RECEIVED_TO_ITS_END, Severity.ERROR, shown(known.source), message)],
                unmatched=unmatched,
                submission=(),
            )
    return count


def _record(
    files: Iterable[Expected], known: AccessionRow, outcome: Outcome, *, reason: str, holdings: Holdings
) -> int:
    count, waiting = 0, iter(files)
    while some := list(islice(waiting, AT_ONCE)):
        holdings.record([not_received(file, known.id, outcome, holdings.stamp(reason)) for file in some])
        count += len(some)
    return count


def not_received(file: Expected, accession: AccessionId, outcome: Outcome, stamp: Mapping[str, Any]) -> ReceiptRecord:
    """The record of a listed file of which no octet is held."""
    return ReceiptRecord(
        **stamp,
        accession=accession,
        file=file.file,
        name=file.name,
        size=Octets(file.size),
        sha256=None,
        blake3=None,
        mtime=Octets(file.mtime),
        outcome=outcome,
        package=None,
    )
