"""In which encoding a text file is written: said by the person, said by the file, evident, or guessed and told so.

``Witness`` watches the octets go by once; ``judge`` decides from what it saw. A guess is never silent, and one that is
not clear is no guess: then a person chooses among lines shown in each encoding. Pure but for charset-normalizer.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from dataclasses import dataclass

from archive.errors import UsageError
from archive.model.names import shown

SINGLE_OCTET = ("cp1251", "cp866", "koi8-r", "koi8-u", "iso8859-5", "mac-cyrillic", "cp1250", "iso8859-2", "cp1252")
"""What Belarusian, Russian, Ukrainian, Polish and western tables are met in, the likeliest first."""

OPTION = "--metadata-encoding"

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_ASCII = bytes(range(0x80))
WORD = re.compile(rb"(?<![A-Za-z\x80-\xff])[A-Za-z]{0,20}[\x80-\xff][A-Za-z\x80-\xff]*")
"""A word of octets with something above 127 in it."""

_ESCAPED = re.compile("[\udc80-\udcff]")
_BEGINNING = 64 * 1024
_MOST_WORDS = 4_000
_MARGIN = 0.1  # by how much the best guess must lead; koi8-r read as cp1251 trails by more, a mac's text by less
_MOSTLY = 20  # characters of good UTF-8 for one bad octet, that a file is UTF-8 with something broken in it
_NO_TEXT = frozenset({"unicode_escape", "raw_unicode_escape", "idna", "punycode", "undefined", "utf_7"})


@dataclass(frozen=True, slots=True)
class Encoding:
    """How octets become text.

    ``guess`` says on what grounds, where nobody and nothing said it; ``doubt`` what speaks against what was said.
    """

    codec: str
    guess: str | None = None
    doubt: str | None = None

    @property
    def errors(self) -> str:
        """What becomes of octets that are no text: kept as they are where one can tell them apart, else marked."""
        return "replace" if self.codec.startswith(("utf-16", "utf-32")) else "surrogateescape"


class UnclearEncodingError(UsageError):
    """Several encodings fit, and choosing is for a person."""


class Witness:
    """Watches the octets of a file go by, and remembers what tells its encoding. Its memory does not grow with it."""

    def __init__(self) -> None:
        self.beginning = b""
        self.words: dict[bytes, None] = {}
        self.octets: set[int] = set()
        self.good = self.bad = 0
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")

    def update(self, chunk: bytes) -> None:
        """Take the next octets."""
        if len(self.beginning) < _BEGINNING:
            self.beginning += chunk[: _BEGINNING - len(self.beginning)]
        self._count(self._decoder.decode(chunk))
        if not chunk.isascii():
            self.octets.update(chunk.translate(None, _ASCII))
            if len(self.words) < _MOST_WORDS:
                self.words.update(dict.fromkeys(WORD.findall(chunk[:_BEGINNING])[:_MOST_WORDS]))

    def end(self) -> None:
        """There are no more octets."""
        self._count(self._decoder.decode(b"", True))

    def _count(self, text: str) -> None:
        if not text.isascii():
            bad = len(_ESCAPED.findall(text))
            self.bad += bad
            self.good += len(text) - len(text.encode("ascii", "ignore")) - bad


def judge(seen: Witness, *, declared: str | None) -> Encoding:
    """The encoding of a file: as declared, else by its byte-order mark, else evident, else guessed.

    Raises UnclearEncodingError with a line shown in each encoding that might be meant, UsageError for a declared
    encoding nobody knows.
    """
    if declared is not None:
        return _declared(seen, declared)
    for mark, codec in _BOMS:
        if seen.beginning.startswith(mark):
            return Encoding(codec)
    wide = _wide(seen.beginning)
    if wide is not None:
        return Encoding(wide, guess=f"every other octet is zero, as in {wide}")
    if not seen.bad:
        return Encoding("utf-8")
    if seen.good > _MOSTLY * seen.bad:
        return Encoding("utf-8")  # and the lines with octets that are none are named one by one
    return _guessed(seen)


def _declared(seen: Witness, declared: str) -> Encoding:
    try:
        found = codecs.lookup(declared)
        known = found._is_text_encoding and found.name.replace("-", "_") not in _NO_TEXT
    except LookupError:
        known = False
    if not known:
        raise UsageError(
            f"'{shown(declared)}' is no encoding", hint=f"{OPTION} takes utf-8, utf-16, {', '.join(SINGLE_OCTET)} …"
        )
    codec = "utf-8" if found.name in ("utf-8-sig", "ascii") else found.name
    marked = next((name for mark, name in _BOMS if seen.beginning.startswith(mark)), None)
    if codec in ("utf-16", "utf-32"):
        codec = marked if marked is not None and marked.startswith(codec) else f"{codec}-le"
    if marked is not None and marked != codec:
        return Encoding(codec, doubt=f"the file begins with the mark of {marked}")
    if codec in SINGLE_OCTET and seen.good and not seen.bad:
        return Encoding(codec, doubt="the file is valid UTF-8")
    return Encoding(codec)


def _wide(beginning: bytes) -> str | None:
    """UTF-16 or UTF-32 without a mark, by where its zeros stand."""
    if len(beginning) < 8 or beginning.count(0) * 10 < len(beginning):
        return None
    whole = beginning[: len(beginning) // 4 * 4]
    zeros = [whole[place::4].count(0) * 4 / len(whole) for place in range(4)]
    if zeros[3] == 1 and zeros[2] > 0.9:
        return "utf-32-le"
    if zeros[0] == 1 and zeros[1] > 0.9:
        return "utf-32-be"
    first, second = zeros[0] + zeros[2], zeros[1] + zeros[3]
    if second > 0.2 and first < 0.02:
        return "utf-16-le"
    if first > 0.2 and second < 0.02:
        return "utf-16-be"
    return None


@dataclass(frozen=True, slots=True)
class Guess:
    """What words without a declared encoding may be written in.

    ``codec`` is None where no encoding is clearly the best; ``rival`` is the next best that reads otherwise;
    ``candidates`` are all that fit, the best first.
    """

    codec: str | None
    rival: str | None
    candidates: tuple[str, ...]


def guess(words: bytes, octets: set[int]) -> Guess:
    """In which of ``SINGLE_OCTET`` the ``words`` read best; ``octets`` are those above 127 that occur."""
    possible = [codec for codec in SINGLE_OCTET if _spells(octets, codec) is not None]
    ranked = _ranked(words, possible)
    if not ranked:
        return Guess(None, None, tuple(possible))
    best, score = ranked[0]
    alike = _spells(octets, best)
    rivals = [(codec, its) for codec, its in ranked[1:] if _spells(octets, codec) != alike]
    clear = not rivals or rivals[0][1] - score > _MARGIN
    return Guess(best if clear else None, rivals[0][0] if rivals else None, tuple(codec for codec, _ in ranked))


def _guessed(seen: Witness) -> Encoding:
    found = guess(b" ".join(seen.words), seen.octets)
    if found.codec is not None:
        next_best = f"; next would be {found.rival}" if found.rival else ""
        return Encoding(found.codec, guess=f"its words read best so{next_best}")
    lines = "".join(f"\n  {codec}: {line}" for codec, line in _samples(seen, found.candidates))
    raise UnclearEncodingError(
        f"the encoding of the table is not clear; one and the same line would read:{lines}",
        hint=f"find the line that reads right and say so: {OPTION} {(*found.candidates, 'cp1251')[0]}",
    )


def _ranked(words: bytes, possible: Sequence[str]) -> list[tuple[str, float]]:
    """The encodings in which ``words`` read like a language, the best first, with a score: the smaller the better."""
    from charset_normalizer import from_bytes  # heavy, and most tables are UTF-8

    found = from_bytes(words, cp_isolation=list(possible), preemptive_behaviour=False)
    scores: dict[str, float] = {}
    for match in found:
        for codec in match.could_be_from_charset:
            scores.setdefault(codecs.lookup(codec).name, match.chaos - match.coherence / 2)
    return sorted(
        ((codec, scores[codec]) for codec in possible if codec in scores),
        key=lambda pair: (pair[1], SINGLE_OCTET.index(pair[0])),
    )


def _spells(octets: set[int], codec: str) -> str | None:
    """What these octets mean in an encoding; None where one of them means nothing or a control character."""
    try:
        text = bytes(sorted(octets)).decode(codec)
    except UnicodeDecodeError:
        return None
    return None if any("\x80" <= character <= "\x9f" for character in text) else text


def _samples(seen: Witness, codecs_: Sequence[str]) -> list[tuple[str, str]]:
    lines = re.split(rb"[\r\n]+", seen.beginning)
    line = max(lines, key=lambda line: len(line.translate(None, _ASCII)), default=b"")
    if line.isascii():
        line = b" ".join(list(seen.words)[:10])
    start = max(0, next((place for place, octet in enumerate(line) if octet > 0x7F), 0) - 20)
    return [(codec, shown(line[start : start + 100].decode(codec, "replace"))) for codec in codecs_]
