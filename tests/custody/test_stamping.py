"""The queue of requests: what waits, what is sent when, what is stored, and what is kept aside."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from custody_samples import crash_at
from local_authority import STAMPING, YEAR, LocalAuthority, certify, now, openssl
from stamping_support import PLACE, SIZE, TEXT, World, configured, names, offline, request, send_all

from archive.custody import stamps
from archive.custody.answers import read_request
from archive.custody.chains import read_trust
from archive.custody.instructions import NEEDED, listed_digests
from archive.custody.judgement import judge
from archive.custody.stamping import to_send, wanted
from archive.custody.stamps import FIRST_WAIT, LONGEST_WAIT, MOST_SET_ASIDE, Place, Waiting
from profiles.finding import Severity


class Hand:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = now()

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> LocalAuthority:
    return LocalAuthority.make(tmp_path_factory.mktemp("authority") / "local")


@pytest.fixture
def world(local: LocalAuthority) -> World:
    world = World()
    world.answers["https://local.example.org/tsr"] = local.answer
    return world


@pytest.fixture
def custody(tmp_path: Path) -> Path:
    folder = tmp_path / "custody"
    folder.mkdir()
    return folder


def test_a_request_waits_as_two_files(custody: Path, local: LocalAuthority) -> None:
    assert request(custody, configured(local)) == [PLACE]
    assert PLACE.key == "timestamps/00000000000000001234/local"
    assert names(custody, PLACE) == ["checkpoint.txt", "request.tsq"]
    assert (custody / PLACE.key / "checkpoint.txt").read_bytes() == TEXT
    assert read_request((custody / PLACE.key / "request.tsq").read_bytes()).imprint == hashlib.sha256(TEXT).digest()
    assert request(custody, configured(local)) == [], "one request for each checkpoint and authority"


def test_a_token_is_stored_whole(custody: Path, local: LocalAuthority, world: World) -> None:
    authority = configured(local)
    request(custody, authority)
    before = {name: (custody / PLACE.key / name).read_bytes() for name in ("checkpoint.txt", "request.tsq")}
    begun = now()
    sent = send_all(custody, world, authority)
    assert sent.findings == ()
    (stored,) = sent.stored
    folder = custody / PLACE.key
    assert stored.place == PLACE
    assert begun <= stored.time <= now()
    assert stored.expires == local.stamper.certificate.not_valid_after_utc
    assert stored.sha256 == hashlib.sha256((folder / "response.tsr").read_bytes()).hexdigest()
    assert names(custody, PLACE) == sorted(NEEDED)
    for name, data in before.items():
        assert (folder / name).read_bytes() == data
    assert (folder / "signer.pem").read_bytes() == local.stamper.pem()
    assert (folder / "chain.pem").read_bytes() == local.intermediate.pem() + local.root.pem()
    assert world.asked == [(authority.url, before["request.tsq"])]
    assert stamps.waiting(custody) == []
    assert send_all(custody, world, authority).stored == ()
    assert len(world.asked) == 1


def test_the_instructions_beside_a_token_work_in_a_shell(
    tmp_path: Path, custody: Path, local: LocalAuthority, world: World
) -> None:
    authority = configured(local)
    request(custody, authority)
    send_all(custody, world, authority)
    alone = tmp_path / "somewhere else"
    shutil.copytree(custody / PLACE.key, alone)
    plain = {**os.environ, "LC_ALL": "C"}  # sha256sum says OK in the language of whoever asks
    done = subprocess.run(["sh", "verify.sh.txt"], cwd=alone, env=plain, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("Verification: OK") + done.stderr.count("Verification: OK") == 2
    assert done.stdout.count(": OK\n") >= 5
    for name in ("checkpoint.txt", "response.tsr", "chain.pem", "request.tsq", "signer.pem"):
        content = (alone / name).read_bytes()
        (alone / name).write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        done = subprocess.run(["sh", "verify.sh.txt"], cwd=alone, capture_output=True, text=True, check=False)
        assert done.returncode != 0, name
        (alone / name).write_bytes(content)


def test_the_instructions_hold_when_everything_has_expired(
    tmp_path: Path, custody: Path, local: LocalAuthority, world: World
) -> None:
    """The commands themselves, with a token of two years ago whose whole chain ended a year ago."""
    years = {"begins": now() - 5 * YEAR, "ends": now() - YEAR}
    root = certify("old root", ca=True, **years)
    stamper = certify("old stamps", root, purposes=STAMPING, **years)
    old = LocalAuthority(tmp_path / "old", root, root, stamper)
    old.folder.mkdir()
    (old.folder / "root.pem").write_bytes(root.pem())
    authority = configured(old)
    world.answers[authority.url] = lambda asked: old.craft(asked, time=now() - 2 * YEAR)
    request(custody, authority)
    sent = send_all(custody, world, authority)
    assert len(sent.stored) == 1
    assert [finding.code for finding in sent.findings] == ["timestamp-clock"]
    assert "one of the two clocks is wrong" in sent.findings[0].message
    folder = custody / PLACE.key
    done = subprocess.run(["sh", "verify.sh.txt"], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    without = re.sub(r" -attime [0-9]+", "", (folder / "verify.sh.txt").read_text())
    done = subprocess.run(["sh", "-c", without], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode != 0


def test_a_name_in_a_certificate_cannot_leave_its_comment(
    tmp_path: Path, custody: Path, local: LocalAuthority, world: World
) -> None:
    evil = "x\ntouch broken-out\n#\u202e\x1b[31m"
    root = certify(evil, ca=True)
    made = LocalAuthority(tmp_path / "evil", root, root, certify("s", root, purposes=STAMPING))
    made.folder.mkdir()
    (made.folder / "root.pem").write_bytes(root.pem())
    (made.folder / "serial").write_text("01\n")
    authority = configured(made)
    world.answers[authority.url] = made.answer
    request(custody, authority)
    assert len(send_all(custody, world, authority).stored) == 1
    folder = custody / PLACE.key
    text = (folder / "verify.sh.txt").read_text(encoding="utf-8")
    assert "touch" in text
    assert not [line for line in text.split("\n") if line.lstrip().startswith("touch")]
    assert "\x1b" not in text and "\u202e" not in text
    subprocess.run(["sh", "verify.sh.txt"], cwd=folder, capture_output=True, check=True)
    assert not (folder / "broken-out").exists()


@pytest.mark.parametrize("moment", ["offline", "rubbish", "refused", "another's", "old nonce"])
def test_without_a_right_answer_the_request_waits_on(
    tmp_path: Path, custody: Path, local: LocalAuthority, world: World, moment: str
) -> None:
    authority = configured(local)
    stranger = LocalAuthority.make(tmp_path / "stranger")
    sha384 = bytes.fromhex("0609608648016503040202")
    other = request_bytes(TEXT).replace(bytes.fromhex("0609608648016503040201"), sha384)
    world.answers[authority.url] = {
        "offline": offline,
        "rubbish": lambda asked: b"<html>Please log in</html>",
        "refused": lambda asked: local.answer(other),
        "another's": stranger.answer,
        "old nonce": lambda asked: local.answer(request_bytes(TEXT)),
    }[moment]
    request(custody, authority)
    before = stamps.read_files(custody / PLACE.key)
    sent = send_all(custody, world, authority)
    assert sent.stored == ()
    (finding,) = sent.findings
    assert "waits" in finding.message
    assert stamps.read_files(custody / PLACE.key) == before
    kept = sorted((custody / stamps.SET_ASIDE).glob("*.answer")) if (custody / stamps.SET_ASIDE).exists() else []
    if moment == "offline":
        assert finding.severity is Severity.WARNING
        assert kept == []
    else:
        assert finding.severity is Severity.ERROR
        (answer,) = kept
        assert answer.name in finding.message
        reason = answer.with_suffix(".txt").read_text(encoding="utf-8")
        assert finding.message.split(": ", 1)[1].startswith(reason.split("\n")[1][:60])
    world.answers[authority.url] = local.answer
    assert len(send_all(custody, world, authority).stored) == 1


def request_bytes(data: bytes) -> bytes:
    from archive.custody.judgement import make_request

    return make_request(data)


def test_wrong_answers_are_kept_once_each_and_not_without_end(
    custody: Path, local: LocalAuthority, world: World
) -> None:
    authority = configured(local)
    request(custody, authority)
    for number in range(MOST_SET_ASIDE + 5):
        world.answers[authority.url] = lambda asked, number=number: b"page %d" % number
        said = [send_all(custody, world, authority).findings[0].message for _ in range(2)]
        assert said[0] == said[1]
        assert ("not kept" in said[0]) == (number >= MOST_SET_ASIDE)
    assert len(list((custody / stamps.SET_ASIDE).glob("*.answer"))) == MOST_SET_ASIDE


def test_an_authority_that_fails_is_left_alone_for_the_rest_of_the_run(
    custody: Path, local: LocalAuthority, world: World
) -> None:
    down, up = configured(local, "down"), configured(local, "up")
    world.answers = {down.url: offline, up.url: local.answer}
    for size in (1, 2, 3):
        request(custody, down, up, size=size)
    sent = send_all(custody, world, down, up)
    assert [stored.place for stored in sent.stored] == [Place(3, "up"), Place(2, "up"), Place(1, "up")]
    assert [url for url, _ in world.asked].count(down.url) == 1
    assert len(sent.findings) == 1
    assert [waiting.place for waiting in stamps.waiting(custody)] == [Place(n, "down") for n in (1, 2, 3)]
    assert [waiting.tried is not None for waiting in stamps.waiting(custody)] == [False, False, True]


def test_an_authority_that_is_not_configured_any_more_is_not_asked(
    custody: Path, local: LocalAuthority, world: World
) -> None:
    gone = configured(local, "gone")
    request(custody, gone)
    assert send_all(custody, world).stored == ()
    assert send_all(custody, world, configured(local)).stored == ()
    assert world.asked == []
    assert wanted(custody, size=SIZE, authorities=[gone]) == []


def test_pauses_double_within_bounds_and_nothing_remembers_them_but_the_files(
    tmp_path: Path, custody: Path, local: LocalAuthority, world: World
) -> None:
    authority, clock = configured(local), Hand()
    world.answers[authority.url] = offline
    request(custody, authority, at=clock.now)
    begun, tries = clock.now, []
    end = begun + timedelta(days=3)
    while clock.now < end:
        if to_send(custody, [authority], now=clock(), only_due=True):
            tries.append(clock.now)
            send_all(custody, world, authority, clock=clock)
        clock.now += timedelta(minutes=1)
    pauses = [later - earlier for earlier, later in pairwise(tries)]
    assert tries[0] == begun
    assert FIRST_WAIT <= pauses[0] <= 2 * FIRST_WAIT
    assert pauses == sorted(pauses)
    assert all(later <= 2 * earlier + FIRST_WAIT for earlier, later in pairwise(pauses))
    assert pauses[-1] == LONGEST_WAIT
    assert len(tries) < 25
    assert to_send(custody, [authority], now=clock(), only_due=False), "a person's command asks at any time"
    copied = tmp_path / "copied with its times"
    shutil.copytree(custody, copied)
    assert stamps.waiting(copied) == stamps.waiting(custody)


def test_a_clock_that_was_set_back_makes_everything_due() -> None:
    made = datetime(2026, 1, 1, tzinfo=UTC)
    waiting = Waiting(PLACE, made, made + timedelta(days=1))
    assert not waiting.is_due(made + timedelta(days=1, hours=5))
    assert waiting.is_due(made + timedelta(days=1, hours=6))
    assert waiting.is_due(made - timedelta(days=300))
    assert waiting.is_due(made + timedelta(hours=23)), "tried, it says, in what is now the future"
    assert not waiting.is_due(made + timedelta(days=1))


def test_a_waiting_request_that_is_damaged_is_said_and_not_sent(
    custody: Path, local: LocalAuthority, world: World
) -> None:
    authority = configured(local)
    request(custody, authority)
    (custody / PLACE.key / "request.tsq").write_bytes(b"\0\0")
    (finding,) = send_all(custody, world, authority).findings
    assert "damaged" in finding.message
    assert world.asked == []
    (custody / PLACE.key / "request.tsq").unlink()
    assert stamps.waiting(custody) == []


def test_what_is_nobodys_is_left_alone(custody: Path) -> None:
    for name in ("12", "00000000000000001234/UPPER", "00000000000000001234/.x.new", "notes.txt"):
        (custody / stamps.FOLDER / name).mkdir(parents=True)
    assert stamps.places(custody) == []


def whole_or_waiting(custody: Path, local: LocalAuthority) -> bool:
    """Whether the token is there; then all of it is right, and else it is a request that nothing hinders."""
    folder = custody / PLACE.key
    if not stamps.is_whole(custody, PLACE):
        assert [one.place for one in stamps.waiting(custody)] == [PLACE]
        return False
    files = stamps.read_files(folder)
    assert files.keys() == set(NEEDED)
    assert listed_digests(files["verify.sh.txt"]).keys() == set(NEEDED) - {"verify.sh.txt"}
    for name, digest in listed_digests(files["verify.sh.txt"]).items():
        assert hashlib.sha256(files[name]).hexdigest() == digest
    nonce = read_request(files["request.tsq"]).nonce
    trust = read_trust(local.ca.read_bytes())
    digest = hashlib.sha256(files["checkpoint.txt"]).digest()
    assert judge(files["response.tsr"], sha256=digest, nonce=nonce, trust=trust, now=now()).good
    assert not [path for path in folder.rglob(".*")]
    return True


def crashes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, work: Callable[[Path], object]) -> Iterator[Path]:
    """Copies of ``base``, in each of which ``work`` crashed one durable step later; the last one did not crash."""
    for call in range(1, 200):
        folder = tmp_path / f"crash-{call}"
        shutil.copytree(tmp_path / "base", folder)
        with crash_at(monkeypatch, call) as promised:
            work(folder)
        yield folder
        if len(promised) < call:
            return


def test_a_crash_while_storing_leaves_a_waiting_request_or_a_whole_token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, local: LocalAuthority, world: World
) -> None:
    authority = configured(local)
    (tmp_path / "base").mkdir()
    request(tmp_path / "base", authority)
    outcomes = []
    for folder in crashes(tmp_path, monkeypatch, lambda folder: send_all(folder, world, authority)):
        outcomes.append(whole_or_waiting(folder, local))
        if not outcomes[-1]:
            send_all(folder, world, authority)
        assert whole_or_waiting(folder, local), "the same command goes on"
    assert outcomes == sorted(outcomes)
    assert outcomes.count(False) >= 9
    assert outcomes[-1]


def test_a_crash_while_requesting_leaves_a_request_or_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, local: LocalAuthority, world: World
) -> None:
    authority = configured(local)
    (tmp_path / "base").mkdir()
    outcomes = []
    for folder in crashes(tmp_path, monkeypatch, lambda folder: request(folder, authority)):
        outcomes.append(bool(stamps.places(folder)))
        if outcomes[-1]:
            assert names(folder, PLACE) == ["checkpoint.txt", "request.tsq"]
        request(folder, authority)
        send_all(folder, world, authority)
        assert whole_or_waiting(folder, local)
    assert outcomes == sorted(outcomes)
    assert set(outcomes) == {False, True}


def test_a_wrong_answer_is_kept_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, local: LocalAuthority, world: World
) -> None:
    authority = configured(local)
    world.answers[authority.url] = lambda asked: b"rubbish"
    (tmp_path / "base").mkdir()
    request(tmp_path / "base", authority)
    for folder in crashes(tmp_path, monkeypatch, lambda folder: send_all(folder, world, authority)):
        for answer in (folder / stamps.SET_ASIDE).glob("*.answer"):
            assert answer.read_bytes() == b"rubbish"
            assert answer.with_suffix(".txt").exists()
        assert [one.place for one in stamps.waiting(folder)] == [PLACE]


def test_openssl_reads_what_is_stored(custody: Path, local: LocalAuthority, world: World) -> None:
    authority = configured(local)
    request(custody, authority)
    send_all(custody, world, authority)
    said = openssl("ts", "-query", "-in", custody / PLACE.key / "request.tsq", "-text").stdout.decode()
    assert "Hash Algorithm: sha256" in said
    assert "Certificate required: yes" in said
    assert "Nonce: 0x" in said
    assert "Policy OID: unspecified" in said
