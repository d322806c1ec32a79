"""Tables and lists divided by the files their lines are about: what tells of files that are gone goes with them.

What stays is taken over as it was received, octet for octet; only whole rows and lines are left out.
"""

from __future__ import annotations

import base64
import contextlib
import csv
import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from urllib.parse import unquote_to_bytes

from archive.model.names import shown

Lines = Callable[[], Iterable[bytes]]
"""Gives the lines of a file from the beginning, each time it is called."""

_CHECKSUM = re.compile(rb"\s*([0-9A-Fa-f]{32,128})\s+[ *]?(.+?)\s*")
_SHORTEST = 4
"""Octets a name must have to be looked for in running text: a shorter one is found everywhere."""
_ENCODINGS = ("cp1251", "cp1252", "koi8-r", "utf-16-le", "utf-16-be")
"""In which a name may stand in a table that was received, besides UTF-8."""
_OF_A_NAME = re.compile(rb"[A-Za-z0-9_./\\=-]|[\x80-\xff]")
"""An octet beside which a name goes on: then the text names another file."""


@dataclass(frozen=True, slots=True)
class GoneFile:
    """A file that is held no more, as papers may name it; ``sha256`` is None where a file still held has it too."""

    id: str
    name: bytes
    sha256: str | None


class Naming:
    """Looks for files in running text: by name in the usual encodings, by the base64 of the name, and by digest."""

    def __init__(self, gone: Iterable[GoneFile]) -> None:
        self._anywhere: set[bytes] = set()
        self._words: set[bytes] = set()
        for file in gone:
            self._anywhere.add(base64.b64encode(file.name))
            if file.sha256 is not None:
                self._anywhere.add(file.sha256.encode())
            if len(file.name) >= _SHORTEST:
                self._words |= {file.name, b"data/" + file.name, *_spellings(file.name)}
                self._anywhere |= _in_other_encodings(file.name)

    def names(self, lines: Iterable[bytes]) -> bool:
        """Whether the lines name one of the files."""
        return any(self._named(piece) for piece in _pieces(lines))

    def _named(self, piece: bytes) -> bool:
        return any(needle in piece for needle in self._anywhere) or any(_stands(word, piece) for word in self._words)


def _stands(word: bytes, text: bytes) -> bool:
    """Whether ``word`` stands in ``text`` by itself, and not as a part of a longer name."""
    place = text.find(word)
    while place >= 0:
        around = text[place - 1 : place] if place else b"", text[place + len(word) : place + len(word) + 1]
        if not any(_OF_A_NAME.match(octet) for octet in around):
            return True
        place = text.find(word, place + 1)
    return False


def _pieces(lines: Iterable[bytes], size: int = 1 << 22) -> Iterator[bytes]:
    """The lines in pieces of some size: searching few large ones is quicker than many small ones."""
    piece, length = list[bytes](), 0
    for line in lines:
        piece.append(line)
        length += len(line)
        if length >= size:
            yield b"".join(piece)
            piece, length = [], 0
    yield b"".join(piece)


def _spellings(name: bytes) -> set[bytes]:
    """A name as it may stand in a text in UTF-8: composed or not, in JSON, in a quoted cell of a table."""
    told = name.decode("utf-8", "surrogateescape")
    forms = {told, shown(name), *(unicodedata.normalize(form, told) for form in ("NFC", "NFD"))}
    forms |= {json.dumps(form, ensure_ascii=False)[1:-1] for form in forms}
    forms |= {form.replace('"', '""') for form in forms}
    return {form.encode("utf-8", "surrogateescape") for form in forms}


def _in_other_encodings(name: bytes) -> set[bytes]:
    """A name that is more than ASCII, as tables from elsewhere may spell it."""
    told, found = name.decode("utf-8", "surrogateescape"), set[bytes]()
    for encoding in _ENCODINGS if not told.isascii() else ():
        with contextlib.suppress(UnicodeEncodeError):
            found.add(told.encode(encoding))
    return found


def without_entries(lines: Iterable[bytes], gone: Iterable[GoneFile], *, instead: bytes) -> Iterator[bytes]:
    """A listing in JSON, an entry a line, with ``instead`` in the place of each line about a file that is gone."""
    files = list(gone)
    identifiers = {file.id for file in files}
    names = {base64.b64encode(file.name).decode() for file in files}
    for line in lines:
        entry = json.loads(line)
        yield instead if entry.get("file") in identifiers or entry.get("name_b64") in names else line


def is_list_of_digests(lines: Iterable[bytes]) -> bool:
    """Whether each line is a digest and a path, as in a manifest or what sha256sum writes."""
    return all(_CHECKSUM.fullmatch(line) for line in lines if line.strip())


def without_digests(lines: Iterable[bytes], gone: Iterable[GoneFile]) -> Iterator[bytes]:
    """A list of digests without the lines about files that are gone."""
    files = list(gone)
    names, digests = {file.name for file in files}, {file.sha256 for file in files}
    for line in lines:
        found = _CHECKSUM.fullmatch(line)
        if found is None or not (_paths(found[2]) & names or found[1].decode().lower() in digests):
            yield line


def _paths(path: bytes) -> set[bytes]:
    """The delivered names that a path in a list may mean."""
    forms = {path, unquote_to_bytes(path)}
    return {form.removeprefix(b"./").removeprefix(b"data/") for form in forms} | forms


def is_table(lines: Lines) -> bool:
    """Whether the lines can be read as a table in CSV, in UTF-8."""
    try:
        return sum(1 for _ in rows_and_lines(lines())) > 0
    except (UnicodeDecodeError, csv.Error):
        return False


def rows_and_lines(lines: Iterable[bytes]) -> Iterator[tuple[list[str], bytes]]:
    """Each row of a table in CSV with the octets it was read from. Raises UnicodeDecodeError or csv.Error."""
    read, rest = list[bytes](), iter(lines)
    first = next(rest, None)
    if first is None:
        return
    delimiter = max(b";,\t|", key=first.count)

    def feed() -> Iterator[str]:
        for number, line in enumerate(chain((first,), rest)):
            read.append(line)
            yield line.decode("utf-8-sig" if number == 0 else "utf-8")

    before = csv.field_size_limit(1 << 30)  # a cell may hold a whole testimony; the limit is everybody's
    try:
        for row in csv.reader(feed(), delimiter=chr(delimiter), strict=True):
            yield row, b"".join(read)
            read.clear()
    finally:
        csv.field_size_limit(before)


def without_rows(lines: Iterable[bytes], gone: Iterable[GoneFile]) -> Iterator[bytes]:
    """A table in CSV without the rows in which a cell names a file that is gone. Other rows may be about anything."""
    files = list(gone)
    going = {
        form for file in files for name in (file.name, b"data/" + file.name) for form in (alike(name), shown(name))
    }
    going |= {file.sha256 for file in files if file.sha256 is not None}
    for row, octets in rows_and_lines(lines):
        if not any(form in going for cell in row for form in _cell(cell)):
            yield octets


def _cell(cell: str) -> set[str]:
    """What a cell may mean; a leading apostrophe keeps spreadsheets from taking it for a formula."""
    plain = cell.strip().removeprefix("'")
    return {plain, plain.lower(), alike(cell.encode("utf-8", "surrogateescape")), alike(plain.encode())}


def column_of_names(lines: Iterable[bytes], names: Iterable[bytes]) -> int | None:
    """The column of a table that names one of these files in every row; None where none does."""
    known = {alike(name) for name in names}
    columns: set[int] | None = None
    for row, _ in _body(lines):
        fits = {column for column, cell in enumerate(row) if alike(cell.encode("utf-8", "surrogateescape")) in known}
        columns = fits if columns is None else columns & fits
    return min(columns) if columns else None


def without_rows_of(lines: Iterable[bytes], column: int, gone: Sequence[bytes]) -> Iterator[bytes]:
    """A table, heading and all, without the rows whose cell in ``column`` names one of the files ``gone``."""
    going = {alike(name) for name in gone}
    for number, (row, octets) in enumerate(rows_and_lines(lines)):
        named = alike(row[column].encode("utf-8", "surrogateescape")) if column < len(row) else ""
        if number == 0 or named not in going:
            yield octets


def _body(lines: Iterable[bytes]) -> Iterator[tuple[list[str], bytes]]:
    """The rows behind the heading that hold anything."""
    rows = rows_and_lines(lines)
    next(rows, None)
    return ((row, octets) for row, octets in rows if any(row))


def alike(name: bytes) -> str:
    """A path so that two spellings of it are equal: as the producer's table is matched when it arrives."""
    text = name.decode("utf-8", "surrogateescape").strip()
    text = text.replace("\\", "/") if "\\" in text and "/" not in text else text
    return unicodedata.normalize("NFC", text.removeprefix("./"))
