"""METS and PREMIS written by us and by metsrw: the same content, whole processes, time and peak memory.

``python benchmarks/mets.py --metsrw VENV --schemas DIR``: VENV is a virtual environment with metsrw in it, which is
AGPL and never imported by us; DIR holds the official schemas, by which all outputs are judged.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from harness import Contender, compare, table

HERE = Path(__file__).resolve().parent
WANTED_RATIO = 10
WANTED_MEMORY = 64 * 1024
"""KiB above the interpreter's that we allow ourselves at any size."""


def contender(name: str, python: str, count: int, folder: Path, memory: list[int]) -> Contender:
    """A process that writes ``count`` files' metadata below ``folder`` and reports its memory."""
    folder.mkdir()
    script = f"premis_{name.split()[0]}.py"

    def run() -> None:
        words = [python, HERE / script, str(count), folder]
        done = subprocess.run(words, check=True, capture_output=True, text=True)
        memory.append(int(done.stdout))

    return Contender(name, run)


def faults(folder: Path, schemas: Path) -> int:
    """How many faults the official schemas find in what was written."""
    from premis.schemas import Schemas, validate

    return sum(len(validate(path, Schemas(schemas))) for path in sorted(folder.iterdir()))


def measure(count: int, python: str, schemas: Path, *, rounds: int, say: Callable[[str], None]) -> bool:
    """Compare at one size; whether we are where we want to be."""
    with tempfile.TemporaryDirectory() as ground:
        ours: list[int] = []
        theirs: list[int] = []
        us = contender("ours", sys.executable, count, Path(ground, "ours"), ours)
        them = contender("metsrw", python, count, Path(ground, "metsrw"), theirs)
        results = compare(us, [them], rounds=rounds, warm_up=0)
        say(table(f"{count:,} files, three events each", results))
        say(
            f"peak memory above the interpreter's: ours {max(ours) / 1024:.0f} MiB, metsrw {max(theirs) / 1024:.0f} MiB"
        )
        wrong = {name: faults(Path(ground, name), schemas) for name in ("ours", "metsrw")}
        say(f"faults by the official schemas: ours {wrong['ours']}, metsrw {wrong['metsrw']}\n")
        return results[1].ratio >= WANTED_RATIO and max(ours) <= WANTED_MEMORY and wrong["ours"] == 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--metsrw", type=Path, required=True, metavar="VENV", help="venv with metsrw in it")
    parser.add_argument("--schemas", type=Path, required=True, metavar="DIR", help="folder of the official schemas")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--counts", type=int, nargs="+", default=[10_000, 50_000])
    arguments = parser.parse_args()
    python = str(arguments.metsrw / "bin" / "python")
    good = [
        measure(count, python, arguments.schemas, rounds=arguments.rounds, say=lambda line: print(line, flush=True))
        for count in arguments.counts
    ]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
