"""How the files of a delivery are spread: extensions, first octets, sizes, dates, and those that stand out. Bounded."""

from __future__ import annotations

import heapq
import re
from collections import Counter
from datetime import UTC, datetime, timedelta

from archive.ingest.facts import Dates, Placed, Shape, Share
from archive.ingest.noticed import Noticed, Notices

SHARES = 30
"""Lines of a list of shares; what is left over is added up in one more."""
LARGEST = 10
OUTERMOST = 5
NO_EXTENSION = "(none)"
OTHERS = "(others)"

_MOST_EXTENSIONS = 5_000
_EXTENSION = re.compile(r"[\w~$+-]{1,16}")
_SECOND = 1_000_000_000
_TOLERANCE = timedelta(days=1)  # disks in FAT formats keep local times and no zone


class Spread:
    """How many files of each word there are, and how large; of words beyond a bound only the sum."""

    def __init__(self) -> None:
        self._files: Counter[str] = Counter()
        self._bytes: Counter[str] = Counter()

    def add(self, what: str, size: int) -> None:
        """Take one file."""
        if what not in self._files and len(self._files) >= _MOST_EXTENSIONS:
            what = OTHERS
        self._files[what] += 1
        self._bytes[what] += size

    def shares(self) -> tuple[Share, ...]:
        """The words with most files first; the rest in one share."""
        words = sorted(self._files.keys() - {OTHERS}, key=lambda word: (-self._files[word], word))
        shares = [Share(word, self._files[word], self._bytes[word]) for word in words[:SHARES]]
        rest = [*words[SHARES:], OTHERS]
        if files := sum(self._files[word] for word in rest):
            shares.append(Share(OTHERS, files, sum(self._bytes[word] for word in rest)))
        return tuple(shares)


class Outstanding:
    """Keeps the few entries with the greatest numbers; of equal ones the first."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: list[tuple[int, int, bytes]] = []
        self._seen = 0

    def add(self, number: int, path: bytes) -> None:
        """Take one entry."""
        self._seen += 1
        if len(self._kept) < self._most:
            heapq.heappush(self._kept, (number, -self._seen, path))
        elif number > self._kept[0][0]:
            heapq.heapreplace(self._kept, (number, -self._seen, path))

    def kept(self) -> tuple[Placed, ...]:
        """The greatest first."""
        return tuple(Placed(path, number) for number, _, path in sorted(self._kept, reverse=True))


class Tallies:
    """Takes every file of a delivery."""

    def __init__(self, notices: Notices, *, now: datetime) -> None:
        self._notices = notices
        self._latest = int((now + _TOLERANCE).timestamp())
        self._extensions, self._beginnings = Spread(), Spread()
        self._digits: dict[int, tuple[int, int]] = {}
        self._months: Counter[tuple[int, int]] = Counter()
        self._early = self._future = 0
        self._largest, self._deepest, self._longest = (
            Outstanding(LARGEST),
            Outstanding(OUTERMOST),
            Outstanding(OUTERMOST),
        )

    def add(self, path: bytes, base: bytes, *, size: int, mtime_ns: int, beginning: str) -> None:
        """Take one file: its path, the last part of it, and what its first octets say."""
        self._extensions.add(extension(base), size)
        self._beginnings.add(beginning, size)
        digits = len(str(size))
        files, octets = self._digits.get(digits, (0, 0))
        self._digits[digits] = files + 1, octets + size
        self._largest.add(size, path)
        self._dated(path, mtime_ns // _SECOND)

    def placed(self, path: bytes) -> None:
        """Take the path of an entry of any kind."""
        self._deepest.add(path.count(b"/") + 1, path)
        self._longest.add(len(path) if path.isascii() else len(path.decode("utf-8", "surrogateescape")), path)

    def shape(self) -> Shape:
        """Everything taken so far."""
        return Shape(
            by_extension=self._extensions.shares(),
            by_beginning=self._beginnings.shares(),
            by_digits=dict(sorted(self._digits.items())),
            dates=Dates(dict(sorted(self._months.items())), self._early, self._future),
            largest=self._largest.kept(),
            deepest=self._deepest.kept(),
            longest=self._longest.kept(),
        )

    def _dated(self, path: bytes, seconds: int) -> None:
        if seconds > self._latest:
            self._future += 1
            self._notices.add(Noticed.FUTURE, path, _day(seconds))
        elif seconds < _NINETIES:
            self._early += 1
            self._notices.add(Noticed.EARLY, path, _day(seconds))
        else:
            moment = datetime.fromtimestamp(seconds, UTC)
            self._months[moment.year, moment.month] += 1


_NINETIES = int(datetime(1990, 1, 1, tzinfo=UTC).timestamp())


def extension(base: bytes) -> str:
    """What stands behind the last dot of a name, in small letters; a name that only begins with a dot has none."""
    stem, _, last = base.rpartition(b".")
    if not stem.strip(b"."):
        return NO_EXTENSION
    try:
        text = last.decode("utf-8").lower()
    except UnicodeDecodeError:
        return NO_EXTENSION
    return text if _EXTENSION.fullmatch(text) else NO_EXTENSION


def _day(seconds: int) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).date().isoformat()
    except (ValueError, OverflowError, OSError):
        return "beyond any calendar"
