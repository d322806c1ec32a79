"""Separators, quotes, line ends: whatever a program or a person made of CSV."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from table_support import cells, message, read, told

from archive.errors import UsageError
from archive.ingest.dialect import DELIMITERS, Dialect, declared_delimiter, detect, records


@pytest.mark.parametrize("delimiter", DELIMITERS)
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("quote", ['"', "'"])
@pytest.mark.parametrize("end", [True, False])
def test_it_is_found_out(tmp_path: Path, delimiter: str, newline: str, quote: str, end: bool) -> None:
    said = f"{quote}one; two,\n three\t| four\r\n{quote}"
    lines = [("path", "place"), ("a.txt", said), (f"{quote}b{delimiter}.txt{quote}", "x"), ("c.txt", "")]
    text = newline.join(delimiter.join(line) for line in lines) + (newline if end else "")
    found = read(tmp_path, text)
    assert cells(found) == [("a.txt", said[1:-1]), (f"b{delimiter}.txt", "x"), ("c.txt", "")]
    assert (found.reading["delimiter"], found.reading["quote"]) == (delimiter, quote)
    assert told(found) == []


def test_commas_inside_names_do_not_make_columns_in_a_table_of_one(tmp_path: Path) -> None:
    assert cells(read(tmp_path, "path\nfirst, second.txt\nthird, fourth.txt\n")) == [
        ("first, second.txt",),
        ("third, fourth.txt",),
    ]


def test_a_first_line_for_spreadsheets_is_heard_and_lines_are_still_counted_from_it(tmp_path: Path) -> None:
    found = read(tmp_path, "sep=;\r\npath;place\r\na,b.txt;Minsk\r\n;x\r\n")
    assert cells(found) == [("a,b.txt", "Minsk")]
    assert told(found) == [("row-without-path", "line 4")]


@pytest.mark.parametrize(
    ("said", "meant"), [(";", ";"), ("tab", "\t"), ("\\t", "\t"), ("\t", "\t"), ("COMMA", ","), ("^", "^"), ("¦", "¦")]
)
def test_a_separator_may_be_declared(tmp_path: Path, said: str, meant: str) -> None:
    assert declared_delimiter(said) == meant
    name = "a;,|\t^.txt".replace(meant, "")
    found = read(tmp_path, f"path{meant}place\n{name}{meant}Minsk\n", delimiter=said)
    assert cells(found) == [(name, "Minsk")]


@pytest.mark.parametrize("said", ["", ";;", "\n", "\r", '"', "'", "\0", "semi"])
def test_what_cannot_separate_is_a_slip_of_the_hand(tmp_path: Path, said: str) -> None:
    with pytest.raises(UsageError):
        read(tmp_path, "path;place\na;b\n", delimiter=said)


def test_quotes_behind_a_backslash_are_read_and_told(tmp_path: Path) -> None:
    found = read(tmp_path, 'path,notes\na.txt,"he said \\"no\\", twice"\nb.txt,"\\"yes\\""\n')
    assert cells(found) == [("a.txt", 'he said "no", twice'), ("b.txt", '"yes"')]
    assert told(found) == [("odd-quotes", "metadata.csv")]


def test_a_backslash_in_a_path_is_no_escape(tmp_path: Path) -> None:
    assert cells(read(tmp_path, 'path,notes\nsub\\b.txt,"x"\nc\\,d\n')) == [("sub\\b.txt", "x"), ("c\\", "d")]


def test_a_zero_octet_is_a_character_like_others(tmp_path: Path) -> None:
    found = read(tmp_path, 'path,notes\na.txt,x\0y\nb\0.txt,"\0"\n')
    assert cells(found) == [("a.txt", "x\0y"), ("b\0.txt", "\0")]


def test_an_open_quotation_mark_costs_its_own_line_only(tmp_path: Path) -> None:
    rows = "".join(f"{n}.txt,x\n" for n in range(100))
    found = read(tmp_path, f'path,notes\na.txt,"never closed\n{rows}')
    assert len(cells(found)) == 100
    assert told(found) == [("row-malformed", "line 2")]
    assert "line 2 cannot be read" in message(found, "row-malformed")
    assert 'a.txt,"never closed' in message(found, "row-malformed")


def test_text_behind_a_closed_quotation_mark_costs_its_own_line_only(tmp_path: Path) -> None:
    found = read(tmp_path, 'path,notes\na.txt,"12" ruler"\nb.txt,"two\nlines"\nc.txt,x\n')
    assert cells(found) == [("b.txt", "two\nlines"), ("c.txt", "x")]
    assert told(found) == [("row-malformed", "line 2")]


def test_line_numbers_are_those_of_an_editor_behind_cells_of_many_lines(tmp_path: Path) -> None:
    found = read(tmp_path, 'path,notes\na.txt,"one\ntwo\nthree"\n,orphan\nb.txt,"x\r\ny"\n\n,again\n')
    assert told(found) == [("row-without-path", "line 5"), ("row-without-path", "line 9")]
    assert [row.line for row in found.rows.unmet()] == [2, 6]


def test_a_cell_larger_than_the_sample_does_not_mislead_the_eye(tmp_path: Path) -> None:
    testimony = 'line, with; "" marks | and\ttabs\n' * 20_000
    found = read(tmp_path, f'path,notes\na.txt,"{testimony}"\nb.txt,x\n')
    assert [row[0] for row in cells(found)] == ["a.txt", "b.txt"]
    assert cells(found)[0][1] == testimony.replace('""', '"')
    assert told(found) == []


def test_a_line_without_end_is_one_malformed_row_and_not_the_end_of_memory(tmp_path: Path) -> None:
    found = read(tmp_path, b"path,notes\na.txt," + b"x" * (17 * 1024 * 1024) + b"\nb.txt,y\n")
    assert told(found) == [("row-malformed", "line 2")]
    assert cells(found) == [("b.txt", "y")]
    assert len(message(found, "row-malformed")) < 500


CELL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\ufeff"), max_size=12)


@settings(deadline=None)
@given(
    st.lists(st.tuples(CELL.filter(str.strip), CELL), min_size=1, max_size=12),
    st.sampled_from(DELIMITERS),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
@example([('"', "\r"), (",", ";")], ";", "\n", csv.QUOTE_ALL)
def test_what_a_careful_program_writes_is_read_as_it_was_meant(
    rows: list[tuple[str, str]], delimiter: str, newline: str, quoting: int
) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator=newline, quoting=csv.QUOTE_ALL)
    if quoting == csv.QUOTE_MINIMAL and not any("\r" in cell for row in rows for cell in row):
        writer = csv.writer(text, delimiter=delimiter, lineterminator=newline)
    writer.writerows([("path", "place"), *rows])
    lines = io.StringIO(text.getvalue(), newline="").readlines()
    found = list(records(lines, Dialect(delimiter)))
    assert [record.cells for record in found] == [("path", "place"), *rows]
    known = {"path", "place"}.__contains__
    assert detect(text.getvalue(), cut=False, delimiter=None, is_known=known).delimiter == delimiter


@settings(deadline=None)
@given(st.text(st.sampled_from(list("ab\",;\n\r\t|'\\ ")), max_size=80), st.sampled_from(DELIMITERS))
def test_no_text_at_all_stops_the_reading_or_loses_a_line(text: str, delimiter: str) -> None:
    lines = io.StringIO(text, newline="").readlines()
    found = list(records(lines, Dialect(delimiter)))
    numbers = [record.line for record in found]
    assert numbers == sorted(set(numbers))
    assert not numbers or numbers[-1] <= len(lines)
    detect(text, cut=True, delimiter=None, is_known=lambda heading: heading == "a")
