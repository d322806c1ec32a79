"""Smallest files that signatures fit: what each expression asks for, spelled out at random."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from random import Random
from re import _constants as codes  # type: ignore[attr-defined]  # not in typeshed
from re import _parser as parser  # type: ignore[attr-defined]  # as above
from typing import Any

from archive.inspection.signatures import Pattern, SignatureTables


def skeletons(tables: SignatureTables, *, each: int) -> Iterator[bytes]:
    """``each`` files for every signature; the first of them with the fewest octets."""
    for number, (_, patterns) in enumerate(tables.signatures):
        for turn in range(each):
            yield skeleton(patterns, Random(number * 1000 + turn), most=0 if turn == 0 else 24)


def skeleton(patterns: Sequence[Pattern], random: Random, *, most: int) -> bytes:
    """A file that has what each of ``patterns`` asks for where it asks for it, in most cases."""
    head = b"".join(spell(pattern.regex, random, most) for pattern in patterns if pattern.anchored)
    middle = b"".join(
        spell(pattern.regex, random, most) for pattern in patterns if not pattern.anchored and not pattern.at_end
    )
    tail = b"".join(spell(pattern.regex, random, most) for pattern in patterns if pattern.at_end)
    return head + middle + tail


def spell(regex: re.Pattern[bytes], random: Random, most: int) -> bytes:
    """Octets the expression fits, but for what look-arounds forbid; ``most`` repetitions beyond what it needs."""
    return b"".join(_spell(parser.parse(regex.pattern, regex.flags), random, most))


def _spell(tokens: Iterable[tuple[Any, Any]], random: Random, most: int) -> Iterator[bytes]:
    for operation, argument in tokens:
        if operation is codes.LITERAL:
            yield bytes([argument])
        elif operation is codes.NOT_LITERAL:
            yield bytes([(argument + 1) % 256])
        elif operation is codes.ANY:
            yield bytes([random.choice(b"\0 aZ0\n\xff")])
        elif operation is codes.IN:
            yield bytes([_member(argument, random)])
        elif operation is codes.BRANCH:
            yield from _spell(random.choice(argument[1]), random, most)
        elif operation is codes.SUBPATTERN:
            yield from _spell(argument[3], random, most)
        elif operation in (codes.MAX_REPEAT, codes.MIN_REPEAT):
            least, at_most, repeated = argument
            for _ in range(random.randint(int(least), min(int(at_most), int(least) + most))):
                yield from _spell(repeated, random, most)


def _member(members: Sequence[tuple[Any, Any]], random: Random) -> int:
    negated = members[0][0] is codes.NEGATE
    octets = {
        octet
        for operation, argument in members
        if operation in (codes.LITERAL, codes.RANGE)
        for octet in (range(argument[0], argument[1] + 1) if operation is codes.RANGE else (argument,))
    }
    return random.choice(sorted(set(range(256)) - octets if negated else octets))
