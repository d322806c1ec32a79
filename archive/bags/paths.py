r"""How a path listed in a manifest or fetch file finds its file.

Tools disagree about spellings: ``./`` in front, an asterisk left by ``md5sum -b``, percent escapes or none, the
encoding of the tag files, normalisation forms, backslashes. A listed path is never given to an operating system; it is
only compared with the names that are there, so that nothing outside the bag can be meant (RFC 8493 §5.1).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum

from archive.bags.versions import V1_0, Version

PAYLOAD = b"data/"
"""Where the payload begins (RFC 8493 §2.1.2)."""

_DRIVE = re.compile(r"[A-Za-z]:")
_VARIABLE = re.compile(r"%[^%/\\]+%[/\\]")
_ESCAPE = re.compile(r"%(25|0[AaDd])")
_TO_ENCODE = re.compile(r"[%\r\n]")


class Spelling(Enum):
    """A departure from the plain spelling of a listed path."""

    ASTERISK = "an asterisk of md5sum stands before the path"
    RELATIVE = "the path has parts that mean nothing, such as a leading ./"
    PERCENT_LITERAL = "a percent sign stands for itself, where version 1.0 wants %25"
    PERCENT_DECODED = "percent escapes stand for CR, LF or a percent sign"
    LEGACY = "the name on disk is in the encoding of the tag files and not in UTF-8"
    NORMALISED = "the name on disk has another Unicode normalisation form"
    BACKSLASH = "backslashes stand where the standard wants slashes"


@dataclass(frozen=True, slots=True)
class Found:
    """The file that a listed path means, and how it was spelled. ``present`` is false where there is no such name."""

    path: bytes
    present: bool
    spellings: tuple[Spelling, ...] = ()


def is_payload(path: bytes) -> bool:
    """Whether ``path`` lies below the payload directory."""
    return path.startswith(PAYLOAD)


def danger(listed: str) -> str | None:
    """Why a listed path could be meant to leave the bag on some operating system, or None (RFC 8493 §5.1)."""
    text = listed.removeprefix("*")
    if text.startswith("/"):
        return "it is absolute"
    if text.startswith("~"):
        return "it begins with ~, which shells take for a home folder"
    if _DRIVE.match(text):
        return "it begins with a drive letter"
    if text.startswith("\\"):
        return "it begins with a backslash, as absolute and network paths do on Windows"
    if _VARIABLE.match(text):
        return "it begins with a variable of the Windows environment"
    if ".." in re.split(r"[/\\]", text):
        return "it climbs to the folder above (..)"
    return None


def decode_escapes(text: str) -> str:
    """``text`` with ``%25``, ``%0A`` and ``%0D`` turned back, and no other escape (RFC 8493 §2.1.3)."""
    return _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)


def refuse_unwritable(path: bytes) -> str:
    """``path`` as the text of a manifest line; ValueError for one that not every tool would read alike.

    No payload path of ours holds ``%``, CR or LF: tools disagree on how those are spelled.
    """
    text = path.decode("utf-8")  # UnicodeDecodeError is a ValueError
    if _TO_ENCODE.search(text):
        raise ValueError(f"tools disagree on names with %, CR or LF: {path!r}")
    if reason := danger(text):
        raise ValueError(f"a path that could leave the bag, {reason}: {path!r}")
    if text.startswith(("*", " ", "\t")) or any(part in ("", ".") for part in text.split("/")):
        raise ValueError(f"not a plain path below the bag: {path!r}")
    return text


@dataclass(frozen=True, slots=True)
class Resolver:
    """Finds listed paths among the names present in one bag."""

    present: Collection[bytes]
    encoding: str
    version: Version | None
    _by_form: dict[str, list[bytes]] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        for path in self.present:
            self._by_form.setdefault(_form(_text(path)), []).append(path)

    def find(self, listed: Sequence[str]) -> list[Found]:
        """What each listed path of one manifest means; none of them may be in ``danger``.

        Two listed paths never find one file through a normalisation form or a backslash: a listed file that is gone
        must not hide behind a twin that is there.
        """
        plain = [self._plain(text) for text in listed]
        decode_first = self.version == V1_0 and self._is_escaped_throughout(text for text, _ in plain)
        found = [self._exact(text, marks, decode_first=decode_first) for text, marks in plain]
        taken = {one.path for one in found if one.present}
        for index, (text, marks) in enumerate(plain):
            if not found[index].present:
                found[index] = self._near(text, marks, taken) or found[index]
                taken.add(found[index].path)
        return found

    def _plain(self, text: str) -> tuple[str, tuple[Spelling, ...]]:
        marks: tuple[Spelling, ...] = ()
        if text.startswith("*") and _bytes(text) not in self.present:
            text, marks = text[1:], (Spelling.ASTERISK,)
        parts = [part for part in text.split("/") if part not in ("", ".")]
        simple = "/".join(parts)
        return (text, marks) if simple == text else (simple, (*marks, Spelling.RELATIVE))

    def _is_escaped_throughout(self, texts: Iterable[str]) -> bool:
        """Whether every path with an escape names a file when decoded, so that the writer followed the standard."""
        return all(_bytes(decoded) in self.present for text in texts if (decoded := decode_escapes(text)) != text)

    def _exact(self, text: str, marks: tuple[Spelling, ...], *, decode_first: bool) -> Found:
        decoded = decode_escapes(text)
        literal_mark = (Spelling.PERCENT_LITERAL,) if self.version == V1_0 and "%" in text else ()
        readings = [(text, literal_mark)]
        if decoded != text:
            readings.insert(0 if decode_first else 1, (decoded, (Spelling.PERCENT_DECODED,)))
        for reading, mark in readings:
            if (path := _bytes(reading)) in self.present:
                return Found(path, True, (*marks, *mark))
        for reading, mark in readings:
            if (legacy := self._legacy(reading)) is not None and legacy in self.present:
                return Found(legacy, True, (*marks, *mark, Spelling.LEGACY))
        return Found(_bytes(decoded if self.version == V1_0 else text), False, marks)

    def _legacy(self, text: str) -> bytes | None:
        try:
            return text.encode(self.encoding, "surrogateescape")
        except UnicodeError:
            return None

    def _near(self, text: str, marks: tuple[Spelling, ...], taken: set[bytes]) -> Found | None:
        slashed = text.replace("\\", "/")
        for reading in dict.fromkeys((text, decode_escapes(text), slashed)):
            near = [path for path in self._by_form.get(_form(reading), ()) if path not in taken]
            if len(near) == 1:
                mark = Spelling.BACKSLASH if reading == slashed != text else Spelling.NORMALISED
                return Found(near[0], True, (*marks, mark))
        return None


def _form(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _text(path: bytes) -> str:
    return path.decode("utf-8", "surrogateescape")


def _bytes(text: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeError:  # half a surrogate pair, from an encoding that lets it through
        return text.encode("utf-8", "surrogatepass")
