"""Digests agreed on beside SHA-256 and BLAKE3: from one reading, in PREMIS; SHA-512 in a manifest of its own too."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections import Counter
from io import RawIOBase
from pathlib import Path

import pytest
from ingest_support import (
    Place,
    assert_bagit_python_agrees,
    assert_lists_are_right,
    package_identifiers,
    premis_of,
    with_opener,
    write,
)

from archive.storage.reading import open_quietly
from premis.model import Event
from premis.validation import check_references

PHOTOS = 'name = "photos"\nversion = 1\ntitle = "Photos"\n'
FILES: dict[str | bytes, bytes] = {"a.txt": b"alpha", "папка/b": b"", b"c\xff.bin": bytes(range(256))}
NAMES = {"SHA-512": "sha512", "MD5": "md5", "SHA-1": "sha1"}


def agree(place: Place, tmp_path: Path, digests: str) -> None:
    (tmp_path / "terms.toml").write_text(f"{PHOTOS}[files]\ndigests = [{digests}]\n")
    assert place("producer", "add", "viasna", "--profile", tmp_path / "terms.toml").code == 0


def test_every_file_has_the_agreed_digests_in_premis(place: Place, tmp_path: Path) -> None:
    agree(place, tmp_path, "'sha512', 'md5', 'sha1', 'md5'")
    answer = place.ingest(write(tmp_path / "d", FILES))
    assert (answer.code, answer.json["accepted"]) == (0, 3)
    for file in place.evidence(answer):
        told = {name: digest for name, digest, originator in file.digests() if originator is None}
        assert set(told) == {"SHA-256", "BLAKE3", *NAMES}
        for name, algorithm in NAMES.items():
            assert (
                told[name]
                == hashlib.new(algorithm, FILES[file.name if b"\xff" in file.name else file.name.decode()]).hexdigest()
            )
    events = premis_of(place.bag(answer.json["aips"][0]) / "data/metadata/preservation/premis.xml")
    (computed,) = [e for e in events if isinstance(e, Event) and e.type.value == "message digest calculation"]
    assert computed.details == ("SHA-256, BLAKE3, SHA-512, MD5 and SHA-1, in one reading",)


def test_a_manifest_of_sha512_lists_every_payload_file_and_no_weaker_one_is_made(place: Place, tmp_path: Path) -> None:
    agree(place, tmp_path, "'md5', 'sha512'")
    bag = place.bag(place.ingest(write(tmp_path / "d", FILES)).json["aips"][0])
    listed = {line.split(b"  ", 1)[1] for line in (bag / "manifest-sha512.txt").read_bytes().splitlines()}
    assert listed == {str(path.relative_to(bag)).encode() for path in (bag / "data").rglob("*") if path.is_file()}
    done = subprocess.run(
        ["sha512sum", "-c", "--quiet", "manifest-sha512.txt"], cwd=bag, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stdout
    assert b"manifest-sha512.txt" in (bag / "tagmanifest-sha256.txt").read_bytes()
    assert not (bag / "manifest-md5.txt").exists()
    assert_lists_are_right(bag)
    assert_bagit_python_agrees([bag])
    assert place("verify", bag).code == 0
    assert check_references(bag / "data", bag / "data/METS.xml", known=package_identifiers(bag)) == []


def test_our_own_profile_allows_that_manifest(place: Place, tmp_path: Path) -> None:
    from archive.bags.agreement import check_agreement
    from archive.bags.structure import read_structure
    from archive.storage.directory import DirectoryReader
    from profiles.bagit_profile import shipped_profile

    agree(place, tmp_path, "'sha512'")
    bag = place.bag(place.ingest(write(tmp_path / "d", FILES)).json["aips"][0])
    assert list(check_agreement(read_structure(DirectoryReader(bag)), shipped_profile("aip-1"))) == []


def test_each_delivered_byte_is_read_once_for_all_digests(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    agree(place, tmp_path, "'sha512', 'md5', 'sha1'")
    opened: Counter[bytes] = Counter()

    def opener(path: bytes) -> RawIOBase:
        opened[path] += 1
        return open_quietly(path)

    with_opener(monkeypatch, opener)
    assert place.ingest(write(tmp_path / "d", FILES)).code == 0
    assert set(opened.values()) == {1}
    assert len(opened) == 3


def test_a_digest_of_the_producer_stands_beside_ours(place: Place, tmp_path: Path) -> None:
    agree(place, tmp_path, "'md5'")
    (tmp_path / "t.csv").write_text(f"path,md5\na.txt,{'0' * 32}\n")
    answer = place.ingest(write(tmp_path / "d", {"a.txt": b"alpha"}), "--metadata", tmp_path / "t.csv")
    (file,) = place.evidence(answer)
    md5 = [(digest, originator) for name, digest, originator in file.digests() if name == "MD5"]
    assert md5 == [(hashlib.md5(b"alpha").hexdigest(), None), ("0" * 32, "viasna, t.csv")]
    assert "digest-mismatch" in answer.codes()


def test_without_an_agreement_there_is_no_further_manifest(place: Place, tmp_path: Path) -> None:
    answer = place.ingest(write(tmp_path / "d", FILES))
    assert not list(place.bag(answer.json["aips"][0]).glob("manifest-sha512*"))
    assert {name for file in place.evidence(answer) for name, _, _ in file.digests()} == {"SHA-256", "BLAKE3"}


def test_what_is_left_after_a_deletion_keeps_the_manifest(place: Place, tmp_path: Path) -> None:
    agree(place, tmp_path, "'sha512'")
    toml = place.home / "archive.toml"
    toml.write_text(toml.read_text().replace("delay_hours = 72", "delay_hours = 0"))
    answer = place.ingest(write(tmp_path / "d", {"a": b"alpha", "b": b"beta"}))
    (gone,) = [file.id for file in place.evidence(answer) if file.name == b"a"]
    for code in ("anna", "boris"):
        assert place("agent", "add", code, "--role", "approver").code == 0
        assert place("--as", code, "key", "new", code, "--role", "approver").code == 0
    asked = place("--as", "anna", "deletion", "request", gone, "--reason", "r", "--key", "anna", "--json")
    request = asked.json["request"]
    assert place("approve", request, "--key", "boris").code == 0
    assert place("--as", "anna", "carry-out", request).code == 0
    (left,) = [place.bag(package["id"]) for package in place.packages() if package["kind"] == "aip"]
    command, words = ["sha512sum", "-c", "manifest-sha512.txt"], {**os.environ, "LC_ALL": "C"}
    done = subprocess.run(command, cwd=left, env=words, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout
    assert b"original/data/b: OK" in done.stdout
    assert b"original/data/a" not in done.stdout
    assert place("audit").code == 0
