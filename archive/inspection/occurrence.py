"""Which of many strings occur in some octets: all sought at once by hyperscan where it is installed, else one by one.

Hyperscan (the extra ``fast``) has no wheel for every machine. Without it the same strings are found, more slowly.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

Occurrence = Callable[[bytes], set[int]]
"""The numbers of those of the strings that occur, given the octets."""


def occurrence_of(strings: Sequence[bytes]) -> Occurrence:
    """Finds ``strings``, which are known by their places in the sequence; may be shared by threads."""
    try:
        import hyperscan  # type: ignore[import-not-found, unused-ignore]  # an extra; may be absent
    except ImportError:
        return one_by_one(strings)
    return _all_at_once(hyperscan, strings) if strings else one_by_one(strings)


def one_by_one(strings: Sequence[bytes]) -> Occurrence:
    """Finds ``strings`` with what every Python has."""
    numbered = tuple(enumerate(strings))
    return lambda octets: {number for number, string in numbered if string in octets}


def _all_at_once(hyperscan: Any, strings: Sequence[bytes]) -> Occurrence:
    database = hyperscan.Database()
    database.compile(
        # Spelled as expressions: what hyperscan takes as a literal ends at the first zero.
        expressions=["".join(f"\\x{octet:02x}" for octet in string).encode() for string in strings],
        ids=list(range(len(strings))),
        elements=len(strings),
        flags=[hyperscan.HS_FLAG_SINGLEMATCH] * len(strings),
    )
    # The scratch space is what a scan writes to; two threads must not share it.
    own = threading.local()

    def find(octets: bytes) -> set[int]:
        scratch = getattr(own, "scratch", None)
        if scratch is None:
            scratch = own.scratch = hyperscan.Scratch(database)
        found: set[int] = set()
        database.scan(octets, match_event_handler=lambda number, *_: found.add(number), scratch=scratch)
        return found

    return find
