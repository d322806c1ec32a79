"""Opening one regular file to read it, in the two ways a preservation archive does."""

from __future__ import annotations

import os
import stat
from io import FileIO
from pathlib import Path

from archive import durable


def open_quietly(path: Path | bytes, *, within: int | None = None) -> FileIO:
    """A reading of a regular file that follows no link, waits for nobody and leaves no trace, not even a time.

    ``within`` is the descriptor of the folder that a relative path begins in. Raises OSError; for anything but a
    regular file too, and a device is not even opened: some act on that alone.
    """
    _require_regular(os.stat(path, dir_fd=within, follow_symlinks=False))
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        descriptor = os.open(path, flags | getattr(os, "O_NOATIME", 0), dir_fd=within)
    except PermissionError:  # only the owner may ask to leave the access time alone
        descriptor = os.open(path, flags, dir_fd=within)
    try:
        _require_regular(os.fstat(descriptor))  # it may have been replaced since
    except OSError:
        os.close(descriptor)
        raise
    return os.fdopen(descriptor, "rb", buffering=0)


def _require_regular(status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise OSError("is no longer a regular file")


def open_from_medium(path: Path) -> FileIO:
    """As ``open_quietly``, with the octets coming from the medium and not from memory."""
    file = open_quietly(path)
    durable.forget_pages(file.fileno())
    return file
