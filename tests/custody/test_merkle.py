from __future__ import annotations

import hashlib

from hypothesis import given, settings
from hypothesis import strategies as st

from archive.custody.merkle import Frontier, leaf_hash, node_hash

# The inputs and roots of the certificate-transparency reference implementation (merkle_tree_test).
INPUTS = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def tree_hash(leaves: list[bytes]) -> bytes:
    """RFC 6962 §2.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + tree_hash(leaves[:k]) + tree_hash(leaves[k:])).digest()


def test_the_roots_are_those_of_certificate_transparency():
    frontier = Frontier()
    roots = [frontier.root().hex()]
    for leaf in INPUTS:
        frontier = frontier.append(leaf_hash(leaf))
        roots.append(frontier.root().hex())
    assert roots == ROOTS


def test_leaf_and_node_hashes_are_told_apart_by_their_first_octet():
    assert leaf_hash(b"ab") == hashlib.sha256(b"\x00ab").digest()
    assert node_hash(b"a", b"b") == hashlib.sha256(b"\x01ab").digest()


@settings(deadline=None)
@given(st.lists(st.binary(max_size=3), max_size=70), st.integers(0, 70))
def test_the_root_is_that_of_the_rfc_however_the_leaves_arrive(leaves: list[bytes], cut: int):
    hashes = [leaf_hash(leaf) for leaf in leaves]
    frontier = Frontier().extend(hashes[:cut]).extend(hashes[cut:])
    assert frontier.root() == tree_hash(leaves)
    assert frontier.size == len(leaves)
    assert len(frontier.hashes) == len(leaves).bit_count()
    singly = Frontier().extend(hashes[:cut])
    for leaf in hashes[cut:]:
        singly = singly.append(leaf)
    assert singly == frontier


def test_appending_leaves_the_old_frontier_as_it_was():
    before = Frontier().extend([leaf_hash(b"a")] * 7)
    root = before.root()
    before.append(leaf_hash(b"b"))
    assert (before.size, before.root()) == (7, root)
