"""Opening one regular file to read it, in the two ways a preservation archive does."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO

from archive import durable


def open_quietly(path: Path | bytes) -> BinaryIO:
    """A reading of a regular file that follows no link, waits for nobody and leaves no trace, not even a time.

    Raises OSError; for anything but a regular file too.
    """
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        descriptor = os.open(path, flags | getattr(os, "O_NOATIME", 0))
    except PermissionError:  # only the owner may ask to leave the access time alone
        descriptor = os.open(path, flags)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError("is no longer a regular file")
    return os.fdopen(descriptor, "rb", buffering=0)


def open_from_medium(path: Path) -> BinaryIO:
    """As ``open_quietly``, with the octets coming from the medium and not from memory."""
    file = open_quietly(path)
    durable.forget_pages(file.fileno())
    return file
