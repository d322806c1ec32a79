"""Files whose format a person should look at, read from the PREMIS of the packages that are held."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from archive.catalogue.rows import PackageRow
from archive.holdings.holdings import Holdings
from archive.model.formats import Kind
from archive.model.packages import PackageKind
from archive.packages.preservation import VERDICT
from archive.report.witness import premis_of
from premis.model import File

_FILE_PREMIS = b"data/representations/original/metadata/preservation/premis.xml"


@dataclass(frozen=True, slots=True)
class ToReview:
    """One file, the package it lies in, its delivered name, and what was noted about its format."""

    file: str
    package: str
    name: str
    notes: tuple[str, ...]


def review(holdings: Holdings) -> Iterator[ToReview]:
    """Files over which the identifiers disagree, hesitate or found damage, package by package."""
    for package in holdings.catalogue.packages():
        if package.kind is PackageKind.AIP:
            yield from _of_package(holdings, package)


def _of_package(holdings: Holdings, package: PackageRow) -> Iterator[ToReview]:
    for found in premis_of(holdings, package, _FILE_PREMIS):
        if isinstance(found, File):
            notes = tuple(note for format in found.characteristics[0].formats for note in format.notes)
            if any(_needs_a_person(note) for note in notes):
                name = found.original_name or found.identifiers[0].value
                yield ToReview(found.identifiers[0].value, package.id, str(name), notes)


def _needs_a_person(note: str) -> bool:
    kind = note.removeprefix(VERDICT).split(";")[0]
    return note.startswith(VERDICT) and kind in list(Kind) and Kind(kind).needs_a_person
