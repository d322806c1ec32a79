"""Progress: how the core says what it is doing, without printing."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Told what stage has begun and how far it is. The command line shows it; the daemon logs it; tests ignore it."""

    def stage(self, name: str, *, total: int | None = None) -> None:
        """A stage has begun; ``total`` counts its steps where that is known."""

    def advance(self, steps: int = 1) -> None:
        """So many steps of the present stage are done."""

    def stopping(self) -> bool:
        """Whether a person asked to stop; whoever works finishes the file or package in hand and then stops."""


class Silent:
    """Progress nobody watches."""

    def stage(self, name: str, *, total: int | None = None) -> None:
        """Say nothing."""

    def advance(self, steps: int = 1) -> None:
        """Say nothing."""

    def stopping(self) -> bool:
        """Nobody can ask."""
        return False
