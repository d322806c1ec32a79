"""Delivered files that look like tables about the others or like lists of digests, told by their names alone."""

from __future__ import annotations

import heapq
import re
from dataclasses import dataclass
from enum import StrEnum

from archive.ingest.grouping import LONGER

MOST = 20
"""Candidates that are kept: those nearest to the top of the delivery, among them those called metadata first."""

_TABLE = re.compile(rb".+\.(?:csv|tsv|tab)", re.IGNORECASE | re.DOTALL)
_SPREADSHEET = re.compile(rb".+\.(?:xlsx|xlsm|xls|ods)", re.IGNORECASE | re.DOTALL)
# "метаданные" is rare; "опись" is what archives call a list of files
_LIKELY = re.compile(rb"metadata|\xd0\xbe\xd0\xbf\xd0\xb8\xd1\x81\xd1\x8c|inventory|index", re.IGNORECASE)
_LIST = re.compile(
    rb"(?:.*[-_. ])?(?:md5|sha-?1|sha-?256|sha-?384|sha-?512|blake3|b3)(?:sums?)?(?:\.(?:txt|asc))?"
    rb"|manifest-[a-z0-9]+\.txt|(?:checksums?|hash(?:es)?|digests?)(?:\.(?:txt|csv|md5|sha\w*))?|.+\.sfv",
    re.IGNORECASE | re.DOTALL,
)


class Role(StrEnum):
    """What such a file is for."""

    TABLE = "table"
    SPREADSHEET = "spreadsheet"
    CHECKSUMS = "checksums"


HINTS = {
    Role.TABLE: "if it is about the files, give it along: --metadata FILE",
    Role.SPREADSHEET: "if it is about the files, give it along: --metadata FILE",
    Role.CHECKSUMS: "a list of digests; files are held against it where its name is a usual one, else give it along: "
    "--checksums FILE",
}
"""What to do with each."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One such file."""

    path: bytes
    role: Role


def role_of(base: bytes) -> Role | None:
    """What a file called ``base`` may be for; None for side-cars of single files and everything else."""
    if base.lower().endswith(tuple(ending.encode() for ending in LONGER)):
        return None
    if _LIST.fullmatch(base):
        return Role.CHECKSUMS
    if _TABLE.fullmatch(base):
        return Role.TABLE
    return Role.SPREADSHEET if _SPREADSHEET.fullmatch(base) else None


class Candidates:
    """Takes every file and keeps the candidates nearest to the top; its memory has a bound."""

    def __init__(self) -> None:
        self._count = 0
        self._kept: list[tuple[int, bool, int, Candidate]] = []

    def add(self, path: bytes, base: bytes) -> None:
        """Take one file."""
        role = role_of(base)
        if role is None:
            return
        self._count += 1
        likely = _LIKELY.search(base) is not None
        entry = (-path.count(b"/"), likely, -self._count, Candidate(path, role))
        if len(self._kept) < MOST:
            heapq.heappush(self._kept, entry)
        else:
            heapq.heappushpop(self._kept, entry)

    def kept(self) -> tuple[Candidate, ...]:
        """The candidates, the nearest to the top first."""
        return tuple(candidate for *_, candidate in sorted(self._kept, reverse=True))

    @property
    def more(self) -> int:
        """How many were not kept."""
        return self._count - len(self._kept)
