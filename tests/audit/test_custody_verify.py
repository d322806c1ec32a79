"""archive custody verify: every part of the log and what must agree with it, each spoilt once and named."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from audit_support import LOCATIONS, PAYLOAD, Sample, archive, copied, everything, flip, relist, tree

from archive import assembly, durable
from archive.catalogue.digests import row_digest
from archive.custody.keys import create_key, verifier_key


def verified(sample: Sample, *arguments: str) -> tuple[int, dict[str, dict[str, Any]]]:
    """Exit code, and the checks by name."""
    ran = sample.run("custody", "verify", "--json", *arguments)
    assert ran.out, ran.err
    return ran.code, {check["check"]: check for check in ran.json["checks"]}


def codes(check: dict[str, Any]) -> set[str]:
    return {finding["code"] for finding in check["findings"]}


def leaves(folder: Path) -> Path:
    return sorted((folder / "custody/leaves").glob("*.jsonl"))[-1]


def openings(folder: Path) -> Path:
    return sorted((folder / "custody/openings").glob("*.jsonl"))[-1]


def note(folder: Path) -> Path:
    return sorted((folder / "custody/checkpoints").glob("*.note"))[-1]


def test_an_archive_as_it_should_be_is_told_with_counts_and_not_changed(sample: Sample) -> None:
    before = everything(sample.root)
    code, checks = verified(sample)
    assert code == 0
    size = sample.run("custody", "show", "--json").json["size"]
    counted = {name: check["counted"] for name, check in checks.items()}
    assert counted == {
        "records": size,
        "tree": 0,
        "checkpoints": 1,
        "signers": 1,
        **{f"copy {name}": size for name in LOCATIONS},
        "replay": size,
        "time-stamps": 0,
        "secrets": 1,
        "catalogue": rows(sample),
        "accessions": 1,
        "times": size,
        "acts": 2,  # the key and the first settings
        **{f"bags {name}": 2 for name in LOCATIONS},
        "files": 7,
    }
    assert all(check["findings"] == [] for check in checks.values())
    told = sample.run("custody", "verify", "--json").json
    assert sum(told["kinds"].values()) == told["size"] == size
    assert (told["kinds"]["receipt"], told["kinds"]["seal"], told["kinds"]["replication"]) == (7, 2, 6)
    assert everything(sample.root) == before


Spoil = Callable[[Sample], object]


def rows(sample: Sample) -> int:
    with assembly.reading(sample.home) as archive:
        return sum(1 for _ in archive.holdings.catalogue.evidence())


def flip_leaf(sample: Sample) -> None:
    flip(leaves(sample.home), at=20)


def flip_opening(sample: Sample) -> None:
    flip(openings(sample.home), at=openings(sample.home).read_bytes().index(b'"salt":"') + 12)


def drop_last_opening(sample: Sample) -> None:
    path = openings(sample.location("second"))
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))


def forge_head(sample: Sample) -> None:
    from archive.custody.head import decode_head, encode_head
    from archive.custody.merkle import Frontier

    path = sample.home / "custody/head.json"
    frontier = decode_head(path.read_bytes())
    path.write_bytes(encode_head(Frontier(frontier.size, (b"x" * 32, *frontier.hashes[1:]))))


def forge_note(sample: Sample) -> None:
    flip(note(sample.home), at=60)


def rename_note(sample: Sample) -> None:
    note(sample.home).rename(note(sample.home).with_name("00000000000000000003.note"))


def fork_note_at_location(sample: Sample) -> None:
    path = note(sample.location("third"))
    path.write_bytes(path.read_bytes().replace(b"time 2", b"time 1"))


def stranger_note_at_location(sample: Sample) -> None:
    path = note(sample.location("third"))
    shutil.copy(path, path.with_name("00000000000000000005.note"))


def lose_own_note(sample: Sample) -> None:
    note(sample.home).unlink()


def exchange_keys_list(sample: Sample) -> None:
    (sample.home / "custody/checkpoints/keys.txt").write_bytes(b"evidence-archive/x+00000000+AA==\n")


def forge_memory(sample: Sample) -> None:
    flip(sample.home / "keys/log-1.signed.note", at=60)


def alter_copy(sample: Sample) -> None:
    """Leaf and opening of the copy made to fit each other, as another history has them."""
    from archive.codec.record_codec import read_record
    from archive.custody.leaf import Pair, close_all, committed_record

    folder = sample.location("second")
    one, two = openings(folder), leaves(folder)
    first = int(one.name[:20])
    opened, said = one.read_bytes().splitlines(), two.read_bytes().splitlines()
    spelled = committed_record(first, Pair(said[0], opened[0]))
    (leaf,), (opening,) = close_all(first, [read_record(spelled, {})], [spelled], b"\3" * 32)
    one.write_bytes(b"\n".join([opening, *opened[1:]]) + b"\n")
    two.write_bytes(b"\n".join([leaf, *said[1:]]) + b"\n")


def cut_copy_in_the_middle(sample: Sample) -> None:
    sorted((sample.location("third") / "custody/leaves").glob("*.jsonl"))[0].unlink()


WRONG: list[tuple[Spoil, str, str]] = [
    (flip_leaf, "records", "custody-record"),
    (flip_leaf, "copy store", "copy-differs"),
    (flip_leaf, "checkpoints", "log-rewritten"),
    (flip_leaf, "replay", "log-not-replayed"),
    (flip_opening, "records", "custody-record"),
    (flip_opening, "copy second", "copy-differs"),
    (drop_last_opening, "copy second", "copy-broken"),
    (forge_head, "records", "custody-root"),
    (forge_note, "checkpoints", "checkpoint-bad"),
    (rename_note, "checkpoints", "checkpoint-bad"),
    (rename_note, "copy second", "checkpoint-stranger"),
    (fork_note_at_location, "copy third", "checkpoint-fork"),
    (stranger_note_at_location, "copy third", "checkpoint-stranger"),
    (lose_own_note, "copy store", "checkpoint-stranger"),
    (exchange_keys_list, "checkpoints", "keys-differ"),
    (exchange_keys_list, "copy store", "keys-differ"),
    (forge_memory, "signers", "checkpoint-bad"),
    (alter_copy, "copy second", "copy-differs"),
    (cut_copy_in_the_middle, "copy third", "copy-broken"),
]


@pytest.mark.parametrize(("spoil", "check", "code"), WRONG)
def test_what_is_wrong_with_the_log_is_named(sample: Sample, spoil: Spoil, check: str, code: str) -> None:
    spoil(sample)
    ended, checks = verified(sample)
    assert ended == 20
    assert checks[check]["severity"] == "error"
    assert code in codes(checks[check])


def test_a_log_that_cannot_be_opened_ends_with_20_too(sample: Sample) -> None:
    (sample.home / "custody/head.json").write_bytes(b"{}")
    ran = sample.run("custody", "verify")
    assert ran.code == 20
    assert "head.json" in ran.err


def test_what_was_cut_off_is_known_from_the_checkpoint(sample: Sample) -> None:
    """The log, its head and every copy end earlier; the checkpoint was forgotten."""
    from archive.custody.head import encode_head
    from archive.custody.log import CustodyLog
    from archive.custody.merkle import Frontier, leaf_hash

    log = CustodyLog.open(sample.home / "custody")
    size = log.size - 2
    frontier = Frontier().extend(leaf_hash(pair.leaf) for _, pair, _ in log.entries(0, size))
    for path in (leaves(sample.home), openings(sample.home)):
        path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:size]))
    (sample.home / "custody/head.json").write_bytes(encode_head(frontier))
    code, checks = verified(sample)
    assert code == 20
    assert "log-cut" in codes(checks["checkpoints"])
    assert "log-cut" in codes(checks["copy second"])
    assert "log-cut" in codes(checks["signers"])
    (finding,) = checks["checkpoints"]["findings"]
    assert "records were removed" in finding["message"]


# Behind, offline, derived: a word, and no alarm


def test_a_copy_that_is_behind_gets_a_word(sample: Sample) -> None:
    for path in (leaves(sample.location("third")), openings(sample.location("third")), note(sample.location("third"))):
        path.unlink()
    code, checks = verified(sample)
    assert code == 3
    assert codes(checks["copy third"]) == {"copy-behind", "checkpoint-not-copied"}
    assert checks["copy second"]["findings"] == []
    assert sample.run("audit").code == 0
    assert verified(sample)[0] == 0, "the next command that changes something brings the rest"


def test_a_location_that_is_away_is_not_looked_at_and_said(sample: Sample) -> None:
    sample.location("third").rename(sample.root / "away")
    code, checks = verified(sample)
    assert code == 0
    assert codes(checks["copy third"]) == codes(checks["bags third"]) == {"location-offline"}
    assert checks["copy third"]["counted"] == 0


def test_records_newer_than_the_newest_checkpoint_get_a_word(sample: Sample) -> None:
    assert sample.run("handover", "plan", "--recipient", "OHCHR").code == 0
    code, checks = verified(sample)
    assert code == 0
    assert codes(checks["checkpoints"]) == {"checkpoint-behind"}


def test_a_note_with_a_witness_more_at_one_location_is_no_fork(sample: Sample) -> None:
    from archive.custody.checkpoint import Signature

    path = note(sample.location("second"))
    line = Signature("ngo.example/witness", b"1234", b"signature").line
    path.write_bytes(path.read_bytes() + f"{line}\n".encode())
    assert verified(sample)[0] == 0
    assert sample.run("audit").code == 0


def test_the_archive_may_not_change_while_it_is_checked(sample: Sample) -> None:
    with durable.exclusive(sample.home / "lock", doing="something else"):
        assert sample.run("custody", "verify").code == 11


def test_what_a_killed_check_left_behind_is_cleared_away(sample: Sample) -> None:
    left = sample.home / "staging/.replay-killed"
    left.mkdir()
    (left / "catalogue.sqlite").write_bytes(b"x")
    assert verified(sample)[0] == 0
    assert list((sample.home / "staging").iterdir()) == []


# The catalogue


def execute(sample: Sample, *statements: tuple[str, tuple[object, ...]]) -> None:
    with sqlite3.connect(sample.home / "catalogue.sqlite") as database:
        for statement, values in statements:
            assert database.execute(statement, values).rowcount == 1
    database.close()


def file_row(sample: Sample) -> dict[str, object]:
    with sqlite3.connect(sample.home / "catalogue.sqlite") as database:
        database.row_factory = sqlite3.Row
        row = database.execute("SELECT * FROM file ORDER BY id LIMIT 1").fetchone()
    database.close()
    return dict(row)


def test_a_row_removed_added_or_changed_is_named(sample: Sample) -> None:
    row = file_row(sample)
    execute(sample, ("DELETE FROM file WHERE id = ?", (row["id"],)))
    code, checks = verified(sample)
    assert code == 20
    (finding,) = checks["catalogue"]["findings"]
    assert (finding["code"], finding["subject"]) == ("catalogue-missing", f"file {row['id']}")

    invented = {**row, "id": "00000000-0000-4000-8000-000000000000", "name": b"planted"}
    del invented["row_digest"]
    invented["row_digest"] = row_digest("file", invented)
    columns = ", ".join(invented)
    marks = ", ".join("?" for _ in invented)
    execute(sample, (f"INSERT INTO file ({columns}) VALUES ({marks})", tuple(invented.values())))
    _, checks = verified(sample)
    subjects = {finding["code"]: finding["subject"] for finding in checks["catalogue"]["findings"]}
    assert subjects == {"catalogue-missing": f"file {row['id']}", "catalogue-extra": f"file {invented['id']}"}


def test_a_row_that_says_something_else_is_named_with_its_columns(sample: Sample) -> None:
    row = file_row(sample)
    digest = row.pop("row_digest")
    changed = {**row, "outcome": "rejected"}
    execute(
        sample,
        (
            "UPDATE file SET outcome = ?, row_digest = ? WHERE id = ?",
            ("rejected", row_digest("file", changed), row["id"]),
        ),
    )
    code, checks = verified(sample)
    assert code == 20
    (finding,) = checks["catalogue"]["findings"]
    assert (finding["code"], finding["subject"]) == ("catalogue-differs", f"file {row['id']}")
    assert finding["message"].endswith("outcome, row_digest")
    assert digest


@pytest.mark.parametrize(("applied", "code"), [("leaves + 5", "catalogue-applied"), ("1", "catalogue-extra")])
def test_a_catalogue_that_lies_about_how_far_it_came_is_named(sample: Sample, applied: str, code: str) -> None:
    execute(sample, (f"UPDATE applied SET leaves = {applied}", ()))
    ended, checks = verified(sample)
    assert ended == 20
    assert code in codes(checks["replay"]) | codes(checks.get("catalogue", {"findings": []}))


def test_a_catalogue_that_is_gone_or_garbage_is_an_answer_and_the_rest_is_checked(sample: Sample) -> None:
    for spoil in (lambda path: path.write_bytes(b"garbage" * 1000), lambda path: path.unlink()):
        for path in sample.home.glob("catalogue.sqlite*"):
            spoil(path)
        ended, checks = verified(sample)
        assert ended == 20
        assert codes(checks["replay"]) == {"catalogue-unreadable"}
        assert checks["files"]["counted"] == 7
        assert checks["files"]["findings"] == []


def test_a_catalogue_behind_a_crash_is_caught_up_and_no_alarm(sample: Sample) -> None:
    """The log was acknowledged and the power went before the catalogue followed."""
    before = {path.name: path.read_bytes() for path in sample.home.glob("catalogue.sqlite*")}
    assert sample.run("handover", "plan", "--recipient", "OHCHR").code == 0
    for path in sample.home.glob("catalogue.sqlite*"):
        path.unlink()
    for name, data in before.items():
        (sample.home / name).write_bytes(data)
    assert verified(sample)[0] == 0


# Bags


def test_a_bag_that_is_gone_planted_or_sealed_anew_is_named(sample: Sample) -> None:
    shutil.rmtree(sample.bag("second"))
    planted = sample.location("third") / "00" / "00000000-0000-4000-8000-000000000000"
    shutil.copytree(sample.bag("third"), planted)
    (sample.bag("store") / PAYLOAD / "photo-0.txt").write_bytes(b"another")
    relist(sample.bag("store"), "manifest-sha256.txt", "manifest-blake3.txt", "tagmanifest-sha256.txt")
    code, checks = verified(sample)
    assert code == 20
    assert codes(checks["bags second"]) == {"bag-missing"}
    assert codes(checks["bags third"]) == {"bag-unrecorded"}
    assert codes(checks["bags store"]) == {"bag-differs"}
    assert checks["files"]["findings"] == [], "a list that the log vouches for was to be had"


def test_what_the_log_itself_knows_to_be_bad_is_no_new_alarm(sample: Sample) -> None:
    for name in LOCATIONS:
        shutil.rmtree(sample.bag(name))
    assert sample.run("audit").code == 20
    code, checks = verified(sample)
    assert code == 3
    for name in LOCATIONS:
        (finding,) = checks[f"bags {name}"]["findings"]
        assert "the log knows it as missing" in finding["message"]
    assert codes(checks["files"]) == {"package-unlisted"}


def test_a_bag_of_an_ingest_that_was_killed_waits_for_it(sample: Sample, tmp_path: Path) -> None:
    more = tmp_path / "more"
    more.mkdir()
    (more / "page.txt").write_text("page")

    class Killed(BaseException):
        pass

    seen: list[str] = []

    def die(what: str) -> None:
        seen.append(what)
        if what.startswith("replace head.json") and seen.count("replace head.json") == 2:
            raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(durable, "promise", die)
        with pytest.raises(Killed):
            sample.run("ingest", more, "--producer", "viasna")
    code, checks = verified(sample)
    assert code == 3
    assert codes(checks["bags store"]) == {"bag-unrecorded"}
    (finding,) = checks["bags store"]["findings"]
    assert "a command was broken off" in finding["message"]
    assert sample.run("ingest", more, "--producer", "viasna").code == 0
    assert verified(sample)[0] == 0


def test_a_file_without_a_receipt_and_a_receipt_without_a_file_are_named(sample: Sample) -> None:
    """A log without one receipt, and one that tells of a file that is not there; both otherwise made to fit."""
    from dataclasses import replace

    from insider import Entry, rewrite, without_file

    from archive.model.records import AccessionClosedRecord, ReceiptRecord

    def plot(entries: list[Entry]) -> list[Entry]:
        told = []
        (gone,) = [r for _, r, _ in entries if isinstance(r, ReceiptRecord) and r.name == b"photo-1.txt"]
        for n, record, salt in entries:
            if record == gone:
                continue
            record = without_file(record, gone.file)
            if isinstance(record, ReceiptRecord) and record.name == b"photo-2.txt":
                record = replace(record, sha256="ab" * 32)
            if isinstance(record, AccessionClosedRecord):
                record = replace(record, received=record.received + 3, accepted=record.accepted + 3)
            told.append((n, record, salt))
        return told

    rewrite(sample, plot)
    code, checks = verified(sample)
    assert code == 20
    said = " ".join(finding["message"] for finding in checks["files"]["findings"])
    assert codes(checks["files"]) == {"file-without-receipt", "receipt-without-file"}
    assert f"{PAYLOAD}/photo-1.txt" in said
    assert f"{PAYLOAD}/photo-2.txt" in said
    assert "ab" * 32 in said
    assert codes(checks["accessions"]) == {"accession-receipts"}
    assert "closed with 10 files received" in checks["accessions"]["findings"][0]["message"]


# What comes from outside


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ("nothing-there.txt", "there is no file"),
        ("12 abcd", "a root has 64 digits"),
        ("12 " + "0g" * 32, "not a group of the digits"),
    ],
)
def test_a_checkpoint_that_cannot_be_read_is_no_tampering(sample: Sample, given: str, word: str) -> None:
    ran = sample.run("custody", "verify", "--since", given)
    assert ran.code == 2
    assert word in ran.err


def test_a_slip_of_the_pen_is_no_tampering_where_check_digits_came_along(sample: Sample, tmp_path: Path) -> None:
    short = sample.run("custody", "checkpoint", "--json").json["short"]
    size, *lines = short.split("\n")
    lines[2] = ("0" if lines[2][0] != "0" else "1") + lines[2][1:]
    (tmp_path / "sheet.txt").write_text("\n".join([size, *lines]))
    ran = sample.run("custody", "verify", "--since", tmp_path / "sheet.txt")
    assert ran.code == 2
    assert "line 3 below the number of records was copied wrongly" in ran.err


def test_a_note_whose_text_was_altered_under_its_signature_is_named(sample: Sample, tmp_path: Path) -> None:
    kept = tmp_path / "letter.txt"
    kept.write_bytes(note(sample.home).read_bytes().replace(b"time 2", b"time 1"))
    code, checks = verified(sample, "--since", str(kept))
    assert code == 20
    assert codes(checks["since"]) == {"since-signature"}


def test_a_note_of_another_archive_is_never_taken_for_ours(sample: Sample, tmp_path: Path) -> None:
    other = copied(sample.root, tmp_path / "other")
    toml = other.home / "archive.toml"
    (line,) = [each for each in toml.read_text().splitlines() if each.startswith("archive = ")]
    kept = tmp_path / "letter.txt"
    kept.write_bytes(note(sample.home).read_bytes().replace(line.split('"')[1].encode(), b"0" * 36))
    code, checks = verified(sample, "--since", str(kept))
    assert code == 20
    assert codes(checks["since"]) == {"since-another-log"}


def test_a_note_without_its_signature_is_compared_and_said(sample: Sample, tmp_path: Path) -> None:
    kept = tmp_path / "letter.txt"
    kept.write_bytes(note(sample.home).read_bytes().replace("—".encode(), b"-"))
    code, checks = verified(sample, "--since", str(kept))
    assert code == 0
    assert codes(checks["since"]) == {"since-unsigned"}


def test_several_checkpoints_and_keys_are_taken_at_once(sample: Sample, tmp_path: Path) -> None:
    kept = tmp_path / "letter.txt"
    shutil.copy(note(sample.home), kept)
    told = sample.run("custody", "checkpoint", "--json").json
    (key,) = sample.run("custody", "show", "--json").json["keys"]
    code, checks = verified(
        sample, "--since", str(kept), "--since", f"{told['size']} {told['root']}", "--key", key["verifier_key"]
    )
    assert code == 0
    assert checks["since"]["counted"] == 2


def test_a_key_that_is_not_the_logs_is_named_and_one_that_is_none_refused(sample: Sample, tmp_path: Path) -> None:
    origin = sample.run("custody", "show", "--json").json["origin"]
    stranger = create_key(tmp_path, "log-1")
    code, checks = verified(sample, "--key", verifier_key(origin, stranger.public))
    assert code == 20
    assert codes(checks["since"]) == {"key-unknown"}
    assert verified(sample, "--key", verifier_key("ngo.example/witness", stranger.public))[0] == 0
    ran = sample.run("custody", "verify", "--key", "nonsense")
    assert ran.code == 2


def test_a_checkpoint_larger_than_the_log_says_that_records_were_removed(sample: Sample) -> None:
    ran = sample.run("custody", "verify", "--since", f"{10**9} {hashlib.sha256(b'').hexdigest()}")
    assert ran.code == 20
    assert "records were removed" in ran.out


def test_a_person_reads_one_line_for_each_check(sample: Sample) -> None:
    ran = sample.run("custody", "verify")
    assert ran.code == 0
    lines = ran.out.splitlines()
    assert sum(line.startswith("ok ") for line in lines) == 18
    assert "Log, copies, catalogue and bags tell one story." in lines
    flip_leaf(sample)
    ran = sample.run("custody", "verify")
    assert "!! records " in ran.out
    assert "Damage or tampering was found" in ran.out


def test_it_needs_an_archive(tmp_path: Path) -> None:
    assert archive("--archive", tmp_path, "custody", "verify").code == 10
    assert tree(tmp_path) == {}
