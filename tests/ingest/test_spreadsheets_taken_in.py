"""A spreadsheet given along: kept byte for byte, its rows with their files, remembered, and the same when resumed."""

from __future__ import annotations

import csv
import hashlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from ingest_support import Place, command, write
from workbook_support import DAY, MOMENT, Styled, ods, xlsx

from archive.custody.log import CustodyLog
from archive.model.records import AccessionRecord

FILES = {"Допросы/запись 1.txt": b"one", "Допросы/запись 2.txt": b"two", "c.txt": b"three"}
ROWS = [
    ["path", "sha256", "captured_at", "rights_basis", "restriction", "consent_ref", "место"],
    [
        "Допросы/запись 1.txt",
        hashlib.sha256(b"one").hexdigest(),
        Styled(44054.0847222222, MOMENT),
        "consent",
        "no-public",
        "CF-0001",
        "Минск, ул. «Победы»\nдом 2",
    ],
    ["Допросы/запись 2.txt", "0" * 64, Styled(44055, DAY), "consent", None, "CF-0002", '=1+1; "x"'],
    ["нет такого.txt"],
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path / "delivery", {**FILES})


def sheet(tmp_path: Path, data: bytes, name: str = "таблица.xlsx") -> Path:
    (tmp_path / name).write_bytes(data)
    return tmp_path / name


def recorded(place: Place, accession: str) -> dict[str, str]:
    """How the table of an accession was read, by the custody log."""
    for _, record in CustodyLog.open(place.home / "custody").records(kinds=frozenset({"accession"})):
        if isinstance(record, AccessionRecord) and record.accession == accession:
            return dict(record.metadata_reading or {})
    raise AssertionError("no such accession")


@pytest.mark.parametrize(("name", "form", "make"), [("таблица.xlsx", "xlsx", xlsx), ("table.ods", "ods", ods)])
def test_it_is_kept_byte_for_byte_and_each_package_has_its_own_rows(
    place: Place, folder: Path, tmp_path: Path, name: str, form: str, make: object
) -> None:
    place.set(max_files=1)
    rows = (
        ROWS if form == "xlsx" else [[cell.value if isinstance(cell, Styled) else cell for cell in row] for row in ROWS]
    )
    data = make({"Файлы": rows, "empty": []})  # type: ignore[operator]
    answer = place.ingest(folder, "--metadata", sheet(tmp_path, data, name))
    assert answer.code == 3
    papers = place.bag(answer.json["accession_package"]) / "data/documentation/submission"
    assert (papers / name).read_bytes() == data
    assert {"file-without-row", "row-without-file", "digest-mismatch"} <= answer.codes()
    assert answer.subjects("row-without-file") == ["нет такого.txt"]
    assert answer.found("row-without-file")[0]["message"].startswith("row 4 of the metadata")
    said = {}
    for aip in answer.json["aips"]:
        path = place.bag(aip) / "data/metadata/descriptive/items.csv"
        if path.exists():
            heading, *own = csv.reader(path.read_text("utf-8").splitlines(keepends=True))
            assert (heading, len(own)) == (ROWS[0], 1)
            said[own[0][0]] = own[0]
    assert set(said) == {"Допросы/запись 1.txt", "Допросы/запись 2.txt"}
    assert said["Допросы/запись 1.txt"][3:] == ROWS[1][3:]
    if form == "xlsx":
        assert [row[2] for row in said.values()] == ["2020-08-11T02:02:00", "2020-08-12"]
    assert recorded(place, answer.json["accession"]) == {"form": form, "sheet": "Файлы"}
    (first, *_) = [file for file in place.evidence(answer) if file.name == "Допросы/запись 1.txt".encode()]
    assert ("SHA-256", hashlib.sha256(b"one").hexdigest(), f"viasna, {name}") in first.digests()


def test_given_again_it_is_the_same_and_another_sheet_is_another_table(
    place: Place, folder: Path, tmp_path: Path
) -> None:
    other = [["path"], ["c.txt"]]
    path = sheet(tmp_path, xlsx({"Файлы": ROWS, "other": other}))
    answer = place.ingest(folder, "--metadata", path)
    assert (answer.code, place.packages()) == (2, [])
    assert "--metadata-sheet" in answer.json["error"]["hint"]
    answer = place.ingest(folder, "--metadata", path, "--metadata-sheet", "Файлы")
    assert answer.json["state"] == "closed"
    log = place.log_size()
    again = place.ingest(folder, "--metadata", path, "--metadata-sheet", "Файлы")
    assert (again.code, again.json["accession"], place.log_size()) == (3, answer.json["accession"], log)
    changed = place.ingest(folder, "--metadata", path, "--metadata-sheet", "other")
    assert changed.code == 2
    assert "--accession" in changed.json["error"]["hint"]
    assert place.log_size() == log


def test_a_survey_says_which_sheet_was_read(folder: Path, tmp_path: Path) -> None:
    path = sheet(tmp_path, xlsx({"Файлы": ROWS, "other": [["x"]]}))
    said = ("--metadata", path, "--metadata-sheet", "Файлы")
    page = tmp_path / "survey.html"
    text = command("survey", folder, *said, "--html", page)
    assert "3 rows (XLSX, sheet 'Файлы'); 2 files with a row, 1 without" in text.out
    assert "--metadata-sheet 'Файлы'" in text.out or "--metadata-sheet Файлы" in text.out
    assert "3 rows (XLSX, sheet &#39;Файлы&#39;)" in page.read_text("utf-8")
    told = command("survey", folder, *said, "--json").json["metadata"]
    assert (told["reading"], told["rows"]) == ({"form": "xlsx", "sheet": "Файлы"}, 3)


def test_a_spreadsheet_in_the_delivery_is_pointed_to(tmp_path: Path) -> None:
    folder = write(tmp_path / "delivery", {"a.txt": b"a", "реестр.xlsx": xlsx(ROWS)})
    answer = command("survey", folder)
    assert "give it along: --metadata FILE" in answer.out
    assert "archive survey" in answer.out and "реестр.xlsx" in answer.out.partition("Next")[2]


def test_a_register_of_consents_may_be_a_spreadsheet(place: Place, tmp_path: Path) -> None:
    rows = [
        ["ref", "person", "scope", "terms", "given", "expires", "имя"],
        ["CF-0001", "P-0001", "court,un", "no-public", Styled(44054, DAY), Styled(73050, DAY), "Янка"],
    ]
    answer = place("consent", "import", sheet(tmp_path, xlsx({"Лист": rows, "b": [["x"]]})))
    assert answer.code == 2 and "--metadata-sheet" in answer.err
    path = sheet(tmp_path, xlsx({"Лист": rows, "b": [["x"]]}))
    assert place("consent", "import", path, "--metadata-sheet", "Лист").code == 0
    shown = place("consent", "show", "CF-0001", "--json").json
    assert (shown["given"], shown["expires"], shown["scope"]) == ("2020-08-11", "2099-12-31", "court un")
    wrong = [*rows[:1], ["CF-0002", "P-1", "un", None, 44054], [1234567890123456789, "P-2", "un", None, "2020-01-01"]]
    answer = place("consent", "import", sheet(tmp_path, xlsx(wrong)))
    assert answer.code == 1
    assert "row 2: " in answer.err and "row 3: '1234567890123456800' is a number of more than 15 digits" in answer.err
    assert place("consent", "show", "CF-0002").code == 2


def test_killed_while_the_table_is_read_it_leaves_nothing_and_goes_on(place: Place, tmp_path: Path) -> None:
    folder = write(tmp_path / "delivery", {"a.txt": b"a"})
    path = sheet(tmp_path, xlsx([["path", "place"], ["a.txt"], *([f"{n}.txt", "x" * 50] for n in range(40_000))]))
    words = ["--archive", place.home, "--metadata", path, "--producer", "viasna", "--json"]
    program = [sys.executable, "-P", "-m", "archive", "ingest", folder, *words]
    log = place.log_size()
    running = subprocess.Popen(program, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    children: list[int] = []
    while not children and running.poll() is None:
        children = _children(running.pid)
        time.sleep(0.01)
    assert children, "the table was read in a process of its own"
    running.send_signal(signal.SIGKILL)
    running.wait()
    for child in children:
        while _is_running(child):  # it ends by itself: nobody takes its rows any more
            time.sleep(0.01)
    assert (place.log_size(), place.packages()) == (log, [])
    answer = place.ingest(folder, "--metadata", path)
    assert (answer.json["accepted"], answer.json["state"]) == (1, "closed")
    assert len(answer.found("row-without-file")) == 1_001


def _children(parent: int) -> list[int]:
    """The workers of a process, which on Linux are listed by thread."""
    listed = Path(f"/proc/{parent}/task/{parent}/children")
    try:
        found = [int(word) for word in listed.read_text().split()]
        return [child for child in found if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]
    except OSError:
        return []


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
