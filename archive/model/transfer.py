"""How a delivery came into the archive's hands: on which medium, under which seal, from whom. Codes, no names."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from archive.model.names import shown


class SealState(StrEnum):
    """How the seal of a medium was found; ``other`` is another seal than the one announced."""

    INTACT = "intact"
    BROKEN = "broken"
    MISSING = "missing"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """What is known of a hand-over; None is not known.

    ``handed_over_at`` is a day (ISO 8601) or a moment (RFC 3339 UTC), as exactly as it was said. ``note_sha256`` is the
    digest of the hand-over note, which is kept in the accession package under ``note_name``.
    """

    medium: str | None = None
    seal: str | None = None
    seal_state: SealState | None = None
    handed_over_by: str | None = None
    received_by: str | None = None
    handed_over_at: str | None = None
    note_name: bytes | None = None
    note_sha256: str | None = None

    def facts(self) -> tuple[tuple[str, str], ...]:
        """What is known, each with its label."""
        state = "" if self.seal_state is None else f", found {self.seal_state}"
        seal = None if self.seal is None and self.seal_state is None else f"{self.seal or 'number not said'}{state}"
        note = None if self.note_name is None else f"{shown(self.note_name)}, SHA-256 {self.note_sha256}"
        said = (
            ("Medium", self.medium),
            ("Seal", seal),
            ("Handed over by", self.handed_over_by),
            ("Received by", self.received_by),
            ("Handed over at", self.handed_over_at),
            ("Hand-over note", note),
        )
        return tuple((label, value) for label, value in said if value is not None)

    def in_words(self) -> str:
        """What is known, in one line."""
        return "; ".join(f"{label.lower()}: {value}" for label, value in self.facts())
