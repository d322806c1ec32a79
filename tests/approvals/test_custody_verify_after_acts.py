"""archive custody verify knows what two persons may do: deleted is no damage, and undone deletion is."""

from __future__ import annotations

import json
import shutil
from typing import Any

from approvals_support import LOCATIONS, PERSON, Sample

from archive import assembly
from archive.errors import ExitCode
from archive.model.identifiers import PackageId
from archive.model.records import Octets, TombstoneRecord


def verified(sample: Sample, *words: object) -> tuple[int, dict[str, dict[str, Any]]]:
    ran = sample.run("custody", "verify", "--json", *words)
    return ran.code, {check["check"]: check for check in ran.json["checks"]}


def codes(check: dict[str, Any]) -> set[str]:
    return {finding["code"] for finding in check["findings"]}


def test_a_deletion_by_two_persons_is_part_of_the_story(sample: Sample) -> None:
    before = sample.done("custody", "checkpoint")
    sample.delete(sample.file(PERSON)["id"])
    code, checks = verified(sample, "--since", f"{before['size']} {before['root']}")
    assert code == 0, checks
    assert checks["acts"]["counted"] > 5
    assert checks["files"]["counted"] == 5
    assert all(checks[f"bags {name}"]["counted"] == 2 for name in LOCATIONS)


def test_the_receipt_of_a_deleted_file_is_still_proven(sample: Sample) -> None:
    file = sample.file(PERSON)["id"]
    sample.delete(file)
    sample.done("custody", "checkpoint")
    (proof,) = sample.done("custody", "prove", file)["proofs"]
    assert json.loads(proof["opening"])["record"]["kind"] == "receipt"


def test_a_deleted_package_that_stands_again_is_named(sample: Sample) -> None:
    aip = sample.aip
    shutil.copytree(sample.bag("second", aip), sample.root / "kept")
    sample.delete(sample.file(PERSON)["id"])
    shutil.copytree(sample.root / "kept", sample.bag("second", aip))
    code, checks = verified(sample)
    assert code == ExitCode.DAMAGE
    assert codes(checks["bags second"]) == {"bag-not-removed"}
    assert checks["bags third"]["findings"] == []


def test_a_removal_that_waits_for_its_location_gets_a_word(sample: Sample) -> None:
    sample.set("required", 2)
    sample.done("carry-out", sample.agreed("policy", "request", reason="two are enough meanwhile"))
    request = sample.agreed("deletion", "request", sample.file(PERSON)["id"])
    with sample.away("third"):
        sample.done("carry-out", request, code=ExitCode.NEEDS_PERSON)
        code, checks = verified(sample)
        assert (code, codes(checks["bags third"])) == (0, {"location-offline"})
    code, checks = verified(sample)
    assert code == ExitCode.NEEDS_PERSON
    assert codes(checks["bags third"]) == {"bag-removal-due"}
    assert checks["files"]["findings"] == []
    sample.done("replicate")
    assert verified(sample)[0] == 0


def test_a_retired_location_counts_no_more(sample: Sample) -> None:
    sample.set("required", 2)
    sample.done("carry-out", sample.agreed("policy", "request", reason="two are enough"))
    sample.done("carry-out", sample.agreed("location", "retire", "third", reason="the disk is needed elsewhere"))
    shutil.rmtree(sample.location("third"))
    code, checks = verified(sample)
    assert code == 0, checks
    assert "copy third" not in checks
    assert "bags third" not in checks


def test_a_deletion_that_nobody_approved_is_named(sample: Sample) -> None:
    """Whoever writes the log alone can write a tombstone; the papers behind it are not to be had without the keys."""
    aip = PackageId(sample.papers)
    with assembly.changing(sample.home, doing="lying") as archive:
        said = {"request": "none", "package": aip, "remainder": None, "files": (), "bytes": Octets(0)}
        archive.holdings.record([TombstoneRecord(**archive.holdings.stamp(), **said)])
    code, checks = verified(sample)
    assert code == ExitCode.DAMAGE
    assert codes(checks["acts"]) == {"act-not-allowed"}
