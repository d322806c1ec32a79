"""Which home goes on: one that is older, rebuilt or contested changes nothing, at no location, and can be looked at."""

from __future__ import annotations

import contextlib
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from audit_support import LOCATIONS, Ran, Sample, archive, everything, write_delivery

from archive import assembly
from archive.custody.epoch_files import read_home
from archive.custody.epochs import LogKey, open_epoch, sign_epoch
from archive.custody.epochs import parse_note as parse_epoch_note
from archive.custody.keys import create_key, load_key
from archive.errors import ArchiveError, ExitCode

CHANGING = (
    ("ingest", "{delivery}", "--producer", "viasna"),
    ("audit",),
    ("replicate",),
    ("custody", "checkpoint"),
    ("handover", "plan", "--recipient", "OHCHR"),
    ("producer", "add", "other"),
    ("agent", "add", "anna", "--role", "archivist"),
    ("location", "add", "fourth", "{fourth}"),
    ("incident", "close", "00000000-0000-4000-8000-000000000000", "--reason", "r"),
)
LOOKING = (
    ("list",),
    ("status",),
    ("find", "photo"),
    ("location", "list"),
    ("catalogue", "digest"),
    ("custody", "show"),
)


def note(sample: Sample, location: str, number: int) -> Path:
    return sample.location(location) / "custody/epochs" / f"{number}.json"


def at(home: Path, *words: object) -> Ran:
    return archive("--archive", home, *words)


def standing(home: Path) -> str:
    return str(at(home, "status", "--json").json["home"]["standing"])


def copied_away(sample: Sample) -> Path:
    """A copy of the home's folder, as a snapshot of the machine holds it; its locations are the sample's."""
    old = sample.root / "old"
    shutil.copytree(sample.home, old, symlinks=True)
    find_locations(sample, old)
    return old


def find_locations(sample: Sample, home: Path) -> None:
    """Put the paths of the sample's locations into the ``archive.toml`` of another home."""
    toml = home / "archive.toml"
    text = toml.read_text()
    for name in LOCATIONS:
        text = re.sub(rf'^"?{name}"? = ".*"$', f'"{name}" = "{sample.location(name).as_uri()}"', text, flags=re.M)
    toml.write_text(text)


def rebuilt(sample: Sample, *, with_key: bool = True) -> Path:
    """The archive made anew from one location, with its old store and, put back from its safe place, its key."""
    new = sample.root / "new"
    made = at(new, "catalogue", "rebuild", "--from", sample.location("second"))
    assert made.code == 0, made.err
    find_locations(sample, new)
    if with_key:
        for path in (sample.home / "keys").iterdir():
            shutil.copy2(path, new / "keys")
    return new


@contextlib.contextmanager
def away(sample: Sample, *names: str) -> Iterator[None]:
    for name in names:
        sample.location(name).rename(sample.root / f"{name}.away")
    yield
    for name in names:
        (sample.root / f"{name}.away").rename(sample.location(name))


def words_for(sample: Sample, words: tuple[str, ...]) -> list[str]:
    delivery, fourth = sample.root / "more", sample.root / "fourth"
    if not delivery.exists():
        write_delivery(delivery, files=1)
    return [word.format(delivery=delivery, fourth=fourth) for word in words]


def what_lies_there(sample: Sample, home: Path) -> dict[Path, dict[str, bytes]]:
    """Everything in a home and at the locations, but for what a scheduler leaves to say that it lives."""
    found = {path: everything(path) for path in (home, *map(sample.location, LOCATIONS))}
    found[home].pop("heartbeat.json", None)
    return found


def refuses(sample: Sample, home: Path) -> None:
    """Whatever changes is refused, nothing is changed anywhere by it, and looking goes on."""
    before = what_lies_there(sample, home)
    for words in CHANGING:
        ran = at(home, *words_for(sample, words))
        assert ran.code == ExitCode.FAILED, (words, ran.err)
        assert "takeover" in ran.err
    assert at(home, "schedule", "--once").code == ExitCode.DAMAGE, "nobody watches: it is told as loud as can be"
    with pytest.raises(ArchiveError), assembly.changing(home, doing="a test"):
        pass
    for words in LOOKING:
        assert at(home, *words).code == 0, words
    assert what_lies_there(sample, home) == before
    assert not (sample.root / "fourth").exists()


def lives(home: Path, sample: Sample, name: str) -> None:
    delivery = write_delivery(sample.root / name, files=2)
    ran = at(home, "ingest", delivery, "--producer", "viasna")
    assert ran.code == 0, ran.err


# Which home it is


def test_a_new_home_has_a_random_identifier_that_no_location_holds(sample: Sample) -> None:
    home = read_home(sample.home)
    assert home is not None
    assert (home.number, home.rehearsal) == (0, False)
    for name in LOCATIONS:
        held = everything(sample.location(name))
        assert not any(home.identifier.encode() in data for data in held.values())
        assert not (sample.location(name) / "custody/epochs").exists()
    told = sample.run("status", "--json").json["home"]
    assert told == {"id": home.identifier, "epoch": 0, "standing": "in-force", "told": []}


def test_a_home_of_0_1_gets_an_identifier_from_the_first_command_that_changes_it(sample: Sample) -> None:
    (sample.home / "home.json").unlink()
    assert sample.run("status", "--json").json["home"]["id"] is None
    assert read_home(sample.home) is None
    assert sample.run("replicate").code == 0
    named = read_home(sample.home)
    assert named is not None
    assert sample.run("replicate").code == 0
    assert read_home(sample.home) == named


def test_a_home_that_cannot_be_read_changes_nothing_and_takes_over_without_its_file(sample: Sample) -> None:
    (sample.home / "home.json").write_bytes(b"{}")
    assert sample.run("replicate").code == ExitCode.DAMAGE
    assert sample.run("status", "--json").json["home"]["standing"] == "unreadable"
    assert sample.run("custody", "verify").code == ExitCode.DAMAGE
    (sample.home / "home.json").unlink()
    assert sample.run("takeover").code == 0
    assert sample.run("custody", "verify").code == 0


# A takeover


def test_an_older_home_refuses_once_another_took_over(sample: Sample) -> None:
    old = copied_away(sample)
    told = sample.run("takeover", "--json").json
    assert (told["epoch"], told["reached"], told["away"]) == (1, list(LOCATIONS), [])
    home = read_home(sample.home)
    assert home is not None and home.note is not None
    assert home.identifier == told["home"] != read_home(old).identifier  # type: ignore[union-attr]
    assert {note(sample, name, 1).read_bytes() for name in LOCATIONS} == {home.note.octets}
    key = load_key(sample.home / "keys", "log-1").public
    signed = open_epoch(home.note.octets, 1, home.note.epoch.origin, [LogKey(key)])
    assert (signed.home, signed.size, signed.root.hex()) == (told["home"], told["size"], told["root"])
    assert standing(old) == "superseded"
    refuses(sample, old)
    verified = at(old, "custody", "verify", "--json")
    assert verified.code == ExitCode.NEEDS_PERSON
    (found,) = [check["findings"] for check in verified.json["checks"] if check["check"] == "home"]
    assert [finding["code"] for finding in found] == ["home-superseded"]
    lives(sample.home, sample, "more-2")
    assert sample.run("custody", "verify").code == 0
    assert sample.run("audit").code == 0
    assert standing(sample.home) == "in-force"


def test_a_rebuilt_home_is_a_rehearsal_until_it_takes_over_and_then_the_old_one_refuses(sample: Sample) -> None:
    new = rebuilt(sample)
    assert standing(new) == "rehearsal"
    refuses(sample, new)
    assert at(new, "custody", "verify").code == 0
    lives(sample.home, sample, "lived-on")
    refused = at(new, "takeover")
    assert refused.code == ExitCode.DAMAGE, "the old home lives, and has recorded more"
    assert "catalogue rebuild --from" in refused.err
    shutil.rmtree(new)
    new = rebuilt(sample)
    before = everything(sample.location("second"))
    planned = at(new, "takeover", "--dry-run")
    assert planned.code == 0 and "epoch 1" in planned.out
    assert everything(sample.location("second")) == before
    assert at(new, "takeover").code == 0
    assert standing(new) == "in-force"
    assert at(new, "audit").code == 0
    lives(new, sample, "more-2")
    assert standing(sample.home) == "superseded"
    refuses(sample, sample.home)


def test_a_command_that_runs_while_another_home_takes_over_records_nothing_more(sample: Sample) -> None:
    old = copied_away(sample)
    with assembly.changing(old, doing="a long command") as opened:
        assert sample.run("takeover").code == 0
        size = opened.holdings.log.size
        with pytest.raises(ArchiveError):
            opened.holdings.record([*sample.records("producer")[:1], *sample.records("location")[:1]])
        assert opened.holdings.log.size == size
    assert [finding.code for finding in opened.afterwards] == ["home-superseded"]
    assert sample.run("custody", "verify").code == 0


def test_a_location_that_was_away_is_told_when_it_is_back(sample: Sample) -> None:
    old = copied_away(sample)
    with away(sample, "third"):
        told = sample.run("takeover", "--json").json
        assert (told["reached"], told["away"]) == (["store", "second"], ["third"])
    assert not note(sample, "third", 1).exists()
    with away(sample, "second"):
        sample.location("store").rename(sample.root / "store.away")
        assert standing(old) == "in-force", "nothing in its reach says otherwise"
        (sample.root / "store.away").rename(sample.location("store"))
    assert sample.run("replicate").code == 0
    assert note(sample, "third", 1).read_bytes() == note(sample, "second", 1).read_bytes()
    with away(sample, "second"):
        sample.location("store").rename(sample.root / "store.away")
        assert standing(old) == "superseded"
        (sample.root / "store.away").rename(sample.location("store"))


def test_each_takeover_is_a_new_epoch_of_a_new_home(sample: Sample) -> None:
    first = sample.run("takeover", "--json").json
    snapshot = copied_away(sample)
    second = sample.run("takeover", "--json").json
    assert (first["epoch"], second["epoch"]) == (1, 2)
    assert first["home"] != second["home"]
    assert standing(snapshot) == "superseded"
    assert {path.name for path in note(sample, "third", 1).parent.iterdir()} == {"1.json", "2.json"}
    assert parse_epoch_note(note(sample, "third", 1).read_bytes()).epoch.home == first["home"]


def test_two_homes_of_one_number_both_refuse_until_one_takes_over_again(sample: Sample) -> None:
    other = copied_away(sample)
    with away(sample, "third"):
        assert sample.run("takeover", "--json").json["epoch"] == 1
    with away(sample, "second"):
        sample.location("store").rename(sample.root / "store.away")
        assert at(other, "takeover", "--json").json["epoch"] == 1
        (sample.root / "store.away").rename(sample.location("store"))
    assert note(sample, "second", 1).read_bytes() != note(sample, "third", 1).read_bytes()
    for home in (sample.home, other):
        assert standing(home) == "contested"
        refuses(sample, home)
        verified = at(home, "custody", "verify", "--json")
        codes = [one["code"] for check in verified.json["checks"] for one in check["findings"] if "home" in one["code"]]
        assert (verified.code, codes) == (ExitCode.NEEDS_PERSON, ["home-contested"])
    assert at(other, "takeover", "--json").json["epoch"] == 2
    assert (standing(other), standing(sample.home)) == ("in-force", "superseded")
    assert at(other, "audit").code == 0
    refuses(sample, sample.home)


# Notes that are no notes


def forged(sample: Sample, tmp_path: Path, kind: str) -> bytes:
    old = copied_away(sample)
    assert at(old, "takeover").code == 0
    right = note(sample, "second", 1).read_bytes()
    for name in LOCATIONS:
        note(sample, name, 1).unlink()
    shutil.rmtree(old)
    stranger = create_key(tmp_path, "stranger")
    epoch = parse_epoch_note(right).epoch
    return {
        "unsigned": right.partition(b'"root"')[0],
        "empty": b"",
        "huge": right * 10_000,
        "another key": sign_epoch(epoch, stranger).octets,
        "altered": right.replace(epoch.home.encode(), b"00000000-0000-4000-8000-000000000000"),
        "another number": right,
    }[kind]


@pytest.mark.parametrize("kind", ["unsigned", "empty", "huge", "another key", "altered", "another number"])
def test_a_forged_note_stops_nothing_and_is_told_with_20(sample: Sample, tmp_path: Path, kind: str) -> None:
    number = 2 if kind == "another number" else 1
    data = forged(sample, tmp_path, kind)
    note(sample, "second", number).parent.mkdir(exist_ok=True)
    note(sample, "second", number).write_bytes(data)
    assert standing(sample.home) == "in-force"
    ran = sample.run("agent", "add", "anna", "--role", "archivist")
    assert (ran.code, "is not rightly signed" in ran.err) == (ExitCode.DAMAGE, True)
    assert [agent["code"] for agent in sample.run("agent", "list", "--json").json["agents"]] == ["anna"]
    verified = sample.run("custody", "verify", "--json")
    assert verified.code == ExitCode.DAMAGE
    found = [one for check in verified.json["checks"] for one in check["findings"] if one["severity"] == "error"]
    assert [(one["code"], one["subject"]) for one in found] == [
        ("epoch-forged", f"second: custody/epochs/{number}.json")
    ]
    told = archive("--archive", sample.home, "--as", "anna", "takeover", "--json")
    assert (told.code, told.json["epoch"]) == (ExitCode.DAMAGE, 1 if number == 2 else 2)
    assert note(sample, "second", number).read_bytes() == data, "nothing is ever overwritten"
    note(sample, "second", number).unlink()
    assert archive("--archive", sample.home, "--as", "anna", "audit").code == 0


def test_a_forged_note_in_the_place_of_ours_is_told_and_stays(sample: Sample) -> None:
    with away(sample, "third"):
        assert sample.run("takeover").code == 0
    note(sample, "third", 1).parent.mkdir()
    note(sample, "third", 1).write_bytes(b"{}")
    assert standing(sample.home) == "in-force"
    ran = sample.run("replicate")
    assert ran.code == ExitCode.DAMAGE
    assert note(sample, "third", 1).read_bytes() == b"{}"
    note(sample, "third", 1).unlink()
    assert sample.run("replicate").code == 0
    assert note(sample, "third", 1).read_bytes() == note(sample, "second", 1).read_bytes()


def test_names_that_are_no_numbers_are_somebody_elses(sample: Sample) -> None:
    folder = note(sample, "second", 1).parent
    folder.mkdir()
    for name in ("0.json", "01.json", "1.json.tmp", "x", "99999999999999999999.json", "-1.json"):
        (folder / name).write_bytes(b"x")
    assert sample.run("replicate").code == 0
    assert sample.run("takeover", "--json").json["epoch"] == 1


# Where the log's key is lost


def test_without_a_key_a_rehearsal_adds_one_in_its_own_log_and_takes_over_with_it(sample: Sample) -> None:
    new = rebuilt(sample, with_key=False)
    refused = at(new, "takeover")
    assert (refused.code, "archive key new" in refused.err) == (ExitCode.FAILED, True)
    before = {name: everything(sample.location(name)) for name in LOCATIONS}
    added = at(new, "key", "new", "log-2", "--role", "log")
    assert added.code == 0, added.err
    assert {name: everything(sample.location(name)) for name in LOCATIONS} == before
    assert standing(new) == "rehearsal"
    assert at(new, "takeover").code == 0
    assert at(new, "custody", "checkpoint").code == 0
    lives(new, sample, "more")
    assert at(new, "custody", "verify").code == 0
    ran = sample.run("replicate")
    assert ran.code == ExitCode.DAMAGE, "the old home does not know the key: it goes on, and is told twice"
