"""Who looks at one file of a packed copy is lent a path to it: format identifiers and scanners."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Generator, Iterable, Iterator
from pathlib import Path

import pytest
from life_support import DELIVERED, Life, command

from archive import assembly
from archive.assembly import Archive
from archive.inspection.local_identifier import LocalIdentifier
from archive.model.malware import MalwareOutcome, Scan
from archive.planning.copies import Copies
from archive.planning.reidentify import Due, due, reidentify
from archive.planning.rescan import Rescanned, look_at
from archive.progress import Silent


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Archive]:
    """An archive whose own copy of the evidence has lost every delivered file; the other one is a tar."""
    for name, data in DELIVERED.items():
        path = tmp_path / "delivery" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    life = Life(tmp_path, "tar")
    life.init("second")
    ran = command("--archive", life.home, "ingest", tmp_path / "delivery", "--producer", "viasna")
    assert ran.code == 0, ran.err
    for path in (life.place("store") / life.aip[:2] / life.aip).glob("data/representations/original/data/**/*"):
        if path.is_file():
            path.unlink()
    with assembly.changing(life.home, doing="a test", actor="unnamed") as archive:
        yield archive


def test_a_packed_file_is_lent_to_this_process_and_others_and_leaves_nothing(opened: Archive) -> None:
    (package,) = [row for row in opened.holdings.catalogue.packages() if row.kind == "aip"]
    copies = Copies(opened.holdings, package)
    before = sorted(path.name for path in opened.home.iterdir())
    for file in opened.holdings.catalogue.files_of(package.id):
        place = copies.place(file)
        assert place is not None and place.path is None and "second" in place.where
        with place.lent() as path:
            data = path.read_bytes()
            code = f"import sys; sys.stdout.buffer.write(open({str(path)!r}, 'rb').read())"
            other = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout
        assert data == other == DELIVERED[file.name.decode()]
        assert sorted(path.name for path in opened.home.iterdir()) == before
    assert [finding.code for finding in copies.doubts()] == ["copy-not-read"]


def test_formats_of_packed_files_are_identified_anew(opened: Archive) -> None:
    holdings = opened.holdings
    wanted = due(holdings, (LocalIdentifier,))
    assert isinstance(wanted, Due) and len(wanted.packages) == 1
    done = reidentify(holdings, wanted, makes=(LocalIdentifier,), workers=2, progress=Silent())
    assert (done.packages, done.files, done.unfinished, done.stopped) == (1, len(DELIVERED), (), False)
    assert due(holdings, (LocalIdentifier,)).packages == ()


class Reading:
    """A scanner that reads what it is asked about, three files ahead, and finds one bad."""

    scanner = "test"
    signatures = "1"

    def __init__(self) -> None:
        self.seen: list[bytes] = []

    def scan(self, path: Path) -> Scan:
        self.seen.append(path.read_bytes())
        bad = b"forgotten" in self.seen[-1]
        outcome = MalwareOutcome.INFECTED if bad else MalwareOutcome.CLEAN
        return Scan(outcome, "found" if bad else None, None, self.scanner, self.signatures)

    def scan_all(self, paths: Iterable[Path]) -> Generator[Scan, None, None]:
        ahead = list[Path]()
        for path in paths:
            ahead.append(path)
            if len(ahead) > 3:
                yield self.scan(ahead.pop(0))
        for path in ahead:
            yield self.scan(path)


def test_packed_files_are_looked_at_for_malware(opened: Archive) -> None:
    (package,) = [row for row in opened.holdings.catalogue.packages() if row.kind == "aip"]
    scanner, done = Reading(), Rescanned()
    looked = look_at(opened.holdings, package, find=lambda: scanner, progress=Silent(), done=done)
    assert looked is not None
    assert sorted(scanner.seen) == sorted(DELIVERED.values())
    assert [said.outcome for _, said in looked.said].count(MalwareOutcome.INFECTED) == 1
    assert looked.bytes == sum(map(len, DELIVERED.values()))
