"""``archive survey``, and what ``archive ingest --dry-run`` shows."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from archive.cli.output import emit_json, say
from archive.cli.progress import TerminalProgress
from archive.config import FILE_NAME
from archive.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from archive.config import PackagePolicy
    from archive.ingest.metadata import MetadataFile
    from profiles.ingest_profile import IngestProfile

F = TypeVar("F", bound=Callable[..., Any])


def metadata_options(command: F) -> F:
    """The producer's table, and how it is to be read where that is not found out."""
    mapping = "Which of its headings are which of our columns: TOML, lines like path = 'File name'."
    command = click.option(
        "--metadata-sheet", metavar="NAME", help="Its sheet, where a spreadsheet has several with something on them."
    )(command)
    command = click.option("--metadata-map", type=click.Path(path_type=Path), metavar="FILE", help=mapping)(command)
    command = click.option(
        "--metadata-delimiter", metavar="CHAR", help="What separates its cells: ';', comma, tab … (else found out)."
    )(command)
    command = click.option(
        "--metadata-encoding", metavar="NAME", help="Its encoding: utf-8, cp1251, koi8-r … (else found out)."
    )(command)
    told = "The producer's table about the files: CSV, or a spreadsheet (XLSX, ODS, XLS)."
    return click.option("--metadata", type=click.Path(path_type=Path), metavar="FILE", help=told)(command)


def checksums_option(command: F) -> F:
    """The producer's checksum files that do not lie in the delivery."""
    told = "A checksum file of the producer's (sha256sum, md5sum, --tag …); may be given more than once."
    return click.option("--checksums", multiple=True, type=click.Path(path_type=Path), metavar="FILE", help=told)(
        command
    )


def metadata_file(
    path: Path | None, encoding: str | None, delimiter: str | None, mapping: Path | None, sheet: str | None
) -> MetadataFile | None:
    """The table as it was pointed to; None where there is none."""
    from archive.ingest.metadata import MetadataFile

    if path is None and (encoding or delimiter or mapping or sheet):
        raise UsageError("no table was given to read in that way", hint="say which with --metadata FILE")
    return None if path is None else MetadataFile(path, encoding, delimiter, mapping, sheet)


@dataclass(frozen=True, slots=True)
class Beside:
    """What a survey knows from an archive; without one, next to nothing."""

    producer: str | None = None
    terms: IngestProfile | None = None
    policy: PackagePolicy | None = None
    ours: tuple[Path, ...] = ()
    held: Callable[[Iterable[str]], set[str]] | None = None
    places: Mapping[str, Path | None] = field(default_factory=dict)


@click.command("survey")
@click.argument("delivery", type=click.Path(path_type=Path))
@metadata_options
@checksums_option
@click.option("--archive", "here", metavar="DIR", help="Ask this archive what it holds already, and for room.")
@click.option("--html", "page", metavar="FILE", type=click.Path(path_type=Path), help="Write a page with plots, too.")
@click.option("--verify", is_flag=True, help="Read every file whose digest the producer gave, and compare.")
@click.option("--quick", is_flag=True, help="Open no file: names, sizes and dates only.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
def survey_command(
    delivery: Path,
    metadata: Path | None,
    metadata_encoding: str | None,
    metadata_delimiter: str | None,
    metadata_map: Path | None,
    metadata_sheet: str | None,
    checksums: tuple[Path, ...],
    here: str | None,
    page: Path | None,
    verify: bool,
    quick: bool,
    as_json: bool,
) -> int:
    """Look at the folder or bag DELIVERY before anything is copied. Needs no archive.

    Nothing is written to the delivery, not even a time of access. Of each file the first few hundred octets are read,
    to say what it is. The page is one file, loads nothing and runs nothing; a file that exists is not overwritten.
    Exit code 3 when something cannot be read or is not what the producer said.

    \b
    Example:
      archive survey /media/usb/delivery --metadata /media/usb/metadata.csv --html survey.html
    """
    table = metadata_file(metadata, metadata_encoding, metadata_delimiter, metadata_map, metadata_sheet)
    if quick and verify:
        raise UsageError("--quick opens no file, and --verify reads them", hint="give one of the two")
    home = Path(here) if here else _usual_archive()
    with ExitStack() as stack:
        beside = Beside()
        if home is not None:
            from archive import assembly

            beside = beside_archive(stack.enter_context(assembly.reading(home.absolute())), producer=None)
        return show_survey(
            delivery,
            table,
            beside,
            checksums=checksums,
            page=page,
            verify=verify,
            quick=quick,
            as_json=as_json,
        )


def _usual_archive() -> Path | None:
    """The archive that commands here are about, if it exists already: a first look may come before it."""
    settings = click.get_current_context().find_root().obj or {}
    home = settings.get("home") or os.environ.get("ARCHIVE_HOME")
    return Path(home) if home and (Path(home) / FILE_NAME).is_file() else None


def beside_archive(archive: Any, *, producer: str | None) -> Beside:
    """What the open ``archive`` tells, and what was agreed with ``producer``."""
    from archive.ingest.agreement import terms_for

    holdings = archive.holdings
    return Beside(
        producer=producer,
        terms=None if producer is None else terms_for(holdings.catalogue, producer),
        policy=archive.config.packages,
        ours=tuple(holdings.folders()),
        held=holdings.catalogue.held,
        places={name: None if at.offline() else at.folder for name, at in holdings.locations.items()},
    )


def show_survey(
    delivery: Path,
    table: MetadataFile | None,
    beside: Beside,
    *,
    checksums: tuple[Path, ...] = (),
    page: Path | None = None,
    verify: bool = False,
    quick: bool = False,
    as_json: bool,
) -> int:
    """Make the survey and show it in every form asked for."""
    from archive.clock import system_clock
    from archive.config import PackagePolicy
    from archive.ingest.looking import Manner, survey
    from archive.ingest.room import room_for
    from archive.ingest.survey import look
    from archive.report.survey_words import Said
    from profiles.ingest_profile import NO_AGREEMENT

    now = system_clock()
    _require_scratch_outside(delivery)
    if page is not None:
        _require_outside(page, delivery)
    looked = look(
        delivery,
        producer=beside.producer or "(not said)",
        metadata=table,
        ours=beside.ours,
        scratch=None,
        today=now.date(),
        terms=beside.terms or NO_AGREEMENT,
        checksums=None if quick and not checksums else checksums,
    )
    policy = beside.policy or PackagePolicy()
    with TerminalProgress(afterwards="nothing was changed") as progress:
        manner = Manner(policy=policy, now=now, quick=quick, verify=verify, held=beside.held, progress=progress)
        seen = survey(looked, manner)
    seen = replace(seen, room=room_for(seen.files, seen.bytes, beside.places))
    said = Said(str(delivery), beside.producer, more=tuple(_given(table, checksums)))
    if table is not None:
        said = replace(said, metadata=str(table.path), sheet=table.sheet)
    if page is not None:
        from archive.pages.rendering import render
        from archive.pages.writing import write_page
        from archive.report.survey_page import survey_page

        write_page(page, render(survey_page(seen, said, time=now)))
    if as_json:
        from archive.report.survey_json import survey_as_json

        emit_json({**survey_as_json(seen), "html": None if page is None else str(page)})
    else:
        from archive.report.survey_text import survey_lines

        for line in survey_lines(seen, said):
            say(line)
        if page is not None:
            say(f"  The page is {page}")
    return ExitCode.NEEDS_PERSON if seen.troubled else ExitCode.DONE


def _given(table: MetadataFile | None, checksums: tuple[Path, ...]) -> Iterator[tuple[str, str]]:
    """How the table was said to be read, and the checksum files, as the options that say so."""
    if table is not None:
        for option, value in (
            ("--metadata-encoding", table.encoding),
            ("--metadata-delimiter", table.delimiter),
            ("--metadata-map", table.mapping),
        ):
            if value is not None:
                yield option, str(value)
    yield from (("--checksums", str(path)) for path in checksums)


def _require_outside(page: Path, delivery: Path) -> None:
    """Refuse a page that exists already, or that would lie in the delivery, which is never written to."""
    from archive.pages.writing import require_free

    require_free(page)
    if page.parent.resolve().is_relative_to(delivery.resolve()):
        raise UsageError(f"{page} would lie in the delivery", hint="nothing is written there; give another folder")


def _require_scratch_outside(delivery: Path) -> None:
    """Refuse to look at what holds the folder for temporary files: scratch files would be made in the delivery."""
    scratch = Path(tempfile.gettempdir()).resolve()
    if scratch.is_relative_to(delivery.resolve()):
        raise UsageError(
            f"the folder for temporary files, {scratch}, lies in the delivery",
            hint="nothing is written there: say where else, TMPDIR=/somewhere archive survey …, or give a folder below",
        )
