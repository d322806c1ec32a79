from __future__ import annotations

import itertools
import multiprocessing
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from time import sleep

import pytest
from inspection_samples import GENERATED

from archive.errors import ArchiveError
from archive.inspection.evidence_file import EvidenceFile
from archive.inspection.identification import FormatIdentifier, FormatMatch, Identification
from archive.inspection.pool import SMALL_BATCH, WINDOW, Task, examine_many, identify_many
from archive.model.formats import Basis


class Echo(FormatIdentifier):
    """Identifies a file as its own name, and says in which process; dies over ``deadly`` and fails over ``missing``."""

    tool = "echo"
    tool_version = "1"
    signatures = "none"

    def examine(self, file: EvidenceFile, *, name: str) -> Identification:
        if name == "deadly":
            os.kill(os.getpid(), signal.SIGKILL)
        if name == "missing":
            raise FileNotFoundError(2, "No such file", str(file.path))
        match = FormatMatch(name, str(os.getpid()), None, None, Basis.SIGNATURE)
        return Identification((match,), self.tool, self.tool_version, self.signatures, None)


def unable() -> Echo:
    raise ArchiveError("there is no echo", hint="build a wall")


def vanish() -> Echo:
    os._exit(7)


def tasks(names: Iterator[str] | list[str]) -> Iterator[Task]:
    return ((Path(__file__), name) for name in names)


def numbers(count: int) -> list[str]:
    return [f"fmt/{number}" for number in range(count)]


def names_of(answers: list[Identification]) -> list[str]:
    return [answer.matches[0].puid if answer.matches else "" for answer in answers]


def processes_of(answers: list[Identification]) -> set[int]:
    return {int(answer.matches[0].name) for answer in answers if answer.matches}


def test_answers_come_in_the_order_of_the_files() -> None:
    answers = list(identify_many(tasks(numbers(500)), workers=2, make=Echo))
    assert names_of(answers) == numbers(500)


def test_a_large_batch_is_worked_on_in_other_processes() -> None:
    answers = list(identify_many(tasks(numbers(500)), workers=2, make=Echo))
    assert os.getpid() not in processes_of(answers)
    assert len(processes_of(answers)) <= 2


def test_a_small_batch_and_one_worker_stay_in_this_process() -> None:
    small = list(identify_many(tasks(numbers(SMALL_BATCH - 1)), workers=2, make=Echo))
    alone = list(identify_many(tasks(numbers(SMALL_BATCH + 1)), workers=1, make=Echo))
    assert processes_of(small) | processes_of(alone) == {os.getpid()}
    assert len(small) == SMALL_BATCH - 1


def test_a_batch_of_exactly_the_threshold_is_answered_whole() -> None:
    assert names_of(list(identify_many(tasks(numbers(SMALL_BATCH)), workers=2, make=Echo))) == numbers(SMALL_BATCH)


def test_no_files_are_no_answers() -> None:
    assert list(identify_many(iter(()), workers=2, make=Echo)) == []


def test_a_worker_that_dies_costs_the_file_in_hand_and_no_other() -> None:
    names = numbers(200)
    for place in (0, 3, 4, 100, 199):
        names[place] = "deadly"
    answers = list(identify_many(tasks(names), workers=2, make=Echo))
    assert names_of(answers) == ["" if name == "deadly" else name for name in names]
    warnings = {answer.warning for answer, name in zip(answers, names, strict=True) if name == "deadly"}
    assert warnings == {"the identifying process died over this file (signal 9)"}
    assert {answer.tool for answer in answers} == {"echo"}


@pytest.mark.parametrize("count", [3, 200])
def test_a_file_that_cannot_be_read_is_an_answer_here_and_elsewhere(count: int) -> None:
    names = [*numbers(count), "missing"]
    answers = list(identify_many(tasks(names), workers=2, make=Echo))
    assert names_of(answers) == [*numbers(count), ""]
    assert answers[-1].warning == "the file could not be read: FileNotFoundError: No such file"


def test_no_more_than_a_window_is_taken_ahead_and_no_process_outlives_the_batch() -> None:
    taken = 0

    def endless() -> Iterator[str]:
        nonlocal taken
        for taken in itertools.count(1):
            yield f"fmt/{taken}"

    answers = identify_many(tasks(endless()), workers=2, make=Echo)
    first = [next(answers) for _ in range(10)]
    assert names_of(first) == [f"fmt/{number}" for number in range(1, 11)]
    assert taken <= WINDOW + 10
    assert multiprocessing.active_children()
    answers.close()  # type: ignore[attr-defined]  # a generator
    assert not multiprocessing.active_children()


class Patient(Echo):
    """Looks at the file called as one that is not there for as long as it is not there."""

    def examine(self, file: EvidenceFile, *, name: str) -> Identification:
        while name.startswith("/") and not os.path.exists(name):
            sleep(0.01)
        return super().examine(file, name=name)


def test_one_slow_file_lets_exactly_a_window_be_taken(tmp_path: Path) -> None:
    signal_to_go = tmp_path / "go"
    taken = 1

    def endless() -> Iterator[str]:
        nonlocal taken
        yield str(signal_to_go)
        for taken in itertools.count(2):
            if taken == WINDOW:
                signal_to_go.touch()
            yield f"fmt/{taken}"

    answers = identify_many(tasks(endless()), workers=2, make=Patient)
    assert next(answers).matches[0].puid == str(signal_to_go)
    assert taken == WINDOW
    answers.close()  # type: ignore[attr-defined]  # a generator


@pytest.mark.parametrize("count", [3, 200])
def test_an_identifier_that_cannot_be_had_is_an_error_here_and_elsewhere(count: int) -> None:
    with pytest.raises(ArchiveError) as caught:
        list(identify_many(tasks(numbers(count)), workers=2, make=unable))
    assert (caught.value.what, caught.value.hint) == ("there is no echo", "build a wall")


def test_workers_that_never_start_are_an_error_and_not_a_batch_of_unknown_files() -> None:
    with pytest.raises(ArchiveError, match="could not be started"):
        list(identify_many(tasks(numbers(200)), workers=2, make=vanish))


def test_names_that_are_not_utf8_pass_to_the_workers() -> None:
    names = [os.fsdecode(b"\xff%d" % number) for number in range(100)]
    assert names_of(list(identify_many(tasks(names), workers=2, make=Echo))) == names


def test_fido_answers_the_same_in_workers_as_in_this_process(tmp_path: Path) -> None:
    files = []
    for name, data in GENERATED.items():
        (tmp_path / name).write_bytes(data)
        files.append((tmp_path / name, name))
    files *= 5
    assert len(files) >= SMALL_BATCH
    assert list(identify_many(files, workers=2)) == list(identify_many(files, workers=1))


class Brooding(Echo):
    """Never comes back from ``endless``, as a program does that cannot be interrupted."""

    def examine(self, file: EvidenceFile, *, name: str) -> Identification:
        if name == "endless":
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGALRM})
            signal.pause()
        return super().examine(file, name=name)


def test_a_worker_that_never_comes_back_is_given_up_and_the_batch_goes_on() -> None:
    names = numbers(SMALL_BATCH)
    names[5] = "endless"
    answers = [answer for (answer,) in examine_many(tasks(names), workers=2, makes=(Brooding,), patience=0.5)]
    assert names_of(answers) == ["" if name == "endless" else name for name in names]
    assert answers[5].failed
    assert answers[5].warning == "the identifying process died over this file (given up after 0.5 seconds)"


class Careless(Echo):
    """Breaks its promise over ``surprising``."""

    def examine(self, file: EvidenceFile, *, name: str) -> Identification:
        if name == "surprising":
            raise RecursionError("too deep")
        return super().examine(file, name=name)


@pytest.mark.parametrize("count", [3, 200])
def test_a_witness_that_fails_costs_its_own_answer_and_no_other(count: int) -> None:
    names = [*numbers(count), "surprising"]
    *_, (careless, echo) = examine_many(tasks(names), workers=2, makes=(Careless, Echo))
    assert careless.warning == "identification failed: RecursionError: too deep"
    assert echo.matches[0].puid == "surprising"


class Telling(Echo):
    """Identifies a file as what its process was told about cores."""

    def examine(self, file: EvidenceFile, *, name: str) -> Identification:
        return super().examine(file, name=os.environ.get("GOMAXPROCS", "all"))


@pytest.mark.parametrize("said", [None, "3"])
def test_a_worker_keeps_to_one_core_unless_somebody_said_otherwise(
    said: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GOMAXPROCS", raising=False)
    if said is not None:
        monkeypatch.setenv("GOMAXPROCS", said)
    answers = list(identify_many(tasks(numbers(SMALL_BATCH)), workers=2, make=Telling))
    assert set(names_of(answers)) == {said or "1"}
    assert os.environ.get("GOMAXPROCS") == said
