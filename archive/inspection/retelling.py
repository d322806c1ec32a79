"""How answers travel from a worker to us: thousands of files get the same ones, and each is sent and kept once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from archive.inspection.identification import Answers, Identification

MOST_REMEMBERED = 4096
"""Answers both ends remember before they begin anew: warnings may quote each file differently, for ever."""


@dataclass(frozen=True, slots=True)
class Retold:
    """The answers to some files: those never sent before, and for each file the places of its own among all sent.

    With ``anew``, what was sent before is forgotten first.
    """

    anew: bool
    unheard: Sequence[Identification]
    of_files: Sequence[tuple[int, ...]]


class Teller:
    """The end of a worker."""

    def __init__(self) -> None:
        self._places: dict[Identification, int] = {}

    def tell(self, answers: Sequence[Answers]) -> Retold:
        """What to send for the answers to some files."""
        anew = len(self._places) >= MOST_REMEMBERED
        if anew:
            self._places = {}
        known = len(self._places)
        of_files = [tuple(self._places.setdefault(one, len(self._places)) for one in of_one) for of_one in answers]
        return Retold(anew, list(islice(self._places, known, None)), of_files)


class Listener:
    """Our end, one for each worker."""

    def __init__(self) -> None:
        self._heard: list[Identification] = []

    def hear(self, retold: Retold) -> list[Answers]:
        """The answers themselves; those to different files may be the same object."""
        if retold.anew:
            self._heard = []
        self._heard += retold.unheard
        return [tuple(self._heard[place] for place in of_one) for of_one in retold.of_files]
