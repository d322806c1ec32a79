"""What all forms of a receipt say alike: findings by kind, the first of each, and how to check it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from archive.ingest.receipt import Receipt
from archive.ingest.told import kindred
from archive.model.moments import format_moment
from archive.model.quantities import plural
from profiles.finding import Finding, Severity
from profiles.finding_codes import needs_person

EARLIER_SUBMISSION = "What came before it was closed the first time is named in the receipt in its earlier papers."

SHOWN = 10
"""Findings of one kind that are told one by one."""

_ORDER = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}


@dataclass(frozen=True, slots=True)
class Kind:
    """Findings of one kind: how many, and the first of them."""

    code: str
    waits: bool
    count: int
    first: tuple[Finding, ...]
    elsewhere: str = ""
    """Where all are, if not even the papers name each; else empty."""

    @property
    def more(self) -> int:
        """How many are not among the first."""
        return self.count - len(self.first)


def kinds(findings: Iterable[Finding]) -> list[Kind]:
    """Findings by kind, those that wait for a person first, then the weightiest."""
    by: dict[tuple[bool, int, str], list[Finding]] = {}
    for finding in findings:
        by.setdefault((not needs_person(finding), _ORDER[finding.severity], finding.code), []).append(finding)
    said = ((code, not settled, kindred(some)) for (settled, _, code), some in sorted(by.items()))
    return [Kind(code, waits, some.count, some.told[:SHOWN], some.elsewhere) for code, waits, some in said]


def lead(receipt: Receipt) -> str:
    """The receipt in two sentences."""
    day = format_moment(receipt.opened_at)[:10]
    got = f"On {day} {_were(receipt.totals.received)} received from {receipt.producer}."
    if receipt.closed_at is None:
        return f"{got} The accession is open: this is how it stands, and not the last word."
    return f"{got} The accession is closed, and its papers are sealed."


def open_points(receipt: Receipt) -> list[str]:
    """What is not settled, in sentences."""
    points = []
    if receipt.totals.pending:
        points.append(
            f"{plural(receipt.totals.pending, 'file')} pending: what could not be read, and nothing of which is kept."
        )
    if receipt.totals.rejected:
        points.append(f"{_were(receipt.totals.rejected)} rejected by a person, with the reasons given below.")
    if receipt.totals.quarantined:
        points.append(f"{plural(receipt.totals.quarantined, 'file')} kept in quarantine.")
    if receipt.close_reason:
        points.append(
            f"Something in the delivery could not be looked at. It was closed all the same: {receipt.close_reason}"
        )
    points += [
        f"{kind.code}: {kind.count:,} to be looked at, see below." for kind in kinds(receipt.findings) if kind.waits
    ]
    if receipt.closed_at is None:
        points.append("The accession is not closed.")
    if receipt.more_to_come:
        points.append(
            "The delivery was not received to its end: files were delivered that are not counted here, and are still "
            "to be received."
        )
    return points


def _were(count: int) -> str:
    return f"{plural(count, 'file')} {'was' if count == 1 else 'were'}"


def where_all_are(receipt: Receipt, kind: Kind) -> str:
    """Where every finding of a kind can be found."""
    if kind.elsewhere:
        return kind.elsewhere
    if receipt.closed_at is None:
        return "archive ingest --json tells all of them"
    package = receipt.closing or (receipt.papers.package if receipt.papers else "")
    return f"findings.json in the accession package {package} has them"


def checks(receipt: Receipt) -> list[tuple[str, str]]:
    """What anybody can check, and the command for it."""
    steps = [("The list of all files (receipt.csv) is the one this receipt speaks of", "sha256sum receipt.csv")]
    if receipt.files:
        steps.append(("Your own copy of a file is the file received: compare with the list", "sha256sum FILE"))
    else:
        steps.append(("Your own copy of a file is the file received: look it up in receipt.csv", "sha256sum FILE"))
    steps += [
        ("What you sent along arrived as you sent it: compare with the digests above", "sha256sum FILE"),
        ("A package is the one named here: compare, in its folder", "sha256sum tagmanifest-sha256.txt"),
        ("And nothing in it was changed", "sha256sum -c --quiet tagmanifest-sha256.txt manifest-sha256.txt"),
        (
            "Nothing was taken out of the archive's log since the checkpoint you keep",
            "archive custody verify --since checkpoint.txt",
        ),
    ]
    return steps


def checkpoint_words(receipt: Receipt) -> str:
    """What the checkpoint is worth for this receipt."""
    if receipt.checkpoint is None:
        return "No checkpoint of the custody log was made yet. Ask for this receipt again."
    if receipt.is_covered:
        return (
            "This checkpoint covers everything in this receipt. Keep the five lines: with them anybody can show for "
            "ever that nothing of it was removed from the archive's log."
        )
    return (
        "This checkpoint was made before the accession was closed. Ask for this receipt again for one that covers it."
    )
