"""``archive ingest``."""

from __future__ import annotations

import contextlib
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from archive.cli.medium import brought_from, medium_options
from archive.cli.output import emit_json, findings_as_json, say, tell_findings
from archive.cli.session import changing, common, dry_run, find_home, interruptible
from archive.cli.survey import beside_archive, checksums_option, metadata_file, metadata_options, show_survey
from archive.errors import CustodyError, ExitCode

if TYPE_CHECKING:
    from archive.custody.checkpoint import Checkpoint
    from archive.ingest.close import Accessioned


@click.command("ingest")
@click.argument("delivery", type=click.Path(path_type=Path))
@click.option("--producer", required=True, metavar="CODE", help="Code of whoever delivers.")
@metadata_options
@checksums_option
@medium_options
@click.option("--keep-open", is_flag=True, help="More of this accession is to come: do not close it yet.")
@click.option("--accession", metavar="ID", help="Go on with this accession, or 'new' to receive everything again.")
@common
@dry_run
def ingest_command(
    delivery: Path,
    producer: str,
    metadata: Path | None,
    metadata_encoding: str | None,
    metadata_delimiter: str | None,
    metadata_map: Path | None,
    metadata_sheet: str | None,
    checksums: tuple[Path, ...],
    accession: str | None,
    keep_open: bool,
    here: str | None,
    as_json: bool,
    dry_run: bool,
    **medium: Any,
) -> int:
    """Take in the folder or bag DELIVERY: copy it, seal it in packages, replicate them, record everything.

    The delivered folder is only read. The command may be interrupted at any moment; the same command goes on.
    Checksum files in the delivery (SHA256SUMS, *.md5, manifest-sha256.txt …) are found by their names and compared.

    \b
    Example:
      archive ingest /media/usb/delivery --producer viasna --metadata /media/usb/metadata.csv
      archive ingest /media/usb/delivery --producer viasna --medium "WD Elements WX12" --seal 004411 --seal-state intact
    """
    from archive import assembly
    from archive.holdings.checkpoints import newest_checkpoint
    from archive.ingest.delivery import ingest

    home = find_home(here)
    brought = brought_from(medium, checksums=checksums, keep_open=keep_open)
    table = metadata_file(metadata, metadata_encoding, metadata_delimiter, metadata_map, metadata_sheet)
    if dry_run:
        with assembly.reading(home) as archive:
            beside = beside_archive(archive, producer=producer)
            return show_survey(delivery, table, beside, checksums=checksums, as_json=as_json)
    with (
        changing(home, doing=f"ingest of {delivery}", beside_others=True) as archive,
        interruptible() as progress,
    ):
        bench = assembly.ingest_bench(archive, progress=progress)
        with bench.at_work():
            done = ingest(
                delivery, producer=producer, metadata=table, accession=accession, bench=bench, brought=brought
            )
        interrupted = progress.stopping()
        agreed = bool(archive.holdings.catalogue.agreements(producer))
    checkpoint = None
    with contextlib.suppress(CustodyError):  # closing the archive has told it already
        checkpoint = newest_checkpoint(archive.holdings)
    if not agreed and not as_json:
        say(f"Nothing is agreed with producer '{producer}'; what is agreed holds from then on: archive producer add")
    _tell(done, checkpoint, interrupted=interrupted, as_json=as_json)
    if interrupted and not done.closed:
        return ExitCode.INTERRUPTED
    return ExitCode.NEEDS_PERSON if done.needs_person else ExitCode.DONE


def _tell(done: Accessioned, checkpoint: Checkpoint | None, *, interrupted: bool, as_json: bool) -> None:
    from archive.cli.custody import described, short_as_json, tell_paper

    totals = done.totals
    if as_json:
        emit_json(
            {
                "accession": done.accession,
                "received": totals.received,
                "accepted": totals.accepted,
                "duplicate": totals.duplicate,
                "quarantined": totals.quarantined,
                "rejected": totals.rejected,
                "pending": totals.pending,
                "aips": list(done.aips),
                "quarantine_packages": list(done.quarantine),
                "accession_package": done.accession_package,
                "malware": [asdict(said) for said in done.malware],
                "state": "closed" if done.closed else "open",
                "checkpoint": short_as_json(checkpoint),
                "findings": findings_as_json(done.findings),
            }
        )
        return
    say(f"Accession {done.accession} {'is closed' if done.closed else 'stays open'}")
    say(
        f"  received {totals.received:,} = accepted {totals.accepted:,} + duplicate {totals.duplicate:,}"
        f" + quarantined {totals.quarantined:,} + rejected {totals.rejected:,} + pending {totals.pending:,}"
    )
    for aip in done.aips:
        say(f"  package {aip}")
    for package in done.quarantine:
        say(f"  package {package}, in quarantine")
    if done.malware:
        say(f"  malware: {', '.join(said.in_words() for said in done.malware)}")
    if done.accession_package is not None:
        say(f"  papers  {done.accession_package}")
    tell_findings(done.findings)
    if done.kept_open:
        say(f"More is to come. When all is there: archive accession close {done.accession}")
    elif interrupted and not done.closed:
        say("Interrupted, and safe: what is recorded above is kept. Next: the same command goes on from there.")
    elif not done.closed:
        for why in done.obstacles:
            say(f"Not closed: {why}.")
        say("Next: mend what is said above, then give the same command again.")
    elif checkpoint is not None:
        say(f"Checkpoint of the custody log {described(checkpoint)}.")
        tell_paper(checkpoint)
