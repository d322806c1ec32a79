"""The producer's table about the files: parsed once, kept word for word, compared with what was delivered."""

from __future__ import annotations

import csv
import io
import os
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from archive.errors import ArchiveError, UsageError
from archive.model.digests import CHUNK, HEX_LENGTH, sha256_hex
from archive.model.names import shown
from archive.packages.content import ItemTable
from archive.storage.reading import open_quietly
from profiles.finding import Finding, Severity

PATH_COLUMN = "path"
SHA256_COLUMN = "sha256"
RIGHTS_COLUMNS = ("rights_basis", "restriction", "consent_ref")
_DELIMITERS = ";,\t|"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; ``line`` counts from 1 as an editor does."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MetadataTable:
    """The table as received (``data``), and its rows by the path they speak of, as they spell it.

    ``alike`` leads from a path in normal form (NFC, no ``./``, no blanks around it) to its spellings in the table.
    """

    name: bytes
    data: bytes
    delimiter: str
    heading: tuple[str, ...]
    rows: dict[str, tuple[Row, ...]]
    alike: dict[str, tuple[str, ...]]
    findings: tuple[Finding, ...]

    @property
    def sha256(self) -> str:
        """Digest of the table as received."""
        return sha256_hex(self.data)

    def rows_for(self, name: bytes) -> tuple[Row, ...]:
        """The rows about the delivered file ``name``."""
        return tuple(row for spelling in self.spellings(name) for row in self.rows[spelling])

    def spellings(self, name: bytes) -> tuple[str, ...]:
        """How the table spells the path of a delivered file: exactly so where it does, else whatever is alike."""
        try:
            text = name.decode("utf-8")
        except UnicodeDecodeError:
            return ()
        return (text,) if text in self.rows else self.alike.get(unicodedata.normalize("NFC", text), ())

    def digest_for(self, name: bytes) -> str | None:
        """The SHA-256 the producer gave for a file, lower-case; None if none or several that differ."""
        found = {self._cell(row, SHA256_COLUMN).lower() for row in self.rows_for(name)} - {""}
        digest = found.pop() if len(found) == 1 else ""
        return digest if _is_sha256(digest) else None

    def rights_for(self, name: bytes) -> str | None:
        """The producer's rights columns for a file, word for word; None where there are none."""
        words = []
        for row in self.rows_for(name):
            words += [f"{column}={cell}" for column in RIGHTS_COLUMNS if (cell := self._cell(row, column))]
        return "; ".join(words) or None

    def items(self, names: Iterable[bytes]) -> ItemTable:
        """The rows about these files only."""
        rows = [row.cells for name in names for row in self.rows_for(name)]
        return ItemTable(self.delimiter, self.heading, tuple(rows))

    def _cell(self, row: Row, column: str) -> str:
        if column not in self.heading:
            return ""
        index = self.heading.index(column)
        return row.cells[index].strip() if index < len(row.cells) else ""


def read_metadata(path: Path) -> MetadataTable:
    """The table in the CSV file ``path``: UTF-8 with or without BOM, separated by ``;`` ``,`` tab or ``|``.

    Raises UsageError or ArchiveError, saying what to do, for a file that is missing, in another encoding, or has no
    column ``path``.
    """
    try:
        with open_quietly(Path(os.path.realpath(path))) as file:  # the table may be named through a link
            data = b"".join(iter(lambda: file.read(CHUNK), b""))
        text = data.decode("utf-8-sig")
    except FileNotFoundError:
        raise UsageError(f"there is no metadata file {path}") from None
    except OSError as error:
        raise ArchiveError(f"{path}: cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ArchiveError(
            f"{path}: line {line} is not UTF-8", hint="save the table as 'CSV UTF-8' and give the command again"
        ) from error
    return _parse(path, data, text)


def _parse(path: Path, data: bytes, text: str) -> MetadataTable:
    csv.field_size_limit(max(csv.field_size_limit(), len(text)))  # a cell may hold a whole testimony
    head = text.split("\n", 1)[0]
    delimiter = max(_DELIMITERS, key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        heading = tuple(cell.strip() for cell in next(reader, []))
        if PATH_COLUMN not in heading:
            raise ArchiveError(
                f"{path}: the first line has no column '{PATH_COLUMN}' (found: {', '.join(heading) or 'nothing'})",
                hint="the first line names the columns; 'path' holds each file's path inside the delivered folder",
            )
        rows, findings = _rows(reader, heading.index(PATH_COLUMN), heading)
    except csv.Error as error:
        raise ArchiveError(f"{path}: line {reader.line_num}: {error}", hint="mend this line of the table") from error
    return MetadataTable(_name(path), data, delimiter, heading, rows, _alike(rows), tuple(findings))


def _rows(
    reader: Iterator[list[str]], column: int, heading: tuple[str, ...]
) -> tuple[dict[str, tuple[Row, ...]], list[Finding]]:
    rows: dict[str, tuple[Row, ...]] = {}
    findings: list[Finding] = []
    for cells in reader:
        line = reader.line_num  # type: ignore[attr-defined]  # csv.reader has it, its stub hides the type
        if not any(cells):
            continue
        path = cells[column] if column < len(cells) else ""
        if not path.strip():
            findings.append(_finding("row-without-path", f"line {line}", f"line {line} of the table names no file"))
            continue
        if path in rows:
            findings.append(_duplicate(path, rows[path][0].line, line))
        rows[path] = (*rows.get(path, ()), Row(line, tuple(cells)))
        findings += _check_digest(path, line, cells, heading)
    return rows, findings


def _check_digest(path: str, line: int, cells: list[str], heading: tuple[str, ...]) -> list[Finding]:
    if SHA256_COLUMN not in heading or heading.index(SHA256_COLUMN) >= len(cells):
        return []
    given = cells[heading.index(SHA256_COLUMN)].strip().lower()
    if not given or _is_sha256(given):
        return []
    return [_finding("digest-malformed", shown(path), f"line {line}: '{shown(given)}' is no SHA-256 digest")]


def _is_sha256(text: str) -> bool:
    return len(text) == HEX_LENGTH["sha256"] and set(text) <= set("0123456789abcdef")


def match(table: MetadataTable, names: Iterable[bytes]) -> Iterator[Finding]:
    """Orphans on either side: files without a row as they come, then rows without a file."""
    used: set[str] = set()
    for name in names:
        spellings = table.spellings(name)
        used.update(spellings)
        if not spellings:
            message = "the file has no row in the metadata; it is accepted and under embargo"
            yield _finding("file-without-row", shown(name), message)
        for again in spellings[1:]:
            yield _duplicate(again, table.rows[spellings[0]][0].line, table.rows[again][0].line)
    for path, rows in table.rows.items():
        if path not in used:
            message = f"line {rows[0].line} of the metadata speaks of a file that was not delivered"
            yield _finding("row-without-file", shown(path), message)


def _alike(rows: Iterable[str]) -> dict[str, tuple[str, ...]]:
    spellings: dict[str, tuple[str, ...]] = {}
    for path in rows:
        key = _normal(path)
        spellings[key] = (*spellings.get(key, ()), path)
    return spellings


def _normal(path: str) -> str:
    cleaned = path.strip().replace("\\", "/") if "\\" in path and "/" not in path else path.strip()
    return unicodedata.normalize("NFC", cleaned.removeprefix("./"))


def _duplicate(path: str, first: int, again: int) -> Finding:
    message = f"the table speaks of this file in line {first} and again in line {again}; both are kept"
    return _finding("duplicate-row", shown(path), message)


def _name(path: Path) -> bytes:
    return path.name.encode("utf-8", "surrogateescape")


def _finding(code: str, subject: str, message: str) -> Finding:
    return Finding(code, Severity.WARNING, subject, message)
