"""Tables and lists without what tells of files that are gone, and nothing else changed."""

from __future__ import annotations

import base64
import json

import pytest

from archive.packages.division import (
    GoneFile,
    Naming,
    column_of_names,
    is_list_of_digests,
    is_table,
    without_digests,
    without_entries,
    without_rows,
    without_rows_of,
)

GONE = GoneFile("id-1", "папка/Иванов.txt".encode(), "ab" * 32)


def lines(text: str | bytes) -> list[bytes]:
    data = text.encode() if isinstance(text, str) else text
    return data.splitlines(keepends=True)


@pytest.mark.parametrize(
    "text",
    [
        "about папка/Иванов.txt, a testimony",
        '{"path": "папка/Иванов.txt"}',
        "data/папка/Иванов.txt",
        base64.b64encode(GONE.name).decode(),
        f"sha256 {'ab' * 32}",
        "папка/Иванов.txt".encode("cp1251"),
        "папка/Иванов.txt".encode("utf-16-le"),
        "па" + "пка/Иванов.txt",
    ],
)
def test_a_name_is_seen_in_many_spellings(text: str | bytes) -> None:
    assert Naming([GONE]).names(lines(text))


@pytest.mark.parametrize(
    "text", ["папка/Иванов.txt2", "моя папка/Иванов.txtx", "x/папка/Иванов.txt", "папка", "Иванов.txt", ""]
)
def test_another_name_is_not_taken_for_it(text: str) -> None:
    assert not Naming([GONE]).names(lines(text))


def test_a_name_of_three_letters_is_not_looked_for_in_running_text() -> None:
    assert not Naming([GoneFile("i", b"a.b", None)]).names(lines("see a.b for more"))


def test_rows_about_other_files_stay_octet_for_octet() -> None:
    table = (
        "\ufeffpath;text\r\n"
        '"one.txt";"says ""no"";\r\ntwice"\r\n'
        "папка/Иванов.txt;a\r\n"
        "  ./папка/Иванов.txt ;b\r\n"
        "two.txt ; 'c\r\n"
        "\r\n"
    )
    left = b"".join(without_rows(lines(table), [GONE]))
    assert left.decode() == '\ufeffpath;text\r\n"one.txt";"says ""no"";\r\ntwice"\r\ntwo.txt ; \'c\r\n\r\n'


def test_a_row_is_known_by_its_digest_or_a_guarded_name_too() -> None:
    odd = GoneFile("i", b"=cmd.txt", "cd" * 32)
    table = f"path,sha256\n'=cmd.txt,\nx,{'CD' * 32}\nkept,\n"
    assert b"".join(without_rows(lines(table), [odd])) == b"path,sha256\nkept,\n"


def test_what_is_no_table_in_utf_8_says_so() -> None:
    assert is_table(lambda: lines("a,b\n1,2\n"))
    assert not is_table(lambda: lines("a,b\n".encode("utf-16")))
    assert not is_table(lambda: lines("путь;место\n".encode("cp1251")))
    assert not is_table(lambda: lines('a,"b\nno end'))
    assert not is_table(lambda: [])


def test_digests_are_left_out_by_path_and_by_value() -> None:
    listed = f"{'ab' * 32}  other-name.txt\n{'cd' * 32} *data/папка/Иванов.txt\n{'ef' * 32}  ./kept.txt\n"
    assert is_list_of_digests(lines(listed))
    assert b"".join(without_digests(lines(listed), [GONE])) == f"{'ef' * 32}  ./kept.txt\n".encode()
    assert not is_list_of_digests(lines("path;place\n"))
    shared = GoneFile(GONE.id, GONE.name, None)  # a file that is held has the same bytes
    assert b"other-name.txt" in b"".join(without_digests(lines(listed), [shared]))


def test_a_listing_keeps_a_line_for_each_entry() -> None:
    entries = [
        {"file": "id-1", "path": "x"},
        {"name_b64": base64.b64encode(GONE.name).decode()},
        {"file": "id-2", "path": "папка/Иванов.txt.sig"},
        {"kind": "folder", "path": "папка"},
    ]
    text = "".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in entries)
    left = list(without_entries(lines(text), [GONE], instead=b"gone\n"))
    assert left == [b"gone\n", b"gone\n", *lines(text)[2:]]


def test_the_column_that_names_a_file_in_every_row_is_found_whatever_it_is_called() -> None:
    table = "место\tФайл\nMinsk\tone.txt\nBrest\tпапка\\Иванов.txt\n\nx\t./one.txt\n"
    names = [b"one.txt", GONE.name]
    assert column_of_names(lines(table), names) == 1
    left = b"".join(without_rows_of(lines(table), 1, [GONE.name]))
    assert left.decode() == "место\tФайл\nMinsk\tone.txt\n\nx\t./one.txt\n"
    assert column_of_names(lines(table + "y\tunknown.txt\n"), names) is None
    assert column_of_names(lines("a,b\n"), names) is None


def test_a_long_cell_is_read_and_the_limit_is_left_as_it_was() -> None:
    import csv

    before = csv.field_size_limit()
    table = f"path;text\nкept.txt;{'x' * 200_000}\nпапка/Иванов.txt;{'y' * 200_000}\n"
    left = b"".join(without_rows(lines(table), [GONE]))
    assert left.startswith("path;text\nкept.txt;xxx".encode()) and b"yyy" not in left
    assert csv.field_size_limit() == before
