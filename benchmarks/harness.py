"""Compares us with a peer in one run: A B A B …, so that whatever else the machine does hits both alike.

What counts is the ratio within a round, its median and its range; seconds of one machine mean nothing on another one.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

Stopwatch = Callable[[], float]
"""Seconds since some moment."""


@dataclass(frozen=True, slots=True)
class Contender:
    """Somebody who does the work, by name; ``run`` does it once. ``prepare`` makes room before it, off the clock."""

    name: str
    run: Callable[[], None]
    prepare: Callable[[], None] = lambda: None


@dataclass(frozen=True, slots=True)
class Result:
    """One peer compared with us: how long it took in each round, as a multiple of ours in the same round."""

    name: str
    seconds: tuple[float, ...]
    ratios: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """Median of the ratios; above 1 the peer was slower than we were."""
        return statistics.median(self.ratios)


def compare(
    us: Contender,
    peers: Sequence[Contender],
    *,
    rounds: int = 5,
    warm_up: int = 1,
    stopwatch: Stopwatch = time.perf_counter,
) -> list[Result]:
    """Let all run in turn, ``warm_up`` rounds uncounted and ``rounds`` counted; ours comes first, with ratios of 1."""
    everybody = [us, *peers]
    seconds: list[list[float]] = [[] for _ in everybody]
    for number in range(warm_up + rounds):
        for place, contender in enumerate(everybody):
            contender.prepare()
            begun = stopwatch()
            contender.run()
            if number >= warm_up:
                seconds[place].append(stopwatch() - begun)
    return [
        Result(
            contender.name, tuple(taken), tuple(theirs / ours for theirs, ours in zip(taken, seconds[0], strict=True))
        )
        for contender, taken in zip(everybody, seconds, strict=True)
    ]


def table(title: str, results: Sequence[Result], *, absent: Sequence[str] = ()) -> str:
    """The results as one table for a terminal; peers that are not installed are named below it."""
    width = max(len(result.name) for result in results)
    lines = [title, "", f"{'':{width}}  {'median':>9}  time, ours = 1 (min - max)"]
    for result in results:
        span = f"({min(result.ratios):.2f} - {max(result.ratios):.2f})"
        lines.append(f"{result.name:{width}}  {statistics.median(result.seconds):7.2f} s  {result.ratio:.2f} {span}")
    lines += [f"left out, not installed: {name}" for name in absent]
    return "\n".join(lines)


def command(name: str, *arguments: str | Path, cwd: Path | None = None) -> Contender:
    """A contender that is a program; one that fails ends the benchmark."""

    def run() -> None:
        subprocess.run([str(argument) for argument in arguments], cwd=cwd, check=True, stdout=subprocess.DEVNULL)

    return Contender(name, run)


def installed(*names: str) -> tuple[list[str], list[str]]:
    """Of these programs, those that are here and those that are not."""
    here = [name for name in names if shutil.which(name)]
    return here, [name for name in names if name not in here]


def write_files(folder: Path, *, count: int, size: int) -> None:
    """``count`` files of ``size`` octets below ``folder``, no two alike, the same ones each time."""
    block = bytes(range(256)) * (size // 256 + 1)
    for number in range(count):
        path = folder / f"{number // 500:04d}" / f"{number:06d}.bin"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes((number.to_bytes(8, "big") + block)[:size])
