"""``archive verify`` against bagit-python on one bag: the same files, the same SHA-256 manifest, whole processes."""

from __future__ import annotations

import argparse
import hashlib
import sys
import tempfile
from pathlib import Path

from harness import command, compare, table, write_files


def make_bag(bag: Path, *, count: int, size: int) -> None:
    """A bag of version 1.0 with one manifest and a tagmanifest, written without either contender."""
    write_files(bag / "data", count=count, size=size)
    (bag / "bagit.txt").write_text("BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n")
    (bag / "bag-info.txt").write_text(f"Payload-Oxum: {count * size}.{count}\n")
    payload = sorted(path for path in (bag / "data").rglob("*") if path.is_file())
    (bag / "manifest-sha256.txt").write_text("".join(_line(bag, path) for path in payload))
    tags = [bag / name for name in ("bag-info.txt", "bagit.txt", "manifest-sha256.txt")]
    (bag / "tagmanifest-sha256.txt").write_text("".join(_line(bag, path) for path in tags))


def _line(bag: Path, path: Path) -> str:
    return f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(bag).as_posix()}\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    for count, size in ((5_000, 4_000), (40, 5_000_000)):
        with tempfile.TemporaryDirectory() as ground:
            bag = Path(ground) / "bag"
            make_bag(bag, count=count, size=size)
            results = compare(
                command("archive verify", sys.executable, "-P", "-m", "archive", "verify", bag),
                [command("bagit.py --validate", sys.executable, "-P", "-m", "bagit", "--quiet", "--validate", bag)],
                rounds=arguments.rounds,
            )
            print(table(f"{count:,} files of {size:,} octets", results), end="\n\n", flush=True)


if __name__ == "__main__":
    main()
