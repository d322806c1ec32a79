"""From records about rights and consents to rows: a part of the fold in ``apply``."""

from __future__ import annotations

from dataclasses import replace

from archive import canonical
from archive.catalogue.catalogue import Catalogue
from archive.catalogue.rows import ConsentRow, FileRightsRow
from archive.model.moments import format_moment
from archive.model.records import ConsentRecord, ConsentWithdrawnRecord, RightsRecord


def state_rights(catalogue: Catalogue, n: int, record: RightsRecord) -> None:
    """Take in what was stated about the rights in some files."""
    statement = canonical.encode(record.statement).decode("ascii")
    consents, persons = (_findable(record.statement.get(column)) for column in ("consent_ref", "person"))
    rows = [
        FileRightsRow(leaf=n, file=file, statement=statement, consents=consents, persons=persons)
        for file in record.files
    ]
    known = catalogue.with_rights(record.files)
    catalogue.insert([row for row in rows if row.file not in known])
    catalogue.replace_all([row for row in rows if row.file in known])


def _findable(codes: str | None) -> str:
    return "" if codes is None else f" {codes} "


def register_consent(catalogue: Catalogue, n: int, record: ConsentRecord) -> None:
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
    if known is None:
        catalogue.insert([row])
    else:
        catalogue.replace(row)


def withdraw_consent(catalogue: Catalogue, n: int, record: ConsentWithdrawnRecord) -> None:
    """Take in that a consent was taken back."""
    known = catalogue.consent(record.ref)
    if known is None:
        raise ValueError(f"record {n} withdraws a consent that was never registered: {record.ref}")
    catalogue.replace(replace(known, leaf=n, withdrawn=record.withdrawn, withdrawn_reason=record.reason))
