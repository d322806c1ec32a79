"""One process that builds a Merkle tree over the same leaves again and again; see ``custody.py``.

``python custody_tree.py WHOSE COUNT``; WHOSE is ``batches`` or ``singly`` (ours) or ``pymerkle``. Says ``ready`` when
the leaves are made; then builds a tree for each line that comes in, and answers with its root and the processor's
seconds. Runs in pymerkle's own environment too, so it imports nothing before it knows whose turn it is.
"""

from __future__ import annotations

import hashlib
import sys
import time
from collections.abc import Callable

BATCH = 5_000
DAY = "2026-11-22"


def leaf(n: int) -> bytes:
    """A leaf as the custody log has them."""
    commitment = hashlib.sha256(b"%d" % n).hexdigest()
    return f'{{"commitment":"{commitment}","n":{n},"time":"{DAY}","type":"record","v":1}}'.encode()


def batches(leaves: list[bytes]) -> bytes:
    from archive.custody.merkle import Frontier, leaf_hashes

    tree = Frontier()
    for first in range(0, len(leaves), BATCH):
        tree = tree.extend(leaf_hashes(leaves[first : first + BATCH]))
    return tree.root()


def singly(leaves: list[bytes]) -> bytes:
    from archive.custody.merkle import Frontier, leaf_hash

    tree = Frontier()
    for line in leaves:
        tree = tree.append(leaf_hash(line))
    return tree.root()


def pymerkle(leaves: list[bytes]) -> bytes:
    from pymerkle import InmemoryTree

    tree = InmemoryTree(algorithm="sha256")
    for line in leaves:
        tree.append_entry(line)
    root: bytes = tree.get_root()
    return root


BUILDERS: dict[str, Callable[[list[bytes]], bytes]] = {"batches": batches, "singly": singly, "pymerkle": pymerkle}


def main() -> None:
    build = BUILDERS[sys.argv[1]]
    leaves = [leaf(n) for n in range(int(sys.argv[2]))]
    print("ready", flush=True)
    for _ in sys.stdin:
        begun = time.process_time()
        root = build(leaves)
        print(root.hex(), time.process_time() - begun, flush=True)


if __name__ == "__main__":
    main()
