"""How accessions stand, and what persons decide about them: lists, receipts, and files that will not be had."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from archive.catalogue.rows import AccessionRow, FileRow, here
from archive.errors import ArchiveError, UsageError
from archive.holdings.holdings import Holdings
from archive.holdings.numbering import accession_called
from archive.ingest.close import obstacles, open_findings
from archive.ingest.decided_since import decided_since
from archive.ingest.journal import journal_path
from archive.ingest.papers import filed, kept_findings, was_received
from archive.ingest.receipt import Receipt, Submitted, gather, receipt_rows
from archive.ingest.unreceived import AT_ONCE, give_up
from archive.ingest.workbench import Workbench
from archive.model.digests import CHUNK, Digester
from archive.model.identifiers import FileId, PackageId
from archive.model.names import shown
from archive.model.packages import Outcome, PackageKind, replica_key
from archive.model.records import AccessionClosedRecord, Octets, ReceiptRecord
from archive.packages.accession import SUBMISSION, receipt_lines
from archive.packages.sealed import read_promise
from profiles.finding_codes import may_reach_producer

_CSV = b"data/documentation/receipt.csv"


@dataclass(frozen=True, slots=True)
class Archived:
    """What is needed to tell how an accession stands: the holdings, where open ones are worked on, and who we are."""

    holdings: Holdings
    staging: Path
    organization: str


def accession(holdings: Holdings, identifier: str) -> AccessionRow:
    """The accession of that identifier or number; UsageError where there is none."""
    known = accession_called(holdings.catalogue, identifier)
    if known is None:
        raise UsageError(f"there is no accession {identifier}", hint="archive accession list shows them")
    return known


def obstacles_of(known: AccessionRow, archived: Archived) -> tuple[str, ...]:
    """Why an accession cannot be closed now; nothing where it is closed."""
    if known.closed_at is not None:
        return ()
    pending = archived.holdings.catalogue.totals(known.id).pending
    return obstacles(known, reason="", staging=archived.staging, pending=pending)


def receipt_of(known: AccessionRow, archived: Archived) -> Receipt:
    """The receipt as it stands now. Raises ArchiveError where the papers of a closed accession cannot be had."""
    holdings = archived.holdings
    if known.closed_at is None:
        desk = journal_path(archived.staging, known.id).parent
        findings, submission = open_findings(known.id, desk, holdings.catalogue), tuple(_filed(desk))
        csv, reason, more_to_come = _csv_digest(known, holdings), "", not was_received(known, desk)
    else:
        package, more_to_come = _papers(known, holdings), False
        findings = tuple(kept_findings(package, holdings))
        promised = _promised(package, holdings)
        submission = tuple(
            Submitted(shown(path.removeprefix(SUBMISSION.encode())), digest)
            for path, digest in promised.items()
            if path.startswith(SUBMISSION.encode())
        )
        closing = holdings.log.record(known.leaf)
        csv, reason = promised[_CSV], closing.reason if isinstance(closing, AccessionClosedRecord) else ""
    return gather(
        holdings,
        known,
        organization=archived.organization,
        findings=tuple(decided_since(filter(may_reach_producer, findings), known.id, holdings.catalogue)),
        submission=submission,
        csv_sha256=csv,
        closing=None,
        at=holdings.stamp.clock(),
        reason=reason,
        more_to_come=more_to_come,
    )


def receipt_csv(known: AccessionRow, archived: Archived) -> Iterator[bytes]:
    """``receipt.csv``: as it was sealed, in pieces; of an open accession as it would be now."""
    if known.closed_at is None:
        return receipt_lines(receipt_rows(archived.holdings, known.id))
    return _sealed_csv(_papers(known, archived.holdings), archived.holdings)


def reject(
    identifier: str, files: Sequence[str], *, reason: str, bench: Workbench, dry_run: bool = False
) -> list[FileRow]:
    """Decide that pending files of an open accession will not be had, and answer them; recorded all or none.

    ``files`` are identifiers or delivered paths. Raises UsageError where one of them is not pending there.
    """
    known = accession(bench.holdings, identifier)
    _require_reason(reason)
    if not dry_run:
        bench.leases.take(known.id, of=f"accession {known.id}")
    rows = [_pending(known, name, bench.holdings) for name in dict.fromkeys(files)]
    rows = list({row.id: row for row in rows}.values())
    if not dry_run:
        bench.holdings.record([_rejected(row, reason, bench) for row in rows])
    return rows


def reject_all(identifier: str, *, reason: str, bench: Workbench) -> int:
    """Decide that nothing more of an open accession will be had, and answer how many files that is about.

    They are those that are pending and those that were listed and never came. The same call goes on where a killed one
    stopped.
    """
    known = accession(bench.holdings, identifier)
    _require_reason(reason)
    bench.leases.take(known.id, of=f"accession {known.id}")
    count = give_up(known, reason=reason, bench=bench)
    while rows := list(islice(bench.holdings.catalogue.files(known.id, outcome=Outcome.PENDING), AT_ONCE)):
        bench.holdings.record([_rejected(row, reason, bench) for row in rows])
        count += len(rows)
    return count


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise UsageError("a decision has a reason", hint="--reason TEXT; it stands in the custody log for ever")


def _pending(known: AccessionRow, named: str, holdings: Holdings) -> FileRow:
    row = holdings.catalogue.file(FileId(named))
    if row is None or row.accession != known.id:
        found = holdings.catalogue.received(known.id, [os.fsencode(named)])
        row = found[0] if len(found) == 1 else None
    if row is None:
        hint = "archive accession show lists what is pending; give the file's identifier"
        raise UsageError(f"accession {known.id} has no file '{shown(named)}'", hint=hint)
    if row.outcome is not Outcome.PENDING:
        hint = "only what is pending can be rejected; to have a file deleted: archive deletion --help"
        raise UsageError(f"file {row.id} ({shown(row.name)}) is not pending, it is {row.outcome}", hint=hint)
    return row


def _rejected(row: FileRow, reason: str, bench: Workbench) -> ReceiptRecord:
    return ReceiptRecord(
        **bench.holdings.stamp(reason),
        accession=row.accession,
        file=row.id,
        name=row.name,
        size=Octets(here(row.size)),
        sha256=row.sha256,
        blake3=row.blake3,
        mtime=Octets(here(row.mtime)),
        outcome=Outcome.REJECTED,
        package=None,
    )


def _filed(desk: Path) -> Iterator[Submitted]:
    for one in filed(desk)[-1:]:
        for name, chunks in one.submission():
            yield Submitted(shown(name), _digest(chunks))


def _csv_digest(known: AccessionRow, holdings: Holdings) -> str:
    return _digest(receipt_lines(receipt_rows(holdings, known.id)))


def _digest(chunks: Iterable[bytes]) -> str:
    digester = Digester(("sha256",))
    for chunk in chunks:
        digester.update(chunk)
    return digester.digests()["sha256"]


def _papers(known: AccessionRow, holdings: Holdings) -> PackageId:
    rows = holdings.catalogue.packages(known.id)
    papers = [row.id for row in rows if row.kind is PackageKind.ACCESSION]
    if not papers:
        raise ArchiveError(
            f"the papers of accession {known.id} are held no more", hint="archive deletion list says why"
        )
    return papers[-1]


def _promised(package: PackageId, holdings: Holdings) -> dict[bytes, str]:
    """What the papers must hold: SHA-256 by path, as the custody log vouches for it."""
    row = holdings.catalogue.package(package)
    if row is None:
        raise ValueError(f"no package {package}")
    promise = read_promise(row, (location.reader(replica_key(package)) for location in holdings.online()))
    if not promise.complete:
        raise _not_here(package)
    return {path: expected.sha256 for path, expected in promise.files.items() if expected.sha256 is not None}


def _sealed_csv(package: PackageId, holdings: Holdings) -> Iterator[bytes]:
    wanted = _promised(package, holdings)[_CSV]
    for location in holdings.online():
        try:
            with location.reader(replica_key(package)).open(_CSV) as stream:
                if _digest(_pieces(stream)) != wanted:
                    continue  # the audit will say what is wrong with this copy
            stream = location.reader(replica_key(package)).open(_CSV)
        except OSError:
            continue
        with stream:
            yield from _pieces(stream)
        return
    raise _not_here(package)


def _pieces(stream: BinaryIO) -> Iterator[bytes]:
    return iter(lambda: stream.read(CHUNK), b"")


def _not_here(package: PackageId) -> ArchiveError:
    return ArchiveError(
        f"no right copy of package {package}, the papers of the accession, is in reach",
        hint="bring a location back (archive status), or let archive audit repair it",
        transient=True,
    )
