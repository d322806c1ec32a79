"""Copies of the checkpoints at storage locations: the same files below ``custody/checkpoints/``, never overwritten.

``keys.txt`` alone grows: a location's is replaced by a longer one that holds every line of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from archive import durable
from archive.custody.notes import (
    KEYS,
    NOTES,
    checkpoint_in,
    note_name,
    note_sizes,
    parse_note_name,
    read_note,
    store_note,
)
from archive.custody.store import CUSTODY, SegmentStore
from archive.errors import CustodyError

NOTES_PREFIX = f"{CUSTODY}{NOTES}/"
"""Where the checkpoints lie below a location."""

KEYS_KEY = NOTES_PREFIX + KEYS
"""The list of public keys at a location."""


def copy_notes(folder: Path, store: SegmentStore) -> int:
    """Copy what the location does not hold yet of the checkpoints below the log's ``folder``; how many were new.

    Reads back the newest one that is there, and nothing else. Raises CustodyError, and overwrites nothing, where the
    location holds a checkpoint that the archive does not, or another one of that size.
    """
    ours, theirs = note_sizes(folder), held_sizes(store)
    if strangers := sorted(set(theirs) - set(ours)):
        raise CustodyError(
            f"the location holds a checkpoint of {strangers[-1]} records ({note_key(strangers[-1])}) that the archive "
            "does not: the archive has lost it, or the location belongs to another one",
            hint="nothing was copied; archive custody verify says more",
        )
    if theirs:
        require_same(read_note(folder, theirs[-1]), store.read(note_key(theirs[-1])), note_key(theirs[-1]))
    missing = sorted(set(ours) - set(theirs))
    for size in missing:
        _put(store, note_key(size), read_note(folder, size))
    _copy_keys(folder, store)
    return len(missing)


def restore_notes(store: SegmentStore, folder: Path) -> int:
    """Take every checkpoint of a location over into the log's ``folder``, which has none; how many there were.

    Nothing about them is checked but that they are checkpoints.
    """
    sizes = held_sizes(store)
    for size in sizes:
        note = store.read(note_key(size))
        checkpoint_in(note, f"the location's {note_key(size)}")
        store_note(folder, size, note)
    if (keys := held_keys(store)) is not None:
        (folder / NOTES).mkdir(exist_ok=True)
        durable.write_new(folder / NOTES / KEYS, keys)
    return len(sizes)


def held_notes(store: SegmentStore) -> Iterator[tuple[int, bytes]]:
    """Size in the name, and content, of every checkpoint at a location, smallest first."""
    for size in held_sizes(store):
        yield size, store.read(note_key(size))


def held_sizes(store: SegmentStore) -> list[int]:
    """Sizes of the checkpoints at a location, by their names, smallest first; other names are somebody else's."""
    found = (parse_note_name(key.removeprefix(NOTES_PREFIX)) for key in store.keys(NOTES_PREFIX))
    return sorted(size for size in found if size is not None)


def held_keys(store: SegmentStore) -> bytes | None:
    """The list of public keys at a location, None where there is none."""
    return store.read(KEYS_KEY) if KEYS_KEY in set(store.keys(NOTES_PREFIX)) else None


def note_key(size: int) -> str:
    """Where the checkpoint of that size lies at a location."""
    return f"{NOTES_PREFIX}{note_name(size)}"


def require_same(ours: bytes, theirs: bytes, subject: str) -> None:
    """Raise CustodyError unless both notes have the same text; witnesses may have signed one of them only."""
    if ours == theirs:
        return
    if checkpoint_in(theirs, f"the location's {subject}") != checkpoint_in(ours, f"the archive's own {subject}"):
        raise CustodyError(
            f"the location's {subject} is another checkpoint than the archive's own of that size: two histories",
            hint="nothing was overwritten; compare both with a checkpoint on paper: archive custody verify --since",
        )


def _copy_keys(folder: Path, store: SegmentStore) -> None:
    path = folder / NOTES / KEYS
    ours, theirs = path.read_bytes() if path.exists() else b"", held_keys(store)
    if not ours or (theirs is not None and set(theirs.splitlines()) == set(ours.splitlines())):
        return
    if theirs is not None:
        if not set(theirs.splitlines()) < set(ours.splitlines()):
            raise CustodyError(
                f"the location's {KEYS_KEY} holds keys that the archive's own does not",
                hint="nothing was overwritten; the 'key' records of the custody log are what counts",
            )
        store.delete(KEYS_KEY)  # made again in the next step, or by the next copy
    _put(store, KEYS_KEY, ours)


def _put(store: SegmentStore, key: str, data: bytes) -> None:
    try:
        store.put(key, data)
    except FileExistsError:  # it was not among the names a moment ago
        if store.read(key) != data:
            raise CustodyError(f"the location's {key} appeared meanwhile, and is another one") from None
