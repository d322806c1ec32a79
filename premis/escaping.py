"""Text into XML 1.0: escaped, or refused with the name of the element it was meant for.

A character that XML cannot carry is never dropped or replaced: in evidence a silently changed name is a lie.
"""

import re
from typing import Final
from xml.parsers import expat

# XML 1.0 (Fifth Edition) production [2] Char, complemented.
_FORBIDDEN: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_TEXT: Final = re.compile("[&<>\r\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ATTRIBUTE: Final = re.compile('[&<>"\r\n\t\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]')

# A parser turns a bare carriage return into a line feed, and any white space in an attribute into a space.
_TEXT_ESCAPES: Final = {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;", ord("\r"): "&#13;"}
_ATTRIBUTE_ESCAPES: Final = _TEXT_ESCAPES | {ord('"'): "&quot;", ord("\n"): "&#10;", ord("\t"): "&#9;"}


def can_be_written(text: str) -> bool:
    """Whether XML 1.0 can carry every character of ``text``."""
    return _FORBIDDEN.search(text) is None


def escape_text(text: str, element: str) -> str:
    """``text`` as the content of ``element``.

    Raises ValueError naming the element and the first character that XML 1.0 cannot carry.
    """
    if _TEXT.search(text) is None:
        return text
    _refuse_forbidden(text, element)
    return text.translate(_TEXT_ESCAPES)


def escape_attribute(text: str, element: str) -> str:
    """``text`` as the value, between double quotes, of an attribute of ``element``.

    Raises ValueError naming the element and the first character that XML 1.0 cannot carry.
    """
    if _ATTRIBUTE.search(text) is None:
        return text
    _refuse_forbidden(text, element)
    return text.translate(_ATTRIBUTE_ESCAPES)


def embed(xml: bytes, element: str) -> str:
    """Serialised elements, checked, as they may stand inside ``element`` of a document with a default namespace.

    ``xml`` is UTF-8 and holds one or more elements, each well formed by itself with every prefix it uses declared. An
    element in no namespace is given ``xmlns=""`` so that it stays in none. Raises ValueError naming ``element``
    otherwise.
    """
    found = _Fragment()
    try:
        text = xml.decode("utf-8")
        found.parse(xml)
    except (expat.ExpatError, UnicodeDecodeError) as error:
        raise ValueError(f"{element}: an extension is not well-formed XML elements: {error}") from error
    if found.roots == 0 or found.has_loose_text:
        raise ValueError(f"{element}: an extension holds XML elements and nothing beside them")
    if found.needs_reset:
        text = _reset_default_namespace(xml, found.needs_reset).decode("utf-8")
    return text


class _Fragment:
    """What expat tells about the outermost elements of a fragment."""

    __slots__ = ("_depth", "_parser", "_reset_declared", "has_loose_text", "needs_reset", "roots")

    def __init__(self) -> None:
        self.roots = 0
        self.has_loose_text = False
        self.needs_reset: list[int] = []
        self._depth = 0
        self._reset_declared = False
        self._parser = parser = expat.ParserCreate("utf-8", namespace_separator=" ")
        parser.buffer_text = True
        parser.StartNamespaceDeclHandler = self._declared
        parser.StartElementHandler = self._started
        parser.EndElementHandler = self._ended
        parser.CharacterDataHandler = self._text

    def parse(self, xml: bytes) -> None:
        # The wrapper lets several elements stand side by side, and forbids declarations and doctypes among them.
        self._parser.Parse(_WRAPPER + xml + b"</x>", True)

    def _declared(self, prefix: str | None, uri: str | None) -> None:
        if self._depth == 1 and prefix is None and not uri:
            self._reset_declared = True

    def _started(self, name: str, _attributes: object) -> None:
        if self._depth == 1:
            self.roots += 1
            if " " not in name and not self._reset_declared:
                self.needs_reset.append(self._parser.CurrentByteIndex - len(_WRAPPER) + 1 + len(name.encode()))
            self._reset_declared = False
        self._depth += 1

    def _ended(self, _name: str) -> None:
        self._depth -= 1

    def _text(self, text: str) -> None:
        if self._depth == 1 and text.strip():
            self.has_loose_text = True


_WRAPPER: Final = b"<x>"


def _reset_default_namespace(xml: bytes, offsets: list[int]) -> bytes:
    pieces = []
    start = 0
    for offset in offsets:
        pieces += [xml[start:offset], b' xmlns=""']
        start = offset
    return b"".join([*pieces, xml[start:]])


def _refuse_forbidden(text: str, element: str) -> None:
    found = _FORBIDDEN.search(text)
    if found is not None:
        raise ValueError(f"{element}: XML 1.0 cannot carry the character U+{ord(found.group()):04X}")
