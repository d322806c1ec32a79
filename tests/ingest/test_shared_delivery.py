"""The shared delivery, from the command line: 622 files, numbers that add up, orphans by name."""

from __future__ import annotations

import csv
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from ingest_support import CONTENT, Evidence, Place, add_up, snapshot, write

if TYPE_CHECKING:
    from conftest import SharedIngest


@pytest.fixture(scope="module")
def evidence(shared_ingest: SharedIngest) -> dict[bytes, Evidence]:
    return {file.name: file for file in shared_ingest.place.evidence(shared_ingest.answer)}


def rows(metadata: Path) -> list[dict[str, str]]:
    with open(metadata, encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


def test_622_are_received_and_the_numbers_add_up(shared_ingest: SharedIngest) -> None:
    said = shared_ingest.answer.json
    assert said["received"] == 622
    assert add_up(shared_ingest.answer)
    assert said["pending"] == 0
    assert said["state"] == "closed"
    assert shared_ingest.answer.code == 3  # orphans need a person


def test_orphans_on_either_side_are_told_by_name(shared_ingest: SharedIngest, shared: Path) -> None:
    listed = {row["path"] for row in rows(shared_ingest.metadata)}
    delivered = {
        os.path.relpath(os.path.join(folder, name), shared_ingest.delivery)
        for folder, _, names in os.walk(shared_ingest.delivery)
        for name in names
    }
    assert shared_ingest.answer.subjects("row-without-file") == ["Фото/нет такого файла.jpg"]
    without_row = shared_ingest.answer.subjects("file-without-row")
    assert len(without_row) == 70
    assert set(without_row) == delivered - listed
    assert shared_ingest.answer.codes() == {"row-without-file", "file-without-row", "format-review"}


def test_the_delivery_is_untouched(shared_ingest: SharedIngest) -> None:
    assert shared_ingest.after == shared_ingest.before


def test_every_digest_of_the_producer_is_found_under_its_original_name(
    shared_ingest: SharedIngest, shared: Path, evidence: dict[bytes, Evidence]
) -> None:
    sealed = {}
    for aip in shared_ingest.answer.json["aips"]:
        manifest = (shared_ingest.place.bag(aip) / "manifest-sha256.txt").read_text("utf-8")
        sealed |= {path: digest for digest, path in (line.split("  ", 1) for line in manifest.splitlines())}
    lines = (shared / "corpora/delivery/sha256sums.txt").read_text("utf-8").splitlines()
    for line in lines:
        digest, name = line.split("  ", 1)
        file = evidence[name.encode()]
        assert ("SHA-256", digest, None) in file.digests()
        assert sealed[CONTENT + file.path] == digest
    assert len(evidence) == 622


def test_the_producers_digests_stand_in_premis_with_their_originator(
    shared_ingest: SharedIngest, evidence: dict[bytes, Evidence]
) -> None:
    given = {row["path"]: row["sha256"] for row in rows(shared_ingest.metadata) if row["sha256"]}
    given.pop("Фото/нет такого файла.jpg", None)
    assert len(given) > 10
    for path, digest in given.items():
        assert ("SHA-256", digest, "viasna, metadata.csv") in evidence[path.encode()].digests()
    originators = {name: o for name, file in evidence.items() for _, _, o in file.digests() if o}
    assert set(originators) == {path.encode() for path in given}


def test_the_same_command_again_reports_the_same_accession_and_changes_nothing(shared_ingest: SharedIngest) -> None:
    place, first = shared_ingest.place, shared_ingest.answer
    log, stored = place.log_size(), place.stored()
    again = place.ingest(shared_ingest.delivery, "--metadata", shared_ingest.metadata)
    assert again.code == first.code
    assert again.json == first.json
    assert (place.log_size(), place.stored()) == (log, stored)
    assert place.staging() == []


def test_a_changed_delivery_is_refused_then_added_then_received_anew(shared: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(shared / "corpora/delivery/партия-2026-04/Допросы", folder, copy_function=shutil.copy2)
    place = Place.make(tmp_path)
    first = place.ingest(folder)
    accession, count = first.json["accession"], first.json["received"]
    os.chmod(folder, 0o755)
    (folder / "came later.txt").write_bytes(b"came later")
    before, log, stored = snapshot(folder), place.log_size(), place.stored()

    refused = place.ingest(folder)
    assert refused.code == 2
    assert f"--accession {accession}" in refused.err
    assert "--accession new" in refused.err
    assert (place.log_size(), place.stored(), place.staging()) == (log, stored, [])

    added = place.ingest(folder, "--accession", accession)
    assert added.code == 0
    assert added.json["accession"] == accession
    assert (added.json["received"], added.json["duplicate"]) == (count + 1, first.json["duplicate"])
    assert add_up(added)
    new = [aip for aip in added.json["aips"] if aip not in first.json["aips"]]
    assert len(new) == 1
    assert [file.name for aip in new for file in place.evidence(added) if file.bag == place.bag(aip)] == [
        b"came later.txt"
    ]
    assert added.json["accession_package"] != first.json["accession_package"]

    assert place.ingest(folder).json == added.json
    once_more = place.ingest(folder, "--accession", "new")
    assert once_more.code == 0
    assert once_more.json["accession"] != accession
    assert (once_more.json["received"], once_more.json["accepted"]) == (count + 1, 0)
    assert once_more.json["duplicate"] == count + 1
    assert add_up(once_more)
    status = place("status", "--json").json
    assert status["received"] == 2 * (count + 1) == status["accepted"] + status["duplicate"]
    assert snapshot(folder) == before


def test_another_folder_is_received_in_full_into_an_accession_though_it_looks_alike(
    place: Place, tmp_path: Path
) -> None:
    for name, data in (("first stick", b"1"), ("second stick", b"2")):
        write(tmp_path / name, {"100.jpg": data, "both.jpg": b"alike"})
        for file in (tmp_path / name).iterdir():
            os.utime(file, ns=(0, 0))
    first = place.ingest(tmp_path / "first stick")
    both = place.ingest(tmp_path / "second stick", "--accession", first.json["accession"])
    assert both.code == 0
    assert (both.json["received"], both.json["accepted"], both.json["duplicate"]) == (4, 3, 1)
    assert sorted((file.name, file.data) for file in place.evidence(both)) == [
        (b"100.jpg", b"1"),
        (b"100.jpg", b"2"),
        (b"both.jpg", b"alike"),
        (b"both.jpg", b"alike"),
    ]
    assert add_up(both)


def test_a_dry_run_counts_and_leaves_everything_as_it_was(place: Place, tmp_path: Path) -> None:
    folder = write(tmp_path / "d", {"a": b"12", "b": b"3"})
    (folder / "link").symlink_to("a")
    before = (place.log_size(), place.stored(), snapshot(folder))
    answer = place.ingest(folder, "--dry-run")
    assert (answer.code, answer.json["files"], answer.json["bytes"], answer.json["bag"]) == (0, 2, 3, False)
    assert answer.codes() == {"link"}
    assert (place.log_size(), place.stored(), snapshot(folder)) == before
    assert (place.staging(), place.packages()) == ([], [])


def test_changed_metadata_is_a_change(place: Place, tmp_path: Path) -> None:
    folder = tmp_path / "d"
    folder.mkdir()
    (folder / "a").write_bytes(b"a")
    table = tmp_path / "m.csv"
    table.write_text("path,place\na,Minsk\n")
    first = place.ingest(folder, "--metadata", table)
    table.write_text("path,place\na,Hrodna\n")
    refused = place.ingest(folder, "--metadata", table)
    assert refused.code == 2
    assert "the metadata has changed" in refused.err
    assert f"--accession {first.json['accession']}" in refused.err
    assert place.ingest(folder).code == 2  # without the table it came with is a change too
