"""The producer's table about the files: read once, kept octet for octet, its rows findable without being in memory."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import IO

from archive.errors import ArchiveError, StorageError, UsageError
from archive.ingest.columns import KNOWN, PATH, ColumnMap, find_columns, read_mapping
from archive.ingest.csv_table import read_csv
from archive.ingest.dialect import DELIMITERS
from archive.ingest.encoding import Witness
from archive.ingest.record import Contents, Unit
from archive.ingest.scratch import scratch_file
from archive.ingest.spreadsheet import MAGIC, judge_name, read_sheet
from archive.ingest.table import Rows
from archive.model.digests import CHUNK, Digester
from archive.model.names import shown
from archive.packages.content import ItemTable
from archive.storage.reading import open_quietly
from profiles.finding import Finding, Severity
from profiles.finding_codes import FindingCode


@dataclass(frozen=True, slots=True)
class MetadataFile:
    """The producer's table as a person points to it, with what they say of it; None is found out.

    ``encoding`` and ``delimiter`` are of CSV, ``sheet`` is of a spreadsheet.
    """

    path: Path
    encoding: str | None = None
    delimiter: str | None = None
    mapping: Path | None = None
    sheet: str | None = None


@dataclass(frozen=True, slots=True)
class MetadataTable:
    """The table as received, and its rows.

    ``reading`` says how it was read: encoding, separator and quotes of CSV, form and sheet of a spreadsheet, and the
    digest of the mapping where there is one.
    """

    name: bytes
    sha256: str
    size: int
    reading: dict[str, str]
    rows: Rows
    findings: tuple[Finding, ...]
    mapping: ColumnMap | None
    _octets: IO[bytes]

    def octets(self) -> Iterator[bytes]:
        """The table as received, in pieces."""
        self._octets.seek(0)
        return iter(lambda: self._octets.read(CHUNK), b"")

    def items(self, names: Iterable[bytes]) -> ItemTable:
        """The rows about these files only."""
        rows = (row.cells for name in names for row in self.rows.of(name))
        theirs = () if self.mapping is None else tuple(self.mapping.headings.items())
        delimiter = self.reading.get("delimiter", ",")
        return ItemTable(delimiter if delimiter in DELIMITERS else ",", self.rows.heading, rows, theirs)


@dataclass(frozen=True, slots=True)
class OpenTable:
    """A table being read: the file as received, and what it says."""

    sha256: str
    size: int
    octets: IO[bytes]
    contents: Contents


def open_table(given: MetadataFile, *, known: Collection[str], scratch: Path | None) -> OpenTable:
    """The file ``given``: a spreadsheet, or CSV in any encoding, with any separator. Its content decides, not its name.

    ``known`` are headings that mean something. The file is read once, into a scratch file in the folder ``scratch``.
    Raises UsageError or ArchiveError, saying what to do, for a file that is missing, is no table, or can be read in
    several ways, of which a person has to choose.
    """
    octets, digester, seen = _take(given.path, scratch)
    if seen.beginning.startswith(MAGIC):
        _require_no(given.path, "is a spreadsheet", encoding=given.encoding, delimiter=given.delimiter)
        contents = read_sheet(given.path, octets, sheet=given.sheet)
    else:
        _require_no(given.path, "is no spreadsheet", sheet=given.sheet)
        findings = judge_name(given.path, seen.beginning)
        contents = read_csv(given.path, octets, seen, encoding=given.encoding, delimiter=given.delimiter, known=known)
        contents = replace(contents, findings=(*findings, *contents.findings))
    return OpenTable(digester.digests()["sha256"], digester.size, octets, contents)


def read_metadata(given: MetadataFile, *, scratch: Path | None, today: date) -> MetadataTable:
    """The producer's table in the file ``given``, its rows on disk in the folder ``scratch``.

    Raises as ``open_table`` does, and ArchiveError for a table without a column of paths.
    """
    mapping = None if given.mapping is None else read_mapping(given.mapping)
    theirs: Mapping[str, str] = {} if mapping is None else mapping.headings
    table = open_table(given, known={*KNOWN, *theirs.values()}, scratch=scratch)
    contents = table.contents
    with closing(contents.records):
        rows = Rows(contents.heading, find_columns(contents.heading, theirs), scratch=scratch, unit=contents.unit)
        if PATH not in rows.columns:
            raise _no_paths(given.path, contents, theirs.get(PATH, PATH))
        findings = [*contents.findings, *_of_columns(given.path, rows)]
        findings += rows.fill(contents.records, today=today, wrong_octets=contents.wrong_octets)
    reading = contents.reading | ({} if mapping is None else {"mapping_sha256": mapping.sha256})
    name = given.path.name.encode("utf-8", "surrogateescape")
    return MetadataTable(name, table.sha256, table.size, reading, rows, tuple(findings), mapping, table.octets)


def _require_no(path: Path, what: str, **said: str | None) -> None:
    """Refuse what was said of a table of another kind."""
    for word, value in said.items():
        if value is not None:
            raise UsageError(f"{path} {what}: no {word} can be said for it", hint="leave that out")


def _take(path: Path, scratch: Path | None) -> tuple[IO[bytes], Digester, Witness]:
    """The octets of the file in a scratch file, and what was seen of them in this one reading."""
    digester, seen = Digester(("sha256",)), Witness()
    octets = scratch_file(scratch)
    try:
        with open_quietly(Path(os.path.realpath(path))) as file:  # the table may be named through a link
            while chunk := file.read(CHUNK):
                digester.update(chunk)
                seen.update(chunk)
                _keep(octets, chunk)
    except FileNotFoundError:
        raise UsageError(f"there is no metadata file {path}") from None
    except OSError as error:
        raise ArchiveError(f"{path}: cannot be read: {error.strerror or error}") from error
    seen.end()
    return octets, digester, seen


def _keep(octets: IO[bytes], chunk: bytes) -> None:
    try:
        octets.write(chunk)
    except OSError as error:
        raise StorageError(
            f"there is no room for a copy of the table: {error.strerror or error}",
            hint="free space on the disk of the archive, then give the same command again; nothing was lost",
            transient=True,
        ) from error


def _no_paths(path: Path, contents: Contents, wanted: str) -> ArchiveError:
    found, first = ", ".join(contents.heading[:40]) or "nothing", f"first {contents.unit}"
    first += " that holds anything" if contents.unit is Unit.ROW else ""
    return ArchiveError(
        f"{path}: the {first} has no column '{shown(wanted)}' (found: {shown(found)})",
        hint=f"the {first} names the columns; 'path' holds each file's path inside the delivered folder; "
        "where it has another heading, say so in a file: --metadata-map FILE",
    )


def _of_columns(path: Path, rows: Rows) -> Iterator[Finding]:
    """What a person should know of the headings."""
    name = shown(os.fsencode(path.name))
    for heading in rows.columns.twice:
        message = f"the heading '{shown(heading)}' stands in the table twice; the first column of it counts"
        yield Finding(FindingCode.COLUMN_TWICE, Severity.WARNING, name, message)
    for heading in rows.columns.missing:
        message = f"the table has no heading '{shown(heading)}', which --metadata-map names"
        yield Finding(FindingCode.COLUMN_MISSING, Severity.WARNING, name, message)
