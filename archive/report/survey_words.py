"""Sentences about a survey that its text and its page share."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from archive.ingest.candidates import Role
from archive.ingest.facts import BagFacts, DigestFacts, Survey, TableFacts
from archive.ingest.name_facts import NameGuess, NameKind
from archive.ingest.noticed import MEANINGS, Count, Noticed
from archive.ingest.room import Room
from archive.model.names import shown
from archive.model.quantities import octets, plural
from profiles.finding import Finding, Severity
from profiles.finding_codes import FindingCode

KINDS = {
    NameKind.ASCII: "plain (ASCII)",
    NameKind.NFC: "UTF-8, composed (NFC), as Windows and Linux write",
    NameKind.NFD: "UTF-8, decomposed (NFD), as older Macs write",
    NameKind.MIXED: "UTF-8, composed and decomposed in one name",
    NameKind.NOT_UTF8: "not UTF-8",
}
_LONGEST = 160
_SAID_TWICE = frozenset(
    {FindingCode.LISTED_NOT_DELIVERED, FindingCode.DELIVERED_NOT_LISTED}
)  # of a bag's manifests, its own judgement says them, too


@dataclass(frozen=True, slots=True)
class Said:
    """How a delivery was called and what was given along, so that the next command can be spelled out."""

    delivery: str
    producer: str | None = None
    metadata: str | None = None
    sheet: str | None = None
    more: tuple[tuple[str, str], ...] = ()
    """Further options that were given, each with its value."""


def brief(path: bytes | str) -> str:
    """A path for a person, its middle left out where it is very long."""
    text = shown(path)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST // 2]} … {text[-_LONGEST // 2 :]}"


def headline(survey: Survey) -> str:
    """The delivery in one line."""
    items = f" in {plural(survey.items, 'item')}" if survey.items != survey.files else ""
    kind = ", a bag" if survey.bag is not None else ""
    return (
        f"{plural(survey.files, 'file')}{items}, {plural(survey.folders, 'folder')}, {octets(survey.bytes)}{kind}; "
        "nothing was copied"
    )


def noticed(survey: Survey, severity: Severity) -> Iterator[tuple[Noticed, Count]]:
    """What was noticed of that weight."""
    return ((what, count) for what, count in survey.noticed.items() if MEANINGS[what].severity is severity)


def guessed(guess: NameGuess) -> str:
    """In which encoding the names are that are not UTF-8."""
    if guess.codec is None:
        return "no encoding that is usual here fits all of them"
    if not guess.clear:
        return f"not clear, perhaps {guess.codec}; look how they would read"
    return f"{guess.codec}, clearly" + (f" (next would be {guess.rival})" if guess.rival else " (no other fits)")


def about_bag(bag: BagFacts) -> str:
    """How the bag stands."""
    what = f"BagIt {bag.version or 'of no known version'}, {plural(bag.files, 'file')} with {', '.join(bag.algorithms)}"
    if bag.valid is not None:
        judged = "valid: every file was read" if bag.valid else "NOT VALID: every file was read, see below"
    elif bag.complete:
        judged = "complete by its own lists; its files were not read (--verify reads them)"
    else:
        judged = "NOT COMPLETE by its own lists, see below; its files were not read (--verify reads them)"
    return f"{what}; {judged}"


def about_table(table: TableFacts) -> str:
    """How the producer's table fits."""
    reading = table.reading
    if "sheet" in reading:
        read = f"{reading['form'].upper()}, sheet '{shown(reading['sheet'])}'"
    else:
        read = f"{reading.get('encoding', '?')}, separated by {reading.get('delimiter', '?')!r}"
    return (
        f"{brief(table.name)}: {plural(table.rows, 'row')} ({read}); {plural(table.files_with_row, 'file')} with a "
        f"row, {table.files_without_row:,} without; {plural(table.rows_without_file, 'row')} about files that are not "
        "there"
    )


def about_digests(digests: DigestFacts) -> str:
    """What the producer's digests tell; empty where there are none."""
    if not digests.files:
        return ""
    said = f"the producer gave digests of {plural(digests.files, 'file')}"
    if digests.checked is not None:
        right = digests.checked - digests.different
        said += f"; {digests.checked:,} were read: {right:,} as given, {digests.different:,} different"
    if digests.held is not None:
        said += f"; by SHA-256 (given for {digests.with_sha256:,}), {plural(digests.held, 'file')}"
        said += f" ({octets(digests.held_bytes)}) are held already"
    return said


def about_packages(survey: Survey) -> str:
    """How many packages an ingest would make."""
    count = f"{survey.packages:,}" + ("" if survey.groups is None else f", of {plural(survey.groups, 'group')}")
    terms = "nothing was agreed with the producer" if survey.terms is None else f"by the terms {survey.terms}"
    return f"{count}, and one for the papers ({terms})"


def about_room(room: Room) -> str:
    """Whether a disk has room."""
    where = f"{', '.join(room.locations)}: about {octets(room.needed)} needed"
    if room.free is None:
        return f"{where}; not reached now, so nobody knows whether it has room"
    return f"{where}, {octets(room.free)} free" + ("" if room.enough else ": NOT ENOUGH")


def remarks(survey: Survey) -> tuple[Finding, ...]:
    """Findings about the table, the terms and the bag, each once."""
    if survey.bag is None:
        return survey.remarks
    of_bag = set(survey.bag.findings)
    rest = (one for one in survey.remarks if one not in of_bag and not (one.code in _SAID_TWICE and one.source))
    return (*survey.bag.findings, *rest)


def next_steps(survey: Survey, said: Said) -> Iterator[str]:
    """What to do now, the first thing first."""
    source = _typed(os.fsencode(said.delivery), "DELIVERY")
    if survey.troubled:
        yield "Mend what stands first above, or write down why it cannot be mended; then look again."
    if not all(room.enough for room in survey.room):
        yield "Make room on the disks named above, or mount them."
    tables = [candidate for candidate in survey.candidates if candidate.role in (Role.TABLE, Role.SPREADSHEET)]
    if survey.table is None and tables:
        path = _typed(os.path.join(os.fsencode(said.delivery), tables[0].path), "FILE")
        yield f"If this is the producer's table, look again with it: archive survey {source} --metadata {path}"
    if survey.bag is not None and survey.bag.valid is None:
        yield f"To have every file of the bag read: archive survey {source} --verify"
    if survey.files:
        given = [("--metadata", said.metadata), ("--metadata-sheet", said.sheet), *said.more]
        options = "".join(f" {option} {_typed(os.fsencode(value), 'VALUE')}" for option, value in given if value)
        yield f"To take it in: archive ingest {source} --producer {said.producer or 'CODE'}{options}"
    else:
        yield "There is no file to take in: is this the right folder, and is the medium mounted?"


def _typed(path: bytes, otherwise: str) -> str:
    """A path as it can be typed into a shell; ``otherwise`` where it cannot."""
    text = shown(path)
    return shlex.quote(text) if text.encode("utf-8", "surrogateescape") == path else otherwise
