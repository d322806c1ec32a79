"""archive custody show, checkpoint, prove and sign, as a person and a program give them."""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from audit_support import LOCATIONS, Sample, archive, everything, flip

from archive.codec.record_codec import read_record
from archive.custody.checkpoint import Verifier, open_note, parse_note, parse_text, sign_checkpoint
from archive.custody.keys import create_key, load_key, parse_verifier_key
from archive.custody.paper import read_witness
from archive.custody.private import objects_of, of_record
from archive.custody.proof_files import InclusionProof, parse_proof, verify_proof


def keys(sample: Sample) -> list[Verifier]:
    told = sample.run("custody", "show", "--json").json
    return [parse_verifier_key(key["verifier_key"]) for key in told["keys"]]


def record_in(sample: Sample, proof: dict[str, Any]) -> object:
    """The record that a stranger reads in a proof, with the public key alone."""
    parsed = parse_proof(json.dumps(proof).encode())
    spelled = verify_proof(parsed, keys(sample))
    if spelled is None or not isinstance(parsed, InclusionProof):
        return None
    return read_record(spelled, objects_of(spelled, (of_record(parsed.n, line) for line in parsed.private)))


def file_named(sample: Sample, name: str) -> str:
    (found,) = sample.run("find", name, "--json").json["files"]
    return str(found["id"])


# Checkpoints


def test_closing_an_accession_signs_the_log_and_brings_the_note_everywhere(sample: Sample) -> None:
    told = sample.run("custody", "show", "--json").json
    assert told["checkpoints"] == 1
    assert told["newest"]["size"] == told["size"]
    (note,) = (sample.home / "custody/checkpoints").glob("*.note")
    assert note.name == f"{told['size']:020d}.note"
    opened = open_note(note.read_bytes(), keys(sample))
    assert (opened.checkpoint.origin, opened.checkpoint.root.hex()) == (told["origin"], told["root"])
    for name in LOCATIONS:
        place = sample.location(name) / "custody/checkpoints"
        assert (place / note.name).read_bytes() == note.read_bytes()
        assert (place / "keys.txt").read_text().split() == [key["verifier_key"] for key in told["keys"]]


def test_a_checkpoint_is_made_where_something_was_recorded_and_only_there(sample: Sample) -> None:
    first = sample.run("custody", "checkpoint", "--json").json
    assert sample.run("custody", "checkpoint", "--json").json == first
    assert sample.run("handover", "plan", "--recipient", "OHCHR").code == 0
    second = sample.run("custody", "checkpoint", "--json").json
    assert second["size"] == first["size"] + 1
    assert second["root"] != first["root"]
    assert len(list((sample.location("third") / "custody/checkpoints").glob("*.note"))) == 2
    assert read_witness(second["short"].encode()).root.hex() == second["root"]


def test_what_is_printed_for_a_person_is_the_note_and_how_to_keep_it(sample: Sample) -> None:
    ran = sample.run("custody", "checkpoint")
    (note,) = (sample.home / "custody/checkpoints").glob("*.note")
    assert ran.out.encode() == note.read_bytes()
    assert "archive custody verify --since FILE" in ran.err
    assert read_witness(ran.out.encode() + ran.err.encode()) == read_witness(note.read_bytes())


def test_ingest_and_status_print_the_checkpoint(sample: Sample, tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "more/page.txt").write_text("page")
    ran = sample.run("ingest", tmp_path / "more", "--producer", "viasna")
    told = sample.run("custody", "checkpoint", "--json").json
    assert "  " + told["short"].split("\n")[1] in ran.out
    assert "Keep it outside" in ran.out
    again = sample.run("ingest", tmp_path / "more", "--producer", "viasna", "--json").json
    assert again["checkpoint"] == {"size": told["size"], "root": told["root"], "time": told["time"]}
    status = sample.run("status", "--json").json
    assert (status["checkpoint"], status["log_records"]) == (again["checkpoint"], told["size"])
    assert f"checkpoint: {told['size']} {told['root']}" in sample.run("status").out


def test_a_dry_run_signs_nothing(sample: Sample) -> None:
    assert sample.run("handover", "plan", "--recipient", "OHCHR").code == 0
    before = everything(sample.root)
    ran = sample.run("custody", "checkpoint", "--dry-run")
    assert "would sign" in ran.out
    assert everything(sample.root) == before


def test_without_the_secret_nothing_is_signed_and_the_deed_is_done_all_the_same(sample: Sample, tmp_path: Path) -> None:
    (sample.home / "keys/log-1.pem").rename(tmp_path / "log-1.pem")
    (tmp_path / "more").mkdir()
    (tmp_path / "more/page.txt").write_text("page")
    ran = sample.run("ingest", tmp_path / "more", "--producer", "viasna", "--json")
    assert ran.code == 3
    assert ran.json["state"] == "closed"
    assert "no checkpoint was made" in ran.err
    assert "archive key new" in ran.err
    assert sample.run("custody", "checkpoint").code == 1
    (tmp_path / "log-1.pem").rename(sample.home / "keys/log-1.pem")
    assert sample.run("replicate").code == 0, "the next command that changes something makes it up"
    told = sample.run("custody", "show", "--json").json
    assert (told["checkpoints"], told["newest"]["size"]) == (2, told["size"])


def test_a_log_that_does_not_go_on_from_what_was_signed_is_an_alarm(sample: Sample) -> None:
    flip(sorted((sample.home / "custody/leaves").glob("*"))[0], at=20)
    assert sample.run("handover", "plan", "--recipient", "OHCHR").code == 20
    (note,) = (sample.home / "custody/checkpoints").glob("*.note")
    before = everything(sample.root)
    ran = sample.run("custody", "checkpoint")
    assert ran.code == 20
    assert "do not lead to the root" in ran.err or "rewritten" in ran.err
    after = everything(sample.root)
    assert {name for name in before if before[name] != after.get(name)} == set()
    assert note.exists()


def test_another_checkpoint_at_a_location_ends_every_changing_command_with_20(sample: Sample) -> None:
    (path,) = (sample.location("second") / "custody/checkpoints").glob("*.note")
    path.write_bytes(path.read_bytes().replace(b"time 2", b"time 1"))
    before = path.read_bytes()
    ran = sample.run("audit")
    assert ran.code == 20
    assert "two histories" in ran.err
    assert path.read_bytes() == before


# A signer of its own


def configured(sample: Sample, command: list[str]) -> None:
    path = sample.home / "archive.toml"
    text = path.read_text()
    assert "signer = []" in text
    path.write_text(text.replace("signer = []", f"signer = {json.dumps(command)}"))


def test_a_signer_in_its_own_process_signs_with_the_key_that_moved_there(sample: Sample, tmp_path: Path) -> None:
    for name in ("log-1.pem", "log-1.signed.note"):
        (sample.home / "keys" / name).rename(tmp_path / name)
    configured(sample, [sys.executable, "-m", "archive", "custody", "sign", "--key", str(tmp_path / "log-1.pem")])
    assert sample.run("handover", "plan", "--recipient", "OHCHR").code == 0
    told = sample.run("custody", "checkpoint", "--json").json
    assert open_note(told["note"].encode(), keys(sample)).checkpoint.size == told["size"]
    assert (tmp_path / "log-1.signed.note").read_text() == told["note"]
    assert not (sample.home / "keys/log-1.signed.note").exists()
    assert sample.run("custody", "verify").code == 0


def test_a_signer_with_another_key_is_not_believed(sample: Sample, tmp_path: Path) -> None:
    create_key(tmp_path, "log-1")
    configured(sample, [sys.executable, "-m", "archive", "custody", "sign", "--key", str(tmp_path / "log-1.pem")])
    assert sample.run("handover", "plan", "--recipient", "OHCHR").code == 0
    ran = sample.run("custody", "checkpoint")
    assert ran.code == 20
    assert "no key that is known" in ran.err
    assert sample.run("custody", "show", "--json").json["checkpoints"] == 1


def test_a_signer_that_saw_more_than_the_log_holds_stops_a_restored_archive(sample: Sample, tmp_path: Path) -> None:
    """The machine was put back from an old backup; its signer, elsewhere, remembers what was."""
    shutil.copytree(sample.home, tmp_path / "backup", symlinks=True)
    for name in ("log-1.pem", "log-1.signed.note"):
        (sample.home / "keys" / name).rename(tmp_path / name)
    signer = [sys.executable, "-m", "archive", "custody", "sign", "--key", str(tmp_path / "log-1.pem")]
    configured(sample, signer)
    assert sample.run("handover", "plan", "--recipient", "OHCHR").code == 0
    assert sample.run("custody", "checkpoint").code == 0
    shutil.rmtree(sample.home)
    shutil.copytree(tmp_path / "backup", sample.home, symlinks=True)
    configured(sample, signer)
    for name in ("second", "third"):
        sample.location(name).rename(tmp_path / name)  # so that no copy of the log tells
    assert sample.run("handover", "plan", "--recipient", "somebody else").code == 0
    ran = sample.run("custody", "checkpoint")
    assert ran.code == 20
    assert "rewritten" in ran.err


def test_a_signer_that_cannot_be_run_is_told_and_nothing_is_lost(sample: Sample) -> None:
    configured(sample, ["/nonexistent/signer"])
    assert sample.run("handover", "plan", "--recipient", "OHCHR").code == 0
    ran = sample.run("custody", "checkpoint")
    assert ran.code == 1
    assert "[custody] signer" in ran.err


def test_a_key_that_took_over_goes_on_and_the_old_one_signs_no_more(sample: Sample, tmp_path: Path) -> None:
    before = sample.run("custody", "checkpoint", "--json").json
    assert sample.run("key", "new", "log-2", "--role", "log").code == 0
    assert sample.run("key", "retire", "log-1", "--reason", "the machine is given away").code == 0
    told = sample.run("custody", "checkpoint", "--json").json
    one, two = keys(sample)
    assert open_note(told["note"].encode(), [two]).checkpoint.size == told["size"]
    assert open_note(before["note"].encode(), [one]).checkpoint.size == before["size"]
    assert sample.run("custody", "verify", "--since", f"{before['size']} {before['root']}").code == 0
    for name in LOCATIONS:
        assert len((sample.location(name) / "custody/checkpoints/keys.txt").read_text().split()) == 2
    (proof,) = sample.run("custody", "prove", "#0", "--at", before["size"], "--json").json["proofs"]
    record_in(sample, proof)
    (onward,) = sample.run("custody", "prove", "--consistency", before["size"], "--json").json["proofs"]
    verify_proof(parse_proof(json.dumps(onward).encode()), [one, two])

    late = sign_checkpoint(parse_text(parse_note(told["note"].encode()).text), load_key(sample.home / "keys", "log-1"))
    for place in (sample.home, *(sample.location(name) for name in LOCATIONS)):
        (place / f"custody/checkpoints/{told['size']:020d}.note").write_bytes(late.octets)
    ran = sample.run("custody", "verify")
    assert ran.code == 20
    assert "checkpoint-retired-key" in ran.out


# Proofs


def test_a_file_is_proven_to_a_stranger(sample: Sample) -> None:
    identifier = file_named(sample, "photo-3")
    ran = sample.run("custody", "prove", identifier)
    (proof,) = map(json.loads, ran.out.splitlines())
    record = record_in(sample, proof)
    assert (record.kind, record.file, record.name) == ("receipt", identifier, b"photo-3.txt")  # type: ignore[attr-defined]


def test_a_withheld_record_is_proven_without_being_told(sample: Sample) -> None:
    identifier = file_named(sample, "photo-3")
    ran = sample.run("custody", "prove", identifier, "--withhold")
    proof = json.loads(ran.out)
    assert proof["opening"] is None
    assert record_in(sample, proof) is None
    assert identifier not in ran.out
    assert "receipt" not in ran.out


@pytest.mark.parametrize("what", ["package", "accession", "producer", "location", "key", "record"])
def test_anything_that_has_a_name_in_the_log_is_proven(sample: Sample, what: str) -> None:
    identifier = {
        "package": sample.aip,
        "accession": sample.packages()[0]["accession"],
        "producer": "viasna",
        "location": "second",
        "key": "log-1",
        "record": "#0",
    }[what]
    (proof,) = sample.run("custody", "prove", identifier, "--json").json["proofs"]
    record = record_in(sample, proof)
    kinds = {"package": "seal", "accession": "accession-closed", "record": "program"}
    assert record.kind == kinds.get(what, what)  # type: ignore[attr-defined]


def test_an_incident_and_everything_that_names_a_package_is_proven(sample: Sample) -> None:
    flip(sample.bag("second") / "bag-info.txt")
    assert sample.run("audit").code == 20
    (incident,) = sample.open_incidents()
    assert sample.run("custody", "prove", incident["id"]).code == 2, "it is newer than the newest checkpoint"
    assert sample.run("custody", "checkpoint").code == 0
    (proof,) = sample.run("custody", "prove", incident["id"], "--json").json["proofs"]
    assert record_in(sample, proof).kind == "incident"  # type: ignore[attr-defined]
    proofs = sample.run("custody", "prove", sample.aip, "--all", "--json").json["proofs"]
    kinds = [record_in(sample, each).kind for each in proofs]  # type: ignore[attr-defined]
    assert {"receipt", "seal", "replication", "audit", "damage", "repair", "incident"} <= set(kinds)
    assert [each["n"] for each in proofs] == sorted(each["n"] for each in proofs)
    campaign = next(r.campaign for r in sample.records("audit"))  # type: ignore[attr-defined]
    assert len(sample.run("custody", "prove", campaign, "--json").json["proofs"]) == 6, "no row has it: the log is read"


def test_a_proof_by_an_earlier_checkpoint_that_somebody_holds(sample: Sample) -> None:
    first = sample.run("custody", "show", "--json").json["size"]
    assert sample.run("handover", "plan", "--recipient", "OHCHR").code == 0
    second = sample.run("custody", "checkpoint", "--json").json["size"]
    identifier = file_named(sample, "photo-3")
    (early,) = sample.run("custody", "prove", identifier, "--at", first, "--json").json["proofs"]
    (late,) = sample.run("custody", "prove", identifier, "--json").json["proofs"]
    assert (early["size"], late["size"]) == (first, second)
    record_in(sample, early)
    (onward,) = sample.run("custody", "prove", "--consistency", first, "--json").json["proofs"]
    assert (onward["first"], onward["second"]) == (first, second)
    assert sample.run("custody", "prove", "--consistency", first, second, "--json").json["proofs"] == [onward]
    assert verify_proof(parse_proof(json.dumps(onward).encode()), keys(sample)) is None


def test_proofs_are_written_and_never_over_anything(sample: Sample, tmp_path: Path) -> None:
    out = tmp_path / "proof.json"
    identifier = file_named(sample, "photo-3")
    ran = sample.run("custody", "prove", identifier, "--out", out)
    assert ran.code == 0
    assert str(out) in ran.out
    verify_proof(parse_proof(out.read_bytes()), keys(sample))
    before = out.read_bytes()
    assert sample.run("custody", "prove", identifier, "--withhold", "--out", out).code == 2
    assert out.read_bytes() == before
    several = sample.run("custody", "prove", "viasna", "--all", "--out", tmp_path / "several.json", "--json").json
    assert [Path(path).name for path in several["files"]] == ["several-1.json", "several-2.json"]
    for path in several["files"]:
        verify_proof(parse_proof(Path(path).read_bytes()), keys(sample))


def test_proving_changes_nothing(sample: Sample) -> None:
    before = everything(sample.root)
    assert sample.run("custody", "prove", sample.aip, "--all").code == 0
    assert everything(sample.root) == before


@pytest.mark.parametrize(
    ("words", "word"),
    [
        (("nothing-has-this-name",), "no record of the custody log names"),
        (("#99999",), "there is no record #99999"),
        (("#x",), "there is no record #x"),
        (("#-1",), "there is no record"),
        (("--consistency", "12345678"), "there is no checkpoint of 12345678 records|are more than"),
        (("--consistency", "one"), "not a number of records"),
        (("--consistency", "1", "2", "3"), "one size or two"),
        (("--consistency", "1", "--withhold"), "one size or two"),
        (("#0", "--at", "3"), "there is no checkpoint of 3 records"),
        ((), "Missing argument"),
    ],
)
def test_what_cannot_be_proven_is_refused_with_a_word(sample: Sample, words: tuple[str, ...], word: str) -> None:
    ran = sample.run("custody", "prove", *words)
    assert ran.code == 2
    assert re.search(word, ran.err)


def test_a_log_that_was_altered_is_not_proven(sample: Sample) -> None:
    flip(sorted((sample.home / "custody/leaves").glob("*"))[0], at=20)
    ran = sample.run("custody", "prove", file_named(sample, "photo-3"))
    assert ran.code == 20
    assert ran.out == ""


def test_without_a_checkpoint_there_is_nothing_to_prove_by(tmp_path: Path) -> None:
    home = tmp_path / "new"
    assert archive("init", home).code == 0
    ran = archive("--archive", home, "custody", "prove", "#0")
    assert ran.code == 1
    assert "archive custody checkpoint" in ran.err


# A new archive, and one made anew


def test_a_new_archive_says_its_key_and_keeps_its_secret_to_itself(tmp_path: Path) -> None:
    told = archive("init", tmp_path / "new", "--json").json
    origin, public = parse_verifier_key(told["key"])
    assert origin == f"evidence-archive/{told['id']}"
    assert len(public) == 32
    secret = tmp_path / "new/keys/log-1.pem"
    assert secret.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "new/custody/checkpoints/keys.txt").read_text() == told["key"] + "\n"
    assert archive("--archive", tmp_path / "new", "custody", "show").code == 0
    (first, *_) = archive("--archive", tmp_path / "new", "custody", "checkpoint").out.splitlines()
    assert first == origin


def test_an_archive_made_anew_has_the_checkpoints_and_says_that_it_has_no_secret(
    sample: Sample, tmp_path: Path
) -> None:
    before = sample.run("custody", "show", "--json").json
    new = tmp_path / "new"
    ran = archive("--archive", new, "catalogue", "rebuild", "--from", sample.location("third"))
    assert ran.code == 0
    assert "1 checkpoint of the log" in ran.out
    assert "archive key new" in ran.out
    after = archive("--archive", new, "custody", "show", "--json").json
    assert after == before
    checks = archive("--archive", new, "custody", "verify", "--json").json["checks"]
    found = {check["check"]: check["findings"] for check in checks}
    assert found["records"] == found["checkpoints"] == found["catalogue"] == found["files"] == []
    assert list((new / "keys").iterdir()) == []


def test_a_location_whose_log_was_cut_is_known_by_its_own_checkpoint(sample: Sample, tmp_path: Path) -> None:
    """The end of a copy can be taken away without a gap; the checkpoint beside it remembers."""
    third = sample.location("third")
    for part in ("leaves", "openings"):
        sorted((third / "custody" / part).glob("*.jsonl"))[-1].unlink()
    ran = archive("--archive", tmp_path / "new", "catalogue", "rebuild", "--from", third, "--json")
    assert ran.code == 20
    assert {finding["code"] for finding in ran.json["findings"]} == {"log-cut"}
