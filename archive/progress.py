"""Progress: how the core says what it is doing, without printing."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Told what stage has begun and how far it is. The command line shows it; the daemon logs it; tests ignore it."""

    def stage(self, name: str, *, total: int | None = None, done: int = 0) -> None:
        """A stage has begun; ``total`` counts its steps where that is known, ``done`` those of an earlier run.

        One that counts goes on until all its steps are done, whatever else begins beside it meanwhile.
        """

    def advance(self, steps: int = 1, *, octets: int = 0) -> None:
        """So many more steps are done of the last stage that counts, and so many octets with them."""

    def stopping(self) -> bool:
        """Whether a person asked to stop; whoever works finishes the file or package in hand and then stops."""


class Silent:
    """Progress nobody watches."""

    def stage(self, name: str, *, total: int | None = None, done: int = 0) -> None:
        """Say nothing."""

    def advance(self, steps: int = 1, *, octets: int = 0) -> None:
        """Say nothing."""

    def stopping(self) -> bool:
        """Nobody can ask."""
        return False
