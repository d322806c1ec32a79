"""While a record that took no effect is not set aside, nothing is destroyed or released; the rest goes on."""

from __future__ import annotations

from dataclasses import replace

import pytest
from approvals_support import PERSON, Sample

from archive.custody.log import CustodyLog
from archive.model.packages import Outcome
from archive.model.records import ReceiptRecord

REFUSED = 20


def slip_in(sample: Sample) -> int:
    """Append a second receipt of an accepted file with the log's own writer; its number."""
    (receipt, *_) = sample.records("receipt")
    assert isinstance(receipt, ReceiptRecord)
    return CustodyLog.open(sample.home / "custody").append([replace(receipt, outcome=Outcome.REJECTED)])


def test_asking_goes_on_and_approving_a_deletion_does_not(sample: Sample) -> None:
    request = sample.request("deletion", "request", sample.file(PERSON)["id"])
    slip_in(sample)
    size = sample.size()
    assert sample.run("approve", request, "--key", "boris", actor="boris").code == REFUSED
    assert sample.run("approve", request, "--key", "boris", "--dry-run", actor="boris").code == REFUSED
    assert sample.size() == size
    assert sample.done("approvals", "show", request)["state"] == "waiting"
    assert sample.request("deletion", "request", sample.aip) != request


def test_an_approved_deletion_is_not_carried_out(sample: Sample) -> None:
    request = sample.agreed("deletion", "request", sample.file(PERSON)["id"])
    before = sample.packages()
    n = slip_in(sample)
    refused = sample.run("carry-out", request)
    assert refused.code == REFUSED and f"record {n} " in refused.err
    assert sample.run("carry-out", request, "--dry-run").code == REFUSED
    assert sample.packages() == before
    assert sample.records("tombstone") == []


def test_a_key_can_still_be_retired(sample: Sample) -> None:
    added = sample.request("key", "new", "clara", "--role", "approver", reason="a third")
    sample.approve(added)
    sample.done("carry-out", added)
    slip_in(sample)
    stolen = sample.request("key", "retire", "boris", reason="stolen")
    sample.approve(stolen, "clara")
    sample.done("carry-out", stolen)
    assert [row["name"] for row in sample.done("key", "list")["keys"] if row["retired_at"]] == ["boris"]


@pytest.mark.parametrize("command", [("replicate",), ("schedule", "--once")])
def test_no_copy_that_is_due_is_removed(sample: Sample, command: tuple[str, ...]) -> None:
    sample.set("required", 2)
    sample.done("carry-out", sample.agreed("policy", "request", reason="two are enough meanwhile"))
    with sample.away("third"):
        sample.delete(sample.file(PERSON)["id"], code=3)
    slip_in(sample)
    due = sample.done("status")["removals_due"]
    assert due > 0
    assert sample.run(*command, actor=None).code == REFUSED
    assert sample.done("status")["removals_due"] == due
    assert sample.records("removal") and len(sample.done("status")["remarks"]) == 1
