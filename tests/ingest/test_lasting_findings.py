"""What was found about files stands in the papers also where no ordinary package was sealed that could keep it."""

from __future__ import annotations

import json
from pathlib import Path

from ingest_support import Answer, Place, write

STRICT = 'name = "strict"\nversion = 1\ntitle = "t"\n[files]\nwithout_row = "quarantine"\n'
ONCE = 'name = "once"\nversion = 1\ntitle = "t"\n[files]\nduplicates = "reference"\n'
JPEG = b"\xff\xd8\xff\xe0 cut off"


def kept(place: Place, answer: Answer) -> list[tuple[str, str]]:
    papers = place.bag(answer.json["accession_package"]) / "data/documentation/findings.json"
    return [(finding["code"], finding["subject"]) for finding in json.loads(papers.read_text())]


def test_a_digest_that_does_not_fit_a_file_in_quarantine_stands_in_the_papers(place: Place, tmp_path: Path) -> None:
    (tmp_path / "strict.toml").write_text(STRICT)
    assert place("producer", "add", "viasna", "--profile", tmp_path / "strict.toml").code == 0
    root = write(tmp_path / "d", {"a.txt": b"a", "b.txt": b"b"})
    (tmp_path / "sums").write_text(f"{'0' * 64}  a.txt\n{'0' * 64}  b.txt\n")
    (tmp_path / "t.csv").write_text("path\nelsewhere\n")
    answer = place.ingest(root, "--metadata", tmp_path / "t.csv", "--checksums", tmp_path / "sums")
    assert answer.json["quarantined"] == 2 and answer.json["state"] == "closed"
    expected = [("digest-mismatch", "a.txt"), ("digest-mismatch", "b.txt")]
    assert [found for found in kept(place, answer) if found[0] == "digest-mismatch"] == expected
    told = place("accession", "receipt", answer.json["accession"], "--json").json
    assert [one["subject"] for one in told["findings"] if one["code"] == "digest-mismatch"] == ["a.txt", "b.txt"]


def test_it_stands_there_once_where_others_of_the_lot_are_sealed_openly(place: Place, tmp_path: Path) -> None:
    (tmp_path / "strict.toml").write_text(STRICT)
    assert place("producer", "add", "viasna", "--profile", tmp_path / "strict.toml").code == 0
    root = write(tmp_path / "d", {"a.txt": b"a", "b.txt": b"b"})
    (tmp_path / "sums").write_text(f"{'0' * 64}  a.txt\n{'0' * 64}  b.txt\n")
    (tmp_path / "t.csv").write_text("path\nb.txt\n")
    answer = place.ingest(root, "--metadata", tmp_path / "t.csv", "--checksums", tmp_path / "sums")
    assert answer.json["quarantined"] == 1
    assert sorted(found for found in kept(place, answer) if found[0] == "digest-mismatch") == [
        ("digest-mismatch", "a.txt"),
        ("digest-mismatch", "b.txt"),
    ]


def test_what_was_found_about_a_duplicate_that_is_stored_once_stands_in_the_papers(
    place: Place, tmp_path: Path
) -> None:
    (tmp_path / "once.toml").write_text(ONCE)
    assert place("producer", "add", "viasna", "--profile", tmp_path / "once.toml").code == 0
    place.set(max_files=1)
    root = write(tmp_path / "d", {"a.jpg": JPEG, "b.jpg": JPEG})
    answer = place.ingest(root)
    assert (answer.json["accepted"], answer.json["duplicate"], len(answer.json["aips"])) == (1, 1, 1)
    assert sorted(answer.subjects("format-review")) == ["a.jpg", "b.jpg"]
    assert sorted(name for code, name in kept(place, answer) if code == "format-review") == ["a.jpg", "b.jpg"]
