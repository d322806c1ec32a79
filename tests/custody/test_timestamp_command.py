"""``archive custody timestamp`` on a real archive, with a real authority behind a real web server on this machine."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from false_clock import leave_out_forks
from local_authority import YEAR, LocalAuthority, now
from local_server import Answer, LocalServer, serving
from own_copies import moved

from archive import assembly, durable
from archive.cli import run as run_command
from archive.config import load
from archive.custody import stamps
from archive.custody.stamps import Place
from archive.duties import Done, Doors, tick
from archive.errors import ConfigError
from archive.holdings.checkpoints import make_checkpoint
from archive.holdings.timestamping import known_stamps
from archive.model.moments import parse_moment
from archive.progress import Silent


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        return json.loads(self.out)


def archive(home: Path, *arguments: object) -> Ran:
    out, err = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run_command(["--archive", str(home), *map(str, arguments)])
    return Ran(int(code), out.buffer.getvalue().decode("utf-8"), err.getvalue())  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> LocalAuthority:
    return LocalAuthority.make(tmp_path_factory.mktemp("authority") / "local")


@pytest.fixture
def server(local: LocalAuthority) -> Iterator[LocalServer]:
    with serving(lambda asked: Answer(local.answer(asked.body))) as server:
        yield server


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive with a second location, one delivery, and the checkpoint that its closing made."""
    base = tmp_path_factory.mktemp("base")
    (base / "delivery").mkdir()
    (base / "delivery" / "a.txt").write_text("a\n")
    assert archive(base / "home", "init", base / "home", f"--location=second={base / 'second'}").code == 0
    assert archive(base / "home", "ingest", base / "delivery", "--producer", "p").code == 0
    return base


def copy_of(base: Path, target: Path) -> Path:
    shutil.copytree(base, target)
    toml = target / "home" / "archive.toml"
    toml.write_text(moved(toml.read_text(), base, target))
    return target / "home"


@pytest.fixture
def home(tmp_path: Path, base: Path, local: LocalAuthority) -> Path:
    home = copy_of(base, tmp_path / "copy")
    (home / "authorities").mkdir()
    shutil.copy(local.ca, home / "authorities" / "local.pem")
    return home


def configure(home: Path, *authorities: str) -> None:
    with open(home / "archive.toml", "a") as toml:
        toml.write("".join(f"\n[[timestamps]]\n{authority}\n" for authority in authorities))


def authority(url: str, name: str = "local", ca: str = "authorities/local.pem", more: str = "") -> str:
    return f'name = "{name}"\nurl = "{url}"\nca = "{ca}"\n{more}'


def newest(home: Path) -> int:
    return int(archive(home, "custody", "show", "--json").json["newest"]["size"])


def known(home: Path) -> list[Place]:
    with assembly.reading(home) as opened:
        return [one.place for one in known_stamps(opened.holdings)]


def whole(home: Path) -> list[Place]:
    return [place for place in stamps.places(home / "custody") if stamps.is_whole(home / "custody", place)]


def test_the_newest_checkpoint_is_stamped_recorded_listed_and_copied(home: Path, server: LocalServer) -> None:
    configure(home, authority(server.url))
    size = newest(home)
    begun = now()
    ran = archive(home, "custody", "timestamp", "--json")
    assert ran.code == 0, ran.err
    told = ran.json
    assert (told["requested"], told["stored"], told["findings"]) == (1, 1, [])
    (row,) = told["timestamps"]
    assert (row["size"], row["authority"], row["state"]) == (size, "local", "stored")
    assert begun <= parse_moment(row["time"]) <= now()
    assert row["expires"] > row["time"]
    assert known(home) == whole(home) == [Place(size, "local")]
    note = (home / "custody/checkpoints" / f"{size:020d}.note").read_bytes()
    folder = home / "custody" / Place(size, "local").key
    assert (folder / "checkpoint.txt").read_bytes() == note[: note.rindex(b"\n\n") + 1]
    for location in (home / "store", home.parent / "second"):
        assert stamps.read_files(location / "custody" / Place(size, "local").key) == stamps.read_files(folder)
    done = subprocess.run(["sh", "verify.sh.txt"], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (asked,) = server.asked
    assert asked.body == (folder / "request.tsq").read_bytes()
    again = archive(home, "custody", "timestamp", "--json").json
    assert (again["requested"], again["stored"]) == (0, 0)
    assert len(server.asked) == 1
    text = archive(home, "custody", "timestamp").out
    assert "local" in text and "stored" in text


def test_each_authority_is_asked_and_one_that_is_down_waits(home: Path, server: LocalServer) -> None:
    configure(home, authority(server.url, "up"), authority("http://127.0.0.1:9/tsr", "down"))
    size = newest(home)
    ran = archive(home, "custody", "timestamp", "--json")
    assert ran.code == 3
    states = {row["authority"]: row["state"] for row in ran.json["timestamps"]}
    assert states == {"up": "stored", "down": "waiting"}
    (finding,) = ran.json["findings"]
    assert finding["code"] == "timestamp-no-answer"
    assert "waits" in finding["message"]
    assert known(home) == [Place(size, "up")]
    assert not (home.parent / "second/custody" / Place(size, "down").key).exists()
    toml = home / "archive.toml"
    toml.write_text(toml.read_text().replace("http://127.0.0.1:9/tsr", server.url))
    asked_first = (home / "custody" / Place(size, "down").key / "request.tsq").read_bytes()
    ran = archive(home, "custody", "timestamp", "--json")
    assert (ran.code, ran.json["stored"]) == (0, 1)
    assert server.asked[-1].body == asked_first, "the same request is sent again"


def test_a_bad_answer_is_reported_and_kept_aside(home: Path, server: LocalServer) -> None:
    configure(home, authority(server.url))
    server.answer = lambda asked: Answer(b"<html>\x1b[31mPlease log in</html>")
    ran = archive(home, "custody", "timestamp")
    assert ran.code == 3
    assert "not accepted" in ran.out
    assert "\x1b" not in ran.out
    (kept,) = (home / "custody/set-aside").glob("*.answer")
    assert kept.read_bytes().startswith(b"<html>")
    assert known(home) == []


def test_an_authority_with_another_root_is_not_believed(tmp_path: Path, home: Path, server: LocalServer) -> None:
    configure(home, authority(server.url))
    other = LocalAuthority.make(tmp_path / "other")
    server.answer = lambda asked: Answer(other.answer(asked.body))
    ran = archive(home, "custody", "timestamp", "--json")
    assert ran.code == 3
    assert "unknown-authority" in ran.json["findings"][0]["message"]
    assert whole(home) == []


def test_a_dry_run_sends_and_writes_nothing(home: Path, server: LocalServer) -> None:
    configure(home, authority(server.url))
    before = sorted((home / "custody").rglob("*"))
    ran = archive(home, "custody", "timestamp", "--dry-run", "--json")
    assert (ran.code, ran.json["would_send"]) == (0, 1)
    assert archive(home, "custody", "timestamp", "--dry-run").out.count("would") == 2
    assert server.asked == []
    assert sorted((home / "custody").rglob("*")) == before


def test_without_an_authority_the_command_says_how_to_add_one(home: Path) -> None:
    ran = archive(home, "custody", "timestamp")
    assert ran.code == 2
    assert "[[timestamps]]" in ran.err
    ran = archive(home, "custody", "timestamp", "--verify")
    assert (ran.code, ran.out.strip()) == (0, "There is no time-stamp yet.")


def test_without_a_checkpoint_there_is_nothing_to_stamp(
    tmp_path: Path, local: LocalAuthority, server: LocalServer
) -> None:
    home = tmp_path / "new"
    assert archive(home, "init", home).code == 0
    shutil.rmtree(home / "custody/checkpoints", ignore_errors=True)
    configure(home, authority(server.url, ca=str(local.ca)))
    ran = archive(home, "custody", "timestamp")
    assert ran.code == 3
    assert "archive custody checkpoint" in ran.out
    assert server.asked == []


def test_a_checkpoint_that_nobody_here_signed_is_never_sent(home: Path, server: LocalServer) -> None:
    configure(home, authority(server.url))
    (path,) = (home / "custody/checkpoints").glob("*.note")
    path.write_bytes(path.read_bytes().replace(b"\ntime 20", b"\ntime 19"))
    ran = archive(home, "custody", "timestamp")
    assert ran.code == 20
    assert "not right" in ran.err
    assert server.asked == []


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ('name = "x"\nurl = "http://x"\nca = "x.pem"\nurll = "y"', "unknown key 'timestamps.urll'"),
        ('name = "X x"\nurl = "http://x"\nca = "x.pem"', "'timestamps.name' cannot be 'X x'"),
        ('name = "../x"\nurl = "http://x"\nca = "x.pem"', "'timestamps.name' cannot be"),
        ('name = "x"\nurl = "file:///etc/passwd"\nca = "x.pem"', "'timestamps.url' of 'x'"),
        ('name = "x"\nurl = "http://x"', "ca"),
        ('name = "x"\nurl = "http://x"\nca = 3', "ca"),
        ('name = "x"\nurl = "http://x"\nca = "x"\n[[timestamps]]\nname = "x"\nurl = "http://x"\nca = "x"', "two"),
    ],
)
def test_what_is_wrong_in_archive_toml_is_refused_with_file_and_key(home: Path, lines: str, said: str) -> None:
    configure(home, lines)
    with pytest.raises(ConfigError) as caught:
        load(home)
    assert "archive.toml" in caught.value.what
    assert said in caught.value.what
    assert archive(home, "status").code == 1


@pytest.mark.parametrize(
    ("ca", "more", "said"),
    [
        ("nowhere.pem", "", "'timestamps.ca' of 'local'"),
        ("archive.toml", "", "holds no roots"),
        ("authorities/local.pem", 'revocation = ["nowhere.crl"]', "'timestamps.revocation' of 'local'"),
        ("authorities", "", "cannot be read"),
    ],
)
def test_a_file_that_cannot_be_used_stops_time_stamps_and_nothing_else(
    home: Path, server: LocalServer, ca: str, more: str, said: str
) -> None:
    configure(home, authority(server.url, ca=ca, more=more))
    assert archive(home, "status").code == 0
    ran = archive(home, "custody", "timestamp")
    assert ran.code == 1
    assert said in ran.err
    assert server.asked == []


# --verify


def test_verify_says_that_all_is_right_and_names_what_is_not(home: Path, server: LocalServer) -> None:
    configure(home, authority(server.url))
    archive(home, "custody", "timestamp")
    (place,) = whole(home)
    right = archive(home, "custody", "timestamp", "--verify", "--json")
    assert (right.code, right.json["checked"], right.json["good"], right.json["findings"]) == (0, 1, 1, [])
    assert right.json["timestamps"][0]["state"] == "valid"
    assert "all of them are right" in archive(home, "custody", "timestamp", "--verify").out
    response = home / "custody" / place.key / "response.tsr"
    content = bytearray(response.read_bytes())
    content[len(content) // 2] ^= 1
    response.write_bytes(content)
    wrong = archive(home, "custody", "timestamp", "--verify", "--json")
    assert (wrong.code, wrong.json["good"]) == (20, 0)
    codes = {finding["code"] for finding in wrong.json["findings"]}
    assert {"timestamp-altered", "timestamp-invalid", "timestamp-copy-differs"} <= codes


def test_verify_looks_at_the_copies(home: Path, server: LocalServer) -> None:
    configure(home, authority(server.url))
    archive(home, "custody", "timestamp")
    (place,) = whole(home)
    (home.parent / "second/custody" / place.key / "signer.pem").unlink()
    ran = archive(home, "custody", "timestamp", "--verify")
    assert ran.code == 20
    assert "signer.pem at location 'second' is missing" in ran.out


def test_a_time_stamp_taken_away_everywhere_is_missed(home: Path, server: LocalServer) -> None:
    configure(home, authority(server.url))
    archive(home, "custody", "timestamp")
    for custody in (home / "custody", home / "store/custody", home.parent / "second/custody"):
        shutil.rmtree(custody / "timestamps")
    ran = archive(home, "custody", "timestamp", "--verify", "--json")
    assert ran.code == 20
    assert [finding["code"] for finding in ran.json["findings"]] == ["timestamp-missing"]
    assert ran.json["timestamps"][0]["state"] == "missing"


def test_a_planted_token_of_a_made_up_authority_is_not_recorded(
    tmp_path: Path, home: Path, server: LocalServer
) -> None:
    configure(home, authority(server.url))
    archive(home, "custody", "timestamp")
    (place,) = whole(home)
    shutil.copytree(home / "custody" / place.key, home / "custody" / Place(place.size, "evil").key)
    ran = archive(home, "custody", "timestamp", "--json")
    assert ran.code == 3
    assert known(home) == [place]
    assert [finding["code"] for finding in ran.json["findings"]] == ["timestamp-unrecorded"]


# Rebuilding


def test_an_archive_made_again_from_one_location_has_its_time_stamps(
    tmp_path: Path, home: Path, server: LocalServer
) -> None:
    configure(home, authority(server.url, more="revocation = []"))
    archive(home, "custody", "timestamp")
    (place,) = whole(home)
    before = stamps.read_files(home / "custody" / place.key)
    shutil.rmtree(home)
    again = tmp_path / "again"
    ran = archive(again, "catalogue", "rebuild", "--from", home.parent / "second")
    assert ran.code == 0, ran.err
    assert stamps.read_files(again / "custody" / place.key) == before
    assert known(again) == [place]
    ran = archive(again, "custody", "timestamp", "--verify", "--json")
    codes = {finding["code"] for finding in ran.json["findings"] if finding["severity"] == "error"}
    assert codes <= {"timestamp-copy-differs"}, "the new store is empty until something is recorded"
    assert "timestamp-authority" in {finding["code"] for finding in ran.json["findings"]}


def test_a_handover_takes_its_time_stamps_along(tmp_path: Path, home: Path, server: LocalServer) -> None:
    configure(home, authority(server.url))
    archive(home, "custody", "timestamp")
    (place,) = whole(home)
    assert archive(home, "handover", "plan", "--recipient", "OHCHR").code == 0
    assert archive(home, "handover", "freeze").code == 0
    volume = tmp_path / "volume"
    ran = archive(home, "handover", "volume", "1", volume)
    assert ran.code == 0, ran.err
    folder = volume / "custody" / place.key
    assert stamps.read_files(folder) == stamps.read_files(home / "custody" / place.key)
    listed = (volume / "SHA256SUMS").read_text(encoding="utf-8")
    assert f"custody/{place.key}/response.tsr" in listed
    done = subprocess.run(["sh", "verify.sh.txt"], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


# The scheduler


class Hand:
    def __init__(self) -> None:
        self.now = now()

    def __call__(self):  # type: ignore[no-untyped-def]
        return self.now


def ticked(home: Path, clock: Hand) -> list[Done]:
    doors = assembly.doors(home, actor="a", clock=clock)
    return [done for done in tick(doors, home, progress=Silent(), clock=clock) if done.duty == "timestamp"]


def test_the_scheduler_stamps_each_new_checkpoint_and_retries_after_pauses(home: Path, server: LocalServer) -> None:
    clock = Hand()
    assert ticked(home, clock) == [], "nobody is configured"
    configure(home, authority(server.url))
    right, server.answer = server.answer, lambda asked: Answer(b"", 503)
    (done,) = ticked(home, clock)
    assert "503" in done.sentence and not done.alarming
    assert ticked(home, clock) == []
    assert len(server.asked) == 1
    clock.now += timedelta(minutes=2)
    assert len(ticked(home, clock)) == 1
    assert len(server.asked) == 2
    server.answer = right
    clock.now += timedelta(minutes=10)
    (done,) = ticked(home, clock)
    assert "stamped by 'local'" in done.sentence
    assert ticked(home, clock) == []
    clock.now += timedelta(days=1, minutes=1)
    (done,) = ticked(home, clock)
    assert len(known(home)) == 2, "a day later there is another checkpoint"


def test_a_bad_answer_alarms_the_scheduler(home: Path, server: LocalServer) -> None:
    configure(home, authority(server.url))
    server.answer = lambda asked: Answer(b"rubbish")
    (done,) = ticked(home, Hand())
    assert done.alarming


def test_a_wrong_file_of_roots_does_not_stop_the_other_duties(home: Path, server: LocalServer) -> None:
    configure(home, authority(server.url, ca="nowhere.pem"))
    (done,) = ticked(home, Hand())
    assert done.alarming
    assert "nowhere.pem" in done.sentence


def test_certificates_that_end_soon_are_in_the_list(tmp_path: Path, home: Path, server: LocalServer) -> None:
    short = LocalAuthority.make(tmp_path / "short", ends=now() + YEAR)
    shutil.copy(short.ca, home / "authorities" / "short.pem")
    configure(home, authority(server.url, "short", "authorities/short.pem"))
    server.answer = lambda asked: Answer(short.answer(asked.body))
    ran = archive(home, "custody", "timestamp", "--json")
    assert ran.code == 0
    (finding,) = ran.json["findings"]
    assert finding["code"] == "timestamp-due"
    assert f"{short.stamper.certificate.not_valid_after_utc:%Y-%m-%d}" in finding["message"]


# Crashes


KILLED = 137


def dying(home: Path, at: int, *words: str) -> int:
    """The exit code of a command whose process is gone just before durable call number ``at``, counted from 0."""
    leave_out_forks()
    pid = os.fork()
    if pid == 0:
        calls = iter(range(1_000_000))

        def die(_what: str) -> None:
            if next(calls) == at:
                os._exit(KILLED)

        code = 1
        try:
            durable.promise = die
            code = archive(home, *words).code
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


@pytest.mark.slow
def test_killed_at_any_durable_call_the_same_command_goes_on(
    tmp_path: Path, base: Path, local: LocalAuthority, server: LocalServer
) -> None:
    place = Place(newest(base / "home"), "local")
    for at in range(200):
        home = copy_of(base, tmp_path / f"crash-{at}")
        configure(home, authority(server.url, ca=str(local.ca)))
        code = dying(home, at, "custody", "timestamp")
        for found in stamps.places(home / "custody"):
            names = stamps.read_files(home / "custody" / found.key).keys()
            assert "response.tsr" not in names or len(names) == 6, "never half a token"
        ran = archive(home, "custody", "timestamp", "--json")
        assert ran.code == 0, ran.err
        assert known(home) == whole(home) == [place]
        for location in (home / "store", home.parent / "second"):
            assert stamps.read_files(location / "custody" / place.key) == stamps.read_files(
                home / "custody" / place.key
            )
        shutil.rmtree(home.parent)
        if code != KILLED:
            assert code == 0
            break
    assert at > 40


# What status says


def test_status_says_what_is_stamped_waits_and_is_due(home: Path, server: LocalServer, local: LocalAuthority) -> None:
    size = newest(home)
    assert "Time-stamps: none; no authority is named" in archive(home, "status").out
    configure(home, authority(server.url), authority("http://127.0.0.1:9/tsr", name="away"))
    before = archive(home, "status", "--json").json["timestamps"]
    assert before == {"authorities": 2, "newest": None, "waiting": 0, "unstamped": size, "due": []}
    archive(home, "custody", "timestamp")
    after = archive(home, "status", "--json").json["timestamps"]
    assert (after["newest"]["size"], after["newest"]["authority"]) == (size, "local")
    assert (after["waiting"], after["unstamped"], after["due"]) == (1, None, [])
    assert "; 1 request waiting" in archive(home, "status").out
    archive(home, "agent", "add", "anna", "--role", "archivist")
    archive(home, "--as", "anna", "custody", "checkpoint")
    later = archive(home, "status", "--json").json["timestamps"]
    assert later["unstamped"] == newest(home) > size


def test_status_and_duties_name_a_time_stamp_that_expires_within_two_years(home: Path, tmp_path: Path) -> None:
    short = LocalAuthority.make(tmp_path / "short", ends=now() + YEAR)
    shutil.copy(short.ca, home / "authorities" / "short.pem")
    with serving(lambda asked: Answer(short.answer(asked.body))) as server:
        configure(home, authority(server.url, name="short", ca="authorities/short.pem"))
        with assembly.changing(home, doing="ticking") as opened:
            opening = lambda: contextlib.nullcontext((opened.holdings, load(home)))  # noqa: E731
            told = tick(Doors(opening, opening, opening), home, progress=Silent())
    (done,) = [one for one in told if one.duty == "timestamp"]
    assert "stamped by 'short'" in done.sentence and "no later time-stamp covers it" in done.sentence
    ran = archive(home, "status")
    assert "!! timestamps/" in ran.out and "no later time-stamp covers it" in ran.out


def test_a_checkpoint_dated_later_than_it_was_seen_outside_is_named(home: Path, server: LocalServer) -> None:
    """Somebody puts the clock ahead, does what was not due yet, and puts it back."""
    configure(home, authority(server.url))
    archive(home, "agent", "add", "anna", "--role", "archivist")
    with assembly.changing(home, doing="dating ahead", clock=lambda: now() + timedelta(days=4)) as opened:
        make_checkpoint(opened.holdings)
    size = newest(home)
    assert archive(home, "--as", "anna", "custody", "timestamp").code == 0
    ran = archive(home, "custody", "verify", "--json")
    (stamped,) = [check for check in ran.json["checks"] if check["check"] == "time-stamps"]
    (finding,) = [one for one in stamped["findings"] if one["code"] == "timestamp-before-checkpoint"]
    assert f"record {size}" in finding["message"]
    assert ran.code == 3
