from __future__ import annotations

import os
from pathlib import Path

import pytest
from bag_support import (
    FolderReader,
    MemoryReader,
    bag,
    codes,
    declaration,
    digest,
    errors,
    judge,
    lines,
    warnings,
    write,
)

from archive.bags import structure as structures
from archive.bags.manifests import Kind
from archive.bags.structure import read_structure
from archive.bags.validation import validate
from archive.model.digests import ALGORITHMS
from archive.model.entries import EntryKind
from profiles.finding import Severity


@pytest.mark.parametrize("version", ["0.93", "0.94", "0.95", "0.96", "0.97", "1.0"])
def test_a_plain_bag_of_each_version_is_valid(version: str) -> None:
    verdict = judge(bag(version=version))
    assert verdict.valid
    assert verdict.findings == ()
    assert (verdict.files, verdict.bytes) == (2, 10)


def test_every_algorithm_is_checked_in_one_reading() -> None:
    files = bag(algorithms=ALGORITHMS)
    reader = MemoryReader(files)
    assert validate(reader).valid
    files[b"data/a.txt"] = b"ALPHA"
    found = [f for f in judge(files).findings if f.code == "payload-digest-mismatch"]
    assert [f.subject for f in found] == ["data/a.txt"] * len(ALGORITHMS)


def test_every_octet_of_a_bag_is_read_once() -> None:
    files = bag(
        algorithms=("sha256", "blake3"), tag_files={b"bag-info.txt": b"Payload-Oxum: 10.2\n", b"extra/x": b"tag"}
    )
    reader = MemoryReader(files)
    assert validate(reader).valid
    assert reader.opened == dict.fromkeys(files, 1)
    assert reader.read == {path: len(data) for path, data in files.items()}


def test_a_wrong_blake3_manifest_is_found() -> None:
    files = bag(algorithms=("sha256", "blake3"))
    wrong = files[b"manifest-blake3.txt"].replace(digest("blake3", b"alpha").encode(), b"0" * 64)
    files = bag(algorithms=("sha256",), tag_files={b"manifest-blake3.txt": wrong})
    assert errors(judge(files)) == {"payload-digest-mismatch"}


def test_an_altered_tag_file_is_found() -> None:
    files = bag(tag_files={b"notes.txt": b"one"})
    files[b"notes.txt"] = b"two"
    verdict = judge(files)
    assert errors(verdict) == {"tag-digest-mismatch"}
    assert [f.subject for f in verdict.findings] == ["notes.txt"]


def test_an_altered_manifest_is_found_by_its_tag_manifest() -> None:
    files = bag()
    del files[b"data/a.txt"]
    files[b"manifest-sha256.txt"] = lines("sha256", {b"data/b/c.txt": b"gamma"})
    assert errors(judge(files)) == {"tag-digest-mismatch"}


def test_a_missing_and_an_unlisted_payload_file_are_both_errors() -> None:
    files = bag()
    files[b"data/new"] = files.pop(b"data/a.txt")
    verdict = judge(files)
    assert {(f.code, f.subject) for f in verdict.findings} == {
        ("payload-file-missing", "data/a.txt"),
        ("payload-file-not-listed", "data/new"),
    }


def test_an_unlisted_tag_file_is_only_noted() -> None:
    files = bag()
    files[b"notes/later.txt"] = b"x"
    verdict = judge(files)
    assert verdict.valid
    assert [(f.code, f.severity) for f in verdict.findings] == [("tag-file-not-listed", Severity.INFO)]


def test_a_bag_without_tag_manifest_is_valid_and_says_so() -> None:
    verdict = judge(bag(sealed=False))
    assert verdict.valid
    assert codes(verdict) == {"tag-manifest-missing"}


@pytest.mark.parametrize(("version", "valid"), [("0.97", True), ("1.0", False)])
def test_since_1_0_every_manifest_lists_every_file(version: str, valid: bool) -> None:
    halves = {
        b"manifest-sha256.txt": lines("sha256", {b"data/a.txt": b"alpha"}),
        b"manifest-md5.txt": lines("md5", {b"data/b/c.txt": b"gamma"}),
    }
    verdict = judge(bag(version=version, tag_files=halves))
    assert verdict.valid is valid
    assert errors(verdict) == (set() if valid else {"payload-file-not-in-every-manifest"})


@pytest.mark.parametrize(("version", "valid"), [("0.97", True), ("1.0", False)])
def test_since_1_0_a_tag_manifest_lists_every_payload_manifest(version: str, valid: bool) -> None:
    files = bag(version=version, sealed=False)
    files[b"tagmanifest-md5.txt"] = lines("md5", {b"bagit.txt": files[b"bagit.txt"]})
    verdict = judge(files)
    assert verdict.valid is valid
    assert errors(verdict) == (set() if valid else {"tag-manifest-incomplete"})


def test_since_1_0_a_tag_manifest_lists_no_tag_manifest() -> None:
    files = bag()
    tags = {path: data for path, data in files.items() if not path.startswith(b"data/")}
    files[b"tagmanifest-md5.txt"] = lines("md5", tags)
    assert errors(judge(files)) == {"tag-manifest-lists-tag-manifest"}


def test_a_tag_manifest_that_lists_payload_is_an_error() -> None:
    files = bag()
    files[b"tagmanifest-sha256.txt"] += lines("sha256", {b"data/a.txt": b"alpha"})
    assert errors(judge(files)) == {"tag-manifest-lists-payload"}


def test_a_payload_manifest_that_lists_a_tag_file_is_an_error() -> None:
    payload = {b"data/a": b"x"}
    manifest = lines("sha256", payload | {b"bagit.txt": declaration()})
    assert errors(judge(bag(payload, tag_files={b"manifest-sha256.txt": manifest}))) == {
        "manifest-path-outside-payload"
    }


def test_a_manifest_that_lists_a_folder_is_an_error() -> None:
    manifest = lines("sha256", {b"data/a/b": b"x", b"data/a": b""})
    verdict = judge(bag({b"data/a/b": b"x"}, tag_files={b"manifest-sha256.txt": manifest}))
    assert errors(verdict) == {"manifest-lists-folder"}


@pytest.mark.parametrize(("version", "valid"), [("0.97", True), ("1.0", False)])
def test_a_file_listed_twice_with_one_digest_is_an_error_since_1_0(version: str, valid: bool) -> None:
    payload = {b"data/a": b"x"}
    twice = lines("sha256", payload) + lines("sha256", {b"./data/a": b"x"})
    verdict = judge(bag(payload, version=version, tag_files={b"manifest-sha256.txt": twice}))
    assert verdict.valid is valid
    assert "listed-twice" in codes(verdict)


def test_a_bag_without_payload_manifest_is_refused_once_and_not_per_file() -> None:
    assert errors(judge(bag(algorithms=()))) == {"payload-manifest-missing"}


def test_an_empty_payload_with_an_empty_manifest_is_valid() -> None:
    files = bag({})
    assert judge(files, others={b"data": EntryKind.FOLDER}).valid
    assert errors(judge(files)) == {"payload-directory-missing"}


@pytest.mark.parametrize("algorithm", ["sha3256", "crc32"])
def test_an_unknown_algorithm_is_a_warning_beside_a_known_one_and_else_an_error(algorithm: str) -> None:
    name = f"manifest-{algorithm}.txt".encode()
    listing = {name: b"00 data/a.txt\n00 data/b/c.txt\n"}
    assert warnings(judge(bag(tag_files=listing))) == {"algorithm-unknown"}
    assert errors(judge(bag(tag_files=listing))) == set()
    assert errors(judge(bag(algorithms=(), tag_files=listing))) == {"algorithm-unknown"}


def test_a_manifest_of_an_unknown_algorithm_must_be_complete_too() -> None:
    verdict = judge(bag(tag_files={b"manifest-crc32.txt": b"00 data/a.txt\n"}))
    assert errors(verdict) == {"payload-file-not-in-every-manifest"}


@pytest.mark.parametrize("name", [b"manifest-SHA256.txt", b"manifest-sha-256.txt", b"Manifest-sha256.TXT"])
def test_a_manifest_under_another_spelling_of_its_name_is_no_manifest(name: bytes) -> None:
    verdict = judge(bag(algorithms=(), tag_files={name: b""}))
    assert errors(verdict) == {"payload-manifest-missing"}
    assert warnings(verdict) == {"manifest-name-not-normalised"}


def test_md5_alone_is_noted_as_weak() -> None:
    verdict = judge(bag(algorithms=("md5",)))
    assert verdict.valid
    assert codes(verdict) == {"algorithms-weak"}


def test_upper_case_digests_are_right() -> None:
    payload = {b"data/a": b"x"}
    manifest = f"{digest('sha256', b'x').upper()} data/a\n".encode()
    assert judge(bag(payload, tag_files={b"manifest-sha256.txt": manifest})).findings == ()


def test_a_digest_of_the_wrong_length_is_named_once() -> None:
    verdict = judge(bag({b"data/a": b"x"}, tag_files={b"manifest-sha256.txt": b"abc data/a\n"}))
    assert [f.code for f in verdict.findings] == ["digest-malformed"]


# --- oxum ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("info", "code"),
    [
        (b"Payload-Oxum: 11.2\n", "oxum-mismatch"),
        (b"payload-oxum: 10.3\n", "oxum-mismatch"),
        (b"Payload-Oxum: ten.two\n", "oxum-malformed"),
        (b"Payload-Oxum: 10.2\nPayload-Oxum: 10.2\n", "oxum-repeated"),
    ],
)
def test_a_wrong_payload_oxum_is_an_error(info: bytes, code: str) -> None:
    assert errors(judge(bag(tag_files={b"bag-info.txt": info}))) == {code}


def test_a_right_payload_oxum_is_no_proof() -> None:
    files = bag(tag_files={b"bag-info.txt": b"Payload-Oxum: 10.2\n"})
    files[b"data/a.txt"] = b"ALPHA"
    assert errors(judge(files)) == {"payload-digest-mismatch"}


# --- fetch --------------------------------------------------------------------------------------------------------


def fetch_bag(present: bool, line: bytes = b"http://h/a 5 data/a.txt\n", version: str = "1.0") -> dict[bytes, bytes]:
    files = bag(version=version, tag_files={b"fetch.txt": line})
    if not present:
        del files[b"data/a.txt"]
    return files


def test_a_fetched_file_that_is_there_is_fine_and_one_that_is_not_makes_the_bag_incomplete() -> None:
    assert judge(fetch_bag(present=True)).findings == ()
    assert errors(judge(fetch_bag(present=False))) == {"payload-file-not-fetched"}


def test_a_fetched_file_of_another_size_is_warned_of() -> None:
    assert warnings(judge(fetch_bag(present=True, line=b"http://h/a 6 data/a.txt\n"))) == {"fetch-size-differs"}


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"http://h/a - data/other\n", "fetch-file-not-listed"),
        (b"http://h/a - bagit.txt\n", "fetch-path-outside-payload"),
        (b"http://h/a - ../a\n", "path-unsafe"),
    ],
)
def test_a_fetch_file_lists_only_payload_that_manifests_list(line: bytes, code: str) -> None:
    assert errors(judge(fetch_bag(present=True, line=line))) == {code}


# --- what is no file, or cannot be read ---------------------------------------------------------------------------


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
@pytest.mark.parametrize("place", ["data/a.txt", "data/pipe", "pipe", "bagit.txt", "manifest-sha256.txt"])
def test_a_pipe_in_a_bag_is_refused_without_being_opened(tmp_path: Path, place: str) -> None:
    root = write(tmp_path, bag())
    (root / place).unlink(missing_ok=True)
    os.mkfifo(root / place)
    verdict = validate(FolderReader(root))
    assert "special-file-in-bag" in errors(verdict)
    assert "payload-file-missing" not in errors(verdict)


@pytest.mark.parametrize("place", ["data/a.txt", "data/link", "notes", "bagit.txt", "data"])
def test_a_link_in_a_bag_is_refused_even_to_the_right_bytes(tmp_path: Path, place: str) -> None:
    root = write(tmp_path / "bag", bag())
    aside = tmp_path / "aside"
    if (root / place).exists():
        (root / place).rename(aside)
    else:
        aside.write_bytes(b"x")
    (root / place).symlink_to(aside)
    assert "link-in-bag" in errors(validate(FolderReader(root)))


@pytest.mark.parametrize(
    "kind", [EntryKind.LINK, EntryKind.FIFO, EntryKind.SOCKET, EntryKind.DEVICE, EntryKind.UNKNOWN]
)
def test_nothing_but_files_is_ever_opened(kind: EntryKind) -> None:
    files = bag()
    del files[b"data/a.txt"]
    reader = MemoryReader(files, others={b"data/a.txt": kind, b"fetch.txt": kind})
    assert len(errors(validate(reader))) == 1
    assert set(reader.opened) == set(files)


@pytest.mark.parametrize("path", [b"data/a.txt", b"notes.txt", b"bagit.txt", b"manifest-sha256.txt", b"bag-info.txt"])
def test_a_file_that_cannot_be_read_is_a_finding(path: bytes) -> None:
    files = bag(tag_files={b"notes.txt": b"n", b"bag-info.txt": b"A: b\n"})
    reader = MemoryReader(files, unreadable=frozenset({path}))
    verdict = validate(reader)
    assert errors(verdict) == {"unreadable"}
    assert [f.subject for f in verdict.findings if f.severity is Severity.ERROR] == [path.decode()]
    assert reader.opened[path] == 1


def test_a_folder_that_cannot_be_listed_is_a_finding_and_nothing_is_called_missing() -> None:
    files = bag()
    del files[b"data/b/c.txt"]
    assert errors(judge(files, unlistable=True)) == {"listing-incomplete"}
    assert codes(judge({}, unlistable=True)) == {"listing-incomplete"}


def test_an_oversized_tag_file_is_not_parsed_but_still_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    files = bag(tag_files={b"bag-info.txt": b"A: " + b"x" * 100})
    monkeypatch.setattr(structures, "INFO_LIMIT", 100)
    reader = MemoryReader(files)
    assert errors(validate(reader)) == {"tag-file-too-large"}
    assert reader.opened[b"bag-info.txt"] == 1
    files[b"bag-info.txt"] += b"y"
    assert errors(judge(files)) == {"tag-file-too-large", "tag-digest-mismatch"}


def test_a_tag_file_of_too_many_lines_is_not_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(structures, "LINE_LIMIT", 10)
    verdict = judge(bag(tag_files={b"bag-info.txt": b"\n" * 11}))
    assert codes(verdict) == {"tag-file-too-large"}


def test_an_empty_payload_folder_is_noted() -> None:
    verdict = judge(bag(), others={b"data/empty": EntryKind.FOLDER})
    assert verdict.valid
    assert [(f.code, f.subject) for f in verdict.findings] == [("folder-empty", "data/empty")]


# --- structure ----------------------------------------------------------------------------------------------------


def test_the_structure_of_a_bag_is_read_without_its_payload() -> None:
    files = bag(
        version="0.97",
        algorithms=("sha256", "md5"),
        tag_files={
            b"bag-info.txt": b"A: b\n",
            b"fetch.txt": b"http://h/a - data/a.txt\n",
            b"manifest-crc32.txt": b"00 data/a.txt\n",
        },
    )
    reader = MemoryReader(files)
    structure = read_structure(reader)
    assert not any(path.startswith(b"data/") for path in reader.opened)
    assert str(structure.version) == "0.97"
    assert structure.payload_manifests["md5"] == {
        b"data/a.txt": digest("md5", b"alpha"),
        b"data/b/c.txt": digest("md5", b"gamma"),
    }
    assert set(structure.payload_manifests) == {"sha256", "md5"}
    assert set(structure.tag_manifests) == {"sha256"}
    assert set(structure.unknown_manifests) == {b"manifest-crc32.txt"}
    assert set(structure.manifests(Kind.PAYLOAD)) == {
        b"manifest-crc32.txt",
        b"manifest-md5.txt",
        b"manifest-sha256.txt",
    }
    assert structure.info == (("A", "b"),)
    assert [entry.path for entry in structure.fetch] == [b"data/a.txt"]
    assert [entry.path for entry in structure.payload()] == [b"data/a.txt", b"data/b/c.txt"]
    assert structure.tag_digests[b"bagit.txt"] == {"sha256": digest("sha256", files[b"bagit.txt"])}


def test_findings_speak_to_people_and_name_their_rule() -> None:
    files = bag(tag_files={b"bagit.txt": b"x", b"bag-info.txt": b"?\n", b"fetch.txt": b"?\n"})
    files[b"data/new"] = b""
    for finding in judge(files, others={b"data/p": EntryKind.FIFO}).findings:
        assert finding.message.endswith(".")
        assert finding.source.startswith("RFC 8493 §")
        assert finding.subject
        assert finding.code == finding.code.lower().replace("_", "-")


def test_the_example_package_of_the_house_is_valid(shared: Path) -> None:
    verdict = validate(FolderReader(shared / "examples" / "aip"))
    assert verdict.valid, verdict.findings
    assert verdict.files > 0
