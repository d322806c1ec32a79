"""A delivery held against what was agreed with its producer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from archive.bags.agreement import check_agreement
from archive.bags.structure import Structure
from archive.config import PackagePolicy
from archive.errors import ArchiveError, UsageError
from archive.ingest.metadata import MetadataTable
from archive.model.names import shown
from profiles.bagit_profile import shipped_profile
from profiles.finding import Finding, Severity
from profiles.finding_codes import FindingCode
from profiles.ingest_profile import IngestProfile


def judge(terms: IngestProfile, table: MetadataTable | None, bag: Structure | None) -> tuple[Finding, ...]:
    """In what a delivery departs from ``terms``.

    Raises UsageError where a table was agreed on and none is given, ArchiveError where it lacks a column without which
    the terms mean nothing. What departs otherwise is taken in all the same, and told.
    """
    source = f"ingest profile {terms.id}"
    if table is None and terms.metadata_required:
        raise UsageError(
            f"the {source} asks for the producer's table, and none was given",
            hint="give it with --metadata FILE; nothing was copied",
        )
    return (*_columns(terms, table, source), *_bag(terms, bag, source))


def within(terms: IngestProfile, policy: PackagePolicy) -> PackagePolicy:
    """The bounds of one package: the archive's own, or those agreed on where they are narrower."""
    return replace(
        policy, max_files=min(policy.max_files, terms.max_files), max_bytes=min(policy.max_bytes, terms.max_bytes)
    )


def _columns(terms: IngestProfile, table: MetadataTable | None, source: str) -> Iterator[Finding]:
    if table is None:
        return
    known, heading = table.rows.columns, table.rows.heading  # a mapping may say that their heading is our column
    missing = [column for column in terms.columns_required if column not in known and column not in heading]
    if missing:
        raise ArchiveError(
            f"{shown(table.name)}: the first {table.rows.unit} has no column '{missing[0]}', "
            f"which the {source} asks for",
            hint="ask the producer for a table with this column; nothing was copied",
        )
    for column in terms.columns_expected:
        if column not in known and column not in heading:
            message = f"the table has no column '{column}'"
            yield Finding(FindingCode.COLUMN_NOT_GIVEN, Severity.INFO, shown(table.name), message, source)


def _bag(terms: IngestProfile, bag: Structure | None, source: str) -> Iterator[Finding]:
    if bag is None or terms.bagit_profile is None:
        return
    for found in check_agreement(bag, shipped_profile(terms.bagit_profile)):
        yield replace(found, source=f"{source}, {found.source}")
