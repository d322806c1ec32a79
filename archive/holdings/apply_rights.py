"""The steps of the fold for rights and consents.

What a statement or a consent says that is not here any more is nothing: what rested on it is embargo again.
"""

from __future__ import annotations

from dataclasses import replace

from archive import canonical
from archive.catalogue.catalogue import Catalogue
from archive.catalogue.rows import ConsentRow, FileRightsRow
from archive.holdings.folding import folds, recorded
from archive.model.moments import format_moment
from archive.model.records import ConsentRecord, ConsentWithdrawnRecord, RightsRecord


@folds(RightsRecord)
def _state_rights(catalogue: Catalogue, n: int, record: RightsRecord) -> None:
    """Take in what was stated about the rights in some files."""
    stated = record.statement or {}
    statement = canonical.encode(stated).decode("ascii")
    consents, persons = (_findable(stated.get(column)) for column in ("consent_ref", "person"))
    rows = [
        FileRightsRow(leaf=n, file=file, statement=statement, consents=consents, persons=persons)
        for file in record.files
    ]
    catalogue.put_all(rows)


def _findable(codes: str | None) -> str:
    return "" if codes is None else f" {codes} "


@folds(ConsentRecord)
def _register_consent(catalogue: Catalogue, n: int, record: ConsentRecord) -> None:
    """Take in a consent, or its correction; a withdrawal stays. One that says nothing any more gives nothing."""
    known = catalogue.get(ConsentRow, record.consent)
    row = ConsentRow(
        leaf=n,
        id=record.consent,
        ref=record.ref or "",
        person=record.person,
        scope=record.scope or "",
        terms=record.terms or "",
        given=record.given or "",
        expires=record.expires,
        withdrawn=None if known is None else known.withdrawn,
        withdrawn_reason=None if known is None else known.withdrawn_reason,
        recorded_at=format_moment(record.time),
    )
    catalogue.put(row)


@folds(ConsentWithdrawnRecord)
def _withdraw_consent(catalogue: Catalogue, n: int, record: ConsentWithdrawnRecord) -> None:
    """Take in that a consent was taken back: on the day of the record, where its own is not here any more."""
    known = recorded(catalogue.get(ConsentRow, record.consent), "a consent")
    withdrawn = record.withdrawn or format_moment(record.time)[:10]
    catalogue.replace(replace(known, leaf=n, withdrawn=withdrawn, withdrawn_reason=record.reason))
