"""Whoever looks at files while others arrive ends with the ingest, also where that fails."""

from __future__ import annotations

import errno
import itertools
import os
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ingest_support import Place, write

from archive import assembly, durable
from archive.ingest import identifying
from archive.ingest.workbench import Workbench
from archive.inspection.identification import Identification

WAITING = 30.0
"""Seconds after which a test that would hang gives up."""


def test_a_seal_that_fails_sends_home_whoever_still_looks_at_later_files(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is full when the first package is sealed, and the files of the second are being looked at."""
    folder = write(tmp_path / "d", {f"{number:03d}.txt": b"%d" % number for number in range(20)})
    place.set(max_files=10)
    in_the_second, failed, given_up, ended = (threading.Event() for _ in range(4))
    looked = list[int]()
    original = assembly.ingest_bench

    def bench(*arguments: Any, **named: Any) -> Workbench:
        made = original(*arguments, **named)

        def identify(questions: Iterable[tuple[Path, str]]) -> Iterator[tuple[Identification, ...]]:
            try:
                for number, answer in enumerate(made.identify(questions)):
                    looked.append(number)
                    if len(looked) > 12:  # in the midst of the second package
                        in_the_second.set()
                        failed.wait(WAITING)
                        given_up.wait(WAITING)
                    yield answer
            finally:
                if len(looked) > 12:
                    ended.set()

        return replace(made, identify=identify)

    syncs = itertools.count(1)

    def full(what: str) -> None:
        if what == "sync filesystem" and next(syncs) == 2:  # the first follows the copying, the second the sealing
            in_the_second.wait(WAITING)
            failed.set()
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    class Watched(ThreadPoolExecutor):
        def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
            given_up.set()
            super().shutdown(wait, cancel_futures=cancel_futures)

    monkeypatch.setattr(identifying, "ThreadPoolExecutor", Watched)
    monkeypatch.setattr(assembly, "ingest_bench", bench)
    monkeypatch.setattr(durable, "promise", full)
    answer = place.ingest(folder)
    assert answer.code != 0 and "No space left" in answer.err
    assert ended.is_set() and len(looked) < 20
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("identify")]
    monkeypatch.undo()
    assert place.ingest(folder).json["accepted"] == 20
