"""Asking the malware scanner again about what is held: it learns every day, and it may not have been there before.

A package is finished when every file of it was looked at and one record says what was said; a run that ends before,
however it ends, loses nothing but its reading. What is found infected later is told and not moved by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from archive.catalogue.rows import FileRow, PackageRow
from archive.holdings.holdings import Holdings
from archive.holdings.malware import malware_record
from archive.inspection.malware import Scanner
from archive.model.identifiers import FileId, IncidentId, PackageId, new_identifier
from archive.model.malware import MalwareOutcome, Scan, Scanned
from archive.model.names import shown
from archive.model.packages import PackageKind
from archive.model.records import IncidentRecord
from archive.planning.copies import Copies
from archive.progress import Progress
from profiles.finding import Finding, Severity

INCIDENT = "malware"
"""The type of an incident about what was found infected after it was taken in."""

_SETTLED = ("encrypted", "larger than", "beyond the scanner's limits")
"""How the reasons begin that the same scanner with the same signatures would give again."""


@dataclass(slots=True)
class Rescanned:
    """What one run did. ``infected`` are files found infected that were not known to be."""

    packages: int = 0
    files: int = 0
    infected: int = 0
    incidents: list[IncidentId] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    stopped: bool = False

    @property
    def needs_person(self) -> bool:
        """Whether something was found, or could not be looked at."""
        return bool(self.infected or self.findings)


def due(holdings: Holdings, scanner: Scanner, *, package: PackageId | None = None) -> list[PackageRow]:
    """Packages of evidence about which this scanner was never asked as it is now, or whose answers are not settled.

    What is in quarantine lies encrypted and is not looked at.
    """
    return [row for row in _evidence(holdings, package) if _is_due(holdings, scanner, row)]


def every(holdings: Holdings, *, package: PackageId | None = None) -> list[PackageRow]:
    """All packages of evidence that are held openly."""
    return list(_evidence(holdings, package))


def _evidence(holdings: Holdings, package: PackageId | None) -> Iterator[PackageRow]:
    for row in holdings.catalogue.packages():
        if row.kind is PackageKind.AIP and package in (None, row.id):
            yield row


def _is_due(holdings: Holdings, scanner: Scanner, package: PackageRow) -> bool:
    told = holdings.catalogue.malware_scan(package.id)
    if told is None or (told.scanner, told.signatures) != (scanner.scanner, scanner.signatures):
        return True
    return any(not is_settled(said) for said in holdings.catalogue.malware_details(package.id))


def is_settled(said: Scanned) -> bool:
    """Whether the same scanner would say the same again."""
    if said.outcome in (MalwareOutcome.CLEAN, MalwareOutcome.INFECTED):
        return True
    return said.outcome is MalwareOutcome.NOT_CHECKED and (said.detail or "").startswith(_SETTLED)


def rescan(holdings: Holdings, packages: Sequence[PackageRow], *, scanner: Scanner, progress: Progress) -> Rescanned:
    """Ask ``scanner`` about the files of ``packages``, and record each package when all of its files were looked at.

    Stops between two files when ``progress`` says so, and where the scanner is there no more: what was known before is
    not replaced by less.
    """
    done = Rescanned()
    content = holdings.catalogue.content()
    progress.stage("looking for malware", total=sum(content.get(row.id, (0, 0))[0] for row in packages))
    for package in packages:
        if progress.stopping() or done.stopped:
            done.stopped = True
            break
        _rescan(holdings, package, scanner, progress, done)
    return done


def _rescan(holdings: Holdings, package: PackageRow, scanner: Scanner, progress: Progress, done: Rescanned) -> None:
    files, copies = holdings.catalogue.files_of(package.id), Copies(holdings, package)
    places = [copies.place(file) for file in files]
    lost = next((file for file, place in zip(files, places, strict=True) if place is None), None)
    if lost is not None:
        done.findings.append(_unread(package, lost, copies.why()))
        return
    done.findings += copies.doubts()
    scans = list[tuple[FileId, Scan]]()
    try:
        for said in scanner.scan_all(place.path for place in places if place is not None):
            if _is_gone(said):
                done.stopped = True
                message = f"the scanner is there no more ({said.detail}); what was known before stays"
                done.findings.append(Finding("scanner-gone", Severity.ERROR, package.id, message))
                return
            scans.append((files[len(scans)].id, said))
            progress.advance()
            if progress.stopping():
                done.stopped = True
                return
    except OSError as error:
        done.findings.append(_unread(package, files[len(scans)], error.strerror or str(error)))
        return
    known = _known_infected(holdings, package, files)
    new = [(file, said) for file, said in scans if said.outcome is MalwareOutcome.INFECTED and file not in known]
    incidents = [_incident(holdings, package, [said for _, said in new])] if new else []
    holdings.record([malware_record(holdings.stamp, package.id, scans), *incidents])
    done.incidents += [opened.incident for opened in incidents]
    done.packages += 1
    done.files += len(files)
    done.infected += len(new)


def _is_gone(said: Scan) -> bool:
    return said.outcome is MalwareOutcome.NOT_CHECKED and (said.reason or "").startswith(("no scanner", "the scanner"))


def _known_infected(holdings: Holdings, package: PackageRow, files: Sequence[FileRow]) -> set[FileId]:
    told = holdings.catalogue.malware_scan(package.id)
    single = {row.file: row.outcome for row in holdings.catalogue.malware_files(package.id)}
    usual = None if told is None else told.outcome
    return {file.id for file in files if single.get(file.id, usual) is MalwareOutcome.INFECTED}


def _incident(holdings: Holdings, package: PackageRow, found: Sequence[Scan]) -> IncidentRecord:
    threats = ", ".join(sorted({said.threat or "" for said in found}))
    count = "1 file" if len(found) == 1 else f"{len(found)} files"
    summary = (
        f"{count} of package {package.id} found infected ({threats}) after it was taken in; they lie where they lay: "
        "archive malware report names them"
    )
    incident = IncidentId(new_identifier())
    return IncidentRecord(
        **holdings.stamp(), incident=incident, type=INCIDENT, aip=package.id, location=None, summary=summary
    )


def _unread(package: PackageRow, file: FileRow, why: str) -> Finding:
    message = (
        f"{shown(file.name)} cannot be read ({why}), so what was known of the package stays; archive audit finds and "
        "repairs damage, then give the same command again"
    )
    return Finding("not-rescanned", Severity.ERROR, package.id, message)
