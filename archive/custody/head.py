"""The head: how far the log is acknowledged, in ``custody/head.json`` (DESIGN §7).

``{"frontier","sha256","size","v"}`` in canonical JSON and a final LF. ``sha256`` is over the same object without that
field: what lies above ``size`` is cut after a crash, so a flipped bit in ``size`` must never be believed.
"""

from __future__ import annotations

from archive.canonical import decode, encode
from archive.custody.merkle import DIGEST_SIZE, Frontier
from archive.model.digests import sha256_hex

HEAD_NAME = "head.json"
"""Name of the head's file in the log's folder."""

_VERSION = 1
_FIELDS = {"frontier", "sha256", "size", "v"}


def encode_head(frontier: Frontier) -> bytes:
    """The bytes of ``head.json`` for a log whose tree is ``frontier``."""
    said = _said(frontier)
    return encode(said | {"sha256": sha256_hex(encode(said))}) + b"\n"


def decode_head(data: bytes) -> Frontier:
    """The tree that ``encode_head`` wrote.

    Raises ValueError for any other bytes, also where a newer program wrote them.
    """
    said = decode(data.removesuffix(b"\n"))
    if not isinstance(said, dict) or said.keys() != _FIELDS:
        raise ValueError("not the head of a custody log")
    if said["v"] != _VERSION:
        raise ValueError(f"head version {said['v']!r}: a newer program wrote it, this one reads version {_VERSION}")
    frontier = _frontier(said["size"], said["frontier"])
    if encode_head(frontier) != data:
        raise ValueError("the head was altered: its digest does not fit")
    return frontier


def _said(frontier: Frontier) -> dict[str, object]:
    return {"frontier": [node.hex() for node in frontier.hashes], "size": frontier.size, "v": _VERSION}


def _frontier(size: object, nodes: object) -> Frontier:
    if type(size) is not int or size < 0 or not isinstance(nodes, list):
        raise ValueError("a head holds a size and the hashes of its subtrees")
    if not all(isinstance(node, str) for node in nodes):
        raise ValueError("hashes are text")
    hashes = tuple(bytes.fromhex(node) for node in nodes)
    if len(hashes) != size.bit_count() or any(len(node) != DIGEST_SIZE for node in hashes):
        raise ValueError(f"a tree of {size} leaves has {size.bit_count()} complete subtrees")
    return Frontier(size, hashes)
