"""Proofs over the tree: that a leaf is in it, and that one tree is the beginning of another (RFC 6962 §2.1). Pure.

A path is made from a source of *node hashes*: a function that answers the root of the complete subtree of ``2^level``
leaves that is number ``index`` from the left. Making one asks for at most two nodes a level of the tree.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

from archive.custody.merkle import DIGEST_SIZE, node_hash

NodeSource = Callable[[int, int], bytes]
"""Root of the complete subtree at (level, index): the leaves from ``index * 2^level`` on, ``2^level`` of them."""

ProofPath = tuple[bytes, ...]
"""Hashes of 32 octets each, in the order of the RFC."""

EMPTY_ROOT = hashlib.sha256(b"").digest()
"""Root of the tree without leaves (RFC 6962 §2.1)."""


def root_at(size: int, nodes: NodeSource) -> bytes:
    """Root of the tree over the first ``size`` leaves."""
    return _range_root(0, size, nodes) if size else EMPTY_ROOT


def inclusion_path(n: int, size: int, nodes: NodeSource) -> ProofPath:
    """Audit path of leaf ``n`` in the tree of ``size`` leaves, lowest sibling first (RFC 6962 §2.1.1).

    Raises ValueError where the tree has no such leaf.
    """
    if not 0 <= n < size:
        raise ValueError(f"a tree of {size} leaves has no leaf {n}")
    path: list[bytes] = []
    first, end = 0, size
    while end - first > 1:
        middle = first + _split(end - first)
        if n < middle:
            path.append(_range_root(middle, end, nodes))
            end = middle
        else:
            path.append(_range_root(first, middle, nodes))
            first = middle
    return tuple(reversed(path))


def consistency_path(first: int, second: int, nodes: NodeSource) -> ProofPath:
    """Proof that the tree of ``first`` leaves is the beginning of that of ``second`` (RFC 6962 §2.1.2).

    Empty where they are one tree or the first is empty. Raises ValueError where the second is the smaller one.
    """
    if not 0 <= first <= second:
        raise ValueError(f"a tree of {first} leaves is not the beginning of one of {second}")
    if first in (0, second):
        return ()
    path: list[bytes] = []
    start, end, known = 0, second, True
    while first != end:  # the SUBPROOF of the RFC, without its recursion
        middle = start + _split(end - start)
        if first <= middle:
            path.append(_range_root(middle, end, nodes))
            end = middle
        else:
            path.append(_range_root(start, middle, nodes))
            start, known = middle, False
    if not known:
        path.append(_range_root(start, end, nodes))
    return tuple(reversed(path))


def inclusion_root(n: int, size: int, leaf_hash: bytes, path: Sequence[bytes]) -> bytes:
    """Root of the tree of ``size`` leaves that ``path`` leads to from leaf ``n`` (RFC 9162 §2.1.3.2).

    Raises ValueError for a path of another length than that leaf has, or of other things than hashes.
    """
    _require_hashes((leaf_hash, *path))
    if not 0 <= n < size:
        raise ValueError(f"a tree of {size} leaves has no leaf {n}")
    node, last, result = n, size - 1, leaf_hash
    for sibling in path:
        if last == 0:
            raise ValueError("the path is longer than the tree is high")
        if node & 1 or node == last:
            result = node_hash(sibling, result)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            result = node_hash(result, sibling)
        node, last = node >> 1, last >> 1
    if last:
        raise ValueError("the path ends below the root")
    return result


def verify_inclusion(n: int, size: int, leaf_hash: bytes, path: Sequence[bytes], root: bytes) -> None:
    """Raise ValueError unless ``path`` proves leaf ``n`` in the tree of ``size`` leaves with this ``root``."""
    if inclusion_root(n, size, leaf_hash, path) != root:
        raise ValueError("the path does not lead to the root")


def verify_consistency(first: int, second: int, path: Sequence[bytes], first_root: bytes, second_root: bytes) -> None:
    """Raise ValueError unless ``path`` proves the first tree to be the beginning of the second (RFC 9162 §2.1.4.2)."""
    _require_hashes((first_root, second_root, *path))
    if not 0 <= first <= second:
        raise ValueError(f"a tree of {first} leaves is not the beginning of one of {second}")
    if first in (0, second):
        if path:
            raise ValueError("between these two there is nothing to prove, and the path is not empty")
        if first == second and first_root != second_root:
            raise ValueError("two trees of one size have different roots")
        if first == 0 and first_root != EMPTY_ROOT:
            raise ValueError("the root of the empty tree is another one")
        return
    steps = list(path) if first & (first - 1) else [first_root, *path]
    if not steps:
        raise ValueError("the path is empty")
    node, last = first - 1, second - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    earlier = later = steps[0]
    for step in steps[1:]:
        if last == 0:
            raise ValueError("the path is longer than the tree is high")
        if node & 1 or node == last:
            earlier, later = node_hash(step, earlier), node_hash(step, later)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            later = node_hash(later, step)
        node, last = node >> 1, last >> 1
    if last:
        raise ValueError("the path ends below the root")
    if earlier != first_root:
        raise ValueError("the path does not lead to the root of the first tree")
    if later != second_root:
        raise ValueError("the path does not lead to the root of the second tree")


def _range_root(first: int, end: int, nodes: NodeSource) -> bytes:
    """Root over the leaves from ``first`` up to ``end``; ``first`` is a multiple of a power of two not below the run.

    Complete subtrees are taken from the left, largest first, and folded from the right.
    """
    complete = []
    while first < end:
        level = (end - first).bit_length() - 1
        complete.append(nodes(level, first >> level))
        first += 1 << level
    root = complete.pop()
    while complete:
        root = node_hash(complete.pop(), root)
    return root


def _split(count: int) -> int:
    """The largest power of two below ``count``, which is at least 2 (RFC 6962 §2.1: k)."""
    return 1 << ((count - 1).bit_length() - 1)


def _require_hashes(octets: Sequence[bytes]) -> None:
    if any(len(node) != DIGEST_SIZE for node in octets):
        raise ValueError(f"a hash of the tree has {DIGEST_SIZE} octets")
