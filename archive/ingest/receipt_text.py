"""A receipt as plain text, to be printed or sent by e-mail."""

from __future__ import annotations

from collections.abc import Iterator

from archive.custody.paper import short_form
from archive.ingest.receipt import SMALL, Receipt
from archive.ingest.receipt_words import (
    EARLIER_SUBMISSION,
    checkpoint_words,
    checks,
    kinds,
    lead,
    open_points,
    where_all_are,
)
from archive.model.moments import format_moment
from archive.model.names import shown
from archive.model.quantities import octets, plural


def as_text(receipt: Receipt) -> str:
    """The receipt; every line of it is safe on a terminal."""
    return "".join(f"{shown(line)}\n" for line in _lines(receipt))


def _lines(receipt: Receipt) -> Iterator[str]:
    title = f"RECEIPT FOR ACCESSION {receipt.accession}"
    yield from (title, "=" * len(title), "", lead(receipt), "")
    yield f"Archive          {receipt.organization or '(not named)'}, custody log {receipt.log}"
    yield f"Producer         {receipt.producer}"
    yield f"Delivered as     {receipt.title}"
    yield f"Opened           {format_moment(receipt.opened_at)}"
    yield f"Closed           {'not yet' if receipt.closed_at is None else format_moment(receipt.closed_at)}"
    yield f"This receipt     {format_moment(receipt.at)}"
    for one in receipt.transfers:
        yield from _heading("How it was handed over")
        yield from (f"{label:17}{value}" for label, value in one.facts())
    yield from _heading("The sum")
    yield receipt.sum
    yield f"kept: {octets(receipt.octets)} ({receipt.octets:,} octets)"
    if receipt.totals.deaccessioned:
        yield f"of these, deaccessioned since: {receipt.totals.deaccessioned:,}"
    yield from (f"{label}: {count:,}" for label, count in receipt.also)
    yield from _heading("Open points")
    points = open_points(receipt)
    yield from (f"- {point}" for point in points)
    if not points:
        yield "none"
    if receipt.undecided:
        yield from _heading("Files that are pending or rejected")
        for lost in receipt.undecided:
            yield f"{lost.file.outcome}  {shown(lost.file.name)}"
            yield f"    {lost.reason}"
        missing = receipt.totals.pending + receipt.totals.rejected - len(receipt.undecided)
        if missing:
            yield f"... and {missing:,} more; receipt.csv has all of them"
    yield from _heading("What was noticed")
    yield from _noticed(receipt)
    yield from _heading("What was received")
    yield f"{receipt.csv_sha256}  receipt.csv"
    yield f"    the list of all {plural(receipt.totals.received, 'file')}; above is its SHA-256"
    for file in receipt.files:
        yield f"{file.sha256 or '(no digest: not read)':64}  {shown(file.name)}  {file.outcome}"
    if not receipt.files:
        yield f"    (more than {SMALL} files are listed there only)"
    yield from _heading("What the producer sent along")
    yield from (f"{sent.sha256}  {sent.name}" for sent in receipt.submission)
    if receipt.earlier_papers:
        yield EARLIER_SUBMISSION
    elif not receipt.submission:
        yield "nothing"
    yield from _heading("Packages, each with the SHA-256 of its tagmanifest-sha256.txt")
    yield from (f"{member.tagmanifest_sha256}  {member.package}" for member in receipt.packages)
    if receipt.papers is not None:
        yield f"{receipt.papers.tagmanifest_sha256}  {receipt.papers.package}  (the papers of the accession)"
    elif receipt.closing is not None:
        yield f"the papers of the accession, with this receipt among them: {receipt.closing}"
    for member in receipt.earlier_papers:
        yield f"{member.tagmanifest_sha256}  {member.package}  (its papers, sealed when it was closed before)"
    yield from _heading("Checkpoint of the custody log")
    if receipt.checkpoint is not None:
        yield from (f"    {line}" for line in short_form(receipt.checkpoint).split("\n"))
        yield ""
    yield checkpoint_words(receipt)
    yield from _heading("How to check this")
    for what, command in checks(receipt):
        yield from (what, f"    {command}")


def _noticed(receipt: Receipt) -> Iterator[str]:
    found = kinds(receipt.findings)
    for kind in found:
        yield f"{kind.code}: {kind.count:,}{' (needs a person)' if kind.waits else ''}"
        for finding in kind.first:
            yield f"    {finding.subject or '-'}: {finding.message}"
        if kind.more:
            yield f"    ... and {kind.more:,} more; {where_all_are(receipt, kind)}"
    if not found:
        yield "nothing unusual"


def _heading(title: str) -> Iterator[str]:
    yield from ("", title, "-" * len(title))
