"""From what the identifiers said of a package's files to the one record that says what they are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from archive.holdings.holdings import Stamp
from archive.inspection.identification import Answers
from archive.inspection.verdict import decide, heard
from archive.model.formats import FileFormat, Tool
from archive.model.identifiers import FileId, PackageId
from archive.model.records import IdentificationRecord

Answered = tuple[FileId, Answers]
"""A file, and what each identifier said of it."""


def identification(
    stamp: Stamp, package: PackageId, *, tools: Sequence[Tool], answered: Iterable[Answered]
) -> IdentificationRecord:
    """The record of what the files of ``package`` are, by the answers of ``tools``."""
    formats: dict[str, str] = {}
    files: list[FileFormat] = []
    said: dict[str, str] = {}
    for file, answers in answered:
        verdict = decide(answers)
        named = verdict.format
        if named is not None:
            formats.setdefault(named.puid, " ".join(filter(None, (named.name, named.version))))
        if verdict.kind.needs_a_person:
            said[file] = heard(answers)
        files.append(FileFormat(file, None if named is None else named.puid, verdict.kind, verdict.basis))
    return IdentificationRecord(
        **stamp(), package=package, tools=tuple(tools), formats=formats, files=tuple(files), said=said
    )
