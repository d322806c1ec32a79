"""A producer's table in a spreadsheet (XLSX, ODS, XLS): a process with bounds reads it, and its rows come from there.

A workbook comes from outside and unpacks to many times its size; whatever its reader does over it, it does there.
"""

from __future__ import annotations

import codecs
import json
import os
import shlex
import signal
from collections.abc import Generator, Iterator, Sequence
from multiprocessing import get_context
from multiprocessing.reduction import send_handle
from pathlib import Path
from typing import IO, Any

from archive.errors import ArchiveError, UsageError
from archive.ingest.record import Contents, Record, Remark, Unit
from archive.ingest.workbook import Bounds, work
from archive.inspection.spawning import no_modules_from_here
from archive.model.names import shown
from archive.model.quantities import octets as in_words
from profiles.finding import Finding, Severity
from profiles.finding_codes import FindingCode, code_named

MAGIC = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
"""How every workbook begins: as a ZIP file (XLSX, ODS) or as a compound file (XLS, and others with a password)."""
ENDINGS = {"xlsx": (".xlsx", ".xlsm", ".xltx", ".xltm"), "ods": (".ods", ".ots"), "xls": (".xls", ".xlt")}
"""The endings of names, by the form that they promise."""
OPTION = "--metadata-sheet"

_MOST_MEMORY = 4 << 30
_SECONDS = 900
_SHARE_OF_MEMORY = 2  # at most a half: the archive and the rest of the machine need the other
_LONGEST_MESSAGE = 256 << 20  # octets of JSON
_NAMED = 5
_PATIENCE = 5.0  # seconds for a process that hung up to be gone

_AS_CSV = "or save that sheet as 'CSV UTF-8' and give the CSV file"
_RIGHT_ONE = "is it the right file, and whole? open it in a spreadsheet program, save it as XLSX and give that file"
_REFUSALS = {
    "encrypted": (
        "is protected with a password",
        "open it with its password, save it without one and give that file; deliver the protected one with the others",
    ),
    "no-workbook": ("is no spreadsheet, though it begins like one", _RIGHT_ONE),
    "xlsb": ("is a binary workbook (XLSB), which is not read", "save it as XLSX and give that file"),
    "damaged": ("cannot be read as a spreadsheet: {}", _RIGHT_ONE),
    "entities": (
        "declares entities in its part {}, which no spreadsheet program writes and which may be meant to do harm",
        "ask whoever sent it; a copy that was opened and saved by a spreadsheet program has none",
    ),
    "too-large": ("would unpack to more than {}", f"split it, {_AS_CSV}"),
    "memory": (
        "needs more than {} of memory to be read",
        "if a cell far below or far to the right of the table holds something, clear it and save the file; "
        f"{_AS_CSV}: CSV needs no memory",
    ),
    "time": ("was not read within {} minutes of the processor", f"split it, {_AS_CSV}"),
    "nothing-there": ("has no sheet with anything on it", f"a hidden one is read when it is named: {OPTION} NAME"),
    "died": ("could not be read: the process that read it died (exit code {})", _RIGHT_ONE),
}


_PAGES = (b"<html", b"<!doctype", b"<?xml", b"<table", b"<meta")
_ENDINGS = tuple(ending for endings in ENDINGS.values() for ending in (*endings, ".xlsb"))


def judge_name(path: Path, beginning: bytes) -> tuple[Finding, ...]:
    """What to say where text calls itself a spreadsheet; ArchiveError for what is neither, or a page for a browser.

    ``beginning`` is that of a file that begins as no workbook does.
    """
    if beginning.removeprefix(codecs.BOM_UTF8).lstrip()[:20].lower().startswith(_PAGES):
        raise ArchiveError(
            f"{path} is a web page or other XML, not a table",
            hint="some programs call such a page a spreadsheet: open it in one, save it as XLSX and give that file",
        )
    if not path.name.lower().endswith(_ENDINGS):
        return ()
    if b"\0" in beginning and not beginning.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise ArchiveError(f"{path} is no spreadsheet, though its name says so", hint=_RIGHT_ONE)
    message = "its name says that it is a spreadsheet, and it is text: read as CSV"
    return (Finding(FindingCode.NAMED_OTHERWISE, Severity.WARNING, shown(os.fsencode(path.name)), message),)


def bounds() -> Bounds:
    """What reading a workbook may take on this machine."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return Bounds(min(_MOST_MEMORY, memory // _SHARE_OF_MEMORY), _SECONDS)


def read_sheet(path: Path, octets: IO[bytes], *, sheet: str | None, within: Bounds | None = None) -> Contents:
    """The workbook ``octets``, called ``path``; the sheet ``sheet``, or the only one with anything on it.

    The first row with anything in it holds the headings. Raises ArchiveError, saying what to do, for what cannot be
    read, and UsageError where a person has to say which sheet is meant. ``octets`` are not to be read meanwhile.
    """
    told = _told(path, octets, sheet, within or bounds())
    about = next(told)
    records = _records(told)
    first = next(records, None)
    heading = () if first is None else tuple(cell.strip() for cell in first.cells)
    while heading and not heading[-1]:
        heading = heading[:-1]
    return Contents(
        reading={"form": about["form"], "sheet": about["sheet"]},
        unit=Unit.ROW,
        heading=heading,
        records=_fitted(records, len(heading)),
        findings=tuple(_of_workbook(path, about)),
    )


def _told(path: Path, octets: IO[bytes], sheet: str | None, within: Bounds) -> Iterator[dict[str, Any]]:
    """What the worker tells, the first piece about the workbook. It is ended when this is, however that comes."""
    octets.flush()
    octets.seek(0)
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=work, args=(theirs, sheet, within), daemon=True)
    with no_modules_from_here():
        process.start()
    theirs.close()
    try:
        assert process.pid is not None
        send_handle(ours, octets.fileno(), process.pid)
        while True:
            told: dict[str, Any] = json.loads(ours.recv_bytes(_LONGEST_MESSAGE))
            if "refused" in told:
                raise _refusal(path, within, *told["refused"])
            if "end" in told:
                return
            yield told
    except (EOFError, OSError):
        process.join(timeout=_PATIENCE)
        raise _refusal(path, within, *_death(process.exitcode)) from None
    finally:
        ours.close()
        process.kill()
        process.join()


def _death(code: int | None) -> tuple[str, ...]:
    """What a worker died of. Libraries abort when they get no memory (in Rust, ``handle_alloc_error``)."""
    if code in (-signal.SIGABRT, -signal.SIGKILL):
        return ("memory",)
    return ("time",) if code == -signal.SIGXCPU else ("died", str(code))


def _refusal(path: Path, within: Bounds, code: str, *said: Any) -> ArchiveError:
    if code == "several-sheets":
        return UsageError(
            f"{path} has several sheets with something on them: {_names(said[0])}",
            hint=f"say which is the table: {OPTION} {_typed(said[0][0])}",
        )
    if code == "no-such-sheet":
        return UsageError(f"{path} has no such sheet; it has {_names(said[0])}", hint=f"{OPTION} takes one of these")
    what, hint = _REFUSALS[code]
    if code in ("memory", "too-large"):
        said = (in_words(within.memory if code == "memory" else said[0]),)
    elif code == "time":
        said = (within.seconds // 60,)
    elif code == "nothing-there" and said[0]:
        hint = f"hidden ones are read when they are named: {OPTION} {_typed(said[0][0])}"
    return ArchiveError(f"{path} {what.format(*(shown(str(word)) for word in said))}", hint=hint)


def _typed(name: str) -> str:
    """A name as it can be typed into a shell, or a word for it."""
    return shlex.quote(name) if shown(name) == name else "NAME"


def _names(names: Sequence[str]) -> str:
    return ", ".join(f"'{shown(name)}'" for name in names)


def _of_workbook(path: Path, about: dict[str, Any]) -> Iterator[Finding]:
    """What a person should know of a workbook as a whole."""
    name, form = shown(os.fsencode(path.name)), about["form"]
    promised = next((other for other, endings in ENDINGS.items() if path.suffix.lower() in endings), None)
    if promised != form:
        message = f"is a spreadsheet of the form {form.upper()}, which its name does not say; read as what it is"
        yield Finding(FindingCode.NAMED_OTHERWISE, Severity.WARNING, name, message)
    if about["hidden"]:
        message = f"hidden sheets were not read: {_names(about['hidden'])}; {OPTION} NAME reads one"
        yield Finding(FindingCode.HIDDEN_SHEETS, Severity.INFO, name, message)
    if about["merged"]:
        few = ", ".join(map(_range, about["merged"][:_NAMED]))
        more = f" and {len(about['merged']) - _NAMED} more" if len(about["merged"]) > _NAMED else ""
        message = f"cells are merged ({few}{more}): what stands there counts for the first cell alone"
        yield Finding(FindingCode.MERGED_CELLS, Severity.WARNING, name, message)
    if about["shown_zeros"]:
        message = "numbers in it may be shown with zeros in front, which are not part of them: '00123' is read as 123"
        yield Finding(FindingCode.ZEROS_SHOWN_ONLY, Severity.WARNING, name, message)


def _range(corners: Sequence[Sequence[int]]) -> str:
    """Cells as a spreadsheet names them: ``A2:A9``."""
    return ":".join(f"{letters(column)}{row + 1}" for row, column in corners)


def letters(column: int) -> str:
    """The name of a column, counted from 0: A to XFD."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


def _fitted(records: Iterator[Record], width: int) -> Generator[Record, None, None]:
    """Records as wide as the heading, or wider where they say something there: a grid has no ragged rows."""
    for record in records:
        cells = record.cells
        last = max((place for place, cell in enumerate(cells, start=1) if cell), default=0)
        cells = (*cells[: max(last, width)], *("",) * (width - len(cells)))
        yield Record(record.line, cells, None, record.remarks)


def _records(told: Iterator[dict[str, Any]]) -> Iterator[Record]:
    for piece in told:
        for line, cells, remarks in piece["rows"]:
            yield Record(
                line, tuple(cells), None, tuple(Remark(code_named(code), place, why) for code, place, why in remarks)
            )
