"""The producer's table: read whatever program wrote it, kept byte for byte, compared, never interpreted."""

from __future__ import annotations

import csv
import hashlib
import io
import unicodedata
from pathlib import Path

import pytest
from ingest_support import Answer, Place, write

DIGEST = hashlib.sha256(b"a").hexdigest()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path / "delivery", {"a.txt": b"a", "sub/b.txt": b"b"})


def table(tmp_path: Path, text: str | bytes, name: str = "metadata.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def items(place: Place, answer: Answer) -> str:
    (aip,) = answer.json["aips"]
    return (place.bag(aip) / "data/metadata/descriptive/items.csv").read_text("utf-8")


def submitted(place: Place, answer: Answer, name: str = "metadata.csv") -> bytes:
    return (place.bag(answer.json["accession_package"]) / "data/documentation/submission" / name).read_bytes()


@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_it_is_read_whatever_program_wrote_it(
    place: Place, folder: Path, tmp_path: Path, bom: bytes, delimiter: str, newline: str
) -> None:
    lines = [("path", "place"), ("a.txt", '"two\nlines, one; cell\t|"'), ("sub/b.txt", '"said ""so"""')]
    data = bom + newline.join(delimiter.join(cells) for cells in lines).encode()
    answer = place.ingest(folder, "--metadata", table(tmp_path, data))
    assert answer.code == 0, answer.out
    assert answer.json["findings"] == []
    assert submitted(place, answer) == data
    read = list(csv.reader(io.StringIO(items(place, answer), newline=""), delimiter=delimiter))
    assert read == [["path", "place"], ["a.txt", "two\nlines, one; cell\t|"], ["sub/b.txt", 'said "so"']]


def test_a_cell_may_hold_a_whole_testimony(place: Place, folder: Path, tmp_path: Path) -> None:
    testimony = "я видела. " * 50_000
    answer = place.ingest(folder, "--metadata", table(tmp_path, f"path,text\na.txt,{testimony}\nsub/b.txt,\n"))
    assert answer.code == 0, answer.err
    assert testimony in items(place, answer)


def test_rows_about_one_file_are_all_kept_and_told(place: Place, folder: Path, tmp_path: Path) -> None:
    text = f"path,sha256,place\na.txt,,Minsk\nsub/b.txt,,\na.txt,{DIGEST},Hrodna\n"
    answer = place.ingest(folder, "--metadata", table(tmp_path, text))
    assert answer.code == 3
    assert answer.subjects("contradicting-rows") == ["a.txt"]
    assert "lines 2, 4 " in answer.found("contradicting-rows")[0]["message"]
    assert "(place)" in answer.found("contradicting-rows")[0]["message"]
    assert items(place, answer).splitlines() == [
        "path,sha256,place",
        "a.txt,,Minsk",
        f"a.txt,{DIGEST},Hrodna",
        "sub/b.txt,,",
    ]


@pytest.mark.parametrize("digest", ["00", "g" * 64, DIGEST[:-1], DIGEST + "0", "sha256:" + DIGEST, "=1+1"])
def test_a_malformed_digest_is_told_and_compared_with_nothing(
    place: Place, folder: Path, tmp_path: Path, digest: str
) -> None:
    answer = place.ingest(folder, "--metadata", table(tmp_path, f"path,sha256\na.txt,{digest}\nsub/b.txt,\n"))
    assert answer.subjects("digest-malformed") == ["a.txt"]
    assert "digest-mismatch" not in answer.codes()
    assert all(originator is None for file in place.evidence(answer) for _, _, originator in file.digests())
    assert digest in items(place, answer)


def test_an_upper_case_digest_is_the_same_digest(place: Place, folder: Path, tmp_path: Path) -> None:
    answer = place.ingest(folder, "--metadata", table(tmp_path, f"path,sha256\na.txt,{DIGEST.upper()}\nsub/b.txt,\n"))
    assert (answer.code, answer.json["findings"]) == (0, [])
    assert ("SHA-256", DIGEST, "viasna, metadata.csv") in place.evidence(answer)[0].digests()


def test_a_wrong_digest_is_recorded_and_the_file_accepted(place: Place, folder: Path, tmp_path: Path) -> None:
    answer = place.ingest(folder, "--metadata", table(tmp_path, f"path,sha256\na.txt,{'0' * 64}\nsub/b.txt,\n"))
    assert answer.code == 3
    assert answer.subjects("digest-mismatch") == ["a.txt"]
    assert (answer.json["accepted"], answer.json["state"]) == (2, "closed")
    a, b = place.evidence(answer)
    assert ("SHA-256", "0" * 64, "viasna, metadata.csv") in a.digests()
    assert [event.outcomes[0].outcome.value for event in a.events_of("fixity check") if event.outcomes[0].outcome] == [
        "fail"
    ]
    assert b.events_of("fixity check") == []


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"file,place\na.txt,Minsk\n", "no column 'path'"),
        (b"", "no column 'path'"),
        (b"\n\n\n", "no column 'path'"),
        (b"PK\x03\x04 a broken spreadsheet", "cannot be read as a spreadsheet"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 an old one", "is no spreadsheet, though it begins like one"),
    ],
)
def test_a_table_that_cannot_be_read_stops_everything_before_it_begins(
    place: Place, folder: Path, tmp_path: Path, data: bytes, says: str
) -> None:
    before = (place.log_size(), place.stored())
    answer = place.ingest(folder, "--metadata", table(tmp_path, data))
    assert answer.code == 1
    assert says in answer.err
    assert "metadata.csv" in answer.err
    assert (place.log_size(), place.stored()) == before
    assert (place.staging(), place.packages()) == ([], [])


def test_a_table_that_is_not_there_is_a_slip_of_the_hand(place: Place, folder: Path, tmp_path: Path) -> None:
    assert place.ingest(folder, "--metadata", tmp_path / "nowhere.csv").code == 2
    assert place.ingest(folder, "--metadata", tmp_path).code == 1
    assert place.packages() == []


@pytest.mark.parametrize(
    ("delivered", "said"),
    [
        (unicodedata.normalize("NFC", "ёлкі й.txt"), unicodedata.normalize("NFD", "ёлкі й.txt")),
        (unicodedata.normalize("NFD", "ёлкі й.txt"), unicodedata.normalize("NFC", "ёлкі й.txt")),
        ("a.txt", "./a.txt"),
        ("a.txt", "  a.txt "),
        ("sub/b.txt", "sub\\b.txt"),
        ("back\\slash", "back\\slash"),
        (" blank ", " blank "),
        ("a/./b".replace("/./", "/"), "a/b"),
        ("new\nline", '"new\nline"'),
        ('quote"', '"quote"""'),
    ],
)
def test_a_path_is_matched_as_the_producer_may_spell_it(
    place: Place, tmp_path: Path, delivered: str, said: str
) -> None:
    folder = write(tmp_path / "d", {delivered: b"a"})
    answer = place.ingest(folder, "--metadata", table(tmp_path, f"path,sha256\n{said},{DIGEST}\n"))
    assert (answer.code, answer.json["findings"]) == (0, []), answer.out
    (file,) = place.evidence(answer)
    assert file.name == delivered.encode()
    assert ("SHA-256", DIGEST, "viasna, metadata.csv") in file.digests()
    assert len(items(place, answer)) > len("path,sha256\n")


def test_twins_have_each_its_own_row(place: Place, tmp_path: Path) -> None:
    composed, apart = "й", "и\u0306"
    folder = write(tmp_path / "d", {composed: b"composed", apart: b"apart", " a": b"blank", "a": b"none"})
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in ((composed, b"composed"), (apart, b"apart"))}
    text = "path,sha256,persons\n" + "".join(f"{name},{digest},about {name}\n" for name, digest in digests.items())
    text += " a,,about blank\na,,about none\n"
    answer = place.ingest(folder, "--metadata", table(tmp_path, text))
    assert (answer.code, answer.json["findings"]) == (0, []), answer.out
    assert len(items(place, answer).splitlines()) == 5
    for file in place.evidence(answer):
        if file.name.decode() in digests:
            assert [digest for _, digest, originator in file.digests() if originator] == [digests[file.name.decode()]]


def test_rows_without_a_path_or_without_a_file_are_told(place: Place, folder: Path, tmp_path: Path) -> None:
    text = "path,place\na.txt,x\n,nowhere\nsub/b.txt\n\ngone.txt,y\nA.TXT,z\n"
    answer = place.ingest(folder, "--metadata", table(tmp_path, text))
    assert answer.code == 3
    assert answer.subjects("row-without-path") == ["line 3"]
    assert answer.subjects("row-without-file") == ["gone.txt", "A.TXT"]
    assert answer.found("row-without-file")[0]["message"].startswith("line 6 ")
    assert "gone.txt" not in items(place, answer)
    assert submitted(place, answer) == text.encode()


def test_formulas_are_kept_as_delivered_and_disarmed_only_where_we_write(place: Place, tmp_path: Path) -> None:
    folder = write(tmp_path / "d", {"=HYPERLINK(1)": b"a", "@b": b"b"})
    text = "path,note\n=HYPERLINK(1),\"=cmd|'/C calc'!A0\"\n@b,+1\n"
    answer = place.ingest(folder, "--metadata", table(tmp_path, text))
    assert answer.code == 0, answer.out
    assert submitted(place, answer) == text.encode()
    assert list(csv.reader(io.StringIO(items(place, answer)))) == [
        ["path", "note"],
        ["=HYPERLINK(1)", "=cmd|'/C calc'!A0"],
        ["@b", "+1"],
    ]
    assert {line["path"] for line in csv.DictReader(io.StringIO(place.receipt(answer)))} == {"'=HYPERLINK(1)", "'@b"}


@pytest.mark.parametrize("name", ["bag", "таблица №1.csv", "=1.csv", "a:b?.csv"])
def test_a_table_keeps_its_name_among_the_papers_as_far_as_tools_agree(
    place: Place, folder: Path, tmp_path: Path, name: str
) -> None:
    answer = place.ingest(folder, "--metadata", table(tmp_path, "path\na.txt\nsub/b.txt\n", name))
    assert answer.code == 0
    papers = place.bag(answer.json["accession_package"]) / "data/documentation/submission"
    (kept,) = papers.iterdir()
    assert kept.read_bytes() == b"path\na.txt\nsub/b.txt\n"
    assert not set(kept.name) & set(':?"%')
