"""``archive ingest``."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from archive.cli.medium import brought_from, medium_options
from archive.cli.output import emit_json, findings_as_json, octets, plural, say, tell_findings
from archive.cli.session import changing, common, dry_run, find_home, interruptible
from archive.errors import CustodyError, ExitCode, UsageError

if TYPE_CHECKING:
    from archive.custody.checkpoint import Checkpoint
    from archive.ingest.close import Accessioned
    from archive.ingest.metadata import MetadataFile
    from profiles.ingest_profile import IngestProfile

F = TypeVar("F", bound=Callable[..., Any])


def metadata_options(command: F) -> F:
    """The producer's table, and how it is to be read where that is not found out."""
    mapping = "Which of its headings are which of our columns: TOML, lines like path = 'File name'."
    command = click.option("--metadata-map", type=click.Path(path_type=Path), metavar="FILE", help=mapping)(command)
    command = click.option(
        "--metadata-delimiter", metavar="CHAR", help="What separates its cells: ';', comma, tab … (else found out)."
    )(command)
    command = click.option(
        "--metadata-encoding", metavar="NAME", help="Its encoding: utf-8, cp1251, koi8-r … (else found out)."
    )(command)
    return click.option(
        "--metadata", type=click.Path(path_type=Path), metavar="CSV", help="The producer's table about the files."
    )(command)


def checksums_option(command: F) -> F:
    """The producer's checksum files that do not lie in the delivery."""
    told = "A checksum file of the producer's (sha256sum, md5sum, --tag …); may be given more than once."
    return click.option("--checksums", multiple=True, type=click.Path(path_type=Path), metavar="FILE", help=told)(
        command
    )


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
    from archive.ingest.agreement import terms_for
    from archive.ingest.delivery import ingest

    home = find_home(here)
    brought = brought_from(medium, checksums=checksums, keep_open=keep_open)
    table = _table(metadata, metadata_encoding, metadata_delimiter, metadata_map)
    if dry_run:
        with assembly.reading(home) as archive:
            terms = terms_for(archive.holdings.catalogue, producer)
        return _survey(delivery, producer, table, home, terms, checksums, as_json=as_json)
    with (
        changing(home, doing=f"ingest of {delivery}", beside_others=True) as archive,
        interruptible() as progress,
    ):
        bench = assembly.ingest_bench(archive, progress=progress)
        with bench.leases:
            done = ingest(
                delivery,
                producer=producer,
                metadata=table,
                accession=accession,
                bench=bench,
                brought=brought,
            )
        interrupted = progress.stopping()
    checkpoint = None
    with contextlib.suppress(CustodyError):  # closing the archive has told it already
        checkpoint = newest_checkpoint(archive.holdings)
    _tell(done, checkpoint, as_json=as_json)
    if interrupted and not done.closed:
        return ExitCode.INTERRUPTED
    return ExitCode.NEEDS_PERSON if done.needs_person else ExitCode.DONE


def _tell(done: Accessioned, checkpoint: Checkpoint | None, *, as_json: bool) -> None:
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
                "accession_package": done.accession_package,
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
    if done.accession_package is not None:
        say(f"  papers  {done.accession_package}")
    tell_findings(done.findings)
    if done.kept_open:
        say(f"More is to come. When all is there: archive accession close {done.accession}")
    elif not done.closed:
        for why in done.obstacles:
            say(f"Not closed: {why}.")
        say("Next: mend what is said above, then give the same command again.")
    elif checkpoint is not None:
        say(f"Checkpoint of the custody log {described(checkpoint)}.")
        tell_paper(checkpoint)


@click.command("survey")
@click.argument("delivery", type=click.Path(path_type=Path))
@metadata_options
@checksums_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
def survey_command(
    delivery: Path,
    metadata: Path | None,
    metadata_encoding: str | None,
    metadata_delimiter: str | None,
    metadata_map: Path | None,
    checksums: tuple[Path, ...],
    as_json: bool,
) -> int:
    """Look at the folder or bag DELIVERY before anything is copied. Needs no archive.

    \b
    Example:
      archive survey /media/usb/delivery --metadata /media/usb/metadata.csv
    """
    from profiles.ingest_profile import NO_AGREEMENT

    table = _table(metadata, metadata_encoding, metadata_delimiter, metadata_map)
    return _survey(delivery, "(not said)", table, None, NO_AGREEMENT, checksums, as_json=as_json)


def _table(path: Path | None, encoding: str | None, delimiter: str | None, mapping: Path | None) -> MetadataFile | None:
    from archive.ingest.metadata import MetadataFile

    if path is None and (encoding or delimiter or mapping):
        raise UsageError("no table was given to read in that way", hint="say which with --metadata CSV")
    return None if path is None else MetadataFile(path, encoding, delimiter, mapping)


def _survey(
    delivery: Path,
    producer: str,
    table: MetadataFile | None,
    home: Path | None,
    terms: IngestProfile,
    checksums: tuple[Path, ...],
    *,
    as_json: bool,
) -> int:
    from archive.clock import system_clock
    from archive.config import MAX_FILES
    from archive.ingest.survey import look, survey

    today = system_clock().date()
    looked = look(
        delivery,
        producer=producer,
        metadata=table,
        home=home,
        scratch=None,
        today=today,
        terms=terms,
        checksums=checksums,
    )
    seen = survey(looked, scratch=None, at_most=MAX_FILES)
    if as_json:
        emit_json(
            {
                "files": seen.files,
                "items": seen.items,
                "bytes": seen.bytes,
                "bag": seen.is_bag,
                "findings": findings_as_json(seen.findings),
            }
        )
    else:
        kind = ", a bag" if seen.is_bag else ""
        items = f" in {plural(seen.items, 'item')}" if seen.items != seen.files else ""
        say(f"{delivery}: {plural(seen.files, 'file')}{items}, {octets(seen.bytes)}{kind}; nothing was copied")
        tell_findings(seen.findings)
    return ExitCode.DONE
