"""Bags held against BagIt profiles: our own packages keep ours, and ``verify --profile`` says where another departs."""

from __future__ import annotations

from pathlib import Path

from ingest_support import Place, write


def test_sealed_packages_are_what_our_own_profiles_say(place: Place, tmp_path: Path) -> None:
    answer = place.ingest(write(tmp_path / "d", {"a.txt": b"a", "=b?.txt": b"b"}))
    for package, profile in (
        (answer.json["aips"][0], "aip-1"),
        (answer.json["accession_package"], "accession-package-1"),
    ):
        verdict = place("verify", str(place.bag(package)), "--profile", profile, "--json")
        assert (verdict.code, verdict.json["valid"], verdict.json["agreed"], verdict.json["findings"]) == (
            0,
            True,
            True,
            [],
        )


def test_a_valid_bag_that_is_not_as_agreed_asks_for_a_person(place: Place, tmp_path: Path) -> None:
    answer = place.ingest(write(tmp_path / "d", {"a.txt": b"a"}))
    bag = str(place.bag(answer.json["aips"][0]))
    departs = place("verify", bag, "--profile", "testimony-1", "--json")
    assert (departs.code, departs.json["valid"], departs.json["agreed"]) == (3, True, False)
    assert {"profile-tag-value", "profile-file-missing"} <= departs.codes()
    assert "NOT AS AGREED" in place("verify", bag, "--profile", "testimony-1").out

    (tmp_path / "p.json").write_text("{}")
    refused = place("verify", bag, "--profile", str(tmp_path / "p.json"))
    assert refused.code == 2
    assert "BagIt-Profile-Identifier is missing" in refused.err
    absent = place("verify", bag, "--profile", "aip-0")
    assert absent.code == 2
    assert "aip-1" in absent.err
