"""Format identification of many files, in order, by several processes.

The workers are spawned, not forked: the caller may hold locks, threads and database connections. Each has a pipe of
its own, so that the death of one leaves the others and the order alone, and the file it had in hand is known.
"""

from __future__ import annotations

import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import chain, islice
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from pathlib import Path
from time import monotonic

from archive.errors import ArchiveError
from archive.inspection.fido_identifier import FidoIdentifier
from archive.inspection.identification import FormatIdentifier, Identification, describe
from archive.inspection.local_identifier import LocalIdentifier
from archive.inspection.siegfried_identifier import SiegfriedIdentifier

Task = tuple[Path, str]
"""Where a file lies, and the name it was delivered under."""

Answers = tuple[Identification, ...]
"""What each witness said of one file, in the order they were named."""

SMALL_BATCH = 64
"""Files below which starting workers (half a second) costs more than it saves."""

WINDOW = 1024
"""Files taken from the caller ahead of the answer that is due, at most: one slow file must not stop the others."""

QUEUE = 4
"""Files one worker is handed ahead, so that it never waits; few enough that no pipe fills up and blocks both ends."""


PATIENCE = 120.0
"""Seconds a worker may take over one file: four times what ``FidoIdentifier`` gives itself. Siegfried gives itself no
limit and cannot be interrupted, only killed with its process."""

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
    tasks = iter(paths)
    first = list(islice(tasks, SMALL_BATCH)) if workers > 1 else []
    if len(first) < SMALL_BATCH:
        return _examine_here(chain(first, tasks), makes)
    return _examine_elsewhere(chain(first, tasks), workers=workers, makes=makes, patience=patience)


def _examine_here(tasks: Iterable[Task], makes: Makers) -> Iterator[Answers]:
    witnesses = [make() for make in makes]
    for path, name in tasks:
        yield tuple(_ask(witness, path, name) for witness in witnesses)


def _ask(witness: FormatIdentifier, path: Path, name: str) -> Identification:
    try:
        return witness.identify(path, name=name)
    except OSError as error:
        return _tool(witness).nothing(warning=f"the file could not be read: {describe(error)}", unread=True)
    except Exception as error:
        # Witnesses promise not to; one that breaks its promise over a file nobody foresaw must not end the batch.
        return _tool(witness).nothing(warning=f"identification failed: {describe(error)}")


@dataclass(frozen=True, slots=True)
class _Tool:
    """Who answers."""

    name: str
    version: str
    signatures: str

    def nothing(self, *, warning: str, unread: bool = False) -> Identification:
        return Identification((), self.name, self.version, self.signatures, warning, failed=True, unread=unread)


@dataclass(frozen=True, slots=True)
class _Introduction:
    """The first thing a worker says: who its witnesses are, so that we can speak for them when it dies."""

    tools: tuple[_Tool, ...]


def _tool(witness: FormatIdentifier) -> _Tool:
    return _Tool(witness.tool, witness.tool_version, witness.signatures)


def _examine_elsewhere(tasks: Iterable[Task], *, workers: int, makes: Makers, patience: float) -> Iterator[Answers]:
    crew: list[_Worker] = []
    try:
        crew.extend(_Worker(makes) for _ in range(workers))
        waiting = _Waiting(tasks)
        answers: dict[int, Answers] = {}
        due = 0
        while True:
            for worker in crew:
                worker.take_from(waiting, before=due + WINDOW)
            if not any(worker.in_hand for worker in crew):
                return
            for place in _reporting(crew, patience):
                answers.update(crew[place].answers())
                if crew[place].dead:
                    answers.update(crew[place].bury(waiting))
                    crew[place] = _Worker(makes)
            while due in answers:
                yield answers.pop(due)
                due += 1
    finally:
        for worker in crew:
            worker.dismiss()


def _reporting(crew: list[_Worker], patience: float) -> list[int]:
    """Places in the crew of those who have something to say; waits until somebody has, and ends who takes too long."""
    while True:
        heard = wait([worker.connection for worker in crew], timeout=patience / 4)
        for worker in crew:
            if worker.connection not in heard:
                worker.end_if_slower_than(patience)
        if heard:
            return [place for place, worker in enumerate(crew) if worker.connection in heard]


class _Waiting:
    """Numbered tasks nobody has in hand; those a dead worker left behind come first."""

    def __init__(self, tasks: Iterable[Task]) -> None:
        self._fresh = enumerate(tasks)
        self._next: deque[tuple[int, Task]] = deque()

    def take(self, *, before: int) -> tuple[int, Task] | None:
        """The next task, unless its number is ``before`` or higher or there is none."""
        if not self._next:
            self._next.extend(islice(self._fresh, 1))
        if self._next and self._next[0][0] < before:
            return self._next.popleft()
        return None

    def put_back(self, tasks: Iterable[tuple[int, Task]]) -> None:
        """Hand these out again, before all others."""
        self._next = deque(sorted(chain(tasks, self._next)))


class _Worker:
    """One process and what it has in hand, oldest first; it answers in that order."""

    def __init__(self, makes: Makers) -> None:
        context = get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.in_hand: deque[tuple[int, Task]] = deque()
        self.dead = False
        self._tools: tuple[_Tool, ...] = ()
        self._begun = monotonic()
        self._ended = ""
        self._process = context.Process(target=_work, args=(theirs, makes), daemon=True)
        with _interrupts_held():
            self._process.start()
        theirs.close()  # so that the pipe ends when the worker does

    def take_from(self, waiting: _Waiting, *, before: int) -> None:
        """Take files until the queue is full or none may be taken."""
        if not self.in_hand:
            self._begun = monotonic()
        while len(self.in_hand) < QUEUE and (numbered := waiting.take(before=before)) is not None:
            self.in_hand.append(numbered)
            with suppress(OSError):  # a worker that died meanwhile is noticed when it is listened to
                self.connection.send(numbered[1])

    def end_if_slower_than(self, patience: float) -> None:
        """Kill the process when it has had its first file in hand for so many seconds; it reports as dead then."""
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
                    yield self.in_hand.popleft()[0], message
        except (EOFError, OSError):
            self.dead = True

    def bury(self, waiting: _Waiting) -> Iterator[tuple[int, Answers]]:
        """An answer for the file a dead worker had in hand; the files it had not begun are handed back."""
        self.dismiss()
        if not self._tools:
            raise ArchiveError(
                f"a worker for format identification could not be started ({self._ending()})",
                hint="see the messages above, or go on with one worker",
            )
        if self.in_hand:
            number, _ = self.in_hand.popleft()
            warning = f"the identifying process died over this file ({self._ended or self._ending()})"
            yield number, tuple(tool.nothing(warning=warning) for tool in self._tools)
        waiting.put_back(self.in_hand)

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
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        try:
            witnesses = [make() for make in makes]
        except ArchiveError as error:
            connection.send(error)
            return
        connection.send(_Introduction(tuple(_tool(witness) for witness in witnesses)))
        while True:
            path, name = connection.recv()
            connection.send(tuple(_ask(witness, path, name) for witness in witnesses))
