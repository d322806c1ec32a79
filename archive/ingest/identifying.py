"""Files are identified while others are still arriving: a thread hands them to the crew and keeps the answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType

from archive.ingest.receive import ReceivedFile
from archive.ingest.workbench import Identify
from archive.inspection.identification import Identification
from archive.packages.folder import delivered_file

Answers = Callable[[], list[tuple[Identification, ...]]]
"""Waits for what each identifier said of each file of a lot, in the order of their arrival."""

Question = tuple[Path, str]
"""Where a file lies, and the name it was delivered under."""


@dataclass(frozen=True, slots=True)
class Arriving:
    """The files of one lot as they come; ``None`` ends them."""

    answers: Answers
    _files: SimpleQueue[Question | None] = field(default_factory=SimpleQueue)

    def put(self, folder: Path, file: ReceivedFile) -> None:
        """A file lies in ``folder``, complete."""
        self._files.put((delivered_file(folder, file.path), file.expected.name.decode("utf-8", "surrogateescape")))


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
        files: SimpleQueue[Question | None] = SimpleQueue()
        asked: Future[list[tuple[Identification, ...]]] = self._thread.submit(self._ask, files)
        try:
            yield Arriving(asked.result, files)
        finally:
            files.put(None)

    def _ask(self, files: SimpleQueue[Question | None]) -> list[tuple[Identification, ...]]:
        answers = list[tuple[Identification, ...]]()
        for of_one in self._identify(iter(files.get, None)):
            if self._given_up:  # nobody waits for the others: whoever still looks at them is sent home
                break
            answers.append(of_one)
        return answers
