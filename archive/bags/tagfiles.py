"""Text tag files: from octets to lines (RFC 8493 §2.3)."""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from archive.bags.versions import Version, severity_by_version
from archive.model.names import shown
from profiles.finding import Finding, Severity
from profiles.finding_codes import FindingCode

_CHARSET_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:()+-]{0,39}")
_NOT_CHARSETS = frozenset({"idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape", "utf-8-sig"})
"""Codecs Python knows that are no character sets: escapes would let a tag file spell names that are not in it."""

_LINE_END = re.compile(r"\r\n|\n|\r")
_SHOWN_PLACES = 5


def is_known_encoding(name: str) -> bool:
    """Whether ``name`` is a character set this program can decode."""
    if not _CHARSET_NAME.fullmatch(name):
        return False
    try:
        codec = codecs.lookup(name).name
        b"x".decode(codec)  # LookupError for codecs that are not text, such as hex or zip
    except LookupError:
        return False
    except UnicodeError:  # half a character of a wide encoding
        pass
    return codec not in _NOT_CHARSETS


def split_lines(text: str) -> Iterator[str]:
    """Lines ended by LF, CR or CRLF and by nothing else, the last one also without an end.

    ``str.splitlines`` would also break at U+0085, U+2028 and others, which may stand in file names.
    """
    start = 0
    for end in _LINE_END.finditer(text):
        yield text[start : end.start()]
        start = end.end()
    if start < len(text):
        yield text[start:]


@dataclass(slots=True)
class LineFaults:
    """Faults in the lines of one tag file, each kind said once with its first places.

    A file of a million wrong lines so has a few findings that a person can read.
    """

    name: str
    source: str
    _places: dict[tuple[FindingCode, Severity, str], list[int]] = field(default_factory=dict)
    _counts: Counter[tuple[FindingCode, Severity, str]] = field(default_factory=Counter)

    def note(self, number: int, *, code: FindingCode, severity: Severity, fault: str) -> None:
        """Line ``number`` has a fault, told in words that follow the name of the file."""
        key = (code, severity, fault)
        self._counts[key] += 1
        if self._counts[key] <= _SHOWN_PLACES:
            self._places.setdefault(key, []).append(number)

    def findings(self) -> tuple[Finding, ...]:
        """One finding for each kind of fault, in the order of their first places."""
        return tuple(
            Finding(key[0], key[1], self.name, f"{self.name} {key[2]} ({self._where(key)}).", self.source)
            for key in self._places
        )

    def _where(self, key: tuple[FindingCode, Severity, str]) -> str:
        numbers = ", ".join(map(str, self._places[key]))
        more = self._counts[key] - len(self._places[key])
        return f"{'line' if self._counts[key] == 1 else 'lines'} {numbers}{f' and {more} more' if more else ''}"


def decode_tag_file(
    data: bytes, *, name: bytes, encoding: str, version: Version | None
) -> tuple[str, tuple[Finding, ...]]:
    """The text of a tag file, without its byte-order mark, and what is wrong with its encoding.

    Octets that the encoding does not allow are kept as surrogate escapes, so that names still find their files, or
    replaced where the encoding is not built on ASCII.
    """
    findings = []
    codec = _codec(data, encoding)
    text = _decode(data, codec, "strict")
    if text is None:
        text = _decode(data, codec, "surrogateescape") or data.decode(codec, "replace")
        findings.append(
            Finding(
                FindingCode.TAG_FILE_ENCODING,
                Severity.ERROR,
                shown(name),
                f"This tag file is not text in {encoding}, the encoding that bagit.txt declares.",
                "RFC 8493 §2.3",
            )
        )
    if text.startswith("\ufeff"):
        text = text[1:]
        findings.append(
            Finding(
                FindingCode.TAG_FILE_BYTE_ORDER_MARK,
                severity_by_version(version),
                shown(name),
                f"This tag file begins with a byte-order mark, which {encoding} does not need.",
                "RFC 8493 §2.3",
            )
        )
    return text, tuple(findings)


def _decode(data: bytes, codec: str, errors: str) -> str | None:
    try:
        return data.decode(codec, errors)
    except UnicodeError:
        return None


def _codec(data: bytes, encoding: str) -> str:
    codec = codecs.lookup(encoding).name
    # Without a mark Python would take the machine's own byte order; the standard says big-endian (RFC 2781 §4.3).
    if codec == "utf-16" and not data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16-be"
    if codec == "utf-32" and not data.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32-be"
    return codec
