"""A takeover that is killed, or cannot write, at any durable call: the same command finishes it, and nothing forks."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

from own_copies import moved
from recovery_support import (
    KILLED,
    command,
    command_counting,
    command_dying,
    copy_of,
    in_child,
    make_delivery,
    new_archive,
)

from archive import assembly, durable
from archive.cli import run
from archive.custody.epoch_files import read_home, shown_notes
from archive.custody.epochs import Home, Standing, parse_note
from archive.errors import ExitCode

TAKEOVER = ("takeover",)


def two_homes(base: Path) -> None:
    """An archive with two locations, and a copy of its home, ``old``, that finds the same ones."""
    home = new_archive(base)
    assert command(home, "ingest", str(make_delivery(base / "delivery")), "--producer", "p") in (0, 3)
    shutil.copytree(home, base / "old", symlinks=True)
    toml = base / "old/archive.toml"
    toml.write_text(toml.read_text().replace('"file:store"', f'"{(home / "store").as_uri()}"'))


def standing(home: Path) -> Standing:
    with assembly.reading(home) as archive:
        return archive.holdings.seen().judged.standing


def shown(home: Path) -> list[set[bytes]]:
    """The notes at each location."""
    with assembly.reading(home) as archive:
        return [{data for _, data in shown_notes(place.backend)} for place in archive.holdings.locations.values()]


def own(home: Path) -> Home:
    found = read_home(home)
    assert found is not None
    return found


def require_one_goes_on(home: Path, told: str) -> None:
    """After whatever happened: at most this home goes on, no note is wrong, and a takeover finishes it."""
    for note in set().union(*shown(home)):
        assert parse_note(note).octets == note, told
    assert standing(home) is Standing.IN_FORCE, told
    assert command(home, *TAKEOVER) == 0, told
    mine = own(home).note
    assert mine is not None, told
    assert all(mine.octets in there for there in shown(home)), told
    assert standing(home) is Standing.IN_FORCE, told
    assert standing(home.parent / "old") is Standing.SUPERSEDED, told
    assert command(home.parent / "old", "replicate") == ExitCode.FAILED, told
    assert command(home, "replicate") == 0, told
    assert command(home, "custody", "checkpoint") == 0, told


def test_a_takeover_that_died_anywhere_is_finished_by_the_same_command(tmp_path: Path) -> None:
    base = tmp_path / "base"
    two_homes(base)
    code, calls = command_counting(copy_of(base, tmp_path / "undisturbed"), *TAKEOVER)
    assert code == 0
    assert len(calls) > 6
    replaced = calls.index("replace home.json")
    numbers = []
    for at in range(len(calls)):
        home = copy_of(base, tmp_path / f"at-{at}")
        moved_with(base, home.parent)
        assert command_dying(home, at, *TAKEOVER) == KILLED, calls[at]
        assert (own(home).number == 1) is (at > replaced), "taken over in one step"
        require_one_goes_on(home, calls[at])
        numbers.append(own(home).number)
        shutil.rmtree(home.parent)
    assert set(numbers) == {1, 2}
    print(f"killed at {len(calls)} durable calls")


def test_a_takeover_that_cannot_write_says_so_and_is_finished_later(tmp_path: Path) -> None:
    base = tmp_path / "base"
    two_homes(base)
    _, calls = command_counting(copy_of(base, tmp_path / "undisturbed"), *TAKEOVER)
    for number in (errno.EIO, errno.ENOSPC):
        for at in range(len(calls)):
            home = copy_of(base, tmp_path / f"{number}-{at}")
            moved_with(base, home.parent)
            told = f"{errno.errorcode[number]} at {calls[at]}"
            assert failing(home, at, number) in (ExitCode.DONE, ExitCode.FAILED, ExitCode.NEEDS_PERSON), told
            require_one_goes_on(home, told)
            shutil.rmtree(home.parent)
    print(f"EIO and ENOSPC at {len(calls)} durable calls")


def moved_with(base: Path, target: Path) -> None:
    toml = target / "old/archive.toml"
    toml.write_text(moved(toml.read_text(), base, target))


def failing(home: Path, at: int, number: int) -> int:
    """One takeover whose durable call number ``at`` fails; 99 where that ends as no sentence."""

    def work() -> int:
        calls = iter(range(1_000_000))

        def fail(_what: str) -> None:
            if next(calls) == at:
                raise OSError(number, os.strerror(number))

        durable.promise = fail
        try:
            return run(["--archive", str(home), *TAKEOVER])
        except OSError:
            return 99

    return in_child(work)
