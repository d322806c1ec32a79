"""Time-stamps on disk: one folder for each checkpoint and authority, waiting or whole.

``timestamps/<size, 20 digits>/<authority>/`` below the custody log's folder. A waiting request is ``checkpoint.txt``
and ``request.tsq``; the last file that is written of a token is ``response.tsr``, and with it the folder is whole and
never changes again. What a crash leaves beside a waiting request was never acknowledged and is cleared away.

When a request was made and when it was last tried are the times of its two files: nothing else remembers them.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from archive import durable
from archive.clock import TOLERANCE
from archive.custody.chains import pem
from archive.custody.instructions import CHAIN, CHECKPOINT, HOW, REQUEST, RESPONSE, REVOCATION, SIGNER, instructions
from archive.custody.judgement import Judgement
from archive.model.digests import sha256_hex
from archive.model.moments import format_moment

FOLDER = "timestamps"
"""Where time-stamps lie below the custody log's folder."""
SET_ASIDE = "set-aside"
"""Where answers lie that were not accepted, below the custody log's folder."""
MOST_SET_ASIDE = 8
"""Different wrong answers to one request that are kept; an authority gone mad must not fill the disk."""

FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=6)
"""Bounds of the pause between two tries."""

_SIZE = re.compile(r"[0-9]{20}")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Which checkpoint, by the size of the log it speaks of, and which authority."""

    size: int
    authority: str

    @property
    def key(self) -> str:
        """Its folder below the custody log's."""
        return f"{FOLDER}/{self.size:020d}/{self.authority}"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A request without its token; ``tried`` is None before the first try."""

    place: Place
    made: datetime
    tried: datetime | None

    def is_due(self, now: datetime) -> bool:
        """Whether it should be tried again: after as long a pause as it has been waiting, within bounds.

        So the pauses double. A clock that was set back makes everything due.
        """
        if self.tried is None or now < self.tried - TOLERANCE:
            return True
        return now >= self.tried + min(max(self.tried - self.made, FIRST_WAIT), LONGEST_WAIT)


def is_authority_name(name: str) -> bool:
    """Whether an authority may be called so: it becomes the name of a folder."""
    return _NAME.fullmatch(name) is not None


def places(custody: Path) -> list[Place]:
    """Every time-stamp below the log's folder, waiting or whole, in order."""
    found = []
    for size in _entries(custody / FOLDER):
        if _SIZE.fullmatch(size):
            names = _entries(custody / FOLDER / size)
            found += [Place(int(size), name) for name in names if is_authority_name(name)]
    return sorted(found)


def is_whole(custody: Path, place: Place) -> bool:
    """Whether its token has arrived."""
    return (custody / place.key / RESPONSE).is_file()


def begin(custody: Path, place: Place, *, text: bytes, request: bytes, now: datetime) -> None:
    """Let a request for a checkpoint's ``text`` wait, durably; FileExistsError where there is one already."""
    folder = custody / place.key
    if folder.exists():
        raise FileExistsError(f"{folder} exists already")
    make_folders(custody, folder.parent)
    building = folder.with_name(f".{folder.name}.new")
    shutil.rmtree(building, ignore_errors=True)  # left by one that was broken off
    building.mkdir(mode=0o700)
    for name, data in ((CHECKPOINT, text), (REQUEST, request)):
        durable.write_atomic(building / name, data)
        _set_time(building / name, now)
    durable.publish(building, folder)


def waiting(custody: Path) -> list[Waiting]:
    """Every request without its token, in order; a folder that lacks even its request is not one."""
    found = (_waiting(custody, place) for place in places(custody) if not is_whole(custody, place))
    return [one for one in found if one is not None]


def _waiting(custody: Path, place: Place) -> Waiting | None:
    try:
        made, tried = (_time(custody / place.key / name) for name in (CHECKPOINT, REQUEST))
    except FileNotFoundError:
        return None
    return Waiting(place, made, tried if tried > made else None)


def note_try(custody: Path, place: Place, *, now: datetime) -> None:
    """Remember that a request was tried in vain."""
    made = _time(custody / place.key / CHECKPOINT)
    _set_time(custody / place.key / REQUEST, max(now, made + timedelta(milliseconds=1)))


def store(
    custody: Path, place: Place, response: bytes, judgement: Judgement, *, revocation: Mapping[str, bytes]
) -> str:
    """Make a waiting request whole with a token that was judged good; returns the SHA-256 of the response.

    ``revocation`` are revocation lists and answers by their ending (``<name>.crl``, ``<name>.ocsp``). Raises
    ValueError for a token that is not good.
    """
    if not judgement.good or judgement.chain is None or judgement.time is None:
        raise ValueError("only a good token is stored")
    folder = custody / place.key
    clear(folder)
    files = {f"{REVOCATION}/{name}": data for name, data in revocation.items()}
    files |= {CHAIN: judgement.chain.pem(), SIGNER: pem(judgement.chain.signer)}
    for name, data in sorted(files.items(), reverse=True):  # folders first
        make_folders(folder, (folder / name).parent)
        durable.write_atomic(folder / name, data)
    kept = {name: (folder / name).read_bytes() for name in (CHECKPOINT, REQUEST)}
    text = instructions(
        size=place.size,
        authority=place.authority,
        seconds=int(judgement.time.timestamp()),
        chain=judgement.chain,
        files={**files, **kept, RESPONSE: response},
    )
    durable.write_atomic(folder / HOW, text)
    durable.write_atomic(folder / RESPONSE, response)
    return sha256_hex(response)


def clear(folder: Path) -> None:
    """Take away what a crash left beside a waiting request; nothing where the token is there."""
    if (folder / RESPONSE).exists():
        return
    for path in folder.iterdir():
        if path.name not in (CHECKPOINT, REQUEST):
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def set_aside(custody: Path, place: Place, answer: bytes, why: str, *, now: datetime) -> Path | None:
    """Keep an answer that was not accepted, with the reason beside it; None where enough of them are kept already.

    The same answer is kept once.
    """
    folder = custody / SET_ASIDE
    stem = f"timestamp-{place.size:020d}-{place.authority}-"
    path = folder / f"{stem}{sha256_hex(answer)[:16]}.answer"
    if path.exists():
        return path
    if len([name for name in _entries(folder) if name.startswith(stem) and name.endswith(".answer")]) >= MOST_SET_ASIDE:
        return None
    make_folders(custody, folder)
    durable.write_atomic(path.with_suffix(".txt"), f"{format_moment(now)}\n{why}\n".encode())
    durable.write_atomic(path, answer)
    return path


def read_files(folder: Path) -> dict[str, bytes]:
    """Every file of one time-stamp by its name below its folder; what begins with a dot is nobody's."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and not any(part.startswith(".") for part in name.split("/")):
            found[name] = path.read_bytes()
    return found


def revocation_names(lists: Iterable[tuple[str, bytes]]) -> dict[str, bytes]:
    """Names for revocation data (``crl`` or ``ocsp``, and its octets) that depend on nothing but what it is."""
    return {f"{sha256_hex(data)[:16]}.{kind}": data for kind, data in lists}


def _entries(folder: Path) -> list[str]:
    try:
        return [name for name in os.listdir(folder) if not name.startswith(".")]
    except (FileNotFoundError, NotADirectoryError):
        return []


def make_folders(root: Path, folder: Path) -> None:
    """Make ``folder`` below ``root``, and bring every new name to the medium."""
    missing = []
    while folder != root and not folder.exists():
        missing.append(folder)
        folder = folder.parent
    for path in reversed(missing):
        path.mkdir(mode=0o700, exist_ok=True)
        durable.sync_folder(path.parent)


def _time(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _set_time(path: Path, moment: datetime) -> None:
    os.utime(path, (moment.timestamp(), moment.timestamp()))
