"""A million small files ingested in one command, killed five times on the way; beside it, fifty thousand undisturbed.

Counted: time per file, the memory of the largest process (``VmHWM`` of each, looked at four times a second), and
whether what was received adds up. The kills are ``SIGKILL`` for the whole group of processes, at equal distances. Told
are the time in all, and the time without what the kills cost: from the start of each further run to the first package
that it stores, less the usual time of a package (a delivery is listed again to see that it has not changed).

``python benchmarks/million.py [--files N] [--fraction N] [--kills N] [--folder DIR]``; DIR needs 10 GB and 2.5 million
inodes.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

PROGRAM = Path(sys.executable).parent / "archive"
IN_A_FOLDER = 1_000
WANTED_MEMORY = 400
"""MiB, of the largest process."""
WANTED_GROWTH = 1.1
WANTED_TIME = 1.2


def generate(folder: Path, count: int) -> None:
    """``count`` small files of six kinds below ``folder``, no two alike; names are partly Cyrillic."""
    kinds = (
        ("txt", "Показания {0}\n", ""),
        ("json", '{{"number": {0}}}\n', ""),
        ("html", "<!DOCTYPE html><html><head><title>{0}</title></head><body>", "</body></html>"),
        ("xml", '<?xml version="1.0" encoding="UTF-8"?><post number="{0}">', "</post>"),
        ("eml", "From: a@example.org\nSubject: {0}\n\n", "\n"),
        ("csv", "number,word\n{0},", "\n"),
    )
    for number in range(count):
        extension, before, after = kinds[number % len(kinds)]
        if number % IN_A_FOLDER == 0:
            inside = folder / f"{number // IN_A_FOLDER:04d}"
            inside.mkdir(parents=True)
        text = before.format(number) + f"слово {number} " * (number % 60) + after
        (inside / f"пост {number:07d}.{extension}").write_text(text, encoding="utf-8")


@dataclass(slots=True)
class Watched:
    """What one ingest took: seconds, runs, and the memory in MiB of the process that had most.

    ``waited`` are seconds from the start of each run to the first package it stored, ``between`` those between two.
    """

    files: int
    seconds: float = 0.0
    runs: int = 0
    memory: float = 0.0
    waited: list[float] = field(default_factory=list)
    between: list[float] = field(default_factory=list)

    @property
    def lost(self) -> float:
        """Seconds that the kills cost."""
        usual = statistics.median(self.between) if self.between else 0.0
        return sum(max(0.0, seconds - usual) for seconds in self.waited[1:])

    @property
    def each(self) -> float:
        """Seconds for one file, without what the kills cost."""
        return (self.seconds - self.lost) / self.files

    def line(self) -> str:
        """For the table."""
        took = f"{self.files:>9,}  {self.seconds:>8.1f} s in all  {self.lost:>6.1f} s lost by kills"
        return f"{took}  {self.each * 1e6:>6.0f} µs a file  {self.memory:>5.0f} MiB  {self.runs} runs"


def peaks(group: int) -> dict[int, float]:
    """The most memory each living process of a group ever had, in MiB."""
    found = {}
    for entry in os.scandir("/proc"):
        if not entry.name.isdigit():
            continue
        try:
            if os.getpgid(int(entry.name)) != group:
                continue
            for line in Path(entry.path, "status").read_text().splitlines():
                if line.startswith("VmHWM:"):
                    found[int(entry.name)] = int(line.split()[1]) / 1024
        except (OSError, ValueError):
            continue  # it has ended meanwhile
    return found


def packages(home: Path) -> int:
    """How many packages lie in the store."""
    return sum(1 for _ in (home / "store").glob("[0-9a-f][0-9a-f]/*"))


def ingest(source: Path, home: Path, files: int, *, kills: int) -> tuple[Watched, dict[str, int]]:
    """Ingest ``source``, killing the run each time another ``kills + 1``-th of the files is in the store."""
    watched = Watched(files)
    subprocess.run([PROGRAM, "init", home], check=True, stdout=subprocess.DEVNULL)
    command = [PROGRAM, "ingest", source, "--producer", "benchmark", "--archive", home, "--json"]
    said = home.with_suffix(".json")
    due = [files * (number + 1) // (kills + 1) for number in range(kills)]
    while True:
        begun = time.perf_counter()
        with open(said, "wb") as out:
            run = subprocess.Popen(command, stdout=out, start_new_session=True)
        watched.runs += 1
        stored, since, first = packages(home), begun, True
        while run.poll() is None:
            watched.memory = max([watched.memory, *peaks(run.pid).values()])
            now = packages(home)
            if now > stored:
                (watched.waited if first else watched.between).append(time.perf_counter() - since)
                stored, since, first = now, time.perf_counter(), False
            if due and 5_000 * now >= due[0]:
                os.killpg(run.pid, signal.SIGKILL)
                due.pop(0)
                run.wait()
                break
            time.sleep(0.25)
        watched.seconds += time.perf_counter() - begun
        if run.returncode == 0:
            return watched, json.loads(said.read_bytes())
        if run.returncode != -signal.SIGKILL:
            raise SystemExit(f"the ingest ended with {run.returncode}")
        print(f"killed with {packages(home):,} packages in the store", flush=True)


def adds_up(said: dict[str, int], files: int) -> bool:
    """The law of conservation, and that each file counts once."""
    parts = ("accepted", "duplicate", "quarantined", "rejected", "pending")
    return said["received"] == files == sum(said[part] for part in parts) and said["accepted"] == files


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=1_000_000)
    parser.add_argument("--fraction", type=int, default=50_000)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--folder", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        ground = Path(folder)
        few, many = (measured(ground, arguments.fraction, 0), measured(ground, arguments.files, arguments.kills))
    growth, slower = many.memory / few.memory, many.each / few.each
    print(f"largest process {many.memory:.0f} MiB (goal {WANTED_MEMORY}), {growth:.2f}x of few (goal {WANTED_GROWTH})")
    print(f"time of a file {slower:.2f}x of that among few (goal {WANTED_TIME}), without what the kills cost")
    if many.memory > WANTED_MEMORY or growth > WANTED_GROWTH or slower > WANTED_TIME:
        sys.exit(1)


def measured(ground: Path, files: int, kills: int) -> Watched:
    source, home = ground / f"source-{files}", ground / f"archive-{files}"
    print(f"generating {files:,} files", flush=True)
    generate(source, files)
    os.sync()
    watched, said = ingest(source, home, files, kills=kills)
    print(watched.line(), flush=True)
    if not adds_up(said, files):
        raise SystemExit(f"it does not add up: {said}")
    shutil.rmtree(source)
    shutil.rmtree(home)
    return watched


if __name__ == "__main__":
    main()
