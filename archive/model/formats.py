"""What may be said of a file's format: on what basis, with what verdict, and by whom."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from archive.model.identifiers import FileId


class Basis(StrEnum):
    """Why a format is believed to fit, the best reason first.

    Bytes of members inside; bytes of the file itself; content that reads as text, where the name says which text; the
    first few octets and nothing more, in a file that fits no signature; or only its name.
    """

    CONTAINER = "container"
    SIGNATURE = "signature"
    TEXT = "text"
    MAGIC = "magic"
    EXTENSION = "extension"

    @property
    def by_bytes(self) -> bool:
        """Whether a signature, and not only text, magic or a name, speaks for the format."""
        return self in (Basis.CONTAINER, Basis.SIGNATURE)


class Kind(StrEnum):
    """How the identifiers' answers to one file stand to one another: the kinds of verdict."""

    AGREED = "agreed"
    REFINED = "refined"
    ONE_BY_BYTES = "one-by-bytes"
    TEXT = "text"
    LOCAL = "local"
    SEVERAL = "several"
    DIFFERENT = "different"
    DAMAGED = "damaged"
    SUGGESTED = "suggested"
    UNKNOWN = "unknown"
    NOT_EXAMINED = "not-examined"

    @property
    def needs_a_person(self) -> bool:
        """Whether somebody should look: the witnesses disagree, hesitate, or found damage."""
        return self in (Kind.SEVERAL, Kind.DIFFERENT, Kind.DAMAGED, Kind.NOT_EXAMINED)


DECIDED = "decided"
"""Stands where a kind of verdict stands, for a format that a person decided on."""


class ToldBy(StrEnum):
    """Who said what a file is; a person's word goes before the machines', which stand beside it."""

    MACHINES = "machines"
    PERSON = "person"


@dataclass(frozen=True, slots=True, order=True)
class Tool:
    """An identifier that was asked: the program, its version, and the version of what it knows."""

    tool: str
    version: str
    signatures: str


@dataclass(frozen=True, slots=True)
class FileFormat:
    """What the identifiers together say of one file; ``puid`` is the format that may be named, or None."""

    file: FileId
    puid: str | None
    verdict: Kind
    basis: Basis | None
