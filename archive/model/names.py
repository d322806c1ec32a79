"""Names: how a delivered name, which is bytes, becomes a path inside a package, and back (DESIGN §5).

The delivered tree keeps its names wherever every tool agrees on them. Every other byte or character is spelled
``=XX`` (the bytes of its UTF-8 form, upper-case hexadecimal; ``=`` itself is ``=3D``), which ``original_part`` turns
back. A name too long for common file systems is cut and marked with ``=~`` and a digest; it cannot be turned back, and
the full name stands in the PREMIS object like every other.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass, field
from typing import NewType

PayloadPath = NewType("PayloadPath", str)
"""A path below ``data/representations/original/data/`` that every tool agrees on."""

MAX_PART_BYTES = 255
"""Octets in one part of a path: the limit of ext4, NTFS (in characters) and APFS."""
MAX_PATH_CHARACTERS = 180
"""Characters of the whole path, so that a bag still opens under a Windows folder of usual depth (MAX_PATH 260)."""

_PLAIN = "A-Za-z0-9а-яА-ЯёЁіІўЎ_()\\[\\]+,;@#$&!'{}^"
_SAFE = re.compile(f"[{_PLAIN}-](?:[{_PLAIN} .-]*[{_PLAIN}-])?")
_FORBIDDEN = frozenset('=%\\<>:"|?*/')
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_FORBIDDEN_CATEGORIES = frozenset({"Cc", "Zl", "Zp", "Cs"})
_DEVICE = re.compile(r"(?:CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|COM[0-9¹²³]|LPT[0-9¹²³])", re.IGNORECASE)
_ESCAPE = re.compile(rb"=([0-9A-F]{2})")
_CUT = "=~"


def spell_part(part: bytes) -> str:
    """One part of a delivered path as every tool will read it; at most ``MAX_PART_BYTES`` long.

    The empty part, ``.`` and ``..`` are no names and raise ValueError.
    """
    if part in (b"", b".", b"..") or b"/" in part:
        raise ValueError(f"not a part of a path: {part!r}")
    text = part.decode("utf-8", "surrogateescape")
    if _SAFE.fullmatch(text) and not _is_device(text):
        return _cut(text, part, MAX_PART_BYTES)
    spelled = "".join(_escape(c) if _is_forbidden(c) else c for c in _guard_ends(text))
    if not unicodedata.is_normalized("NFC", spelled):
        spelled = "".join(_escape(c) if unicodedata.combining(c) or _changes(c) else c for c in spelled)
    if not unicodedata.is_normalized("NFC", spelled):
        spelled = "".join(c if c.isascii() else _escape(c) for c in spelled)
    return _cut(spelled, part, MAX_PART_BYTES)


def original_part(spelled: str) -> bytes | None:
    """The delivered bytes that ``spell_part`` spelled, or None where the name had to be cut."""
    if _CUT in spelled:
        return None
    return _ESCAPE.sub(lambda match: bytes([int(match[1], 16)]), spelled.encode("utf-8"))


def in_xml(name: bytes) -> str | None:
    """``name`` as text if XML 1.0 can carry it (UTF-8, only characters of its ``Char`` production), else None."""
    try:
        text = name.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return None if _NOT_XML.search(text) else text


_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def shown(name: bytes | str | None) -> str:
    r"""``name`` for a person's eyes: what is undecodable, invisible or no character stands as ``\x..`` or ``\u..``.

    None is a name that stands in a private line which was withheld or erased.
    """
    if name is None:
        return "(name not here)"
    text = name.decode("utf-8", "surrogateescape") if isinstance(name, bytes) else name
    return text if text.isprintable() else "".join(_shown_character(c) for c in text)


def _shown_character(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    if unicodedata.category(character) in ("Cc", "Zl", "Zp", "Cs", "Cf") or _is_noncharacter(code):
        return character.encode("unicode_escape").decode("ascii")
    return character


@dataclass(slots=True)
class PackagePaths:
    """Gives out the paths of one package, so that no two of them meet on a disk that ignores case or normalisation.

    Give it the names in sorted order: then the same delivery always gets the same paths.
    """

    _taken: dict[str, dict[str, bytes]] = field(default_factory=dict)
    _parts: dict[tuple[str, bytes], str] = field(default_factory=dict)

    def path(self, name: bytes) -> PayloadPath:
        """The path of the delivered ``name`` (relative, parts joined by ``/``) inside the package."""
        folder = ""
        parts = name.split(b"/")
        for part in parts[:-1]:
            folder += self._part(folder, part) + "/"
        path = folder + self._part(folder, parts[-1])
        if len(path) <= MAX_PATH_CHARACTERS:
            return PayloadPath(path)
        return self._short_path(parts)

    def _part(self, folder: str, part: bytes) -> str:
        known = self._parts.get((folder, part))
        if known is None:
            known = self._parts[folder, part] = self._untwinned(folder, part)
        return known

    def _untwinned(self, folder: str, part: bytes) -> str:
        taken = self._taken.setdefault(folder, {})
        spelled = spell_part(part)
        if taken.setdefault(twin_key(spelled), part) == part:
            return spelled
        for count in range(1, len(spelled) + 1):  # escape from the left until no other name reads alike
            candidate = _cut(_escape_first(spelled, count), part, MAX_PART_BYTES)
            if not unicodedata.is_normalized("NFC", candidate):
                continue  # the last hexadecimal digit would melt into the mark behind it
            if taken.setdefault(twin_key(candidate), part) == part:
                return candidate
        return self._digest_name(folder, part)

    def _digest_name(self, folder: str, part: bytes) -> str:
        name = _CUT + hashlib.sha256(part).hexdigest()
        if self._taken[folder].setdefault(twin_key(name), part) != part:
            raise ValueError(f"two names share one SHA-256: {part!r}")
        return name

    def _short_path(self, parts: list[bytes]) -> PayloadPath:
        folder = _CUT + hashlib.sha256(b"/".join(parts[:-1])).hexdigest()[:16] + "/" if len(parts) > 1 else ""
        room = MAX_PATH_CHARACTERS - len(folder)
        taken = self._taken.setdefault(folder, {})
        for digits in (16, 32, 64):
            name = _cut_characters(spell_part(parts[-1]), parts[-1], room=room, digits=digits)
            if taken.setdefault(twin_key(name), b"/".join(parts)) == b"/".join(parts):
                return PayloadPath(folder + name)
        raise ValueError(f"two names share one SHA-256: {b'/'.join(parts)!r}")


def twin_key(spelled: str) -> str:
    """Equal for two names that a disk ignoring case or normalisation would take for one."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", spelled).casefold())


def _escape(character: str) -> str:
    octets = character.encode("utf-8", "surrogateescape")
    return "".join(f"={octet:02X}" for octet in octets)


def _escape_first(text: str, count: int) -> str:
    out, position = "", 0
    for _ in range(count):
        if position >= len(text):
            break
        if text[position] == "=":  # already an escape: step over it
            out, position = out + text[position : position + 3], position + 3
        else:
            out, position = out + _escape(text[position]), position + 1
    return out + text[position:]


def _is_forbidden(character: str) -> bool:
    if len(character) > 1:  # already escaped by _guard_ends
        return False
    return (
        character in _FORBIDDEN
        or character in _BIDI
        or unicodedata.category(character) in _FORBIDDEN_CATEGORIES
        or _is_noncharacter(ord(character))
    )


def _is_noncharacter(code: int) -> bool:
    return 0xFDD0 <= code <= 0xFDEF or code & 0xFFFE == 0xFFFE


def _guard_ends(text: str) -> list[str]:
    """The characters of ``text``; those at either end that a tool would drop, and a device's first, escaped."""
    characters = list(text)
    if characters[0].isspace() or _is_device(text):
        characters[0] = _escape(characters[0])
    if len(characters[-1]) == 1 and (characters[-1] == "." or characters[-1].isspace()):
        characters[-1] = _escape(characters[-1])
    return characters


def _is_device(text: str) -> bool:
    return _DEVICE.fullmatch(text.split(".", 1)[0].rstrip()) is not None


def _changes(character: str) -> bool:
    return not unicodedata.is_normalized("NFC", character)


def _cut(spelled: str, part: bytes, limit: int) -> str:
    if len(spelled.encode("utf-8")) <= limit:
        return spelled
    stem, extension = _split_extension(spelled)
    return _marked(stem, part, extension, digits=16, limit=limit)


def _cut_characters(spelled: str, part: bytes, *, room: int, digits: int) -> str:
    stem, extension = _split_extension(spelled)
    characters = min(room - len(_CUT) - digits - len(extension), 100)
    return _marked(stem.split(_CUT, 1)[0][:characters], part, extension, digits=digits, limit=MAX_PART_BYTES)


def _marked(stem: str, part: bytes, extension: str, *, digits: int, limit: int) -> str:
    """As much of ``stem`` as fits in ``limit`` octets, the mark of a cut name, and the extension."""
    suffix = _CUT + hashlib.sha256(part).hexdigest()[:digits] + extension
    room = limit - len(suffix)
    return _tidy(stem.encode("utf-8")[:room].decode("utf-8", "ignore")) + suffix


def _split_extension(spelled: str) -> tuple[str, str]:
    stem, dot, extension = spelled.rpartition(".")
    if dot and stem and len(extension) <= 12 and extension.isascii() and extension.isalnum():
        return stem, dot + extension
    return spelled, ""


def _tidy(stem: str) -> str:
    """A cut stem without half an escape at its end, and still normalised."""
    stem = re.sub(r"=[0-9A-F]?$", "", stem)
    return unicodedata.normalize("NFC", stem)
