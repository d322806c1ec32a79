"""In which encoding a table is written: said, evident, guessed and told so, or left to a person."""

from __future__ import annotations

import codecs
import csv
import io
from pathlib import Path

import pytest
from table_support import cells, message, read, told

from archive.errors import ArchiveError, UsageError
from archive.ingest.encoding import SINGLE_OCTET, UnclearEncodingError, Witness, judge

RUSSIAN = (
    "path;place;notes\n"
    "Допросы/запись 1.mp4;Минск;допрос свидетеля, вторая часть\n"
    "Фото/площадь.jpg;Гродно;задержание на площади\n"
    "Соцсети/канал.html;Могилёв;сообщение о пытках в изоляторе\n"
)
BELARUSIAN = (
    "path;place;notes\n"
    "Допыты/запіс 1.mp4;Мінск;сведка гаворыць пра катаванні\n"
    "Фота/плошча.jpg;Гродна;затрыманне на плошчы ўвечары\n"
    "Сацсеткі/канал.html;Магілёў;паведамленне пра збіццё\n"
)
MARKED = {
    "utf-8": codecs.BOM_UTF8,
    "utf-16-le": codecs.BOM_UTF16_LE,
    "utf-16-be": codecs.BOM_UTF16_BE,
    "utf-32-le": codecs.BOM_UTF32_LE,
    "utf-32-be": codecs.BOM_UTF32_BE,
}


def rows_of(text: str) -> list[tuple[str, ...]]:
    return [tuple(row) for row in csv.reader(io.StringIO(text, newline=""), delimiter=";")][1:]


@pytest.mark.parametrize("codec", MARKED)
@pytest.mark.parametrize("text", [RUSSIAN, BELARUSIAN, RUSSIAN.replace("\n", "\r\n"), RUSSIAN.replace("\n", "\r")])
def test_a_mark_at_the_beginning_says_it(tmp_path: Path, codec: str, text: str) -> None:
    found = read(tmp_path, MARKED[codec] + text.encode(codec))
    assert cells(found) == rows_of(text)
    assert told(found) == []
    assert found.reading["encoding"] == codec
    assert found.rows.heading[0] == "path"


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_zeros_say_it_where_the_mark_is_missing(tmp_path: Path, codec: str) -> None:
    found = read(tmp_path, RUSSIAN.encode(codec))
    assert cells(found) == rows_of(RUSSIAN)
    assert codec in message(found, "encoding-guessed")


@pytest.mark.parametrize(
    ("text", "codec"),
    [
        *((RUSSIAN, codec) for codec in ("cp1251", "cp866", "koi8-r", "iso8859-5")),
        *((BELARUSIAN, codec) for codec in ("cp1251", "iso8859-5")),
    ],
)
def test_a_clear_guess_is_right_and_told_with_the_way_to_overrule_it(tmp_path: Path, text: str, codec: str) -> None:
    found = read(tmp_path, text.encode(codec))
    assert cells(found) == rows_of(text)
    assert told(found) == [("encoding-guessed", "metadata.csv")]
    assert f"read as {codec}, which is a guess" in message(found, "encoding-guessed")
    assert "--metadata-encoding" in message(found, "encoding-guessed")


def test_few_letters_between_many_digits_and_addresses_are_enough(tmp_path: Path) -> None:
    places = ("Минск", "Гродно", "Витебск", "Могилёв", "Брест", "Гомель", "улица Пушкинская", "Окрестина")
    text = "path;sha256;url;place\n" + "".join(
        f"a/{n}.jpg;{'ab' * 32};https://t.example/{n};{places[n % 8]}\n" for n in range(2000)
    )
    found = read(tmp_path, text.encode("cp1251"))
    assert found.reading["encoding"] == "cp1251"
    assert cells(found) == rows_of(text)


@pytest.mark.parametrize(
    "data",
    [
        "path;place\na.txt;Минск\n".encode("cp1251"),
        "path;place\nA.TXT;МИНСК\nB.TXT;ГОМЕЛЬ\nC.TXT;БРЕСТ\n".encode("koi8-r"),
        RUSSIAN.encode("mac-cyrillic"),
        "path;place\na.txt;témoin à Genève\nb.txt;été, père, où\n".encode("cp1252"),
        b"path;place\na.txt;\xff\xfe\xfd\n",
    ],
)
def test_what_is_not_clear_is_refused_with_one_line_in_each_encoding(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(UnclearEncodingError) as refused:
        read(tmp_path, data)
    lines = refused.value.what.split("\n")[1:]
    assert len(lines) > 1
    shown = dict(line.strip().split(": ", 1) for line in lines)
    assert set(shown) <= set(SINGLE_OCTET)
    assert len(set(shown.values())) > 1
    assert "--metadata-encoding" in refused.value.hint
    for codec in shown:
        found = read(tmp_path, data, encoding=codec)  # and then what was chosen is taken
        assert found.reading["encoding"] == codec
        assert "encoding-guessed" not in dict(told(found))


def test_encodings_that_read_a_file_alike_are_one_choice() -> None:
    seen = Witness()
    seen.update(RUSSIAN.encode("koi8-u"))
    seen.end()
    assert judge(seen, declared=None).codec in ("koi8-r", "koi8-u")


def test_utf_8_with_something_broken_in_it_stays_utf_8_and_the_line_is_named(tmp_path: Path) -> None:
    lines = [f"{n}.txt;показания свидетеля номер {n}" for n in range(50)]
    data = ("path;notes\n" + "\n".join(lines) + "\n").encode() + b"bad.txt;\xcc\xe8\xed\xf1\xea\n"
    found = read(tmp_path, data)
    assert found.reading["encoding"] == "utf-8"
    assert told(found) == [("not-text", "bad.txt")]
    assert "line 52" in message(found, "not-text")
    assert cells(found)[0] == ("0.txt", "показания свидетеля номер 0")


def test_a_path_that_is_no_text_still_meets_its_file(tmp_path: Path) -> None:
    lines = "".join(f"{n}.txt;показания свидетеля номер {n}\n" for n in range(50))
    raw = "допрос.txt".encode("cp866")
    found = read(tmp_path, f"path;notes\n{lines}".encode() + raw + b";x\n")
    assert [row.cells[1] for row in found.rows.of(raw)] == ["x"]


@pytest.mark.parametrize("codec", ["cp1251", "cp866", "koi8-r"])
def test_a_name_that_is_not_utf_8_meets_the_row_that_spells_it(tmp_path: Path, codec: str) -> None:
    found = read(tmp_path, "path;notes\nпапка/допрос свидетеля.txt;x\nпапка/другое.txt;y\n")
    assert [row.cells[1] for row in found.rows.of("папка/допрос свидетеля.txt".encode(codec))] == ["x"]
    assert list(found.rows.of("папка/нет.txt".encode(codec))) == []


@pytest.mark.parametrize("declared", ["cp1251", "windows-1251", "CP1251"])
def test_what_is_declared_is_done(tmp_path: Path, declared: str) -> None:
    found = read(tmp_path, "path;place\na.txt;Минск\n".encode("cp1251"), encoding=declared)
    assert cells(found) == [("a.txt", "Минск")]
    assert told(found) == []


def test_what_speaks_against_a_declaration_is_told(tmp_path: Path) -> None:
    found = read(tmp_path, RUSSIAN.encode(), encoding="cp1251")
    assert found.reading["encoding"] == "cp1251"
    assert "valid UTF-8" in message(found, "encoding-doubtful")
    assert cells(found)[0][1] == "Минск".encode().decode("cp1251")


def test_a_declaration_that_leaves_no_column_of_paths_stops_it(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="no column 'path'"):
        read(tmp_path, codecs.BOM_UTF16_LE + RUSSIAN.encode("utf-16-le"), encoding="cp1251")


@pytest.mark.parametrize("declared", ["utf-16", "UTF16", "utf-16-le"])
def test_utf_16_may_be_declared_with_a_mark_or_without(tmp_path: Path, declared: str) -> None:
    for mark in (b"", codecs.BOM_UTF16_LE):
        found = read(tmp_path, mark + RUSSIAN.encode("utf-16-le"), encoding=declared)
        assert cells(found) == rows_of(RUSSIAN)
        assert told(found) == []


@pytest.mark.parametrize(
    "declared", ["", "klingon", "rot13", "base64", "hex", "idna", "unicode_escape", "zip", "utf-7"]
)
def test_what_is_no_encoding_of_text_is_a_slip_of_the_hand(tmp_path: Path, declared: str) -> None:
    with pytest.raises(UsageError, match="is no encoding"):
        read(tmp_path, "path\na\n", encoding=declared)


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-32-be"])
def test_a_torn_end_is_marked_and_the_rest_read(tmp_path: Path, codec: str) -> None:
    found = read(tmp_path, MARKED[codec] + RUSSIAN.encode(codec)[:-1])
    assert cells(found)[:2] == rows_of(RUSSIAN)[:2]


def test_the_witness_remembers_no_more_of_a_large_file() -> None:
    seen = Witness()
    for number in range(400):
        seen.update(f"{RUSSIAN}{chr(0x430 + number % 32)}{chr(0x430 + number // 32)}дом\n".encode("cp1251") * 200)
    seen.end()
    assert len(seen.beginning) <= 64 * 1024
    assert len(seen.words) <= 8_000
    assert judge(seen, declared=None).codec == "cp1251"
