"""A receipt as a page for people."""

from __future__ import annotations

from archive.custody.paper import short_form
from archive.ingest.receipt import SMALL, Receipt
from archive.ingest.receipt_words import (
    EARLIER_SUBMISSION,
    Kind,
    checkpoint_words,
    checks,
    kinds,
    lead,
    open_points,
    where_all_are,
)
from archive.model.moments import format_moment
from archive.model.names import shown
from archive.model.packages import Outcome
from archive.pages.page import Cell, Code, Element, Facts, Marked, Numbers, Page, Section, Table, Text
from archive.pages.words import Size, Tone

_OUTCOMES = {
    Outcome.ACCEPTED: Marked("accepted", Tone.GOOD),
    Outcome.DUPLICATE: Marked("duplicate", Tone.GOOD),
    Outcome.QUARANTINED: Marked("quarantined", Tone.DANGER),
    Outcome.REJECTED: Marked("rejected", Tone.CAUTION),
    Outcome.PENDING: Marked("pending", Tone.OPEN),
}
_MEANINGS = {
    Outcome.ACCEPTED: "kept in a sealed package of the archive",
    Outcome.DUPLICATE: "the archive held the same bytes before; received all the same, under its own name",
    Outcome.QUARANTINED: "kept locked away: it may do harm, or the table says nothing of it",
    Outcome.REJECTED: "no evidence, or not to be had: a person's decision with a reason",
    Outcome.PENDING: "could not be read; waits for a decision",
}


def page_of(receipt: Receipt) -> Page:
    """The page."""
    transfers = [Facts(one.facts()) for one in receipt.transfers]
    return Page(
        title=f"Receipt for accession {receipt.accession}",
        above=f"{receipt.organization or 'Evidence archive'} \N{MIDDLE DOT} custody log {receipt.log}",
        lead=lead(receipt),
        sections=(
            Section("The sum", (_numbers(receipt), _outcomes(receipt))),
            Section("Who, what and when", (_who(receipt), *transfers)),
            Section("Open points", _open(receipt)),
            Section("What was noticed", _noticed(receipt)),
            Section("What was received", _received(receipt)),
            Section("What the producer sent along", _submission(receipt)),
            Section("Packages", (_packages(receipt),)),
            Section("Checkpoint of the custody log", _checkpoint(receipt)),
            Section(
                "How to check this",
                (Table("Commands, to be given where the file lies", ("What", "Command"), _steps(receipt)),),
            ),
        ),
        colophon=(
            f"Made {format_moment(receipt.at)}. All numbers are of that moment.",
            "File names may identify people: pass this page on only to whoever may know them.",
            "It is one file, loads nothing and runs nothing.",
        ),
    )


def _numbers(receipt: Receipt) -> Numbers:
    totals = receipt.totals
    return Numbers(
        (
            (totals.received, "files received"),
            (Size(receipt.octets), "kept"),
            (Marked(f"{totals.accepted + totals.duplicate:,}", Tone.GOOD), "accepted, duplicates among them"),
            (Marked(f"{totals.pending:,}", Tone.OPEN), "pending"),
            (len(open_points(receipt)), "open points"),
        )
    )


def _outcomes(receipt: Receipt) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (word, _MEANINGS[outcome], getattr(receipt.totals, str(outcome))) for outcome, word in _OUTCOMES.items()
    ]
    return Table(
        receipt.sum, ("Outcome", "What it means", "Files"), tuple(rows), total=("received", "", receipt.totals.received)
    )


def _who(receipt: Receipt) -> Facts:
    gone = receipt.totals.deaccessioned
    items: list[tuple[str, Cell]] = [
        ("Producer", Code(receipt.producer)),
        ("Delivered as", receipt.title),
        ("Opened", format_moment(receipt.opened_at)),
        ("Closed", "not yet" if receipt.closed_at is None else format_moment(receipt.closed_at)),
        *receipt.also,
    ]
    return Facts((*items, ("Deaccessioned since", gone)) if gone else tuple(items))


def _open(receipt: Receipt) -> tuple[Element, ...]:
    points = open_points(receipt)
    if not points:
        return (Text("None: everything is settled."),)
    table = Table("Not settled", ("No.", "What"), tuple((number, point) for number, point in enumerate(points, 1)))
    if not receipt.undecided:
        return (table,)
    rows = tuple((shown(one.file.name), _OUTCOMES[one.file.outcome], one.reason) for one in receipt.undecided)
    more = receipt.totals.pending + receipt.totals.rejected - len(rows)
    caption = "Files that are pending or rejected" + (
        f", the first {len(rows):,}; receipt.csv has {more:,} more" if more else ""
    )
    return (table, Table(caption, ("File", "Outcome", "Why"), rows))


def _noticed(receipt: Receipt) -> tuple[Element, ...]:
    found = kinds(receipt.findings)
    if not found:
        return (Text("Nothing unusual."),)
    rows = tuple((Code(kind.code), _weight(kind), kind.count) for kind in found)
    total: tuple[Cell, ...] = ("all", "", sum(kind.count for kind in found))
    return (Table("Kinds", ("Kind", "", "How many"), rows, total=total), *(_of_kind(kind, receipt) for kind in found))


def _weight(kind: Kind) -> Marked:
    return Marked("needs a person", Tone.OPEN) if kind.waits else Marked("only told", Tone.PLAIN)


def _of_kind(kind: Kind, receipt: Receipt) -> Table:
    more = f", the first {len(kind.first)}; {where_all_are(receipt, kind)}, {kind.more:,} more" if kind.more else ""
    rows = tuple((finding.subject or "\N{EN DASH}", finding.message) for finding in kind.first)
    return Table(f"{kind.code}{more}", ("Of what", "What was found"), rows)


def _received(receipt: Receipt) -> tuple[Element, ...]:
    facts = Facts((("SHA-256 of receipt.csv, the list of all files", Code(receipt.csv_sha256)),))
    if not receipt.files:
        return (facts, Text(f"More than {SMALL} files are listed there only, one line each."))
    rows = tuple(
        (shown(file.name), Size(file.size or 0), _OUTCOMES[file.outcome], Code(file.sha256 or "not read"))
        for file in receipt.files
    )
    return (facts, Table("Every file", ("File", "Size", "Outcome", "SHA-256"), rows))


def _submission(receipt: Receipt) -> tuple[Element, ...]:
    rows = tuple((one.name, Code(one.sha256)) for one in receipt.submission)
    table = Table("Kept as it was received", ("File", "SHA-256"), rows)
    return (table, Text(EARLIER_SUBMISSION)) if receipt.earlier_papers else (table,)


def _packages(receipt: Receipt) -> Table:
    rows = [(Code(one.package), "files", Code(one.tagmanifest_sha256)) for one in receipt.packages]
    if receipt.papers is not None:
        rows.append(
            (Code(receipt.papers.package), "the papers of the accession", Code(receipt.papers.tagmanifest_sha256))
        )
    elif receipt.closing is not None:
        rows.append((Code(receipt.closing), "the papers of the accession", Code("this receipt lies in it")))
    rows += [
        (Code(member.package), "its papers, sealed when it was closed before", Code(member.tagmanifest_sha256))
        for member in receipt.earlier_papers
    ]
    return Table("Each with the SHA-256 of its tagmanifest-sha256.txt", ("Package", "Holds", "SHA-256"), tuple(rows))


def _checkpoint(receipt: Receipt) -> tuple[Element, ...]:
    words = Text(checkpoint_words(receipt))
    if receipt.checkpoint is None:
        return (words,)
    lines = short_form(receipt.checkpoint).split("\n")
    return (
        words,
        Table(
            "To be copied by hand", ("Line", "What it says"), tuple((n, Code(said)) for n, said in enumerate(lines, 1))
        ),
    )


def _steps(receipt: Receipt) -> tuple[tuple[Cell, ...], ...]:
    return tuple((what, Code(command)) for what, command in checks(receipt))
