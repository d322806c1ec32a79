"""Files found below paths that somebody named, and what the witnesses say of each, without an archive.

Nothing is followed that lies below a named folder: a link there is told as a link. What cannot be examined has a line
of its own with the reason, so that every name that is there is accounted for.
"""

from __future__ import annotations

import os
import stat
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from archive.inspection.identification import Answers, describe
from archive.inspection.pool import WITNESSES, Makers, Task, examine_many
from archive.inspection.verdict import Verdict, decide, of_interest
from archive.model.formats import Kind


@dataclass(frozen=True, slots=True)
class Found:
    """A path that was come upon; ``reason`` says why it is not examined, or is None."""

    path: bytes
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Examined:
    """A path with the verdict, and the answers it rests on: none where nothing was asked for the ``reason`` given."""

    path: bytes
    verdict: Verdict
    answers: Answers
    reason: str | None = None


def find(paths: Iterable[bytes]) -> Iterator[Found]:
    """The named files, and everything but folders below the named folders, each folder in the order of its names."""
    for path in paths:
        try:
            yield from _of_mode(path, os.stat(path).st_mode)
        except OSError as error:
            yield Found(path, describe(error))


def _below(folder: bytes) -> Iterator[Found]:
    waiting = [folder]
    while waiting:
        path = waiting.pop()
        try:
            mode = os.lstat(path).st_mode
            if not stat.S_ISDIR(mode):
                yield from _of_mode(path, mode)
                continue
            waiting += (os.path.join(path, name) for name in sorted(os.listdir(path), reverse=True))
        except OSError as error:
            yield Found(path, describe(error))


def _of_mode(path: bytes, mode: int) -> Iterator[Found]:
    if stat.S_ISDIR(mode):
        yield from _below(path)
    elif stat.S_ISREG(mode):
        yield Found(path)
    elif stat.S_ISLNK(mode):
        yield Found(path, "a symbolic link, not followed")
    else:
        yield Found(path, "not a regular file")


def examine_found(found: Iterable[Found], *, workers: int, makes: Makers = WITNESSES) -> Iterator[Examined]:
    """The verdict over each of ``found``, in their order. Raises ArchiveError when a witness cannot be built."""
    waiting: deque[Found] = deque()

    def tasks() -> Iterator[Task]:
        for one in found:
            waiting.append(one)
            if one.reason is None:
                path = Path(os.fsdecode(one.path))
                yield path, path.name

    for answers in examine_many(tasks(), workers=workers, makes=makes):
        yield from _passed_over(waiting)
        yield Examined(waiting.popleft().path, decide(answers), of_interest(answers))
    yield from _passed_over(waiting)


def _passed_over(waiting: deque[Found]) -> Iterator[Examined]:
    """Those at the head of the queue about whom nobody was asked."""
    while waiting and waiting[0].reason is not None:
        one = waiting.popleft()
        yield Examined(one.path, Verdict(Kind.NOT_EXAMINED, None, None), (), one.reason)
