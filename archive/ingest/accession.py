"""Opening an accession: is this delivery new, known and unfinished, known and finished, or known and changed."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, fields, replace
from pathlib import Path

from archive import durable
from archive.catalogue.rows import AccessionRow
from archive.errors import ArchiveError, UsageError
from archive.holdings.sealing import own_disk
from archive.ingest.brought import NOTHING, Brought
from archive.ingest.earlier import known_before
from archive.ingest.journal import (
    JOURNAL,
    Earlier,
    Listed,
    is_blocked,
    journal_path,
    list_delivery,
    look_again,
    make_staging,
)
from archive.ingest.lease import source_name
from archive.ingest.papers import keep_note
from archive.ingest.reopened import carry_over
from archive.ingest.scratch import PREFIX as SCRATCH
from archive.ingest.seal import finish_interrupted
from archive.ingest.survey import Delivery
from archive.ingest.terms import within
from archive.ingest.transfer import joined
from archive.ingest.unreceived import keep_account, unfinished_elsewhere
from archive.ingest.workbench import MANY, Workbench
from archive.model.identifiers import AccessionId, new_identifier
from archive.model.records import AccessionRecord, ProducerRecord, Record, TransferRecord
from archive.model.transfer import Transfer
from archive.storage.folders import discard
from profiles.finding import Finding
from profiles.ingest_profile import Grouping

NEW = "new"
"""What to give as ``--accession`` for a delivery that shall be received once more from the beginning."""

_CANDIDATE = ".listing-"
_PRODUCER = re.compile(r"[^\W_][\w.+-]{0,63}")


@dataclass(frozen=True, slots=True)
class Desk:
    """An open accession being worked on: its folder in staging and its journal there.

    ``owed`` are copies that could not be made of packages an earlier run had sealed and not recorded.
    """

    accession: AccessionId
    folder: Path
    listed: Listed
    owed: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Finished:
    """The same delivery was received in full before."""

    accession: AccessionRow


def open_accession(
    delivery: Delivery, *, wanted: str | None, bench: Workbench, brought: Brought = NOTHING
) -> Desk | Finished:
    """The accession for ``delivery``: a new one, the unfinished one, or the finished one it belongs to already.

    ``wanted`` is the identifier of an accession to go on with, ``new``, or None. Raises UsageError where the delivery
    is known and has changed, and nobody said what to do about it, where the hand-over is told otherwise than before, or
    where another delivery of the accession was not received to its end. What could not be looked at before and can be
    now is no change.
    """
    _require_producer_code(delivery.producer, bench)
    bench.leases.take(source_name(delivery.source), of=f"the delivery {delivery.source}")
    reconciled = _reconcile(bench)
    previous = _previous(delivery, wanted=wanted, bench=bench)
    if previous is not None:
        bench.leases.take(previous.id, of=f"accession {previous.id}")
    news = _news(previous, delivery, brought, bench)
    owed = () if previous is None else reconciled.get(previous.id, ())
    awaited = previous is not None and _awaits_more(previous, delivery, bench)
    if (previous is None or previous.closed_at is None) and delivery.has_files(MANY):
        bench.many_to_come()
    listed = _list(delivery, previous, more=wanted is not None or awaited, bench=bench)
    if listed.files == 0:
        _throw_away(listed)
        raise ArchiveError(f"{delivery.source} holds no files: nothing was received", hint="is this the right folder?")
    if previous is None:
        accession = AccessionId(new_identifier())
        bench.leases.take(accession, of=f"accession {accession}")
        return _begin(accession, delivery, listed, news, brought, bench)
    if _is_unchanged(previous, delivery, listed):
        return _go_on(previous, delivery, listed, owed, news, brought, bench)
    if wanted is None and not awaited:
        _throw_away(listed)
        raise _changed(previous, delivery, listed)
    if (refused := unfinished_elsewhere(previous, delivery.source, staging=bench.staging)) is not None:
        _throw_away(listed)
        raise refused
    journal = journal_path(bench.staging, previous.id)
    if previous.closed_at is None and journal.exists():
        owed += keep_account(previous, journal, listed.path, bench=bench)
    if previous.closed_at is not None:
        with own_disk(journal):
            make_staging(journal.parent)
        carry_over(previous, delivery.source, desk=journal.parent, bench=bench)
    return replace(_begin(previous.id, delivery, listed, news, brought, bench), owed=owed)


def _news(previous: AccessionRow | None, delivery: Delivery, brought: Brought, bench: Workbench) -> Transfer | None:
    """What is said of the hand-over and was not known; UsageError where it contradicts what was recorded."""
    if previous is None:
        return brought.transfer
    source = os.fsencode(delivery.source)
    rows = bench.holdings.catalogue.transfers(previous.id)
    known = next((row.transfer for row in rows if row.source == source), None)
    return joined(known, brought.transfer, of=f"accession {previous.id}")


def _told_transfer(
    accession: AccessionId, delivery: Delivery, news: Transfer | None, brought: Brought, bench: Workbench
) -> list[Record]:
    """Keep the hand-over note, and answer the record of what is new about the hand-over."""
    if brought.note is not None:
        keep_note(journal_path(bench.staging, accession).parent, brought.note)
    if news is None:
        return []
    said = {field.name: getattr(news, field.name) for field in fields(news)}
    source = os.fsencode(delivery.source)
    return [TransferRecord(**bench.holdings.stamp(), accession=accession, source=source, **said)]


def _previous(delivery: Delivery, *, wanted: str | None, bench: Workbench) -> AccessionRow | None:
    catalogue = bench.holdings.catalogue
    if wanted == NEW:
        return None
    if wanted is None:
        known = catalogue.accessions(source=os.fsencode(delivery.source), producer=delivery.producer)
        return known[-1] if known else None
    found = catalogue.accession(AccessionId(wanted))
    if found is None:
        raise UsageError(f"there is no accession {wanted}", hint="archive list shows the accessions there are")
    if found.producer != delivery.producer:
        raise UsageError(f"accession {wanted} is of producer '{found.producer}', not '{delivery.producer}'")
    return found


def _list(delivery: Delivery, previous: AccessionRow | None, *, more: bool, bench: Workbench) -> Listed:
    bench.progress.stage("listing the delivery")
    if previous is not None and not more and delivery.terms.grouping is Grouping.NONE:
        journal = journal_path(bench.staging, previous.id)
        if journal.exists() and (again := look_again(delivery, journal)).sha256 == previous.listing_sha256:
            return again  # of packages for groups there is more to tell, which only a new listing finds
    candidate = bench.staging / f"{_CANDIDATE}{source_name(delivery.source)}-{new_identifier()}"
    earlier = Earlier()
    if previous is not None and (more or not journal_path(bench.staging, previous.id).exists()):
        catalogue, same = bench.holdings.catalogue, _is_from(delivery, previous)
        files, items = catalogue.files(previous.id), catalogue.items_by_name(previous.id)
        earlier = known_before(files, items, same_folder=same, scratch=bench.staging)
    with own_disk(candidate):
        return list_delivery(delivery, candidate, policy=within(delivery.terms, bench.policy), earlier=earlier)


def _awaits_more(previous: AccessionRow, delivery: Delivery, bench: Workbench) -> bool:
    """Whether something in the delivery could not be looked at the last time, and nothing else was to change."""
    journal = journal_path(bench.staging, previous.id)
    return _same_metadata(previous, delivery) and journal.exists() and is_blocked(journal)


def _is_unchanged(previous: AccessionRow, delivery: Delivery, listed: Listed) -> bool:
    """Whether this is what the accession was opened with. Finished, it must also be the same folder."""
    alike = previous.listing_sha256 == listed.sha256 and _same_metadata(previous, delivery)
    return alike and (previous.closed_at is None or _is_from(delivery, previous))


def _is_from(delivery: Delivery, accession: AccessionRow) -> bool:
    return accession.source == os.fsencode(delivery.source)


def _same_metadata(previous: AccessionRow, delivery: Delivery) -> bool:
    """Whether the same table was given, read in the same way, and the same checksum files."""
    table = delivery.metadata
    if previous.checksums_sha256 != " ".join(delivery.given_checksums):
        return False
    if table is None or previous.metadata_reading is None:
        return table is None and previous.metadata_sha256 is None
    return previous.metadata_sha256 == table.sha256 and json.loads(previous.metadata_reading) == table.reading


def _go_on(
    previous: AccessionRow,
    delivery: Delivery,
    listed: Listed,
    owed: tuple[Finding, ...],
    news: Transfer | None,
    brought: Brought,
    bench: Workbench,
) -> Desk | Finished:
    if previous.closed_at is not None:
        _throw_away(listed)
        if news is not None:
            raise UsageError(
                f"accession {previous.id} is closed and its papers are sealed: nothing can be added to them",
                hint="leave out what was not said before; archive accession show tells what was",
            )
        return Finished(previous)
    journal = journal_path(bench.staging, previous.id)
    if journal.exists():
        _throw_away(listed)
    else:
        with own_disk(journal):
            make_staging(journal.parent)
            durable.publish(listed.path, journal)
    bench.holdings.record(_told_transfer(previous.id, delivery, news, brought, bench))
    return Desk(previous.id, journal.parent, _moved(listed, journal), owed)


def _begin(
    accession: AccessionId,
    delivery: Delivery,
    listed: Listed,
    news: Transfer | None,
    brought: Brought,
    bench: Workbench,
) -> Desk:
    """Put the journal in place, then say in the log that the accession is open."""
    journal = journal_path(bench.staging, accession)
    with own_disk(journal):
        make_staging(journal.parent)
        durable.replace(listed.path, journal)
    metadata = delivery.metadata
    records: list[Record] = []
    if bench.holdings.catalogue.producer(delivery.producer) is None:
        records.append(ProducerRecord(**bench.holdings.stamp(), code=delivery.producer, name=delivery.producer))
    records.append(
        AccessionRecord(
            **bench.holdings.stamp(),
            accession=accession,
            producer=delivery.producer,
            source=os.fsencode(delivery.source),
            listing_sha256=listed.sha256,
            metadata_name=None if metadata is None else metadata.name,
            metadata_sha256=None if metadata is None else metadata.sha256,
            metadata_reading=None if metadata is None else metadata.reading,
            checksums_sha256=delivery.given_checksums,
        )
    )
    records += _told_transfer(accession, delivery, news, brought, bench)
    bench.holdings.record(records)
    return Desk(accession, journal.parent, _moved(listed, journal))


def _throw_away(listed: Listed) -> None:
    """Remove a listing that nobody needs; the journal of an accession stays."""
    if listed.path.name != JOURNAL:
        listed.path.unlink()


def _moved(listed: Listed, journal: Path) -> Listed:
    return Listed(journal, listed.sha256, listed.files, listed.findings, listed.blocked)


def _reconcile(bench: Workbench) -> dict[str, tuple[Finding, ...]]:
    """Bring to an end what earlier runs were killed in; copies still owed, by accession.

    A package that was sealed is stored and recorded; what was only being prepared is thrown away, for the delivery
    still has it; the desk of an accession that is closed by now is cleared. What another run works on is left alone.
    """
    owed: dict[str, tuple[Finding, ...]] = {}
    for path in sorted(bench.staging.iterdir()):
        if path.name.startswith(SCRATCH):
            path.unlink(missing_ok=True)
        elif path.name.startswith(_CANDIDATE):
            with bench.leases.try_for(path.name.removeprefix(_CANDIDATE).split("-")[0]) as free:
                if free:
                    path.unlink(missing_ok=True)
        elif path.is_dir():
            with bench.leases.try_for(path.name) as free:
                if free:
                    owed[path.name] = _clear_desk(path, AccessionId(path.name), bench)
    return owed


def _clear_desk(path: Path, accession: AccessionId, bench: Workbench) -> tuple[Finding, ...]:
    known = bench.holdings.catalogue.accession(accession)
    owed = () if known is None else tuple(finish_interrupted(path, bench=bench))
    known = bench.holdings.catalogue.accession(accession)
    if known is None or known.closed_at is not None:
        discard(path)
    return owed


def _changed(previous: AccessionRow, delivery: Delivery, listed: Listed) -> UsageError:
    table = None if delivery.metadata is None else delivery.metadata.sha256
    if previous.listing_sha256 != listed.sha256:
        what = "the folder"
    elif previous.checksums_sha256 != " ".join(delivery.given_checksums):
        what = "the list of checksum files given with it"
    else:
        what = "the metadata" if previous.metadata_sha256 != table else "how the metadata is read"
    return UsageError(
        f"{delivery.source}: {what} has changed since it was received as accession {previous.id}",
        hint=f"to add what is new to that accession: --accession {previous.id}; "
        f"to receive everything once more under a new one: --accession {NEW}",
    )


def _require_producer_code(code: str, bench: Workbench) -> None:
    """UsageError for what cannot be a code, and for a new one that would be mixed up with one that is known."""
    if not _PRODUCER.fullmatch(code):
        raise UsageError(
            f"'{code}' cannot be a producer's code", hint="use up to 64 letters, digits, '.', '-', '+' or '_'"
        )
    catalogue = bench.holdings.catalogue
    if catalogue.producer(code) is None:
        for known in catalogue.producers():
            if known.code.casefold() == code.casefold():
                raise UsageError(
                    f"there is no producer '{code}', but there is '{known.code}'",
                    hint="give that code: what was agreed with one would not hold for the other",
                )
