"""The octets of checksum files, kept on disk as received, and their lines."""

from __future__ import annotations

import codecs
import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from archive.errors import StorageError
from archive.ingest.checksum_lines import LONGEST
from archive.ingest.scratch import scratch_file
from archive.model.digests import CHUNK
from archive.storage.descent import open_unlinked

_PIECE = 64 * 1024
"""Octets taken into memory at a time: few, because they become many short lines."""
_MARKS = ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))  # PowerShell writes the first


class Spool:
    """Copies of files, one behind the other in one scratch file without a name."""

    def __init__(self, scratch: Path | None) -> None:
        self._file = scratch_file(scratch)
        self._end = 0

    def take(self, path: bytes) -> tuple[int, int, str]:
        """Copy the file at an absolute path, in one reading; answer where the copy begins, its size and its SHA-256.

        Raises OSError where the file cannot be read, StorageError where there is no room for it.
        """
        hasher, start = hashlib.sha256(), self._end
        with open_unlinked(path) as source:
            while chunk := source.read(CHUNK):
                hasher.update(chunk)
                self._keep(chunk)
        return start, self._end - start, hasher.hexdigest()

    def pieces(self, start: int, size: int) -> Iterator[bytes]:
        """A copy, in pieces."""
        while size > 0:
            self._file.seek(start)
            piece = self._file.read(min(_PIECE, size))
            yield piece
            start, size = start + len(piece), size - len(piece)

    def _keep(self, chunk: bytes) -> None:
        try:
            self._file.seek(self._end)
            self._file.write(chunk)
            self._end += len(chunk)
        except OSError as error:
            raise StorageError(
                f"there is no room for a copy of the checksum file: {error.strerror or error}",
                hint="free space on the disk of the archive, then give the same command again; nothing was lost",
                transient=True,
            ) from error


def lines_of(pieces: Iterable[bytes]) -> Iterator[bytes | None]:
    """The lines of a text without their line feeds: octets as they are, UTF-16 and a byte order mark made UTF-8.

    None stands for a line longer than ``LONGEST``.
    """
    rest, skipping = b"", False
    for piece in _in_octets(pieces):
        *ended, rest = (rest + piece).split(b"\n")
        for line in ended:
            yield None if skipping or len(line) > LONGEST else line
            skipping = False
        if len(rest) > LONGEST:
            rest, skipping = b"", True
    if rest or skipping:
        yield None if skipping else rest


def _in_octets(pieces: Iterable[bytes]) -> Iterator[bytes]:
    given = iter(pieces)
    first = next(given, b"")
    for mark, codec in _MARKS:
        if first.startswith(mark):
            decoder = codecs.getincrementaldecoder(codec)("replace")
            yield decoder.decode(first[len(mark) :]).encode("utf-8", "replace")
            for piece in given:
                yield decoder.decode(piece).encode("utf-8", "replace")
            yield decoder.decode(b"", True).encode("utf-8", "replace")
            return
    yield first.removeprefix(codecs.BOM_UTF8)
    yield from given
