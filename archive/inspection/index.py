"""Which signatures are worth trying on a file, told from a few looks into it.

FIDO tries 2,300 expressions on every file, of which a handful can fit. The index is built from those same expressions
(``requirements``): each signature is found by the rarest thing it needs, a window or a literal, and dropped where
another literal it needs is missing. What is left is tried as FIDO would try it, in FIDO's order; so the index can cost
time when it is wrong about what is rare, but never change an answer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from archive.inspection.occurrence import Occurrence, occurrence_of
from archive.inspection.requirements import Requirements, Window, literal_worth, window_worth

CROWD = 4
"""Signatures with the same octets in the same window above which their literals are looked for as well."""

_WINDOW_BONUS = 8.0
"""A look at a fixed place is dearer by nothing; a literal has to be that much rarer to be preferred."""


@dataclass(frozen=True, slots=True)
class Need:
    """What one pattern of a signature needs, at the beginning of the file or ``at_end``."""

    requirements: Requirements
    at_end: bool


_Windows = tuple[tuple[int, int, Mapping[bytes, tuple[int, ...]]], ...]
"""Offset and size of a window, and which signatures have which octets there."""


class SignatureIndex:
    """Finds the signatures that may fit; they are known by their numbers. Never changes; may be shared by threads."""

    def __init__(self, signatures: Sequence[Sequence[Need]]) -> None:
        """Index ``signatures``, each a sequence of needs that must all be met."""
        windows: dict[tuple[int, int], dict[bytes, list[int]]] = defaultdict(lambda: defaultdict(list))
        by_literal: dict[tuple[bool, bytes], list[int]] = defaultdict(list)
        always = []
        for number, needs in enumerate(signatures):
            key = _rarest(needs)
            if isinstance(key, Window):
                for variant in key.variants:
                    windows[key.offset, key.size][variant].append(number)
            elif key is not None:
                by_literal[key].append(number)
            else:
                always.append(number)
        self._always = tuple(always)
        self._at_start = _frozen(windows, at_end=False)
        self._at_end = _frozen(windows, at_end=True)
        crowded = {
            number
            for by_octets in windows.values()
            for numbers in by_octets.values()
            if len(numbers) > CROWD
            for number in numbers
        }
        self._needs = tuple(
            frozenset(literal for literal in _literals(needs) if number in crowded or literal in by_literal)
            for number, needs in enumerate(signatures)
        )
        wanted = sorted({literal for needs in self._needs for literal in needs})
        self._in_head = _Literals([literal for at_end, literal in wanted if not at_end], at_end=False)
        self._in_tail = _Literals([literal for at_end, literal in wanted if at_end], at_end=True)
        self._by_literal = {literal: tuple(numbers) for literal, numbers in by_literal.items()}

    def candidates(self, head: bytes, tail: bytes) -> list[int]:
        """Numbers of the signatures that may fit a file of this beginning and end, ascending."""
        found = list(self._always)
        for offset, size, numbers in self._at_start:
            found += numbers.get(head[offset : offset + size], ())
        length = len(tail)
        for offset, size, numbers in self._at_end:
            if length + offset >= 0:
                found += numbers.get(tail[length + offset : length + offset + size], ())
        present = self._in_head.of(head) | self._in_tail.of(tail)
        for literal in present:
            found += self._by_literal.get(literal, ())
        return sorted({number for number in found if self._needs[number] <= present})


class _Literals:
    """Literals sought at one end of a file."""

    def __init__(self, literals: Sequence[bytes], *, at_end: bool) -> None:
        self._known = tuple((at_end, literal) for literal in literals)
        self._find: Occurrence = occurrence_of(literals)

    def of(self, octets: bytes) -> set[tuple[bool, bytes]]:
        return {self._known[number] for number in self._find(octets)} if octets else set()


def _literals(needs: Iterable[Need]) -> Iterable[tuple[bool, bytes]]:
    return ((need.at_end, need.requirements.literal) for need in needs if need.requirements.literal is not None)


def _rarest(needs: Iterable[Need]) -> Window | tuple[bool, bytes] | None:
    """By what a signature is found; None when it has to be tried on every file."""
    best: Window | tuple[bool, bytes] | None = None
    worth = 0.0
    for need in needs:
        window, literal = need.requirements.window, need.requirements.literal
        if window is not None and window_worth(window) + _WINDOW_BONUS > worth:
            best, worth = window, window_worth(window) + _WINDOW_BONUS
        if literal is not None and literal_worth(literal) > worth:
            best, worth = (need.at_end, literal), literal_worth(literal)
    return best


def _frozen(windows: Mapping[tuple[int, int], Mapping[bytes, list[int]]], *, at_end: bool) -> _Windows:
    return tuple(
        (offset, size, {octets: tuple(numbers) for octets, numbers in by_octets.items()})
        for (offset, size), by_octets in sorted(windows.items())
        if (offset < 0) == at_end
    )
