"""A list of consents as a partner keeps it, read like any other table: any encoding, any separator."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

from archive.errors import ArchiveError
from archive.holdings.consents import read_consent
from archive.ingest.metadata import MetadataFile, open_table
from archive.ingest.record import Contents, Record
from archive.model.names import shown
from archive.model.rights import Consent

COLUMNS = {
    "ref": ("ref", "consent_ref"),
    "person": ("person", "person_code"),
    "scope": ("scope", "consent_scope"),
    "terms": ("terms", "restriction"),
    "given": ("given", "consent_date"),
    "expires": ("expires", "consent_expiry"),
}
"""What a list of consents says, and by which headings; ``ref``, ``scope`` and ``given`` must be there."""

_NEEDED = ("ref", "scope", "given")
_MOST_PROBLEMS = 20


@dataclass(frozen=True, slots=True)
class _Places:
    """Where each of our words stands in a list."""

    places: dict[str, int]

    def cell(self, record: Record, word: str) -> str:
        place = self.places.get(word, len(record.cells))
        return record.cells[place].strip() if place < len(record.cells) else ""


def read_consents(given: MetadataFile) -> list[Consent]:
    """The consents of the table ``given``. Raises ArchiveError naming every line or row that is wrong: all or none.

    Columns of other headings are not read: a list of consents may hold names, which must not get in here.
    """
    known = {heading for headings in COLUMNS.values() for heading in headings}
    table = open_table(given, known=known, scratch=None).contents
    consents, problems = [], list[str]()
    with closing(table.records):
        places = _places(given, table)
        for record in table.records:
            consent, wrong = _consent(record, places)
            consents += [] if consent is None else [consent]
            problems += [f"{table.unit} {record.line}: {problem}" for problem in wrong]
    if problems:
        more = [f"and {len(problems) - _MOST_PROBLEMS} more"] if len(problems) > _MOST_PROBLEMS else []
        listed = "".join(f"\n  {problem}" for problem in (*problems[:_MOST_PROBLEMS], *more))
        raise ArchiveError(
            f"{given.path} was not taken in:{listed}", hint=f"mend these {table.unit}s, then give the command again"
        )
    return consents


def _places(given: MetadataFile, table: Contents) -> _Places:
    heading = table.heading
    folded = [cell.casefold() for cell in heading]
    found = {word: folded.index(name) for word, names in COLUMNS.items() for name in reversed(names) if name in folded}
    missing = [word for word in _NEEDED if word not in found]
    if missing:
        there = shown(", ".join(heading)) or "nothing"
        raise ArchiveError(
            f"{given.path}: the first {table.unit} has no column '{missing[0]}' (found: {there})",
            hint=f"a list of consents has the columns {', '.join(COLUMNS)}; person, terms and expires may be missing",
        )
    return _Places(found)


def _consent(record: Record, places: _Places) -> tuple[Consent | None, Iterator[str] | list[str]]:
    if record.error is not None:
        return None, [f"cannot be read ({record.error})"]
    odd = [remark.why for remark in record.remarks if remark.place in places.places.values()]
    if odd:
        return None, odd
    return read_consent(
        ref=places.cell(record, "ref"),
        person=places.cell(record, "person") or None,
        scope=places.cell(record, "scope"),
        terms=places.cell(record, "terms"),
        given=places.cell(record, "given"),
        expires=places.cell(record, "expires") or None,
    )
