"""A producer's checksum files: every form that common tools write, found or given, compared in the one reading."""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path

import pytest
from ingest_support import Place, add_up, write
from test_metadata_memory import peak_of

from archive.errors import UsageError
from archive.ingest.checksum_lines import Listing, Unread, declared_algorithm, is_checksum_name, parse_line, spoken_of
from archive.ingest.checksums import Checksums, find_checksums
from archive.model.digests import HEX_LENGTH, digest_bytes

A = hashlib.sha256(b"a").hexdigest()
B = hashlib.sha256(b"b").hexdigest()


def md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def taken(root: Path, *given: Path) -> Checksums:
    files = sorted(os.fsencode(path.relative_to(root)) for path in root.rglob("*") if path.is_file())
    found = find_checksums(root, files, given=given, scratch=root.parent)
    assert found is not None
    return found


def said(found: Checksums, path: str | bytes) -> list[tuple[str, str]]:
    return [(algorithm, digest) for algorithm, digest, _ in found.digests(os.fsencode(path))]


def codes(found: Checksums) -> list[str]:
    return [finding.code for finding in found.findings()]


def differences(found: Checksums, root: Path) -> dict[str, list[str]]:
    told: dict[str, list[str]] = {}
    files = sorted(os.fsencode(path.relative_to(root)) for path in root.rglob("*") if path.is_file())
    for finding in found.compare(files):
        told.setdefault(finding.code, []).append(finding.subject)
    return told


@pytest.mark.parametrize(
    ("line", "path"),
    [
        (f"{A}  a b.jpg\n", b"a b.jpg"),
        (f"{A} *a b.jpg\r\n", b"a b.jpg"),
        (f"{A}  *a\n", b"*a"),
        (f"{A.upper()}\ta\n", b"a"),
        (f"{A} a\n", b"a"),
        (f"\\{A}  a\\nb\\\\c\\rd\n", b"a\nb\\c\rd"),
        (f"{A}  a\\nb\n", b"a\\nb"),
        (f"SHA256 (a (1)) = {A}\n", b"a (1)"),
        (f"\\SHA256 (a\\nb) = {A}\n", b"a\nb"),
        (f"SHA256(a)= {A}\n", b"a"),
        (f"SHA2-256(a)= {A}\n", b"a"),
        (f"{A}\n", None),
    ],
)
def test_every_form_of_a_line_is_read(line: str, path: bytes | None) -> None:
    assert parse_line(line.encode(), declared=None) == Listing("sha256", A, path)


@pytest.mark.parametrize("algorithm", [name for name in HEX_LENGTH if name != "blake3"])
def test_the_length_of_a_digest_tells_its_algorithm(algorithm: str) -> None:
    digest = digest_bytes(b"x", (algorithm,))[algorithm]
    assert parse_line(f"{digest}  x".encode(), declared=None) == Listing(algorithm, digest, b"x")
    assert parse_line(f"{algorithm.upper()} (x) = {digest}".encode(), declared="md5") == Listing(
        algorithm, digest, b"x"
    )


@pytest.mark.parametrize(
    ("line", "declared", "code"),
    [
        ("hello", None, "checksum-line-malformed"),
        (f"{A[:-1]}  a", None, "checksum-line-malformed"),
        (f"{A}  a", "md5", "checksum-line-malformed"),
        (f"{A}  a\0b", None, "checksum-line-malformed"),
        (f"SHA3-256 (a) = {A}", None, "checksum-algorithm-unknown"),
        (f"SHA256 (a) = {A[:-2]}", None, "checksum-line-malformed"),
    ],
)
def test_a_line_that_cannot_be_used_says_why(line: str, declared: str | None, code: str) -> None:
    found = parse_line(line.encode(), declared=declared)
    assert isinstance(found, Unread) and found.code == code


@pytest.mark.parametrize("line", [b"", b"\r\n", b"  \n", b"# sums of 2020\n", b"; made by a tool\n"])
def test_remarks_and_empty_lines_say_nothing(line: bytes) -> None:
    assert parse_line(line, declared=None) is None


def test_names_of_checksum_files_are_known() -> None:
    for name in ("SHA256SUMS", "sha256sums.txt", "md5sums.txt", "a.jpg.sha256", "x.MD5", "checksums.txt", "B3SUMS"):
        assert is_checksum_name(name.encode()), name
    for name in ("manifest-sha512.txt", "tagmanifest-md5.txt", "checksums.md5", "a.sha1sum", "sha1sum.txt", "a.b3"):
        assert is_checksum_name(name.encode()), name
    for name in (
        "a.jpg",
        "sha256",
        "my checksums.csv",
        "manifest.txt",
        ".md5",
        "md5",
        "manifest-foo.txt",
        "a.sha256.jpg",
    ):
        assert not is_checksum_name(name.encode()), name
    told = ("SHA256SUMS", "a.md5", "manifest-sha1.txt", "checksums.txt", "B3SUMS", "md5 and sha1.txt", "club3.md5")
    assert [declared_algorithm(name) for name in told] == ["sha256", "md5", "sha1", None, "blake3", None, "md5"]
    assert spoken_of(b"a.jpg.sha256") == b"a.jpg" and spoken_of(b"SHA256SUMS") is None and spoken_of(b".md5") is None


@pytest.mark.parametrize("tool", ["md5sum", "sha1sum", "sha256sum", "sha512sum"])
@pytest.mark.parametrize("option", ["--text", "--binary", "--tag"])
def test_what_coreutils_write_is_read_for_every_name(tmp_path: Path, tool: str, option: str) -> None:
    names = [
        b"plain",
        "\u0437\u0430\u043f\u0438\u0441\u044c.mp4".encode(),
        b"back\\slash",
        b"line\nfeed",
        b" blank ",
        b"*star",
        b"\xff\xfe",
        b"cr\r",
    ]
    root = write(tmp_path / "d", {b"sub/" + name: name for name in names})
    done = subprocess.run(
        [tool, option, "--", *(b"sub/" + name for name in names)], cwd=root, capture_output=True, check=True
    )
    (root / f"{tool.upper()}S").write_bytes(done.stdout)
    found = taken(root)
    for name in names:
        (given,) = said(found, b"sub/" + name)
        assert given == (tool.removesuffix("sum"), hashlib.new(tool.removesuffix("sum"), name).hexdigest()), name
    assert codes(found) == [] and differences(found, root) == {}


@pytest.mark.parametrize(
    "prefix", ["", "./", "партия/", "/media/usb/партия/", "C:\\Users\\x\\партия\\", "..\\партия\\"]
)
def test_paths_that_begin_elsewhere_find_their_files(tmp_path: Path, prefix: str) -> None:
    root = write(tmp_path / "партия", {"a/x.jpg": b"a", "a/y.jpg": b"b"})
    stroke = "\\" if "\\" in prefix else "/"
    sums = tmp_path / "sums.txt"
    sums.write_text("".join(f"{digest}  {prefix}a{stroke}{name}\r\n" for digest, name in ((A, "x.jpg"), (B, "y.jpg"))))
    found = taken(root, sums)
    assert said(found, "a/x.jpg") == [("sha256", A)] and said(found, "a/y.jpg") == [("sha256", B)]
    assert differences(found, root) == {}


def test_a_list_in_a_folder_counts_from_there_or_from_the_top(tmp_path: Path) -> None:
    here = write(tmp_path / "1", {"in/x": b"a", "in/md5sums.txt": f"{md5(b'a')}  x\n".encode()})
    top = write(tmp_path / "2", {"in/x": b"a", "in/md5sums.txt": f"{md5(b'a')}  in/x\n".encode()})
    for root in (here, top):
        assert said(taken(root), "in/x") == [("md5", md5(b"a"))]
        assert differences(taken(root), root) == {}


def test_spellings_that_only_look_different_meet(tmp_path: Path) -> None:
    composed, apart = "й.txt", "и\u0306.txt"
    root = write(tmp_path / "d", {apart: b"a"})
    (root / "SHA256SUMS").write_text(f"{A}  {composed}\n")
    assert said(taken(root), apart) == [("sha256", A)]
    write(root, {composed: b"b"})  # now both are there, and each has its own line
    (root / "SHA256SUMS").write_text(f"{A}  {apart}\n{B}  {composed}\n")
    assert (said(taken(root), apart), said(taken(root), composed)) == ([("sha256", A)], [("sha256", B)])


def test_a_list_in_an_old_encoding_meets_names_in_utf_8_and_the_other_way_round(tmp_path: Path) -> None:
    root = write(tmp_path / "1", {"допрос.txt": b"a"})
    (root / "SHA256SUMS").write_bytes(f"{A} *допрос.txt\r\n".encode("cp1251"))
    assert said(taken(root), "допрос.txt") == [("sha256", A)]
    other = write(tmp_path / "2", {"допрос.txt".encode("cp866"): b"a"})
    (other / "SHA256SUMS").write_text(f"{A} *допрос.txt\n")
    assert said(taken(other), "допрос.txt".encode("cp866")) == [("sha256", A)]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_marks_at_the_beginning_are_no_part_of_the_first_line(tmp_path: Path, encoding: str) -> None:
    root = write(tmp_path / "d", {"я.txt": b"a"})
    (root / "checksums.txt").write_bytes(f"{A}  я.txt\r\n".encode(encoding))
    assert said(taken(root), "я.txt") == [("sha256", A)] and codes(taken(root)) == []


def test_what_lines_get_wrong_is_told_by_line(tmp_path: Path) -> None:
    lines = [
        f"{A}  a",
        "rubbish",
        f"{B}  a",
        f"{B}  gone",
        f"{A}  ../../etc/passwd",
        f"{B}  b",
        f"{B}  ./b",
        f"{A}  SHA256SUMS",
    ]
    root = write(tmp_path / "d", {"a": b"a", "b": b"b", "c": b"c"})
    (root / "SHA256SUMS").write_text("\n".join(lines))
    found = taken(root)
    told = {(finding.code, finding.subject): finding.message for finding in found.findings()}
    assert told.keys() == {
        ("checksum-line-malformed", "SHA256SUMS"),
        ("checksum-path-outside", "SHA256SUMS"),
        ("checksum-of-itself", "SHA256SUMS"),
        ("checksum-contradiction", "a"),
        ("checksum-line-twice", "b"),
    }
    assert "line 2 " in told["checksum-line-malformed", "SHA256SUMS"]
    assert "lines 1, 3 " in told["checksum-contradiction", "a"]
    assert "lines 6, 7 " in told["checksum-line-twice", "b"]
    assert said(found, "a") == [("sha256", A), ("sha256", B)] and said(found, "b") == [("sha256", B)]
    assert differences(found, root) == {"delivered-not-listed": ["c"], "listed-not-delivered": ["gone"]}


def test_a_side_car_speaks_of_its_file_and_demands_nothing_of_others(tmp_path: Path) -> None:
    root = write(tmp_path / "d", {"x/a.jpg": b"a", "x/b.jpg": b"b", "x/a.jpg.sha256": f"{A}\n".encode()})
    write(root, {"x/b.jpg.md5": f"{md5(b'b')} *C:\\Photos\\b.jpg\r\n".encode(), "x/c": b"c"})
    found = taken(root)
    assert said(found, "x/a.jpg") == [("sha256", A)] and said(found, "x/b.jpg") == [("md5", md5(b"b"))]
    assert differences(found, root) == {} and list(found.lists()) == []


def test_a_link_out_of_the_delivery_is_not_followed_to_find_a_file(tmp_path: Path) -> None:
    write(tmp_path / "outside", {"x": b"a"})
    root = write(tmp_path / "d", {"a": b"a"})
    (root / "way").symlink_to(tmp_path / "outside")
    (root / "SHA256SUMS").write_text(f"{A}  way/x\n{A}  a\n")
    assert differences(taken(root), root) == {"listed-not-delivered": ["way/x"]}


def test_a_very_long_line_is_told_and_the_next_one_read(tmp_path: Path) -> None:
    root = write(tmp_path / "d", {"a": b"a"})
    (root / "SHA256SUMS").write_bytes(b"0" * 3_000_000 + b"\n" + f"{A}  a\n".encode())
    found = taken(root)
    assert said(found, "a") == [("sha256", A)] and codes(found) == ["checksum-line-malformed"]


def test_a_file_that_only_has_the_name_of_a_list_is_one_finding(tmp_path: Path) -> None:
    root = write(tmp_path / "d", {"a": b"a", "checksums.txt": b"we made no checksums\nsorry\n" * 100})
    assert codes(taken(root)) == ["no-checksums"] and differences(taken(root), root) == {}
    with pytest.raises(UsageError, match="no line of it is a checksum"):
        taken(root, root / "a")
    with pytest.raises(UsageError, match="there is no checksum file"):
        taken(root, root / "absent")


# From the command line


def test_a_difference_is_recorded_and_nothing_is_rejected(place: Place, tmp_path: Path) -> None:
    root = write(tmp_path / "d", {"good.txt": b"a", "bad.txt": b"not b"})
    sums = tmp_path / "sums.sha256"
    sums.write_text(f"{A}  good.txt\n{B}  bad.txt\n{B}  gone.txt\n")
    answer = place.ingest(root, "--checksums", sums)
    assert answer.code == 3 and add_up(answer) and answer.json["accepted"] == 2 and answer.json["state"] == "closed"
    assert answer.subjects("digest-mismatch") == ["bad.txt"] and answer.subjects("listed-not-delivered") == ["gone.txt"]
    (finding,) = answer.found("digest-mismatch")
    assert "viasna, sums.sha256 line 2" in finding["message"]
    files = {file.name: file for file in place.evidence(answer)}
    assert ("SHA-256", A, "viasna, sums.sha256 line 1") in files[b"good.txt"].digests()
    assert [event.outcomes[0].outcome.value for event in files[b"bad.txt"].events_of("fixity check")] == ["fail"]
    papers = place.bag(answer.json["accession_package"]) / "data/documentation"
    assert (papers / "submission/checksums/sums.sha256").read_bytes() == sums.read_bytes()
    assert "listed-not-delivered,gone.txt," in (papers / "unmatched.csv").read_text()


def test_lists_in_the_delivery_are_received_kept_and_compared(place: Place, tmp_path: Path) -> None:
    root = write(tmp_path / "d", {"in/a": b"a", "b": b"b", "in/MD5SUMS": f"{md5(b'x')}  a\n".encode()})
    write(root, {"SHA256SUMS": f"{A}  in/a\n{B}  b\n".encode()})
    answer = place.ingest(root)
    assert answer.json["received"] == 4 and answer.subjects("digest-mismatch") == ["in/a"]
    assert "delivered-not-listed" not in answer.codes()
    papers = place.bag(answer.json["accession_package"]) / "data/documentation/submission/checksums"
    assert sorted(str(p.relative_to(papers)) for p in papers.rglob("*") if p.is_file()) == ["SHA256SUMS", "in/MD5SUMS"]


def test_other_checksum_files_are_a_change_that_is_asked_about(place: Place, tmp_path: Path) -> None:
    root, sums = write(tmp_path / "d", {"a": b"a"}), tmp_path / "sums"
    sums.write_text(f"{A}  a\n")
    first = place.ingest(root, "--checksums", sums)
    assert place.ingest(root, "--checksums", sums).json["accession"] == first.json["accession"]
    again = place.ingest(root)
    assert again.code == 2 and "checksum files" in again.err


def test_two_given_files_of_one_name_are_both_kept(place: Place, tmp_path: Path) -> None:
    root = write(tmp_path / "d", {"a": b"a"})
    write(tmp_path, {"1/sums": f"{A}  a\n".encode(), "2/sums": f"{md5(b'a')}  a\n".encode()})
    answer = place.ingest(root, "--checksums", tmp_path / "1/sums", "--checksums", tmp_path / "2/sums")
    assert answer.code == 0
    papers = place.bag(answer.json["accession_package"]) / "data/documentation/submission/checksums"
    assert {p.read_text() for p in papers.rglob("*") if p.is_file()} == {f"{A}  a\n", f"{md5(b'a')}  a\n"}


def test_a_survey_compares_digests_where_it_is_asked_to(tmp_path: Path) -> None:
    from ingest_support import command

    root = write(tmp_path / "d", {"a": b"a", "b": b"b", "SHA256SUMS": f"{A}  a\n{B}  c\n".encode()})
    (root / "SHA256SUMS").write_text(f"{A}  a\n{A}  b\nrubbish\n")
    answer = command("survey", root, "--verify", "--json")
    assert answer.code == 3 and "checksum-line-malformed" in answer.codes() and "'b'" not in answer.err
    facts = answer.json["digests"]
    assert (facts["files"], facts["different"]) == (2, 1), facts
    assert "checksum-line-malformed" not in command("survey", root, "--quick", "--json").codes()


def test_a_list_of_any_length_is_taken_in_with_the_same_memory(tmp_path: Path) -> None:
    def compare_all(lines: int) -> None:
        sums = tmp_path / f"sums-{lines}"
        with open(sums, "w") as out:
            for number in range(lines):
                out.write(f"{number:064x}  folder {number // 500}/record {number}.mp4\n")
        found = find_checksums(tmp_path, (), given=[sums], scratch=tmp_path)
        assert found is not None and found.findings() == ()
        names = (f"folder {number // 500}/record {number}.mp4".encode() for number in range(0, lines, 2))
        assert sum(1 for _ in found.compare(names)) == lines // 2

    few, many = 2_000, 40_000
    compare_all(few)  # what is loaded once is loaded now
    small, large = peak_of(lambda: compare_all(few)), peak_of(lambda: compare_all(many))
    assert large < small + 2 * 1024 * 1024
