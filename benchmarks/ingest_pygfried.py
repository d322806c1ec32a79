"""Identifies all files of a folder with siegfried in two processes: ``python ingest_pygfried.py FOLDER``."""

from __future__ import annotations

import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pygfried

WORKERS = 2
_scanner: pygfried.Scanner | None = None


def identify(path: str) -> str:
    global _scanner
    if _scanner is None:
        _scanner = pygfried.Scanner()
    return str(_scanner.identify(path, True))


def main() -> None:
    paths = [str(path) for path in Path(sys.argv[1]).rglob("*") if path.is_file()]
    with ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn")) as crew:
        for _ in crew.map(identify, paths, chunksize=64):
            pass


if __name__ == "__main__":
    main()
