"""The custody log: a million records appended durably, read again and checked; and the tree alone beside pymerkle.

``python benchmarks/custody.py``. pymerkle is GPL and never imported by us: this makes it an environment of its own,
which needs a package index, or takes one with ``--pymerkle VENV``. Seconds of the processor are given beside those of
the clock, because only they mean something on a machine that others use too.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from custody_content import BATCH
from harness import Contender, compare, table

HERE = Path(__file__).resolve().parent
PYMERKLE = "pymerkle==7.0.0"

WANTED_RATE = 80_000
"""Records a second by the clock, on a quiet machine."""
WANTED_MEMORY = 150 * 1024
"""KiB of the largest process."""
WANTED_LINEARITY = 1.2
"""Time of a record among all, as a multiple of its time among a tenth."""
WANTED_RATIO = 3.0
"""Time of pymerkle's tree as a multiple of ours."""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Taken:
    """What one process needed for ``records``: seconds by the clock, waiting for syncs, of the processor; KiB."""

    records: int
    seconds: float
    syncing: float
    processor: float
    syncs: int
    memory: int

    @property
    def rate(self) -> float:
        """Records a second by the clock."""
        return self.records / self.seconds

    def told(self, name: str) -> str:
        """One line of a table."""
        million = 1_000_000 / self.records
        return (
            f"{name:22} {self.rate:9,.0f}/s  {self.seconds * million:6.2f} s  {self.processor * million:6.2f} s  "
            f"{self.syncing * million:6.2f} s in {self.syncs * million:4.0f}  {self.memory / 1024:5.0f} MiB"
        )


HEADING = f"{'':22} {'records':>11}  {'clock':>8}  {'processor':>8}  {'syncs':>16}  {'memory':>9}   (s per million)"


def ours(records: int, *arguments: str | int | Path) -> Taken:
    """What one process of ours needs for it."""
    command = [sys.executable, str(HERE / "custody_ours.py"), *map(str, arguments)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return Taken(records, **json.loads(done.stdout))


def measure_append(records: int, batch: int, ground: Path, *, rounds: int, say: Say) -> tuple[bool, Path]:
    """Append all, and a tenth, in turn; whether we are where we want to be, and a log of all."""
    whole: list[Taken] = []
    tenth: list[Taken] = []
    say(f"{records:,} receipts appended in batches of {batch:,}, and a tenth of them\n\n{HEADING}")
    for number in range(rounds):
        for count, results in ((records // 10, tenth), (records, whole)):
            log = ground / f"log-{number}-{count}"
            results.append(ours(count, "append", count, batch, log))
            say(results[-1].told(f"{count:,}"))
    ratios = {
        name: [getattr(a, name) / a.records / (getattr(b, name) / b.records) for a, b in zip(whole, tenth, strict=True)]
        for name in ("seconds", "processor")
    }
    rate = statistics.median(taken.rate for taken in whole)
    memory = max(taken.memory for taken in whole)
    linear = statistics.median(ratios["processor"])
    say(f"\nmedian {rate:,.0f} records a second by the clock, wanted {WANTED_RATE:,}")
    say(
        f"time of a record among all, among a tenth = 1: processor {spread(ratios['processor'])}, wanted below "
        f"{WANTED_LINEARITY}; clock {spread(ratios['seconds'])}"
    )
    say(f"peak memory {memory / 1024:.0f} MiB, wanted below {WANTED_MEMORY // 1024}\n")
    return rate >= WANTED_RATE and memory < WANTED_MEMORY and linear < WANTED_LINEARITY, log


def measure_reading(records: int, log: Path, *, rounds: int, say: Say) -> bool:
    """Read the log in every way there is; whether memory is where we want it."""
    say(f"the log of {records:,} read again: lines checked, records made of them, everything checked\n\n{HEADING}")
    taken = [(what, ours(records, what, log)) for _ in range(rounds) for what in ("entries", "records", "verify")]
    for what, one in taken:
        say(one.told(what))
    say("")
    return all(one.memory < WANTED_MEMORY for _, one in taken)


@dataclass(slots=True)
class Builder:
    """A process that builds a tree whenever it is told to."""

    name: str
    process: subprocess.Popen[str]
    roots: set[str] = field(default_factory=set)
    processor: list[float] = field(default_factory=list)

    @classmethod
    def start(cls, name: str, python: str, whose: str, count: int) -> Builder:
        """A process whose leaves are made."""
        command = [python, str(HERE / "custody_tree.py"), whose, str(count)]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        builder = cls(name, process)
        if builder._pipe(process.stdout).readline() != "ready\n":
            raise SystemExit(f"{name}: the process did not start")
        return builder

    def run(self) -> None:
        """Build once."""
        told = self._pipe(self.process.stdin)
        told.write("\n")
        told.flush()
        root, seconds = self._pipe(self.process.stdout).readline().split()
        self.roots.add(root)
        self.processor.append(float(seconds))

    def end(self) -> None:
        """Let the process go."""
        self._pipe(self.process.stdin).close()
        self.process.wait()

    @staticmethod
    def _pipe(pipe: IO[str] | None) -> IO[str]:
        if pipe is None:
            raise ValueError("the process was started without pipes")
        return pipe


def measure_tree(count: int, pymerkle: str | None, *, rounds: int, say: Say) -> bool:
    """Build trees in turn; whether ours is as much faster as we want."""
    us = Builder.start(f"ours, {BATCH:,} at once", sys.executable, "batches", count)
    others = [Builder.start("ours, leaf by leaf", sys.executable, "singly", count)]
    if pymerkle is not None:
        others.append(Builder.start(PYMERKLE, pymerkle, "pymerkle", count))
    results = compare(Contender(us.name, us.run), [Contender(one.name, one.run) for one in others], rounds=rounds)
    for one in (us, *others):
        one.end()
    say(table(f"tree over {count:,} leaves, in memory", results, absent=() if pymerkle else (PYMERKLE,)))
    for one in others:
        ratios = [theirs / mine for theirs, mine in zip(one.processor[1:], us.processor[1:], strict=True)]
        say(f"{one.name}: {spread(ratios)} of our processor time")
    if len(set().union(us.roots, *(one.roots for one in others))) != 1:
        raise SystemExit("the roots differ")
    say(f"all have the root {us.roots.pop()}")
    say(
        "ours keeps what appending and the root need; pymerkle keeps every node, hashed anew up to the root each time\n"
    )
    return pymerkle is None or results[-1].ratio >= WANTED_RATIO


def spread(ratios: Sequence[float]) -> str:
    """Median, smallest and largest."""
    return f"{statistics.median(ratios):.2f} ({min(ratios):.2f} - {max(ratios):.2f})"


def environment_of_pymerkle(folder: Path) -> str | None:
    """The Python of a new environment with pymerkle in it; None where it cannot be installed."""
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    python = folder / "bin" / "python"
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", PYMERKLE]
    return str(python) if subprocess.run(install, stderr=subprocess.DEVNULL).returncode == 0 else None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--batch", type=int, default=BATCH, help="records of one append (default: as ingest appends)")
    parser.add_argument("--leaves", type=int, default=200_000, help="leaves of the trees")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--pymerkle", type=Path, metavar="VENV", help="venv with pymerkle in it")
    parser.add_argument("--folder", type=Path, help="where the logs are written: a real disk, not memory")
    arguments = parser.parse_args()

    def say(line: str) -> None:
        print(line, flush=True)

    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        ground = Path(folder)
        fast, log = measure_append(arguments.records, arguments.batch, ground, rounds=arguments.rounds, say=say)
        flat = measure_reading(arguments.records, log, rounds=arguments.rounds, say=say)
        given = arguments.pymerkle
        python = str(given / "bin" / "python") if given else environment_of_pymerkle(ground / "pymerkle")
        ahead = measure_tree(arguments.leaves, python, rounds=arguments.rounds, say=say)
    return 0 if fast and flat and ahead else 1


if __name__ == "__main__":
    sys.exit(main())
