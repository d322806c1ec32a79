"""``archive accession``: what was received, how it stands, its receipt, and what a person decides about it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from archive.cli.output import emit_json, findings_as_json, plural, say, table, tell_findings
from archive.cli.session import changing, common, dry_run, find_home, interruptible
from archive.errors import ExitCode, UsageError
from archive.model.names import shown

if TYPE_CHECKING:
    from archive.assembly import Archive
    from archive.catalogue.rows import AccessionRow
    from archive.ingest.standing import Archived
    from archive.ingest.workbench import Workbench


@click.group("accession")
def accession_command() -> None:
    """What was received: one accession for each delivery."""


@accession_command.command("list")
@click.option("--open", "only_open", is_flag=True, help="Only accessions that are not closed.")
@common
def list_command(only_open: bool, here: str | None, as_json: bool) -> None:
    """List accessions, oldest first, with how many files were received and wait for a decision.

    \b
    Example:
      archive accession list --open
    """
    from archive import assembly

    with assembly.reading(find_home(here)) as archive:
        rows = archive.holdings.catalogue.accessions()
        found = [_short(archive, row) for row in rows if row.closed_at is None or not only_open]
    if as_json:
        emit_json({"accessions": found})
        return
    cells = (
        (a["id"], a["number"], a["producer"], a["state"], a["opened_at"], f"{a['received']:,}", f"{a['pending']:,}")
        for a in found
    )
    table(("accession", "number", "producer", "state", "opened", "received", "pending"), cells)


@accession_command.command("show")
@click.argument("identifier", metavar="ID")
@common
def show_command(identifier: str, here: str | None, as_json: bool) -> None:
    """Show one accession: how it came, its sum, its packages, what is pending, and why it cannot be closed.

    \b
    Example:
      archive accession show 0e6f1b7e-6f35-4c36-8f6a-7a5f2d3c9b11
    """
    from archive import assembly
    from archive.ingest.receipt import SMALL
    from archive.ingest.receipt_json import file_as_json, transfer_as_json
    from archive.ingest.standing import accession, obstacles_of
    from archive.model.packages import Outcome

    with assembly.reading(find_home(here)) as archive:
        catalogue = archive.holdings.catalogue
        row = accession(archive.holdings, identifier)
        transfers = [one.transfer for one in catalogue.transfers(row.id)]
        told = {
            **_short(archive, row),
            "transfers": [transfer_as_json(one) for one in transfers],
            "packages": [{"package": p.id, "kind": str(p.kind), "files": p.files} for p in catalogue.packages(row.id)],
            "waiting": [file_as_json(f) for f in islice(catalogue.files(row.id, outcome=Outcome.PENDING), SMALL)],
            "obstacles": list(obstacles_of(row, _archived(archive))),
        }
    if as_json:
        emit_json(told)
        return
    for name in ("id", "number", "producer", "source", "state", "opened_at", "closed_at"):
        say(f"{name}: {'-' if told[name] is None else told[name]}")
    for one in transfers:
        say(f"handed over: {one.in_words()}")
    say(_sum(told))
    for package in told["packages"]:
        say(f"{package['kind']}: {package['package']}")
    for file in told["waiting"]:
        say(f"pending: {file['file']}  {file['path']}")
    if told["pending"] > len(told["waiting"]):
        say(f"… and {plural(told['pending'] - len(told['waiting']), 'file')} more pending")
    for why in told["obstacles"]:
        say(f"Not closed: {why}.")


@accession_command.command("close")
@click.argument("identifier", metavar="ID")
@click.option(
    "--reason", default="", metavar="TEXT", help="Why, where something could not be looked at; goes on record."
)
@common
@dry_run
def close_command(identifier: str, reason: str, here: str | None, as_json: bool, dry_run: bool) -> int:
    """Close an accession that stayed open, and seal its papers; its medium is not needed.

    Refuses with exit code 3, saying why, while files are pending or a delivery was not received to its end.

    \b
    Example:
      archive accession close 0e6f1b7e-6f35-4c36-8f6a-7a5f2d3c9b11
    """
    from archive import assembly
    from archive.ingest.close import close_by_hand, obstacles
    from archive.ingest.standing import accession

    home = find_home(here)
    if dry_run:
        with assembly.reading(home) as archive:
            row = accession(archive.holdings, identifier)
            pending = archive.holdings.catalogue.totals(row.id).pending
            why = obstacles(row, reason=reason, staging=archive.staging, pending=pending) if not row.closed_at else ()
        if as_json:
            state = "closed" if row.closed_at else "open"
            told = {"accession": row.id, "state": state, "accession_package": None}
            emit_json({**told, "obstacles": list(why), "findings": []})
            return ExitCode.NEEDS_PERSON if why else ExitCode.DONE
        for sentence in why:
            say(f"would not close: {sentence}.")
        if not why:
            say("is closed already" if row.closed_at else f"would close accession {row.id} and seal its papers")
        return ExitCode.NEEDS_PERSON if why else ExitCode.DONE
    with _at_the_desk(home, f"closing accession {identifier}") as bench:
        row = accession(bench.holdings, identifier)
        done = close_by_hand(row.id, reason=reason.strip(), bench=bench)
    if as_json:
        emit_json(
            {
                "accession": done.accession,
                "state": "closed" if done.closed else "open",
                "accession_package": done.accession_package,
                "obstacles": list(done.obstacles),
                "findings": findings_as_json(done.findings),
            }
        )
    elif done.closed:
        say(f"Accession {done.accession} is closed; its papers are package {done.accession_package}.")
        tell_findings(done.findings)
        say(f"Next: archive accession receipt {done.accession} --html receipt.html, for the producer.")
    else:
        for why_not in done.obstacles:
            say(f"Not closed: {why_not}.")
    return ExitCode.DONE if done.closed else ExitCode.NEEDS_PERSON


@accession_command.command("reject")
@click.argument("identifier", metavar="ID")
@click.option("--file", "files", multiple=True, metavar="FILE", help="A pending file: identifier or path.")
@click.option("--all", "every", is_flag=True, help="Every pending file, and every listed file that never came.")
@click.option(
    "--reason", required=True, metavar="TEXT", help="Why; stands in the custody log and the receipt for ever."
)
@common
@dry_run
def reject_command(
    identifier: str,
    files: tuple[str, ...],
    every: bool,
    reason: str,
    here: str | None,
    as_json: bool,
    dry_run: bool,
) -> None:
    """Decide that pending files will not be had, so that the accession can be closed without them.

    For a file that cannot be read and never will be; with --all for a medium that broke or was lost before it was
    received to its end. It counts as rejected, with the reason, in the receipt too. What was received is not touched by
    this command.

    \b
    Example:
      archive accession reject 0e6f1b7e-6f35-4c36-8f6a-7a5f2d3c9b11 --file "video 7.mp4" --reason "sector unreadable"
      archive accession reject 0e6f1b7e-6f35-4c36-8f6a-7a5f2d3c9b11 --all --reason "disk lost, letter of 3 May 2026"
    """
    if every == bool(files):
        raise UsageError("say which files: --file FILE, or --all")
    home = find_home(here)
    if every:
        _reject_all(home, identifier, reason, as_json=as_json, dry_run=dry_run)
    else:
        _reject_some(home, identifier, files, reason, as_json=as_json, dry_run=dry_run)


def _reject_all(home: Path, identifier: str, reason: str, *, as_json: bool, dry_run: bool) -> None:
    from archive import assembly
    from archive.ingest.standing import accession, reject_all
    from archive.ingest.unreceived import waiting_for

    if dry_run:
        with assembly.reading(home) as archive:
            row = accession(archive.holdings, identifier)
            pending, never = waiting_for(row, staging=archive.staging, catalogue=archive.holdings.catalogue)
        if as_json:
            emit_json({"accession": row.id, "rejected": [], "rejected_files": pending + never, "pending": pending})
        else:
            say(
                f"would reject {plural(pending + never, 'file')}: {pending:,} pending, {never:,} listed that never came"
            )
        return
    with _at_the_desk(home, f"a decision about accession {identifier}") as bench:
        count = reject_all(identifier, reason=reason, bench=bench)
    if as_json:
        emit_json({"accession": identifier, "rejected": [], "rejected_files": count, "pending": 0})
        return
    say(f"{plural(count, 'file')} rejected")
    say(f"Nothing is pending now: archive accession close {identifier}")


def _reject_some(
    home: Path, identifier: str, files: tuple[str, ...], reason: str, *, as_json: bool, dry_run: bool
) -> None:
    from archive import assembly
    from archive.ingest.receipt_json import file_as_json
    from archive.ingest.standing import reject

    if dry_run:
        from archive.progress import Silent

        with assembly.reading(home) as archive:
            bench = assembly.ingest_bench(archive, progress=Silent())
            rows = reject(identifier, files, reason=reason, bench=bench, dry_run=True)
            pending = archive.holdings.catalogue.totals(rows[0].accession).pending
        if as_json:
            told: dict[str, Any] = {"accession": rows[0].accession, "rejected": [file_as_json(row) for row in rows]}
            emit_json({**told, "rejected_files": len(rows), "pending": pending})
            return
        for row in rows:
            say(f"would reject {row.id}  {shown(row.name)}")
        return
    with _at_the_desk(home, f"a decision about accession {identifier}") as bench:
        rows = reject(identifier, files, reason=reason, bench=bench)
        totals = bench.holdings.catalogue.totals(rows[0].accession)
    if as_json:
        rejected = [{**file_as_json(row), "outcome": "rejected"} for row in rows]
        told = {"accession": rows[0].accession, "rejected": rejected, "rejected_files": len(rows)}
        emit_json({**told, "pending": totals.pending})
        return
    for row in rows:
        say(f"rejected {row.id}  {shown(row.name)}")
    left = f"{plural(totals.pending, 'file')} still pending"
    say(f"{left}." if totals.pending else f"Nothing is pending now: archive accession close {rows[0].accession}")


@accession_command.command("receipt")
@click.argument("identifier", metavar="ID")
@click.option("--html", "page", type=click.Path(path_type=Path), metavar="FILE", help="Write it as a page, too.")
@click.option("--csv", "listed", type=click.Path(path_type=Path), metavar="FILE", help="Write the list of files, too.")
@common
def receipt_command(identifier: str, page: Path | None, listed: Path | None, here: str | None, as_json: bool) -> None:
    """Print the receipt for the producer: what was received, the sum, digests, open points, the checkpoint.

    It names files: send it to nobody but the producer. The page is one file that loads nothing and prints well.

    \b
    Example:
      archive accession receipt 0e6f1b7e-6f35-4c36-8f6a-7a5f2d3c9b11 --html receipt.html --csv receipt.csv
    """
    from archive import assembly
    from archive.ingest.receipt_json import as_json as receipt_as_json
    from archive.ingest.receipt_page import page_of
    from archive.ingest.receipt_text import as_text
    from archive.ingest.standing import accession, receipt_csv, receipt_of
    from archive.pages.rendering import render
    from archive.pages.writing import require_free, write_page, write_pieces

    for path in (page, listed):
        if path is not None:
            require_free(path)
    with assembly.reading(find_home(here)) as archive:
        row = accession(archive.holdings, identifier)
        receipt = receipt_of(row, _archived(archive))
        if listed is not None:
            write_pieces(listed, receipt_csv(row, _archived(archive)))
    if page is not None:
        write_page(page, render(page_of(receipt)))
    if as_json:
        written = {"html": None if page is None else str(page), "csv": None if listed is None else str(listed)}
        emit_json({**receipt_as_json(receipt), **written})
    else:
        click.echo(as_text(receipt), nl=False)


@contextmanager
def _at_the_desk(home: Path, doing: str) -> Iterator[Workbench]:
    """What ingest works with, for a command that changes an accession beside running ingests."""
    from archive import assembly

    with changing(home, doing=doing, beside_others=True) as archive, interruptible() as progress:
        bench = assembly.ingest_bench(archive, progress=progress)
        with bench.at_work():
            yield bench


def _archived(archive: Archive) -> Archived:
    from archive.ingest.standing import Archived

    return Archived(archive.holdings, archive.staging, archive.config.packages.organization)


def _short(archive: Archive, row: AccessionRow) -> dict[str, Any]:
    totals = archive.holdings.catalogue.totals(row.id)
    return {
        "id": row.id,
        "number": row.number,
        "producer": row.producer,
        "source": shown(row.source),
        "state": "open" if row.closed_at is None else "closed",
        "opened_at": row.opened_at,
        "closed_at": row.closed_at,
        "received": totals.received,
        "accepted": totals.accepted,
        "duplicate": totals.duplicate,
        "quarantined": totals.quarantined,
        "rejected": totals.rejected,
        "pending": totals.pending,
    }


def _sum(told: dict[str, Any]) -> str:
    parts = ("accepted", "duplicate", "quarantined", "rejected", "pending")
    return f"received {told['received']:,} = " + " + ".join(f"{part} {told[part]:,}" for part in parts)
