"""One file of evidence, open for reading within an allowance."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from types import TracebackType


class AllowanceSpent(Exception):
    """More was asked of a file than may be read from it."""


KEPT = 128 * 1024
"""Octets of a file's beginning that are kept once somebody read them: whoever looks next reads them from there."""


class EvidenceFile:
    """A regular file, read by position and never written; several may look at it, one after the other.

    The file-like half (``seek``, ``tell``, ``read``) is for the libraries that look into containers: together their
    readings may not exceed ``allowance`` octets, after which AllowanceSpent is raised. Those libraries turn an error
    of the medium into a complaint about content; ``failure`` keeps the error itself.
    """

    def __init__(self, path: Path, *, allowance: int = 0) -> None:
        """Raise OSError when ``path`` cannot be opened or is no regular file."""
        self.path = path
        # A FIFO must not block the opening; for a regular file the flag means nothing.
        self._descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        self.closed = False
        try:
            status = os.fstat(self._descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise OSError(errno.EINVAL, "not a regular file", str(path))
        except OSError:
            self.close()
            raise
        self.size = status.st_size
        self.failure: OSError | None = None
        self._allowance = allowance
        self._position = 0
        self._kept = b""

    def begin(self, *, allowance: int) -> None:
        """Let the next one look, from the beginning and within an allowance of its own."""
        self.failure = None
        self._allowance = allowance
        self._position = 0

    def head(self, size: int) -> bytes:
        """The first ``size`` octets, or all."""
        return self._read_at(0, min(size, self.size))

    def tail(self, size: int) -> bytes:
        """The last ``size`` octets, or all."""
        size = min(size, self.size)
        return self._read_at(self.size - size, size)

    def read(self, size: int = -1) -> bytes:
        """The next ``size`` octets, or all that is left; fewer at the end of the file."""
        left = max(self.size - self._position, 0)
        size = left if size < 0 else min(size, left)
        if size > self._allowance:
            raise AllowanceSpent
        self._allowance -= size
        data = self._read_at(self._position, size)
        self._position += size
        return data

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move as ``io.IOBase.seek`` does; ValueError before the beginning."""
        position = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self.size}[whence]
        if position < 0:
            raise ValueError("a position before the beginning of the file")
        self._position = position
        return position

    def tell(self) -> int:
        """The position of the next reading."""
        return self._position

    def seekable(self) -> bool:
        """Always."""
        return True

    def close(self) -> None:
        """Let go of the file."""
        if not self.closed:
            self.closed = True
            os.close(self._descriptor)

    def __enter__(self) -> EvidenceFile:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _read_at(self, position: int, size: int) -> bytes:
        if position + size <= len(self._kept):
            return self._kept[position : position + size]
        try:
            data = read_exactly(self._descriptor, position=position, size=size)
        except OSError as failure:
            self.failure = failure
            raise
        if position == 0 and len(self._kept) < size <= KEPT:
            self._kept = data
        return data


def read_exactly(descriptor: int, *, position: int, size: int) -> bytes:
    """``size`` octets from ``position``; OSError where the file is shorter than it was when it was opened."""
    pieces = []
    while size:
        piece = os.pread(descriptor, size, position)
        if not piece:
            raise OSError(errno.EIO, "the file became shorter while it was read")
        pieces.append(piece)
        position += len(piece)
        size -= len(piece)
    return b"".join(pieces)
