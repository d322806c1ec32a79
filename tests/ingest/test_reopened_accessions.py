"""An accession to which more is added after it was closed: nothing that was found before is taken back."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from ingest_support import Place, add_up, write


def receipt(place: Place, accession: str) -> dict[str, Any]:
    return dict(place("accession", "receipt", accession, "--json").json)


def closed_with_a_difference(place: Place, root: Path) -> str:
    write(root, {"a": b"a", "b": b"b"})
    (root / "SHA256SUMS").write_text(f"{'0' * 64}  a\n{hashlib.sha256(b'b').hexdigest()}  b\n{'1' * 64}  gone\n")
    answer = place.ingest(root)
    assert answer.json["state"] == "closed" and {"digest-mismatch", "listed-not-delivered"} <= answer.codes()
    return str(answer.json["accession"])


def test_the_receipt_after_more_was_added_has_what_was_found_before(place: Place, tmp_path: Path) -> None:
    accession = closed_with_a_difference(place, tmp_path / "d")
    before = receipt(place, accession)
    added = place.ingest(write(tmp_path / "e", {"c": b"c"}), "--accession", accession)
    assert added.json["received"] == 4 and add_up(added)
    told = receipt(place, accession)
    assert told["state"] == "closed" and told["open_points"] == before["open_points"] != []
    assert {"digest-mismatch", "listed-not-delivered"} <= {finding["code"] for finding in told["findings"]}
    assert [one["package"] for one in told["earlier_accession_packages"]] == [before["accession_package"]["package"]]
    papers = place.bag(told["accession_package"]["package"]) / "data/documentation"
    sealed = json.loads((papers / "receipt.json").read_text())
    assert sealed["closing_package"] == told["accession_package"]["package"] and sealed["accession_package"] is None
    assert sealed["earlier_accession_packages"] == told["earlier_accession_packages"]
    for text in ((papers / "receipt.txt").read_text(), place("accession", "receipt", accession).out):
        assert before["accession_package"]["tagmanifest_sha256"] in text and "closed before" in text
        assert told["accession_package"]["package"] in text


def test_of_the_same_folder_what_is_no_longer_so_is_said_no_more(place: Place, tmp_path: Path) -> None:
    accession = closed_with_a_difference(place, tmp_path / "d")
    write(tmp_path / "d", {"gone": b"it came"})
    told = place.ingest(tmp_path / "d", "--accession", accession)
    assert told.json["received"] == 4 and add_up(told)
    subjects = [(one["code"], one["subject"]) for one in receipt(place, accession)["findings"]]
    assert ("listed-not-delivered", "gone") not in subjects
    assert ("digest-mismatch", "a") in subjects and ("digest-mismatch", "gone") in subjects


def test_while_more_is_to_come_the_receipt_names_the_former_papers_as_former(place: Place, tmp_path: Path) -> None:
    accession = closed_with_a_difference(place, tmp_path / "d")
    former = receipt(place, accession)["accession_package"]
    place.ingest(write(tmp_path / "e", {"c": b"c"}), "--accession", accession, "--keep-open")
    told = receipt(place, accession)
    assert told["state"] == "open" and told["accession_package"] is None
    assert told["earlier_accession_packages"] == [former]
    assert ("digest-mismatch", "a") in [(one["code"], one["subject"]) for one in told["findings"]]
