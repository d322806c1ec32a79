"""The private lines at the locations: the same as the archive's own, and none that should be gone (DESIGN §7.7).

Of openings this module tells which files of them should be gone; what is in them is compared with the log.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

from archive.audit.checks import odd, wrong
from archive.custody.copies import held_openings, held_records
from archive.custody.erased import erased_lines, generations, opening_generations
from archive.custody.log import CustodyLog
from archive.custody.private import PRIVATE, Placed
from archive.custody.private_copies import held_private, private_lines_of
from archive.custody.segments import OPENINGS, pieces
from archive.errors import CustodyError
from archive.holdings.erasures import LogReading, erasure_numbers, lawful_erasures, owed_erasures
from archive.holdings.holdings import Holdings
from archive.model.log_records import ErasureRecord
from archive.storage.location import Location
from profiles.finding import Finding
from profiles.finding_codes import FindingCode


def erasures_that_count(holdings: Holdings) -> list[ErasureRecord]:
    """What was erased lawfully; nothing where the log cannot be read, which other checks tell."""
    if not erasure_numbers(holdings.catalogue):
        return []
    try:
        return lawful_erasures(holdings.archive, LogReading(holdings.log))
    except CustodyError:
        return []


def private_findings(holdings: Holdings, location: Location, erasures: Sequence[ErasureRecord]) -> Iterator[Finding]:
    """What is wrong with the private lines at a location; of one that is offline, what may still lie there."""
    if location.offline() is not None:
        yield from owed_erasures(holdings.home, holdings.catalogue, [location.name])
        return
    try:
        yield from _outdated(holdings.log, location, erasures)
        yield from _differing(holdings.log, location, erasures)
    except (CustodyError, OSError, ValueError) as error:
        yield wrong(FindingCode.COPY_PRIVATE, location.name, str(error))


def _outdated(log: CustodyLog, location: Location, erasures: Sequence[ErasureRecord]) -> Iterator[Finding]:
    for part, files, lawful in (
        (PRIVATE, held_private(location.backend), generations(erasures, log.segment)),
        (OPENINGS, held_openings(location.backend), opening_generations(erasures, log.segment)),
    ):
        for file in files:
            if file.generation < lawful[file.segment.first - file.segment.first % log.segment]:
                message = f"{part}/{file.name} holds lines that were erased; the next command that changes something "
                yield odd(FindingCode.CUSTODY_OWED, location.name, f"{message}removes it")


def _differing(log: CustodyLog, location: Location, erasures: Sequence[ErasureRecord]) -> Iterator[Finding]:
    """Records whose lines there are not the archive's own, as far as the copy of the log reaches."""
    end, gone = min(held_records(location.backend), log.size), erased_lines(erasures)
    own = chain.from_iterable(log.private.read(block) for block in pieces(0, end, log.segment))
    theirs = private_lines_of(location.backend, erasures, log.segment)
    differing = [n for n in _unlike(own, theirs, gone) if n < end]
    if differing:
        count, first = len(differing), differing[0]
        message = f"{count} records have other private lines there, or lack some; the first is record {first}"
        yield wrong(FindingCode.COPY_PRIVATE, location.name, message)


_Lines = Iterator[tuple[int, list[Placed]]]


def _unlike(own: _Lines, theirs: _Lines, gone: dict[int, frozenset[int]]) -> Iterator[int]:
    """The numbers of records that do not have the same lines in both, but for those that are gone."""
    one, two = next(own, None), next(theirs, None)
    while one is not None or two is not None:
        n = min(pair[0] for pair in (one, two) if pair is not None)
        ours = one[1] if one is not None and one[0] == n else []
        there = two[1] if two is not None and two[0] == n else []
        if [line for line in ours if line.i not in gone.get(n, frozenset())] != there:
            yield n
        one = next(own, None) if one is not None and one[0] == n else one
        two = next(theirs, None) if two is not None and two[0] == n else two
