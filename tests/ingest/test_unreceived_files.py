"""Files that were listed and never came: they stay on the account, whatever listing takes the place of theirs."""

from __future__ import annotations

import csv
import io
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest
from ingest_support import Place, add_up, with_opener, write

from archive.storage.reading import open_quietly


def begun(place: Place, root: Path, monkeypatch: pytest.MonkeyPatch, *, at: bytes) -> str:
    """An accession of packages of one file each that was interrupted when the file ``at`` was to be read."""
    place.set(max_files=1)

    def interrupting(path: bytes) -> Any:
        if path.endswith(at):
            raise KeyboardInterrupt
        return open_quietly(path)

    with monkeypatch.context() as patch:
        with_opener(patch, interrupting)
        assert place.ingest(root).code == 130
    (accession,) = place("accession", "list", "--open", "--json").json["accessions"]
    return str(accession["id"])


def outcomes(place: Place, accession: str, folder: Path) -> dict[str, str]:
    """What the receipt's list says of each path."""
    listed = folder / "listed.csv"
    listed.unlink(missing_ok=True)
    assert place("accession", "receipt", accession, "--csv", listed).code == 0
    return {row["path"]: row["outcome"] for row in csv.DictReader(io.StringIO(listed.read_text()))}


def test_an_interrupted_delivery_says_how_to_go_on_and_its_receipt_that_more_is_to_come(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.set(max_files=1)
    root = write(tmp_path / "d", {"1": b"1", "2": b"2", "3": b"3", "4": b"4"})

    def asking_to_stop(path: bytes) -> Any:
        if path.endswith(b"/2"):
            signal.raise_signal(signal.SIGINT)
        return open_quietly(path)

    with monkeypatch.context() as patch:
        with_opener(patch, asking_to_stop)
        stopped = place("ingest", root, "--producer", "viasna")
    assert stopped.code == 130 and "Interrupted, and safe" in stopped.out and "mend" not in stopped.out
    (open_one,) = place("accession", "list", "--open", "--json").json["accessions"]
    told = place("accession", "receipt", open_one["id"], "--json").json
    assert told["received"] == 2 and any("not received to its end" in point for point in told["open_points"])
    whole = place.ingest(root)
    assert whole.json["received"] == 4
    told = place("accession", "receipt", open_one["id"], "--json").json
    assert told["open_points"] == []


def test_another_delivery_is_not_added_while_the_first_was_not_received_to_its_end(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = write(tmp_path / "a", {"1": b"1", "2": b"2", "3": b"3"}), write(tmp_path / "b", {"4": b"4"})
    accession = begun(place, first, monkeypatch, at=b"/3")
    refused = place.ingest(second, "--accession", accession)
    assert refused.code == 2 and str(first) in refused.err and "reject" in refused.err
    assert list(place.staging()[0].parent.glob(".listing-*")) == []
    whole = place.ingest(first, "--keep-open")
    assert whole.json["received"] == 3
    added = place.ingest(second, "--accession", accession)
    assert added.code == 0 and added.json["state"] == "closed" and add_up(added)
    assert outcomes(place, accession, tmp_path).keys() == {"1", "2", "3", "4"}


def test_a_file_that_is_gone_before_it_was_received_is_pending_until_it_comes_or_a_person_decides(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write(tmp_path / "d", {"1": b"1", "2": b"2", "3": b"3", "4": b"4"})
    accession = begun(place, root, monkeypatch, at=b"/2")
    (root / "3").unlink(), (root / "4").unlink()
    assert place.ingest(root).code == 2  # it has changed, and nobody said what that means
    answer = place.ingest(root, "--accession", accession)
    assert answer.code == 3 and answer.json["state"] == "open" and add_up(answer)
    assert (answer.json["received"], answer.json["pending"]) == (4, 2)
    assert answer.subjects("gone-before-received") == ["3", "4"]
    assert place("accession", "close", accession).code == 3
    write(root, {"3": b"3"})
    again = place.ingest(root, "--accession", accession)
    assert (again.json["received"], again.json["accepted"], again.json["pending"]) == (4, 3, 1) and add_up(again)
    assert place("accession", "reject", accession, "--file", "4", "--reason", "deleted by its owner").code == 0
    assert place("accession", "close", accession).code == 0
    assert outcomes(place, accession, tmp_path) == {"1": "accepted", "2": "accepted", "3": "accepted", "4": "rejected"}


def test_a_file_that_became_a_link_before_it_was_received_is_pending(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write(tmp_path / "d", {"1": b"1", "2": b"2", "3": b"3"})
    accession = begun(place, root, monkeypatch, at=b"/2")
    (root / "3").unlink()
    (root / "3").symlink_to("1")
    assert place.ingest(root, "--accession", accession).json["pending"] == 1


def test_of_a_medium_that_is_lost_every_file_that_never_came_is_rejected_by_a_person(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write(tmp_path / "d", {"1": b"1", "2": b"2", "3": b"3"})
    accession = begun(place, root, monkeypatch, at=b"/3")
    shutil.rmtree(root)
    refused = place("accession", "close", accession, "--json")
    assert refused.code == 3 and "reject --all" in refused.json["obstacles"][0]
    size = place.log_size()
    args = ("accession", "reject", accession, "--reason", "disk lost")
    planned = place(*args, "--all", "--dry-run")
    assert "2 files" in planned.out and place.log_size() == size
    assert place(*args, "--all", "--dry-run", "--json").json["rejected_files"] == 2
    assert place(*args).code == place(*args, "--all", "--file", "2").code == 2 and place.log_size() == size
    done = place(*args, "--all", "--json")
    assert done.code == 0 and done.json["rejected_files"] == 2, done.err
    assert place(*args, "--all", "--json").json["rejected_files"] == 0
    assert place("accession", "close", accession).code == 0
    assert outcomes(place, accession, tmp_path) == {"1": "accepted", "2": "rejected", "3": "rejected"}
    told = place("accession", "receipt", accession, "--json").json
    assert {one["path"]: one["reason"] for one in told["undecided"]} == dict.fromkeys("23", "disk lost")
    assert "not-received-to-its-end" in {finding["code"] for finding in told["findings"]}
    names = (place.bag(told["accession_package"]["package"]) / "data/documentation/listing.jsonl").read_text()
    assert names.count('"package"') == 3


def test_the_same_medium_mounted_elsewhere_is_received_to_its_end_and_closed(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write(tmp_path / "d", {"1": b"1", "2": b"2", "3": b"3"})
    accession = begun(place, root, monkeypatch, at=b"/2")
    elsewhere = root.rename(tmp_path / "e")
    answer = place.ingest(elsewhere, "--accession", accession)
    assert answer.code == 0 and answer.json["state"] == "closed" and answer.json["received"] == 3, answer.err
