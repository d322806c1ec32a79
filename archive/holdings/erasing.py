"""Erasing: two persons agree that lines with what tells of a person go, wherever they lie (DESIGN §7.7).

The record ``erasure`` comes first. Then the archive's own file of private lines is written anew, and those at every
location in reach; the others follow when they come back. The records stay, with their digests, and so does every count.
Of a record of the first form the opening goes whole, and the ``erasure`` record keeps its open part.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress

from archive.codec.record_codec import FILES_FROM, UnknownRecord, digests_in, file_at
from archive.codec.stand_ins import kept_of
from archive.custody.erased import erased_lines
from archive.custody.openings import is_erased_line
from archive.errors import ArchiveError, UsageError
from archive.holdings.acting import Acting, Performance, Subjects, number, text
from archive.holdings.approvals import OPEN, carried_out, docket_now
from archive.holdings.docket import Filed, opening_subject
from archive.holdings.erasures import (
    STAYING,
    LogReading,
    erasure_numbers,
    file_of,
    lawful_erasures,
    owed_erasures,
    why_staying,
)
from archive.holdings.holdings import Holdings
from archive.holdings.holds import require_no_hold
from archive.model.identifiers import FileId
from archive.model.log_records import ErasedLine, ErasedOpening, ErasureRecord, ProgramRecord
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

    Each is ``N:I`` for one line, ``N`` for all of record N that is left, or the identifier of a file for all that is
    left anywhere and tells of it. Of a record of the first form, which has no lines, that is the opening. Raises
    UsageError or ArchiveError for what cannot be erased.
    """
    found = [one for target in targets for one in _meant(holdings, target)]
    lines = sorted({one for one in found if isinstance(one, ErasedLine)})
    openings = {one.n: one for one in found if isinstance(one, ErasedOpening)}
    _require_erasable(holdings, lines)
    _require_openings_erasable(holdings, openings.values())
    return [*map(_subject, lines), *(opening_subject(openings[n]) for n in sorted(openings))]


def _meant(holdings: Holdings, target: str) -> Sequence[ErasedLine | ErasedOpening]:
    match = _TARGET.fullmatch(target)
    if match is not None and match[2] is not None:
        return [ErasedLine(int(match[1]), int(match[2]))]
    gone = _gone(holdings)
    if match is not None:
        n = int(match[1])
        spelled = _spelled(holdings, n)
        if not digests_in(spelled):
            return [_opening(holdings, n, spelled)]
        left = _places(spelled, gone.get(n, _NOWHERE))
        found: list[ErasedLine | ErasedOpening] = [ErasedLine(n, i) for i in left]
        of = f"of record {n}"
    elif holdings.catalogue.file(FileId(target)) is not None:
        found, of = list(_all_about(holdings, target, gone)), f"that tell of file {target}"
    else:
        raise UsageError(
            f"{target} names no line and no file",
            hint="give N:I, a record's number and a line's place; N for all of its lines; or a file's identifier",
        )
    if not found:
        raise UsageError(f"there are no lines {of} that are left")
    return found


_NOWHERE = frozenset[int]()


def _gone(holdings: Holdings) -> dict[int, frozenset[int]]:
    """The lines that were erased lawfully: places by record."""
    some = erasure_numbers(holdings.catalogue)  # else the log need not be read
    return erased_lines(lawful_erasures(holdings.archive, LogReading(holdings.log))) if some else {}


def _places(spelled: bytes, gone: Container[int]) -> list[int]:
    """The places at which a record has private lines that are left."""
    return [i for i, digest in enumerate(digests_in(spelled)) if digest is not None and i not in gone]


def _opening(holdings: Holdings, n: int, spelled: bytes) -> ErasedOpening:
    """What is to be kept of record ``n``, whose opening can be erased; UsageError where it cannot."""
    if n in holdings.log.stand_ins():
        raise UsageError(f"the opening of record {n} was erased already")
    try:
        found = kept_of(n, spelled)
    except ValueError as error:
        raise UsageError(
            f"record {n} cannot be erased: {error}",
            hint="records of release 0.1 go whole, and only where identifiers, outcome and numbers say what must stay",
        ) from error
    if found.kind in STAYING:
        raise UsageError(f"record {n} cannot be erased: {why_staying(found.kind)}")
    return found


def _all_about(
    holdings: Holdings, file: str, gone: Mapping[int, frozenset[int]]
) -> Iterator[ErasedLine | ErasedOpening]:
    """The lines and openings that are left and tell of a file, wherever in the log. Reads all of it."""
    for n, pair, spelled in holdings.log.entries():
        if file.encode() in spelled and not is_erased_line(pair.opening):
            with suppress(ValueError):  # it has private lines, or is about more than this file
                opening = kept_of(n, spelled)
                if file_of(opening) == file and opening.kind not in STAYING:
                    yield opening
            left = _places(spelled, gone.get(n, _NOWHERE))
            with suppress(UnknownRecord):  # of a newer program; it cannot be asked for here
                yield from (ErasedLine(n, i) for i in left if file_at(spelled, i) == file)


def _subject(line: ErasedLine) -> dict[str, object]:
    return {"i": line.i, "n": line.n}


def _lines_in(subjects: Subjects) -> list[ErasedLine]:
    return [ErasedLine(number(subject, "n"), number(subject, "i")) for subject in subjects if "kept" not in subject]


def _openings_in(subjects: Subjects) -> list[ErasedOpening]:
    return [opening_in(subject) for subject in subjects if "kept" in subject]


def opening_in(subject: Mapping[str, object]) -> ErasedOpening:
    """The opening, and what is to be kept of it, that an entry of the list names; ValueError for any other entry."""
    kept = subject.get("kept")
    if not isinstance(kept, dict) or not all(isinstance(value, str) for value in kept.values()):
        raise ValueError("the list has no texts under 'kept'")
    return ErasedOpening(number(subject, "n"), text(subject, "kind"), number(subject, "v"), dict(kept))


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
            _require_gone(holdings, FileId(file), f"line {line.i} of record {line.n}")


def _require_openings_erasable(holdings: Holdings, openings: Iterable[ErasedOpening]) -> None:
    """Raise where one of these openings must stay, was erased already, or says something else than what is kept."""
    for opening in openings:
        if _opening(holdings, opening.n, _spelled(holdings, opening.n)) != opening:
            raise UsageError(f"record {opening.n} says something else than what is to be kept of it")
        file = file_of(opening)
        if file is not None:
            _require_gone(holdings, FileId(file), f"record {opening.n}")


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


def _require_gone(holdings: Holdings, file: FileId, what: str) -> None:
    """What tells of a file goes behind the tombstone of this file, and against no legal hold."""
    row = holdings.catalogue.file(file)
    if row is None or row.deaccessioned_at is None:
        raise ArchiveError(
            f"{what} tells of file {file}, which is held",
            hint=f"delete the file first: archive deletion request {file}",
        )
    package = None if row.aip is None else holdings.catalogue.package(row.aip)
    require_no_hold(holdings, [] if package is None else [package], [row])


def _check(acting: Acting, subjects: Subjects) -> None:
    _require_erasable(acting.holdings, _lines_in(subjects))
    _require_openings_erasable(acting.holdings, _openings_in(subjects))


def _words(acting: Acting, subjects: Subjects) -> list[str]:
    lines = []
    for line in _lines_in(subjects):
        kind = _kind(acting.holdings, line.n)
        what = _what(line, _file_of(acting.holdings, line))
        lines.append(f"erase line {line.i} of record {line.n} ({kind}), here and at every location: {what}")
    for opening in _openings_in(subjects):
        said = ", ".join(f"{name} {value}" for name, value in opening.kept.items())
        lines.append(
            f"erase the opening of record {opening.n} ({opening.kind}), here and at every location: all but {said}"
        )
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
        openings=tuple(sorted(_openings_in(filed.subjects()), key=lambda opening: opening.n)),
    )
    holdings.record([record, carried_out(holdings, request)])
    holdings.copy_log()  # what goes wrong is told when the command ends, and what is owed here
    findings = owed_erasures(holdings.home, holdings.catalogue, holdings.locations)
    if holdings.log.owes([record]):
        message = "the lines still lie in the archive's own log, which is damaged: archive custody verify says where"
        findings.append(Finding(FindingCode.CUSTODY_OWED, Severity.WARNING, "custody", message, "ADR 0031"))
    return findings


ERASURE = Performance(_check, _words, _carry_out)
