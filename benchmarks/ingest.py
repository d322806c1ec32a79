"""``archive ingest`` beside the chain of tools that people otherwise run, in one run and on the same folder.

The chain: ``cp -r`` and ``sync``, ``bagit.py --sha256 --processes 2``, siegfried (pygfried) with two workers, METS with
PREMIS by metsrw (AGPL, in a virtual environment of its own: ``--metsrw VENV``). Ours is one ``archive ingest``,
both identifiers, one location. First on mixed real files (the shared delivery again and again, under new
names and with a line of its own behind each file), then on a few large ones, where ``cp -r`` and ``sync`` measures.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from harness import Contender, compare, table

HERE = Path(__file__).resolve().parent
SHARED = Path(os.environ.get("ARCHIVE_SHARED") or HERE.parents[1] / "shared")
PROGRAMS = Path(sys.executable).parent
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""Whoever installs a program has it compiled once; a clone shall be as well off from the warm-up on."""
GOALS = {"chain": 1.0, "copy": 1.5, "whole": 2.5}
"""Our time at most, as a multiple of theirs."""


def mixed(folder: Path, files: int) -> None:
    """``files`` copies of what the shared delivery holds, no two alike."""
    originals = sorted(path for path in (SHARED / "corpora" / "delivery").rglob("*") if path.is_file())
    for number in range(files):
        original = originals[number % len(originals)]
        target = folder / f"{number // 500:03d}" / f"{number:05d}-{original.name}"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(original, target)
        with open(target, "ab") as file:
            file.write(b"\n%d\n" % number)


def large(folder: Path, files: int, size: int) -> None:
    """``files`` files of ``size`` octets that no file system can compress or share."""
    folder.mkdir(parents=True)
    for number in range(files):
        with open(folder / f"{number}.bin", "wb") as file:
            for _ in range(size >> 20):
                file.write(os.urandom(1 << 20))


def run(*command: object) -> str:
    """Run a program and answer what it printed; one that fails ends the benchmark."""
    words = [str(word) for word in command]
    return subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True, env=ENVIRONMENT).stdout


def emptied(folder: Path) -> Callable[[], None]:
    """Removes what an earlier round left, and waits until the disk is at rest."""

    def prepare() -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        os.sync()

    return prepare


def copied(source: Path, ground: Path) -> Contender:
    def work() -> None:
        run("cp", "-r", source, ground / "bag")
        run("sync", "-f", ground)

    return Contender("cp -r and sync", work, emptied(ground))


def chain(source: Path, ground: Path, metsrw: Path) -> Contender:
    def work() -> None:
        bag = ground / "bag"
        run("cp", "-r", source, bag)
        run("sync", "-f", ground)
        run(PROGRAMS / "bagit.py", "--quiet", "--sha256", "--processes", 2, bag)
        run(sys.executable, HERE / "ingest_pygfried.py", bag / "data")
        run(metsrw / "bin" / "python", HERE / "ingest_metsrw.py", bag, ground / "METS.xml")

    return Contender("the chain", work, emptied(ground))


def ours(source: Path, ground: Path) -> Contender:
    home = ground / "archive"

    def prepare() -> None:
        emptied(ground)()
        run(PROGRAMS / "archive", "init", home)

    def work() -> None:
        done = json.loads(run(PROGRAMS / "archive", "ingest", source, "--producer", "x", "--archive", home, "--json"))
        assert done["state"] == "closed" and done["received"] == done["accepted"] + done["duplicate"], done

    return Contender("archive ingest", work, prepare)


def told(what: str, source: Path, ground: Path, seconds: list[float] | None = None) -> dict[str, float]:
    """One run of ``ingest_ours.py``: its own words."""
    emptied(ground)()
    run(PROGRAMS / "archive", "init", ground / "archive")
    said: dict[str, float] = json.loads(run(sys.executable, HERE / "ingest_ours.py", what, source, ground / "archive"))
    return said


def copy_stage(source: Path, ground: Path) -> Contender:
    home = ground / "archive"

    def prepare() -> None:
        emptied(ground)()
        run(PROGRAMS / "archive", "init", home)

    def work() -> None:
        run(sys.executable, HERE / "ingest_ours.py", "copy", source, home)

    return Contender("our copy stage", work, prepare)


def verdict(what: str, ratio: float) -> None:
    """One line: how we stand to a goal."""
    print(f"{what}: {ratio:.2f}x (goal: at most {GOALS[what]}x)", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--metsrw", type=Path, required=True, metavar="VENV")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--files", type=int, default=8_000)
    parser.add_argument("--large", type=int, default=8, help="how many files of 512 MiB")
    parser.add_argument("--folder", type=Path, help="where to work: a disk with room for three times 4 GiB")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        ground = Path(folder)
        source = ground / "mixed"
        mixed(source, arguments.files)
        results = compare(
            ours(source, ground / "ours"), [chain(source, ground / "chain", arguments.metsrw)], rounds=arguments.rounds
        )
        print(table(f"{arguments.files:,} mixed real files", results), flush=True)
        verdict("chain", 1 / results[1].ratio)
        size = sum(path.stat().st_size for path in source.rglob("*") if path.is_file())
        read = told("all", source, ground / "ours")["octets_read"]
        print(f"octets delivered {size:,}, read {read:,.0f}", end="\n\n")
        shutil.rmtree(source)
        source = ground / "large"
        large(source, arguments.large, 512 << 20)
        results = compare(
            copied(source, ground / "chain"),
            [copy_stage(source, ground / "ours"), ours(source, ground / "ours")],
            rounds=arguments.rounds,
        )
        print(table(f"{arguments.large} files of 512 MiB", results))
        verdict("copy", results[1].ratio)
        verdict("whole", results[2].ratio)


if __name__ == "__main__":
    main()
