"""Accessions that stay open: listed, shown, decided about, closed without their medium; and their receipts."""

from __future__ import annotations

import base64
import csv
import errno
import hashlib
import io
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from ingest_support import (
    Failing,
    Place,
    add_up,
    assert_bagit_python_agrees,
    assert_lists_are_right,
    with_opener,
    write,
)

from archive import durable
from archive.storage.descent import Descent
from archive.storage.reading import open_quietly

HOSTILE: dict[str | bytes, bytes] = {
    "<script>alert(1)</script>.txt": b"1",
    "=cmd|' calc'!A0": b"2",
    "\u202egpj.exe": b"3",
    "line\nfeed\x1b[31m": b"4",
    "a" * 120 + "/" + "\u0436" * 100 + "/" + "long name without a blank " * 8: b"5",
    b"\xff\xfe not utf-8": b"6",
    "\u05d0\u05d1\u05d2 & <b>.txt": b"7",
    "'\"quotes\"'": b"8",
}


def opened(place: Place, root: Path, *more: str | Path) -> str:
    answer = place.ingest(root, "--keep-open", *more)
    assert answer.json["state"] == "open", answer.err
    return str(answer.json["accession"])


def broken(place: Place, root: Path, monkeypatch: pytest.MonkeyPatch, *names: bytes) -> str:
    """An accession with files that cannot be read."""
    with monkeypatch.context() as patch:
        with_opener(patch, Failing(errno.EIO, *names))
        answer = place.ingest(root)
    assert answer.code == 3 and answer.json["state"] == "open" and answer.json["pending"] == len(names)
    return str(answer.json["accession"])


def receipt(place: Place, accession: str) -> dict[str, Any]:
    answer = place("accession", "receipt", accession, "--json")
    assert answer.code == 0, answer.err
    return dict(answer.json)


def test_what_stays_open_is_listed_and_closed_without_its_medium(place: Place, tmp_path: Path) -> None:
    root = write(tmp_path / "d", {"a": b"a", "e/b": b"b"})
    sums = tmp_path / "sums"
    sums.write_text(f"{hashlib.sha256(b'a').hexdigest()}  a\n")
    table = tmp_path / "t.csv"
    table.write_text("path\na\nno-such\n")
    accession = opened(place, root, "--checksums", sums, "--metadata", table)
    (listed,) = place("accession", "list", "--open", "--json").json["accessions"]
    assert (listed["id"], listed["state"], listed["received"]) == (accession, "open", 2)
    shutil.rmtree(root), sums.unlink(), table.unlink()
    assert "would close" in place("accession", "close", accession, "--dry-run").out
    closed = place("accession", "close", accession, "--json")
    assert closed.code == 0 and closed.json["state"] == "closed", closed.err
    assert place("accession", "list", "--open", "--json").json["accessions"] == []
    assert (
        place("accession", "close", accession, "--json").json["accession_package"] == closed.json["accession_package"]
    )
    bag = place.bag(closed.json["accession_package"])
    papers = bag / "data/documentation"
    assert (papers / "submission/t.csv").read_text() == "path\na\nno-such\n"
    assert (papers / "submission/checksums/sums").is_file()
    assert "row-without-file,no-such," in (papers / "unmatched.csv").read_text()
    names = {json.loads(line)["path"] for line in (papers / "listing.jsonl").read_text().splitlines()}
    assert names == {"a", "e", "e/b"}
    assert "row-without-file" in {finding["code"] for finding in json.loads((papers / "findings.json").read_text())}
    assert_lists_are_right(bag)
    assert_bagit_python_agrees([bag])
    assert place.staging() == []


def test_a_file_that_cannot_be_read_keeps_it_open_until_a_person_decides(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write(tmp_path / "d", {"a": b"a", "b": b"b", "c": b"c"})
    accession = broken(place, root, monkeypatch, b"/b", b"/c")
    refused = place("accession", "close", accession, "--json")
    assert refused.code == 3 and "2 of its files are pending" in refused.json["obstacles"][0]
    shown = place("accession", "show", accession, "--json").json
    waiting = {file["path"]: file["file"] for file in shown["waiting"]}
    assert waiting.keys() == {"b", "c"} and shown["obstacles"]
    size = place.log_size()
    assert "would reject" in place("accession", "reject", accession, "--file", "b", "--reason", "r", "--dry-run").out
    dry = place("accession", "reject", accession, "--file", "b", "--reason", "r", "--dry-run", "--json").json
    assert [one["path"] for one in dry["rejected"]] == ["b"] and dry["pending"] == 2
    assert len(place("accession", "close", accession, "--dry-run", "--json").json["obstacles"]) == 1
    assert place.log_size() == size
    args = ("accession", "reject", accession, "--reason", "sector unreadable")
    assert place(*args, "--file", "b", "--file", "no-such").code == 2 and place.log_size() == size  # all or none
    assert place(*args, "--file", "a").code == 2
    decided = place(*args, "--file", "b", "--file", waiting["c"], "--file", "c", "--json")
    assert decided.code == 0 and decided.json["pending"] == 0 and len(decided.json["rejected"]) == 2
    told = receipt(place, accession)
    assert (told["received"], told["accepted"], told["rejected"], told["pending"]) == (3, 1, 2, 0)
    assert {one["path"]: one["reason"] for one in told["undecided"]} == dict.fromkeys("bc", "sector unreadable")
    assert place("accession", "close", accession).code == 0
    again = place.ingest(root)
    assert again.json["accession"] == accession and again.json["rejected"] == 2 and add_up(again)
    rows = list(csv.DictReader(io.StringIO(place.receipt(again))))
    assert [(row["path"], row["outcome"]) for row in rows] == [("a", "accepted"), ("b", "rejected"), ("c", "rejected")]
    anew = Place(tmp_path / "anew")
    assert anew("catalogue", "rebuild", "--from", tmp_path / "second").code == 0
    assert receipt(anew, accession)["undecided"] == receipt(place, accession)["undecided"]


def test_a_rejected_file_is_not_asked_for_again(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = write(tmp_path / "d", {"a": b"a", "b": b"b"})
    accession = broken(place, root, monkeypatch, b"/b")
    assert place("accession", "reject", accession, "--file", "b", "--reason", "gone").code == 0
    asked: list[bytes] = []

    def watching(path: bytes) -> Any:
        asked.append(path)
        return open_quietly(path)

    with_opener(monkeypatch, watching)
    answer = place.ingest(root)
    assert answer.json["state"] == "closed" and answer.json["rejected"] == 1 and asked == []


def test_what_could_not_be_looked_at_is_closed_with_a_reason_alone(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write(tmp_path / "d", {"a": b"a", "shut/b": b"b"})
    names = Descent.names

    def failing(self: Descent, folder: bytes) -> list[bytes]:
        if folder == b"shut/":
            raise PermissionError(errno.EACCES, "Permission denied")
        return names(self, folder)

    with monkeypatch.context() as patch:
        patch.setattr(Descent, "names", failing)
        accession = place.ingest(root).json["accession"]
    check_closing_of_blocked(place, accession)


def check_closing_of_blocked(place: Place, accession: str) -> None:
    refused = place("accession", "close", accession)
    assert refused.code == 3 and "could not be looked at" in refused.out
    assert place("accession", "close", accession, "--reason", "the disk has died").code == 0
    told = receipt(place, accession)
    assert told["close_reason"] == "the disk has died" and any("has died" in point for point in told["open_points"])


def test_an_ingest_that_did_not_end_is_not_closed_over(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.set(max_files=1)
    root = write(tmp_path / "d", {name: name.encode() for name in "abcd"})

    class PowerCutError(Exception):
        pass

    def cut(path: bytes) -> Any:
        if path.endswith(b"/d"):
            raise PowerCutError
        return open_quietly(path)

    with monkeypatch.context() as patch:
        with_opener(patch, cut)
        with pytest.raises(PowerCutError):
            place.ingest(root)
    (listed,) = place("accession", "list", "--json").json["accessions"]
    assert 0 < listed["received"] < 4 and listed["pending"] == 0
    refused = place("accession", "close", listed["id"])
    assert refused.code == 3 and "was not received to its end" in refused.out
    assert place.ingest(root).json["received"] == 4


def test_a_crash_at_any_durable_step_of_closing_loses_nothing(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write(tmp_path / "d", {"a": b"a"})
    note = tmp_path / "n"
    note.write_text("n")

    class CrashError(BaseException):
        pass

    def crash_at(step: int) -> bool:
        count = 0

        def promise(_: str) -> None:
            nonlocal count
            count += 1
            if count == step:
                raise CrashError

        with monkeypatch.context() as patch:
            patch.setattr(durable, "promise", promise)
            try:
                place("accession", "close", accession)
            except CrashError:
                return True
        return False

    accession = opened(place, root, "--hand-over-note", note)
    step, crashes = 1, 0
    while crash_at(step):
        crashes += 1
        state = place("accession", "show", accession, "--json").json["state"]
        if state == "closed":
            break
        step += 3
    assert crashes > 3
    assert place("accession", "close", accession).code == 0
    told = receipt(place, accession)
    assert told["state"] == "closed" and [one["name"] for one in told["submission"]] == ["hand-over/n"]
    kinds = [package["kind"] for package in place.packages()]
    assert sorted(kinds) == ["accession-package", "aip"]


class _Page(HTMLParser):
    """What a page loads, runs, and says."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value or "" for name, value in attrs if name in ("src", "href", "action", "srcset", "data")]
        assert not any(name.startswith("on") for name, _ in attrs)

    def handle_data(self, data: str) -> None:
        self.text += data


def test_a_receipt_of_hostile_names_is_safe_in_every_form(place: Place, tmp_path: Path) -> None:
    root = write(tmp_path / "d", HOSTILE)
    answer = place.ingest(root)
    accession = answer.json["accession"]
    html, listed = tmp_path / "r.html", tmp_path / "r.csv"
    told = place("accession", "receipt", accession, "--html", html, "--csv", listed)
    assert told.code == 0, told.err
    page = _Page()
    page.feed(html.read_text("utf-8"))
    assert not page.tags & {"script", "img", "link", "iframe", "object", "form", "b"} and page.links == []
    assert "<script>alert(1)</script>.txt" in page.text
    for text in (told.out, page.text, html.read_text("utf-8")):
        assert "\u202e" not in text and "\x1b" not in text and "\\u202egpj.exe" in text
    assert all(line.isprintable() for line in told.out.split("\n"))
    rows = list(csv.reader(io.StringIO(listed.read_text("utf-8"))))
    assert len(rows) == 1 + len(HOSTILE) and not any(
        cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row
    )
    said = place("accession", "receipt", accession, "--json").json
    octets = {base64.b64decode(one["path_b64"]) for one in said["files"] if "path_b64" in one}
    assert octets >= {b"\xff\xfe not utf-8", "\u202egpj.exe".encode()}
    assert place("accession", "receipt", accession, "--html", html).code == 2  # nothing is overwritten


def test_a_receipt_can_be_checked_with_sha256sum(place: Place, tmp_path: Path) -> None:
    root = write(tmp_path / "d", {"a": b"a", "b": b"b"})
    answer = place.ingest(root)
    accession, listed = answer.json["accession"], tmp_path / "receipt.csv"
    told = place("accession", "receipt", accession, "--csv", listed)
    assert listed.read_text() == place.receipt(answer)
    (line,) = [line for line in told.out.split("\n") if line.endswith("  receipt.csv")]
    done = subprocess.run(["sha256sum", "-c"], input=line.encode(), cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    for package in [*answer.json["aips"], answer.json["accession_package"]]:
        (line,) = [line for line in told.out.split("\n") if package in line]
        tags = (place.bag(package) / "tagmanifest-sha256.txt").read_bytes()
        assert line.startswith(hashlib.sha256(tags).hexdigest())
    said = receipt(place, accession)
    assert said["checkpoint"]["covers_closing"] is True
    assert said["checkpoint"]["short"] == place("custody", "checkpoint", "--json").json["short"]
    assert "received 2 = accepted 2 + duplicate 0 + quarantined 0 + rejected 0 + pending 0" in told.out


def test_the_papers_hold_the_receipt_as_far_as_it_could_be_known(place: Place, tmp_path: Path) -> None:
    root = write(tmp_path / "d", {"a": b"a"})
    sums = tmp_path / "s.md5"
    sums.write_text(f"{hashlib.md5(b'a', usedforsecurity=False).hexdigest()}  a\n")
    answer = place.ingest(root, "--checksums", sums)
    papers = place.bag(answer.json["accession_package"]) / "data/documentation"
    sealed = json.loads((papers / "receipt.json").read_text())
    assert sealed["state"] == "closed" and sealed["closing_package"] == answer.json["accession_package"]
    assert sealed["submission"] == [
        {"name": "checksums/s.md5", "sha256": hashlib.sha256(sums.read_bytes()).hexdigest()}
    ]
    assert sealed["receipt_csv_sha256"] == hashlib.sha256((papers / "receipt.csv").read_bytes()).hexdigest()
    assert answer.json["accession"] in (papers / "receipt.txt").read_text()
    page = _Page()
    page.feed((papers / "receipt.html").read_text())
    assert sealed["receipt_csv_sha256"] in page.text and page.links == []
    later = receipt(place, answer.json["accession"])
    assert later["accession_package"]["package"] == answer.json["accession_package"]
    for name in ("received", "receipt_csv_sha256", "submission", "packages", "files", "undecided", "findings"):
        assert later[name] == sealed[name], name


def test_many_findings_and_files_are_cut_and_it_is_said_where_all_are(place: Place, tmp_path: Path) -> None:
    root = write(tmp_path / "d", {f"f{number:03}": b"%d" % number for number in range(120)})
    (root / "SHA256SUMS").write_text("".join(f"{'0' * 64}  f{number:03}\n" for number in range(60)))
    answer = place.ingest(root)
    accession, html = answer.json["accession"], tmp_path / "r.html"
    told = place("accession", "receipt", accession, "--html", html)
    assert "digest-mismatch: 60 (needs a person)" in told.out and "... and 50 more; findings.json in" in told.out
    assert "f119" not in told.out and "listed there only" in told.out
    assert re.search(r"digest-mismatch, the first 10; findings.json in the accession package \S+ has", html.read_text())
    assert len(receipt(place, accession)["findings"]) == len(answer.json["findings"])


def test_an_accession_that_is_not_there_is_a_usage_error(place: Place) -> None:
    for command in ("show", "close", "receipt"):
        assert place("accession", command, "no-such").code == 2
    assert place("accession", "reject", "no-such", "--file", "x", "--reason", "y").code == 2


def test_why_a_file_could_not_be_read_is_kept_also_where_nothing_else_was_in_its_package(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.set(max_files=1)
    root = write(tmp_path / "d", {"a": b"a", "b": b"b"})
    accession = broken(place, root, monkeypatch, b"/b")
    assert place("accession", "reject", accession, "--file", "b", "--reason", "gone").code == 0
    assert place("accession", "close", accession).code == 0
    told = [finding for finding in receipt(place, accession)["findings"] if finding["code"] == "unreadable"]
    assert [finding["subject"] for finding in told] == ["b"]
