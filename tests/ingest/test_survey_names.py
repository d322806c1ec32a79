"""Kinds of names a survey tells apart, and the encoding it guesses for those that are not UTF-8."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path

import pytest
from survey_support import put, surveyed, where

from archive.ingest.beginnings import ARCHIVES, is_locked, told_by
from archive.ingest.candidates import Role, role_of
from archive.ingest.name_facts import NameKind, Names, kind_of_name, noticed_in
from archive.ingest.noticed import Noticed
from archive.ingest.tallies import extension

RUSSIAN = (
    "Заявление Иванова И.И..docx",
    "Окрестина 2020-08-12.jpg",
    "видео_с_телефона.mp4",
    "Медицинское заключение.pdf",
)


def noticed(name: str | bytes) -> set[Noticed]:
    """What is noticed in one name."""
    octets = name.encode("utf-8", "surrogateescape") if isinstance(name, str) else name
    return {what for what, _ in noticed_in(octets)}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("plain.txt", NameKind.ASCII),
        ("файл.txt", NameKind.NFC),
        ("й.txt", NameKind.NFC),
        (unicodedata.normalize("NFD", "й.txt"), NameKind.NFD),
        ("й" + unicodedata.normalize("NFD", "й"), NameKind.MIXED),
    ],
)
def test_names_are_told_apart_by_how_they_are_spelled(name: str, kind: NameKind) -> None:
    assert kind_of_name(name.encode()) is kind
    assert kind_of_name("файл".encode("cp1251")) is NameKind.NOT_UTF8


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("CON", Noticed.WINDOWS_DEVICE),
        ("nul.tar.gz", Noticed.WINDOWS_DEVICE),
        ("lpt1 .txt", Noticed.WINDOWS_DEVICE),
        ("COM³", Noticed.WINDOWS_DEVICE),
        ("end.", Noticed.WINDOWS_END),
        ("end ", Noticed.WINDOWS_END),
        *((f"a{character}b", Noticed.WINDOWS_CHARACTER) for character in '<>:"|?*\\'),
        ("ж" * 200, Noticed.WINDOWS_LONG_NAME),
        ("a\u202egpj.exe", Noticed.BIDI),
        ("\u200fa", Noticed.BIDI),
        ("a\nb", Noticed.CONTROL),
        ("a\x1b[31m", Noticed.CONTROL),
        ("a\u2028b", Noticed.CONTROL),
        ("a\x85b", Noticed.CONTROL),
        ("Thumbs.db", Noticed.SYSTEM),
        ("._photo.jpg", Noticed.SYSTEM),
        ("DESKTOP.INI", Noticed.SYSTEM),
        (".DS_Store", Noticed.SYSTEM),
        ("photo.jpg:Zone.Identifier", Noticed.SYSTEM),
    ],
)
def test_what_other_systems_cannot_hold_or_write_by_themselves_is_noticed(name: str, what: Noticed) -> None:
    assert what in noticed(name)


@pytest.mark.parametrize(
    "name", ["CONSENT.pdf", "common.txt", "a b.c", "фото (1).jpg", "a..b", ".hidden", "nulls", "é"]
)
def test_nothing_is_noticed_in_a_plain_name(name: str) -> None:
    assert noticed(name) == set()


def test_names_that_are_not_utf8_are_noticed_as_such() -> None:
    assert noticed("фото.jpg".encode("cp866")) == {Noticed.NAME_NOT_UTF8}


def test_twins_are_found_in_one_folder_and_only_there(tmp_path: Path) -> None:
    for name in (
        "a/Twin",
        "a/twin",
        "a/TWIN",
        "b/twin",
        "c/Straße",
        "c/STRASSE",
        "d/й",
        "d/" + "и\u0306",
        "e/x",
        "e/y",
    ):
        put(tmp_path, name)
    put(tmp_path, "folder/1")
    put(tmp_path, "Folder/1")
    if len(os.listdir(tmp_path / "a")) < 3:
        pytest.skip("this file system ignores capitals")
    found = surveyed(tmp_path)
    assert set(where(found, Noticed.CASE_TWINS)) == {b"a/TWIN", b"c/STRASSE", b"Folder"}
    assert where(found, Noticed.NORMALISATION_TWINS) == ["d/и\u0306".encode()]
    assert found.noticed[Noticed.NORMALISATION_TWINS].examples[0].note == r"\u0438\u0306, \u0439"


@pytest.mark.parametrize("codec", ["cp1251", "cp866", "koi8-r"])
def test_the_encoding_of_names_is_guessed_over_all_of_them_together(tmp_path: Path, codec: str) -> None:
    for name in RUSSIAN:
        put(tmp_path, name.encode(codec))
    found = surveyed(tmp_path)
    assert found.guess is not None
    assert (found.guess.codec, found.guess.clear) == (codec, True)
    assert all(readings == ((codec, name.decode(codec)),) for name, readings in found.guess.examples)
    assert {readings[0][1] for _, readings in found.guess.examples} < set(RUSSIAN)
    assert found.noticed[Noticed.NAME_NOT_UTF8].count == len(RUSSIAN)


def test_a_guess_that_is_not_clear_says_so_and_shows_how_it_would_read() -> None:
    names = Names()
    names.add("Фото".encode("cp1251"))
    guess = names.guess()
    assert guess is not None and not guess.clear
    assert len(guess.examples[0][1]) == 3
    assert ("cp1251", "Фото") in guess.examples[0][1]


def test_octets_that_fit_no_encoding_end_no_survey() -> None:
    names = Names()
    for octet in range(0x80, 0x100):
        names.add(bytes([octet, 0x98, 0x81, 0xFF]))
    guess = names.guess()
    assert guess is not None
    assert not guess.clear
    assert Names().guess() is None


def test_long_paths_are_noticed(tmp_path: Path) -> None:
    folder = tmp_path
    for _ in range(3):
        folder = folder / ("d" * 90)
    put(folder, "x")
    found = surveyed(tmp_path)
    assert [example.note for example in found.noticed[Noticed.WINDOWS_LONG_PATH].examples] == [
        "272 characters",
        "274 characters",
    ]


def test_a_bag_inside_is_told_and_the_root_is_none(tmp_path: Path) -> None:
    put(tmp_path, "sub/bagit.txt")
    assert where(surveyed(tmp_path), Noticed.BAG_INSIDE) == [b"sub"]


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("metadata.csv", Role.TABLE),
        ("Опись.TSV", Role.TABLE),
        ("реестр.xlsx", Role.SPREADSHEET),
        ("SHA256SUMS", Role.CHECKSUMS),
        ("sha256sums.txt", Role.CHECKSUMS),
        ("video.mp4.md5", Role.CHECKSUMS),
        ("manifest-sha512.txt", Role.CHECKSUMS),
        ("checksums", Role.CHECKSUMS),
        ("0f.proof.csv", None),
        ("notes.txt", None),
        ("hashes-of-nothing.mp4", None),
    ],
)
def test_tables_and_lists_of_digests_are_told_by_their_names(name: str, role: Role | None) -> None:
    assert role_of(name.encode()) is role


@pytest.mark.parametrize(
    ("name", "ending"),
    [
        ("a.JPG", "jpg"),
        ("a.tar.gz", "gz"),
        (".hidden", "(none)"),
        ("none", "(none)"),
        ("end.", "(none)"),
        ("a.b c", "(none)"),
        ("a." + "x" * 40, "(none)"),
        ("a.txt\n", "(none)"),
        ("файл.док", "док"),
    ],
)
def test_an_ending_is_a_short_word_behind_the_last_dot(name: str, ending: str) -> None:
    assert extension(name.encode()) == ending


@pytest.mark.parametrize(
    ("head", "word"),
    [
        (b"", "empty"),
        (b"\xff\xd8\xff\xe0", "JPEG picture"),
        (b"\0\0\0\x18ftypmp42", "MP4 or QuickTime video"),
        (b"\0\0\0\x18ftypheic", "HEIF picture"),
        (b"BM, said the sergeant", "text"),
        (b"BM\x36\0\0\0\0", "BMP picture"),
        (b"\xff\xfea\0b\0", "text"),
        (b"\xef\xbb\xbf<?xml version", "XML"),
        (b"  <!DOCTYPE html>", "HTML"),
        (b"\1\2\3\4", "not known"),
        (b"PK\3\4", "zip archive"),
        (b"PK\3\4" + b"\0" * 22 + b"\x08\0\0\0mimetypeapplication/epub+zip", "e-book"),
        (b"BZh91AY&SY", "bzip2"),
    ],
)
def test_the_first_octets_say_a_rough_word(head: bytes, word: str) -> None:
    assert told_by(head) == word
    assert is_locked(head) is False


@pytest.mark.parametrize(
    "mark", [b"PK\3\4", b"PK\5\6", b"Rar!\x1a\x07\0", b"Rar!\x1a\x07\1\0", b"RIFF", b"\x1f\x8b", b"7z"]
)
def test_heads_that_are_cut_or_hostile_break_nothing(mark: bytes) -> None:
    for filling in (b"\0", b"\xff", b"\x04", b"PK\3\4"):
        for length in range(0, 64):
            head = (mark + filling * 64)[:length]
            assert isinstance(told_by(head), str)
            assert is_locked(head) in (True, False)
    assert "zip archive" in ARCHIVES
