"""A spreadsheet says what a CSV would: every cell as a person means it, rows as a person counts them."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from table_support import TODAY, cells, message, told
from workbook_support import DAY, MOMENT, ZEROS, Raw, Rows, Styled, Wrong, ods, xls, xlsx

from archive.errors import ArchiveError, UsageError
from archive.ingest.metadata import MetadataFile, MetadataTable, read_metadata

ERROR = Raw('t="e"', "<f>A1</f><v>#REF!</v>")
ODS_ERROR = Raw(
    'table:formula="of:=[.#REF!]" office:value-type="string" office:string-value="" calcext:value-type="error"',
    "<text:p>#REF!</text:p>",
)


def read(folder: Path, data: bytes, name: str = "metadata.xlsx", **said: Any) -> MetadataTable:
    path = folder / name
    path.write_bytes(data)
    return read_metadata(MetadataFile(path, **said), scratch=folder, today=TODAY)


def refused(folder: Path, data: bytes, name: str = "metadata.xlsx", **said: Any) -> ArchiveError:
    with pytest.raises(ArchiveError) as caught:
        read(folder, data, name, **said)
    assert name in str(caught.value)
    assert caught.value.hint
    assert multiprocessing.active_children() == []
    return caught.value


@pytest.mark.parametrize(("form", "write"), [("xlsx", xlsx), ("ods", ods), ("xls", xls)])
def test_every_form_says_the_same(tmp_path: Path, form: str, write: Callable[[Rows], bytes]) -> None:
    rows = [["path", "место", "n"], ["Допросы/запись 1.mp4", "Минск", 7.0], ["б.txt", "две\nстроки", 53.9]]
    data = write(rows)  # once: what it holds tells when it was written
    found = read(tmp_path, data, f"metadata.{form}")
    assert found.rows.heading == ("path", "место", "n")
    assert cells(found) == [("Допросы/запись 1.mp4", "Минск", "7"), ("б.txt", "две\nстроки", "53.9")]
    assert found.reading == {"form": form, "sheet": "Лист1" if form == "xls" else "Sheet1"}
    assert b"".join(found.octets()) == data
    assert told(found) == []


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (123.0, "123"),
        (1e14, "100000000000000"),
        (-0.5, "-0.5"),
        (1e-7, "0.0000001"),
        (0.1, "0.1"),
        (True, "TRUE"),
        (False, "FALSE"),
        (Styled(44054, DAY), "2020-08-11"),
        (Styled(44054, MOMENT), "2020-08-11"),
        (Styled(44054.0847222222, MOMENT), "2020-08-11T02:02:00"),
        (Styled(44054.0847222222, DAY), "2020-08-11T02:02:00"),
        (Styled(44054.999999999, MOMENT), "2020-08-12T00:00:00"),
        (Styled(0.5, MOMENT), "12:00:00"),
        (Raw('t="d"', "<v>2020-08-11T02:02:00</v>"), "2020-08-11T02:02:00"),
        (Raw('t="str"', "<f>A1&amp;A2</f><v>joined</v>"), "joined"),
        (Raw("", "<f>1+1</f><v>2</v>"), "2"),
        (Raw('t="inlineStr"', '<is><r><t xml:space="preserve">two </t></r><r><t>runs</t></r></is>'), "two runs"),
        ("00123", "00123"),
        (" blanks  ", " blanks  "),
        ("'=1+1", "'=1+1"),
    ],
)
def test_a_cell_is_what_a_person_means(tmp_path: Path, cell: Any, text: str) -> None:
    found = read(tmp_path, xlsx([["path", "cell"], ["a.txt", cell]]))
    assert cells(found) == [("a.txt", text)]
    assert found.findings == ()


def test_days_are_counted_from_where_the_workbook_counts_them(tmp_path: Path) -> None:
    found = read(tmp_path, xlsx([["path", "day"], ["a.txt", Styled(44054, DAY)]], since_1904=True))
    assert cells(found) == [("a.txt", "2024-08-12")]


@pytest.mark.parametrize(
    ("attributes", "text"),
    [
        ('office:value-type="date" office:date-value="2020-08-11"', "2020-08-11"),
        ('office:value-type="date" office:date-value="2020-08-11T02:02:00"', "2020-08-11T02:02:00"),
        ('office:value-type="boolean" office:boolean-value="true"', "TRUE"),
        ('office:value-type="percentage" office:value="0.5"', "0.5"),
        ('office:value-type="float" office:value="53.9"', "53.9"),
    ],
)
def test_opendocument_says_what_it_holds_and_not_what_it_shows(tmp_path: Path, attributes: str, text: str) -> None:
    rows = [["path", "cell"], ["a.txt", Raw(attributes, "<text:p>as shown</text:p>")]]
    assert cells(read(tmp_path, ods(rows), "metadata.ods")) == [("a.txt", text)]


def test_a_bare_number_where_a_day_should_be_is_kept_and_told(tmp_path: Path) -> None:
    found = read(tmp_path, xlsx([["path", "captured_at"], ["a.txt", 44054.0847], ["b.txt", 2020], ["c.txt", 7]]))
    assert cells(found) == [("a.txt", "44054.0847"), ("b.txt", "2020"), ("c.txt", "7")]
    assert told(found) == [("date-as-number", "a.txt")]
    assert "row 2" in message(found, "date-as-number")
    assert "2020-08-11 (2024-08-12 if counted from 1904)" in message(found, "date-as-number")


@pytest.mark.parametrize("number", [1e15, 1234567890123456.0, -12345678901234567890.0])
def test_a_number_too_long_for_a_spreadsheet_is_told(tmp_path: Path, number: float) -> None:
    found = read(tmp_path, xlsx([["path", "consent_ref"], ["a.txt", number]]))
    assert ("digits-lost", "a.txt") in told(found)
    assert "row 2, under consent_ref" in message(found, "digits-lost")
    assert not any("e+" in cell for row in cells(found) for cell in row)


def test_zeros_that_are_only_shown_are_told(tmp_path: Path) -> None:
    found = read(tmp_path, xlsx([["path", "case"], ["a.txt", Styled(123, ZEROS)]]))
    assert cells(found) == [("a.txt", "123")]
    assert told(found) == [("zeros-shown-only", "metadata.xlsx")]


@pytest.mark.parametrize(
    ("form", "write", "error"),
    [
        ("xlsx", xlsx, ERROR),
        ("ods", ods, ODS_ERROR),
        ("xls", xls, Wrong(0x17)),
        ("xls", xls, Wrong(0x17, worked_out=False)),
    ],
)
def test_an_error_in_a_cell_is_kept_and_told_by_its_row(
    tmp_path: Path, form: str, write: Callable[[Rows], bytes], error: Raw | Wrong
) -> None:
    rows = [[], ["path", "place", "notes"], ["a.txt", "x"], [], ["b.txt", None, error], [error, "y"]]
    found = read(tmp_path, write(rows), f"metadata.{form}")
    assert cells(found) == [("a.txt", "x", ""), ("b.txt", "", "#REF!"), ("#REF!", "y", "")]
    assert told(found) == [("cell-error", "b.txt"), ("cell-error", "#REF!")]
    assert "row 5, under notes: '#REF!'" in found.findings[0].message
    assert "row 6, under path: '#REF!'" in found.findings[1].message


def test_an_error_in_a_repeated_opendocument_cell_is_told_where_it_begins(tmp_path: Path) -> None:
    cell = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    gap = '<table:table-cell table:number-columns-repeated="2"/>'
    row = f"<table:table-row>{cell.format('a.txt')}{gap}<table:table-cell {ODS_ERROR.attributes}>"
    tables = (
        '<table:table table:name="Файлы"><table:table-row>'
        + "".join(map(cell.format, ("path", "b", "c", "d")))
        + '</table:table-row><table:table-row table:number-rows-repeated="3"/>'
        + f"{row}{ODS_ERROR.content}</table:table-cell></table:table-row></table:table>"
    )
    found = read(tmp_path, ods(tables), "metadata.ods")
    assert cells(found) == [("a.txt", "", "", "#REF!")]
    assert "row 5, under d" in message(found, "cell-error")


def test_a_formula_nobody_worked_out_is_told_wherever_it_stands(tmp_path: Path) -> None:
    formula = Raw("", '<f>CONCAT("a",".txt")</f><v></v>')
    rows: Rows = [["path", "place"], ["a.txt", formula], ["b.txt", Raw("", "<f>A1</f>")], [formula], [None, formula]]
    found = read(tmp_path, xlsx(rows))
    assert cells(found) == [("a.txt", ""), ("b.txt", "")]
    assert [(f.code, f.subject) for f in found.findings if f.code == "formula-without-result"] == [
        ("formula-without-result", subject) for subject in ("a.txt", "b.txt", "row 4", "row 5")
    ]
    assert ("row-without-path", "row 4") in told(found)


def test_a_formula_nobody_worked_out_is_told_in_opendocument_too(tmp_path: Path) -> None:
    formula = Raw('table:formula="of:=[.A1]"', "")
    worked_out = Raw('table:formula="of:=[.A1]" office:value-type="string" office:string-value=""', "<text:p/>")
    found = read(tmp_path, ods([["path", "place"], ["a.txt", worked_out], ["b.txt", formula]]), "metadata.ods")
    assert cells(found) == [("a.txt", ""), ("b.txt", "")]
    assert told(found) == [("formula-without-result", "b.txt")]


def test_an_empty_result_is_a_result(tmp_path: Path) -> None:
    found = read(tmp_path, xlsx([["path", "place"], ["a.txt", Raw('t="str"', "<f>IF(1,&quot;&quot;)</f><v></v>")]]))
    assert (cells(found), found.findings) == ([("a.txt", "")], ())


def test_merged_cells_are_told_and_count_for_the_first_alone(tmp_path: Path) -> None:
    found = read(tmp_path, xlsx([["path", "consent_ref"], ["a.txt", "CF-1"], ["b.txt"]], merged=["B2:B3"]))
    assert cells(found) == [("a.txt", "CF-1"), ("b.txt", "")]
    assert "(B2:B3)" in message(found, "merged-cells")


def test_rows_are_named_by_the_number_that_the_spreadsheet_shows(tmp_path: Path) -> None:
    rows: Rows = [[], [], [None, None, "path", "sha256"], [], [None, None, "a.txt", "no"], [None, None, None, "x"]]
    for form, write in (("xlsx", xlsx), ("ods", ods), ("xls", xls)):
        found = read(tmp_path, write(rows), f"metadata.{form}")
        assert "row 5: 'no' is no sha256 digest" in message(found, "digest-malformed")
        assert ("row-without-path", "row 6") in told(found)
        assert [row.line for row in found.rows.unmet()] == [5]


def test_empty_rows_and_columns_around_a_table_are_no_part_of_it(tmp_path: Path) -> None:
    rows: Rows = [["path", "place", None, None], ["a.txt"], *[[]] * 50, [None, None, None, ""]]
    found = read(tmp_path, xlsx(rows))
    assert (found.rows.heading, cells(found), found.findings) == (("path", "place"), [("a.txt", "")], ())


def test_what_stands_beside_the_table_is_kept_and_told(tmp_path: Path) -> None:
    found = read(tmp_path, xlsx([["path", "place"], ["a.txt", "x", None, "beside"]]))
    assert cells(found) == [("a.txt", "x", "", "beside")]
    assert "row 2 has 4 cells, the first row 2" in message(found, "ragged-row")


def test_the_only_sheet_with_something_on_it_is_the_table(tmp_path: Path) -> None:
    found = read(tmp_path, xlsx({"Лист1": [], "Файлы": [["path"], ["a.txt"]], "Лист3": []}))
    assert (found.reading["sheet"], cells(found)) == ("Файлы", [("a.txt",)])


def test_of_several_sheets_a_person_chooses(tmp_path: Path) -> None:
    data = xlsx({"Мои файлы": [["path"], ["a.txt"]], "empty": [], "notes": [["path"], ["b.txt"]]})
    error = refused(tmp_path, data)
    assert isinstance(error, UsageError)
    assert "'Мои файлы', 'notes'" in str(error) and "empty" not in str(error)
    assert error.hint == "say which is the table: --metadata-sheet 'Мои файлы'"
    for sheet in ("notes", " notes "):
        found = read(tmp_path, data, sheet=sheet)
        assert (found.reading["sheet"], cells(found)) == ("notes", [("b.txt",)])
    assert "'Мои файлы', 'empty', 'notes'" in str(refused(tmp_path, data, sheet="Notizen"))


def test_hidden_sheets_are_told_and_read_only_when_they_are_named(tmp_path: Path) -> None:
    data = xlsx({"Файлы": [["path"], ["a.txt"]], "old": [["path"], ["b.txt"]]}, hidden=["old"])
    found = read(tmp_path, data)
    assert (cells(found), told(found)) == ([("a.txt",)], [("hidden-sheets", "metadata.xlsx")])
    assert "'old'" in message(found, "hidden-sheets")
    assert cells(read(tmp_path, data, sheet="old")) == [("b.txt",)]
    error = refused(tmp_path, xlsx({"old": [["path"], ["b.txt"]]}, hidden=["old"]))
    assert "--metadata-sheet old" in error.hint


def test_its_own_headings_are_mapped_as_those_of_a_csv(tmp_path: Path) -> None:
    mapping = tmp_path / "map.toml"
    mapping.write_text('path = "Имя\\nфайла"\n')
    found = read(tmp_path, xlsx([["Имя\nфайла"], ["a.txt"]]), mapping=mapping)
    assert [row.path for row in found.rows.unmet()] == [b"a.txt"]
    assert "mapping_sha256" in found.reading


def test_a_table_without_paths_is_told_as_a_spreadsheet(tmp_path: Path) -> None:
    assert "the first row that holds anything has no column 'path' (found: Реестр файлов)" in str(
        refused(tmp_path, xlsx([["Реестр файлов"], ["path"]]))
    )
    assert "no sheet with anything on it" in str(refused(tmp_path, xlsx([])))


def test_what_is_said_of_csv_is_not_said_of_a_spreadsheet_nor_the_other_way_round(tmp_path: Path) -> None:
    for said in ({"encoding": "cp1251"}, {"delimiter": ";"}):
        assert isinstance(refused(tmp_path, xlsx([["path"]]), **said), UsageError)
    assert isinstance(refused(tmp_path, b"path\na.txt\n", "metadata.csv", sheet="Sheet1"), UsageError)


def test_the_content_decides_what_a_table_is_and_a_name_that_says_otherwise_is_told(tmp_path: Path) -> None:
    found = read(tmp_path, xlsx([["path"], ["a.txt"]]), "metadata.csv")
    assert (cells(found), told(found)) == ([("a.txt",)], [("named-otherwise", "metadata.csv")])
    found = read(tmp_path, ods([["path"], ["a.txt"]]), "metadata.xlsx")
    assert (found.reading["form"], told(found)) == ("ods", [("named-otherwise", "metadata.xlsx")])
    found = read(tmp_path, b"path\tplace\na.txt\tx\n", "metadata.xls")
    assert (cells(found), told(found)) == ([("a.txt", "x")], [("named-otherwise", "metadata.xls")])
    found = read(tmp_path, "path\tplace\na.txt\tx\n".encode("utf-16"), "metadata.xls")
    assert cells(found) == [("a.txt", "x")]


def test_nothing_of_the_reading_is_left_when_it_ends_early(tmp_path: Path) -> None:
    path = tmp_path / "metadata.xlsx"
    path.write_bytes(xlsx([["path"], *([f"{number}.txt"] for number in range(3_000))]))
    from archive.ingest.metadata import open_table

    table = open_table(MetadataFile(path), known=("path",), scratch=tmp_path)
    assert next(table.contents.records).cells == ("0.txt",)
    assert len(multiprocessing.active_children()) == 1
    table.contents.records.close()
    assert multiprocessing.active_children() == []
    assert [file.name for file in tmp_path.iterdir()] == ["metadata.xlsx"]
