"""A table divided by the files its rows are about: what tells of files that are gone goes with them."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterable


def divide_rows(data: bytes, *, keep: Iterable[bytes], gone: Iterable[bytes]) -> bytes | None:
    """A table in CSV without its rows about the files ``gone``; None where no column names a file in every row."""
    text = data.decode("utf-8-sig")
    delimiter, rows = read_table(text)
    staying, going = {alike(name) for name in keep}, {alike(name) for name in gone}
    heading, rest = rows[0], [row for row in rows[1:] if any(row)]
    for column in range(len(heading)):
        named = [alike(row[column].encode()) if column < len(row) else "" for row in rest]
        if all(name in staying or name in going for name in named):
            kept = [row for row, name in zip(rest, named, strict=True) if name not in going]
            return b"".join(table_line(row, delimiter) for row in (heading, *kept))
    return None


def read_table(text: str) -> tuple[str, list[list[str]]]:
    """The delimiter of a table in CSV, and its rows; raises csv.Error for what is none."""
    delimiter = max(";,\t|", key=text.split("\n", 1)[0].count)
    csv.field_size_limit(max(csv.field_size_limit(), len(text)))
    return delimiter, list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


def table_line(cells: Iterable[str], delimiter: str) -> bytes:
    """One row in CSV, spelled so that every reader finds the same cells."""
    row, text = list(cells), io.StringIO()
    if any("\r" in cell for cell in row):  # which, without quotes, would end the row for most readers
        csv.writer(text, delimiter=delimiter, lineterminator="\n", quoting=csv.QUOTE_ALL).writerow(row)
    else:
        csv.writer(text, delimiter=delimiter, lineterminator="\n").writerow(row)
    return text.getvalue().encode("utf-8", "surrogateescape")


def alike(name: bytes) -> str:
    """A path so that two spellings of it are equal: as the producer's table is matched when it arrives."""
    text = name.decode("utf-8", "surrogateescape").strip()
    text = text.replace("\\", "/") if "\\" in text and "/" not in text else text
    return unicodedata.normalize("NFC", text.removeprefix("./"))


def without_rows_about(data: bytes, gone: Iterable[bytes]) -> bytes | None:
    """A table in CSV without the rows in which a cell names one of the files ``gone``; None for what is no such table.

    Other rows may be about anything. Nothing is None where no row goes: then the table is answered as it is.
    """
    try:
        text = data.decode("utf-8-sig")
        delimiter, rows = read_table(text)
    except (UnicodeDecodeError, csv.Error):
        return None
    going = {alike(name) for name in gone}
    kept = [row for row in rows if not any(alike(cell.encode("utf-8", "surrogateescape")) in going for cell in row)]
    if len(kept) == len(rows):
        return data
    return b"".join(table_line(row, delimiter) for row in kept)
