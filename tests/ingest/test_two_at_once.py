"""Two ingests at once: of two deliveries both finish, of the same one the second is refused, one killed harms none."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ingest_support import LOCATIONS, Place, command, write

SLOWED = """
import sys, time
from archive import durable
from archive.cli import run
def promise(what):
    if what.startswith("publish"):
        time.sleep(0.02)
durable.promise = promise
print("READY", flush=True)
sys.stdin.readline()
sys.exit(run(sys.argv[1:]))
"""


def _start(place: Place, delivery: Path, *more: str) -> subprocess.Popen[str]:
    arguments = ("--archive", str(place.home), "ingest", str(delivery), "--producer", "viasna", "--json", *more)
    process = subprocess.Popen(
        [sys.executable, "-c", SLOWED, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "READY\n"
    return process


def _finish(*processes: subprocess.Popen[str]) -> list[tuple[int, dict[str, Any], str]]:
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    ended = []
    for process in processes:
        out, err = process.communicate(timeout=120)
        ended.append((process.returncode, json.loads(out.splitlines()[0]) if out.startswith("{") else {}, err))
    return ended


@pytest.fixture
def deliveries(tmp_path: Path) -> list[Path]:
    return [
        write(tmp_path / name, {f"{name} {i:02}.txt": f"{name} {i}".encode() * 50 for i in range(40)})
        for name in ("one", "other")
    ]


def _whole(place: Place, tmp_path: Path) -> None:
    """The archive is in order: log, catalogue, replicas, and the catalogue that each location rebuilds."""
    assert place.staging() == []
    assert place("audit").code == 0
    digest = place("catalogue", "digest").out
    for name in LOCATIONS:
        root = place.home / "store" if name == "store" else place.home.parent / name
        again = tmp_path / f"again-{name}"
        assert command("--archive", again, "catalogue", "rebuild", "--from", root).code == 0
        assert command("--archive", again, "catalogue", "digest").out == digest


def test_of_two_deliveries_both_finish(place: Place, deliveries: list[Path], tmp_path: Path) -> None:
    place.set(max_files=7)
    ended = _finish(*(_start(place, delivery) for delivery in deliveries))
    assert [code for code, _, _ in ended] == [0, 0], [err for _, _, err in ended]
    assert [told["received"] for _, told, _ in ended] == [40, 40]
    assert len({told["accession"] for _, told, _ in ended}) == 2
    status = place("status", "--json").json
    assert (status["received"], status["accepted"], status["pending"]) == (80, 80, 0)
    for delivery, (_, told, _) in zip(deliveries, ended, strict=True):
        assert {file.name for file in place.evidence(_Answer(told))} == {
            os.fsencode(path.name) for path in delivery.iterdir()
        }
    _whole(place, tmp_path)


class _Answer:
    def __init__(self, told: dict[str, Any]) -> None:
        self.json = told


def test_of_the_same_delivery_the_second_is_refused_and_nothing_is_received_twice(
    place: Place, deliveries: list[Path], tmp_path: Path
) -> None:
    place.set(max_files=7)
    ended = _finish(*(_start(place, deliveries[0]) for _ in range(2)))
    codes = sorted(code for code, _, _ in ended)
    assert codes in ([0, 11], [0, 0])  # where one was done before the other began, both say the same
    for code, _, err in ended:
        if code == 11:
            assert "in use: ingest" in err
            assert "give the same command again" in err
    assert place("status", "--json").json["received"] == 40
    assert place.ingest(deliveries[0]).json["received"] == 40
    _whole(place, tmp_path)


def test_two_folders_for_one_accession_take_turns(place: Place, deliveries: list[Path], tmp_path: Path) -> None:
    place.set(max_files=7)
    first = place.ingest(write(tmp_path / "begun", {"a.txt": b"a"}))
    more = ("--accession", first.json["accession"])
    ended = _finish(*(_start(place, delivery, *more) for delivery in deliveries))
    for delivery, (code, _, err) in zip(deliveries, ended, strict=True):
        assert code in (0, 11)
        if code == 11:
            assert f"accession {first.json['accession']} is in use" in err
            assert place.ingest(delivery, *more).code == 0
    assert place("status", "--json").json["received"] == 81
    _whole(place, tmp_path)


def test_one_that_is_killed_harms_no_other_and_is_gone_on_with(
    place: Place, deliveries: list[Path], tmp_path: Path
) -> None:
    place.set(max_files=3)
    doomed, other = _start(place, deliveries[0]), _start(place, deliveries[1])
    assert doomed.stdin is not None
    doomed.stdin.write("\n")
    doomed.stdin.flush()
    while not list((place.home / "store").glob("??/*")):  # in the midst of its packages
        assert doomed.poll() is None
    other.stdin.write("\n")  # type: ignore[union-attr]
    other.stdin.flush()  # type: ignore[union-attr]
    doomed.send_signal(signal.SIGKILL)
    doomed.communicate()
    out, err = other.communicate(timeout=120)
    assert other.returncode == 0, err
    assert json.loads(out)["received"] == 40
    again = place.ingest(deliveries[0])
    assert (again.code, again.json["received"]) == (0, 40)
    assert place("status", "--json").json["received"] == 80
    _whole(place, tmp_path)
