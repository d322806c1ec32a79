"""What kinds of names stand in a delivery, and in which encoding those are written that are not UTF-8."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from archive.ingest.encoding import WORD, guess
from archive.ingest.noticed import Noticed
from archive.model.names import shown
from archive.model.system_names import is_stream_name, is_system_name

LONGEST_NAME = 255
"""Octets on ext4, UTF-16 units on NTFS."""
LONGEST_PATH = 259
"""Characters of a path that every Windows program opens: MAX_PATH without the zero at its end."""

_MOST_WORDS = 4_000
_EXAMPLES = 3
_READINGS = 3
_PLAIN = re.compile(rb"[A-Za-z0-9_()\[\]+,;@#$&!'{}^=~%-][A-Za-z0-9_()\[\]+,;@#$&!'{}^=~% .-]*")
_FORBIDDEN = re.compile('[<>:"|?*\\\\\0-\x1f]')
_DEVICES = re.compile(
    r"(?:CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|COM[0-9¹²³]|LPT[0-9¹²³]) *(?:\..*)?", re.IGNORECASE | re.DOTALL
)
_BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_CONTROL = re.compile("[\0-\x1f\x7f-\x9f\u2028\u2029]")
_UNDECODED = re.compile("[\udc80-\udcff]")


class NameKind(StrEnum):
    """How the last part of a path is spelled."""

    ASCII = "ascii"
    NFC = "nfc"
    """UTF-8, composed, as Windows and Linux write it."""
    NFD = "nfd"
    """UTF-8, decomposed, as older Macs write it."""
    MIXED = "mixed"
    """UTF-8, both in one name or neither."""
    NOT_UTF8 = "not_utf8"


@dataclass(frozen=True, slots=True)
class NameGuess:
    """In which encoding all names that are not UTF-8 are likely written, taken together.

    ``codec`` is the best, None where nothing fits; ``clear`` whether it reads clearly better than every other;
    ``rival`` is the next best. ``examples`` are names with how they read in each of the best encodings.
    """

    codec: str | None
    clear: bool
    rival: str | None
    examples: tuple[tuple[bytes, tuple[tuple[str, str], ...]], ...]


def kind_of_name(name: bytes) -> NameKind:
    """How one part of a path is spelled."""
    if name.isascii():
        return NameKind.ASCII
    try:
        text = name.decode("utf-8")
    except UnicodeDecodeError:
        return NameKind.NOT_UTF8
    if unicodedata.is_normalized("NFC", text):
        return NameKind.NFC
    return NameKind.NFD if unicodedata.is_normalized("NFD", text) else NameKind.MIXED


def noticed_in(name: bytes) -> Iterator[tuple[Noticed, str]]:
    """What is unusual about one part of a path, each with a note; twins are for whoever knows the other names."""
    if is_system_name(name):
        yield Noticed.SYSTEM, ""
    elif is_stream_name(name):
        yield Noticed.SYSTEM, "an NTFS stream: where Windows says the file came from"
    if len(name) <= LONGEST_NAME and _PLAIN.fullmatch(name) and name[-1:] not in b". " and not _may_be_device(name):
        return
    text = name.decode("utf-8", "surrogateescape")
    if _UNDECODED.search(text):
        yield Noticed.NAME_NOT_UTF8, ""
    if _BIDI.search(text):
        yield Noticed.BIDI, ""
    if _CONTROL.search(text):
        yield Noticed.CONTROL, ""
    if _DEVICES.fullmatch(text):
        yield Noticed.WINDOWS_DEVICE, ""
    if text.endswith((".", " ")):
        yield Noticed.WINDOWS_END, "a dot at its end" if text[-1] == "." else "a blank at its end"
    if found := _FORBIDDEN.search(text):
        yield Noticed.WINDOWS_CHARACTER, shown(found[0])
    if len(name) > LONGEST_NAME or len(text) > LONGEST_NAME:
        yield Noticed.WINDOWS_LONG_NAME, f"{len(text):,} characters, {len(name):,} octets"


def _may_be_device(name: bytes) -> bool:
    return name[:3].upper() in (b"CON", b"PRN", b"AUX", b"NUL", b"COM", b"LPT")


class Names:
    """Counts kinds of names, and remembers words of those that are not UTF-8; its memory has a bound."""

    def __init__(self) -> None:
        self.kinds: Counter[NameKind] = Counter()
        self._words: dict[bytes, None] = {}
        self._octets: set[int] = set()
        self._examples: list[bytes] = []

    def add(self, name: bytes) -> NameKind:
        """Take one part of a path and answer how it is spelled."""
        kind = kind_of_name(name)
        self.kinds[kind] += 1
        if kind is NameKind.NOT_UTF8:
            self._octets.update(octet for octet in name if octet > 0x7F)
            if len(self._words) < _MOST_WORDS:
                self._words.update(dict.fromkeys(WORD.findall(name)))
            if len(self._examples) < _EXAMPLES:
                self._examples.append(name)
        return kind

    def guess(self) -> NameGuess | None:
        """The encoding of the names that are not UTF-8; None where there are none."""
        if not self._examples:
            return None
        found = guess(b" ".join(self._words), self._octets)
        best = found.codec or next(iter(found.candidates), None)
        readings = (best,) if found.codec is not None and best else found.candidates[:_READINGS]
        examples = tuple(
            (name, tuple((codec, shown(name.decode(codec, "replace"))) for codec in readings if codec))
            for name in self._examples
        )
        return NameGuess(best, found.codec is not None, found.rival, examples)
