"""How a listed path finds its file, or is refused."""

from __future__ import annotations

import pytest
from bag_support import MemoryReader, bag, codes, digest, errors, judge, lines, warnings

from archive.bags.structure import read_structure


@pytest.mark.parametrize(
    "name",
    [
        "x\u0085y",
        "x\u2028y",
        "x\u2029y",
        "trail\u00a0",
        "trail\u3000",
        "x\x0by",
        "x\x1cy",
        " lead",
        "~a",
        "*a",
        "trail ",
    ],
)
def test_names_that_other_validators_stumble_over_are_plain_names_here(name: str) -> None:
    assert judge(bag({f"data/{name}".encode(): b"x"})).findings == ()


@pytest.mark.parametrize(
    "name",
    [
        b"../a",
        b"data/../../a",
        b"/a",
        b"~/a",
        b"~user/a",
        b"C:\\a",
        b"c:/a",
        b"\\\\host\\a",
        b"\\a",
        b"data\\..\\..\\a",
        b"%TEMP%\\a",
        b"*../a",
    ],
)
def test_a_path_that_could_leave_the_bag_is_refused_and_belongs_to_no_manifest(name: bytes) -> None:
    manifest = lines("sha256", {b"data/a": b"x", name: b"x"})
    files = bag({b"data/a": b"x"}, tag_files={b"manifest-sha256.txt": manifest})
    assert errors(judge(files)) == {"path-unsafe"}
    assert list(read_structure(MemoryReader(files)).payload_manifests["sha256"]) == [b"data/a"]


@pytest.mark.parametrize("name", [b"data/a..b", b"data/~a", b"data/C:a", b"data/..."])
def test_names_that_only_look_like_leaving_the_bag_are_names(name: bytes) -> None:
    assert judge(bag({name: b"x"})).findings == ()


def test_percent_encoded_names_of_1_0_find_their_files() -> None:
    payload = {b"data/a\nb": b"1", b"data/c\rd": b"2", b"data/100%": b"3", b"data/%0A": b"4", b"data/\n": b"5"}
    spelled = {b"data/a%0Ab": b"1", b"data/c%0dd": b"2", b"data/100%25": b"3", b"data/%250A": b"4", b"data/%0A": b"5"}
    files = bag(payload, tag_files={b"manifest-sha256.txt": lines("sha256", spelled)})
    verdict = judge(files)
    assert verdict.valid
    assert codes(verdict) == {"percent-decoded"}
    assert set(read_structure(MemoryReader(files)).payload_manifests["sha256"]) == set(payload)


@pytest.mark.parametrize("version", ["0.97", "1.0"])
def test_percent_signs_left_as_they_are_find_their_files_too(version: str) -> None:
    payload = {b"data/%41": b"1", b"data/100%25.txt": b"2", b"data/%0A": b"3"}
    verdict = judge(bag(payload, version=version))
    assert verdict.valid
    assert codes(verdict) == ({"percent-not-encoded"} if version == "1.0" else set())


def test_a_percent_name_never_reaches_a_file_that_other_escapes_would_name() -> None:
    manifest = lines("sha256", {b"data/%61": b"x"})
    verdict = judge(bag({b"data/a": b"x"}, tag_files={b"manifest-sha256.txt": manifest}))
    assert errors(verdict) == {"payload-file-missing", "payload-file-not-listed"}


def test_lines_that_md5sum_escaped_are_read_and_warned_of() -> None:
    payload = {b"data/a\\b": b"1", b"data/c\nd": b"2"}
    manifest = f"\\{digest('sha256', b'1')}  data/a\\\\b\n\\{digest('sha256', b'2')}  data/c\\nd\n".encode()
    verdict = judge(bag(payload, tag_files={b"manifest-sha256.txt": manifest}))
    assert verdict.valid
    assert warnings(verdict) == {"manifest-md5sum-escape"}


def test_a_tag_file_whose_name_begins_with_an_asterisk_is_found_by_it() -> None:
    assert judge(bag(tag_files={b"*notes": b"x"})).findings == ()


def test_backslashes_for_slashes_are_an_error_and_the_file_is_still_checked() -> None:
    manifest = lines("sha256", {b"data\\b\\c.txt": b"x"})
    verdict = judge(bag({b"data/b/c.txt": b"y"}, tag_files={b"manifest-sha256.txt": manifest}))
    assert errors(verdict) == {"backslash-separator", "payload-digest-mismatch"}


def test_another_normalisation_of_a_name_finds_its_file_and_is_warned_of() -> None:
    composed, decomposed = "data/é".encode(), "data/e\u0301".encode()
    verdict = judge(bag({composed: b"x"}, tag_files={b"manifest-sha256.txt": lines("sha256", {decomposed: b"x"})}))
    assert verdict.valid
    assert warnings(verdict) == {"name-normalised-differently"}


def test_a_missing_file_does_not_hide_behind_its_normalisation_twin() -> None:
    composed, decomposed = "data/é".encode(), "data/e\u0301".encode()
    files = bag({composed: b"x", decomposed: b"x"})
    assert warnings(judge(files)) == {"normalisation-twins"}
    assert judge(files).valid
    del files[decomposed]
    assert errors(judge(files)) == {"payload-file-missing"}


def test_names_that_differ_in_capitals_only_are_warned_of() -> None:
    verdict = judge(bag({b"data/A": b"x", b"data/a": b"x"}))
    assert verdict.valid
    assert warnings(verdict) == {"case-twins"}


@pytest.mark.parametrize(
    "name", [b"data/x/.DS_Store", b"data/Thumbs.db", b"data/__MACOSX/x", b"data/._a.jpg", b"data/Desktop.ini"]
)
def test_files_that_systems_leave_behind_are_warned_of_and_kept(name: bytes) -> None:
    verdict = judge(bag({name: b"x"}))
    assert verdict.valid
    assert warnings(verdict) == {"system-file"}


def test_a_subject_shows_what_is_not_utf_8() -> None:
    files = bag()
    files[b"data/\xff\n.txt"] = b"x"
    assert "data/\\xff\\n.txt" in {f.subject for f in judge(files).findings}
