"""``archive audit`` of one location against ``sha256sum -c`` and ``b3sum -c`` over the same packages.

The audit does more: it asks the disk and not the memory, compares with log and catalogue, looks for files that do not
belong, and records what it found. The others only digest.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from harness import Contender, command, compare, installed, table, write_files

MANIFESTS = {"sha256sum": "manifest-sha256.txt", "b3sum": "manifest-blake3.txt"}


def make_archive(ground: Path, *, count: int, size: int) -> Path:
    """An archive that holds one delivery."""
    write_files(ground / "delivery", count=count, size=size)
    home = ground / "archive"
    for arguments in (("init", home), ("--archive", home, "ingest", ground / "delivery", "--producer", "benchmark")):
        command("", sys.executable, "-P", "-m", "archive", *arguments).run()
    return home


def checker(tool: str, home: Path) -> Contender:
    """A program that checks every package of the store by its manifest."""
    packages = sorted(path.parent for path in (home / "store").glob("*/*/bagit.txt"))

    def run() -> None:
        for package in packages:
            subprocess.run([tool, "--check", "--quiet", MANIFESTS[tool]], cwd=package, check=True)

    return Contender(f"{tool} -c", run)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    here, absent = installed(*MANIFESTS)
    for count, size in ((5_000, 4_000), (40, 5_000_000)):
        with tempfile.TemporaryDirectory() as ground:
            home = make_archive(Path(ground), count=count, size=size)
            us = command(
                "archive audit",
                sys.executable,
                "-P",
                "-m",
                "archive",
                "--archive",
                home,
                "audit",
                "--location",
                "store",
            )
            results = compare(us, [checker(tool, home) for tool in here], rounds=arguments.rounds)
            print(table(f"{count:,} files of {size:,} octets", results, absent=absent), end="\n\n", flush=True)


if __name__ == "__main__":
    main()
