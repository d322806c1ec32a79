"""Hostile spreadsheets: read in a process with bounds, and refused with a word where they ask for more."""

from __future__ import annotations

import struct
from dataclasses import replace

from hostile_case import Case
from hostile_tables import table
from workbook_support import Raw, encrypted_xlsx, ods, sheet_xml, xls, xlsx, zipped

_ROWS = [["path", "note"], ["a.txt", "one"], ["b.txt", "two"]]
_SHEET = "xl/worksheets/sheet1.xml"
_HEADING = '<c r="A1" t="inlineStr"><is><t>path</t></is></c>'


def sheet(name: str, id: str, delivered: str, data: bytes, *codes: str, exit: int = 0) -> Case:
    return replace(table(id, delivered, data, *codes, exit=exit), table_name=name)


def _saying(data: bytes, size: int) -> bytes:
    """The workbook, saying of its sheet that it unpacks to so many octets."""
    said = bytearray(data)
    at = said.rfind(b"PK\1\2", 0, said.find(_SHEET.encode(), said.find(b"PK\1\2")))
    said[at + 24 : at + 28] = struct.pack("<I", size)
    return bytes(said)


def _nested() -> str:
    """Entities that would be a thousand million words."""
    lines = [f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10)]
    return f'<!DOCTYPE bomb [<!ENTITY e0 "lol">{"".join(lines)}]>'


_GRID = (
    '<table:table table:name="a"><table:table-row table:number-rows-repeated="1048576"><table:table-cell '
    'table:number-columns-repeated="16384" office:value-type="string"><text:p>x</text:p></table:table-cell>'
    "</table:table-row></table:table>"
)

CASES = (
    sheet(
        "table.xlsx",
        "spreadsheet-bomb",
        "a workbook of kilobytes that unpacks to 4 GB",
        _saying(xlsx(_ROWS), 0xFFFFFFFE),
        exit=1,
    ),
    sheet(
        "table.xlsx",
        "spreadsheet-size-is-a-lie",
        "a workbook whose sheet is longer than it says",
        _saying(xlsx(_ROWS), 10),
        exit=1,
    ),
    sheet(
        "table.xlsx",
        "spreadsheet-entities",
        "a workbook with entities within entities",
        xlsx(_ROWS, more={_SHEET: _nested() + sheet_xml(f'<row r="1">{_HEADING}<c t="str"><v>&e9;</v></c></row>')}),
        exit=1,
    ),
    sheet("table.ods", "spreadsheet-entities-ods", "the same, OpenDocument", ods(_ROWS, prolog=_nested()), exit=1),
    sheet(
        "table.xlsx",
        "spreadsheet-absurdly-large",
        "a sheet with something in the last cell that there can be",
        xlsx(
            [],
            more={
                _SHEET: sheet_xml(f'<row r="1">{_HEADING}</row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')
            },
        ),
        exit=1,
    ),
    sheet("table.ods", "spreadsheet-of-one-cell", "one cell, repeated 17 thousand million times", ods(_GRID), exit=1),
    sheet("table.xlsx", "spreadsheet-encrypted", "a workbook with a password", encrypted_xlsx(), exit=1),
    sheet("table.xls", "spreadsheet-encrypted-old", "an old one with a password", xls(_ROWS, encrypted=True), exit=1),
    sheet(
        "table.xlsx",
        "spreadsheet-is-a-document",
        "a text document called .xlsx",
        zipped({"word/document.xml": "<document/>"}),
        exit=1,
    ),
    sheet("table.xls", "spreadsheet-is-a-page", "a web page called .xls", b"<html><table><tr><td>path", exit=1),
    sheet("table.xlsx", "spreadsheet-is-cut-off", "half of a workbook", xlsx(_ROWS)[:900], exit=1),
    sheet(
        "table.xlsx",
        "spreadsheet-is-csv",
        "CSV called .xlsx",
        b"path,note\na.txt,one\nb.txt,two\n",
        "named-otherwise",
    ),
    sheet("table.csv", "spreadsheet-is-called-csv", "a workbook called .csv", xlsx(_ROWS), "named-otherwise"),
    sheet(
        "table.xlsx",
        "spreadsheet-of-errors",
        "cells that hold `#REF!`, formulas nobody worked out, merged cells",
        xlsx(
            [*_ROWS, [Raw('t="e"', "<v>#REF!</v>"), Raw("", "<f>WEBSERVICE(A1)</f>")]],
            merged=["B2:B3"],
        ),
        "cell-error",
        "formula-without-result",
        "merged-cells",
        "row-without-file",
        exit=3,
    ),
    sheet(
        "table.xlsx",
        "spreadsheet-of-formulas",
        "formulas that would run a program or call another machine",
        xlsx(
            [
                *_ROWS[:2],
                ["b.txt", Raw('t="str"', "<f>cmd|'/C calc'!A0</f><v>=cmd|'/C calc'!A0</v>")],
            ]
        ),
    ),
)
