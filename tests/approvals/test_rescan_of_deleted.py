"""While a scanner looks, no lock is held: what was deleted meanwhile is not recorded as looked at."""

from __future__ import annotations

import sys
from pathlib import Path

from approvals_support import Sample

from archive import assembly
from archive.inspection.malware import find_scanner
from archive.model.identifiers import PackageId
from archive.planning.rescan import Rescanned, look_at, take_down
from archive.progress import Silent

sys.path.append(str(Path(__file__).resolve().parents[1] / "planning"))
from rescan_support import pretended


def test_a_package_deleted_while_the_scanner_looked_is_left_as_it_is(sample: Sample) -> None:
    aip, done = sample.aip, Rescanned()
    with pretended() as scanner, assembly.reading(sample.home) as archive:
        package = archive.holdings.catalogue.package(PackageId(aip))
        assert package is not None
        find = lambda: find_scanner(scanner.place, limit=1 << 20)  # noqa: E731
        looked = look_at(archive.holdings, package, find=find, progress=Silent(), done=done)
        assert looked is not None
    sample.delete(aip)
    size = sample.size()
    with assembly.changing(sample.home, doing="a test") as archive:
        take_down(archive.holdings, looked, done)
    assert sample.size() == size
    assert (done.packages, done.files, done.infected) == (0, 0, 0)
