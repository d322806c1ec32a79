"""The steps of the fold for rights and consents."""

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
    statement = canonical.encode(record.statement).decode("ascii")
    consents, persons = (_findable(record.statement.get(column)) for column in ("consent_ref", "person"))
    rows = [
        FileRightsRow(leaf=n, file=file, statement=statement, consents=consents, persons=persons)
        for file in record.files
    ]
    catalogue.put_all(rows)


def _findable(codes: str | None) -> str:
    return "" if codes is None else f" {codes} "


@folds(ConsentRecord)
def _register_consent(catalogue: Catalogue, n: int, record: ConsentRecord) -> None:
    """Take in a consent, or its correction; a withdrawal stays."""
    known = catalogue.consent(record.ref)
    row = ConsentRow(
        leaf=n,
        ref=record.ref,
        person=record.person,
        scope=record.scope,
        terms=record.terms,
        given=record.given,
        expires=record.expires,
        withdrawn=None if known is None else known.withdrawn,
        withdrawn_reason=None if known is None else known.withdrawn_reason,
        recorded_at=format_moment(record.time),
    )
    catalogue.put(row)


@folds(ConsentWithdrawnRecord)
def _withdraw_consent(catalogue: Catalogue, n: int, record: ConsentWithdrawnRecord) -> None:
    """Take in that a consent was taken back."""
    known = recorded(catalogue.consent(record.ref), "a consent")
    catalogue.replace(replace(known, leaf=n, withdrawn=record.withdrawn, withdrawn_reason=record.reason))
