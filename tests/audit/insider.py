"""An insider with every write right on one machine, its signing key included, who rewrites everything to fit.

What may be rewritten: the log with its head and tree, the checkpoints, what the signer remembers, the catalogue, the
bags and every location. What may not: a checkpoint that somebody outside has on paper.
"""

from __future__ import annotations

import base64
import json
import secrets
import shutil
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from audit_support import LOCATIONS, PAYLOAD, Sample, relist, tree

from archive import assembly
from archive.catalogue.opening import create as create_catalogue
from archive.codec.record_codec import spell_record
from archive.custody.checkpoint import Checkpoint, parse_note, parse_text, sign_checkpoint
from archive.custody.keys import key_path, load_key
from archive.custody.leaf import Pair, close_all
from archive.custody.log import CustodyLog
from archive.custody.merkle import Frontier, leaf_hash
from archive.custody.notes import note_sizes, read_note, store_keys, store_note
from archive.custody.private import spell_line
from archive.custody.signer import memory_path
from archive.holdings.checkpoints import verifiers
from archive.model.digests import sha256_hex
from archive.model.packages import Outcome
from archive.model.records import AccessionClosedRecord, IdentificationRecord, Octets, ReceiptRecord, Record, SealRecord

Entry = tuple[int, Record, bytes]
"""Number that a record had, the record, and its salt."""

Plot = Callable[[list[Entry]], list[Entry]]


def entries_of(home: Path) -> list[Entry]:
    log = CustodyLog.open(home / "custody")
    salts = (base64.b64decode(json.loads(pair.opening)["salt"]) for _, pair, _ in log.entries())
    return [(n, record, salt) for (n, record), salt in zip(log.records(), salts, strict=True)]


def close_with_lines(n: int, record: Record, salt: bytes) -> tuple[Pair, list[bytes]]:
    """Leaf and opening of a record, and its private lines."""
    spelled, lines = spell_record(record, secrets.token_bytes)
    (leaf,), (opening,) = close_all(n, [record], [spelled], salt)
    return Pair(leaf, opening), [spell_line(n, line) for line in lines]


def rewrite(sample: Sample, plot: Plot) -> None:
    """Make the log say what the plot wants, and everything else on this machine say the same."""
    home = sample.home
    kept = plot(entries_of(home))
    old = CustodyLog.open(home / "custody")
    notes = {size: parse_text(parse_note(read_note(old.folder, size)).text) for size in note_sizes(old.folder)}
    shutil.rmtree(home / "custody")
    log = CustodyLog.create(home / "custody")
    closed = [close_with_lines(n, record, salt) for n, (_, record, salt) in enumerate(kept)]
    pairs = [pair for pair, _ in closed]
    log.append_closed(pairs, [lines for _, lines in closed])
    _sign_again(home, log, notes, [number for number, _, _ in kept], [leaf_hash(pair.leaf) for pair in pairs])
    for path in home.glob("catalogue.sqlite*"):
        path.unlink()
    create_catalogue(home / "catalogue.sqlite").close()
    for name in LOCATIONS:
        shutil.rmtree(sample.location(name) / "custody")
    with assembly.changing(home, doing="rewriting") as archive:  # catches up, and copies everything to every location
        store_keys(log.folder, verifiers(archive.holdings))


def _sign_again(
    home: Path, log: CustodyLog, notes: dict[int, Checkpoint], numbers: list[int], hashes: list[bytes]
) -> None:
    """All checkpoints anew, with the stolen key and their old dates, over as much of the log as they covered."""
    key = load_key(home / "keys", "log-1")
    order = sorted(numbers)
    for size, before in sorted(notes.items()):
        covered = bisect_left(order, size)
        forged = replace(before, size=covered, root=Frontier().extend(hashes[:covered]).root())
        note = sign_checkpoint(forged, key).octets
        store_note(log.folder, covered, note)
        memory_path(key_path(home / "keys", "log-1")).write_bytes(note)


def one_receipt_removed(sample: Sample, file: str) -> Plot:
    """Take a file out of its bag at every location, and its receipt and all its traces out of the log."""

    def plot(entries: list[Entry]) -> list[Entry]:
        (receipt,) = [r for _, r, _ in entries if isinstance(r, ReceiptRecord) and r.name == file.encode()]
        package, accession = receipt.package, receipt.accession
        assert package is not None
        for name in LOCATIONS:
            bag = sample.bag(name, package)
            (bag / PAYLOAD / file).unlink()
            _reseal(bag)
        told = []
        for n, record, salt in entries:
            if record == receipt:
                continue
            record = without_file(record, receipt.file)
            if isinstance(record, SealRecord) and record.package == package:
                record = _sealed_now(record, sample.bag("store", package))
            if isinstance(record, AccessionClosedRecord) and record.accession == accession:
                fewer = {"received": record.received - 1, "accepted": record.accepted - 1}
                record = replace(record, **fewer)  # type: ignore[arg-type]  # both are counts
            told.append((n, record, salt))
        assert len(told) == len(entries) - 1
        return told

    return plot


def one_receipt_and_the_size_kept(sample: Sample, file: str) -> Plot:
    """The same, with the last replication told twice, so that the log is as long as it was."""
    remove = one_receipt_removed(sample, file)

    def plot(entries: list[Entry]) -> list[Entry]:
        told = remove(entries)
        record = next(record for _, record, _ in reversed(told) if record.kind == "replication")
        return [*told, (told[-1][0] + 1, record, b"\7" * 32)]

    return plot


def two_swapped(entries: list[Entry]) -> list[Entry]:
    """Two receipts in another order, each with its own salt."""
    first, second = _two_receipts(entries)
    told = list(entries)
    told[first], told[second] = (first, *told[second][1:]), (second, *told[first][1:])
    return told


def openings_swapped(entries: list[Entry]) -> list[Entry]:
    """The digests in two receipts exchanged: who sent what is told the other way round, under new commitments."""
    first, second = _two_receipts(entries)
    told = list(entries)
    one, two = told[first][1], told[second][1]
    assert isinstance(one, ReceiptRecord) and isinstance(two, ReceiptRecord)
    for at, mine, other in ((first, one, two), (second, two, one)):
        told[at] = (at, replace(mine, sha256=other.sha256, blake3=other.blake3, size=other.size), told[at][2])
    return told


def dated_back(entries: list[Entry]) -> list[Entry]:
    """One receipt a day earlier, and with it all that stands before it, so that time nowhere falls."""
    first, _ = _two_receipts(entries)
    day = timedelta(days=1)
    earlier = [(n, replace(record, time=record.time - day), salt) for n, record, salt in entries[: first + 1]]
    return [*earlier, *entries[first + 1 :]]


def dated_back_alone(entries: list[Entry]) -> list[Entry]:
    """One receipt a day earlier, and nothing else."""
    first, _ = _two_receipts(entries)
    return [*entries[:first], dated_back(entries)[first], *entries[first + 1 :]]


def salted_anew(entries: list[Entry]) -> list[Entry]:
    """Every word as it was, one salt another: to whoever knows the old opening, it is no proof any more."""
    first, _ = _two_receipts(entries)
    told = list(entries)
    told[first] = (*told[first][:2], b"\5" * 32)
    return told


def accepted_turned_into_rejected(entries: list[Entry]) -> list[Entry]:
    told = []
    done = False
    for n, record, salt in entries:
        if isinstance(record, ReceiptRecord) and not done:
            record, done = replace(record, outcome=Outcome.REJECTED), True
        if isinstance(record, AccessionClosedRecord):
            record = replace(record, accepted=record.accepted - 1, rejected=record.rejected + 1)
        told.append((n, record, salt))
    return told


def without_file(record: Record, file: str) -> Record:
    """What the identifiers said of a package, with nothing said of one file."""
    if not isinstance(record, IdentificationRecord):
        return record
    files = tuple(told for told in record.files if told.file != file)
    said = {name: text for name, text in record.said.items() if name != file}
    return replace(record, files=files, said=said)


def _two_receipts(entries: list[Entry]) -> tuple[int, int]:
    receipts = [i for i, (_, record, _) in enumerate(entries) if isinstance(record, ReceiptRecord)]
    return receipts[0], receipts[1]


def _reseal(bag: Path) -> None:
    payload = {path: data for path, data in tree(bag).items() if path.startswith("data/")}
    lines = (bag / "bag-info.txt").read_text().splitlines()
    oxum = f"Payload-Oxum: {sum(map(len, payload.values()))}.{len(payload)}"
    told = [oxum if line.startswith("Payload-Oxum:") else line for line in lines]
    (bag / "bag-info.txt").write_text("".join(f"{line}\n" for line in told))
    relist(bag, "manifest-sha256.txt", "manifest-blake3.txt", "tagmanifest-sha256.txt")


def _sealed_now(record: SealRecord, bag: Path) -> SealRecord:
    payload = {path: data for path, data in tree(bag).items() if path.startswith("data/")}
    return replace(
        record,
        files=len(payload),
        bytes=Octets(sum(map(len, payload.values()))),
        tagmanifest_sha256=sha256_hex((bag / "tagmanifest-sha256.txt").read_bytes()),
        manifest_sha256=sha256_hex((bag / "manifest-sha256.txt").read_bytes()),
    )
