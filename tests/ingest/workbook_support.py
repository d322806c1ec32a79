"""Workbooks made by hand, the good ones and those no spreadsheet program would write: XLSX, ODS and XLS."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml."

DAY, MOMENT, ZEROS = 1, 2, 3
"""Styles of numbers: a day, a day with a time, five digits with zeros in front."""


@dataclass(frozen=True)
class Styled:
    """A number that is shown in another way."""

    value: float
    style: int


@dataclass(frozen=True)
class Raw:
    """Attributes and content of a cell, as they are to stand in the XML."""

    attributes: str
    content: str


@dataclass(frozen=True)
class Wrong:
    """An error in an old workbook, come of a formula or typed ([MS-XLS] 2.4.127 and 2.4.24)."""

    code: int
    worked_out: bool = True


Cell = str | float | bool | Styled | Raw | Wrong | None
Rows = Sequence[Sequence[Cell]]


def zipped(parts: Mapping[str, str | bytes]) -> bytes:
    """A ZIP file of these parts."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        for name, part in parts.items():
            file.writestr(name, part)
    return made.getvalue()


def xlsx(
    sheets: Rows | Mapping[str, Rows],
    *,
    hidden: Iterable[str] = (),
    merged: Sequence[str] = (),
    since_1904: bool = False,
    more: Mapping[str, str | bytes] | None = None,
) -> bytes:
    """A workbook of Excel 2007 and later; ``more`` are further parts, or others in the place of its own."""
    named = sheets if isinstance(sheets, Mapping) else {"Sheet1": sheets}
    written = [_sheet(rows, merged) for rows in named.values()]
    zeros = '<xf numFmtId="164"/>' if any(f's="{ZEROS}"' in sheet for sheet in written) else ""
    parts: dict[str, str | bytes] = {
        "[Content_Types].xml": _content_types(len(named)),
        "_rels/.rels": f'<Relationships xmlns="{_RELATIONS}"><Relationship Id="r0" '
        f'Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": _workbook(named, set(hidden), since_1904=since_1904),
        "xl/_rels/workbook.xml.rels": _workbook_relations(len(named)),
        "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}"><numFmts count="2">'
        '<numFmt numFmtId="164" formatCode="00000"/><numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/>'
        '</numFmts><cellXfs count="4"><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="165"/>'
        f"{zeros}</cellXfs></styleSheet>",
    }
    for number, sheet in enumerate(written, start=1):
        parts[f"xl/worksheets/sheet{number}.xml"] = sheet
    return zipped({**parts, **(more or {})})


def column(place: int) -> str:
    """The letters of a column, counted from 0."""
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def sheet_xml(cells: str) -> str:
    """A worksheet with these rows, as XML."""
    return f'<?xml version="1.0"?><worksheet xmlns="{_MAIN}"><sheetData>{cells}</sheetData></worksheet>'


def _sheet(rows: Rows, merged: Sequence[str]) -> str:
    written = []
    for number, row in enumerate(rows, start=1):
        cells = "".join(_cell(f"{column(place)}{number}", cell) for place, cell in enumerate(row) if cell is not None)
        written.append(f'<row r="{number}">{cells}</row>')
    ranges = "".join(f'<mergeCell ref="{one}"/>' for one in merged)
    joined = f'<mergeCells count="{len(merged)}">{ranges}</mergeCells>' if merged else ""
    return (
        f'<?xml version="1.0"?><worksheet xmlns="{_MAIN}"><sheetData>{"".join(written)}</sheetData>{joined}</worksheet>'
    )


def _cell(at: str, cell: Cell) -> str:
    if isinstance(cell, Raw):
        return f'<c r="{at}" {cell.attributes}>{cell.content}</c>'
    if isinstance(cell, bool):
        return f'<c r="{at}" t="b"><v>{int(cell)}</v></c>'
    if isinstance(cell, Styled):
        return f'<c r="{at}" s="{cell.style}"><v>{cell.value!r}</v></c>'
    if isinstance(cell, str):
        return f'<c r="{at}" t="inlineStr"><is><t xml:space="preserve">{escape(cell)}</t></is></c>'
    return f'<c r="{at}"><v>{cell!r}</v></c>'


def _content_types(sheets: int) -> str:
    overrides = "".join(
        f'<Override PartName="/xl/worksheets/sheet{number}.xml" ContentType="{_TYPES}worksheet+xml"/>'
        for number in range(1, sheets + 1)
    )
    return (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPES}sheet.main+xml"/>{overrides}'
        f'<Override PartName="/xl/styles.xml" ContentType="{_TYPES}styles+xml"/></Types>'
    )


def _workbook(named: Iterable[str], hidden: set[str], *, since_1904: bool) -> str:
    state = {name: ' state="hidden"' if name in hidden else "" for name in named}
    sheets = "".join(
        f'<sheet name={quoteattr(name)} sheetId="{number}"{state[name]} r:id="r{number}"/>'
        for number, name in enumerate(named, start=1)
    )
    return (
        f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><workbookPr date1904="{int(since_1904)}"/>'
        f"<sheets>{sheets}</sheets></workbook>"
    )


def _workbook_relations(sheets: int) -> str:
    relations = "".join(
        f'<Relationship Id="r{number}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{number}.xml"/>'
        for number in range(1, sheets + 1)
    )
    styles = f'<Relationship Id="r99" Type="{_OFFICE}/styles" Target="styles.xml"/>'
    return f'<Relationships xmlns="{_RELATIONS}">{relations}{styles}</Relationships>'


_ODS_TYPE = "application/vnd.oasis.opendocument.spreadsheet"
_NAMES = "".join(
    f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{what}:1.0"'
    for name, what in (
        ("office", "office"),
        ("table", "table"),
        ("text", "text"),
        ("style", "style"),
        ("number", "datastyle"),
    )
)
_NAMES += ' xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"'


def ods(sheets: Rows | Mapping[str, Rows] | str, *, manifest: str = "", styles: str = "", prolog: str = "") -> bytes:
    """An OpenDocument spreadsheet; ``sheets`` may be the XML of its tables."""
    if isinstance(sheets, str):
        tables = sheets
    else:
        named = sheets if isinstance(sheets, Mapping) else {"Sheet1": sheets}
        tables = "".join(
            f"<table:table table:name={quoteattr(name)}>{''.join(map(_ods_row, rows))}</table:table>"
            for name, rows in named.items()
        )
    content = (
        f'<?xml version="1.0"?>{prolog}<office:document-content{_NAMES} office:version="1.3">{styles}'
        f"<office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>"
    )
    entries = manifest or f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{_ODS_TYPE}"/>'
    return zipped(
        {
            "mimetype": _ODS_TYPE,
            "content.xml": content,
            "META-INF/manifest.xml": '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:'
            f'manifest:1.0">{entries}</manifest:manifest>',
        }
    )


def _ods_row(row: Sequence[Cell]) -> str:
    return f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>"


def _ods_cell(cell: Cell) -> str:
    if cell is None:
        return "<table:table-cell/>"
    if isinstance(cell, Raw):
        return f"<table:table-cell {cell.attributes}>{cell.content}</table:table-cell>"
    if isinstance(cell, bool):
        said = str(cell).lower()
        return _ods_value(f'office:value-type="boolean" office:boolean-value="{said}"', said)
    if isinstance(cell, str):
        lines = "".join(f"<text:p>{escape(line)}</text:p>" for line in cell.split("\n"))
        return f'<table:table-cell office:value-type="string">{lines}</table:table-cell>'
    value = cell.value if isinstance(cell, Styled) else cell
    return _ods_value(f'office:value-type="float" office:value="{value!r}"', str(value))


def _ods_value(attributes: str, seen: str) -> str:
    return f"<table:table-cell {attributes}><text:p>{seen}</text:p></table:table-cell>"


def xls(rows: Rows, *, encrypted: bool = False) -> bytes:
    """A workbook of Excel 97 (BIFF8 in a compound file), with numbers and text ([MS-XLS] 2.4)."""
    name = "Лист1"
    begin = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0, 0, 0, 0))
    if encrypted:
        begin += _record(0x002F, struct.pack("<HHHH", 1, 1, 1, 1) + bytes(48))
    sheet = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0, 0, 0, 0))
    for number, row in enumerate(rows):
        for place, cell in enumerate(row):
            if isinstance(cell, str):
                text = struct.pack("<HB", len(cell), 1) + cell.encode("utf-16-le")
                sheet += _record(0x0204, struct.pack("<HHH", number, place, 0) + text)
            elif isinstance(cell, Wrong):
                result = struct.pack("<BxBxxx", 2, cell.code) + b"\xff\xff"
                formula = struct.pack("<HHH", number, place, 0) + result + bytes(8)
                constant = struct.pack("<HHHBB", number, place, 0, cell.code, 1)
                sheet += _record(0x0006, formula) if cell.worked_out else _record(0x0205, constant)
            elif isinstance(cell, int | float):
                sheet += _record(0x0203, struct.pack("<HHHd", number, place, 0, cell))
    sheet += _record(0x000A, b"")
    bound = struct.pack("<BB", len(name), 1) + name.encode("utf-16-le")
    end = _record(0x000A, b"")
    at = len(begin) + 4 + 6 + len(bound) + len(end)
    return compound({"Workbook": begin + _record(0x0085, struct.pack("<IBB", at, 0, 0) + bound) + end + sheet})


def encrypted_xlsx() -> bytes:
    """What a spreadsheet program writes when a password is set ([MS-OFFCRYPTO] 2.3)."""
    return compound({"EncryptionInfo": struct.pack("<HHI", 4, 4, 0x40) + bytes(300), "EncryptedPackage": bytes(6000)})


def _record(kind: int, data: bytes) -> bytes:
    return struct.pack("<HH", kind, len(data)) + data


def compound(streams: Mapping[str, bytes]) -> bytes:
    """A compound file of these streams ([MS-CFB]); none is so short that it would go into the small ones."""
    sector, end, free = 512, 0xFFFFFFFE, 0xFFFFFFFF
    data, table, entries = b"", [0xFFFFFFFD], []
    for name, stream in streams.items():
        stream = stream.ljust(4096, b"\0")
        count = -(-len(stream) // sector)
        start = len(table)
        table += [*range(start + 1, start + count), end]
        data += stream.ljust(count * sector, b"\0")
        entries.append((name, 2, start, len(stream)))
    directory = len(table)
    table.append(end)
    folder = _entry("Root Entry", 5, end, 0, child=1)
    for place, (name, kind, start, size) in enumerate(entries, start=1):
        folder += _entry(name, kind, start, size, right=place + 1 if place < len(entries) else free)
    assert len(table) <= 128
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    header += struct.pack("<HHHHH6xIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, 1, directory, 0, 4096, end, 0, end, 0)
    header += struct.pack("<109I", 0, *[free] * 108)
    table += [free] * (128 - len(table))
    return header + struct.pack("<128I", *table) + data + folder.ljust(sector, b"\0")


def _entry(name: str, kind: int, start: int, size: int, *, child: int = 0xFFFFFFFF, right: int = 0xFFFFFFFF) -> bytes:
    spelled = name.encode("utf-16-le") + b"\0\0"
    ids = struct.pack("<III", 0xFFFFFFFF, right, child)
    return (
        spelled.ljust(64, b"\0")
        + struct.pack("<HBB", len(spelled), kind, 1)
        + ids
        + bytes(36)
        + struct.pack("<IQ", start, size)
    )
