"""Proofs as files: what a stranger gets, and every altered bit of it refused."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from checkpoint_samples import a_signed_log, signed, verifiers
from custody_samples import a_record, some_records

from archive.codec.record_codec import read_record
from archive.custody.checkpoint import Verifier
from archive.custody.leaf import Pair
from archive.custody.log import CustodyLog
from archive.custody.proof_files import ConsistencyProof, InclusionProof, Proof, parse_proof, verify_proof
from archive.custody.tree import Tree


class Sample:
    """A log of 19 records with checkpoints of 11 and 19."""

    def __init__(self, home: Path) -> None:
        self.log: CustodyLog
        self.log, self.first, key = a_signed_log(home, 11)
        self.log.append(some_records(11, 19))
        self.second = signed(self.log, key)
        self.known: list[Verifier] = verifiers(key)
        self.pairs: list[Pair] = [pair for _, pair, _ in self.log.entries()]

    def inclusion(self, n: int, *, withheld: bool = False) -> InclusionProof:
        leaf, opening = self.pairs[n]
        path = Tree(self.log).inclusion(n, 19)
        return InclusionProof(n, 19, leaf, None if withheld else opening, path, self.second)

    def consistency(self) -> ConsistencyProof:
        return ConsistencyProof(11, 19, Tree(self.log).consistency(11, 19), self.first, self.second)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    return Sample(tmp_path_factory.mktemp("signed"))


def refused(octets: bytes, known: list[Verifier], match: str = r".") -> None:
    with pytest.raises(ValueError, match=match):
        verify_proof(parse_proof(octets), known)


def test_every_record_is_proven_with_its_opening_and_without(sample: Sample) -> None:
    for n in range(19):
        proof = sample.inclusion(n)
        assert parse_proof(proof.octets) == proof
        spelled = verify_proof(proof, sample.known)
        assert spelled is not None
        assert read_record(spelled, {}) == a_record(n)
        withheld = parse_proof(sample.inclusion(n, withheld=True).octets)
        assert verify_proof(withheld, sample.known) is None


def test_a_withheld_proof_tells_nothing_of_the_record(sample: Sample) -> None:
    octets = sample.inclusion(0, withheld=True).octets
    assert b"receipt" not in octets
    assert b"archivist" not in octets
    assert json.loads(octets)["opening"] is None


def test_the_beginning_of_a_later_log_is_proven(sample: Sample) -> None:
    proof = sample.consistency()
    assert parse_proof(proof.octets) == proof
    assert verify_proof(proof, sample.known) is None


def test_a_proof_has_the_members_that_are_written_down(sample: Sample) -> None:
    octets = sample.inclusion(3).octets
    said = json.loads(octets)
    assert said.keys() == {"v", "kind", "n", "size", "leaf", "opening", "path", "checkpoint"}
    assert (said["v"], said["kind"], said["n"], said["size"]) == (1, "inclusion", 3, 19)
    assert said["leaf"].encode() == sample.pairs[3].leaf
    assert said["checkpoint"].encode() == sample.second
    assert octets.endswith(b"}\n")
    assert octets.count(b"\n") == 1
    onward = json.loads(sample.consistency().octets)
    assert onward.keys() == {"v", "kind", "first", "second", "path", "first_checkpoint", "second_checkpoint"}


@pytest.mark.parametrize("kind", ["opened", "withheld", "consistency"])
def test_every_single_altered_bit_of_a_proof_is_refused(sample: Sample, kind: str) -> None:
    proof: Proof = sample.consistency() if kind == "consistency" else sample.inclusion(3, withheld=kind == "withheld")
    octets = proof.octets
    for bit in range(len(octets) * 8):
        altered = bytearray(octets)
        altered[bit // 8] ^= 1 << bit % 8
        refused(bytes(altered), sample.known)


def test_every_altered_bit_of_a_record_or_its_salt_is_refused(sample: Sample) -> None:
    proof = sample.inclusion(3)
    assert proof.opening is not None
    said = json.loads(proof.opening)
    record = proof.opening[proof.opening.index(b'"record":') + 9 : proof.opening.index(b',"salt"')]
    salt = base64.b64decode(said["salt"])
    for whole, spell in (
        (record, lambda octets: b'{"n":3,"record":%b,"salt":"%b"}' % (octets, said["salt"].encode())),
        (salt, lambda octets: b'{"n":3,"record":%b,"salt":"%b"}' % (record, base64.b64encode(octets))),
    ):
        assert spell(whole) == proof.opening
        for bit in range(len(whole) * 8):
            altered = bytearray(whole)
            altered[bit // 8] ^= 1 << bit % 8
            wrong = InclusionProof(3, 19, proof.leaf, spell(bytes(altered)), proof.path, proof.checkpoint)
            with pytest.raises(ValueError, match="opening"):
                verify_proof(wrong, sample.known)


def test_swapped_openings_and_leaves_are_refused(sample: Sample) -> None:
    one, two = sample.inclusion(3), sample.inclusion(4)
    for wrong in (
        InclusionProof(3, 19, one.leaf, two.opening, one.path, one.checkpoint),
        InclusionProof(3, 19, two.leaf, two.opening, one.path, one.checkpoint),
        InclusionProof(4, 19, one.leaf, one.opening, one.path, one.checkpoint),
        InclusionProof(3, 19, one.leaf, one.opening, two.path, one.checkpoint),
        InclusionProof(3, 19, one.leaf, one.opening, one.path, sample.first),
        InclusionProof(3, 11, one.leaf, one.opening, one.path, sample.first),
        InclusionProof(3, 19, one.leaf.replace(b'"record"', b'"damage"'), None, one.path, one.checkpoint),
    ):
        refused(wrong.octets, sample.known)


def test_a_proof_signed_by_nobody_we_know_proves_nothing(sample: Sample, tmp_path: Path) -> None:
    _, _, stranger = a_signed_log(tmp_path, 3)
    refused(sample.inclusion(3).octets, verifiers(stranger), "no key that is known")


@pytest.mark.parametrize(
    ("octets", "word"),
    [
        (b"", "no JSON"),
        (b"\xff", "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b"[]", "not a proof"),
        (b'{"v":1}', "neither"),
        (b'{"v":true,"kind":"inclusion"}', "not a proof"),
        (b'{"v":2,"kind":"inclusion"}', "neither"),
        (b'{"v":3,"kind":"inclusion"}', "not a proof"),
        (b'{"v":1,"v":1,"kind":"inclusion"}', "twice"),
        (b'{"v":1,"kind":NaN}', "NaN"),
    ],
)
def test_what_is_no_proof_is_refused_with_a_word(octets: bytes, word: str) -> None:
    with pytest.raises(ValueError, match=word):
        parse_proof(octets)


@pytest.mark.parametrize(
    ("member", "value", "word"),
    [
        ("n", -1, "count"),
        ("n", True, "count"),
        ("n", 3.0, "count"),
        ("size", "19", "count"),
        ("leaf", None, "not text"),
        ("opening", 5, "not text"),
        ("path", "00", "list of hashes"),
        ("path", ["00"], "list of hashes"),
        ("path", ["AB" * 32], "list of hashes"),
        ("path", [5], "list of hashes"),
        ("checkpoint", None, "not text"),
        ("more", 1, "other members"),
    ],
)
def test_a_member_of_another_type_is_refused_with_a_word(sample: Sample, member: str, value: object, word: str) -> None:
    said = {**json.loads(sample.inclusion(3).octets), member: value}
    with pytest.raises(ValueError, match=word):
        parse_proof(json.dumps(said).encode())


def test_a_proof_that_somebody_laid_out_for_reading_is_still_one(sample: Sample) -> None:
    said = json.loads(sample.inclusion(3).octets)
    laid_out = json.dumps(dict(reversed(said.items())), indent=2, ensure_ascii=True).encode()
    assert verify_proof(parse_proof(laid_out), sample.known) is not None
