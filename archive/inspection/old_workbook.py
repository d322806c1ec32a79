"""Cells of an XLS workbook that hold an error, which its reader takes for empty ones ([MS-XLS])."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import IO

ERRORS = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
}
"""What each error shows ([MS-XLS] 2.5.10, BErr)."""

_STREAMS = ("Workbook", "Book")  # of Excel 97 and later, and of Excel 5
_BOF, _EOF, _BOUNDSHEET, _BOOLERR, _FORMULA = 0x0809, 0x000A, 0x0085, 0x0205, 0x0006
_HEAD = struct.Struct("<HH")
_CELL = struct.Struct("<HHH")  # row, column, format
_ERROR_RESULT = 2  # of a formula, where its result ends in FFFF and is no number ([MS-XLS] 2.5.133)


def error_cells(file: IO[bytes], sheet: int) -> Iterator[tuple[int, int, str]]:
    """Row, column and error of each such cell in the sheet with that number, all counted from 0.

    Reads the whole workbook into memory. What is damaged ends it: what was found so far is told.
    """
    import olefile  # type: ignore[import-untyped]  # FIDO's own dependency; ships no types

    with olefile.OleFileIO(file) as ole:
        name = next((stream for stream in _STREAMS if ole.exists(stream)), None)
        data = b"" if name is None else ole.openstream(name).read()
    places = [struct.unpack_from("<I", body)[0] for kind, body in _records(data, 0) if kind == _BOUNDSHEET]
    if sheet < len(places):
        yield from _errors(data, places[sheet])


def _records(data: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    """The records from ``at`` to the end of what begins there; charts in it begin and end, too."""
    depth = 0
    while at + _HEAD.size <= len(data):
        kind, length = _HEAD.unpack_from(data, at)
        at += _HEAD.size
        depth += (kind == _BOF) - (kind == _EOF)
        if depth <= 0:
            return
        if at + length <= len(data):
            yield kind, data[at : at + length]
        at += length


def _errors(data: bytes, at: int) -> Iterator[tuple[int, int, str]]:
    for kind, body in _records(data, at):
        if kind == _BOOLERR and len(body) >= 8 and body[7]:
            code = body[6]
        elif kind == _FORMULA and len(body) >= 14 and body[12:14] == b"\xff\xff" and body[6] == _ERROR_RESULT:
            code = body[8]
        else:
            continue
        row, column, _ = _CELL.unpack_from(body)
        yield row, column, ERRORS.get(code, "#?")
