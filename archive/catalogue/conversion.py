"""Between frozen rows and rows of the database: which table, which columns, and the digest that each row carries."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import fields
from operator import attrgetter
from typing import Any, TypeVar

from sqlalchemy import RowMapping, Table

from archive.catalogue import schema
from archive.catalogue.digests import row_digest
from archive.catalogue.rows import (
    AccessionRow,
    AgentRow,
    AgreementRow,
    ConsentRow,
    DamageRow,
    FileFormatRow,
    FileRightsRow,
    FileRow,
    HandoverRow,
    HandoverVolumeRow,
    IdentificationRow,
    IncidentRow,
    ItemFileRow,
    KeyRow,
    LegalHoldRow,
    LocationRow,
    MalwareFileRow,
    MalwareScanRow,
    PackageRow,
    PaperRow,
    PolicyRow,
    ProducerRow,
    QuarantineKeyRow,
    QuarantineRow,
    ReplicaRow,
    RiskTableRow,
    Row,
    SignaturesRow,
    TimestampRow,
    TombstoneRow,
    TransferRow,
)
from archive.errors import CatalogueError
from archive.model.acts import AgentRole, HoldScope
from archive.model.fixity import FixityOutcome
from archive.model.formats import ToldBy
from archive.model.malware import NEVER, MalwareOutcome, Scanned
from archive.model.packages import Outcome, PackageKind, ReplicaState
from archive.model.quarantine import QuarantineDecision, QuarantineReason
from archive.model.transfer import SealState

TABLES: dict[type[Row], Table] = {
    LocationRow: schema.location,
    ProducerRow: schema.producer,
    AgreementRow: schema.agreement,
    AccessionRow: schema.accession,
    TransferRow: schema.transfer,
    FileRow: schema.file,
    ItemFileRow: schema.item_file,
    FileRightsRow: schema.file_rights,
    ConsentRow: schema.consent,
    PackageRow: schema.package,
    IdentificationRow: schema.identification,
    FileFormatRow: schema.file_format,
    SignaturesRow: schema.signatures,
    RiskTableRow: schema.risk_table,
    ReplicaRow: schema.replica,
    IncidentRow: schema.incident,
    DamageRow: schema.damage,
    HandoverRow: schema.handover,
    HandoverVolumeRow: schema.handover_volume,
    KeyRow: schema.key,
    TimestampRow: schema.timestamp,
    AgentRow: schema.agent,
    PolicyRow: schema.policy,
    PaperRow: schema.paper,
    LegalHoldRow: schema.legal_hold,
    TombstoneRow: schema.tombstone,
    MalwareScanRow: schema.malware_scan,
    MalwareFileRow: schema.malware_file,
    QuarantineKeyRow: schema.quarantine_key,
    QuarantineRow: schema.quarantine,
}
"""The table of each kind of row."""

_NAMES = {kind: tuple(field.name for field in fields(kind)) for kind in TABLES}
_FIELDS: dict[type[Row], tuple[tuple[str, ...], Callable[[Row], tuple[object, ...]]]] = {
    kind: (names, attrgetter(*names)) for kind, names in _NAMES.items()
}
"""The names of a row's fields, and what gives their values."""

_WORDS: dict[type[Row], dict[str, type]] = {
    FileRow: {"outcome": Outcome},
    TransferRow: {"seal_state": SealState},
    DamageRow: {"outcome": FixityOutcome},
    PackageRow: {"kind": PackageKind},
    ReplicaRow: {"state": ReplicaState},
    AgentRow: {"role": AgentRole},
    FileFormatRow: {"told_by": ToldBy},
    LegalHoldRow: {"scope": HoldScope},
    MalwareScanRow: {"outcome": MalwareOutcome},
    MalwareFileRow: {"outcome": MalwareOutcome},
    QuarantineRow: {"why": QuarantineReason, "decision": QuarantineDecision},
}
"""Columns of text that are words of an enumeration in rows."""

_DECIMALS = frozenset({"mtime"})
"""Columns of decimal text that are numbers in rows."""

R = TypeVar("R", bound=Row)

_PLAIN = frozenset({str, int, bytes, type(None)})
"""Types that are stored as they are."""

REBUILD = "archive catalogue rebuild makes a new catalogue from the bags and the custody log"
"""What to do about a damaged catalogue."""


def values_of(row: Row) -> dict[str, object]:
    """What is stored of a row, by column, with its digest."""
    names, fields_of = _FIELDS[type(row)]
    values: dict[str, object] = dict(zip(names, fields_of(row), strict=True))
    for name, value in values.items():
        if type(value) not in _PLAIN or name in _DECIMALS:
            values[name] = _stored(name, value)
    values["row_digest"] = row_digest(TABLES[type(row)].name, values)
    return values


def scanned(found: Iterable[tuple[str | None, str | None, int]]) -> list[Scanned]:
    """Counts by outcome and detail: most files first. Of files nobody ever looked at, that is what is said."""
    said = [
        Scanned(MalwareOutcome.NOT_CHECKED, NEVER, files)
        if outcome is None
        else Scanned(MalwareOutcome(outcome), detail, files)
        for outcome, detail, files in found
    ]
    return sorted(said, key=lambda one: (-one.files, one.outcome, one.detail or ""))


def _stored(name: str, value: object) -> object:
    # A word of an enumeration is stored as plain text, and so is a number that may pass 64 bits.
    return str(value) if isinstance(value, str) or name in _DECIMALS else value


def row_of(kind: type[R], found: RowMapping) -> R:
    """The row that was stored; CatalogueError where it does not fit its digest."""
    values: dict[str, Any] = dict(found)
    digest = values.pop("row_digest")
    table = TABLES[kind]
    if row_digest(table.name, values) != digest:
        key = ", ".join(str(values[column.name]) for column in table.primary_key.columns)
        raise CatalogueError(
            f"the catalogue is damaged: the row {key} of table {table.name} does not fit its digest",
            hint=REBUILD,
        )
    for name in _DECIMALS & values.keys():
        values[name] = int(values[name])
    for name, word in _WORDS.get(kind, {}).items():
        values[name] = None if values[name] is None else word(values[name])
    return kind(**values)
