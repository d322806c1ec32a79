"""What lies in the ZIP file of a workbook beside the cells: what it is, and what its reader does not tell.

An error such as ``#REF!`` and a formula nobody worked out are empty cells to the reader, or noughts; so they are looked
for here, and only where a first look at the octets says that there are any. Runs in a process with bounds, for the file
may be made to harm: nothing here counts on sizes being true.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import IO
from xml.etree import ElementTree
from xml.parsers import expat

from profiles.finding_codes import FindingCode

MOST_OCTETS = 4 << 30
"""Octets that the parts of a workbook may unpack to: a million rows of forty cells have fewer."""

_PIECE = 1 << 20
_OVERLAP = 64  # octets of the longest mark looked for
_SMALL_PART = 16 << 20  # octets of a part that is read whole: a list of sheets, of styles
_ODS = b"application/vnd.oasis.opendocument.spreadsheet"
_DOCTYPE = re.compile(rb"<!(?:DOCTYPE|ENTITY)")
_XLSX_MARKS = re.compile(rb"""\bt\s*=\s*["']e["']|<(?:\w+:)?f[\s/>]""")
_ODS_MARKS = re.compile(rb"""value-type\s*=\s*["']error["']|:formula\s*=""")
_ZEROS = re.compile("0{2,}")
_ADDRESS = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")


class RefusedError(Exception):
    """The file is not read. ``args``: a code word, and what is to be filled into its sentence."""


Trouble = dict[tuple[int, int], tuple[str, FindingCode]]
"""By row and column, counted from 0: what the cell shows, and the code word for what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Parts:
    """A workbook as its directory tells.

    ``marked`` are the parts with signs of errors or formulas. ``shown_zeros``: numbers may be shown with zeros in front
    that they do not have.
    """

    form: str
    file: zipfile.ZipFile
    marked: frozenset[str]
    sheets: dict[str, str] = field(default_factory=dict)
    shown_zeros: bool = False

    def trouble(self, sheet: str) -> Trouble:
        """The cells of one sheet that hold an error, or a formula without a result."""
        part = self.sheets.get(sheet) if self.form == "xlsx" else "content.xml"
        if part not in self.marked:
            return {}
        finder = _XlsxTrouble() if self.form == "xlsx" else _OdsTrouble(sheet)
        return finder.found_in(_pieces(self.file, part))


def look_into(octets: IO[bytes]) -> Parts:
    """What the ZIP file is. Raises RefusedError for what is no workbook, or none that can be read."""
    try:
        file = zipfile.ZipFile(octets)
        return _look_into(file)
    except (RefusedError, MemoryError):
        raise
    except Exception as error:  # zipfile raises nearly anything over damaged content (zlib.error, struct.error …)
        raise RefusedError("damaged", str(error)) from error


def _look_into(file: zipfile.ZipFile) -> Parts:
    names = set(file.namelist())
    if "xl/workbook.bin" in names:
        raise RefusedError("xlsb")
    is_ods = "content.xml" in names and "mimetype" in names and _small(file, "mimetype").strip().startswith(_ODS)
    if not is_ods and "xl/workbook.xml" not in names:
        raise RefusedError("no-workbook")
    if is_ods and "META-INF/manifest.xml" in names and b"encryption-data" in _small(file, "META-INF/manifest.xml"):
        raise RefusedError("encrypted")
    if any(member.flag_bits & 1 for member in file.infolist()):
        raise RefusedError("encrypted")
    if is_ods:
        return Parts("ods", file, _read_through(file, _ODS_MARKS))
    marked = _read_through(file, _XLSX_MARKS)
    return Parts("xlsx", file, marked, _xlsx_sheets(file), _shows_zeros(file))


def _read_through(file: zipfile.ZipFile, marks: re.Pattern[bytes]) -> frozenset[str]:
    """The parts in which ``marks`` are found, once all were unpacked to nowhere: sizes and checksums hold afterwards.

    What unpacks to too much is refused, and what declares entities, which may be a bomb and is in no workbook.
    """
    xml = [member for member in file.infolist() if member.filename.endswith((".xml", ".rels"))]
    if sum(member.file_size for member in xml) > MOST_OCTETS:
        raise RefusedError("too-large", MOST_OCTETS)
    found = set()
    for member in xml:
        before = b""
        for piece in _pieces(file, member):
            window = before + piece
            if _DOCTYPE.search(window):
                raise RefusedError("entities", member.filename)
            if member.filename not in found and marks.search(window):
                found.add(member.filename)
            before = piece[-_OVERLAP:]
    return frozenset(found)


def _pieces(file: zipfile.ZipFile, part: zipfile.ZipInfo | str) -> Iterator[bytes]:
    with file.open(part) as opened:
        while piece := opened.read(_PIECE):
            yield piece


def _small(file: zipfile.ZipFile, part: str) -> bytes:
    with file.open(part) as opened:
        return opened.read(_SMALL_PART)


def _xlsx_sheets(file: zipfile.ZipFile) -> dict[str, str]:
    """The part of each sheet by its name (ECMA-376-1 §18.2.19, and the relations of the workbook)."""
    relations = "xl/_rels/workbook.xml.rels"
    if relations not in file.namelist():
        return {}
    targets = {
        one.get("Id", ""): one.get("Target", "").removeprefix("/xl/").removeprefix("./")
        for one in ElementTree.fromstring(_small(file, relations))
    }
    sheets = {}
    for element in ElementTree.fromstring(_small(file, "xl/workbook.xml")).iter():
        if _local(element.tag) == "sheet":
            found = next(
                (value for name, value in element.items() if name.startswith("{") and _local(name) == "id"), ""
            )
            sheets[element.get("name", "")] = f"xl/{targets.get(found, '')}"
    return sheets


def _shows_zeros(file: zipfile.ZipFile) -> bool:
    """Whether some style of cell shows numbers with zeros in front (ECMA-376-1 §18.8.30)."""
    if "xl/styles.xml" not in file.namelist():
        return False
    zeros, used = set[str | None](), set[str | None]()
    root = ElementTree.fromstring(_small(file, "xl/styles.xml"))
    for element in root.iter():
        if _local(element.tag) == "numFmt" and _ZEROS.fullmatch(element.get("formatCode", "")):
            zeros.add(element.get("numFmtId"))
        elif _local(element.tag) == "cellXfs":
            used |= {style.get("numFmtId") for style in element}
    return bool(zeros & used)


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


class _XlsxTrouble:
    """Goes through a worksheet (ECMA-376-1 §18.3.1): a cell of type ``e``, or with a formula and no value."""

    def __init__(self) -> None:
        self._found: Trouble = {}
        self._row = self._place = -1
        self._is_error = self._is_text = self._formula = self._in_value = False
        self._value = ""

    def found_in(self, pieces: Iterable[bytes]) -> Trouble:
        _parse(pieces, self._begin, self._end, self._text)
        return self._found

    def _begin(self, name: str, given: dict[str, str]) -> None:
        name = _local(name)
        if name == "row":
            self._row = int(given["r"]) - 1 if "r" in given else self._row + 1
            self._place = -1
        elif name == "c":
            address = _ADDRESS.fullmatch(given.get("r", ""))
            self._place = self._place + 1 if address is None else _number_of(address[1])
            self._is_error, self._is_text = given.get("t") == "e", given.get("t") == "str"
            self._formula, self._value = False, ""
        elif name == "f":
            self._formula = True
        elif name == "v":
            self._in_value = True

    def _end(self, name: str) -> None:
        name = _local(name)
        if name == "v":
            self._in_value = False
        elif name == "c":
            if self._is_error:
                self._found[self._row, self._place] = (self._value or "#?", FindingCode.CELL_ERROR)
            elif self._formula and not self._value and not self._is_text:
                self._found[self._row, self._place] = ("", FindingCode.FORMULA_WITHOUT_RESULT)

    def _text(self, text: str) -> None:
        if self._in_value and len(self._value) < 100:
            self._value += text


class _OdsTrouble:
    """Goes through one table of an OpenDocument spreadsheet: cells marked as errors, or with a formula and no value."""

    def __init__(self, sheet: str) -> None:
        self._sheet = sheet
        self._found: Trouble = {}
        self._inside = False
        self._row = self._next_row = self._place = self._next_place = 0
        self._error = False
        self._shown = ""

    def found_in(self, pieces: Iterable[bytes]) -> Trouble:
        _parse(pieces, self._begin, self._end, self._text)
        return self._found

    def _begin(self, name: str, given: dict[str, str]) -> None:
        name = _local(name)
        said = {_local(key): value for key, value in given.items()}
        if name == "table":
            self._inside = said.get("name") == self._sheet
            self._next_row = 0
        elif name == "table-row":
            self._row = self._next_row
            self._next_row += int(said.get("number-rows-repeated", "1"))
            self._next_place = 0
        elif name in ("table-cell", "covered-table-cell"):
            self._place = self._next_place
            self._next_place += int(said.get("number-columns-repeated", "1"))
            types = [value for key, value in given.items() if _local(key) == "value-type"]
            self._error = self._inside and "error" in types
            self._shown = ""
            if self._inside and "formula" in said and not types:
                self._found[self._row, self._place] = ("", FindingCode.FORMULA_WITHOUT_RESULT)

    def _end(self, name: str) -> None:
        if self._error and _local(name) in ("table-cell", "covered-table-cell"):
            self._found[self._row, self._place] = (self._shown or "#?", FindingCode.CELL_ERROR)
            self._error = False

    def _text(self, text: str) -> None:
        if self._error and len(self._shown) < 100:
            self._shown += text


def _number_of(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def _parse(pieces: Iterable[bytes], begin: object, end: object, text: object) -> None:
    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    parser.StartElementHandler = begin  # type: ignore[assignment]
    parser.EndElementHandler = end  # type: ignore[assignment]
    parser.CharacterDataHandler = text  # type: ignore[assignment]
    try:
        for piece in pieces:
            parser.Parse(piece, False)
        parser.Parse(b"", True)
    except (expat.ExpatError, ValueError) as error:
        raise RefusedError("damaged", str(error)) from error
