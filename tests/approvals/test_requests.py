"""Asking, approving, waiting and carrying out, from the command line."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from approvals_support import PERSON, Hand, Sample

from archive import acts, assembly
from archive.errors import ArchiveError, ExitCode
from archive.model.records import RequestRecord


def test_nothing_is_deleted_by_asking_or_approving(sample: Sample) -> None:
    before = sample.packages()
    file = sample.file(PERSON)["id"]
    request = sample.request("deletion", "request", file)
    assert sample.packages() == before
    refused = sample.run("carry-out", request)
    assert refused.code == ExitCode.FAILED
    assert "no second person has approved it yet" in refused.err
    sample.approve(request)
    assert sample.packages() == before
    assert sample.records("tombstone", "removal", "carried-out") == []


def test_the_one_who_asked_cannot_approve_nor_can_a_second_key_of_the_same_person(sample: Sample) -> None:
    request = sample.request("deletion", "request", sample.aip)
    refused = sample.run("approve", request, "--key", "anna")
    assert (refused.code, "asked for this itself" in refused.err) == (2, True)
    again = sample.done(
        *("key", "new", "anna2", "--role", "approver", "--holder", "anna", "--reason", "spare", "--key", "anna")
    )
    sample.approve(again["request"])
    sample.done("carry-out", again["request"])
    refused = sample.run("approve", request, "--key", "anna2")
    assert (refused.code, "of the same person" in refused.err) == (2, True)
    sample.approve(request)


def test_what_takes_two_persons_is_never_done_as_unnamed_or_by_a_stranger(sample: Sample) -> None:
    ask = ("deletion", "request", sample.aip, "--reason", "r", "--key", "anna")
    unnamed = sample.run(*ask, actor=None)
    assert (unnamed.code, "nobody is named" in unnamed.err) == (2, True)
    stranger = sample.run(*ask, actor="stranger")
    assert (stranger.code, "not a registered agent" in stranger.err) == (2, True)
    request = sample.agreed("deletion", "request", sample.aip)
    assert sample.run("carry-out", request, actor=None).code == 2
    assert sample.records("tombstone") == []


def test_a_request_says_why_and_who_signs(sample: Sample) -> None:
    for words, told in (
        (("--key", "anna"), "say why"),
        (("--reason", "   ", "--key", "anna"), "say why"),
        (("--reason", "two\nlines", "--key", "anna"), "one line"),
        (("--reason", "r"), "with which key"),
        (("--reason", "r", "--key", "nobody"), "there is no key"),
        (("--reason", "r", "--key", "clara"), "there is no key"),
    ):
        ran = sample.run("deletion", "request", sample.aip, *words)
        assert (ran.code, told in ran.err) == (2, True), (words, ran.err)
    assert sample.records("request") == []


def test_the_same_is_not_asked_twice_while_it_is_open(sample: Sample) -> None:
    first = sample.request("deletion", "request", sample.aip)
    again = sample.run("deletion", "request", sample.aip, "--reason", "other words", "--key", "boris")
    assert (again.code, first in again.err) == (2, True)
    sample.done("approvals", "withdraw", first, "--reason", "wrong package")
    assert sample.request("deletion", "request", sample.aip) != first


def test_a_withdrawn_request_is_over(sample: Sample) -> None:
    request = sample.agreed("deletion", "request", sample.aip)
    assert sample.run("approvals", "withdraw", request, "--reason", " ").code == 2
    sample.done("approvals", "withdraw", request, "--reason", "wrong package")
    assert "was withdrawn" in sample.run("carry-out", request).err
    assert "was withdrawn" in sample.run("approve", request, "--key", "boris").err
    assert sample.run("approvals", "withdraw", request, "--reason", "again").code == ExitCode.FAILED
    assert sample.packages("aip")


def test_a_request_waits_for_its_delay_and_then_expires(sample: Sample) -> None:
    sample.set("delay_hours", 72)
    request = sample.agreed("deletion", "request", sample.aip)
    (shown,) = sample.done("approvals", "list")["requests"]
    assert shown["state"] == "delayed"
    refused = sample.run("carry-out", request)
    assert (refused.code, shown["not_before"] in refused.err) == (ExitCode.FAILED, True)

    def try_at(hours: float) -> str:
        clock = Hand()
        clock.pass_hours(hours)
        try:
            with assembly.changing(sample.home, doing="a test", actor="clara", clock=clock) as archive:
                acts.carry_out(assembly.acting(archive), request)
        except ArchiveError as error:
            return error.what
        return "done"

    assert "it is approved, and may be carried out from" in try_at(71.9)
    assert "expired" in try_at(72 + 30 * 24 + 1)
    assert try_at(72.1) == "done"
    assert sample.packages("aip") == []


def test_a_machine_whose_clock_is_behind_the_log_carries_nothing_out(sample: Sample) -> None:
    request = sample.agreed("deletion", "request", sample.aip)
    clock = Hand()
    clock.pass_hours(-2)
    with (
        pytest.raises(ArchiveError, match="clock of this machine is wrong"),
        assembly.changing(sample.home, doing="a test", actor="clara", clock=clock) as archive,
    ):
        acts.carry_out(assembly.acting(archive), request)
    assert sample.packages("aip")


def test_show_tells_exactly_what_would_be_done(sample: Sample) -> None:
    file = sample.file(PERSON)
    request = sample.request("deletion", "request", file["id"])
    shown = sample.done("approvals", "show", request)
    assert shown["state"] == "waiting"
    assert any(PERSON in line and file["id"] in line for line in shown["words"])
    assert shown["subjects"][0]["files"] == [file["id"]]
    text = sample.run("approvals", "show", request).out
    assert PERSON in text and "no second person" in text
    assert sample.run("approvals", "show", "nothing").code == 2


def test_dry_runs_change_nothing_and_find_what_is_wrong(sample: Sample) -> None:
    size = sample.size()
    told = sample.run("deletion", "request", sample.file(PERSON)["id"], "--dry-run")
    assert told.code == 0 and PERSON in told.out
    assert sample.run("deletion", "request", "nothing", "--dry-run").code == 2
    assert sample.size() == size
    request = sample.agreed("deletion", "request", sample.aip)
    size = sample.size()
    told = sample.run("carry-out", request, "--dry-run")
    assert told.code == 0 and sample.aip in told.out
    assert sample.run("approve", request, "--key", "anna", "--dry-run").code == 2
    assert sample.run("approvals", "withdraw", request, "--reason", "r", "--dry-run").code == 0
    assert sample.size() == size
    assert sample.packages("aip")


def test_catalogue_and_log_tell_the_same_of_requests(sample: Sample) -> None:
    from archive.holdings.approvals import docket_from_log, docket_now

    sample.agreed("deletion", "request", sample.aip)
    with assembly.reading(sample.home) as archive:
        assert docket_now(archive.holdings) == docket_from_log(archive.holdings)


def test_a_catalogue_that_was_tampered_with_allows_nothing(sample: Sample) -> None:
    """Somebody hides the withdrawal of a request from the catalogue: the log, which is read before an act, has it."""
    import sqlite3

    request = sample.agreed("deletion", "request", sample.aip)
    sample.done("approvals", "withdraw", request, "--reason", "no")
    with sqlite3.connect(sample.home / "catalogue.sqlite") as database:
        database.execute("DELETE FROM paper WHERE kind = 'request-withdrawn'")
    (shown,) = sample.done("approvals", "list")["requests"]
    assert shown["state"] == "ready", "the catalogue is only an index"
    assert "was withdrawn" in sample.run("carry-out", request).err
    assert sample.packages("aip")


@pytest.fixture
def laptop(sample: Sample, tmp_path: Path) -> Path:
    """Another machine, which has the secret of boris; the archive's machine has not."""
    folder = tmp_path / "laptop"
    folder.mkdir()
    shutil.move(sample.home / "keys/boris.pem", folder / "boris.pem")
    return folder


def openssl(*words: object) -> None:
    tool = shutil.which("openssl")
    if tool is None:
        pytest.skip("openssl is missing: apt-get install openssl")
    done = subprocess.run([tool, *map(str, words)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_key_on_another_machine_approves_with_openssl_alone(sample: Sample, laptop: Path) -> None:
    request = sample.request("deletion", "request", sample.aip)
    missing = sample.run("approve", request, "--key", "boris")
    assert (missing.code, "--to-sign" in missing.err) == (2, True)
    to_sign = laptop / "approval.txt"
    told = sample.run("approvals", "show", request, "--to-sign", to_sign, "--key", "boris")
    assert "openssl pkeyutl -sign -rawin -inkey boris.pem -in approval.txt -out approval.txt.sig" in told.out
    statement = json.loads(to_sign.read_bytes())
    assert (statement["request"], statement["approved_by"]) == (request, "boris")
    signature = laptop / "approval.txt.sig"
    openssl("pkeyutl", "-sign", "-rawin", "-inkey", laptop / "boris.pem", "-in", to_sign, "-out", signature)
    sample.done("approve", request, "--key", "boris", "--signature", signature)
    sample.done("carry-out", request)
    assert sample.packages("aip") == []


def test_what_is_to_be_signed_names_the_exact_list_that_lies_beside_it(sample: Sample, laptop: Path) -> None:
    request = sample.request("deletion", "request", sample.file(PERSON)["id"])
    sample.run("approvals", "show", request, "--to-sign", laptop / "a.txt", "--key", "boris")
    listed = (laptop / "a.txt.list").read_bytes()
    import hashlib

    assert hashlib.sha256(listed).hexdigest() == json.loads((laptop / "a.txt").read_bytes())["subjects_sha256"]
    assert json.loads(listed)[0]["files"] == [sample.file(PERSON)["id"]]
    assert PERSON.encode() not in listed, "what travels to another machine names nobody"


def test_our_own_program_signs_on_the_other_machine_too(sample: Sample, laptop: Path) -> None:
    from approvals_support import command

    request = sample.request("deletion", "request", sample.aip)
    to_sign = laptop / "approval.txt"
    sample.run("approvals", "show", request, "--to-sign", to_sign, "--key", "boris")
    signed = command("key", "sign", to_sign, "--key", "boris", "--secret", laptop)
    assert signed.code == 0
    assert command("key", "sign", to_sign, "--key", "boris", "--secret", laptop).code == 2, "nothing is overwritten"
    import base64

    spelled = laptop / "spelled.sig"
    spelled.write_bytes(base64.b64encode((laptop / "approval.txt.sig").read_bytes()) + b"\n")
    sample.done("approve", request, "--key", "boris", "--signature", spelled)


def test_a_signature_over_anything_else_is_refused(sample: Sample, laptop: Path) -> None:
    request = sample.request("deletion", "request", sample.aip)
    to_sign = laptop / "approval.txt"
    sample.run("approvals", "show", request, "--to-sign", to_sign, "--key", "boris")
    (laptop / "other.txt").write_bytes(to_sign.read_bytes().rstrip(b"\n"))
    size = sample.size()
    for name, data in (("other.txt.sig", None), ("short.sig", b"x" * 63), ("empty.sig", b""), ("zero.sig", bytes(64))):
        path = laptop / name
        if data is None:
            openssl(
                "pkeyutl", "-sign", "-rawin", "-inkey", laptop / "boris.pem", "-in", laptop / "other.txt", "-out", path
            )
        else:
            path.write_bytes(data)
        ran = sample.run("approve", request, "--key", "boris", "--signature", path)
        assert ran.code == 2, name
    assert sample.run("approve", request, "--key", "boris", "--signature", laptop / "nothing").code == 2
    assert sample.size() == size


def test_a_request_too_can_be_signed_on_another_machine(sample: Sample, laptop: Path) -> None:
    to_sign = laptop / "request.txt"
    size = sample.size()
    words = ("deletion", "request", sample.aip, "--reason", "r", "--key", "boris", "--to-sign", to_sign)
    written = sample.done(*words, actor="boris")
    assert written["state"] == "unsigned"
    assert sample.size() == size, "nothing was recorded"
    assert sample.run(*words, actor="boris").code == 2, "nothing is overwritten"
    signature = laptop / "request.txt.sig"
    openssl("pkeyutl", "-sign", "-rawin", "-inkey", laptop / "boris.pem", "-in", to_sign, "-out", signature)
    submit = ("approvals", "submit", to_sign, "--signature", signature)
    listed = laptop / "request.txt.list"
    right = listed.read_bytes()
    listed.write_bytes(right.replace(b'"files":[', b'"files":["x",'))
    assert sample.run(*submit).code == 2, "the list is not the one that was signed"
    listed.write_bytes(right)
    filed = sample.done(*submit)
    assert filed["request"] == written["request"]
    assert sample.run(*submit).code == 2, "filed once"
    sample.approve(filed["request"], "anna")
    sample.done("carry-out", filed["request"])
    (record,) = sample.records("request")
    assert isinstance(record, RequestRecord) and record.requested_by == "boris"


def test_check_finds_every_act_allowed_and_one_that_was_not(sample: Sample) -> None:
    from archive.model.records import KeyRetiredRecord

    sample.delete(sample.file(PERSON)["id"])
    assert sample.done("approvals", "check")["allowed"]
    with assembly.changing(sample.home, doing="an insider", actor="anna") as archive:
        archive.holdings.record([KeyRetiredRecord(**archive.holdings.stamp(), name="boris")])
    told = sample.done("approvals", "check", code=ExitCode.DAMAGE)
    assert not told["allowed"]
    assert told["findings"][0]["code"] == "act-not-allowed"
