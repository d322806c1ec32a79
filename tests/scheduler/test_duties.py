"""The archive on its own: what is due is found, done once, and told without anybody asking."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import threading
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from archive import assembly, durable
from archive.cli import run
from archive.clock import Clock, system_clock
from archive.duties import HEARTBEAT, Done, is_silent, last_beat
from archive.duties import tick as tick_opened
from archive.holdings.checkpoints import newest_checkpoint
from archive.progress import Progress, Silent
from scheduler import ticker


def tick(home: Path, *, actor: str, progress: Progress, clock: Clock = system_clock) -> list[Done]:
    doors = assembly.doors(home, actor=actor, clock=clock)
    return tick_opened(doors, home, progress=progress, clock=clock)


class Hand:
    """A clock that is moved by hand; it begins when it is made, which is after what it is to judge."""

    def __init__(self) -> None:
        self.now = system_clock()

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def home(tmp_path: Path) -> Path:
    delivery = tmp_path / "delivery"
    delivery.mkdir()
    for number in range(5):
        (delivery / f"{number}.txt").write_text(f"file {number}\n")
    home = tmp_path / "home"
    assert run(["init", str(home), f"--location=second={tmp_path / 'second'}"]) == 0
    assert run(["--archive", str(home), "ingest", str(delivery), "--producer", "p"]) == 0
    return home


def some_file(location: Path) -> Path:
    return sorted(location.glob("??/*/data/representations/original/data/*.txt"))[0]


def flip(path: Path) -> bytes:
    before, content = path.stat(), path.read_bytes()
    path.write_bytes(bytes([content[0] ^ 1]) + content[1:])
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    return content


def test_nothing_is_due_just_after_ingest(home: Path) -> None:
    assert tick(home, actor="a", progress=Silent()) == []
    assert json.loads((home / HEARTBEAT).read_bytes())["done"] == []


def test_a_flipped_byte_is_found_repaired_and_told_when_the_time_has_come(home: Path, tmp_path: Path) -> None:
    clock = Hand()
    victim = some_file(tmp_path / "second")
    content = flip(victim)
    assert tick(home, actor="a", progress=Silent(), clock=clock) == []
    clock.now += timedelta(days=89)
    assert tick(home, actor="a", progress=Silent(), clock=clock) == []
    assert victim.read_bytes() != content
    clock.now += timedelta(days=2)
    (done,) = tick(home, actor="a", progress=Silent(), clock=clock)
    assert done.duty == "audit"
    assert done.alarming
    assert "1 altered" in done.sentence
    assert "1 files repaired" in done.sentence
    assert victim.read_bytes() == content
    with assembly.reading(home) as archive:
        (incident,) = archive.holdings.catalogue.incidents()
        assert incident.id in done.sentence
        assert {replica.state for replica in archive.holdings.catalogue.replicas()} == {"ok"}
    (signed,) = tick(home, actor="a", progress=Silent(), clock=clock)
    assert (signed.duty, signed.alarming) == ("checkpoint", False)
    assert tick(home, actor="a", progress=Silent(), clock=clock) == []
    assert json.loads((home / HEARTBEAT).read_bytes())["done"] == []


def test_the_daemon_does_it_without_a_human(home: Path, tmp_path: Path) -> None:
    clock, stop, told = Hand(), threading.Event(), []
    content = flip(victim := some_file(tmp_path / "second"))
    clock.now += timedelta(days=91)

    def one() -> None:
        told.extend(tick(home, actor="a", progress=Silent(), clock=clock))
        if last_beat(home) is not None:
            stop.set()

    ticker.run(one, every=timedelta(milliseconds=10), stop=stop)
    assert [done.duty for done in told] == ["audit"]
    assert victim.read_bytes() == content


def test_two_daemons_at_once_do_nothing_twice(home: Path, tmp_path: Path) -> None:
    clock = Hand()
    clock.now += timedelta(days=91)
    flip(some_file(tmp_path / "second"))
    told: list[str] = []

    def daemon() -> None:
        for _ in range(3):
            told.extend(done.duty for done in tick(home, actor="a", progress=Silent(), clock=clock))

    both = [threading.Thread(target=daemon) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert told.count("audit") == 1
    assert told.count("checkpoint") <= 1
    assert set(told) <= {"audit", "checkpoint", "wait"}
    with assembly.reading(home) as archive:
        kinds = [record.kind for _, record in archive.holdings.log.records()]
    assert kinds.count("repair") == 1
    assert kinds.count("audit") == 4


def test_the_log_is_signed_once_a_day_where_it_has_grown(home: Path, tmp_path: Path) -> None:
    clock = Hand()
    clock.now += timedelta(hours=1)
    assert run(["--archive", str(home), "handover", "plan", "--recipient", "OHCHR"]) == 0
    assert tick(home, actor="a", progress=Silent(), clock=clock) == [], "the checkpoint of the ingest is an hour old"
    clock.now += timedelta(days=1)
    (done,) = tick(home, actor="a", progress=Silent(), clock=clock)
    assert done.duty == "checkpoint"
    with assembly.reading(home) as archive:
        newest = newest_checkpoint(archive.holdings)
        assert newest is not None
        assert (newest.size, newest.time) == (archive.holdings.log.size, clock.now)
    copies = [sorted(path.name for path in (tmp_path / "second/custody/checkpoints").iterdir())]
    copies.append(sorted(path.name for path in (home / "store/custody/checkpoints").iterdir()))
    assert copies[0] == copies[1]
    assert len(copies[0]) == 3
    clock.now += timedelta(days=2)
    assert tick(home, actor="a", progress=Silent(), clock=clock) == [], "nothing was recorded since"


def test_a_signer_that_is_away_alarms_and_the_other_duties_are_done(home: Path, tmp_path: Path) -> None:
    clock = Hand()
    clock.now += timedelta(days=91)
    assert run(["--archive", str(home), "handover", "plan", "--recipient", "OHCHR"]) == 0
    (home / "keys/log-1.pem").rename(tmp_path / "log-1.pem")
    signed, audited = tick(home, actor="a", progress=Silent(), clock=clock)
    assert (signed.duty, signed.alarming) == ("checkpoint", True)
    assert "archive key new" in signed.sentence
    assert audited.duty == "audit"


def test_an_archive_in_use_is_left_alone_until_the_next_tick(home: Path) -> None:
    clock = Hand()
    clock.now += timedelta(days=91)
    with durable.exclusive(home / "lock", doing="something else"):
        (done,) = tick(home, actor="a", progress=Silent(), clock=clock)
    assert done.duty == "wait"
    assert "something else" in done.sentence
    assert [done.duty for done in tick(home, actor="a", progress=Silent(), clock=clock)] == ["audit"]


def test_a_copy_that_is_owed_is_made_when_its_location_is_back(home: Path, tmp_path: Path) -> None:
    (tmp_path / "second").rename(tmp_path / "away")
    (tmp_path / "more").mkdir()
    (tmp_path / "more/x.txt").write_text("x")
    assert run(["--archive", str(home), "ingest", str(tmp_path / "more"), "--producer", "p"]) == 3
    assert tick(home, actor="a", progress=Silent()) == []
    assert not (tmp_path / "second").exists()
    (tmp_path / "away").rename(tmp_path / "second")
    (done,) = tick(home, actor="a", progress=Silent())
    assert done.duty == "replicate"
    assert done.sentence.startswith("2 copies made")
    assert tick(home, actor="a", progress=Silent()) == []


class StopAfter(Silent):
    """A person who asks to stop after so many files."""

    def __init__(self, files: int) -> None:
        self.left = files

    def advance(self, steps: int = 1, *, octets: int = 0) -> None:
        self.left -= steps

    def stopping(self) -> bool:
        return self.left <= 0


def test_stopped_in_the_middle_it_finishes_the_file_in_hand_and_goes_on_next_time(home: Path) -> None:
    clock = Hand()
    clock.now += timedelta(days=91)
    read: list[str] = []
    tick(home, actor="a", progress=StopAfter(3), clock=clock)
    with assembly.reading(home) as archive:
        kinds = [record.kind for _, record in archive.holdings.log.records()]
    assert kinds.count("audit") == 0, "a replica not read to its end was not audited"
    assert read == []
    (done,) = tick(home, actor="a", progress=Silent(), clock=clock)
    assert done.sentence.startswith("4 replicas")


def test_an_error_of_the_world_is_a_sentence_and_the_daemon_lives(home: Path) -> None:
    for path in home.glob("catalogue.sqlite*"):
        path.write_bytes(b"garbage" * 1000)
    (done,) = tick(home, actor="a", progress=Silent())
    assert done.alarming
    assert "damaged" in done.sentence or "catalogue" in done.sentence


def test_a_full_disk_is_a_sentence_and_the_daemon_lives(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("archive.duties.rescan_tonight", full)
    monkeypatch.setattr(durable, "write_atomic", full)
    told = tick(home, actor="a", progress=Silent())
    assert [done.duty for done in told] == ["rescan", "heartbeat"]
    assert all(done.alarming and "No space left" in done.sentence for done in told)
    assert last_beat(home) is None


def test_silence_is_noticed(home: Path) -> None:
    clock = Hand()
    assert is_silent(home, now=clock.now)
    tick(home, actor="a", progress=Silent(), clock=clock)
    assert not is_silent(home, now=clock.now)
    assert is_silent(home, now=clock.now + timedelta(minutes=16))


def test_once_answers_20_when_damage_was_found(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["--archive", str(home), "schedule", "--once", "--json"]) == 0
    assert capfd.readouterr().out == ""


def test_ctrl_c_ends_the_daemon_and_a_second_start_finds_nothing_half_done(home: Path) -> None:
    words = [sys.executable, "-m", "archive", "--archive", str(home), "schedule", "--every", "0.05"]
    daemon = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert daemon.stdout is not None
    assert "Looking every" in daemon.stdout.readline()
    daemon.send_signal(signal.SIGINT)
    _, errors = daemon.communicate()
    assert daemon.returncode == 130
    assert "finishing what is in hand" in errors
    assert run(["--archive", str(home), "audit"]) == 0
