"""Epochs: which home of an archive is the one that goes on, said in signed notes (DESIGN §7.10). Pure.

An archive's *home* is the folder it is changed in. After a loss there may be two of them: the one that was rebuilt, and
the old one that turns up again. A *takeover* numbers the home that goes on: it signs a note with the next number, which
is put at every location. A home whose number is not the newest that a location shows changes nothing any more.

Number 0 has no note: it is that of every archive in which nobody took over.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from archive.canonical import LARGEST, decode, encode
from archive.custody.keys import SIGNATURE_SIZE, SigningKey, is_signed_by, key_id
from archive.custody.merkle import DIGEST_SIZE
from archive.model.identifiers import is_identifier
from archive.model.moments import format_moment, parse_moment

PREFIX = b"evidence-archive/custody/epoch/v1\0"
"""What is signed begins with this, so that no signature of the log's key counts for two things."""

_VERSION = 1
_SAID = {"epoch", "home", "origin", "root", "size", "time", "v"}
_SIGNED = {"key_id", "signature"}
_HOME = {"epoch", "home", "rehearsal", "v"}


@dataclass(frozen=True, slots=True)
class Epoch:
    """The claim that ``home`` goes on with the log called ``origin``, as number ``number`` (from 1).

    ``size`` and ``root`` (32 octets) are those of its log at that ``time``.
    """

    origin: str
    number: int
    home: str
    size: int
    root: bytes
    time: datetime

    @property
    def text(self) -> bytes:
        """The claim in canonical JSON."""
        return encode(self._said())

    def _said(self) -> dict[str, object]:
        return {
            "epoch": self.number,
            "home": self.home,
            "origin": self.origin,
            "root": self.root.hex(),
            "size": self.size,
            "time": format_moment(self.time),
            "v": _VERSION,
        }


@dataclass(frozen=True, slots=True)
class EpochNote:
    """An epoch with a signature, which is unchecked; ``key_id`` (4 octets) says whose it claims to be."""

    epoch: Epoch
    key_id: bytes
    signature: bytes

    @property
    def octets(self) -> bytes:
        """The file ``custody/epochs/<number>.json``: one object in canonical JSON, and a LF."""
        return encode(self.said()) + b"\n"

    def said(self) -> dict[str, object]:
        """The object in that file."""
        signature = base64.b64encode(self.signature).decode("ascii")
        return {**self.epoch._said(), "key_id": self.key_id.hex(), "signature": signature}


@dataclass(frozen=True, slots=True)
class LogKey:
    """The public half of a key of the log, and the record that retired it; None while it is in use."""

    public: bytes
    retired: int | None = None


@dataclass(frozen=True, slots=True)
class Home:
    """What a home is: its random ``identifier``, the note of its takeover, None in epoch 0.

    A ``rehearsal`` was rebuilt from a location, and nobody has said yet that it is the one that goes on.
    """

    identifier: str
    note: EpochNote | None = None
    rehearsal: bool = False

    @property
    def number(self) -> int:
        """The number of its epoch."""
        return 0 if self.note is None else self.note.epoch.number


class Standing(StrEnum):
    """Whether a home may change the archive."""

    IN_FORCE = "in-force"
    REHEARSAL = "rehearsal"
    SUPERSEDED = "superseded"
    CONTESTED = "contested"


@dataclass(frozen=True, slots=True)
class Judged:
    """How a home stands; ``by`` is the note of the other home, where there is one, and ``at`` the location."""

    standing: Standing
    by: Epoch | None = None
    at: str = ""


def judge(home: Home | None, seen: Iterable[tuple[str, Epoch]]) -> Judged:
    """How ``home`` stands, given the rightly signed epochs ``seen``, each with the location that shows it.

    None is a home of 0.1, which has no identifier yet.
    """
    if home is not None and home.rehearsal:
        return Judged(Standing.REHEARSAL)
    own = (0, "") if home is None else (home.number, home.identifier)
    others = [(at, epoch) for at, epoch in seen if epoch.number >= own[0] and (epoch.number, epoch.home) != own]
    at, newest = max(others, key=lambda one: one[1].number, default=("", None))
    if newest is None:
        return Judged(Standing.IN_FORCE)
    return Judged(Standing.SUPERSEDED if newest.number > own[0] else Standing.CONTESTED, newest, at)


def sign_epoch(epoch: Epoch, key: SigningKey) -> EpochNote:
    """The note of an epoch, signed by a key of the log."""
    return EpochNote(epoch, key_id(epoch.origin, key.public), key.sign(PREFIX + epoch.text))


def open_epoch(data: bytes, number: int, origin: str, keys: Iterable[LogKey]) -> Epoch:
    """The epoch in the file ``<number>.json`` with the content ``data``, signed by one of ``keys``.

    Raises ValueError, with a word, where it is not, and for any other form.
    """
    note = parse_note(data)
    epoch = note.epoch
    if epoch.origin != origin:
        raise ValueError(f"it is of another log: {epoch.origin}")
    if epoch.number != number:
        raise ValueError(f"it is number {epoch.number}, its name says {number}")
    key = next((key for key in keys if key_id(origin, key.public) == note.key_id), None)
    if key is None:
        raise ValueError(f"no key of this log has signed it (it names the key {note.key_id.hex()})")
    if not is_signed_by(key.public, note.signature, PREFIX + epoch.text):
        raise ValueError(f"the signature of the key {note.key_id.hex()} does not fit")
    if key.retired is not None and epoch.size > key.retired:
        raise ValueError(f"the key {note.key_id.hex()} was retired by record {key.retired}, before this was signed")
    return epoch


def parse_note(data: bytes) -> EpochNote:
    """The note spelled as ``data``, its signature unchecked; ValueError for any other spelling."""
    note = _note(decode(data.removesuffix(b"\n")))
    if note.octets != data:
        raise ValueError("not spelled as an epoch is")
    return note


def parse_epoch(text: bytes) -> Epoch:
    """The epoch spelled as ``text``, which is signed or to be signed; ValueError for any other spelling."""
    epoch = _epoch(decode(text))
    if epoch.text != text:
        raise ValueError("not spelled as an epoch is")
    return epoch


def encode_home(home: Home) -> bytes:
    """The bytes of ``home.json``."""
    note = None if home.note is None else home.note.said()
    said = {"epoch": note, "home": home.identifier, "rehearsal": home.rehearsal, "v": _VERSION}
    return encode(said) + b"\n"


def decode_home(data: bytes) -> Home:
    """The home that ``encode_home`` wrote; ValueError for any other bytes."""
    said = decode(data.removesuffix(b"\n"))
    if not isinstance(said, dict) or said.keys() != _HOME or said["v"] != _VERSION:
        raise ValueError("not what a home says of itself, or a newer program wrote it")
    note = None if said["epoch"] is None else _note(said["epoch"])
    home = Home(_identifier(said["home"]), note, said["rehearsal"] is True)
    if encode_home(home) != data or (note is not None and note.epoch.home != home.identifier):
        raise ValueError("not what a home says of itself")
    return home


def _note(said: object) -> EpochNote:
    if not isinstance(said, dict) or said.keys() != _SAID | _SIGNED:
        raise ValueError("not the note of an epoch")
    epoch = _epoch({name: value for name, value in said.items() if name in _SAID})
    identifier, signature = said["key_id"], said["signature"]
    if not isinstance(identifier, str) or not isinstance(signature, str):
        raise ValueError("a key and a signature are text")
    note = EpochNote(epoch, bytes.fromhex(identifier), base64.b64decode(signature, validate=True))
    if len(note.signature) != SIGNATURE_SIZE:
        raise ValueError(f"a signature has {SIGNATURE_SIZE} octets")
    return note


def _epoch(said: object) -> Epoch:
    if not isinstance(said, dict) or said.keys() != _SAID or said["v"] != _VERSION:
        raise ValueError("not an epoch, or a newer program wrote it")
    origin, number, size, root, time = (said[name] for name in ("origin", "epoch", "size", "root", "time"))
    if not isinstance(origin, str) or not isinstance(root, str) or not isinstance(time, str):
        raise ValueError("origin, root and time are text")
    if type(number) is not int or type(size) is not int or not 1 <= number <= LARGEST or size < 0:
        raise ValueError("an epoch has a number from 1 on, and the size of a log")
    epoch = Epoch(origin, number, _identifier(said["home"]), size, bytes.fromhex(root), parse_moment(time))
    if len(epoch.root) != DIGEST_SIZE:
        raise ValueError(f"a root has {DIGEST_SIZE} octets")
    return epoch


def _identifier(value: object) -> str:
    if not isinstance(value, str) or not is_identifier(value):
        raise ValueError("a home is named by a UUID")
    return value
