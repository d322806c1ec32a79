"""Paths over the tree: the published vectors, the words of the RFC, and every altered bit refused."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_merkle import INPUTS, ROOTS, tree_hash

from archive.custody.merkle import leaf_hash, node_hash
from archive.custody.proofs import (
    EMPTY_ROOT,
    ProofPath,
    consistency_path,
    inclusion_path,
    inclusion_root,
    root_at,
    verify_consistency,
    verify_inclusion,
)

# Facts of the certificate-transparency reference implementation, as its successor transparency-dev/merkle publishes
# them (proof/verify_test.go: inclusionProofs, consistencyProofs, whose leaves are counted from 1). Inputs and roots are
# those of test_merkle.
CT_INCLUSION = [
    (1, 1, []),
    (
        1,
        8,
        [
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ],
    ),
    (
        6,
        8,
        [
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    ),
    (3, 3, ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
    (
        2,
        5,
        [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ],
    ),
]
CT_CONSISTENCY = [
    (1, 1, []),
    (
        1,
        8,
        [
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ],
    ),
    (
        6,
        8,
        [
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    ),
    (
        2,
        5,
        [
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ],
    ),
    (
        6,
        7,
        [
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    ),
]

SOME = bytes.fromhex("abacaba000000000000000000000000000000000000000000060061e00123456")


class Nodes:
    """Node hashes over some leaves; counts how often it was asked."""

    def __init__(self, leaves: list[bytes]) -> None:
        self.leaves = leaves
        self.asked = 0

    def __call__(self, level: int, index: int) -> bytes:
        self.asked += 1
        return tree_hash(self.leaves[index << level : (index + 1) << level])


def audit_path(m: int, leaves: list[bytes]) -> list[bytes]:
    """PATH of RFC 6962 §2.1.1, word for word."""
    if len(leaves) == 1:
        return []
    k = largest_power_below(len(leaves))
    if m < k:
        return [*audit_path(m, leaves[:k]), tree_hash(leaves[k:])]
    return [*audit_path(m - k, leaves[k:]), tree_hash(leaves[:k])]


def subproof(m: int, leaves: list[bytes], known: bool) -> list[bytes]:
    """SUBPROOF of RFC 6962 §2.1.2, word for word."""
    if m == len(leaves):
        return [] if known else [tree_hash(leaves)]
    k = largest_power_below(len(leaves))
    if m <= k:
        return [*subproof(m, leaves[:k], known), tree_hash(leaves[k:])]
    return [*subproof(m - k, leaves[k:], False), tree_hash(leaves[:k])]


def largest_power_below(n: int) -> int:
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def path_of(texts: list[str]) -> ProofPath:
    return tuple(bytes.fromhex(text) for text in texts)


def roots(size: int) -> bytes:
    return bytes.fromhex(ROOTS[size])


@pytest.mark.parametrize(("leaf", "size", "path"), CT_INCLUSION)
def test_inclusion_proofs_are_those_of_certificate_transparency(leaf: int, size: int, path: list[str]) -> None:
    assert inclusion_path(leaf - 1, size, Nodes(INPUTS)) == path_of(path)
    verify_inclusion(leaf - 1, size, leaf_hash(INPUTS[leaf - 1]), path_of(path), roots(size))


@pytest.mark.parametrize(("first", "second", "path"), CT_CONSISTENCY)
def test_consistency_proofs_are_those_of_certificate_transparency(first: int, second: int, path: list[str]) -> None:
    assert consistency_path(first, second, Nodes(INPUTS)) == path_of(path)
    verify_consistency(first, second, path_of(path), roots(first), roots(second))


@pytest.mark.parametrize(("leaf", "size", "texts"), CT_INCLUSION)
def test_what_certificate_transparency_refuses_of_inclusion_is_refused(leaf: int, size: int, texts: list[str]) -> None:
    """The manglings of verify_test.go, corruptInclusionProof."""
    n, path, root, said = leaf - 1, path_of(texts), roots(size), leaf_hash(INPUTS[leaf - 1])
    manglings = [
        (n - 1, size, root, said, path),
        (n + 1, size, root, said, path),
        (n ^ 2, size, root, said, path),
        (n, size * 2, root, said, path),
        (n, size // 2, root, said, path),
        (n, size, root, b"WrongLeaf", path),
        (n, size, EMPTY_ROOT, said, path),
        (n, size, SOME, said, path),
        (n, size, root, said, (*path, b"")),
        (n, size, root, said, (*path, root)),
        (n, size, root, said, (b"", *path)),
        (n, size, root, said, (root, *path)),
    ]
    manglings += [(n, size, root, said, path[:-1])] if path else []
    manglings += [(n, size, root, said, (*path[1:], path[0], SOME))] if len(path) > 1 else []
    for wrong_n, wrong_size, wrong_root, wrong_leaf, wrong_path in manglings:
        with pytest.raises(ValueError, match=r"."):
            verify_inclusion(wrong_n, wrong_size, wrong_leaf, wrong_path, wrong_root)


@pytest.mark.parametrize(("first", "second", "texts"), CT_CONSISTENCY[1:])
def test_what_certificate_transparency_refuses_of_consistency_is_refused(
    first: int, second: int, texts: list[str]
) -> None:
    """The manglings of verify_test.go, corruptConsistencyProof."""
    path, one, two = path_of(texts), roots(first), roots(second)
    manglings = [
        (first - 1, second, one, two, path),
        (first + 1, second, one, two, path),
        (first ^ 2, second, one, two, path),
        (first, second * 2, one, two, path),
        (first, second // 2, one, two, path),
        (first, second, b"WrongRoot", two, path),
        (first, second, one, b"WrongRoot", path),
        (first, second, two, one, path),
        (first, second, one, two, ()),
        (first, second, one, two, path[:-1]),
        *((first, second, one, two, (*path, extra)) for extra in (b"", one, two)),
        *((first, second, one, two, (extra, *path)) for extra in (b"", one, two, path[0])),
    ]
    for wrong_first, wrong_second, wrong_one, wrong_two, wrong_path in manglings:
        with pytest.raises(ValueError, match=r"."):
            verify_consistency(wrong_first, wrong_second, wrong_path, wrong_one, wrong_two)


@pytest.mark.parametrize(
    ("first", "second", "one", "two", "path"),
    [
        (0, 0, ROOTS[0], ROOTS[1], []),
        (1, 1, ROOTS[1], ROOTS[2], []),
        (1, 0, ROOTS[1], ROOTS[0], []),
        (2, 1, ROOTS[2], ROOTS[1], []),
        (1, 2, ROOTS[1], ROOTS[2], []),
        (0, 1, ROOTS[1], ROOTS[1], []),
        (0, 0, ROOTS[0], ROOTS[0], [ROOTS[0]]),
        (0, 1, ROOTS[0], ROOTS[1], [ROOTS[0]]),
        (1, 1, ROOTS[1], ROOTS[1], [ROOTS[0]]),
    ],
)
def test_trees_that_cannot_follow_each_other_are_refused(
    first: int, second: int, one: str, two: str, path: list[str]
) -> None:
    with pytest.raises(ValueError, match=r"."):
        verify_consistency(first, second, path_of(path), bytes.fromhex(one), bytes.fromhex(two))


def test_the_empty_tree_is_the_beginning_of_every_tree() -> None:
    verify_consistency(0, 5, consistency_path(0, 5, Nodes(INPUTS)), roots(0), roots(5))
    assert root_at(0, Nodes([])) == EMPTY_ROOT == roots(0)


def test_no_path_is_made_for_what_is_not_there() -> None:
    for n, size in ((0, 0), (1, 1), (8, 8), (-1, 8)):
        with pytest.raises(ValueError, match="no leaf"):
            inclusion_path(n, size, Nodes(INPUTS))
        with pytest.raises(ValueError, match="no leaf"):
            inclusion_root(n, size, roots(1), ())
    with pytest.raises(ValueError, match="not the beginning"):
        consistency_path(3, 2, Nodes(INPUTS))


LEAVES = [bytes([n]) for n in range(40)]


def test_every_inclusion_proof_of_every_small_tree_verifies_and_is_that_of_the_rfc() -> None:
    nodes = Nodes(LEAVES)
    for size in range(1, 34):
        root = tree_hash(LEAVES[:size])
        assert root_at(size, nodes) == root
        for n in range(size):
            path = inclusion_path(n, size, nodes)
            assert list(path) == audit_path(n, LEAVES[:size])
            verify_inclusion(n, size, leaf_hash(LEAVES[n]), path, root)


def test_every_consistency_proof_of_every_small_tree_verifies_and_is_that_of_the_rfc() -> None:
    nodes = Nodes(LEAVES)
    for second in range(1, 34):
        for first in range(1, second + 1):
            path = consistency_path(first, second, nodes)
            assert list(path) == subproof(first, LEAVES[:second], True)
            verify_consistency(first, second, path, tree_hash(LEAVES[:first]), tree_hash(LEAVES[:second]))


@settings(deadline=None)
@given(st.integers(1, 500), st.data())
def test_every_proof_verifies_and_every_altered_bit_is_refused(size: int, data: st.DataObject) -> None:
    leaves = [n.to_bytes(2, "big") for n in range(size)]
    nodes = Nodes(leaves)
    n, first = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    root, one = tree_hash(leaves), tree_hash(leaves[:first])
    path, onward = inclusion_path(n, size, nodes), consistency_path(first, size, nodes)
    verify_inclusion(n, size, leaf_hash(leaves[n]), path, root)
    verify_consistency(first, size, onward, one, root)
    hashes = [leaf_hash(leaves[n]), root, *path]
    at, bit = data.draw(st.integers(0, len(hashes) - 1)), data.draw(st.integers(0, 255))
    hashes[at] = flipped(hashes[at], bit)
    with pytest.raises(ValueError, match="does not lead to the root"):
        verify_inclusion(n, size, hashes[0], tuple(hashes[2:]), hashes[1])
    hashes = [one, root, *onward]
    at = data.draw(st.integers(0, len(hashes) - 1))
    hashes[at] = flipped(hashes[at], bit)
    with pytest.raises(ValueError, match=r"does not lead to the root|different roots"):
        verify_consistency(first, size, tuple(hashes[2:]), hashes[0], hashes[1])


@settings(deadline=None)
@given(st.integers(1, 64), st.integers(0, 63), st.lists(st.binary(min_size=32, max_size=32), max_size=8))
def test_a_path_of_nonsense_proves_nothing(size: int, n: int, path: list[bytes]) -> None:
    root = tree_hash([bytes([i]) for i in range(size)])
    with pytest.raises(ValueError, match=r"."):
        verify_inclusion(n, size, node_hash(SOME, SOME), tuple(path), root)
    with pytest.raises(ValueError, match=r"."):
        verify_consistency(n, size, tuple(path), SOME, root)


def flipped(octets: bytes, bit: int) -> bytes:
    altered = bytearray(octets)
    altered[bit // 8] ^= 1 << bit % 8
    return bytes(altered)
