"""Files and folders that macOS and Windows put onto disks by themselves, told by their names."""

from __future__ import annotations

import re

_NAMES = frozenset(
    name.encode("ascii")
    for name in (
        ".ds_store",
        ".appledouble",
        ".spotlight-v100",
        ".trashes",
        ".fseventsd",
        "__macosx",
        "thumbs.db",
        "ehthumbs.db",
        "desktop.ini",
        "$recycle.bin",
        "system volume information",
    )
)
"""In lower case."""

_RESOURCE_FORK = re.compile(rb"\._.+", re.DOTALL)
"""AppleDouble companions that macOS writes on foreign disks."""

_STREAM = re.compile(rb".+[:_]zone\.identifier(?::\$data)?", re.DOTALL)
"""What is left of the NTFS stream in which Windows notes that a file came from elsewhere, and from where."""


def is_system_name(part: bytes) -> bool:
    """Whether one part of a path is a name that a system writes by itself."""
    return part.lower() in _NAMES or _RESOURCE_FORK.fullmatch(part) is not None


def is_stream_name(part: bytes) -> bool:
    """Whether one part of a path is an NTFS stream that a program wrote out as a file of its own."""
    return _STREAM.fullmatch(part.lower()) is not None
