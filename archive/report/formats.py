"""Files whose format a person should look at, as the log and the catalogue have it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from archive.catalogue.rows import FileFormatRow
from archive.holdings.holdings import Holdings
from archive.inspection.verdict import SENTENCES
from archive.model.formats import Kind
from archive.model.names import shown
from archive.planning.decisions import open_files


@dataclass(frozen=True, slots=True)
class ToReview:
    """One file, the package it lies in, its delivered name, what the machines say, and what a person said before."""

    file: str
    package: str
    name: str
    puid: str | None
    verdict: str
    notes: tuple[str, ...]
    decision: FileFormatRow | None


def review(holdings: Holdings) -> Iterator[ToReview]:
    """Files over which the identifiers disagree, hesitate or found damage and nobody decided, package by package.

    A file somebody decided on comes again when the machines say something else since.
    """
    for machines, person in open_files(holdings):
        file = holdings.catalogue.file(machines.file)
        name = machines.file if file is None else shown(file.name)
        verdict = f"verdict: {machines.verdict}; {SENTENCES[Kind(machines.verdict)]}"
        notes = (verdict, *filter(None, (machines.reason, _before(machines))))
        yield ToReview(machines.file, machines.package, name, machines.puid, machines.verdict, notes, person)


def _before(machines: FileFormatRow) -> str | None:
    """What the machines said before, where that was something else."""
    if machines.former_verdict is None:
        return None
    return f"formerly: {machines.former_puid or 'no format named'}, {machines.former_verdict}"
