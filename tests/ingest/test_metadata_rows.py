"""What is wrong with single rows, and what several rows say of one file: told by line, and nothing is dropped."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from table_support import cells, message, read, table, told

from archive.errors import ConfigError, UsageError
from archive.ingest.told import AT_MOST

DIGESTS = {name: hashlib.new(name, b"a").hexdigest() for name in ("sha256", "sha512", "sha1", "md5")}


@pytest.mark.parametrize(
    ("row", "is_told"), [("a.txt,x,y", False), ("a.txt,x,y,,", False), ("a.txt,x", True), ("a.txt,x,y,z", True)]
)
def test_a_row_of_another_length_is_told_and_kept(tmp_path: Path, row: str, is_told: bool) -> None:
    found = read(tmp_path, f"path,place,notes\n{row}\n")
    assert cells(found) == [tuple(row.split(","))]
    assert told(found) == ([("ragged-row", "a.txt")] if is_told else [])
    assert not is_told or "line 2" in message(found, "ragged-row")


@pytest.mark.parametrize("algorithm", DIGESTS)
def test_a_digest_of_each_kind_is_found_and_one_that_is_none_is_told(tmp_path: Path, algorithm: str) -> None:
    digest = DIGESTS[algorithm]
    text = f"path,{algorithm}\na,{digest.upper()}\nb, {digest} \nc,{digest[1:]}\nd,{'g' * len(digest)}\ne,\n"
    found = read(tmp_path, text)
    assert [list(found.rows.digests(name)) for name in (b"a", b"b")] == [[(algorithm, digest)]] * 2
    assert [list(found.rows.digests(name)) for name in (b"c", b"d", b"e")] == [[], [], []]
    assert told(found) == [("digest-malformed", "c"), ("digest-malformed", "d")]


def test_digests_that_contradict_each_other_are_compared_with_nothing(tmp_path: Path) -> None:
    text = f"path,sha256,md5\na,{DIGESTS['sha256']},{DIGESTS['md5']}\na,{'0' * 64},{DIGESTS['md5']}\n"
    found = read(tmp_path, text)
    assert list(found.rows.digests(b"a")) == [("md5", DIGESTS["md5"])]
    assert "(sha256)" in message(found, "contradicting-rows")


def test_impossible_dates_are_told_by_line_and_column(tmp_path: Path) -> None:
    text = "path,captured_at,event_date,consent_expiry\na,2020-08-11,31.02.2020,2030-01-01\nb,2099-01-01,,2030-02-30\n"
    found = read(tmp_path, text)
    assert told(found) == [("date-impossible", name) for name in "abb"] + [("rights-unclear", "b")]
    said = [finding.message for finding in found.findings]
    assert said[0] == "line 2: '31.02.2020' under event_date: the calendar has no such day"
    assert said[1] == "line 3: '2099-01-01' under captured_at: it lies in the future"
    assert said[2] == "line 3: '2030-02-30' under consent_expiry: the calendar has no such day"


@pytest.mark.parametrize(
    ("rows", "code", "says"),
    [
        ("a,Minsk,x\na,Minsk,x\n", "duplicate-row", "lines 2, 3 of the table are the same"),
        ("a,Minsk,x\na,Minsk,x,,\n", "duplicate-row", "are the same"),
        ("a,Minsk,\na,,x\n", "duplicate-row", "complete each other"),
        ("a,Minsk,x\na,Hrodna,x\n", "contradicting-rows", "(place)"),
        ("a,Minsk,x\nb,,\na,Hrodna,y\n", "contradicting-rows", "lines 2, 4 of the table contradict"),
        ("a,Minsk,x\n" * 9, "duplicate-row", "lines 2, 3, 4, 5, 6 and 4 more"),
    ],
)
def test_rows_about_one_file_are_the_same_complete_or_contradict(
    tmp_path: Path, rows: str, code: str, says: str
) -> None:
    found = read(tmp_path, f"path,place,notes\n{rows}")
    assert says in message(found, code)
    assert len(list(found.rows.of(b"a"))) == sum(line.startswith("a,") for line in rows.splitlines())


def test_words_about_rights_that_are_no_code_are_told(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "path,rights_basis,restriction,person,consent_ref,consent_scope\n"
        "a,consent,no-public,P-1,CF-1,court un\nb,разрешили,,Мария,,\nc,,можно показывать в суде,,,\n",
    )
    assert told(found) == [("rights-unclear", "b"), ("rights-unclear", "b"), ("rights-unclear", "c")]
    assert found.rows.statement([b"a"]).as_text() == {
        "rights_basis": "consent",
        "restriction": "no-public",
        "person": "P-1",
        "consent_ref": "CF-1",
        "terms": "court,un",
    }
    assert found.rows.statement([b"b"]).as_text() == {"rights_basis": "?", "person": "?"}
    assert found.rows.statement([b"nobody"]).is_empty


def test_so_many_findings_of_a_kind_are_counted_and_not_all_told(tmp_path: Path) -> None:
    rows = "".join(f",{number}\n" for number in range(AT_MOST + 7))
    found = read(tmp_path, f"path,place\n{rows}a,{'x'}\n,,\n")
    assert [finding.code for finding in found.findings] == ["row-without-path"] * (AT_MOST + 1)
    assert found.findings[-1].subject == ""
    assert found.findings[-1].message.startswith("7 more; ")


def mapped(folder: Path, text: str) -> Path:
    return table(folder, text, "map.toml")


def test_other_headings_are_mapped_and_the_rest_kept(tmp_path: Path) -> None:
    mapping = mapped(tmp_path, 'path = "Имя файла"\nsha256 = "хэш"\nevent_date = "Дата"\n')
    data = f"Дата;Имя файла;ХЭШ;Что на записи\n31.02.2020;a.txt;{DIGESTS['sha256']};площадь\n"
    found = read(tmp_path, data, mapping=mapping)
    assert list(found.rows.digests(b"a.txt")) == [("sha256", DIGESTS["sha256"])]
    assert told(found) == [("date-impossible", "a.txt")]
    table_ = found.items([b"a.txt"])
    assert table_.heading == ("Дата", "Имя файла", "ХЭШ", "Что на записи")
    assert [row[3] for row in table_.rows] == ["площадь"]
    assert table_.meanings == (("path", "Имя файла"), ("sha256", "хэш"), ("event_date", "Дата"))


def test_a_mapping_wins_over_a_heading_of_the_same_word(tmp_path: Path) -> None:
    mapping = mapped(tmp_path, 'path = "real path"\n')
    assert [row.path for row in read(tmp_path, "path,real path\nx,a.txt\n", mapping=mapping).rows.unmet()] == [b"a.txt"]


def test_headings_that_are_missing_or_twice_are_told(tmp_path: Path) -> None:
    mapping = mapped(tmp_path, 'place = "Где"\n')
    found = read(tmp_path, "Path,md5,md5\na,b,c\n", mapping=mapping)
    assert ("column-missing", "metadata.csv") in told(found)
    assert ("column-twice", "metadata.csv") in told(found)
    assert found.rows.columns.places["md5"] == 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('paht = "x"\n', "'paht' is none of our columns"),
        ("path = 1\n", "must be a heading"),
        ('path = "  "\n', "must be a heading"),
        ('[columns]\npath = "x"\n', "'columns' is none"),
        ("path = x\n", "map.toml"),
        ('path = "\udcff"\n'.encode("utf-8", "surrogateescape"), "map.toml"),
    ],
)
def test_a_mapping_that_is_not_understood_is_refused_by_file_and_key(
    tmp_path: Path, text: str | bytes, says: str
) -> None:
    path = tmp_path / "map.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ConfigError, match=says):
        read(tmp_path, "path\na\n", mapping=path)


def test_a_mapping_that_is_not_there_is_a_slip_of_the_hand(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        read(tmp_path, "path\na\n", mapping=tmp_path / "nowhere.toml")
