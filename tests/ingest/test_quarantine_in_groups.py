"""Quarantine beside the other terms of a profile: packages by person, duplicates stored once."""

from __future__ import annotations

from pathlib import Path

from ingest_support import Place, add_up, write

TERMS = """name = "strict"
version = 1
title = "Strict"
[metadata]
required = true
columns_required = ["person_code"]
[files]
without_row = "quarantine"
duplicates = "reference"
[packages]
group_by = "column"
column = "person_code"
"""


def test_what_is_kept_apart_stands_for_nobody_elses_bytes(place: Place, tmp_path: Path) -> None:
    (tmp_path / "terms.toml").write_text(TERMS)
    assert place("producer", "add", "viasna", "--profile", tmp_path / "terms.toml").code == 0
    (tmp_path / "t.csv").write_text("path,person_code\nb.txt,P1\nc.txt,P1\nd.txt,P2\n")
    files: dict[str | bytes, bytes] = {"a.txt": b"same", "b.txt": b"same", "c.txt": b"same", "d.txt": b"same"}
    told = place.ingest(write(tmp_path / "d", files), "--metadata", tmp_path / "t.csv")
    assert add_up(told)
    assert (told.json["received"], told.json["quarantined"]) == (4, 1)
    held = sorted(file.name for file in place.evidence(told))
    assert held == [b"b.txt", b"d.txt"], "c is b's bytes, of the same person; a is nobody's"
    assert sum(one["files"] for one in told.json["malware"]) == 4, (
        "of every file it is said, also where it is stored once"
    )
    (package,) = told.json["quarantine_packages"]
    done = place("quarantine", "decide", package, "--release", "--reason", "a row came by mail", "--json")
    assert done.code == 0, done.err
    assert place("custody", "verify").code == 0
    assert place.bag(done.json["content"]).is_dir()
