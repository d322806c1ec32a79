"""Names from the world become paths that every tool agrees on, and can be had back."""

from __future__ import annotations

import random
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from archive.model.names import (
    MAX_PART_BYTES,
    MAX_PATH_CHARACTERS,
    PackagePaths,
    in_xml,
    original_part,
    shown,
    spell_part,
    twin_key,
)

CUT = "=~"
BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
DEVICES = {
    "CON",
    "PRN",
    "AUX",
    "NUL",
    "CONIN$",
    "CONOUT$",
    *(f"{d}{n}" for d in ("COM", "LPT") for n in "0123456789¹²³"),
}

# Letters that make trouble meet here far more often than by chance.
AWKWARD = st.sampled_from(
    [*"aAkKsSſßẞ\u212aİıiI.-= %\\<>:\"|?*~'`", "e\u0301", "é", "\u00c5", "\u212b", "A\u030a", "J\u030a", ":\u030a",
     "\u1100\u1161", "가", "\u0301", "\u0338", "\u0344", "\u2126", "\x00", "\x1b", "\x7f", "\x85", "\n", "\r", "\t",
     "\u00a0", "\u2003", "\u3000", "\u2028", "\u2029", "\u202e", "\u2066", "\u200e", "\ufeff", "\ufdd0", "\ufffe",
     "\uffff", "\U0001fffe", "\U0010ffff", "\U0001f600", "文", "й", "и\u0306", "Ў", "=3D", "=~", ".txt", "CON", "com1"]
)  # fmt: skip
OCTETS = st.binary(min_size=1, max_size=300)
TEXTS = st.lists(AWKWARD | st.characters(exclude_categories=("Cs",)), min_size=1, max_size=120).map(
    lambda characters: "".join(characters).encode()
)
MIXED = st.lists(AWKWARD.map(str.encode) | st.binary(min_size=1, max_size=2), min_size=1, max_size=30).map(b"".join)
PARTS = (OCTETS | TEXTS | MIXED).map(lambda part: part.replace(b"/", b"-")).filter(lambda p: p not in (b".", b".."))
SHORT_PARTS = st.lists(AWKWARD, min_size=1, max_size=3).map(lambda c: "".join(c).encode()).filter(
    lambda p: p not in (b".", b"..")
)  # fmt: skip
LONG_PARTS = st.tuples(AWKWARD, st.integers(20, 250)).map(lambda pair: (pair[0] * pair[1]).encode()[:255]).filter(
    lambda p: p.strip(b".")
)  # fmt: skip
NAMES = st.lists(SHORT_PARTS | PARTS.filter(lambda p: len(p) < 256) | LONG_PARTS, min_size=1, max_size=6).map(b"/".join)


def assert_every_tool_agrees_on(spelled: str) -> None:
    assert spelled not in ("", ".", "..")
    assert len(spelled.encode("utf-8")) <= MAX_PART_BYTES
    assert unicodedata.is_normalized("NFC", spelled)
    assert not spelled[0].isspace() and not spelled[-1].isspace()
    assert not spelled.endswith(".")
    assert spelled.split(".")[0].rstrip().upper() not in DEVICES
    for character in spelled:
        code = ord(character)
        assert unicodedata.category(character) not in ("Cc", "Cs", "Zl", "Zp"), ascii(spelled)
        assert character not in '%\\<>:"|?*/' + BIDI, ascii(spelled)
        assert not 0xFDD0 <= code <= 0xFDEF and code & 0xFFFE != 0xFFFE, ascii(spelled)
    assert in_xml(spelled.encode()) == spelled


@given(PARTS)
@example(":\u030a".encode())
@example("\u1100\u1161".encode())
@example(b"\xff" * 255)
@example("\U0001f600".encode() * 60)
@example(b"a" * 300 + b".jpg")
def test_a_spelled_part_is_one_that_every_tool_agrees_on(part: bytes) -> None:
    assert_every_tool_agrees_on(spell_part(part))


@given(PARTS)
@example(b"=~")
@example(b"=3D")
@example(b"=")
def test_a_part_is_had_back_byte_for_byte_unless_it_was_cut(part: bytes) -> None:
    spelled = spell_part(part)
    back = original_part(spelled)
    assert back == part if CUT not in spelled else back is None


@given(PARTS)
def test_only_a_name_too_long_for_a_disk_is_cut(part: bytes) -> None:
    spelled = spell_part(part)
    if len(part) * 3 <= MAX_PART_BYTES:
        assert CUT not in spelled
    assert (CUT in spelled) <= (len(spelled.encode()) > MAX_PART_BYTES - 40)


@given(st.from_regex(r"[A-Za-zА-Яа-яЁёІіЎў0-9_(][A-Za-zА-Яа-яЁёІіЎў0-9_ .,-]{0,40}[A-Za-zа-я0-9_)]", fullmatch=True))
def test_an_ordinary_name_is_left_alone(name: str) -> None:
    if not any(name.upper().split(".")[0].rstrip() == device for device in DEVICES):
        assert spell_part(name.encode()) == unicodedata.normalize("NFC", name)


@pytest.mark.parametrize(
    ("delivered", "spelled"),
    [
        ("допрос 12.mp3", "допрос 12.mp3"),
        ("100%.txt", "100=25.txt"),
        ("a=b", "a=3Db"),
        ("CON", "=43ON"),
        ("con.tar.gz", "=63on.tar.gz"),
        ("NUL .txt", "=4EUL .txt"),
        ("lpt9", "=6Cpt9"),
        ("COM¹", "=43OM¹"),
        ("CONSOLE", "CONSOLE"),
        ("COM10", "COM10"),
        ("end.", "end=2E"),
        ("end ", "end=20"),
        (" ", "=20"),
        ("...", "..=2E"),
        (" start", "=20start"),
        (".hidden", ".hidden"),
        ("nbsp\u00a0", "nbsp=C2=A0"),
        ("\u3000wide", "=E3=80=80wide"),
        ("in\u00a0side", "in\u00a0side"),
        ("next\u0085line", "next=C2=85line"),
        ("line\u2028sep", "line=E2=80=A8sep"),
        ("para\u2029sep", "para=E2=80=A9sep"),
        ("new\nline", "new=0Aline"),
        ("return\r", "return=0D"),
        ("exe\u202egpj.", "exe=E2=80=AEgpj=2E"),
        ("\ufffe", "=EF=BF=BE"),
        ("\ufdd0", "=EF=B7=90"),
        ("\U0001ffff", "=F0=9F=BF=BF"),
        ("и\u0306", "и=CC=86"),
        ("\u212b", "=E2=84=AB"),
        ("a:b", "a=3Ab"),
        ("a\\b", "a=5Cb"),
    ],
)
def test_each_kind_of_name_has_its_spelling(delivered: str, spelled: str) -> None:
    assert spell_part(delivered.encode()) == spelled
    assert original_part(spelled) == delivered.encode()


@pytest.mark.parametrize("part", [b"", b".", b"..", b"a/b"])
def test_what_is_no_name_is_refused(part: bytes) -> None:
    with pytest.raises(ValueError, match="not a part"):
        spell_part(part)


def test_two_names_that_agree_up_to_where_they_are_cut_stay_two() -> None:
    one, other = b"x" * 280 + b"1.jpg", b"x" * 280 + b"2.jpg"
    assert spell_part(one) != spell_part(other)
    assert spell_part(one).endswith(".jpg")


def fold(path: str) -> str:
    """A path as a disk reads it that ignores case and normalisation."""
    return "/".join(twin_key(part) for part in path.split("/"))


def assert_paths_are_apart(names: list[bytes]) -> dict[bytes, str]:
    """All names in sorted order get paths that never meet, neither as files nor as a file and a folder."""
    paths = PackagePaths()
    given_out = {name: str(paths.path(name)) for name in sorted(set(names))}
    folded = [fold(path) for path in given_out.values()]
    assert len(set(folded)) == len(folded)
    folders: dict[str, str] = {}
    for path in given_out.values():
        assert len(path) <= MAX_PATH_CHARACTERS
        parts = path.split("/")
        for part in parts:
            assert_every_tool_agrees_on(part)
        for depth in range(1, len(parts)):
            folder = "/".join(parts[:depth])
            assert folders.setdefault(fold(folder), folder) == folder  # one spelling for a folder
    assert not set(folded) & set(folders)
    return given_out


def is_tree(names: list[bytes]) -> bool:
    """Whether a disk could hold these: no name is a file and a folder."""
    folders = {name[:at] for name in names for at in range(len(name)) if name[at : at + 1] == b"/"}
    return not folders & set(names)


@given(st.lists(NAMES, min_size=1, max_size=30).filter(is_tree))
@example(["A\u030a".encode(), "\u00c5".encode(), "\u212b".encode(), "a\u030a".encode()])
@example(["J\u030a".encode(), "j\u030a".encode()])
@example(["文".encode() * 80 + b"/" + "文".encode() * 80 + b"/" + "文".encode() * 80])
@example([b"%" * 200 + b"x", b"%" * 200 + b"X"])
def test_the_paths_of_a_package_never_meet(names: list[bytes]) -> None:
    assert_paths_are_apart(names)


@given(st.lists(NAMES, min_size=1, max_size=12).filter(is_tree), st.randoms(use_true_random=False))
def test_the_paths_never_meet_in_whatever_order_the_names_come(names: list[bytes], chance: random.Random) -> None:
    chance.shuffle(names)
    paths = PackagePaths()
    given_out = [fold(str(paths.path(name))) for name in dict.fromkeys(names)]
    assert len(set(given_out)) == len(given_out)


@given(st.lists(NAMES, min_size=1, max_size=12).filter(is_tree))
def test_the_same_delivery_gets_the_same_paths(names: list[bytes]) -> None:
    assert assert_paths_are_apart(names) == assert_paths_are_apart(names[::-1])


@given(st.lists(NAMES, min_size=1, max_size=12).filter(is_tree))
def test_a_name_is_had_back_from_a_path_that_was_not_cut(names: list[bytes]) -> None:
    for name, path in assert_paths_are_apart(names).items():
        if CUT not in path:
            assert b"/".join(original_part(part) or b"?" for part in path.split("/")) == name


def test_case_and_normalisation_twins_lie_apart_and_are_had_back() -> None:
    names = [n.encode() for n in ("Foto.jpg", "foto.jpg", "FOTO.JPG", "й.txt", "Й.txt", "и\u0306.txt", "ß", "ss", "SS")]
    given_out = assert_paths_are_apart(names)
    assert all(CUT not in path for path in given_out.values())
    assert {original_part(path) for path in given_out.values()} == set(names)


def test_a_file_and_a_folder_that_are_twins_lie_apart() -> None:
    given_out = assert_paths_are_apart([b"evidence", b"Evidence/1.txt", b"EVIDENCE/1.txt"])
    assert len({path.split("/")[0] for path in given_out.values()}) == 3


def test_a_long_path_is_cut_and_keeps_its_extension() -> None:
    name = b"/".join([b"folder with a rather long name"] * 8) + b"/film.mp4"
    (path,) = assert_paths_are_apart([name]).values()
    assert CUT in path
    assert path.endswith(".mp4")
    assert "film" in path


def test_a_long_name_in_a_long_path_keeps_its_extension() -> None:
    name = b"/".join([b"folder with a rather long name"] * 8) + b"/" + "фильм ".encode() * 21 + b".mp4"
    (path,) = assert_paths_are_apart([name]).values()
    assert path.endswith(".mp4")


def test_a_path_of_just_180_characters_is_left_alone() -> None:
    name = "/".join(["ш" * 59, "ш" * 60, "ш" * 59])
    assert len(name) == MAX_PATH_CHARACTERS
    assert assert_paths_are_apart([name.encode()]) == {name.encode(): name}
    assert CUT in assert_paths_are_apart([name.encode() + b"x"]).popitem()[1]


@given(PARTS)
def test_xml_gets_the_name_or_nothing(part: bytes) -> None:
    text = in_xml(part)
    assert text is None or text.encode() == part


@given(PARTS)
def test_a_shown_name_moves_no_cursor_and_turns_no_line(part: bytes) -> None:
    text = shown(part)
    text.encode("utf-8")
    assert not any(unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp", "Cs") for c in text)
    assert in_xml(text.encode()) == text
