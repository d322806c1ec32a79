"""The stand-alone verifier on a real volume: right as it was written, and each manipulation found and named."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from verifier_support import Handed, Volume, a_leaf, canonical, verify, write_note

from archive.custody.checkpoint import parse_note
from archive.custody.keys import create_key, verifier_key
from archive.custody.leaf import commitment
from archive.custody.merkle import Frontier, leaf_hash

Manipulate = Callable[[Volume, Handed], None]


def flip(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(bytes([data[0] ^ 1]) + data[1:])


def flip_a_bit(volume: Volume, _: Handed) -> None:
    flip(volume.evidence)


def flip_a_bit_and_refit_the_list(volume: Volume, _: Handed) -> None:
    flip(volume.evidence)
    volume.refit_sums()


def flip_a_bit_and_refit_all_lists(volume: Volume, _: Handed) -> None:
    flip(volume.evidence)
    volume.refit_bag(volume.aip)
    volume.refit_sums()


def remove_a_file_and_its_lines(volume: Volume, _: Handed) -> None:
    bag = volume.aip
    volume.evidence.unlink()
    volume.refit_bag(bag)
    volume.refit_sums()


def add_a_file_to_a_package(volume: Volume, _: Handed) -> None:
    (volume.aip / "data/extra.txt").write_text("slipped in")


def add_a_file_and_list_it(volume: Volume, _: Handed) -> None:
    (volume.aip / "data/extra.txt").write_text("slipped in")
    volume.refit_bag(volume.aip)
    volume.refit_sums()


def add_a_file_beside_the_packages(volume: Volume, _: Handed) -> None:
    (volume.root / "packages/note.txt").write_text("slipped in")


def put_a_link_in_a_files_place(volume: Volume, _: Handed) -> None:
    path = volume.evidence
    elsewhere = volume.root.parent / "elsewhere"
    path.rename(elsewhere)
    path.symlink_to(elsewhere)


def alter_a_manifest(volume: Volume, _: Handed) -> None:
    with open(volume.aip / "manifest-blake3.txt", "ab") as file:
        file.write(b"\n")
    volume.refit_sums()


def remove_a_package(volume: Volume, _: Handed) -> None:
    shutil.rmtree(volume.aip)
    volume.refit_sums()


def remove_a_package_and_name_another_handover(volume: Volume, _: Handed) -> None:
    shutil.rmtree(volume.aip)
    facts = json.loads((volume.root / "handover.json").read_bytes())
    facts.update(handover="0" * 8, log_size=4)
    (volume.root / "handover.json").write_text(json.dumps(facts))
    volume.refit_sums()


def alter_a_package_and_seal_it_again(volume: Volume, handed: Handed) -> None:
    """A record more, which the log's own signer would sign: only the first seal of a package counts."""
    flip(volume.evidence)
    volume.refit_bag(volume.aip)
    tagmanifest = hashlib.sha256((volume.aip / "tagmanifest-sha256.txt").read_bytes()).hexdigest()
    (first,) = [r for r in volume.records() if r["kind"] == "seal" and r["package"] == volume.aip.name]
    receipt = next(r for r in volume.records() if r["kind"] == "receipt" and r["package"] == volume.aip.name)
    flipped = hashlib.sha256(volume.evidence.read_bytes()).hexdigest()
    volume.append(first | {"tagmanifest_sha256": tagmanifest})
    volume.append(receipt | {"private": [], "sha256": flipped})
    origin = volume.notes[-1].read_text().split("\n")[0]
    frontier = Frontier().extend(leaf_hash(leaf) for leaf in volume.lines("leaves"))
    text = f"{origin}\n{frontier.size}\n{base64.b64encode(frontier.root()).decode()}\n"
    write_note(volume.notes[-1].with_name(f"{frontier.size:020d}.note"), text, handed.secret)
    volume.refit_sums()


def remove_a_package_and_freeze_less(volume: Volume, _: Handed) -> None:
    (frozen,) = [record for record in volume.records() if record["kind"] == "handover-frozen"]
    volume.append(frozen | {"handover": "another", "log_size": 4})
    facts = json.loads((volume.root / "handover.json").read_bytes())
    (volume.root / "handover.json").write_text(json.dumps(facts | {"handover": "another"}))
    shutil.rmtree(volume.aip)
    volume.refit_sums()


def add_a_package(volume: Volume, _: Handed) -> None:
    name = "00000000-0000-4000-8000-000000000000"
    shutil.copytree(volume.aip, volume.root / "packages/00" / name)
    volume.refit_sums()


def remove_a_leaf_and_renumber(volume: Volume, _: Handed) -> None:
    for part in ("leaves", "openings"):
        lines = volume.lines(part)
        del lines[5]
        volume.write_lines(part, [re.sub(rb'"n":[0-9]+', b'"n":%d' % n, line, count=1) for n, line in enumerate(lines)])
    volume.refit_sums()


def remove_a_leaf(volume: Volume, _: Handed) -> None:
    for part in ("leaves", "openings"):
        volume.write_lines(part, volume.lines(part)[:5] + volume.lines(part)[6:])
    volume.refit_sums()


def remove_a_leaf_but_not_its_opening(volume: Volume, _: Handed) -> None:
    volume.write_lines("leaves", volume.lines("leaves")[:5] + volume.lines("leaves")[6:])
    volume.refit_sums()


def swap_two_leaves(volume: Volume, _: Handed) -> None:
    records = volume.records()
    records[4], records[5] = records[5], records[4]
    volume.write_log(records)
    volume.refit_sums()


def swap_two_lines(volume: Volume, _: Handed) -> None:
    for part in ("leaves", "openings"):
        lines = volume.lines(part)
        lines[4], lines[5] = lines[5], lines[4]
        volume.write_lines(part, lines)
    volume.refit_sums()


def swap_two_openings(volume: Volume, _: Handed) -> None:
    lines = volume.lines("openings")
    lines[4], lines[5] = lines[5].replace(b'"n":5', b'"n":4', 1), lines[4].replace(b'"n":4', b'"n":5', 1)
    volume.write_lines("openings", lines)
    volume.refit_sums()


def alter_a_record(volume: Volume, _: Handed) -> None:
    lines = volume.lines("openings")
    (n,) = volume.numbers("handover-planned")
    lines[n] = lines[n].replace(b'"machine":"', b'"machine":"x')
    volume.write_lines("openings", lines)
    volume.refit_sums()


def alter_a_record_and_its_leaf(volume: Volume, _: Handed) -> None:
    records = volume.records()
    records[0]["uri"] = "file:elsewhere"
    volume.write_log(records)
    volume.refit_sums()


def slip_in_a_record(volume: Volume, _: Handed) -> None:
    records = volume.records()
    volume.write_log([*records[:6], records[2], *records[6:]])
    volume.refit_sums()


def back_date_a_leaf(volume: Volume, _: Handed) -> None:
    lines = volume.lines("leaves")
    lines[7] = re.sub(rb'"time":"[0-9-]{10}"', b'"time":"2019-01-01"', lines[7])
    volume.write_lines("leaves", lines)
    volume.refit_sums()


def back_date_a_record_and_its_leaf(volume: Volume, _: Handed) -> None:
    records = volume.records()
    records[7]["time"] = "2019-01-01T00:00:00.000000Z"
    volume.write_log(records)
    volume.refit_sums()


def cut_the_log(volume: Volume, _: Handed) -> None:
    for part in ("leaves", "openings"):
        volume.write_lines(part, volume.lines(part)[:-3])
    volume.refit_sums()


def cut_the_log_and_remove_what_tells(volume: Volume, _: Handed) -> None:
    for part in ("leaves", "openings"):
        volume.write_lines(part, volume.lines(part)[:10])
    for note in volume.notes:
        note.unlink()
    shutil.rmtree(volume.root / "custody/timestamps")
    volume.refit_sums()


def alter_a_checkpoint(volume: Volume, _: Handed) -> None:
    lines = volume.notes[-1].read_text().split("\n")
    lines[2] = ("A" if lines[2][0] != "A" else "B") + lines[2][1:]
    volume.notes[-1].write_text("\n".join(lines))
    volume.refit_sums()


def alter_the_time_of_a_checkpoint(volume: Volume, _: Handed) -> None:
    note = volume.notes[-1]
    note.write_text(re.sub("time 20[0-9]{2}", "time 2019", note.read_text()))
    volume.refit_sums()


def sign_with_another_key(volume: Volume, _: Handed) -> None:
    forger = create_key(volume.root.parent, "log-1")
    origin = volume.notes[-1].read_text().split("\n")[0]
    for note in volume.notes:
        write_note(note, parse_note(note.read_bytes()).text.decode(), forger)
    (volume.root / "custody/checkpoints/keys.txt").write_text(verifier_key(origin, forger.public) + "\n")
    volume.refit_sums()


def rewrite_everything_with_the_real_key(volume: Volume, handed: Handed) -> None:
    """What an insider can do: one record less, the log, its checkpoints and all lists made to fit."""
    records = volume.records()
    (removed,) = volume.numbers("producer")
    del records[removed]
    for record in records:
        if record["kind"] == "handover-frozen":
            record["log_size"] -= 1
        if record["kind"] == "timestamp":
            record["size"] -= 1
    volume.write_log(records)
    volume.sign_anew(handed.secret, shift=-1)
    shutil.rmtree(volume.root / "custody/timestamps")
    volume.refit_sums()


def remove_a_receipt_with_everything_rewritten(volume: Volume, handed: Handed) -> None:
    records = volume.records()
    del records[volume.numbers("receipt")[0]]
    volume.write_log(records)
    volume.sign_anew(handed.secret, shift=-1)
    shutil.rmtree(volume.root / "custody/timestamps")
    volume.refit_sums()


def put_a_token_on_another_checkpoint(volume: Volume, _: Handed) -> None:
    (place,) = volume.tokens
    (place / "checkpoint.txt").write_bytes(parse_note(volume.notes[-1].read_bytes()).text)
    volume.refit_sums()


def move_a_token_to_a_later_checkpoint(volume: Volume, _: Handed) -> None:
    (place,) = volume.tokens
    later = place.parent.with_name(volume.notes[-1].stem)
    place.parent.rename(later)
    volume.refit_sums()


def alter_a_token(volume: Volume, _: Handed) -> None:
    (place,) = volume.tokens
    data = bytearray((place / "response.tsr").read_bytes())
    data[-5] ^= 1
    (place / "response.tsr").write_bytes(data)
    volume.refit_sums()


def claim_another_name_for_a_file(volume: Volume, _: Handed) -> None:
    volume.evidence.rename(volume.evidence.with_name("statement.doc"))


FOUND: list[tuple[Manipulate, str, str]] = [
    (flip_a_bit, "packages", r"statement\.txt' is [0-9a-f]{64}, it should be [0-9a-f]{64}"),
    (flip_a_bit_and_refit_the_list, "packages", r"statement\.txt' is [0-9a-f]{64}, it should be"),
    (flip_a_bit_and_refit_all_lists, "packages", r"'tagmanifest-sha256\.txt' is [0-9a-f]{64}, it should be"),
    (remove_a_file_and_its_lines, "packages", r"a file was received with SHA-256 [0-9a-f]{64} and is not here"),
    (add_a_file_to_a_package, "packages", r"'data/extra\.txt' is [0-9a-f]{64}, it should be in no list"),
    (add_a_file_and_list_it, "packages", r"'tagmanifest-sha256\.txt' is"),
    (add_a_file_beside_the_packages, "list", r"'packages/note\.txt' is [0-9a-f]{64}, it should be in no list"),
    (put_a_link_in_a_files_place, "packages", r"statement\.txt' is a link or device, it should be"),
    (alter_a_manifest, "packages", r"'manifest-blake3\.txt' is"),
    (remove_a_package, "packages", r"into which files were sealed, is not here"),
    (remove_a_package_and_name_another_handover, "packages", r"into which files were sealed, is not here"),
    (remove_a_package_and_freeze_less, "packages", r"into which files were sealed, is not here"),
    (alter_a_package_and_seal_it_again, "packages", r"'tagmanifest-sha256\.txt' is [0-9a-f]{64}, it should be"),
    (add_a_package, "packages", r"00000000-0000-4000-8000-000000000000 is here, and no record says it was sealed"),
    (remove_a_leaf_and_renumber, "checkpoints", r"[0-9]+\.note: [0-9]+ in .*; here are only [0-9]+ records"),
    (remove_a_leaf, "leaves", r"number 5 is missing; the next line is of number 6"),
    (remove_a_leaf_but_not_its_opening, "leaves", r"number 5 is missing"),
    (swap_two_leaves, "checkpoints", r"[0-9]+\.note: [0-9]+ in .*; not so here"),
    (swap_two_lines, "leaves", r"number 4 is missing; the next line is of number 5"),
    (swap_two_openings, "openings", r"record 4 is not the one that its leaf commits to"),
    (alter_a_record, "openings", r"record [0-9]+ is not the one that its leaf commits to"),
    (alter_a_record_and_its_leaf, "checkpoints", r"paper\.txt: [0-9]+ in .*; not so here"),
    (slip_in_a_record, "checkpoints", r"paper\.txt: [0-9]+ in .*; not so here"),
    (back_date_a_leaf, "openings", r"record 7 is dated 20.*, its leaf 2019-01-01"),
    (back_date_a_record_and_its_leaf, "checkpoints", r"paper\.txt: [0-9]+ in .*; not so here"),
    (cut_the_log, "checkpoints", r"[0-9]+\.note: [0-9]+ in .*; here are only [0-9]+ records"),
    (cut_the_log_and_remove_what_tells, "checkpoints", r"paper\.txt: [0-9]+ in .*; here are only 10 records"),
    (alter_a_checkpoint, "checkpoints", r"[0-9]+\.note: [0-9]+ in .*; not so here"),
    (alter_the_time_of_a_checkpoint, "signatures", r"[0-9]+\.note has no right signature of a key you gave"),
    (sign_with_another_key, "signatures", r"[0-9]+\.note has no right signature of a key you gave"),
    (rewrite_everything_with_the_real_key, "checkpoints", r"paper\.txt: [0-9]+ in .*; not so here"),
    (remove_a_receipt_with_everything_rewritten, "counts", r"closed with other numbers than its receipts"),
    (put_a_token_on_another_checkpoint, "time-stamps", r"that local saw checkpoint [0-9]+ on"),
    (move_a_token_to_a_later_checkpoint, "time-stamps", r"that local saw checkpoint [0-9]+ on"),
    (alter_a_token, "time-stamps", r"that local saw checkpoint [0-9]+ on"),
    (claim_another_name_for_a_file, "packages", r"statement\.doc' is [0-9a-f]{64}, it should be in no list"),
]
"""What is done, in which check it is found at least, and what is said."""

SAID_ONE_BY_ONE = {put_a_token_on_another_checkpoint, move_a_token_to_a_later_checkpoint, alter_a_token}

NO_OPENSSL = "NOT CHECKED  signatures   nor time-stamps: openssl is not installed"

NEEDS_OPENSSL = {
    alter_the_time_of_a_checkpoint,
    sign_with_another_key,
    put_a_token_on_another_checkpoint,
    move_a_token_to_a_later_checkpoint,
    alter_a_token,
}


def test_a_volume_as_it_was_written_is_all_right(volume: Volume) -> None:
    verdict = volume.verify()
    assert verdict.code == 0, verdict.text
    assert verdict.lines[-1] == "VERDICT: ALL RIGHT"
    assert not verdict.told("WRONG") and not verdict.told("NOT CHECKED")
    for check in ("leaves", "openings", "counts", "list", "packages", "checkpoints", "signatures", "time-stamps"):
        assert len(verdict.told("RIGHT", check)) == 1, check
    assert "4 accepted + 1 duplicate" in verdict.text


@pytest.mark.parametrize(("manipulate", "check", "words"), FOUND, ids=[row[0].__name__ for row in FOUND])
def test_a_manipulation_is_found_and_named_also_without_openssl(
    volume: Volume, handed: Handed, manipulate: Manipulate, check: str, words: str
) -> None:
    manipulate(volume, handed)
    verdict = volume.verify()
    assert verdict.code == 1, verdict.text
    assert verdict.lines[-1] == "VERDICT: WRONG"
    assert any(re.search(words, line) for line in verdict.told("WRONG", check)), verdict.text
    if manipulate not in SAID_ONE_BY_ONE:
        assert not verdict.told("RIGHT", check), "a check that found problems must not end RIGHT"
    without = volume.verify(path="/nonexistent")
    assert without.told("NOT CHECKED", "signatures") == [NO_OPENSSL]
    if manipulate in NEEDS_OPENSSL:
        assert without.code == 3, without.text
    else:
        assert without.code == 1, without.text
        assert any(re.search(words, line) for line in without.told("WRONG", check)), without.text


def test_an_insiders_perfect_forgery_agrees_with_itself_and_is_not_called_all_right(
    volume: Volume, handed: Handed
) -> None:
    """With the key, and nothing from outside, nobody can tell; so the verifier does not say that all is right."""
    rewrite_everything_with_the_real_key(volume, handed)
    verdict = verify(volume.root, "--key", volume.key)
    assert not verdict.told("WRONG"), verdict.text
    assert verdict.code == 3
    assert "given with --since: 0" in verdict.text


def test_every_single_octet_of_the_log_counts(volume: Volume) -> None:
    for part in ("leaves", "openings"):
        (path,) = (volume.root / "custody" / part).iterdir()
        kept = path.read_bytes()
        for place in range(0, len(kept), 997):
            path.write_bytes(kept[:place] + bytes([kept[place] ^ 4]) + kept[place + 1 :])
            verdict = verify(volume.root, *volume.trusted, path="/nonexistent")
            assert verdict.code == 1, (part, place)
            assert any(verdict.told("WRONG", check) for check in ("leaves", "openings", "reading")), verdict.text
        path.write_bytes(kept)


def test_a_leaf_in_another_spelling_is_refused(volume: Volume) -> None:
    lines = volume.lines("leaves")
    leaf = json.loads(lines[3])
    for spelled in (
        json.dumps(leaf).encode(),
        lines[3] + b" ",
        lines[3] + b"\r",
        canonical({**leaf, "type": "receipt"}),
        canonical({**leaf, "note": ""}),
        lines[3].replace(b'"n":3', b'"n":03'),
    ):
        volume.write_lines("leaves", [*lines[:3], spelled, *lines[4:]])
        verdict = volume.verify(path="/nonexistent")
        assert verdict.code == 1
        assert verdict.told("WRONG", "leaves       after number 2 stands"), verdict.text


def test_a_record_in_another_spelling_is_refused_though_its_leaf_commits_to_it(volume: Volume) -> None:
    leaves, openings = volume.lines("leaves"), volume.lines("openings")
    record, salt = json.loads(openings[1])["record"], hashlib.sha256(b"x").digest()
    for spelled in (json.dumps(record).encode(), canonical({**record, "size": 1.5}).replace(b"1.5", b"1.50")):
        opening = b'{"n":1,"record":%b,"salt":"%b"}' % (spelled, base64.b64encode(salt))
        leaf = a_leaf(1, record["time"][:10], commitment(spelled, salt))
        volume.write_lines("leaves", [leaves[0], leaf, *leaves[2:]])
        volume.write_lines("openings", [openings[0], opening, *openings[2:]])
        verdict = volume.verify(path="/nonexistent")
        assert "record 1 is not in canonical form" in verdict.text
        assert verdict.code == 1
