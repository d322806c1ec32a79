"""Somebody dates a record back: it has its effect, and is told by the archive and by the programs that travel alone."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from approvals_support import Sample

from archive import assembly
from archive.custody.log import CustodyLog
from archive.model.records import ProducerRecord

DATA = Path(__file__).resolve().parents[2] / "archive" / "handover" / "data"


def date_back(sample: Sample, by: timedelta) -> int:
    """Append a producer that is dated before the last record; the number of its record."""
    log = CustodyLog.open(sample.home / "custody")
    last = log.last_time()
    assert last is not None
    (known, *_) = sample.records("producer")
    assert isinstance(known, ProducerRecord)
    return log.append([replace(known, code="eve", name="eve", time=last - by)])


def told(sample: Sample) -> tuple[int, list[tuple[str, str, str]]]:
    """How ``custody verify`` ends, and what it says of times."""
    ran = sample.run("custody", "verify", "--json")
    (check,) = [one for one in ran.json["checks"] if one["check"] == "times"]
    return ran.code, [(one["severity"], one["code"], one["subject"]) for one in check["findings"]]


def lone(sample: Sample, program: str) -> tuple[int, list[str]]:
    """How a program that travels alone ends on a location, and what it says of times."""
    with assembly.changing(sample.home, doing="copying"):
        pass
    done = subprocess.run(
        [sys.executable, "-I", str(DATA / program), str(sample.location("second"))], capture_output=True, check=False
    )
    return done.returncode, [line[:12].strip() for line in done.stdout.decode().splitlines() if " times " in line]


PROGRAMS = ("verify_custody.py", "verify_acts.py")


@pytest.mark.parametrize("by", [timedelta(microseconds=1), timedelta(days=39)])
def test_a_record_dated_back_has_its_effect_and_is_told(sample: Sample, by: timedelta) -> None:
    assert told(sample) == (0, [])
    for program in PROGRAMS:
        assert lone(sample, program) == (3, ["RIGHT"])
    n = date_back(sample, by)
    assert told(sample) == (20, [("error", "time-fell", f"record {n}")])
    for program in PROGRAMS:
        assert lone(sample, program) == (1, ["WRONG", "WRONG"])
    assert "eve" in [row["code"] for row in sample.done("producer", "list")["producers"]]


def test_two_persons_set_it_aside_and_it_is_told_for_ever(sample: Sample) -> None:
    n = date_back(sample, timedelta(days=39))
    request = sample.agreed("custody", "set-aside", n, reason="looked into")
    assert any("dated before" in line for line in sample.done("approvals", "show", request)["words"])
    sample.done("carry-out", request)
    assert told(sample) == (0, [("info", "time-fell", f"record {n}")])
    assert lone(sample, "verify_custody.py") == (3, ["NOT CHECKED", "RIGHT"])
    assert lone(sample, "verify_acts.py") == (3, ["RIGHT", "RIGHT"])


def test_a_clock_record_that_names_another_time_is_told(sample: Sample) -> None:
    log = CustodyLog.open(sample.home / "custody")
    last = log.last_time()
    assert last is not None
    with assembly.changing(sample.home, doing="a test", clock=lambda: last - timedelta(days=1)) as archive:
        archive.holdings.record([replace(sample.records("producer")[0], code="x", time=last - timedelta(days=1))])
    assert told(sample) == (0, [])
    assert lone(sample, "verify_custody.py") == (3, ["RIGHT"])
    (clock,) = sample.records("clock")
    n = CustodyLog.open(sample.home / "custody").append([replace(clock, time=clock.time - timedelta(days=1))])
    assert told(sample) == (20, [("error", "time-fell", f"record {n}")])
    assert lone(sample, "verify_custody.py") == (1, ["WRONG", "WRONG"])
