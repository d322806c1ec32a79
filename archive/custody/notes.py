"""The checkpoints an archive has made, as files below its log: written once, never changed, never removed.

``custody/checkpoints/<size, 20 digits>.note`` each, and ``keys.txt``, the public keys that sign them: one verifier key
a line, oldest first, growing only at its end.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from archive import durable
from archive.custody.checkpoint import Checkpoint, Verifier, parse_note, parse_text
from archive.custody.keys import verifier_key
from archive.errors import CustodyError

NOTES = "checkpoints"
"""Folder of the notes, below the log's, and below ``custody/`` of a location."""

KEYS = "keys.txt"
"""Name of the list of public keys beside the notes."""

_NAME = re.compile(r"([0-9]{20})\.note")


def note_name(size: int) -> str:
    """File name of the checkpoint of a log of ``size`` leaves."""
    return f"{size:020d}.note"


def parse_note_name(name: str) -> int | None:
    """The size in a checkpoint's file name; None for any other name."""
    match = _NAME.fullmatch(name)
    return None if match is None else int(match[1])


def note_sizes(folder: Path) -> list[int]:
    """Sizes of all checkpoints below the log's ``folder``, smallest first."""
    found = (parse_note_name(path.name) for path in (folder / NOTES).glob("*.note"))
    return sorted(size for size in found if size is not None)


def read_note(folder: Path, size: int) -> bytes:
    """The checkpoint of that size, a whole note; CustodyError where it cannot be read."""
    path = folder / NOTES / note_name(size)
    try:
        return path.read_bytes()
    except OSError as error:
        raise CustodyError(
            f"the checkpoint {path} cannot be read: {error.strerror or error}", hint=_ELSEWHERE
        ) from error


def newest_note(folder: Path) -> bytes | None:
    """The checkpoint of the largest size, a whole note; None where none was made yet."""
    sizes = note_sizes(folder)
    return read_note(folder, sizes[-1]) if sizes else None


def checkpoint_in(data: bytes, subject: str) -> Checkpoint:
    """What a note of ours says, its signatures unchecked; CustodyError, naming ``subject``, where it is none."""
    try:
        return parse_text(parse_note(data).text)
    except ValueError as error:
        raise CustodyError(f"{subject} is no checkpoint: {error}", hint=_ELSEWHERE) from error


def store_note(folder: Path, size: int, data: bytes) -> bytes:
    """Keep a checkpoint, durably; the one that is kept under this size then.

    One that was kept before stays, also where it carries other signatures. Raises CustodyError where it has another
    root: that would be a fork.
    """
    path = folder / NOTES / note_name(size)
    if not path.parent.exists():
        path.parent.mkdir()
        durable.sync_folder(folder)
    try:
        durable.write_new(path, data)
    except FileExistsError:
        kept = read_note(folder, size)
        ours, theirs = checkpoint_in(kept, str(path)), checkpoint_in(data, "the checkpoint to keep")
        if (ours.origin, ours.size, ours.root) != (theirs.origin, theirs.size, theirs.root):
            raise CustodyError(
                f"two checkpoints of {size} records tell two histories: {path} and one that was just signed",
                hint="nothing was overwritten; somebody has used the key elsewhere, or this log was rewritten",
            ) from None
        return kept
    return data


def keys_text(verifiers: Iterable[Verifier]) -> bytes:
    """The content of ``keys.txt``."""
    return "".join(f"{verifier_key(origin, public)}\n" for origin, public in verifiers).encode()


def store_keys(folder: Path, verifiers: Iterable[Verifier]) -> None:
    """Bring ``keys.txt`` up to the keys that are known, the new ones last; CustodyError where it holds others."""
    path, wanted = folder / NOTES / KEYS, keys_text(verifiers).splitlines(keepends=True)
    before = path.read_bytes().splitlines(keepends=True) if path.exists() else []
    missing = [line for line in wanted if line not in before]
    if not set(before) <= set(wanted):
        raise CustodyError(
            f"{path} holds keys that are not those of the custody log",
            hint="compare it with the copies at the locations; the log's 'key' records are what counts",
        )
    path.parent.mkdir(exist_ok=True)
    if missing:
        durable.write_atomic(path, b"".join(before + missing))


_ELSEWHERE = "keep the file as it is and compare it with the copies at the locations"
