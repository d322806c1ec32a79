"""Format identification of many files, in order, by several processes.

The workers are spawned, not forked: the caller may hold locks, threads and database connections. Each has a pipe of
its own, so that the death of one leaves the others and the order alone. Files go to a worker in batches, and those of
a batch that it died over go to the next one by one: then it is known which file it was.
"""

from __future__ import annotations

import gc
import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import chain, islice
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from pathlib import Path
from time import monotonic
from types import TracebackType

from archive.errors import ArchiveError
from archive.inspection.evidence_file import EvidenceFile
from archive.inspection.fido_identifier import FidoIdentifier
from archive.inspection.identification import Answers, FormatIdentifier, Identification, describe
from archive.inspection.local_identifier import LocalIdentifier
from archive.inspection.retelling import Listener, Teller
from archive.inspection.siegfried_identifier import SiegfriedIdentifier
from archive.inspection.spawning import no_modules_from_here, one_core_each

Task = tuple[Path, str]
"""Where a file lies, and the name it was delivered under."""

SMALL_BATCH = 64
"""Files below which starting workers (half a second) costs more than it saves."""

WINDOW = 1024
"""Files taken from the caller ahead of the answer that is due, at most: one slow file must not stop the others."""

BATCH = 16
"""Files that are handed over and answered together: talking about a file must cost less than looking at it."""

QUEUE = 2
"""Batches one worker is handed ahead, so that it never waits; few enough that no pipe fills up and blocks both ends."""


PATIENCE = 120.0
"""Seconds a worker may take over one file, or over one batch before its files are looked at one by one: four times
what ``FidoIdentifier`` gives itself. Siegfried gives itself no limit and cannot be interrupted, only killed with its
process."""

_GIVE_WAY = 10
"""How far workers step back (nice(2)): all wait for whoever brings them files and seals those they have seen."""

Makers = Sequence[Callable[[], FormatIdentifier]]
"""What builds each witness in the process it is to work in; importable by name."""

WITNESSES: Makers = (FidoIdentifier, SiegfriedIdentifier, LocalIdentifier)
"""Who is asked about a file: two registries' identifiers, and our own signatures."""


def identify_many(
    paths: Iterable[Task], *, workers: int, make: Callable[[], FormatIdentifier] = FidoIdentifier
) -> Iterator[Identification]:
    """One Identification for each of ``paths``, in their order: what ``examine_many`` says with one witness."""
    return (answer for (answer,) in examine_many(paths, workers=workers, makes=(make,)))


def examine_many(
    paths: Iterable[Task], *, workers: int, makes: Makers = WITNESSES, patience: float = PATIENCE
) -> Iterator[Answers]:
    """What each witness says of each of ``paths``, in their order.

    ``paths`` may be endless: no more than ``WINDOW`` files are taken ahead. With one worker, or fewer than
    ``SMALL_BATCH`` files, everything happens in this process. A file that cannot be read, and a file whose worker died
    over it or took more than ``patience`` seconds, has answers with no match and a warning, and the batch goes on.

    Raises ArchiveError when a witness cannot be built or a worker cannot be started.
    """
    with Crew(workers=workers, makes=makes, patience=patience) as crew:
        yield from crew.examine(paths)


class Crew:
    """Workers that stay from one call of ``examine`` to the next, until their user leaves the ``with`` block.

    They are started when there is enough to do for the first time. One call at a time; from any thread.
    """

    def __init__(self, *, workers: int, makes: Makers = WITNESSES, patience: float = PATIENCE) -> None:
        self._count = workers
        self._makes = makes
        self._patience = patience
        self._workers: list[_Worker] = []

    def __enter__(self) -> Crew:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._dismiss()

    def begin(self) -> None:
        """Start the workers now, where there will be enough to do: they need a second to get ready."""
        if self._count > 1 and not self._workers:
            self._workers = [_Worker(self._makes) for _ in range(self._count)]

    def examine(self, paths: Iterable[Task]) -> Iterator[Answers]:
        """As ``examine_many``, with the same errors."""
        tasks = iter(paths)
        if self._count > 1 and not self._workers:
            first = list(islice(tasks, SMALL_BATCH))
            tasks = chain(first, tasks)
            if len(first) == SMALL_BATCH:
                self.begin()
        return self._elsewhere(_Waiting(tasks)) if self._workers else _examine_here(tasks, self._makes)

    def _elsewhere(self, waiting: _Waiting) -> Iterator[Answers]:
        answers: dict[int, Answers] = {}
        due = 0
        done = False
        try:
            while True:
                for worker in self._workers:
                    worker.take_from(waiting, before=due + WINDOW)
                if not any(worker.in_hand for worker in self._workers):
                    done = True
                    return
                for place in _reporting(self._workers, self._patience):
                    worker = self._workers[place]
                    answers.update(worker.answers())
                    if worker.dead:
                        answers.update(worker.bury(waiting))
                        self._workers[place] = _Worker(self._makes)
                while due in answers:
                    yield answers.pop(due)
                    due += 1
        finally:
            if not done:  # they have files in hand that nobody waits for any more
                self._dismiss()

    def _dismiss(self) -> None:
        for worker in self._workers:
            worker.dismiss()
        self._workers = []


def _examine_here(tasks: Iterable[Task], makes: Makers) -> Iterator[Answers]:
    witnesses = [make() for make in makes]
    for path, name in tasks:
        yield _ask_all(witnesses, path, name)


def _ask_all(witnesses: Sequence[FormatIdentifier], path: Path, name: str) -> Answers:
    try:
        with EvidenceFile(path) as file:
            return tuple(_ask(witness, file, name) for witness in witnesses)
    except OSError as error:
        return tuple(_unread(witness, error) for witness in witnesses)


def _ask(witness: FormatIdentifier, file: EvidenceFile, name: str) -> Identification:
    try:
        return witness.examine(file, name=name)
    except OSError as error:
        return _unread(witness, error)
    except Exception as error:
        # Witnesses promise not to; one that breaks its promise over a file nobody foresaw must not end the batch.
        return _tool(witness).nothing(warning=f"identification failed: {describe(error)}")


def _unread(witness: FormatIdentifier, error: OSError) -> Identification:
    return _tool(witness).nothing(warning=f"the file could not be read: {describe(error)}", unread=True)


@dataclass(frozen=True, slots=True)
class _Tool:
    """Who answers."""

    name: str
    version: str
    signatures: str
    ours: bool = False

    def nothing(self, *, warning: str, unread: bool = False) -> Identification:
        said = Identification((), self.name, self.version, self.signatures, warning, failed=True, unread=unread)
        return replace(said, ours=self.ours)


@dataclass(frozen=True, slots=True)
class _Introduction:
    """The first thing a worker says: who its witnesses are, so that we can speak for them when it dies."""

    tools: tuple[_Tool, ...]


def _tool(witness: FormatIdentifier) -> _Tool:
    return _Tool(witness.tool, witness.tool_version, witness.signatures, witness.ours)


def _reporting(crew: list[_Worker], patience: float) -> list[int]:
    """Places in the crew of those who have something to say; waits until somebody has, and ends who takes too long."""
    while True:
        heard = wait([worker.connection for worker in crew], timeout=patience / 4)
        for worker in crew:
            if worker.connection not in heard:
                worker.end_if_slower_than(patience)
        if heard:
            return [place for place, worker in enumerate(crew) if worker.connection in heard]


Batch = list[tuple[int, Task]]
"""Numbered tasks."""


class _Waiting:
    """Numbered tasks nobody has in hand; those a dead worker left behind come first, one by one."""

    def __init__(self, tasks: Iterable[Task]) -> None:
        self._fresh = enumerate(tasks)
        self._taken = 0
        self._again: deque[tuple[int, Task]] = deque()

    def take(self, *, before: int) -> Batch:
        """The next tasks of those with numbers below ``before``; nothing when there are none."""
        if self._again:
            return [self._again.popleft()]
        batch = list(islice(self._fresh, min(BATCH, max(0, before - self._taken))))
        self._taken += len(batch)
        return batch

    def put_back(self, tasks: Iterable[tuple[int, Task]]) -> None:
        """Hand these out again, each by itself, before all others."""
        self._again = deque(sorted(chain(tasks, self._again)))


class _Worker:
    """One process and the batches it has in hand, oldest first; it answers in that order."""

    def __init__(self, makes: Makers) -> None:
        context = get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.in_hand: deque[Batch] = deque()
        self.dead = False
        self._tools: tuple[_Tool, ...] = ()
        self._listener = Listener()
        self._begun = monotonic()
        self._ended = ""
        self._process = context.Process(target=_work, args=(theirs, makes), daemon=True)
        with _interrupts_held(), no_modules_from_here(), one_core_each():
            self._process.start()
        theirs.close()  # so that the pipe ends when the worker does

    def take_from(self, waiting: _Waiting, *, before: int) -> None:
        """Take files until the queue is full or none may be taken."""
        if not self.in_hand:
            self._begun = monotonic()
        while len(self.in_hand) < QUEUE and (batch := waiting.take(before=before)):
            self.in_hand.append(batch)
            with suppress(OSError):  # a worker that died meanwhile is noticed when it is listened to
                self.connection.send([task for _, task in batch])

    def end_if_slower_than(self, patience: float) -> None:
        """Kill the process when it has had its first batch in hand for so many seconds; it reports as dead then."""
        if self._tools and self.in_hand and monotonic() - self._begun > patience:
            self._ended = f"given up after {patience:g} seconds"
            self._process.kill()

    def answers(self) -> Iterator[tuple[int, Answers]]:
        """Everything the worker has said since; sets ``dead`` when that ends with its death."""
        try:
            while self.connection.poll():
                message = self.connection.recv()
                if isinstance(message, ArchiveError):
                    raise message
                self._begun = monotonic()
                if isinstance(message, _Introduction):
                    self._tools = message.tools
                else:
                    numbers = (number for number, _ in self.in_hand.popleft())
                    yield from zip(numbers, self._listener.hear(message), strict=True)
        except (EOFError, OSError):
            self.dead = True

    def bury(self, waiting: _Waiting) -> Iterator[tuple[int, Answers]]:
        """An answer for the file a dead worker had in hand alone; the files of which nobody knows are handed back."""
        self.dismiss()
        if not self._tools:
            raise ArchiveError(
                f"a worker for format identification could not be started ({self._ending()})",
                hint="see the messages above, or go on with one worker",
            )
        if self.in_hand and len(self.in_hand[0]) == 1:
            ((number, _),) = self.in_hand.popleft()
            warning = f"the identifying process died over this file ({self._ended or self._ending()})"
            yield number, tuple(tool.nothing(warning=warning) for tool in self._tools)
        waiting.put_back(chain.from_iterable(self.in_hand))

    def dismiss(self) -> None:
        """End the process, whatever it is doing; it holds nothing that could be lost."""
        self.connection.close()
        self._process.join(timeout=1 if self.dead else 0)  # one that is dying is let say how
        self._process.kill()
        self._process.join()

    def _ending(self) -> str:
        code = self._process.exitcode or 0
        return f"exit code {code}" if code >= 0 else f"signal {-code}"


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Ctrl-C reaches the whole group of processes; one that is only starting would answer with a traceback."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _work(connection: Connection, makes: Makers) -> None:
    """What a worker process does until its pipe ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the caller hears Ctrl-C and decides
    os.nice(_GIVE_WAY)
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        gc.disable()
        try:
            witnesses = [make() for make in makes]
        except ArchiveError as error:
            connection.send(error)
            return
        gc.freeze()  # what was loaded stays; to look through it for garbage costs one file in fifteen
        gc.enable()
        connection.send(_Introduction(tuple(_tool(witness) for witness in witnesses)))
        teller = Teller()
        while True:
            batch = connection.recv()
            connection.send(teller.tell([_ask_all(witnesses, path, name) for path, name in batch]))
