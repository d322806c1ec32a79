"""The Merkle tree over the leaves (RFC 6962 §2.1), as pure functions and the frozen ``Frontier``."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

DIGEST_SIZE = 32
"""Octets of a hash in the tree: SHA-256."""


def leaf_hash(leaf: bytes) -> bytes:
    """Hash of one leaf: SHA-256(0x00 + leaf) (RFC 6962 §2.1)."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def leaf_hashes(leaves: Iterable[bytes]) -> list[bytes]:
    """``leaf_hash`` of each."""
    return [hashlib.sha256(b"\x00" + leaf).digest() for leaf in leaves]


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node: SHA-256(0x01 + left + right) (RFC 6962 §2.1)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True)
class Frontier:
    """All that is needed of a tree to append to it and to know its root.

    ``size`` counts leaves; ``hashes`` are the roots of its complete subtrees, largest first: one for each bit that is
    set in ``size``.
    """

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    def append(self, leaf_hash: bytes) -> Frontier:
        """The tree with one more leaf."""
        hashes = list(self.hashes)
        node, complete = leaf_hash, self.size
        while complete & 1:
            node = node_hash(hashes.pop(), node)
            complete >>= 1
        return Frontier(self.size + 1, (*hashes, node))

    def extend(self, leaf_hashes: Iterable[bytes]) -> Frontier:
        """The tree with more leaves, in this order.

        Works upward: on each level the nodes that wait for a right sibling there come first, then those just made.
        """
        level = list(leaf_hashes)
        size = self.size + len(level)
        waiting = list(self.hashes)
        complete: list[bytes] = []
        height = 0
        while level:
            if self.size >> height & 1:
                level.insert(0, waiting.pop())
            if len(level) & 1:
                complete.append(level.pop())
            pairs = zip(level[::2], level[1::2], strict=True)
            level = [hashlib.sha256(b"\x01" + left + right).digest() for left, right in pairs]
            height += 1
        return Frontier(size, (*waiting, *reversed(complete)))

    def root(self) -> bytes:
        """Merkle tree hash of all leaves; of none, SHA-256 of nothing (RFC 6962 §2.1)."""
        if not self.hashes:
            return hashlib.sha256(b"").digest()
        *larger, node = self.hashes
        for left in reversed(larger):
            node = node_hash(left, node)
        return node
