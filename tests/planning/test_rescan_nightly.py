"""The nightly search for malware: what is due is looked at, oldest first, a portion a night, and a person is told."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rescan_support import DAY, Hand, add, asking, night, pretended, scans

from archive import assembly, durable
from archive.errors import LockedError
from archive.progress import Silent

from ingest_support import Place, command  # isort: skip
from quarantine_support import EICAR, STREAM_LIMIT, clamd  # isort: skip

MADE = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0) - timedelta(days=60)
"""When the first signatures of a test were made, if they have a date at all."""
MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec"


def clamd_day(moment: datetime) -> str:
    """Month and day as clamd writes them, which knows no language but English."""
    return f"{MONTHS[3 * moment.month - 3 : 3 * moment.month]} {moment.day:2}"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place.make(tmp_path)


@pytest.fixture
def clock() -> Hand:
    return Hand()


def incidents(place: Place, kind: str) -> list[dict[str, str]]:
    return [one for one in place("incident", "list", "--open", "--json").json["incidents"] if one["type"] == kind]


def state(place: Place) -> dict[str, object]:
    return dict(place("status", "--json").json["malware"])


def test_where_no_scanner_is_set_up_nothing_is_done_and_the_status_says_so(
    place: Place, clock: Hand, tmp_path: Path
) -> None:
    add(place, tmp_path, a=b"a")
    assert night(place, clock) is None
    assert place("schedule", "--once").code == 0
    told = state(place)
    assert (told["set_up"], told["scanner"], told["due"], told["files_due"]) == (False, None, 1, 1)
    assert "no scanner is set up" in place("status").out
    assert "1 not looked at yet" in place("status").out


def test_a_scanner_that_cannot_be_reached_is_told_and_never_a_silent_success(
    place: Place, clock: Hand, tmp_path: Path
) -> None:
    add(place, tmp_path, a=b"a")
    asking(place, Path("/nobody/listens.sock"))
    night(place, clock)
    size = place.log_size()
    for _ in range(2):
        done = night(place, clock)
        assert done is not None and done.needs_person and not done.alarming
        assert "nothing was looked at for malware, no scanner answers: FileNotFoundError" in done.sentence
    assert place("schedule", "--once").code == 3
    assert "!! Malware: the scanner cannot be asked: FileNotFoundError" in place("status").out
    assert place.log_size() == size


def test_a_find_at_night_opens_an_incident_and_ends_with_3(place: Place, clock: Hand, tmp_path: Path) -> None:
    package = add(place, tmp_path, a=b"a", letter=EICAR)
    before = place.stored()
    with clamd() as there:
        asking(place, there)
        told = place("schedule", "--once", "--json")
        assert (told.code, told.json["duty"]) == (3, "rescan")
        assert (told.json["needs_person"], told.json["alarming"]) == (True, False)
        (incident,) = incidents(place, "malware")
        assert incident["package"] == package and incident["id"] in told.json["sentence"]
        assert "letter" not in told.out and "letter" not in incident["summary"], "names may name people"
        assert "Eicar-Test" in incident["summary"]
        size = place.log_size()
        again = place("schedule", "--once")
        assert (again.code, again.out, place.log_size()) == (0, "", size), "nothing is due any more"
    assert place.stored() == before, "it lies where it lay"
    assert place("malware", "report").code == 3
    assert place("custody", "verify").code == 0
    again_at = tmp_path / "again"
    assert command("--archive", again_at, "catalogue", "rebuild", "--from", place.home / "store").code == 0
    assert command("--archive", again_at, "catalogue", "digest").out == place("catalogue", "digest").out


def test_signatures_count_from_the_day_they_were_made(place: Place, clock: Hand, tmp_path: Path) -> None:
    with clamd(made=MADE) as there:
        asking(place, there, rescan_days=10)
        package = add(place, tmp_path, letter=b"harmless, as far as anybody knew")
        assert str(scans(place)[package]).endswith(f" {clamd_day(MADE)} 09:00:00 {MADE.year}")
        clock.now += 400 * DAY
        assert night(place, clock) is None, "the same signatures would say the same, however long ago that was"
    finds = f"Late:0:*:{b'as far as anybody knew'.hex()}"
    for days in (-10, 9):
        with clamd(finds, made=MADE + days * DAY) as there:
            assert night(asking(place, there, rescan_days=10), clock) is None
    with clamd(finds, made=MADE + 10 * DAY) as there:
        asking(place, there, rescan_days=10)
        assert state(place)["why"] == {"the signatures are newer": 1}
        done = night(place, clock)
        assert done is not None and done.needs_person
        assert "1 packages with 1 files (32 octets)" in done.sentence and clamd_day(MADE + 10 * DAY) in done.sentence
        assert night(place, clock) is None
    assert len(incidents(place, "malware")) == 1


def test_where_signatures_have_no_date_the_day_of_the_last_look_counts(
    place: Place, clock: Hand, tmp_path: Path
) -> None:
    with clamd() as there:
        asking(place, there, rescan_days=10)
        add(place, tmp_path, a=b"a")
        clock.now = datetime.now(UTC) + 9 * DAY
        assert night(place, clock) is None
        clock.now += DAY + timedelta(minutes=1)
        done = night(place, clock)
        assert done is not None and not done.needs_person
        assert night(place, clock) is None


def test_a_raised_limit_makes_due_what_is_not_too_large_any_more(place: Place, clock: Hand, tmp_path: Path) -> None:
    with clamd(made=MADE) as there:
        asking(place, there, largest_file=1000)
        add(place, tmp_path, small=b"a", large=bytes(2000))
        add(place, tmp_path, larger=bytes(STREAM_LIMIT + 1))
        only_large = add(place, tmp_path, one=bytes(1500), two=bytes(1600))
        assert night(place, clock) is None
        asking(place, there, largest_file=1400)
        assert night(place, clock) is None, "nothing would come of it"
        asking(place, there, largest_file=1500)
        assert state(place)["why"] == {"too large once, and not any more": 1}
        dry = place("malware", "scan", "--due", "--dry-run", "--json").json
        assert (dry["packages"], dry["files"]) == (1, 2)
        done = night(place, clock)
        assert done is not None and "1 packages with 2 files (3100 octets)" in done.sentence
        said = place("malware", "report", "--json").json["files"]
        counted = {(one["outcome"], one["detail"]): one["files"] for one in said}
        assert counted == {
            ("clean", None): 2,
            ("not-checked", "larger than 1000 octets"): 2,
            ("not-checked", "larger than 1500 octets"): 1,
        }
        asking(place, there, largest_file=STREAM_LIMIT)
        done = night(place, clock)
        assert done is not None and "2 packages with 4 files" in done.sentence
        assert scans(place)[only_large] is not None
        assert night(place, clock) is None, "what is too large still would be said again"


def test_a_night_has_its_portion_and_the_oldest_come_first(place: Place, clock: Hand, tmp_path: Path) -> None:
    with clamd(made=MADE) as there:
        asking(place, there, rescan_days=10)
        first, second = (add(place, tmp_path, a=b"1", b=b"2"), add(place, tmp_path, c=b"3"))
    asking(place, Path("/nobody/listens.sock"))
    never = add(place, tmp_path, d=b"4", e=b"5")
    with clamd(made=MADE + 20 * DAY) as there:
        asking(place, there, rescan_days=10, rescan_files=3)
        done = night(place, clock)
        assert done is not None and "2 packages with 4 files" in done.sentence, "a package is begun while 2 < 3"
        assert "1 packages still due" in done.sentence
        seen = scans(place)
        assert (
            clamd_day(MADE + 20 * DAY) in str(seen[never])
            and clamd_day(MADE + 20 * DAY) in str(seen[first])
            and clamd_day(MADE) in str(seen[second])
        )
        clock.now += timedelta(hours=5)
        assert night(place, clock) is None, "it is the same night after midnight, and the portion is spent"
        clock.now += timedelta(hours=19)
        done = night(place, clock)
        assert done is not None and "1 packages with 1 files" in done.sentence
        assert clamd_day(MADE + 20 * DAY) in str(scans(place)[second])
    with clamd(made=MADE + 40 * DAY) as there:
        asking(place, there, rescan_days=10, rescan_files=50_000, rescan_bytes=1)
        clock.now += DAY
        done = night(place, clock)
        assert done is not None and "1 packages with 2 files" in done.sentence
        assert night(place, clock) is None


class Eyes(Silent):
    """Looks, between two files, whether the archive's lock can be had alone."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.free: list[bool] = []

    def advance(self, steps: int = 1, *, octets: int = 0) -> None:
        try:
            with durable.exclusive(self.home / "lock", doing="a test"):
                self.free.append(True)
        except LockedError:
            self.free.append(False)


def test_while_the_scanner_looks_nobody_waits_for_the_archive(place: Place, clock: Hand, tmp_path: Path) -> None:
    add(place, tmp_path, a=b"1", b=b"2")
    with clamd() as there:
        eyes = Eyes(asking(place, there).home)
        assert night(place, clock, progress=eyes) is not None
    assert eyes.free == [True, True]


def test_it_goes_on_beside_an_ingest_and_waits_for_who_has_the_archive_alone(
    place: Place, clock: Hand, tmp_path: Path
) -> None:
    add(place, tmp_path, a=b"1")
    with pretended() as scanner:
        asking(place, scanner.place)
        with durable.exclusive(place.home / "lock", doing="a deletion"):
            assert night(place, clock) is not None
        assert scanner.asked == [], "nothing is read that could not be recorded"
        with durable.together(place.home / "lock", doing="an ingest") as lock:
            lock.admit()
            done = night(place, clock)
        assert done is not None and "1 packages with 1 files" in done.sentence


def test_two_daemons_look_at_nothing_twice(place: Place, clock: Hand, tmp_path: Path) -> None:
    for number in range(4):
        add(place, tmp_path, a=b"%d" % number)
    with pretended() as scanner:
        asking(place, scanner.place)
        both = [threading.Thread(target=lambda: [night(place, clock) for _ in range(3)]) for _ in range(2)]
        for one in both:
            one.start()
        for one in both:
            one.join()
    assert sorted(scanner.asked) == [b"0", b"1", b"2", b"3"]
    with assembly.reading(place.home) as archive:
        kinds = [record.kind for _, record in archive.holdings.log.records()]
    assert kinds.count("malware") == 8


class StopAfter(Silent):
    """A person who asks to stop after so many files."""

    def __init__(self, files: int) -> None:
        self.left = files

    def advance(self, steps: int = 1, *, octets: int = 0) -> None:
        self.left -= steps

    def stopping(self) -> bool:
        return self.left <= 0


def test_stopped_in_the_middle_it_goes_on_with_the_package_it_did_not_finish(
    place: Place, clock: Hand, tmp_path: Path
) -> None:
    first, second = add(place, tmp_path, a=b"1", b=b"2"), add(place, tmp_path, c=b"3", d=b"4")
    with clamd(made=MADE) as there:
        asking(place, there)
        done = night(place, clock, progress=StopAfter(3))
        assert done is not None and "1 packages with 2 files" in done.sentence and "1 packages still" in done.sentence
        assert not done.needs_person, "to be asked to stop is no trouble"
        assert [scans(place)[one] is None for one in (first, second)] == [False, True]
        done = night(place, clock)
        assert done is not None and "1 packages with 2 files" in done.sentence


def test_a_file_at_which_the_scanner_breaks_off_is_told_and_costs_no_other_night(
    place: Place, clock: Hand, tmp_path: Path
) -> None:
    add(place, tmp_path, a=b"1", b=b"poison", c=b"3")
    with pretended() as scanner:
        asking(place, scanner.place)
        done = night(place, clock)
        assert done is not None and "1 packages with 3 files" in done.sentence
        said = place("malware", "report", "--json").json["files"]
        assert [(one["outcome"], one["files"]) for one in said] == [("clean", 2), ("tool-error", 1)]
        assert "breaks the scanner off" in said[1]["detail"]
        asked = len(scanner.asked)
        assert night(place, clock) is None
        assert len(scanner.asked) == asked


def test_a_package_that_brings_the_scanner_down_waits_for_a_person_and_no_other_behind_it(
    place: Place, clock: Hand, tmp_path: Path
) -> None:
    deadly, other = add(place, tmp_path, a=b"1", b=b"the end"), add(place, tmp_path, c=b"3")
    with pretended() as scanner:
        asking(place, scanner.place)
        done = night(place, clock)
        assert done is not None and done.needs_person and "the scanner is there no more" in done.sentence
        (incident,) = incidents(place, "rescan")
        assert incident["package"] == deadly
        assert set(scans(place).values()) == {None}, "what was known is not replaced by less"
        gone = night(place, clock)
        assert gone is not None and "nothing was looked at" in gone.sentence
        scanner.ended.clear()
        done = night(place, clock)
        assert done is not None and "1 packages with 1 files" in done.sentence and "1 left out" in done.sentence
        assert scans(place)[other] is not None and scans(place)[deadly] is None
        assert (state(place)["due"], state(place)["left_out"]) == (1, 1)
        assert "archive incident list --open says why" in place("status").out
        assert night(place, clock) is None
        assert len(incidents(place, "rescan")) == 1
        place("incident", "close", incident["id"], "--reason", "clamd was updated")
        assert night(place, clock) is not None, "a person has looked: it is tried again"
        assert len(incidents(place, "rescan")) == 1


def test_what_cannot_be_read_in_one_copy_is_read_in_another(place: Place, clock: Hand, tmp_path: Path) -> None:
    package = add(place, tmp_path, a=b"1", b=b"2")
    (place.bag(package) / "data/representations/original/data/b.bin").unlink()
    with pretended() as scanner:
        done = night(asking(place, scanner.place), clock)
    assert done is not None and "1 packages with 2 files" in done.sentence
    assert "archive audit finds and repairs damage" in done.sentence and done.needs_person


def test_what_can_be_read_nowhere_waits_for_a_person_and_is_not_tried_each_minute(
    place: Place, clock: Hand, tmp_path: Path
) -> None:
    package = add(place, tmp_path, a=b"1", b=b"2")
    for root in ("archive/store", "second", "third"):
        (tmp_path / root / package[:2] / package / "data/representations/original/data/b.bin").unlink()
    with pretended() as scanner:
        asking(place, scanner.place)
        done = night(place, clock)
        assert done is not None and done.needs_person and "b.bin cannot be read" in done.sentence
        (incident,) = incidents(place, "rescan")
        assert "b.bin" not in incident["summary"]
        assert night(place, clock) is None
        assert place("malware", "scan", package).code == 3, "a person may always ask"


def test_a_package_out_of_reach_is_counted_and_waited_for(place: Place, clock: Hand, tmp_path: Path) -> None:
    add(place, tmp_path, a=b"1")
    for name in ("second", "third"):
        (tmp_path / name).rename(tmp_path / f"{name}-away")
    (place.home / "store").rename(tmp_path / "store-away")
    with pretended() as scanner:
        asking(place, scanner.place)
        assert night(place, clock) is None
        assert (state(place)["due"], state(place)["out_of_reach"]) == (1, 1)
        assert "1 of them in no copy that can be reached now" in place("status").out
        for name in ("second", "third"):
            (tmp_path / f"{name}-away").rename(tmp_path / name)
        done = night(place, clock)
        assert done is not None and "1 packages with 1 files" in done.sentence


class Pulls(Silent):
    """Somebody who takes every disk away when the first package was looked at."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def advance(self, steps: int = 1, *, octets: int = 0) -> None:
        for name in ("archive/store", "second", "third"):
            if (self.root / name).exists():
                (self.root / name).rename(self.root / f"{Path(name).name}-away")


def test_disks_that_go_away_at_night_are_waited_for_and_open_no_incident(
    place: Place, clock: Hand, tmp_path: Path
) -> None:
    for number in range(3):
        add(place, tmp_path, a=b"%d" % number)
    with pretended() as scanner:
        done = night(asking(place, scanner.place), clock, progress=Pulls(tmp_path))
        assert done is not None and done.needs_person
        for name in ("second", "third"):
            (tmp_path / f"{name}-away").rename(tmp_path / name)
        (tmp_path / "store-away").rename(place.home / "store")
        assert incidents(place, "rescan") == []
        assert night(place, clock) is not None
        assert night(place, clock) is None
    assert None not in scans(place).values()


def test_old_signatures_are_told(place: Place, tmp_path: Path) -> None:
    with clamd(made=datetime.now(UTC) - 100 * DAY) as there:
        asking(place, there)
        assert state(place)["stale_days"] == 100
        assert "its signatures are 100 days old: look whether freshclam runs" in place("status").out
    with clamd(made=datetime.now(UTC)) as there:
        assert state(asking(place, there))["stale_days"] is None
