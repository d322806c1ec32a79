"""Agents and keys: the first two persons freely, everything later by two."""

from __future__ import annotations

import base64
import shutil
import stat
import subprocess
from pathlib import Path

import pytest
from approvals_support import Sample, command

from archive import durable
from archive.custody.keys import create_key, parse_public, verifier_key
from archive.errors import ExitCode


@pytest.fixture
def fresh(tmp_path: Path) -> Sample:
    """An archive in which nobody has a key of their own yet."""
    sample = Sample(tmp_path / "fresh")
    sample.root.mkdir()
    assert command("init", sample.home, f"--location=second={sample.root / 'second'}").code == 0
    sample.set("delay_hours", 0)
    return sample


def names(sample: Sample, role: str = "approver") -> list[str]:
    return [key["name"] for key in sample.done("key", "list", actor=None)["keys"] if key["role"] == role]


def test_codes_are_registered_once_and_are_no_names(fresh: Sample) -> None:
    for code in ("Anna Ivanova", "анна", "", "-x", "unnamed", "a" * 41, "../x"):
        assert fresh.run("agent", "add", "--role", "approver", "--", code, actor=None).code == 2, code
    fresh.done("agent", "add", "anna", "--role", "approver", actor=None)
    assert fresh.run("agent", "add", "anna", "--role", "archivist", actor=None).code == 2
    assert fresh.done("agent", "list", actor=None)["agents"] == [{"code": "anna", "role": "approver"}]


def test_once_agents_are_registered_a_code_mistyped_is_refused_and_none_is_still_none(fresh: Sample) -> None:
    assert fresh.run("audit", actor="anybody").code == 0
    fresh.done("agent", "add", "anna", "--role", "approver", actor=None)
    refused = fresh.run("audit", actor="amna")
    assert (refused.code, "known agents: anna" in refused.err) == (2, True)
    assert fresh.run("audit", actor="anna").code == 0
    assert fresh.run("audit", actor=None).code == 0


def test_an_approvers_key_belongs_to_a_registered_person(fresh: Sample) -> None:
    refused = fresh.run("key", "new", "anna", "--role", "approver", actor=None)
    assert (refused.code, "archive agent add anna" in refused.err) == (2, True)
    assert not (fresh.home / "keys/anna.pem").exists(), "no secret is made for nothing"


def bootstrap(sample: Sample) -> None:
    for name in ("anna", "boris"):
        sample.done("agent", "add", name, "--role", "approver", actor=None)
        sample.done("key", "new", name, "--role", "approver", actor=name)


def test_the_first_two_persons_get_their_keys_freely_and_then_dual_control_is_in_force(fresh: Sample) -> None:
    assert not fresh.done("status", actor=None)["dual_control"]
    bootstrap(fresh)
    assert fresh.done("status", actor=None)["dual_control"]
    assert names(fresh) == ["anna", "boris"]
    mode = stat.S_IMODE((fresh.home / "keys/anna.pem").stat().st_mode)
    assert mode == 0o600
    fresh.done("agent", "add", "clara", "--role", "approver", actor="anna")
    refused = fresh.run("key", "new", "clara", "--role", "approver", actor="clara")
    assert (refused.code, "with which key the request is signed" in refused.err) == (2, True)
    assert not (fresh.home / "keys/clara.pem").exists()
    words = ("key", "new", "clara", "--role", "approver", "--reason", "a third person", "--key", "anna")
    request = fresh.done(*words, actor="anna")["request"]
    assert names(fresh) == ["anna", "boris"]
    fresh.approve(request)
    fresh.done("carry-out", request)
    assert names(fresh) == ["anna", "boris", "clara"]
    assert fresh.done("approvals", "check")["allowed"]


def test_two_keys_of_one_person_are_no_dual_control(fresh: Sample) -> None:
    fresh.done("agent", "add", "anna", "--role", "approver", actor=None)
    fresh.done("key", "new", "anna", "--role", "approver", actor="anna")
    fresh.done("key", "new", "anna2", "--role", "approver", "--holder", "anna", actor="anna")
    assert not fresh.done("key", "list")["dual_control"]


def test_the_same_secret_under_two_names_is_refused(fresh: Sample) -> None:
    bootstrap_one = fresh.done("agent", "add", "anna", "--role", "approver", actor=None)
    assert bootstrap_one["code"] == "anna"
    made = fresh.done("key", "new", "anna", "--role", "approver", actor="anna")
    fresh.done("agent", "add", "boris", "--role", "approver", actor="anna")
    refused = fresh.run("key", "new", "boris", "--role", "approver", "--public", made["public"], actor="boris")
    assert (refused.code, "is the key 'anna'" in refused.err) == (2, True)
    again = fresh.run("key", "new", "anna", "--role", "approver", actor="anna")
    assert (again.code, "there is, or was, a key 'anna'" in again.err) == (2, True)


def test_a_key_made_elsewhere_is_taken_by_its_public_half_alone(fresh: Sample, tmp_path: Path) -> None:
    tool = shutil.which("openssl")
    if tool is None:
        pytest.skip("openssl is missing: apt-get install openssl")
    secret, public = tmp_path / "boris.pem", tmp_path / "boris.pub.pem"
    subprocess.run([tool, "genpkey", "-algorithm", "ed25519", "-out", secret], check=True, capture_output=True)
    subprocess.run([tool, "pkey", "-in", secret, "-pubout", "-out", public], check=True, capture_output=True)
    fresh.done("agent", "add", "boris", "--role", "approver", actor=None)
    told = fresh.done("key", "new", "boris", "--role", "approver", "--public", public, actor="boris")
    assert told["secret"] is None
    assert sorted(path.name for path in (fresh.home / "keys").glob("boris*")) == []
    secret_given = fresh.run("key", "new", "b2", "--role", "log", "--public", secret, actor="boris")
    assert (secret_given.code, "this is a secret" in secret_given.err) == (2, True)
    text = verifier_key("evidence-archive/elsewhere", create_key(tmp_path, "c").public)
    assert fresh.done("key", "new", "c", "--role", "log", "--public", text, actor="boris")["secret"] is None


@pytest.mark.parametrize(
    "text", ["", "nonsense", "a+b+c", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"]
)
def test_what_is_no_public_key_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_public(text)


def test_a_secret_may_be_made_in_any_folder(fresh: Sample, tmp_path: Path) -> None:
    fresh.done("agent", "add", "anna", "--role", "approver", actor=None)
    (tmp_path / "usb").mkdir()
    fresh.done("key", "new", "anna", "--role", "approver", "--secret", tmp_path / "usb", actor="anna")
    assert (tmp_path / "usb/anna.pem").is_file()
    assert not (fresh.home / "keys/anna.pem").exists()
    refused = fresh.run("key", "new", "x", "--role", "log", "--secret", tmp_path / "nowhere", actor="anna")
    assert refused.code == ExitCode.FAILED


class Cut(BaseException):
    """The power is gone."""


def test_a_kill_between_secret_and_record_heals_with_the_same_command(
    fresh: Sample, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh.done("agent", "add", "anna", "--role", "approver", actor=None)
    words = ("key", "new", "anna", "--role", "approver")
    made: list[bytes] = []
    for at in range(12):
        calls = iter(range(1_000))

        def cut(_what: str, calls=calls, at=at) -> None:
            if next(calls) == at:
                raise Cut

        with monkeypatch.context() as patch:
            patch.setattr(durable, "promise", cut)
            try:
                code = fresh.run(*words, actor="anna").code
            except Cut:
                code = None
        secret = fresh.home / "keys/anna.pem"
        made += [secret.read_bytes()] if secret.exists() else []
        if code is not None or "anna" in names(fresh):
            break
    if "anna" not in names(fresh):
        fresh.done(*words, actor="anna")
    assert len(set(made)) == 1, "the secret that was made is the one that counts"
    (known,) = [key for key in fresh.done("key", "list")["keys"] if key["name"] == "anna"]
    from archive.custody.keys import load_key

    assert base64.b64encode(load_key(fresh.home / "keys", "anna").public).decode() == known["public_key"]


def test_retiring_a_key_takes_two_persons_and_leaves_two(sample: Sample) -> None:
    refused = sample.run("key", "retire", "boris", "--reason", "r", "--key", "anna")
    assert (refused.code, "two are needed" in refused.err) == (ExitCode.FAILED, True)
    added = sample.request("key", "new", "clara", "--role", "approver", reason="a third")
    sample.approve(added)
    sample.done("carry-out", added)
    pending = sample.request("deletion", "request", sample.aip, key="boris")
    retired = sample.request("key", "retire", "boris", reason="boris has left")
    sample.approve(retired, "clara")
    sample.done("carry-out", retired)
    rows = {key["name"]: key["retired_at"] for key in sample.done("key", "list")["keys"]}
    assert rows["boris"] is not None and rows["anna"] is None
    assert "retired" in sample.run("approve", pending, "--key", "clara").err, "what he asked for is void"
    (shown,) = [r for r in sample.done("approvals", "list")["requests"] if r["request"] == pending]
    assert shown["state"] == "void"
    assert sample.run("deletion", "request", sample.aip, "--reason", "r", "--key", "boris").code == 2
    assert sample.run("key", "retire", "boris", "--reason", "r", "--key", "anna").code == 2
    assert sample.run("key", "retire", "nobody", "--reason", "r", "--key", "anna").code == 2
    assert sample.done("approvals", "check")["allowed"]


def test_a_person_may_ask_for_their_own_key_to_be_retired(sample: Sample) -> None:
    added = sample.request("key", "new", "clara", "--role", "approver", reason="a third")
    sample.approve(added)
    sample.done("carry-out", added)
    retired = sample.request("key", "retire", "anna", reason="my laptop was taken")
    sample.approve(retired)
    sample.done("carry-out", retired, actor="boris")
    assert sample.done("approvals", "check")["allowed"]


def test_a_second_key_of_the_log_takes_two_persons_and_signs(sample: Sample) -> None:
    refused = sample.run("key", "new", "log-2", "--role", "log")
    assert refused.code == 2
    words = ("key", "new", "log-2", "--role", "log", "--reason", "yearly change", "--key", "anna")
    request = sample.done(*words)["request"]
    sample.approve(request)
    sample.done("carry-out", request)
    assert names(sample, "log") == ["log-1", "log-2"]
    retired = sample.request("key", "retire", "log-1", reason="yearly change")
    sample.approve(retired)
    sample.done("carry-out", retired)
    sample.done("custody", "checkpoint")
    assert sample.run("custody", "verify").code == 0


def test_a_secret_that_is_not_the_keys_own_signs_nothing(sample: Sample, tmp_path: Path) -> None:
    create_key(tmp_path, "boris")
    request = sample.request("deletion", "request", sample.aip)
    refused = sample.run("approve", request, "--key", "boris", "--secret", tmp_path)
    assert (refused.code, "does not belong to the key" in refused.err) == (2, True)
    (sample.home / "keys/boris.pem").chmod(0o644)
    readable = sample.run("approve", request, "--key", "boris")
    assert (readable.code, "by others than its owner" in readable.err) == (ExitCode.DAMAGE, True)
