"""Which records of the log have an effect: judged one by one, before the fold takes them (DESIGN §7.3, §7.8).

A record has none where no program announced its kind and version, where this program cannot read it, and where it sets
another one aside without two persons who may. The fold finds the rest: what contradicts what stands before it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import takewhile

from archive.catalogue.catalogue import Catalogue
from archive.custody.leaf import committed_in
from archive.custody.log import CustodyLog
from archive.custody.times import falls_at
from archive.holdings.docket import PAPERS, Docket, Key, counted, fallen_in
from archive.model.announced import Announced, announced_in
from archive.model.log_records import ProgramRecord, SetAsideRecord
from archive.model.record import Record, Unread
from archive.model.remarks import RemarkCode

Numbered = tuple[int, Record | Unread]


class Judge:
    """Judges the records of a log in order, from a place up to which the catalogue holds them.

    ``archive`` is whose log it is. ``aside`` are the ``program`` records that stand set aside, also by what is still to
    come: what only they announced was never announced.
    """

    def __init__(self, archive: str, log: CustodyLog, catalogue: Catalogue, *, aside: frozenset[int]) -> None:
        self._archive, self._log, self._catalogue, self._aside = archive, log, catalogue, aside
        programs = [row for row in catalogue.programs() if row.kinds and row.number not in aside]
        self._announced = announced_in(programs[-1].kinds) if programs else Announced()

    def take(self, n: int, item: Record | Unread) -> Record | Unread:
        """The next record as the fold is to take it."""
        judged = self._announced.judged(item)
        if n in self._aside:
            judged = _announcing_nothing(judged)
        else:
            self._announced = self._announced.after(judged)
        if isinstance(judged, SetAsideRecord):
            wrong = self.why_not_set_aside(n, judged)
            if wrong is not None:
                return Unread(item.kind, item.v, RemarkCode.CONTRADICTS, f"it was not allowed: {wrong}")
        return judged

    def why_not_set_aside(self, n: int, record: SetAsideRecord) -> str | None:
        """Why the record numbered ``n`` must not set another one aside; None where it may.

        The two who signed must have had their keys before the earliest record with a finding that is not set aside
        yet: whoever slipped a key in cannot set that aside.
        """
        remarks = {row.number: row for row in self._catalogue.remarks()}
        docket, found = Docket(self._archive), set[int]()
        before: dict[int, dict[str, Key]] = {}
        for number, paper in self._papers_below(n):
            before[number] = dict(docket.keys)
            if docket.take(number, paper) is not None:
                found.add(number)
        wrong = docket.take(n, record)
        if wrong is not None:
            return wrong
        standing = {number for number, row in remarks.items() if row.set_aside is None} | found
        standing -= {row.number for row in self._catalogue.set_aside()}
        known = standing | {row.number for row in self._catalogue.programs()}
        if record.number not in known and not falls_at(self._log, record.number):
            return f"record {record.number} has no finding that is not set aside"
        if self._commitment(record.number) != record.commitment:
            return f"record {record.number} has another commitment"
        earliest = min((number for number in (*standing, record.number) if number < n), default=n)
        trusted = next((keys for number, keys in before.items() if number >= earliest), docket.keys)
        filed = docket.requests[record.request]
        for name in (filed.record.requested_by, *(approval.key for approval in filed.approvals)):
            if trusted.get(name) != docket.keys[name]:
                return f"the key '{name}' was not yet there at record {earliest}, the first with a finding"
        return None

    def is_signed_by_two(self, n: int, record: SetAsideRecord) -> bool:
        """Whether an approved request allowed the record numbered ``n``, whatever stands elsewhere in the log."""
        docket = Docket(self._archive)
        for number, paper in self._papers_below(n):
            docket.take(number, paper)
        return docket.take(n, record) is None

    def _commitment(self, n: int) -> str:
        ((_, pair, _),) = self._log.entries(n, n + 1)
        return committed_in(pair.leaf)

    def _papers_below(self, n: int) -> Iterator[tuple[int, Record]]:
        """The records that a docket is made of, up to record ``n``, with the times that count there."""
        papers = list(self._announced_papers_below(n))
        return counted(papers, fallen_in(papers))

    def _announced_papers_below(self, n: int) -> Iterator[tuple[int, Record]]:
        announced = Announced()
        papers = self._log.read_kinds(PAPERS | {ProgramRecord.kind})
        for number, item in takewhile(lambda one: one[0] < n, papers):
            judged = announced.judged(item)
            if number not in self._aside:
                announced = announced.after(judged)
            if isinstance(judged, Record) and judged.kind in PAPERS:
                yield number, judged


def _announcing_nothing(item: Record | Unread) -> Record | Unread:
    """A ``program`` record that is set aside."""
    if isinstance(item, ProgramRecord):
        return replace(item, kinds=())
    return replace(item, announces=None) if isinstance(item, Unread) else item


def programs_aside(archive: str, log: CustodyLog, catalogue: Catalogue) -> frozenset[int]:
    """The ``program`` records that two persons set aside anywhere in the log, also in what the catalogue has not seen.

    The log is searched from where the catalogue ends.
    """
    known = {row.number for row in catalogue.set_aside()}
    programs = {row.number for row in catalogue.programs()}
    new = log.numbers_of(ProgramRecord.kind, SetAsideRecord.kind, start=catalogue.applied())
    programs |= {n for n, kind in new if kind == ProgramRecord.kind}
    found = set[int]()
    for n in (n for n, kind in new if kind == SetAsideRecord.kind):
        item = log.item(n)
        if isinstance(item, SetAsideRecord) and item.number in programs:
            judge = Judge(archive, log, catalogue, aside=frozenset(found))
            if judge.is_signed_by_two(n, item):
                found.add(item.number)
    return frozenset((known & programs) | found)
