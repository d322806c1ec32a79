"""Proofs as files: one JSON object each, with all that a stranger needs to check it but the public key. Pure.

An *inclusion proof* shows that the log of a checkpoint holds one leaf; with the opening it also shows what was
recorded, without it only that something was. What a record holds digests of goes with it as private lines, all of them
or some; a proof with such lines is of version 2, and otherwise like one of version 1. A *consistency proof* shows that
the log of one checkpoint is the beginning of the log of a later one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

from archive.canonical import decode, encode
from archive.custody.checkpoint import Checkpoint, Verifier, open_note
from archive.custody.leaf import Pair, committed_record
from archive.custody.merkle import leaf_hash
from archive.custody.private import objects_of, of_record
from archive.custody.proofs import ProofPath, verify_consistency, verify_inclusion

_VERSION = 1
_WITH_LINES = 2
_HASH = re.compile(r"[0-9a-f]{64}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INCLUSION = frozenset({"v", "kind", "n", "size", "leaf", "opening", "path", "checkpoint"})
_CONSISTENCY = frozenset({"v", "kind", "first", "second", "path", "first_checkpoint", "second_checkpoint"})


@dataclass(frozen=True, slots=True)
class InclusionProof:
    """That leaf ``n`` is in the log of ``size`` leaves whose ``checkpoint`` (a whole note) goes with it.

    ``leaf``, ``opening`` and ``private`` are lines without their LF; the opening is None where it is withheld.
    """

    n: int
    size: int
    leaf: bytes
    opening: bytes | None
    path: ProofPath
    checkpoint: bytes
    private: tuple[bytes, ...] = ()

    @property
    def octets(self) -> bytes:
        """The proof as a file."""
        lines = {"private": [line.decode("utf-8") for line in self.private]} if self.private else {}
        said = {
            "v": _WITH_LINES if self.private else _VERSION,
            "kind": "inclusion",
            "n": self.n,
            "size": self.size,
            "leaf": self.leaf.decode("ascii"),
            "opening": None if self.opening is None else self.opening.decode("utf-8"),
            "path": [node.hex() for node in self.path],
            "checkpoint": self.checkpoint.decode("utf-8"),
            **lines,
        }
        return encode(said) + b"\n"


@dataclass(frozen=True, slots=True)
class ConsistencyProof:
    """That the log of ``first`` leaves is the beginning of the log of ``second``; both checkpoints are whole notes."""

    first: int
    second: int
    path: ProofPath
    first_checkpoint: bytes
    second_checkpoint: bytes

    @property
    def octets(self) -> bytes:
        """The proof as a file."""
        said = {
            "v": _VERSION,
            "kind": "consistency",
            "first": self.first,
            "second": self.second,
            "path": [node.hex() for node in self.path],
            "first_checkpoint": self.first_checkpoint.decode("utf-8"),
            "second_checkpoint": self.second_checkpoint.decode("utf-8"),
        }
        return encode(said) + b"\n"


Proof = InclusionProof | ConsistencyProof


def parse_proof(data: bytes) -> Proof:
    """The proof in a file, none of it checked but its form; ValueError, with a word, for anything else.

    Spaces and the order of members are as free as in any JSON; names that come twice are not.
    """
    try:
        said = json.loads(data.decode("utf-8"), object_pairs_hook=_object, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"no JSON that can be read: {error}") from None
    if not isinstance(said, dict) or said.get("v") not in (_VERSION, _WITH_LINES) or type(said.get("v")) is not int:
        raise ValueError(f"not a proof of version {_VERSION} or {_WITH_LINES}")
    lines = frozenset() if said["v"] == _VERSION else frozenset({"private"})
    if said.get("kind") == "inclusion" and said.keys() == _INCLUSION | lines:
        return InclusionProof(
            n=_number(said, "n"),
            size=_number(said, "size"),
            leaf=_octets(said, "leaf"),
            opening=None if said["opening"] is None else _octets(said, "opening"),
            path=_path(said["path"]),
            checkpoint=_octets(said, "checkpoint"),
            private=_lines(said["private"]) if lines else (),
        )
    if said.get("kind") == "consistency" and said["v"] == _VERSION and said.keys() == _CONSISTENCY:
        return ConsistencyProof(
            first=_number(said, "first"),
            second=_number(said, "second"),
            path=_path(said["path"]),
            first_checkpoint=_octets(said, "first_checkpoint"),
            second_checkpoint=_octets(said, "second_checkpoint"),
        )
    raise ValueError("neither an inclusion nor a consistency proof, or with other members than one has")


def verify_proof(proof: Proof, known: Iterable[Verifier]) -> bytes | None:
    """Check a proof to the last bit; the bytes of the record, where an inclusion proof opens it.

    Raises ValueError, with a word, where anything does not fit: signatures, sizes, leaf, opening, private lines, path.
    """
    verifiers = tuple(known)
    if isinstance(proof, ConsistencyProof):
        first, second = (
            _checkpoint(note, size, verifiers)
            for note, size in ((proof.first_checkpoint, proof.first), (proof.second_checkpoint, proof.second))
        )
        if first.origin != second.origin:
            raise ValueError("the two checkpoints are of two logs")
        verify_consistency(first.size, second.size, proof.path, first.root, second.root)
        return None
    checkpoint = _checkpoint(proof.checkpoint, proof.size, verifiers)
    _require_leaf(proof.n, proof.leaf)
    record = None if proof.opening is None else committed_record(proof.n, Pair(proof.leaf, proof.opening))
    _require_lines(proof, record)
    verify_inclusion(proof.n, proof.size, leaf_hash(proof.leaf), proof.path, checkpoint.root)
    return record


def _checkpoint(note: bytes, size: int, known: tuple[Verifier, ...]) -> Checkpoint:
    checkpoint = open_note(note, known).checkpoint
    if checkpoint.size != size:
        raise ValueError(f"the checkpoint is of {checkpoint.size} leaves, the proof of {size}")
    return checkpoint


def _require_leaf(n: int, line: bytes) -> None:
    """A leaf whose opening is withheld can be checked only for its form (DESIGN §7.4)."""
    leaf = decode(line)
    fits = (
        isinstance(leaf, dict)
        and leaf.keys() == {"commitment", "n", "time", "type", "v"}
        and isinstance(leaf["commitment"], str)
        and _HASH.fullmatch(leaf["commitment"]) is not None
        and isinstance(leaf["time"], str)
        and _DAY.fullmatch(leaf["time"]) is not None
        and (leaf["n"], leaf["type"], leaf["v"]) == (n, "record", 1)
    )
    if not fits:
        raise ValueError(f"the leaf is not leaf {n} of version 1")


def _require_lines(proof: InclusionProof, record: bytes | None) -> None:
    if proof.private and record is None:
        raise ValueError("private lines of a record that is withheld")
    placed = [of_record(proof.n, line) for line in proof.private]
    if [line.i for line in placed] != sorted({line.i for line in placed}):
        raise ValueError("the private lines are out of order")
    objects_of(record or b"", placed)


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError("a name comes twice")
    return dict(pairs)


def _refuse(word: str) -> object:
    raise ValueError(f"{word} is no JSON")


def _number(said: dict[str, object], name: str) -> int:
    value = said[name]
    if type(value) is not int or value < 0:
        raise ValueError(f"{name} is not a count")
    return value


def _octets(said: dict[str, object], name: str) -> bytes:
    value = said[name]
    if not isinstance(value, str):
        raise ValueError(f"{name} is not text")
    return value.encode()


def _lines(value: object) -> tuple[bytes, ...]:
    if not isinstance(value, list) or not value or not all(isinstance(line, str) for line in value):
        raise ValueError("private is not a list of lines")
    return tuple(line.encode() for line in value)


def _path(value: object) -> ProofPath:
    if not isinstance(value, list) or not all(isinstance(node, str) and _HASH.fullmatch(node) for node in value):
        raise ValueError("the path is not a list of hashes in lower-case hexadecimal")
    return tuple(bytes.fromhex(node) for node in value)
