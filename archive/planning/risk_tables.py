"""How much at risk formats are, in this archive: the tables in use, and what a newer one changes for what is held.

Two tables hold at once: the published one, which is the shipped one until a newer is taken in, and the archive's own,
whose word goes before it. Their entries stand in the custody log, so that whoever has the log has them.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from archive.catalogue.rows import FormatHolding, RiskTableRow
from archive.errors import ArchiveError, CatalogueError, UsageError
from archive.holdings.holdings import Holdings
from archive.model.digests import CHUNK, sha256_hex
from archive.model.names import shown
from archive.model.records import RiskTableRecord
from archive.model.risk import RatedFormat
from archive.storage.reading import open_quietly
from profiles.format_policy import Decision, Policy, is_worse
from profiles.format_risk import SHIPPED, Advice, Risk, RiskEntry, RiskTable, parse_day, shipped_bytes
from profiles.risk_reading import (
    MAX_OCTETS,
    Form,
    Reading,
    Refused,
    day_in_name,
    form_of,
    read_table,
    shipped_risks,
)


@dataclass(frozen=True, slots=True)
class TableInUse:
    """Where ratings come from: a file of this name and digest, taken in at ``taken_at``, or None if it is shipped."""

    form: Form
    name: str
    sha256: str
    date: date
    formats: int
    taken_at: str | None


@dataclass(frozen=True, slots=True)
class RisksInUse:
    """The ratings that hold, and the tables they come from."""

    risks: RiskTable
    tables: tuple[TableInUse, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """A format held whose risk, or what is done about it, another table changes."""

    puid: str
    name: str | None
    files: int
    bytes: int
    before: Decision
    after: Decision

    @property
    def is_worse(self) -> bool:
        """Whether it got riskier."""
        return is_worse(self.before, self.after)


@dataclass(frozen=True, slots=True)
class Offered:
    """A table that can be taken in, or is in use already, and what it changes for what is held, the worst first."""

    reading: Reading
    name: str
    sha256: str
    in_use: bool
    changes: tuple[Change, ...]

    @property
    def worse(self) -> tuple[Change, ...]:
        """What got riskier."""
        return tuple(change for change in self.changes if change.is_worse)


def risks_in_use(holdings: Holdings) -> RisksInUse:
    """The ratings that hold in this archive now."""
    rows = holdings.catalogue.risk_tables()
    tables = [_table_in_use(row) for row in rows]
    if not any(table.form is Form.PUBLISHED for table in tables):
        tables.append(_shipped())
    return RisksInUse(_together(_ratings(holdings)), tuple(sorted(tables, key=lambda table: table.form, reverse=True)))


def offer(holdings: Holdings, path: Path, *, policy: Policy, day: date | None, today: date) -> Offered | Refused:
    """What the table in the file ``path`` would change, or the faults for which it is refused.

    ``day`` is the date of a published table whose name does not tell it. Of a table that is in use already, the changes
    are those it brought. Raises UsageError for a file that is not there, for a date that is missing, lies after
    ``today`` or before that of the table in use; ArchiveError for a file that cannot be read.
    """
    data = _read(path)
    name = shown(os.fsencode(path.name))
    reading = read_table(data, name=name, day=_day(form_of(data), path.name, day))
    if isinstance(reading, Refused):
        return reading
    sha256 = sha256_hex(data)
    row = next((row for row in holdings.catalogue.risk_tables() if row.form == reading.form), None)
    now = _ratings(holdings)
    if row is not None and (row.sha256, row.date) == (sha256, reading.date.isoformat()):
        before, after, in_use = {**now, reading.form: _replaced(holdings, row)}, now, True
    else:
        _require_newer(reading, row, today=today)
        before, after, in_use = now, {**now, reading.form: reading.table}, False
    held = holdings.catalogue.format_holdings()
    changes = compare(held, policy, before=_together(before), after=_together(after))
    return Offered(reading, name, sha256, in_use, changes)


def compare(
    held: Iterable[FormatHolding], policy: Policy, *, before: RiskTable, after: RiskTable
) -> tuple[Change, ...]:
    """What is different for the formats held once ``after`` holds and not ``before``: the worst first. Pure."""
    found: dict[tuple[str, Decision, Decision], Change] = {}
    for one in held:
        if one.puid is None:
            continue
        old = policy.decide(one.puid, verdict=one.verdict, risks=before)
        new = policy.decide(one.puid, verdict=one.verdict, risks=after)
        if (old.risk, old.action) != (new.risk, new.action):
            known = found.get((one.puid, old, new), Change(one.puid, one.name, 0, 0, old, new))
            added = replace(known, files=known.files + one.files, bytes=known.bytes + one.bytes)
            found[one.puid, old, new] = added
    return tuple(sorted(found.values(), key=lambda change: (not change.is_worse, -change.files, change.puid)))


def take(holdings: Holdings, offered: Offered) -> None:
    """Use the table from here on; nothing is done for one that is in use already."""
    if offered.in_use:
        return
    entries = tuple(
        RatedFormat(entry.puid, str(entry.risk), str(entry.advice), entry.source, entry.date.isoformat())
        for entry in offered.reading.entries
    )
    record = RiskTableRecord(
        **holdings.stamp(),
        form=str(offered.reading.form),
        name=offered.name,
        sha256=offered.sha256,
        date=offered.reading.date.isoformat(),
        entries=entries,
    )
    holdings.record([record])


def _read(path: Path) -> bytes:
    if not path.is_file():
        raise UsageError(f"{path} is not a file", hint="give the table as it was published, a CSV file")
    try:
        with open_quietly(Path(os.path.realpath(path))) as file:  # the table may be named through a link
            data = b""
            while len(data) <= MAX_OCTETS and (more := file.read(CHUNK)):
                data += more
            return data
    except OSError as error:
        raise ArchiveError(
            f"{path} cannot be read: {error.strerror or error}", hint="is the medium mounted?"
        ) from error


def _day(form: Form | None, name: str, day: date | None) -> date | None:
    if form is Form.OWN and day is not None:
        raise UsageError("a table of the archive's own has a date on each line", hint="leave --date out")
    if form is not Form.PUBLISHED:
        return None
    found = day or day_in_name(name)
    if found is None:
        hint = "say on which day it was published, for example --date 2027-03-20"
        raise UsageError(f"the name {shown(name)} does not tell the date of the table", hint=hint)
    return found


def _require_newer(reading: Reading, row: RiskTableRow | None, *, today: date) -> None:
    if reading.date > today:
        hint = "check the date, and the clock of this machine"
        raise UsageError(f"the table is dated {reading.date}, and today is {today}", hint=hint)
    if row is not None:
        used = parse_day(row.date)
    elif reading.form is Form.PUBLISHED:
        used = shipped_risks().date
    else:
        return
    if reading.date < used:
        raise UsageError(
            f"the table is of {reading.date}, and the one in use is newer, of {used}",
            hint="the newer one stays in use; single ratings can be set in a table of the archive's own",
        )


def _ratings(holdings: Holdings) -> dict[Form, RiskTable]:
    """The ratings of both forms that hold now."""
    found: dict[Form, RiskTable] = {Form.PUBLISHED: shipped_risks().table, Form.OWN: {}}
    for row in holdings.catalogue.risk_tables():
        found[Form(row.form)] = _recorded(holdings, row.leaf)
    return found


def _together(ratings: Mapping[Form, RiskTable]) -> RiskTable:
    """The archive's own word goes before the published one."""
    return {**ratings[Form.PUBLISHED], **ratings[Form.OWN]}


def _replaced(holdings: Holdings, row: RiskTableRow) -> RiskTable:
    """The ratings whose place those of ``row`` took."""
    if row.previous is not None:
        return _recorded(holdings, row.previous)
    return shipped_risks().table if row.form == Form.PUBLISHED else {}


def _recorded(holdings: Holdings, leaf: int) -> RiskTable:
    if leaf >= holdings.log.size:
        hint = "give the same command again"
        raise ArchiveError("a risk table was taken in at this very moment", hint=hint, transient=True)
    record = holdings.log.record(leaf)
    if not isinstance(record, RiskTableRecord):
        raise CatalogueError(
            f"the catalogue is damaged: record {leaf} of the custody log is no risk table but {record.kind}",
            hint="archive catalogue rebuild makes a new catalogue from the bags and the custody log",
        )
    try:
        return {
            one.puid: RiskEntry(one.puid, Risk(one.risk), Advice(one.advice), one.source, parse_day(one.date))
            for one in record.entries
        }
    except ValueError as error:
        raise ArchiveError(
            f"the risk table in record {leaf} of the custody log is not understood: {error}",
            hint="use the version of this program that wrote it, or a newer one",
        ) from error


def _table_in_use(row: RiskTableRow) -> TableInUse:
    return TableInUse(Form(row.form), row.name, row.sha256, parse_day(row.date), row.formats, row.taken_at)


def _shipped() -> TableInUse:
    reading = shipped_risks()
    digest = sha256_hex(shipped_bytes())
    return TableInUse(Form.PUBLISHED, SHIPPED, digest, reading.date, len(reading.entries), None)
