"""A yard for one hostile delivery: an archive of its own, the delivery beside it, and eyes that miss nothing."""

from __future__ import annotations

import ctypes
import hashlib
import os
import shutil
import stat
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ingest_support import LOCATIONS, Answer, Place
from own_copies import moved

from archive.custody.log import CustodyLog
from archive.model.packages import Outcome
from archive.model.records import ReceiptRecord


@dataclass(frozen=True)
class Yard:
    """Everything of one test below ``root``: the archive and its locations, and what is delivered."""

    root: Path
    place: Place
    delivery: Path

    @classmethod
    def make(cls, template: Place, root: Path) -> Yard:
        for name in ("archive", *LOCATIONS[1:]):
            shutil.copytree(template.home.parent / name, root / name)
        settings = root / "archive" / "archive.toml"
        settings.write_text(moved(settings.read_text(), template.home.parent, root))
        for name in ("surroundings", "temporary"):
            (root / name).mkdir()
        delivery = root / "surroundings" / "delivery"
        delivery.mkdir()
        return cls(root, Place(root / "archive"), delivery)

    @property
    def ours(self) -> list[Path]:
        """Where the archive may write."""
        return [self.root / name for name in ("archive", *LOCATIONS[1:], "temporary")]


Seen = dict[bytes, tuple[object, ...]]


def look_at(root: Path) -> Seen:
    """Everything below ``root`` by relative name: kind, mode, links, times, target, and SHA-256 of files."""
    seen: Seen = {}
    for folder, folders, names, holder in os.fwalk(os.fsencode(root)):
        for name in (*folders, *names):
            path = os.path.relpath(os.path.join(folder, name), os.fsencode(root))
            status = os.stat(name, dir_fd=holder, follow_symlinks=False)
            facts: tuple[object, ...] = (status.st_mode, status.st_nlink, status.st_mtime_ns, status.st_ctime_ns)
            if stat.S_ISREG(status.st_mode):
                facts += (status.st_size, status.st_atime_ns, _digest(name, holder))
            elif stat.S_ISLNK(status.st_mode):
                facts += (os.readlink(name, dir_fd=holder),)
            seen[path] = facts
    return seen


def _digest(name: bytes, holder: int) -> str:
    """The SHA-256 of a file; words where whoever runs the tests may not read it."""
    if not os.access(name, os.R_OK, dir_fd=holder):
        return "not to be read"
    descriptor = os.open(name, os.O_RDONLY | getattr(os, "O_NOATIME", 0), dir_fd=holder)
    with os.fdopen(descriptor, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digests(seen: Seen, *, below: bytes = b"") -> dict[bytes, str]:
    """The SHA-256 of every regular file below a folder, by its name there."""
    return {
        path.removeprefix(below): str(facts[-1])
        for path, facts in seen.items()
        if stat.S_ISREG(facts[0]) and path.startswith(below)  # type: ignore[arg-type]
    }


def receipts(place: Place, answer: Answer) -> dict[bytes, Outcome]:
    """The last word of the custody log on every file of an accession."""
    said = {}
    for _, record in CustodyLog.open(place.home / "custody").records(kinds=frozenset({"receipt"})):
        assert isinstance(record, ReceiptRecord) and record.name is not None
        if record.accession == answer.json["accession"]:
            said[record.name] = record.outcome
    return said


def raw_controls(text: str) -> list[str]:
    """Characters that a terminal would act upon, or that turn the direction of writing."""
    return [c for c in text if c != "\n" and (ord(c) < 32 or 127 <= ord(c) < 160 or c in _TURNING)]


_TURNING = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029"


_VERSION = 0x20080522  # _LINUX_CAPABILITY_VERSION_3
_OVERRIDING = (1 << 1) | (1 << 2)  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH


@contextmanager
def powerless() -> Iterator[None]:
    """Inside, root may read no more than the owner of a file; anybody else may not anyway."""
    if os.geteuid() != 0:
        yield
        return
    libc = ctypes.CDLL(None, use_errno=True)
    header, held = struct.pack("Ii", _VERSION, 0), ctypes.create_string_buffer(24)
    assert libc.capget(header, held) == 0
    effective, *others = struct.unpack("6I", held.raw)
    assert libc.capset(header, struct.pack("6I", effective & ~_OVERRIDING, *others)) == 0
    try:
        yield
    finally:
        assert libc.capset(header, struct.pack("6I", effective, *others)) == 0
