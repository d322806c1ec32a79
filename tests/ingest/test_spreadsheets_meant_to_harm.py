"""A workbook that is damaged, locked or made to do harm is refused with a word, and takes no more than it may."""

from __future__ import annotations

import io
import multiprocessing
import os
import struct
import tempfile
import zipfile
from pathlib import Path

import pytest
from workbook_support import Raw, compound, encrypted_xlsx, ods, sheet_xml, xls, xlsx, zipped

from archive.errors import ArchiveError
from archive.ingest.metadata import MetadataFile, open_table
from archive.ingest.spreadsheet import bounds, read_sheet
from archive.ingest.workbook import Bounds

SMALL = Bounds(memory=400 << 20, seconds=60)
GOOD = xlsx([["path"], ["a.txt"]])
LOCKED = '<manifest:file-entry manifest:full-path="content.xml"><manifest:encryption-data/></manifest:file-entry>'
ENTITIES = '<!DOCTYPE bomb [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
SHEET = "xl/worksheets/sheet1.xml"


def cell(at: str, text: str) -> str:
    return f'<c r="{at}" t="inlineStr"><is><t>{text}</t></is></c>'


def refusal(data: bytes, name: str = "metadata.xlsx", *, within: Bounds = SMALL) -> ArchiveError:
    with tempfile.TemporaryFile() as file, pytest.raises(ArchiveError) as caught:
        file.write(data)
        read_sheet(Path(name), file, sheet=None, within=within)
    assert caught.value.hint and name in str(caught.value)
    assert multiprocessing.active_children() == []
    return caught.value


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (encrypted_xlsx(), "metadata.xlsx"),
        (xls([["path"]], encrypted=True), "metadata.xls"),
        (ods([["path"]], manifest=LOCKED), "metadata.ods"),
    ],
)
def test_a_password_is_told_and_what_to_do(data: bytes, name: str) -> None:
    error = refusal(data, name)
    assert "is protected with a password" in str(error)
    assert "save it without one" in error.hint


def test_a_zip_with_encrypted_parts_is_locked_too() -> None:
    locked = bytearray(GOOD)
    at = locked.find(b"PK\x01\x02")
    while at >= 0:
        locked[at + 8] |= 1
        at = locked.find(b"PK\x01\x02", at + 1)
    assert "is protected with a password" in str(refusal(bytes(locked)))


@pytest.mark.parametrize(
    "data",
    [
        zipped({"word/document.xml": "<document/>"}),
        zipped({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": "<x/>"}),
        compound({"WordDocument": bytes(5000)}),
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1000),
    ],
)
def test_what_only_begins_like_a_spreadsheet_is_none(data: bytes) -> None:
    assert "is no spreadsheet, though it begins like one" in str(refusal(data))


@pytest.mark.parametrize("beginning", [b"<html><table>", b"\xef\xbb\xbf <?xml version='1.0'?>", b"<!DOCTYPE HTML>"])
@pytest.mark.parametrize("name", ["metadata.xls", "metadata.csv"])
def test_a_web_page_that_is_called_a_spreadsheet_is_told(tmp_path: Path, beginning: bytes, name: str) -> None:
    (tmp_path / name).write_bytes(beginning + b"<tr><td>path</td></tr>")
    with pytest.raises(ArchiveError, match="is a web page or other XML") as caught:
        open_table(MetadataFile(tmp_path / name), known=("path",), scratch=tmp_path)
    assert "save it as XLSX" in caught.value.hint


def test_octets_that_are_neither_are_told(tmp_path: Path) -> None:
    (tmp_path / "metadata.xlsx").write_bytes(b"\x89PNG\0\0\0")
    with pytest.raises(ArchiveError, match="is no spreadsheet, though its name says so"):
        open_table(MetadataFile(tmp_path / "metadata.xlsx"), known=("path",), scratch=tmp_path)


def test_a_binary_workbook_is_told_to_be_saved_otherwise() -> None:
    error = refusal(zipped({"xl/workbook.bin": b"\x83\1"}), "metadata.xlsb")
    assert "binary workbook" in str(error) and "XLSX" in error.hint


@pytest.mark.parametrize("part", ["xl/workbook.xml", SHEET, "xl/sharedStrings.xml", "xl/_rels/workbook.xml.rels"])
def test_entities_are_refused_in_whatever_part_they_stand(part: str) -> None:
    error = refusal(xlsx([["path"]], more={part: f'<?xml version="1.0"?>{ENTITIES}<worksheet>&b;</worksheet>'}))
    assert f"declares entities in its part {part}" in str(error)


def test_entities_are_refused_wherever_the_part_hides_them() -> None:
    for padding in ((1 << 20) - 5, 3_000_000):
        hidden = f"<!--{'x' * padding}-->{ENTITIES}"
        assert "declares entities in its part content.xml" in str(refusal(ods([["path"]], prolog=hidden)))


def test_a_zip_bomb_is_not_unpacked_into_memory() -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(GOOD)) as good, zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as file:
        for name in good.namelist():
            if name != SHEET:
                file.writestr(name, good.read(name))
        before, after = sheet_xml(f'<row r="1">{cell("A1", "path")}{cell("B1", "|")}</row>').split("|")
        with file.open(SHEET, "w") as part:
            part.write(before.encode())
            for _ in range(600):
                part.write(b"x" * 1_000_000)
            part.write(after.encode())
    assert len(data.getvalue()) < 1_000_000
    assert "needs more than 419.4 MB of memory" in str(refusal(data.getvalue()))


def test_a_declared_size_beyond_all_measure_is_refused_before_anything_is_unpacked() -> None:
    grown = bytearray(GOOD)
    at = grown.rfind(b"PK\x01\x02", 0, grown.find(SHEET.encode(), grown.find(b"PK\x01\x02")))
    grown[at + 24 : at + 28] = struct.pack("<I", 0xFFFFFFFE)
    error = refusal(bytes(grown))
    assert "would unpack to more than 4.3 GB" in str(error)


def test_a_size_that_is_a_lie_is_damage() -> None:
    shrunk = bytearray(GOOD)
    at = shrunk.rfind(b"PK\x01\x02", 0, shrunk.find(SHEET.encode(), shrunk.find(b"PK\x01\x02")))
    shrunk[at + 24 : at + 28] = struct.pack("<I", 10)
    assert "cannot be read as a spreadsheet" in str(refusal(bytes(shrunk)))


@pytest.mark.parametrize("cells", [f'<row r="1048576">{cell("XFD1048576", "far")}</row>', cell("XFD1048576", "far")])
def test_one_cell_at_the_end_of_the_grid_takes_no_memory(cells: str) -> None:
    data = xlsx([], more={SHEET: sheet_xml(f'<row r="1">{cell("A1", "path")}</row>{cells}')})
    error = refusal(data)
    assert "needs more than 419.4 MB of memory" in str(error)
    assert "if a cell far below or far to the right of the table holds something, clear it" in error.hint


def test_a_grid_that_is_only_formatted_to_its_end_is_read(tmp_path: Path) -> None:
    far = '<row r="1048576"><c r="XFD1048576" s="1"/></row>'
    (tmp_path / "metadata.xlsx").write_bytes(
        xlsx(
            [],
            more={
                SHEET: sheet_xml(f'<row r="1">{cell("A1", "path")}</row><row r="2">{cell("A2", "a.txt")}</row>{far}')
            },
        )
    )
    table = open_table(MetadataFile(tmp_path / "metadata.xlsx"), known=("path",), scratch=tmp_path)
    assert [record.cells for record in table.contents.records] == [("a.txt",)]


def test_a_cell_repeated_over_the_whole_grid_is_refused() -> None:
    filled = '<table:table-cell table:number-columns-repeated="16384" office:value-type="string"><text:p>x</text:p>'
    row = f'<table:table-row table:number-rows-repeated="1048576">{filled}</table:table-cell></table:table-row>'
    assert refusal(ods(f'<table:table table:name="a">{row}</table:table>'), "metadata.ods")


def test_an_empty_grid_repeated_to_its_end_is_read(tmp_path: Path) -> None:
    text = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    rest = '<table:table-cell table:number-columns-repeated="16383"/>'
    rows = "".join(f"<table:table-row>{text.format(word)}{rest}</table:table-row>" for word in ("path", "a.txt"))
    rows += '<table:table-row table:number-rows-repeated="1048574"><table:table-cell '
    rows += 'table:number-columns-repeated="16384"/></table:table-row>'
    (tmp_path / "metadata.ods").write_bytes(ods(f'<table:table table:name="a">{rows}</table:table>'))
    table = open_table(MetadataFile(tmp_path / "metadata.ods"), known=("path",), scratch=tmp_path)
    assert [(record.line, record.cells) for record in table.contents.records] == [(2, ("a.txt",))]


def test_what_takes_too_long_is_ended() -> None:
    many = "".join(f'<row r="{row}">{"<c><v>1</v></c>" * 50}</row>' for row in range(1, 60_001))
    error = refusal(xlsx([], more={SHEET: sheet_xml(many)}), within=Bounds(memory=4 << 30, seconds=1))
    assert "minutes of the processor" in str(error)


@pytest.mark.parametrize("cut", [10, 100, 1000, -1, -30, -200])
def test_a_workbook_that_is_cut_off_is_refused(cut: int) -> None:
    assert "cannot be read as a spreadsheet" in str(refusal(GOOD[:cut]))


@pytest.mark.parametrize("data", [GOOD, ods([["path"], ["a.txt"]]), xls([["path"], ["a.txt"]])])
def test_flipped_octets_end_in_rows_or_in_a_word(tmp_path: Path, data: bytes) -> None:
    for at in range(8, len(data), max(1, len(data) // 12)):
        flipped = bytearray(data)
        flipped[at] ^= 0xFF
        (tmp_path / "metadata.xlsx").write_bytes(flipped)
        try:
            table = open_table(MetadataFile(tmp_path / "metadata.xlsx"), known=("path",), scratch=tmp_path)
            list(table.contents.records)
        except ArchiveError as error:
            assert error.hint
        assert multiprocessing.active_children() == []


@pytest.mark.parametrize("name", ["a\x1b[2Jb", "a\u202eb"])
def test_names_from_a_workbook_make_a_terminal_do_nothing(name: str) -> None:
    error = refusal(ods({name: [["path"]], "b": [["x"]]}), "metadata.ods")
    assert not {"\x1b", "\u202e"} & set(str(error) + error.hint)


def test_a_part_outside_the_workbook_is_only_a_name(tmp_path: Path) -> None:
    """Nothing is unpacked to a disk, so that ``..`` leads nowhere."""
    data = io.BytesIO(xlsx([["path"], ["a.txt"]]))
    with zipfile.ZipFile(data, "a") as file:
        file.writestr("../../outside.xml", "<x/>")
        file.writestr("/outside.xml", "<x/>")
    (tmp_path / "metadata.xlsx").write_bytes(data.getvalue())
    table = open_table(MetadataFile(tmp_path / "metadata.xlsx"), known=("path",), scratch=tmp_path)
    assert [record.cells for record in table.contents.records] == [("a.txt",)]
    assert os.listdir(tmp_path) == ["metadata.xlsx"]


def test_a_sheet_that_leads_to_another_file_is_not_followed() -> None:
    relations = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" '
        'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" '
        'Target="file:///etc/passwd" TargetMode="External"/></Relationships>'
    )
    assert refusal(xlsx([["path"]], more={"xl/_rels/workbook.xml.rels": relations}))


def test_the_bounds_leave_half_of_the_machine_to_others() -> None:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    assert bounds().memory <= min(memory // 2, 4 << 30)


def test_an_error_in_a_heading_is_a_heading(tmp_path: Path) -> None:
    (tmp_path / "metadata.xlsx").write_bytes(xlsx([["path", Raw('t="e"', "<v>#REF!</v>")], ["a.txt", "x"]]))
    table = open_table(MetadataFile(tmp_path / "metadata.xlsx"), known=("path",), scratch=tmp_path)
    assert table.contents.heading == ("path", "#REF!")
    assert len(list(table.contents.records)) == 1
