"""Asking the malware scanner again about what is held: it learns every day, and it may not have been there before.

A package is finished when every file of it was looked at and one record says what was said; a run that ends before,
however it ends, loses nothing but its reading. What is found infected later is told and not moved by itself. To look
takes no lock, so ``look_at`` and ``take_down`` are two steps.
"""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from archive.catalogue.rows import FileRow, PackageRow
from archive.config import MalwarePolicy
from archive.holdings.holdings import Holdings
from archive.holdings.malware import infection, malware_record, newly_infected
from archive.inspection.malware import PATIENCE, NoScanner, Scanner, find_scanner
from archive.model.identifiers import FileId, IncidentId
from archive.model.malware import MalwareOutcome, Scan
from archive.model.names import shown
from archive.planning.copies import Copies, Place, doubt
from archive.progress import Progress
from profiles.finding import Finding, Severity
from profiles.finding_codes import FindingCode

RESCANNING = "rescan.lock"
"""Held in the archive's folder by the one run that looks for malware in what is held; ingests need not wait for it."""

FindScanner = Callable[[], Scanner]
"""The scanner as it is now."""


@dataclass(slots=True)
class Rescanned:
    """What one run did. ``infected`` are files found infected that were not known to be, ``bytes`` octets looked at."""

    packages: int = 0
    files: int = 0
    bytes: int = 0
    infected: int = 0
    incidents: list[IncidentId] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    stopped: bool = False

    @property
    def needs_person(self) -> bool:
        """Whether something was found, or could not be looked at."""
        return bool(self.infected or self.findings)


@dataclass(frozen=True, slots=True)
class Looked:
    """What was said of each file of a package, not recorded yet. ``bytes`` are its files' octets."""

    package: PackageRow
    said: tuple[tuple[FileId, Scan], ...]
    bytes: int


def scanner_at(home: Path, policy: MalwarePolicy, *, patience: float = PATIENCE) -> Scanner:
    """The scanner that ``archive.toml`` of the archive at ``home`` names, as it is now."""
    place = home / policy.socket if policy.socket else None
    return find_scanner(place, limit=policy.largest_file, connections=policy.connections, patience=patience)


def why_none(scanner: Scanner) -> str:
    """Why nobody can be asked where ``scanner`` is none."""
    return scanner.absence if isinstance(scanner, NoScanner) else ""


def rescan(holdings: Holdings, packages: Sequence[PackageRow], *, find: FindScanner, progress: Progress) -> Rescanned:
    """Ask the scanner about the files of ``packages``, and record each package when all of its files were looked at.

    Stops between two files when ``progress`` says so, and where the scanner is there no more: what was known before is
    not replaced by less.
    """
    done = Rescanned()
    content = holdings.catalogue.content()
    progress.stage("looking for malware", total=sum(content.get(row.id, (0, 0))[0] for row in packages))
    for package in packages:
        if progress.stopping():
            done.stopped = True
        if done.stopped:
            break
        looked = look_at(holdings, package, find=find, progress=progress, done=done)
        if looked is not None:
            take_down(holdings, looked, done)
    return done


def look_at(
    holdings: Holdings, package: PackageRow, *, find: FindScanner, progress: Progress, done: Rescanned
) -> Looked | None:
    """What the scanner says of the files of ``package``; nothing is recorded.

    None where it could not be finished: ``done`` has a finding that says why, or is ``stopped``.
    """
    files, copies = holdings.catalogue.files_of(package.id), Copies(holdings, package)
    found = [copies.place(file) for file in files]
    places = [place for place in found if place is not None]
    if len(places) < len(files):
        done.findings.append(_unread(package, files[found.index(None)], copies.why()))
        return None
    said = list[tuple[FileId, Scan]]()
    try:
        with contextlib.closing(_answers(package, files, places, copies, find, done)) as answers:
            for scan in answers:
                said.append((files[len(said)].id, scan))
                progress.advance()
                if progress.stopping() and len(said) < len(files):
                    done.stopped = True
                    return None
    except _ScannerGoneError as gone:
        done.stopped = True
        message = f"the scanner is there no more ({gone}); what was known before stays"
        done.findings.append(Finding(FindingCode.SCANNER_GONE, Severity.ERROR, package.id, message))
        return None
    except OSError as error:
        done.findings.append(_unread(package, files[len(said)], error.strerror or str(error)))
        return None
    done.findings += copies.doubts()
    return Looked(package, tuple(said), sum(file.size or 0 for file in files))


def is_held(holdings: Holdings, package: PackageRow) -> bool:
    """Whether ``package``, known from before, was not deaccessioned meanwhile."""
    now = holdings.catalogue.package(package.id)
    return now is not None and now.deaccessioned_at is None


def take_down(holdings: Holdings, looked: Looked, done: Rescanned) -> None:
    """Record what was said of a package, and count it, unless it was deaccessioned while the scanner looked."""
    held = looked.package
    if not is_held(holdings, held):
        return
    new = newly_infected(holdings, held.id, looked.said)
    incidents = infection(holdings, held.id, new, when="after it was taken in; they lie where they lay")
    holdings.record([malware_record(holdings.stamp, held.id, looked.said), *incidents])
    done.incidents += [opened.incident for opened in incidents]
    done.packages += 1
    done.files += len(looked.said)
    done.bytes += looked.bytes
    done.infected += len(new)


class _ScannerGoneError(Exception):
    """Nobody can be asked any more; says why."""


def _answers(
    package: PackageRow,
    files: Sequence[FileRow],
    places: list[Place],
    copies: Copies,
    find: FindScanner,
    done: Rescanned,
) -> Generator[Scan, None, None]:
    """The scanner's word on each file, from the first copy in which it can be read.

    Raises OSError where a file can be read in none, _ScannerGoneError where the scanner is there no more.
    """
    scanner, at = find(), 0
    while at < len(files):
        lent = deque[_Lent]()
        try:
            with contextlib.closing(scanner.scan_all(_lend(places[at:], lent))) as answers:
                for said in answers:
                    if _broke_off(said):  # its versions are those from the beginning, so that it is never called newer
                        again = _once_more(lent[0].path, said, find)
                        said = replace(again, scanner=scanner.scanner, signatures=scanner.signatures)
                    lent.popleft().holder.close()
                    yield said
                    at += 1
        except OSError:
            other = copies.place(files[at], after=places[at])
            if other is None:
                raise
            message = f"{shown(files[at].name)} could be read at {other.where} and not at {places[at].where}"
            done.findings.append(doubt(package, message))
            places[at] = other
        finally:
            for one in lent:
                one.holder.close()


@dataclass(frozen=True, slots=True)
class _Lent:
    """A path at which a file can be read until ``holder`` is closed."""

    path: Path
    holder: contextlib.ExitStack


def _lend(places: Sequence[Place], lent: deque[_Lent]) -> Iterator[Path]:
    """The path of each place, added to ``lent`` as it is handed out; ends early before one that cannot be lent.

    Raises OSError only where that is the first.
    """
    for number, place in enumerate(places):
        holder = contextlib.ExitStack()
        try:
            path = holder.enter_context(place.lent())
        except OSError:
            if number == 0:
                raise
            return
        lent.append(_Lent(path, holder))
        yield path


def _once_more(path: Path, said: Scan, find: FindScanner) -> Scan:
    """What is said of a file alone at which the scanner broke off: another file, or a restart, may have been why."""
    for _ in range(2):
        scanner = find()
        if scanner.scanner is None:
            raise _ScannerGoneError(said.reason)
        again = scanner.scan(path)
        if not _broke_off(again):
            return again
    if find().scanner is None:
        raise _ScannerGoneError(again.reason)
    reason = f"breaks the scanner off: {again.reason}"
    return Scan(MalwareOutcome.TOOL_ERROR, reason, None, again.scanner, again.signatures)


def _broke_off(said: Scan) -> bool:
    return said.why is not None and said.why.broke_off


def _unread(package: PackageRow, file: FileRow, why: str) -> Finding:
    message = (
        f"{shown(file.name)} cannot be read ({why}), so what was known of the package stays; archive audit finds and "
        "repairs damage, then give the same command again"
    )
    return Finding(FindingCode.NOT_RESCANNED, Severity.ERROR, package.id, message)
