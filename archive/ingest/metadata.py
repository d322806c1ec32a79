"""The producer's table about the files: read once, kept octet for octet, its rows findable without being in memory."""

from __future__ import annotations

import io
import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path
from typing import IO

from archive.errors import ArchiveError, StorageError, UsageError
from archive.ingest.columns import KNOWN, PATH, ColumnMap, find_columns, read_mapping
from archive.ingest.dialect import (
    DELIMITERS,
    LONGEST_RECORD,
    CsvRecord,
    Dialect,
    declared_delimiter,
    detect,
    records,
    said_delimiter,
)
from archive.ingest.encoding import OPTION, Encoding, Witness, judge
from archive.ingest.scratch import scratch_file
from archive.ingest.table import Rows
from archive.model.digests import CHUNK, Digester
from archive.model.names import shown
from archive.packages.content import ItemTable
from archive.storage.reading import open_quietly
from profiles.finding import Finding, Severity

_SAMPLE = 256 * 1024  # characters that tell the dialect
_MARK = "\ufeff"
_SPREADSHEETS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")  # ZIP (XLSX, ODS) and OLE (XLS)


@dataclass(frozen=True, slots=True)
class MetadataFile:
    """The producer's table as a person points to it, with what they say of it; None is found out."""

    path: Path
    encoding: str | None = None
    delimiter: str | None = None
    mapping: Path | None = None


@dataclass(frozen=True, slots=True)
class MetadataTable:
    """The table as received, and its rows.

    ``reading`` says how it was read: encoding, separator, quotes, and the digest of the mapping where there is one.
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
        delimiter = self.reading["delimiter"]
        return ItemTable(delimiter if delimiter in DELIMITERS else ",", self.rows.heading, rows, theirs)


@dataclass(frozen=True, slots=True)
class OpenTable:
    """A CSV file being read: what it says in its first line, and its records behind that, taken once."""

    sha256: str
    size: int
    encoding: Encoding
    dialect: Dialect
    wrong_octets: bool
    """Whether some of the file may be no text in its encoding."""
    heading: tuple[str, ...]
    records: Iterator[CsvRecord]
    octets: IO[bytes]


def open_table(given: MetadataFile, *, known: Collection[str], scratch: Path | None) -> OpenTable:
    """The CSV file ``given``, in any encoding, with any separator; ``known`` are headings that mean something.

    The file is read once, into a scratch file in the folder ``scratch``. Raises UsageError or ArchiveError, saying what
    to do, for a file that is missing, is no CSV, or whose encoding is not clear.
    """
    try:
        delimiter = None if given.delimiter is None else declared_delimiter(given.delimiter)
    except ValueError as error:
        raise UsageError(f"the separator {error}") from None
    octets, digester, seen = _take(given.path, scratch)
    if seen.beginning.startswith(_SPREADSHEETS):
        raise ArchiveError(
            f"{given.path} is a spreadsheet, not CSV", hint="save it as 'CSV UTF-8' and give that file to the archive"
        )
    encoding = judge(seen, declared=given.encoding)
    text = _Text(octets, encoding)
    sample, cut = text.sample()
    dialect, before = _dialect(sample, cut=cut, delimiter=delimiter, known=known)
    found = records(islice(text.lines(), before, None), dialect, before=before)
    first = next(found, None)
    return OpenTable(
        sha256=digester.digests()["sha256"],
        size=digester.size,
        encoding=encoding,
        dialect=dialect,
        wrong_octets=encoding.codec != "utf-8" or seen.bad > 0,
        heading=() if first is None else tuple(cell.strip() for cell in first.cells),
        records=found,
        octets=octets,
    )


def read_metadata(given: MetadataFile, *, scratch: Path | None, today: date) -> MetadataTable:
    """The producer's table in the CSV file ``given``, its rows on disk in the folder ``scratch``.

    Raises as ``open_table`` does, and ArchiveError for a table without a column of paths.
    """
    mapping = None if given.mapping is None else read_mapping(given.mapping)
    theirs: Mapping[str, str] = {} if mapping is None else mapping.headings
    table = open_table(given, known={*KNOWN, *theirs.values()}, scratch=scratch)
    rows = Rows(table.heading, find_columns(table.heading, theirs), scratch=scratch)
    if PATH not in rows.columns:
        raise _no_paths(given.path, table.heading, theirs.get(PATH, PATH))
    findings = list(_of_reading(given.path, table, rows))
    findings += rows.fill(table.records, today=today, wrong_octets=table.wrong_octets)
    dialect = table.dialect
    reading = {"encoding": table.encoding.codec, "delimiter": dialect.delimiter, "quote": dialect.quote}
    reading |= {} if dialect.escape is None else {"escape": dialect.escape}
    reading |= {} if mapping is None else {"mapping_sha256": mapping.sha256}
    name = given.path.name.encode("utf-8", "surrogateescape")
    return MetadataTable(name, table.sha256, table.size, reading, rows, tuple(findings), mapping, table.octets)


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


class _Text:
    """The table as text, from its beginning, as often as it is asked for."""

    def __init__(self, octets: IO[bytes], encoding: Encoding) -> None:
        self._octets = octets
        self._encoding = encoding

    def sample(self) -> tuple[str, bool]:
        """The beginning, and whether there is more."""
        text = self._open()
        sample = text.read(_SAMPLE + 1).removeprefix(_MARK)
        text.detach()
        return sample[:_SAMPLE], len(sample) > _SAMPLE

    def lines(self) -> Iterator[str]:
        """Every line as it ends in the file, and no more of it than a record may have."""
        text = self._open()
        mark = _MARK
        while line := text.readline(LONGEST_RECORD):
            yield line.removeprefix(mark)
            mark = ""
            while len(line) == LONGEST_RECORD and line[-1] not in "\r\n":
                line = text.readline(LONGEST_RECORD)
        text.detach()

    def _open(self) -> io.TextIOWrapper:
        self._octets.seek(0)
        return io.TextIOWrapper(self._octets, self._encoding.codec, self._encoding.errors, newline="")


def _dialect(sample: str, *, cut: bool, delimiter: str | None, known: Collection[str]) -> tuple[Dialect, int]:
    """The dialect, and how many lines stand before the headings."""
    folded = {heading.casefold() for heading in known}
    lines = io.StringIO(sample, newline="")
    said = said_delimiter(lines.readline())
    dialect = detect(
        sample if said is None else lines.read(),
        cut=cut,
        delimiter=delimiter or said,
        is_known=lambda text: text.casefold() in folded,
    )
    return dialect, 0 if said is None else 1


def _no_paths(path: Path, heading: tuple[str, ...], wanted: str) -> ArchiveError:
    found = ", ".join(heading[:40]) or "nothing"
    return ArchiveError(
        f"{path}: the first line has no column '{shown(wanted)}' (found: {shown(found)})",
        hint="the first line names the columns; 'path' holds each file's path inside the delivered folder; "
        "where it has another heading, say so in a file: --metadata-map FILE",
    )


def _of_reading(path: Path, table: OpenTable, rows: Rows) -> Iterator[Finding]:
    """What a person should know of how the table was read."""
    name, encoding = shown(os.fsencode(path.name)), table.encoding
    if encoding.guess is not None:
        message = f"read as {encoding.codec}, which is a guess: {encoding.guess}; if letters look wrong: {OPTION} NAME"
        yield Finding("encoding-guessed", Severity.WARNING, name, message)
    if encoding.doubt is not None:
        message = f"read as {encoding.codec}, as was said, though {encoding.doubt}"
        yield Finding("encoding-doubtful", Severity.WARNING, name, message)
    if table.dialect.escape is not None:
        message = "quotation marks inside its cells stand behind a backslash; read so, though CSV doubles them"
        yield Finding("odd-quotes", Severity.INFO, name, message, "RFC 4180 §2")
    for heading in rows.columns.twice:
        message = f"the heading '{shown(heading)}' stands in the table twice; the first column of it counts"
        yield Finding("column-twice", Severity.WARNING, name, message)
    for heading in rows.columns.missing:
        message = f"the table has no heading '{shown(heading)}', which --metadata-map names"
        yield Finding("column-missing", Severity.WARNING, name, message)
