"""A person's word on what a file is: it goes before the machines', and the machines' stays beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from archive.catalogue.rows import FileFormatRow, FileRow
from archive.errors import UsageError
from archive.holdings.holdings import Holdings
from archive.inspection.local_signatures import local_format
from archive.inspection.signatures import fido_tables
from archive.model.formats import Kind, ToldBy
from archive.model.identifiers import FileId
from archive.model.names import shown
from archive.model.records import FormatDecisionRecord

UNKNOWN = "unknown"
"""What a person says for a file whose format shall count as unknown."""

_OF_PRONOM = re.compile(r"(?:x-)?fmt/[1-9][0-9]{0,6}")


@dataclass(frozen=True, slots=True)
class Standing:
    """What is said of one file: by the machines last, and by a person last (None before anybody decided)."""

    machines: FileFormatRow | None
    person: FileFormatRow | None

    @property
    def is_open(self) -> bool:
        """Whether a person should look: nobody decided, or the machines say something else since somebody did."""
        if self.machines is None:
            return False
        doubtful = Kind(self.machines.verdict).needs_a_person
        if self.person is None:
            return doubtful
        return self.machines.since > self.person.leaf and (doubtful or self.machines.puid != self.person.puid)


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person means to say of a held file; ``name`` is None where nobody here knows the format by name."""

    file: FileRow
    puid: str | None
    name: str | None
    reason: str
    before: Standing


def standing(holdings: Holdings, file: FileId) -> Standing:
    """What is said of the file of that identifier."""
    by = {row.told_by: row for row in holdings.catalogue.formats_of(file)}
    return Standing(by.get(ToldBy.MACHINES), by.get(ToldBy.PERSON))


def open_files(holdings: Holdings) -> Iterator[tuple[FileFormatRow, FileFormatRow | None]]:
    """The machines' and the person's row of every file whose format waits for a person, package by package."""
    decisions = {row.file: row for row in holdings.catalogue.format_decisions()}
    for machines in holdings.catalogue.formats_to_look_at():
        found = Standing(machines, decisions.get(machines.file))
        if found.is_open:
            yield machines, found.person


def prepare(holdings: Holdings, identifier: str, *, puid: str, reason: str) -> Decision:
    """The decision, checked. Raises UsageError for a file that is not held, and for what is no format's identifier."""
    file = holdings.catalogue.file(FileId(identifier))
    if file is None:
        raise UsageError(f"there is no file {identifier}", hint="archive formats review and archive find show files")
    if file.same_as is not None:
        raise UsageError(
            f"{shown(file.name)} has no bytes of its own: they are stored once, as file {file.same_as}",
            hint=f"decide about {file.same_as}",
        )
    if file.aip is None:
        raise UsageError(f"{shown(file.name)} is {file.outcome}: it is in no package, so nobody can decide on it yet")
    if not reason.strip():
        raise UsageError("a decision needs a reason", hint='say what was seen: --reason "opened in a viewer: a letter"')
    name = None if puid == UNKNOWN else _name(holdings, puid)
    return Decision(file, None if puid == UNKNOWN else puid, name, reason, standing(holdings, file.id))


def record(holdings: Holdings, decision: Decision) -> None:
    """Write the decision down; from here on it goes before what the machines say."""
    stamp = holdings.stamp(decision.reason)
    holdings.record([FormatDecisionRecord(**stamp, file=decision.file.id, puid=decision.puid, name=decision.name)])


def _name(holdings: Holdings, puid: str) -> str | None:
    told = holdings.catalogue.format_name(puid)
    if told is not None:
        return told
    ours, known = local_format(puid), fido_tables().formats.get(puid)
    if ours is not None:
        return ours.name
    if known is not None:
        return " ".join(filter(None, (known.name, known.version)))
    if _OF_PRONOM.fullmatch(puid):
        return None  # PRONOM may have given it out since the signatures here were made
    raise UsageError(
        f"'{puid}' is no identifier of a format",
        hint=f"PRONOM's look like fmt/43 or x-fmt/111; say {UNKNOWN} for a file nobody can tell",
    )
