"""What must stand in a file for a regular expression to fit, read off the expression itself. Pure.

A requirement is necessary and hardly ever sufficient: octets at a fixed distance from one end (a ``Window``), or octets
that occur somewhere (a literal). Whoever finds neither need not try the expression. Where an expression is beyond what
is understood here, nothing is required, and it is always tried.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from re import _constants as codes  # type: ignore[attr-defined]  # not in typeshed; parses what ``re`` parses
from re import _parser as parser  # type: ignore[attr-defined]  # as above
from typing import Any

MOST_VARIANTS = 16
"""Spellings of one window that are listed; beyond these it is cut."""

MOST_PLACES = 6
"""Places in one run of octets where a window may begin; hardly any expression begins with common octets for longer."""

LEAST_WORTH = 15.0
"""What a literal must be worth to be looked for: one worth less stands nearly everywhere."""

WINDOW_SIZES = (8, 4, 2, 1)
"""Sizes of windows: few, because every pair of place and size costs a look into every file."""

_UNBOUNDED = 1 << 24
"""Octets from which a length counts as unbounded; ``re`` has its own number for that in each version."""

_LOOKS_BACK = b"(?<"

LONGEST_LITERAL = 32
"""Octets of a literal that are looked for: more would make it no rarer."""


@dataclass(frozen=True, slots=True)
class Window:
    """One of ``variants``, all of one size, stands ``offset`` octets from the beginning, or from the end if negative.

    Counted from the end, ``offset`` is where the window begins: the last octet of a file stands at -1.
    """

    offset: int
    variants: frozenset[bytes]

    @property
    def size(self) -> int:
        """Octets of each variant."""
        return len(next(iter(self.variants)))


@dataclass(frozen=True, slots=True)
class Requirements:
    """What an expression needs; None where nothing could be told."""

    window: Window | None
    literal: bytes | None


@dataclass(frozen=True, slots=True)
class _Gap:
    """Between ``least`` and ``most`` octets of which nothing is known; ``most`` is None where there is no bound."""

    least: int
    most: int | None


_Piece = frozenset[bytes] | _Gap
"""Octets: one of several strings of one size, or a gap."""

_NOTHING = _Gap(0, 0)
_ANYTHING = _Gap(0, None)
_MOST_OCTETS = 4
"""Members of a class of octets that are listed; a larger class tells little."""


def requirements(pattern: re.Pattern[bytes], *, anchored: bool) -> Requirements:
    """What ``pattern`` needs; ``anchored`` when it must fit at the very beginning (``match``, not ``search``)."""
    if pattern.flags & (re.IGNORECASE | re.MULTILINE | re.LOCALE | re.VERBOSE):
        return Requirements(None, None)
    tokens = list(parser.parse(pattern.pattern, pattern.flags))
    at_start = tokens and tokens[0] == (codes.AT, codes.AT_BEGINNING_STRING)
    at_end = tokens and tokens[-1] == (codes.AT, codes.AT_END_STRING)
    pieces = _pieces(tokens)
    windows: list[Window] = []
    if anchored or at_start:
        windows += _windows(pieces)
    if at_end:
        windows += (_from_the_end(window) for window in _windows(_reversed(pieces)))
    literals = [literal for literal in _literals(pieces) if literal_worth(literal) >= LEAST_WORTH]
    return Requirements(max(windows, key=window_worth, default=None), max(literals, key=literal_worth, default=None))


def reach(expression: bytes) -> int | None:
    """How many octets before the end of a file anything that ``expression`` fits begins, at most.

    None where it need not end with the file, or is of no bounded length.
    """
    parsed = parser.parse(expression)
    if not len(parsed) or parsed[-1] != (codes.AT, codes.AT_END_STRING) or _LOOKS_BACK in expression:
        return None
    _, longest = parsed.getwidth()
    return int(longest) if longest < _UNBOUNDED else None


def literal_worth(literal: bytes) -> float:
    """Roughly how many bits of chance a literal excludes: zeros and blanks are everywhere."""
    return sum(1.0 if octet in b"\0\xff \r\n" else 5.0 for octet in literal)


def window_worth(window: Window) -> float:
    """As ``literal_worth``, less for each doubling of the variants."""
    return min(map(literal_worth, window.variants)) - len(window.variants).bit_length() + 1


def _pieces(tokens: Iterable[tuple[Any, Any]]) -> list[_Piece]:
    return [piece for operation, argument in tokens for piece in _of_token(operation, argument)]


def _of_token(operation: Any, argument: Any) -> list[_Piece]:
    if operation is codes.LITERAL:
        return [frozenset([bytes([argument])])]
    if operation is codes.IN:
        return [_of_class(argument)]
    if operation in (codes.ANY, codes.NOT_LITERAL):
        return [_Gap(1, 1)]
    if operation is codes.SUBPATTERN and not argument[1]:
        return _pieces(argument[3])
    if operation is codes.BRANCH:
        return _of_branch(argument[1])
    if operation in (codes.MAX_REPEAT, codes.MIN_REPEAT):
        return _of_repeat(*argument)
    if operation in (codes.AT, codes.ASSERT, codes.ASSERT_NOT):
        return [_NOTHING]
    return [_ANYTHING]


def _of_class(members: Iterable[tuple[Any, Any]]) -> _Piece:
    octets: set[int] = set()
    for operation, argument in members:
        if operation is codes.LITERAL:
            octets.add(argument)
        elif operation is codes.RANGE:
            octets.update(range(argument[0], argument[1] + 1))
        else:
            return _Gap(1, 1)
    return frozenset(bytes([octet]) for octet in octets) if len(octets) <= _MOST_OCTETS else _Gap(1, 1)


def _of_branch(alternatives: Iterable[Iterable[tuple[Any, Any]]]) -> list[_Piece]:
    strings: set[bytes] = set()
    for alternative in alternatives:
        spelled = _spelled(_pieces(alternative))
        if spelled is None:
            return [_ANYTHING]
        strings |= spelled
    sizes = {len(string) for string in strings}
    shortest = min(sizes)
    rest = _Gap(0, max(sizes) - shortest)
    return [frozenset(string[:shortest] for string in strings), rest] if shortest else [rest]


def _spelled(pieces: Sequence[_Piece]) -> set[bytes] | None:
    """Every string the pieces can be, or None when there are gaps or too many."""
    strings = {b""}
    for piece in pieces:
        if piece == _NOTHING:
            continue
        if isinstance(piece, _Gap) or len(strings) * len(piece) > 4 * MOST_VARIANTS:
            return None
        strings = {before + after for before, after in product(strings, piece)}
    return strings


def _of_repeat(least: Any, most: Any, tokens: Iterable[tuple[Any, Any]]) -> list[_Piece]:
    """Up to as many repetitions as there must be, spelled out, and a gap for those there may be."""
    unit = _pieces(tokens)
    widths = [_width(piece) for piece in unit]
    shortest = sum(width.least for width in widths)
    bounds = [width.most for width in widths if width.most is not None]
    bounded = most is not codes.MAXREPEAT and len(bounds) == len(widths)
    longest = sum(bounds) * int(most) if bounded else None
    if all(isinstance(piece, _Gap) for piece in unit):
        return [_Gap(shortest * least, longest)]
    spelled = min(int(least), 64)
    if longest is not None:
        longest -= spelled * sum(bounds)
    return unit * spelled + [_Gap(shortest * (least - spelled), longest)]


def _width(piece: _Piece) -> _Gap:
    if isinstance(piece, _Gap):
        return piece
    size = len(next(iter(piece)))
    return _Gap(size, size)


def _windows(pieces: Sequence[_Piece]) -> list[Window]:
    """Windows at places that do not move, for pieces that begin at the beginning."""
    windows: list[Window] = []
    run: list[frozenset[bytes]] = []
    begun = offset = 0
    for piece in [*pieces, _ANYTHING]:
        if not isinstance(piece, _Gap):
            run.append(piece)
            offset += len(next(iter(piece)))
        elif piece != _NOTHING:
            windows += _cut(run, begun)
            if piece.most != piece.least:
                break
            run, begun = [], offset + piece.least
            offset = begun
    return windows


def _cut(run: Sequence[frozenset[bytes]], begun: int) -> list[Window]:
    """The windows of a run of octets that begin at one of its pieces."""
    windows = []
    for first in range(min(len(run), MOST_PLACES)):
        strings: set[bytes] = {b""}
        for piece in run[first:]:
            longer = {before + after for before, after in product(strings, piece)}
            if len(longer) > MOST_VARIANTS or len(next(iter(strings))) >= WINDOW_SIZES[0]:
                break
            strings = longer
        size = next((size for size in WINDOW_SIZES if size <= len(next(iter(strings)))), 0)
        if size:
            windows.append(Window(begun, frozenset(string[:size] for string in strings)))
        begun += len(next(iter(run[first])))
    return windows


def _reversed(pieces: Sequence[_Piece]) -> list[_Piece]:
    return [
        piece if isinstance(piece, _Gap) else frozenset(string[::-1] for string in piece) for piece in reversed(pieces)
    ]


def _from_the_end(mirrored: Window) -> Window:
    offset = -(mirrored.offset + mirrored.size)
    return Window(offset, frozenset(string[::-1] for string in mirrored.variants))


def _literals(pieces: Sequence[_Piece]) -> list[bytes]:
    """Strings that stand in whatever fits, wherever."""
    literals: list[bytes] = []
    run = b""
    for piece in [*pieces, _ANYTHING]:
        if piece == _NOTHING:
            continue
        if isinstance(piece, _Gap) or len(piece) > 1:
            literals.append(run[:LONGEST_LITERAL])
            run = b""
        else:
            run += next(iter(piece))
    return literals
