"""Questions to the catalogue about malware and about what is kept apart.

What was said of most files of a package stands at the package; a file of which something else was said has its own row.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, case, func, or_, select

from archive.catalogue.schema import file, malware_file, malware_scan, package, quarantine, quarantine_key
from archive.model.identifiers import AccessionId, FileId, PackageId
from archive.model.malware import MalwareOutcome

_SAID = malware_file.c.file.is_not(None)
_OUTCOME = case((_SAID, malware_file.c.outcome), else_=malware_scan.c.outcome)
_DETAIL = case((_SAID, malware_file.c.detail), else_=malware_scan.c.detail)
_HOLDER = file.alias("holder")
"""The file under whose receipt the bytes of another one are stored."""

_PLACE = func.coalesce(file.c.aip, _HOLDER.c.aip)
_HELD = (_PLACE.is_not(None), file.c.deaccessioned_at.is_(None))
_WITH_SCANS = (
    file.outerjoin(_HOLDER, _HOLDER.c.id == file.c.same_as)
    .outerjoin(malware_scan, malware_scan.c.package == _PLACE)
    .outerjoin(malware_file, malware_file.c.file == func.coalesce(file.c.same_as, file.c.id))
)


def counts(accession: AccessionId | None) -> Select[Any]:
    """Outcome, detail and number of files held of which that was said last; outcome None where nobody ever looked."""
    query = select(_OUTCOME, _DETAIL, func.count()).select_from(_WITH_SCANS).where(*_HELD)
    if accession is not None:
        query = query.where(file.c.accession == accession)
    return query.group_by(_OUTCOME, _DETAIL)


def said(outcome: MalwareOutcome) -> Select[Any]:
    """Receipts of the files held of which that was said last, by package and name."""
    query = select(file).select_from(_WITH_SCANS).where(*_HELD, _OUTCOME.is_not_distinct_from(str(outcome)))
    return query.order_by(file.c.aip, file.c.name)


def details(of: PackageId) -> Select[Any]:
    """Whatever was said last of the files of a package, each outcome and detail once."""
    return select(_OUTCOME, _DETAIL).select_from(_WITH_SCANS).where(*_HELD, file.c.aip == of).distinct()


def scan(of: PackageId) -> Select[Any]:
    """What was said last of most files of a package."""
    return select(malware_scan).where(malware_scan.c.package == of)


def files_of(of: PackageId) -> Select[Any]:
    """The rows of the files of a package that have one."""
    return select(malware_file).join(file, file.c.id == malware_file.c.file).where(file.c.aip == of)


def scans() -> Select[Any]:
    """What was said last of most files of each package held."""
    held = select(malware_scan).join(package, package.c.id == malware_scan.c.package)
    return held.where(package.c.deaccessioned_at.is_(None)).order_by(malware_scan.c.package)


def unchecked() -> Select[Any]:
    """Package, detail and octets of the smallest of the held files that were not checked, where not said of most."""
    query = select(file.c.aip, malware_file.c.detail, func.min(file.c.size))
    query = query.select_from(malware_file.join(file, file.c.id == malware_file.c.file))
    query = query.where(malware_file.c.outcome == str(MalwareOutcome.NOT_CHECKED))
    query = query.where(file.c.aip.is_not(None), file.c.deaccessioned_at.is_(None))
    return query.group_by(file.c.aip, malware_file.c.detail)


def smallest(of: PackageId) -> Select[Any]:
    """Octets of the smallest file of a package that has no row of its own."""
    query = select(func.min(file.c.size)).outerjoin(malware_file, malware_file.c.file == file.c.id)
    return query.where(file.c.aip == of, malware_file.c.file.is_(None), file.c.deaccessioned_at.is_(None))


def of_file(identifier: FileId) -> Select[Any]:
    """The row of one file."""
    return select(malware_file).where(malware_file.c.file == identifier)


def keys() -> Select[Any]:
    """Every public key, the one in use last."""
    return select(quarantine_key).order_by(quarantine_key.c.leaf)


def quarantined() -> Select[Any]:
    """What is or was kept apart and is held, oldest first."""
    held = select(quarantine).join(package, package.c.id == quarantine.c.package)
    return held.where(package.c.deaccessioned_at.is_(None)).order_by(package.c.leaf)


def of_package(identifier: PackageId) -> Select[Any]:
    """The row of the package that is kept apart, or of the one that holds this content."""
    return select(quarantine).where(or_(quarantine.c.package == identifier, quarantine.c.content == identifier))
