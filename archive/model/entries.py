"""Entries of a tree: what a folder holds, by names that are bytes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class EntryKind(StrEnum):
    """What stands under a name. Only a regular file has bytes to keep."""

    FILE = "file"
    FOLDER = "folder"
    LINK = "link"
    FIFO = "fifo"
    SOCKET = "socket"
    DEVICE = "device"
    UNKNOWN = "unknown"
    DAMAGED = "damaged member"  # of a packed package: there, and not as it was written


@dataclass(frozen=True, slots=True)
class Entry:
    """One name below a root: path relative to it with ``/`` between parts, kind, and size in octets (files only)."""

    path: bytes
    kind: EntryKind
    size: int = 0
