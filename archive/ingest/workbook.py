"""The one door to python-calamine: a workbook read in a process of its own, which has bounds and tells what it finds.

What it tells is JSON, piece by piece: nothing that a hostile workbook makes of this process reaches the other one but
text. First ``{"refused": [code, …]}`` or ``{"form", "sheet", …}``, then ``{"rows": …}`` some times, then ``{"end"}``.
"""

from __future__ import annotations

import json
import os
import re
import resource
import signal
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.reduction import recv_handle
from typing import IO, TYPE_CHECKING, Any

from archive.ingest.sheet_cells import Value, remark_on, text_of
from archive.ingest.workbook_parts import Parts, RefusedError, Trouble, look_into
from archive.inspection.old_workbook import error_cells
from profiles.finding_codes import FindingCode

if TYPE_CHECKING:
    from python_calamine import CalamineSheet, CalamineWorkbook

BATCH = 500
"""Rows that are told at once."""

_LONG = 1 << 20  # characters in rows that are told at once, or in one that is longer
_PIECE = 1 << 20
_ZIP = b"PK\x03\x04"
_PROTECTED = "EncryptedPackage".encode("utf-16-le")
# A beginning of BIFF8 with, behind it, the record that says a password is needed ([MS-XLS] 2.4.21 and 2.4.117).
_FILEPASS = re.compile(rb"\x09\x08\x10\x00\x00\x06\x05\x00.{12}(?:\x86\x00\x00\x00)?\x2f\x00", re.DOTALL)
_MOST_MERGED = 1_000


@dataclass(frozen=True, slots=True)
class Bounds:
    """What reading may take: octets of memory, and seconds of the processor."""

    memory: int
    seconds: int


def work(connection: Connection, wanted: str | None, bounds: Bounds) -> None:
    """Read the workbook whose descriptor comes over ``connection``, and tell it there: all a worker does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who interrupts means the one who waits for the rows
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 2)  # a library that aborts prints where it was; the other process says what it means
    import python_calamine  # noqa: F401 - before there are bounds to what may be opened and read

    _bound(resource.RLIMIT_CORE, 0)  # what is in memory is evidence, and the current folder may be a delivered one
    _bound(resource.RLIMIT_FSIZE, 0)
    _bound(resource.RLIMIT_AS, bounds.memory)
    _bound(resource.RLIMIT_CPU, bounds.seconds, grace=5)  # below the last second a signal tells which limit it was
    with suppress(BrokenPipeError), open(recv_handle(connection), "rb") as file:
        try:
            for told in _tell(file, wanted):
                connection.send_bytes(json.dumps(told).encode("ascii"))
        except RefusedError as refused:
            _refuse(connection, *refused.args)
        except MemoryError:
            _refuse(connection, "memory")
        except BrokenPipeError:
            raise
        except BaseException as error:  # a panic of the library is no Exception
            _refuse(connection, "damaged", str(error))


def _bound(limit: int, most: int, *, grace: int = 0) -> None:
    """Set a limit for good; where a lower one is set already, that holds."""
    _, hard = resource.getrlimit(limit)
    last = most + grace if hard == resource.RLIM_INFINITY else min(most + grace, hard)
    resource.setrlimit(limit, (min(most, last), last))


def _refuse(connection: Connection, *why: object) -> None:
    connection.send_bytes(json.dumps({"refused": why}).encode("ascii"))


def _tell(file: IO[bytes], wanted: str | None) -> Iterator[dict[str, Any]]:
    parts = look_into(file) if file.read(4) == _ZIP else None
    file.seek(0)
    workbook = _open(file, parts)
    name, sheet, hidden = _choose(workbook, wanted)
    trouble = _old_trouble(file, workbook.sheet_names.index(name)) if parts is None else parts.trouble(name)
    yield {
        "form": "xls" if parts is None else parts.form,
        "sheet": name,
        "hidden": hidden,
        "merged": list(sheet.merged_cell_ranges or ())[:_MOST_MERGED],
        "shown_zeros": parts is not None and parts.shown_zeros,
    }
    batch, size = [], 0
    for told in _rows(sheet, trouble):
        batch.append(told)
        size += sum(map(len, told[1]))
        if len(batch) == BATCH or size > _LONG:
            yield {"rows": batch}
            batch, size = [], 0
    yield {"rows": batch}
    yield {"end": True}


def _old_trouble(file: IO[bytes], sheet: int) -> Trouble:
    return {(row, column): (seen, FindingCode.CELL_ERROR) for row, column, seen in error_cells(file, sheet)}


def _open(file: IO[bytes], parts: Parts | None) -> CalamineWorkbook:
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    try:
        return CalamineWorkbook.from_filelike(file)
    except PasswordError:
        raise RefusedError("encrypted") from None
    except (CalamineError, OSError) as error:
        if parts is None and _is_protected(file):
            raise RefusedError("encrypted") from error
        raise RefusedError("damaged" if parts is not None else "no-workbook", str(error)) from error


def _is_protected(file: IO[bytes]) -> bool:
    """Whether an old workbook, or a new one inside an old container, wants a password."""
    file.seek(0)
    before = b""
    while piece := file.read(_PIECE):
        window = before + piece
        if _PROTECTED in window or _FILEPASS.search(window):
            return True
        before = piece[-64:]
    return False


def _choose(workbook: CalamineWorkbook, wanted: str | None) -> tuple[str, CalamineSheet, list[str]]:
    """The sheet that is meant, and the hidden ones: the one that is asked for, or the only one with something on it."""
    from python_calamine import SheetTypeEnum, SheetVisibleEnum

    tables = [one for one in workbook.sheets_metadata if one.typ == SheetTypeEnum.WorkSheet]
    hidden = [one.name for one in tables if one.visible != SheetVisibleEnum.Visible]
    if wanted is not None:
        alike = sorted((one.name for one in tables if one.name.strip() == wanted.strip()), key=wanted.__ne__)
        name = alike[0] if alike else None
        if name is None:
            raise RefusedError("no-such-sheet", [one.name for one in tables])
        return name, workbook.get_sheet_by_name(name), [other for other in hidden if other != name]
    found, chosen = list[str](), None
    for one in tables:
        if one.name in hidden:
            continue
        sheet = workbook.get_sheet_by_name(one.name)
        if sheet.start is not None:
            found.append(one.name)
            chosen = sheet if len(found) == 1 else None  # what is not wanted need not stay in memory
    if chosen is None:
        raise RefusedError("several-sheets", found) if found else RefusedError("nothing-there", hidden)
    return found[0], chosen, hidden


def _rows(sheet: CalamineSheet, trouble: Trouble) -> Iterator[tuple[int, list[str], list[tuple[str, int, str]]]]:
    """Each row that holds anything: its number as a person sees it, its cells, and what is odd about them.

    Columns before the first with anything in it are left out, the same everywhere.
    """
    left = 0 if sheet.start is None else sheet.start[1]
    by_row: dict[int, dict[int, tuple[str, FindingCode]]] = {}
    for (row, column), told in trouble.items():
        by_row.setdefault(row, {})[column - left] = told
    number = -1
    for number, values in enumerate(sheet.iter_rows()):  # from the first row, and the first column with anything in it
        cells, remarks = _cells(values, by_row.pop(number, {}))
        if any(cells) or remarks:
            yield number + 1, cells, remarks
    if sheet.end is not None and number != sheet.end[0]:
        raise RefusedError("damaged", "its rows are not where the reader counts them")
    for number in sorted(by_row):  # formulas without a result, behind everything else
        yield number + 1, *_cells([], by_row[number])


def _cells(
    values: list[Value], trouble: dict[int, tuple[str, FindingCode]]
) -> tuple[list[str], list[tuple[str, int, str]]]:
    cells = [text_of(value) for value in values]
    remarks = list[tuple[str, int, str]]()
    for place, value in enumerate(values):
        remark = None if isinstance(value, str) else remark_on(value, place)
        remarks += [] if remark is None else [(remark.code, place, remark.why)]
    for place, (seen, code) in trouble.items():
        if place >= 0:
            cells += [""] * (place + 1 - len(cells))
            cells[place] = seen
            remarks.append((code, place, _TROUBLE[code].format(seen)))
    return cells, remarks


_TROUBLE = {
    FindingCode.CELL_ERROR: "'{}' stands where a formula could not be worked out",
    FindingCode.FORMULA_WITHOUT_RESULT: "a formula that nobody has worked out yet; it counts as empty",
}
