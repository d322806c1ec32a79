"""Checkpoints on paper: a size and a root in groups of digits that a person can copy by hand, and the way back. Pure.

The short form is five lines: the size, then four lines of four groups of the root and a fifth group of check digits,
so that a slip of the pen is told from a rewritten log, and in which line it is::

    1234 records
    3f0c 7a0e 58d1 4f5a  9b53
    …
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from itertools import takewhile

from archive.custody.checkpoint import MARK, Checkpoint, Note, parse_note, parse_text
from archive.custody.merkle import DIGEST_SIZE

_LINES = 4
_DIGITS = 2 * DIGEST_SIZE // _LINES  # of the root, in one line
_CHECK = 4  # check digits in one line: one slip in 65,536 goes unnoticed
_SIZE = re.compile(r"[0-9][0-9,.'’\u00a0\u202f]*(?=\s|$)")
_FIVE = re.compile(r"^\s*([0-9][0-9,.'’\u00a0\u202f]*) records?((?:\s+[0-9a-fA-F]{4}){20})(?!\S)", re.MULTILINE)
_WORD = re.compile(r"records?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Witness:
    """A checkpoint that somebody kept elsewhere: at least size and root; ``note`` where its signature came along.

    ``origin`` is None where it does not say of which log it is; ``checked`` is whether a slip of the pen would show.
    """

    size: int
    root: bytes
    origin: str | None = None
    note: Note | None = None
    checked: bool = True


def short_form(checkpoint: Checkpoint) -> str:
    """Five lines for a sheet of paper."""
    root = checkpoint.root.hex()
    lines = [f"{checkpoint.size} records"]
    for number in range(_LINES):
        digits = root[number * _DIGITS : (number + 1) * _DIGITS]
        groups = " ".join(digits[i : i + 4] for i in range(0, _DIGITS, 4))
        lines.append(f"{groups}  {_check(checkpoint.size, number, digits)}")
    return "\n".join(lines)


def read_witness(data: bytes) -> Witness:
    """What somebody kept: a note, its first three lines, the short form, or a size and a root (hexadecimal or base64).

    Line ends of another system and empty lines around are forgiven. Raises ValueError saying what cannot be read, or
    which line was copied wrongly.
    """
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError:
        raise ValueError("this is not text") from None
    text = "\n".join(line.rstrip() for line in text.strip().split("\n")) + "\n"
    lines = text.split("\n")
    if len(lines) > 3 and re.fullmatch(r"[0-9]+", lines[1]):
        return _signed(text)
    five = _FIVE.search(text)
    if five is not None:  # whatever stands around them, as where they were printed with what to do with them
        return _typed(int(re.sub(r"[^0-9]", "", five[1])), five[2].split())
    size = _SIZE.match(text)
    if size is None:
        raise ValueError("this is no checkpoint: it begins with no number of records")
    number = int(re.sub(r"[^0-9]", "", size[0]))
    rest = _WORD.sub("", text[size.end() :], count=1)
    return _typed(number, rest.split())


def _signed(text: str) -> Witness:
    """A note, whatever stands below it; where its signatures were lost or spoilt on the way, only the text above."""
    said, _, below = text.partition("\n\n")
    said = said.removesuffix("\n") + "\n"
    signatures = takewhile(lambda line: line.startswith(MARK), below.split("\n"))
    try:
        note = parse_note(f"{said}\n{''.join(f'{line}{chr(10)}' for line in signatures)}".encode())
    except ValueError:
        note = None
    checkpoint = parse_text(said.encode())
    return Witness(checkpoint.size, checkpoint.root, checkpoint.origin, note)


def _typed(size: int, words: list[str]) -> Witness:
    if len(words) == 1 and len(words[0]) == 44:
        root = base64.b64decode(words[0], validate=True)
        if len(root) == DIGEST_SIZE:
            return Witness(size, root, checked=False)
    digits = "".join(words).lower()
    if not re.fullmatch(r"[0-9a-f]*", digits):
        wrong = next(word for word in words if not re.fullmatch(r"[0-9a-fA-F]+", word))
        raise ValueError(f"'{wrong}' is not a group of the digits 0-9 and a-f")
    if len(digits) == 2 * DIGEST_SIZE:
        return Witness(size, bytes.fromhex(digits), checked=False)
    if len(digits) != _LINES * (_DIGITS + _CHECK):
        raise ValueError(
            f"a root has {2 * DIGEST_SIZE} digits, or {_LINES * (_DIGITS + _CHECK)} with the check digits, not "
            f"{len(digits)}"
        )
    lines = [digits[i : i + _DIGITS + _CHECK] for i in range(0, len(digits), _DIGITS + _CHECK)]
    wrong_lines = [n for n, line in enumerate(lines) if line[_DIGITS:] != _check(size, n, line[:_DIGITS])]
    if len(wrong_lines) == _LINES:
        raise ValueError("the number of records was copied wrongly, or each of the four lines")
    if wrong_lines:
        raise ValueError(f"line {wrong_lines[0] + 1} below the number of records was copied wrongly")
    return Witness(size, bytes.fromhex("".join(line[:_DIGITS] for line in lines)))


def _check(size: int, number: int, digits: str) -> str:
    return hashlib.sha256(f"{size} {number} {digits}".encode("ascii")).hexdigest()[:_CHECK]
