"""What an ingest would say of a delivery is said by its survey, and the next command it names is the whole one."""

from __future__ import annotations

import hashlib
import os
import shlex
from pathlib import Path

from ingest_support import command, write


def test_a_file_that_a_checksum_file_lists_and_nobody_delivered_is_told_before_ingest(tmp_path: Path) -> None:
    root = write(tmp_path / "d", {"a": b"a", "not listed": b"n"})
    (root / "SHA256SUMS").write_text(f"{hashlib.sha256(b'a').hexdigest()}  a\n{'1' * 64}  gone\n")
    said = command("survey", root, "--json")
    assert said.code == 3
    assert [(one["code"], one["subject"]) for one in said.json["findings"]] == [
        ("delivered-not-listed", "not listed"),
        ("listed-not-delivered", "gone"),
    ]
    assert "listed-not-delivered: 1" in command("survey", root).out


def test_it_is_told_of_a_bag_by_its_manifest_once_and_by_a_list_that_was_given_too(tmp_path: Path) -> None:
    digest = hashlib.sha256(b"a").hexdigest()
    bag = write(
        tmp_path / "bag", {"data/a": b"a", "bagit.txt": b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"}
    )
    (bag / "manifest-sha256.txt").write_text(f"{digest}  data/a\n{digest}  data/b\n")
    (tmp_path / "sums").write_text(f"{digest}  data/a\n{digest}  data/c\n")
    out = command("survey", bag, "--checksums", tmp_path / "sums").out
    assert out.count("data/b:") == 1 and out.count("data/c:") == 1


def test_the_next_command_reads_the_table_as_this_one_did(tmp_path: Path) -> None:
    root, table, sums = write(tmp_path / "d", {"a": b"a"}), tmp_path / "t.csv", tmp_path / "my sums"
    table.write_text("path;note\na;x\n")
    sums.write_text(f"{hashlib.sha256(b'a').hexdigest()}  a\n")
    given = ("--metadata", table, "--metadata-encoding", "cp1251", "--metadata-delimiter", ";", "--checksums", sums)
    out = command("survey", root, *given).out
    encoding = "--metadata-encoding cp1251 --metadata-delimiter ';'"
    assert f"--metadata {shlex.quote(str(table))} {encoding} --checksums '{sums}'" in out


def test_dates_that_cannot_be_are_not_left_out_of_the_line_about_dates(tmp_path: Path) -> None:
    root = write(tmp_path / "d", {"old": b"o", "new": b"n"})
    os.utime(root / "old", (0, 0))
    os.utime(root / "new", (1_600_000_000, 1_600_000_000))
    assert "the others in 2020-09; 1 before 1990" in command("survey", root).out
