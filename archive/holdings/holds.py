"""Legal holds: what must not be deleted, whoever approves it, until two persons lift the hold."""

from __future__ import annotations

from collections.abc import Iterable

from archive.catalogue.rows import FileRow, LegalHoldRow, PackageRow
from archive.errors import ArchiveError, UsageError
from archive.holdings.acting import Acting, Performance, Subjects, text
from archive.holdings.approvals import carried_out
from archive.holdings.docket import Filed
from archive.holdings.holdings import Holdings
from archive.model.acts import HoldScope
from archive.model.identifiers import AccessionId, FileId, PackageId, new_identifier
from archive.model.records import LegalHoldLiftedRecord, LegalHoldRecord
from profiles.finding import Finding


def place(holdings: Holdings, subject: str, *, reason: str) -> str:
    """Place a hold on a file, a package or an accession; answer the hold's identifier.

    Raises UsageError where nothing that is held has this identifier, or no reason is given.
    """
    if not reason.strip():
        raise UsageError("say why it must be kept", hint='--reason "…"; it stands in the custody log for ever')
    scope = scope_of(holdings, subject)
    hold = new_identifier()
    holdings.record([LegalHoldRecord(**holdings.stamp(reason), hold=hold, scope=scope, subject=subject)])
    return hold


def scope_of(holdings: Holdings, subject: str) -> HoldScope:
    """What has this identifier; UsageError where nothing that is held has."""
    catalogue = holdings.catalogue
    package, file = catalogue.package(PackageId(subject)), catalogue.file(FileId(subject))
    gone = [row.deaccessioned_at for row in (package, file) if row is not None and row.deaccessioned_at is not None]
    if gone:
        raise UsageError(f"{subject} was deaccessioned on {gone[0]}; there is nothing left to hold")
    if package is not None:
        return HoldScope.PACKAGE
    if file is not None:
        return HoldScope.FILE
    if catalogue.accession(AccessionId(subject)) is not None:
        return HoldScope.ACCESSION
    raise UsageError(f"nothing here has the identifier {subject}", hint="archive list and archive find show them")


def holds_against(holdings: Holdings, packages: Iterable[PackageRow], files: Iterable[FileRow]) -> list[LegalHoldRow]:
    """The holds in force that keep any of these from being deleted."""
    named: set[str] = set()
    for package in packages:
        named |= {package.id, package.accession}
    for file in files:
        named |= {file.id, file.accession}
    return [hold for hold in holdings.catalogue.legal_holds(in_force=True) if hold.subject in named]


def require_no_hold(holdings: Holdings, packages: Iterable[PackageRow], files: Iterable[FileRow]) -> None:
    """Raise ArchiveError where a hold keeps any of these from being deleted."""
    holds = holds_against(holdings, packages, files)
    if holds:
        raise ArchiveError(
            f"legal hold {holds[0].id} on {holds[0].scope} {holds[0].subject} forbids this: {holds[0].reason}",
            hint="nothing was changed; archive hold list shows the holds, and two persons can lift one",
        )


def require_in_force(holdings: Holdings, hold: str) -> LegalHoldRow:
    """The hold; UsageError where there is none, or it was lifted."""
    known = holdings.catalogue.legal_hold(hold)
    if known is None:
        raise UsageError(f"there is no legal hold {hold}", hint="archive hold list shows them")
    if known.lifted_at is not None:
        raise UsageError(f"legal hold {hold} was lifted on {known.lifted_at}")
    return known


def _check(acting: Acting, subjects: Subjects) -> None:
    for subject in subjects:
        require_in_force(acting.holdings, text(subject, "hold"))


def _words(acting: Acting, subjects: Subjects) -> list[str]:
    lines = []
    for subject in subjects:
        known = acting.holdings.catalogue.legal_hold(text(subject, "hold"))
        what = "" if known is None else f" on {known.scope} {known.subject}, placed because: {known.reason}"
        lines.append(f"lift the legal hold {text(subject, 'hold')}{what}")
    return lines


def _carry_out(acting: Acting, filed: Filed) -> list[Finding]:
    holdings, request = acting.holdings, filed.record.request
    records = [
        LegalHoldLiftedRecord(**holdings.stamp(filed.record.reason), hold=text(subject, "hold"), request=request)
        for subject in filed.subjects()
    ]
    holdings.record([*records, carried_out(holdings, request)])
    return []


HOLD_LIFT = Performance(_check, _words, _carry_out)
