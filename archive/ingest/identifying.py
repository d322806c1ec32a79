"""Files are identified while others are still arriving: a thread hands them to the crew and keeps the answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType

from archive.ingest.receive import ReceivedFile
from archive.ingest.workbench import Identify
from archive.inspection.identification import Answers
from archive.packages.folder import delivered_file

Awaited = Callable[[], list[Answers]]
"""Waits for what each identifier said of each file of a lot, in the order of their arrival."""

Question = tuple[Path, str]
"""Where a file lies, and the name it was delivered under."""


_TOGETHER = 16
"""Files that are handed to the thread at once: to wake it for each would cost more than to wait for a few."""

Questions = SimpleQueue[list[Question] | None]
"""The files of one lot on their way to the thread; ``None`` ends them."""


@dataclass(frozen=True, slots=True)
class Arriving:
    """The files of one lot as they come."""

    answers: Awaited
    _questions: Questions
    _waiting: list[Question] = field(default_factory=list)

    def put(self, folder: Path, file: ReceivedFile) -> None:
        """A file lies in ``folder``, complete."""
        name = file.expected.name.decode("utf-8", "surrogateescape")
        self._waiting.append((delivered_file(folder, file.path), name))
        if len(self._waiting) >= _TOGETHER:
            self._hand_over()

    def end(self) -> None:
        """There are no more."""
        self._hand_over()
        self._questions.put(None)

    def _hand_over(self) -> None:
        self._questions.put(self._waiting.copy())
        self._waiting.clear()


class Identifying:
    """Asks ``identify`` about one lot after the other, until its user leaves the ``with`` block."""

    def __init__(self, identify: Identify) -> None:
        self._identify = identify
        self._given_up = False
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="identify")

    def __enter__(self) -> Identifying:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._given_up = kind is not None
        self._thread.shutdown(cancel_futures=True)

    @contextmanager
    def lot(self) -> Iterator[Arriving]:
        """What takes the files of the next lot; the lot ends with the block."""
        questions: Questions = SimpleQueue()
        asked: Future[list[Answers]] = self._thread.submit(self._ask, questions)
        arriving = Arriving(asked.result, questions)
        try:
            yield arriving
        finally:
            arriving.end()

    def _ask(self, questions: Questions) -> list[Answers]:
        answers = list[Answers]()
        for of_one in self._identify(chain.from_iterable(iter(questions.get, None))):
            if self._given_up:  # nobody waits for the others: whoever still looks at them is sent home
                break
            answers.append(of_one)
        return answers
