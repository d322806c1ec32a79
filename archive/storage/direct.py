"""Writing a new file straight to its medium, past the memory that the system keeps of files.

What passes through that memory takes room in it, page by page, and is waited for at the next sync all the same; nobody
wants it there, for what we store is read back from the medium. See ``O_DIRECT`` in open(2).
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
from pathlib import Path
from types import TracebackType

BLOCK = 4096
"""Octets: a piece that is written directly holds whole blocks and begins in memory at a multiple of it."""

_DIRECT = getattr(os, "O_DIRECT", 0)


class NewFile:
    """A file that did not exist before, to be written once from its beginning; FileExistsError if it did.

    ``direct``: pieces of whole blocks go straight to the medium, where the file system can do that; the others, and
    all of them where it cannot, take the usual way. Nothing is promised before the next sync either way.
    """

    def __init__(self, path: Path, *, direct: bool = False) -> None:
        self.descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        self._direct = False
        if direct and _DIRECT:
            with contextlib.suppress(OSError):
                fcntl.fcntl(self.descriptor, fcntl.F_SETFL, _DIRECT)
                self._direct = True

    def write(self, piece: bytes | memoryview) -> None:
        """Write the next octets, however many calls that takes."""
        view = memoryview(piece)
        while view:
            try:
                view = view[os.write(self.descriptor, view) :]
            except OSError as error:
                if error.errno != errno.EINVAL or not self._direct:
                    raise
                fcntl.fcntl(self.descriptor, fcntl.F_SETFL, 0)  # no whole block, or not for this file system
                self._direct = False

    def __enter__(self) -> NewFile:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        os.close(self.descriptor)
