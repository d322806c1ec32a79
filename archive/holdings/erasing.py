"""Erasing: two persons agree that lines with what tells of a person go, wherever they lie (DESIGN §7.7).

The record ``erasure`` comes first. Then the archive's own file of private lines is written anew, and those at every
location in reach; the others follow when they come back. The records stay, with their digests, and so does every count.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping
from contextlib import suppress

from archive.codec.record_codec import FILES_FROM, UnknownRecord, digests_in, file_at
from archive.custody.erased import erased_lines
from archive.errors import ArchiveError, UsageError
from archive.holdings.acting import Acting, Performance, Subjects, number
from archive.holdings.approvals import OPEN, carried_out, docket_now
from archive.holdings.docket import Filed
from archive.holdings.erasures import LogReading, erasure_numbers, lawful_erasures, owed_erasures
from archive.holdings.holdings import Holdings
from archive.holdings.holds import require_no_hold
from archive.model.identifiers import FileId
from archive.model.log_records import ErasedLine, ErasureRecord, ProgramRecord
from archive.model.records import KeyRecord, LocationRecord, PolicyRecord
from profiles.finding import Finding, Severity
from profiles.finding_codes import FindingCode

OWN, TEXT = 0, 1
"""The places of a record's own private fields, and of what a person typed."""

WORKED_BY = frozenset(kind.kind for kind in (ProgramRecord, KeyRecord, PolicyRecord, LocationRecord, ErasureRecord))
"""Kinds of records whose own private fields stay: the archive works by them, and they tell of nobody."""

_TARGET = re.compile(r"(0|[1-9][0-9]{0,15})(?::(0|[1-9][0-9]{0,8}))?")


def subjects_of(holdings: Holdings, targets: Iterable[str]) -> list[dict[str, object]]:
    """The exact list for these targets.

    Each is ``N:I`` for one line, ``N`` for all lines of record N that are left, or the identifier of a file for all
    lines that are left anywhere and tell of it. Raises UsageError or ArchiveError for what cannot be erased.
    """
    lines = sorted({line for target in targets for line in _meant(holdings, target)})
    _require_erasable(holdings, lines)
    return [_subject(line) for line in lines]


def _meant(holdings: Holdings, target: str) -> list[ErasedLine]:
    match = _TARGET.fullmatch(target)
    if match is not None and match[2] is not None:
        return [ErasedLine(int(match[1]), int(match[2]))]
    gone = _gone(holdings)
    if match is not None:
        n = int(match[1])
        spelled = _spelled(holdings, n)
        if not digests_in(spelled):
            raise UsageError(
                f"record {n} has no private lines: all it says stands in its opening",
                hint="openings cannot be erased; receipts of release 0.1 are such records",
            )
        left = _places(spelled, gone.get(n, _NOWHERE))
        found, of = [ErasedLine(n, i) for i in left], f"of record {n}"
    elif holdings.catalogue.file(FileId(target)) is not None:
        found, of = list(_lines_about(holdings, target, gone)), f"that tell of file {target}"
    else:
        raise UsageError(
            f"{target} names no line and no file",
            hint="give N:I, a record's number and a line's place; N for all of its lines; or a file's identifier",
        )
    if not found:
        raise UsageError(f"there are no private lines {of} that are left")
    return found


_NOWHERE = frozenset[int]()


def _gone(holdings: Holdings) -> dict[int, frozenset[int]]:
    """The lines that were erased lawfully: places by record."""
    some = erasure_numbers(holdings.catalogue)  # else the log need not be read
    return erased_lines(lawful_erasures(holdings.archive, LogReading(holdings.log))) if some else {}


def _places(spelled: bytes, gone: Container[int]) -> list[int]:
    """The places at which a record has private lines that are left."""
    return [i for i, digest in enumerate(digests_in(spelled)) if digest is not None and i not in gone]


def _lines_about(holdings: Holdings, file: str, gone: Mapping[int, frozenset[int]]) -> Iterator[ErasedLine]:
    """The lines that are left and tell of a file, wherever in the log. Reads all of it."""
    for n, _, spelled in holdings.log.entries():
        if file.encode() in spelled:
            left = _places(spelled, gone.get(n, _NOWHERE))
            with suppress(UnknownRecord):  # of a newer program; it cannot be asked for here
                yield from (ErasedLine(n, i) for i in left if file_at(spelled, i) == file)


def _subject(line: ErasedLine) -> dict[str, object]:
    return {"i": line.i, "n": line.n}


def _lines_in(subjects: Subjects) -> list[ErasedLine]:
    return [ErasedLine(number(subject, "n"), number(subject, "i")) for subject in subjects]


def _spelled(holdings: Holdings, n: int) -> bytes:
    if n >= holdings.log.size:
        raise UsageError(f"there is no record {n}: the log holds {holdings.log.size}")
    ((_, _, spelled),) = holdings.log.entries(n, n + 1)
    return spelled


def _require_erasable(holdings: Holdings, lines: Iterable[ErasedLine]) -> None:
    """Raise where one of these lines must stay, is not there, or was erased already."""
    gone = _gone(holdings)
    waiting = _reasons_in_use(holdings)
    for line in lines:
        file = _file_of(holdings, line)
        if line.i in gone.get(line.n, frozenset()):
            raise UsageError(f"line {line.i} of record {line.n} was erased already")
        if line.i == OWN and _kind(holdings, line.n) in WORKED_BY:
            raise UsageError(f"the archive works by line 0 of record {line.n}: it stays")
        if line.n in waiting:
            raise ArchiveError(
                f"record {line.n} is a request that may still be carried out; who approves it must read why",
                hint="carry it out or withdraw it first",
            )
        if file is not None:
            _require_gone(holdings, FileId(file), line)


def _reasons_in_use(holdings: Holdings) -> set[int]:
    now = holdings.stamp.clock()
    return {filed.number for filed in docket_now(holdings).requests.values() if filed.standing(now) in OPEN}


def _kind(holdings: Holdings, n: int) -> str:
    return holdings.log.item(n).kind


def _file_of(holdings: Holdings, line: ErasedLine) -> str | None:
    """The file that a line tells of, if it tells of one; UsageError where there is no such line."""
    try:
        return file_at(_spelled(holdings, line.n), line.i)
    except UnknownRecord as error:
        raise UsageError(f"record {line.n}: {error}", hint="use the version that wrote it, or a newer one") from error
    except ValueError as error:
        raise UsageError(f"record {line.n}: {error}", hint="a place that holds null in it has no line") from error


def _require_gone(holdings: Holdings, file: FileId, line: ErasedLine) -> None:
    """A line that tells of a file goes behind the tombstone of this file, and against no legal hold."""
    row = holdings.catalogue.file(file)
    if row is None or row.deaccessioned_at is None:
        raise ArchiveError(
            f"line {line.i} of record {line.n} tells of file {file}, which is held",
            hint=f"delete the file first: archive deletion request {file}",
        )
    package = None if row.aip is None else holdings.catalogue.package(row.aip)
    require_no_hold(holdings, [] if package is None else [package], [row])


def _check(acting: Acting, subjects: Subjects) -> None:
    _require_erasable(acting.holdings, _lines_in(subjects))


def _words(acting: Acting, subjects: Subjects) -> list[str]:
    lines = []
    for line in _lines_in(subjects):
        kind = _kind(acting.holdings, line.n)
        what = _what(line, _file_of(acting.holdings, line))
        lines.append(f"erase line {line.i} of record {line.n} ({kind}), here and at every location: {what}")
    return lines


def _what(line: ErasedLine, file: str | None) -> str:
    if file is None:
        return "what a person typed" if line.i == TEXT else "its own private fields"
    content = (line.i - FILES_FROM) % 2 == 0
    return f"size and digests of file {file}" if content else f"name and all else about file {file}"


def _carry_out(acting: Acting, filed: Filed) -> list[Finding]:
    """Record the erasure, which takes the lines away here; then go to every location in reach."""
    holdings, request = acting.holdings, filed.record.request
    record = ErasureRecord(
        **holdings.stamp(filed.record.reason),
        request=request,
        lines=tuple(sorted(_lines_in(filed.subjects()))),
        openings=(),
    )
    holdings.record([record, carried_out(holdings, request)])
    holdings.copy_log()  # what goes wrong is told when the command ends, and what is owed here
    findings = owed_erasures(holdings.home, holdings.catalogue, holdings.locations)
    if holdings.log.owes([record]):
        message = "the lines still lie in the archive's own log, which is damaged: archive custody verify says where"
        findings.append(Finding(FindingCode.CUSTODY_OWED, Severity.WARNING, "custody", message, "ADR 0031"))
    return findings


ERASURE = Performance(_check, _words, _carry_out)
