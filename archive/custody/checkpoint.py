"""Checkpoints: the size and the root of the log at one moment, signed (C2SP tlog-checkpoint in a signed-note). Pure.

The *text* of a checkpoint is what is signed: origin, size, root, and one line of ours that says when. A *note* is the
text, an empty line, and one line for each signature. Whoever holds one can later prove that the log was rewritten.
"""

from __future__ import annotations

import base64
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from archive.canonical import LARGEST
from archive.custody.keys import SIGNATURE_SIZE, SigningKey, is_signed_by, key_id
from archive.custody.merkle import DIGEST_SIZE
from archive.model.moments import format_moment, parse_moment

MOST_SIGNATURES = 64
"""Signature lines that a note may carry; verifiers accept at least 16 (C2SP signed-note, Format)."""

MARK = "\u2014 "
"""Em dash and space: what each signature line begins with (C2SP signed-note, Format)."""

_SIZE = re.compile(r"0|[1-9][0-9]{0,15}")
_KEY_ID_SIZE = 4
_TIME = "time "

Verifier = tuple[str, bytes]
"""Name and public half of a key whose signatures are believed, as ``keys.parse_verifier_key`` answers."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a checkpoint says: the log called ``origin`` had ``size`` leaves and this ``root`` (32 octets).

    ``extensions`` are further lines; of ours there is one, which says when it was made.
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    @property
    def text(self) -> bytes:
        """The octets that are signed: every line with its LF."""
        root = base64.b64encode(self.root).decode("ascii")
        return "".join(f"{line}\n" for line in (self.origin, str(self.size), root, *self.extensions)).encode()

    @property
    def time(self) -> datetime | None:
        """When it was made, as its maker says; None where it does not say, or not as we spell it."""
        for line in self.extensions:
            if line.startswith(_TIME):
                try:
                    return parse_moment(line.removeprefix(_TIME))
                except ValueError:
                    return None
        return None


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line: the name and the identifier (4 octets) of the key, and what it made of the text."""

    name: str
    key_id: bytes
    signature: bytes

    @property
    def line(self) -> str:
        """The line without its LF."""
        return f"{MARK}{self.name} {base64.b64encode(self.key_id + self.signature).decode('ascii')}"


@dataclass(frozen=True, slots=True)
class Note:
    """A text and its signatures, none of them checked."""

    text: bytes
    signatures: tuple[Signature, ...]

    @property
    def octets(self) -> bytes:
        """The whole note as it lies on disk."""
        return self.text + b"\n" + "".join(f"{signature.line}\n" for signature in self.signatures).encode()


@dataclass(frozen=True, slots=True)
class Opened:
    """A checkpoint whose signature was checked: ``by`` are the public halves of the known keys that signed it.

    ``unknown`` are signatures of keys nobody told us of, as witnesses add them; they prove nothing here and are kept.
    """

    checkpoint: Checkpoint
    note: Note
    by: tuple[bytes, ...]
    unknown: tuple[Signature, ...]


class WrongSignatureError(ValueError):
    """A known key's signature stands under a text that it does not fit."""


def make_checkpoint(origin: str, size: int, root: bytes, *, time: datetime) -> Checkpoint:
    """The checkpoint of a log of ``size`` leaves; ValueError for what cannot stand in one."""
    made = Checkpoint(origin, size, root, (f"{_TIME}{format_moment(time)}",))
    if parse_text(made.text) != made:
        raise ValueError("this cannot stand in a checkpoint")
    return made


def sign_checkpoint(checkpoint: Checkpoint, key: SigningKey) -> Note:
    """The note with the one signature of the log's own key; the key's name in it is the origin."""
    identifier = key_id(checkpoint.origin, key.public)
    return Note(checkpoint.text, (Signature(checkpoint.origin, identifier, key.sign(checkpoint.text)),))


def parse_note(data: bytes) -> Note:
    """The note spelled as ``data``; ValueError, with a word, for any deviation from C2SP signed-note."""
    try:
        said = data.decode("utf-8")
    except UnicodeDecodeError:
        raise ValueError("the note is not UTF-8") from None
    if any(character < " " and character != "\n" for character in said):
        raise ValueError("the note holds control characters")
    text, empty, lines = said.rpartition("\n\n")
    if not empty or not lines.endswith("\n"):
        raise ValueError("the note has no signatures behind an empty line, or its last line is torn")
    signatures = tuple(_signature(line) for line in lines[:-1].split("\n"))
    if len(signatures) > MOST_SIGNATURES:
        raise ValueError(f"the note carries more than {MOST_SIGNATURES} signatures")
    named = [(signature.name, signature.key_id) for signature in signatures]
    if len(set(named)) != len(named):
        raise ValueError("the note carries two signatures of one key")
    note = Note(f"{text}\n".encode(), signatures)
    if note.octets != data:
        raise ValueError("the note is spelled in another way than the only right one")
    return note


def parse_text(text: bytes) -> Checkpoint:
    """The checkpoint spelled as ``text``; ValueError, with a word, for any deviation from C2SP tlog-checkpoint."""
    try:
        lines = text.decode("utf-8").split("\n")
    except UnicodeDecodeError:
        raise ValueError("the checkpoint is not UTF-8") from None
    if len(lines) < 4 or lines.pop() or not all(lines):
        raise ValueError("a checkpoint has at least three lines, none of them empty, each with its LF")
    origin, size, root, *extensions = lines
    if not _SIZE.fullmatch(size) or int(size) > LARGEST:
        raise ValueError(f"not a size: {size!r}")
    checkpoint = Checkpoint(origin, int(size), _octets(root, "root"), tuple(extensions))
    if len(checkpoint.root) != DIGEST_SIZE:
        raise ValueError(f"a root has {DIGEST_SIZE} octets, not {len(checkpoint.root)}")
    if any(character < " " for line in lines for character in line):
        raise ValueError("the checkpoint holds control characters")
    return checkpoint


def open_note(data: bytes, known: Iterable[Verifier]) -> Opened:
    """The checkpoint in the note ``data``, signed by at least one ``known`` key.

    Raises ValueError, with a word, for any deviation from the two formats, for a signature of a known key that does
    not fit (WrongSignatureError), and where no known key signed.
    """
    note = parse_note(data)
    checkpoint = parse_text(note.text)
    verifiers = {(name, key_id(name, public)): public for name, public in known}
    by, unknown = [], []
    for signature in note.signatures:
        public = verifiers.get((signature.name, signature.key_id))
        if public is None:
            unknown.append(signature)
        elif len(signature.signature) == SIGNATURE_SIZE and is_signed_by(public, signature.signature, note.text):
            by.append(public)
        else:
            message = f"the signature of the known key {signature.key_id.hex()} does not fit the text"
            raise WrongSignatureError(message)
    if not by:
        raise ValueError("no key that is known here has signed it")
    return Opened(checkpoint, note, tuple(by), tuple(unknown))


def _signature(line: str) -> Signature:
    name, space, encoded = line.removeprefix(MARK).partition(" ")
    if not line.startswith(MARK) or not space or not name or "+" in name or any(map(_is_space, name)):
        raise ValueError("not a signature line")
    octets = _octets(encoded, "signature")
    if len(octets) <= _KEY_ID_SIZE:
        raise ValueError("a signature is longer than the identifier of its key")
    return Signature(name, octets[:_KEY_ID_SIZE], octets[_KEY_ID_SIZE:])


def _octets(encoded: str, what: str) -> bytes:
    """Base64 (RFC 4648 §4) in its one canonical spelling."""
    try:
        octets = base64.b64decode(encoded, validate=True)
    except ValueError:
        octets = b""
    if not octets or base64.b64encode(octets).decode("ascii") != encoded:
        raise ValueError(f"the {what} is not base64 as it should be spelled")
    return octets


def _is_space(character: str) -> bool:
    return character.isspace() or unicodedata.category(character) in ("Zs", "Zl", "Zp")
