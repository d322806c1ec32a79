"""A delivered bag: its payload is what is delivered, its manifests are the producer's digests, its tags are papers."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from ingest_support import Place, add_up, snapshot, write

NAMES = ("1.txt", "папка/2.txt", "100%.txt")


def bag(folder: Path, *algorithms: str, change: str | None = None) -> Path:
    files = {name: f"content of {name}".encode() for name in NAMES}
    write(folder, {f"data/{name}": data for name, data in files.items()})
    tags = {"bagit.txt": b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"}
    tags["bag-info.txt"] = "Source-Organization: Вясна\n".encode()
    tags["notes/from the producer.txt"] = b"=notes\r\n"
    for algorithm in algorithms:
        lines = [
            f"{'0' * 128 if name == change else hashlib.new(algorithm, data).hexdigest()}"[
                : hashlib.new(algorithm).digest_size * 2
            ]
            + f"  data/{name.replace('%', '%25')}\n"
            for name, data in files.items()
        ]
        tags[f"manifest-{algorithm}.txt"] = "".join(lines).encode()
    return write(folder, tags)


def test_the_payload_is_what_is_delivered_and_the_manifests_are_the_producers_digests(
    place: Place, tmp_path: Path
) -> None:
    folder = bag(tmp_path / "bag", "md5", "sha512")
    before = snapshot(folder)
    answer = place.ingest(folder)
    assert answer.code == 0, answer.out
    assert (answer.json["received"], answer.json["accepted"]) == (3, 3)
    evidence = {file.name: file for file in place.evidence(answer)}
    assert set(evidence) == {name.encode() for name in NAMES}
    for name, file in evidence.items():
        data = b"content of " + name
        assert file.data == data
        assert ("MD5", hashlib.md5(data).hexdigest(), "viasna, manifest-md5.txt") in file.digests()
        assert ("SHA-512", hashlib.sha512(data).hexdigest(), "viasna, manifest-sha512.txt") in file.digests()
        assert ("SHA-256", hashlib.sha256(data).hexdigest(), None) in file.digests()
        assert file.events_of("fixity check") == []
    assert snapshot(folder) == before
    assert place.ingest(folder).json == answer.json


def test_the_tag_files_are_kept_as_received_among_the_papers(place: Place, tmp_path: Path) -> None:
    folder = bag(tmp_path / "bag", "sha256")
    answer = place.ingest(folder)
    papers = place.bag(answer.json["accession_package"]) / "data/documentation/submission/bag"
    kept = {str(path.relative_to(papers)): path.read_bytes() for path in papers.rglob("*") if path.is_file()}
    tags = ("bagit.txt", "bag-info.txt", "manifest-sha256.txt", "notes/from the producer.txt")
    assert kept == {tag: (folder / tag).read_bytes() for tag in tags}


def test_a_digest_that_does_not_fit_is_recorded_and_the_file_kept(place: Place, tmp_path: Path) -> None:
    folder = bag(tmp_path / "bag", "sha256", "md5", change="1.txt")
    answer = place.ingest(folder)
    assert answer.code == 3
    assert answer.json["state"] == "closed"
    assert answer.subjects("digest-mismatch") == ["1.txt", "1.txt"]
    assert (answer.json["received"], answer.json["accepted"]) == (3, 3)
    evidence = {file.name: file for file in place.evidence(answer)}
    failed = evidence[b"1.txt"].events_of("fixity check")
    assert [event.outcomes[0].outcome.value for event in failed if event.outcomes[0].outcome] == ["fail", "fail"]
    assert {event.details[0] for event in failed} == {
        "sha256 from viasna, manifest-sha256.txt",
        "md5 from viasna, manifest-md5.txt",
    }
    assert ("SHA-256", "0" * 64, "viasna, manifest-sha256.txt") in evidence[b"1.txt"].digests()
    assert evidence["папка/2.txt".encode()].events_of("fixity check") == []
    assert evidence[b"1.txt"].data == b"content of 1.txt"
    again = place.ingest(folder)
    assert (again.code, again.json) == (3, answer.json)


def test_a_listed_file_that_did_not_come_and_one_that_is_not_listed_are_told(place: Place, tmp_path: Path) -> None:
    folder = bag(tmp_path / "bag", "sha256")
    (folder / "data" / "1.txt").rename(folder / "data" / "not listed.txt")
    answer = place.ingest(folder)
    assert answer.code == 3
    assert answer.subjects("listed-not-delivered") == ["data/1.txt"]
    assert answer.subjects("delivered-not-listed") == ["data/not listed.txt"]
    assert answer.json["received"] == 3
    assert {file.name for file in place.evidence(answer)} == {
        b"not listed.txt",
        "папка/2.txt".encode(),
        b"100%.txt",
    }
    assert add_up(answer)


def test_a_bag_with_a_table_has_both_kinds_of_digest(place: Place, tmp_path: Path) -> None:
    folder = bag(tmp_path / "bag", "md5")
    digest = hashlib.sha256(b"content of 1.txt").hexdigest()
    table = tmp_path / "table.csv"
    table.write_text(f"path,sha256\n1.txt,{digest}\nпапка/2.txt,\n100%.txt,\n", "utf-8")
    answer = place.ingest(folder, "--metadata", table)
    assert answer.code == 0, answer.out
    (file,) = [file for file in place.evidence(answer) if file.name == b"1.txt"]
    assert ("SHA-256", digest, "viasna, table.csv") in file.digests()
    assert "viasna, manifest-md5.txt" in {originator for _, _, originator in file.digests()}
    papers = place.bag(answer.json["accession_package"]) / "data/documentation/submission"
    assert (papers / "table.csv").read_bytes() == table.read_bytes()
    assert (papers / "bag/manifest-md5.txt").is_file()


@pytest.mark.parametrize("part", ["data", "bagit.txt"])
def test_a_bag_whose_payload_or_declaration_is_a_link_is_taken_in_whole_as_a_folder(
    place: Place, tmp_path: Path, part: str
) -> None:
    folder = bag(tmp_path / "bag", "sha256")
    (folder / part).rename(folder / "elsewhere")
    (folder / part).symlink_to("elsewhere")
    answer = place.ingest(folder)
    assert answer.json["state"] == "closed"
    assert answer.subjects("link") == [part]
    assert answer.subjects("not-a-bag") == ["bag"]
    files = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    assert len(files) == 7
    assert {file.name for file in place.evidence(answer)} >= {b"manifest-sha256.txt"}
    assert answer.json["received"] == len(files)


def test_a_bag_of_which_nothing_but_its_tags_came_is_kept_as_a_folder(place: Place, tmp_path: Path) -> None:
    folder = bag(tmp_path / "bag", "sha256")
    (folder / "data").rename(tmp_path / "not sent")
    (folder / "data").mkdir()
    (folder / "fetch.txt").write_text("https://archive.invalid/1.txt - data/1.txt\n")
    answer = place.ingest(folder)
    assert (answer.json["state"], answer.json["received"]) == ("closed", 5)
    assert "not-a-bag" in answer.codes()
    assert {file.name for file in place.evidence(answer)} >= {b"manifest-sha256.txt", b"fetch.txt"}


@pytest.mark.parametrize("missing", ["manifest-sha256.txt", "data"])
def test_what_only_claims_to_be_a_bag_is_taken_in_whole_as_a_folder(place: Place, tmp_path: Path, missing: str) -> None:
    folder = bag(tmp_path / "bag", "sha256")
    (folder / missing).rename(tmp_path / "taken away")
    answer = place.ingest(folder)
    assert answer.json["state"] == "closed"
    assert "not-a-bag" in answer.codes()
    delivered = {str(path.relative_to(folder)).encode() for path in folder.rglob("*") if path.is_file()}
    assert {file.name for file in place.evidence(answer)} == delivered


def test_oddities_of_a_bag_are_found_and_an_unknown_algorithm_is_no_digest(place: Place, tmp_path: Path) -> None:
    folder = bag(tmp_path / "bag", "sha256")
    (folder / "data" / "link").symlink_to("1.txt")
    (folder / "manifest-whirlpool.txt").write_text("00  data/1.txt\n")
    answer = place.ingest(folder)
    assert answer.subjects("link") == ["data/link"]
    assert answer.json["received"] == 3
    assert all("whirlpool" not in (o or "") for file in place.evidence(answer) for _, _, o in file.digests())
