"""A requirement of a specification as a value: its demand, how it is checked, what our packages do about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from premis.mets_outline import MetsElement
from profiles.finding import Finding, Severity


class Level(StrEnum):
    """How binding a requirement is (RFC 2119)."""

    MUST = "MUST"
    SHOULD = "SHOULD"
    MAY = "MAY"


class Scope(StrEnum):
    """Which METS documents of a package a requirement is about."""

    EVERY = "every METS"
    ROOT = "root METS"
    REPRESENTATION = "representation METS"


class Stance(StrEnum):
    """What our own packages do about a requirement."""

    MET = "met"
    DECLINED = "declined"
    NOT_ARISING = "does not arise"


@dataclass(frozen=True, slots=True)
class Document:
    """One METS document under judgement.

    ``scope`` is ROOT or REPRESENTATION. ``beside`` are the files of the folder the document describes, relative to it
    and without the content; empty where only the document is known.
    """

    root: MetsElement
    scope: Scope
    beside: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Breach:
    """One place where a document falls short: line and element, and what is wrong there."""

    line: int | None
    element: str
    message: str


Check: TypeAlias = Callable[[Document], Iterator[Breach]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """One row of a specification's requirement table.

    ``says`` is the demand in our words, ``ours`` where our packages meet it or why they do not. ``check`` is None
    where one document cannot show whether it is met; ``ours`` then says so.
    """

    identifier: str
    level: Level
    scope: Scope
    says: str
    stance: Stance
    ours: str
    check: Check | None

    def breaches(self, document: Document) -> Iterator[Breach]:
        """Where the document falls short of this requirement; nothing where it is not about such a document."""
        if self.check is not None and self.scope in (Scope.EVERY, document.scope):
            yield from self.check(document)


@dataclass(frozen=True, slots=True)
class LocatedFinding(Finding):
    """A finding about a place in a document: ``line`` from 1 or None, ``element`` its name or ``""``."""

    line: int | None = None
    element: str = ""


def located(finding: Finding, line: int | None, element: str) -> LocatedFinding:
    """``finding`` with its place, which the message now begins with."""
    place = [f"line {line}"] if line is not None else []
    place += [element] if element else []
    message = f"{', '.join(place)}: {finding.message}" if place else finding.message
    return LocatedFinding(
        finding.code,
        finding.severity,
        finding.subject,
        message,
        finding.source,
        finding.data,
        line=line,
        element=element,
    )


SEVERITY = {Level.MUST: Severity.ERROR, Level.SHOULD: Severity.WARNING, Level.MAY: Severity.INFO}
"""What it weighs to fall short of a requirement of each level."""
