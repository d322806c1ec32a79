"""The tree's node hashes on disk, so that a proof reads a few of them and not the log.

For each block of leaves that no longer grows there is one file, ``custody/tree/<first n, 20 digits>-<count>.bin``: the
hashes of its leaves, then of each level above, 32 octets each, up to the block's own root; behind it the roots of the
larger complete subtrees that end with this block. Below the open end the leaves themselves are read.

These files are derived from the leaves and never believed: every root and path made from them is checked against the
log's head, and when one does not fit they are made anew. They may be lost, and lie at no location.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

from archive import durable
from archive.custody.log import CustodyLog
from archive.custody.merkle import DIGEST_SIZE, leaf_hash, node_hash
from archive.custody.proofs import (
    ProofPath,
    consistency_path,
    inclusion_path,
    root_at,
    verify_consistency,
    verify_inclusion,
)
from archive.custody.segments import LEAVES, Segment
from archive.errors import CustodyError

TREE = "tree"
"""Folder of the files, below the log's."""

T = TypeVar("T")


class Tree:
    """Roots and proofs of one log, as far as it is acknowledged; each is checked before it is answered.

    Blocks that cannot be written down, as on a medium that is only read, are kept in memory (4 MB each).
    """

    def __init__(self, log: CustodyLog) -> None:
        self._log = log
        self._height = log.segment.bit_length() - 1
        self._growing: list[list[bytes]] = []
        self._growing_of = 0  # size of the log that _growing belongs to
        self._unwritten: dict[int, bytes] = {}

    def root(self, size: int) -> bytes:
        """Root of the tree over the first ``size`` leaves.

        Raises ValueError where the log is shorter, CustodyError where the leaves do not lead to the log's head.
        """
        self._require(size)
        return self._checked(lambda: self._root(size))

    def inclusion(self, n: int, size: int) -> ProofPath:
        """Audit path of leaf ``n`` in the tree over the first ``size`` leaves; raises as ``root``."""
        self._require(size)
        if not 0 <= n < size:
            raise ValueError(f"a tree of {size} leaves has no leaf {n}")

        def attempt() -> ProofPath:
            path = inclusion_path(n, size, self.node)
            verify_inclusion(n, size, self._leaf(n), path, self._root(size))
            return path

        return self._checked(attempt)

    def consistency(self, first: int, second: int) -> ProofPath:
        """Proof that the first tree is the beginning of the second, by their sizes; raises as ``root``."""
        self._require(second)
        if not 0 <= first <= second:
            raise ValueError(f"a tree of {first} leaves is not the beginning of one of {second}")

        def attempt() -> ProofPath:
            path = consistency_path(first, second, self.node)
            verify_consistency(first, second, path, self._root(first), self._root(second))
            return path

        return self._checked(attempt)

    def node(self, level: int, index: int) -> bytes:
        """Root of a complete subtree as it is written down, unchecked (``proofs.NodeSource``)."""
        above = level - self._height
        block = ((index + 1) << above) - 1 if above > 0 else index >> -above
        if (block + 1) * self._log.segment > self._log.size:
            return self._growing_levels()[level][index - ((block * self._log.segment) >> level)]
        if above > 0:
            return self._read(block, self._positions + above - 1)
        return self._read(block, self._start(level) + index - (block << -above))

    def renew(self, blocks: Iterable[int] | None = None) -> list[Path]:
        """Make the files of all complete blocks (or some, in order) from the leaves; which were there and wrong.

        Raises CustodyError where leaves are missing.
        """
        wrong = []
        for block in range(self._log.size // self._log.segment) if blocks is None else blocks:
            path = self._path(block)
            before = path.read_bytes() if path.exists() else None
            made = self._made(block)
            if before != made:
                self._write(block, made)
                wrong += [] if before is None else [path]
        return wrong

    def _root(self, size: int) -> bytes:
        """As written down, checked against the head; ValueError where it does not fit."""
        root, head = root_at(size, self.node), self._log.frontier.root()
        whole = self._log.size
        verify_consistency(size, whole, consistency_path(size, whole, self.node), root, head)
        return root

    def _checked(self, attempt: Callable[[], T]) -> T:
        with contextlib.suppress(ValueError):
            return attempt()
        self._growing_of = 0
        self.renew()
        try:
            return attempt()
        except ValueError as error:
            raise CustodyError(
                f"the leaves of the custody log in {self._log.folder} do not lead to the root in its head: {error}",
                hint="archive custody verify says more; keep the folder as it is, and compare it with the copies",
            ) from error

    def _require(self, size: int) -> None:
        if not 0 <= size <= self._log.size:
            raise ValueError(f"the log holds {self._log.size} records, not {size}")

    @property
    def _positions(self) -> int:
        """How many nodes a complete block has, its own root included."""
        return 2 * self._log.segment - 1

    def _start(self, level: int) -> int:
        """Position of the first node of a level in a block's file."""
        return 2 * self._log.segment - (2 * self._log.segment >> level)

    def _path(self, block: int) -> Path:
        count = self._log.segment
        return self._log.folder / TREE / f"{block * count:020d}-{count}.bin"

    def _size(self, block: int) -> int:
        return (self._positions + _trailing_zeros(block + 1)) * DIGEST_SIZE

    def _read(self, block: int, position: int) -> bytes:
        if block not in self._unwritten:
            if (found := self._read_file(block, position)) is not None:
                return found
            self._write(block, self._made(block))
            if (found := self._read_file(block, position)) is not None:
                return found
        return self._unwritten[block][position * DIGEST_SIZE : (position + 1) * DIGEST_SIZE]

    def _read_file(self, block: int, position: int) -> bytes | None:
        try:
            descriptor = os.open(self._path(block), os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return None
        try:
            if os.fstat(descriptor).st_size != self._size(block):
                return None
            return os.pread(descriptor, DIGEST_SIZE, position * DIGEST_SIZE)
        finally:
            os.close(descriptor)

    def _made(self, block: int) -> bytes:
        """What a block's file should hold."""
        levels = _levels(self._leaves(block))
        root, above = levels[-1][0], []
        for height in range(_trailing_zeros(block + 1)):
            left = self.node(self._height + height, (block >> height) - 1)
            root = node_hash(left, root)
            above.append(root)
        return b"".join(node for level in (*levels, above) for node in level)

    def _write(self, block: int, made: bytes) -> None:
        path = self._path(block)
        try:
            path.parent.mkdir(exist_ok=True)
            durable.write_atomic(path, made)
            self._unwritten.pop(block, None)
        except OSError:
            self._unwritten[block] = made

    def _leaves(self, block: int) -> list[bytes]:
        first = block * self._log.segment
        run = Segment(first, min(self._log.segment, self._log.size - first))
        leaves = [leaf_hash(line) for line in self._log.lines(LEAVES, run)]
        if len(leaves) < run.count:
            raise CustodyError(
                f"{self._log.folder}: leaves {first + len(leaves)} to {run.end - 1} are missing",
                hint="restore the log from a location's copy. Nothing was changed",
            )
        return leaves

    def _leaf(self, n: int) -> bytes:
        (line,) = self._log.lines(LEAVES, Segment(n, 1))
        return leaf_hash(line)

    def _growing_levels(self) -> list[list[bytes]]:
        if self._growing_of != self._log.size:
            self._growing = _levels(self._leaves(self._log.size // self._log.segment))
            self._growing_of = self._log.size
        return self._growing


def _levels(leaf_hashes: list[bytes]) -> list[list[bytes]]:
    """All complete subtrees over a run of leaves that begins a block, level by level, leaves first."""
    levels = [leaf_hashes]
    while len(levels[-1]) > 1:
        below = levels[-1]
        levels.append([node_hash(below[i], below[i + 1]) for i in range(0, len(below) - 1, 2)])
    return levels


def _trailing_zeros(number: int) -> int:
    return (number & -number).bit_length() - 1
