"""Where epochs lie: the home's own in ``home.json`` of the archive's folder, and notes at locations, put once.

A location shows ``custody/epochs/<number>.json``, never overwritten. ``home.json`` is at no location: a home made again
from one is another home.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from archive import durable
from archive.custody.epochs import EpochNote, Home, decode_home, encode_home
from archive.custody.store import CUSTODY, SegmentStore
from archive.errors import CustodyError

HOME_NAME = "home.json"
"""Name of the file in the archive's folder that says which home it is."""

EPOCHS_PREFIX = f"{CUSTODY}epochs/"
"""Where the notes lie below a location."""

MOST_OCTETS = 4096
"""Longest note that is read; a real one has about 500 octets."""

_NAME = re.compile(r"([1-9][0-9]{0,15})\.json")


def read_home(folder: Path) -> Home | None:
    """The home that lies in ``folder``; None where it was never named, as in 0.1. CustodyError for a broken file."""
    path = folder / HOME_NAME
    try:
        return decode_home(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise CustodyError(
            f"{path} does not say which home this is: {error}",
            hint="move the file elsewhere; if this home is the one that goes on, then: archive takeover",
        ) from error


def name_home(folder: Path, home: Home) -> None:
    """Name a home that has no name yet; whoever does it at the same time may be first."""
    with suppress(FileExistsError):
        durable.write_new(folder / HOME_NAME, encode_home(home))


def replace_home(folder: Path, home: Home) -> None:
    """Make ``home`` what lies in ``folder``, in one durable step."""
    durable.write_atomic(folder / HOME_NAME, encode_home(home))


def epoch_key(number: int) -> str:
    """Where the note of that number lies at a location."""
    return f"{EPOCHS_PREFIX}{number}.json"


def parse_epoch_name(name: str) -> int | None:
    """The number in a note's file name; None for any other name."""
    match = _NAME.fullmatch(name)
    return None if match is None else int(match[1])


def shown_numbers(store: SegmentStore) -> list[int]:
    """Numbers of the notes at a location, by their names, smallest first; other names are somebody else's."""
    found = (parse_epoch_name(key.removeprefix(EPOCHS_PREFIX)) for key in store.keys(EPOCHS_PREFIX))
    return sorted(number for number in found if number is not None)


def shown_notes(store: SegmentStore) -> Iterator[tuple[int, bytes]]:
    """Number in the name, and content, of every note at a location; of a longer file only its beginning."""
    for number in shown_numbers(store):
        with store.open(epoch_key(number)) as stream:
            yield number, stream.read(MOST_OCTETS)


def put_note(store: SegmentStore, note: EpochNote) -> bool:
    """Put a note at a location where none of its number lies; whether it lies there now."""
    key = epoch_key(note.epoch.number)
    if note.epoch.number not in shown_numbers(store):
        try:
            store.put(key, note.octets)
        except FileExistsError:  # it was not among the names a moment ago
            pass
        else:
            return True
    with store.open(key) as stream:
        return stream.read(MOST_OCTETS) == note.octets
