"""``python tests/recovery/kill_reidentification.py [FILES]``: a reidentification killed (SIGKILL) twice, at random.

An archive of so many small files (100,000 unless said otherwise) is made through the real ingest, with this archive's
own signatures as the only identifier: that spares the time of the other two, and makes everything due afterwards. A
copy of it is reidentified undisturbed; the archive itself is killed twice, with all its processes, and given the same
command again. Both must end the same, and as an archive made again from the store alone.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
from recovery_support import kinds

from archive import assembly
from archive.holdings.rebuild import catalogue_digest

KINDS = (
    ("png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\0\0\0\0:~\x9bU\0\0\0\0IEND\xaeB`\x82"),
    ("gif", b"GIF89a\1\0\1\0\x80\0\0\xff\xff\xff\0\0\0,\0\0\0\0\1\0\1\0\0\2\2D\1\0;"),
    ("pdf", b"%PDF-1.4\n1 0 obj\n<< >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"),
    ("txt", b"a note, and nothing but a note\n"),
    ("xml", b'<?xml version="1.0"?>\n<a/>\n'),
    ("jpg", b"\xff\xd8\xff\xe0\0\x10JFIF\0"),
    ("bin", b"\0\1\2\3"),
)

_INGEST = """\
import sys
from archive.cli import run
from archive.inspection import pool
from archive.inspection.local_identifier import LocalIdentifier
pool.WITNESSES = (LocalIdentifier,)
sys.exit(run(sys.argv[1:]))
"""
"""The real ingest, with one identifier."""


def make_delivery(folder: Path, files: int) -> Path:
    """So many small files of several kinds, a thousand in a folder, no two alike."""
    for number in range(files):
        if number % 1000 == 0:
            (folder / f"{number // 1000:04d}").mkdir(parents=True)
        extension, data = KINDS[number % len(KINDS)]
        (folder / f"{number // 1000:04d}" / f"{number:07d}.{extension}").write_bytes(data + b"%d" % number)
    return folder


def make_archive(base: Path, files: int, *, per_package: int) -> Path:
    """An archive of one location that holds them, identified by its own signatures only."""
    home, delivery = base / "home", make_delivery(base / "delivery", files)
    words = [sys.executable, "-m", "archive", "init", str(home)]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
    toml = home / "archive.toml"
    toml.write_text(toml.read_text().replace("max_files = 5000", f"max_files = {per_package}"))
    ingest = ["--archive", str(home), "ingest", str(delivery), "--producer", "p"]
    subprocess.run([sys.executable, "-c", _INGEST, *ingest], check=True, stdout=subprocess.DEVNULL)
    shutil.rmtree(delivery)
    return home


def copy_archive(home: Path, target: Path) -> Path:
    """A copy whose packages, which nothing writes to, are the same files."""
    target.mkdir()
    for entry in home.iterdir():
        if entry.name == "store":
            shutil.copytree(entry, target / "store", copy_function=os.link)
        elif entry.is_dir():
            shutil.copytree(entry, target / entry.name)
        else:
            shutil.copy2(entry, target / entry.name)
    return target


def start(home: Path) -> subprocess.Popen[str]:
    words = [sys.executable, "-m", "archive", "--archive", str(home), "formats", "reidentify", "--json"]
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)


def finish(home: Path) -> list[dict[str, Any]]:
    """What the command says when it is let alone, line by line."""
    process = start(home)
    out, errors = process.communicate()
    if process.returncode not in (0, 3):
        raise SystemExit(f"ended with {process.returncode}: {errors}")
    return [json.loads(line) for line in out.splitlines()]


def kill(home: Path, seconds: float) -> bool:
    """Start the command, kill it with everything it started after so many seconds; False where it had ended before."""
    process = start(home)
    try:
        process.communicate(timeout=seconds)
        return False
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return True


def outcome(home: Path) -> tuple[object, Counter[str]]:
    """What is said of every file, by which tools, and how many records say so; without numbers and times."""
    with assembly.reading(home) as archive:
        catalogue, log = archive.holdings.catalogue, archive.holdings.log
        if log.verify():
            raise SystemExit("the custody log is damaged")
        rows = {
            (row.file, row.told_by): (row.puid, row.name, row.verdict, row.basis, row.reason, row.former_verdict)
            for package in catalogue.packages()
            for row in catalogue.file_formats(package.id)
        }
        return (rows, catalogue.identifications(), catalogue.format_holdings()), kinds(home)


def digest(home: Path) -> str:
    with assembly.reading(home) as archive:
        return catalogue_digest(archive.holdings.catalogue)


def finished(home: Path) -> int:
    """Packages that a killed run had finished."""
    return kinds(home)["identification"]


def main(files: int, *, per_package: int = 5000, kills: int = 2, seed: int | None = None) -> int:
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        base, begun = Path(folder), time.monotonic()
        home = make_archive(base, files, per_package=per_package)
        packages = finished(home)
        print(f"made: {files:,} files in {packages} packages, {time.monotonic() - begun:.0f} s", flush=True)
        undisturbed = copy_archive(home, base / "undisturbed")
        begun = time.monotonic()
        expected_lines = finish(undisturbed)
        length = time.monotonic() - begun
        print(f"undisturbed: {length:.0f} s, {expected_lines[-1]['changed']:,} files changed", flush=True)
        killed, left = 0, 1.0
        while killed < kills:
            moment = chance.uniform(0.05, 0.95) * length * left
            if kill(home, moment):
                killed += 1
                done = finished(home) - packages
                left = 1 - done / packages
                print(f"killed after {moment:.1f} s, {done} of {packages} packages finished", flush=True)
            elif left == 1.0:
                raise SystemExit("it ended before it could be killed: take more files")
            else:
                raise SystemExit("it ended before the second kill: give another seed")
        begun = time.monotonic()
        lines = finish(home)
        print(f"went on: {time.monotonic() - begun:.0f} s, {lines[-1]['packages']} packages were left", flush=True)
        if outcome(home) != outcome(undisturbed):
            raise SystemExit("the killed archive differs from the undisturbed one")
        if sorted(map(str, lines[:-1])) != sorted(map(str, expected_lines[:-1])):
            raise SystemExit("the report of what changed differs")
        if kinds(home)["identification"] != 2 * packages:
            raise SystemExit("a package was recorded twice, or never")
        words = [sys.executable, "-m", "archive", "--archive", str(base / "new"), "catalogue", "rebuild", "--from"]
        subprocess.run([*words, str(home / "store")], check=True, stdout=subprocess.DEVNULL)
        if digest(base / "new") != digest(home):
            raise SystemExit("the catalogue made again differs")
    print(f"killed {killed} times: ended as the undisturbed run did, and a rebuild from the store has the same digest")
    return 0


if __name__ == "__main__":
    if len(sys.argv) > 2:
        sys.exit(__doc__)
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) == 2 else 100_000))
