"""The archive's own folder of private lines: appended to before openings and leaves, and read beside them.

On disk, below the log's folder::

    private/<first n, 20 digits>-65536.jsonl      a settled file: all lines of these records
    private/<first n, 20 digits>-open.jsonl       the growing one
    private/<first n, 20 digits>-65536.2.jsonl    the same, written anew a second time because lines were erased

There is no file where no record of a block has private lines. Lines above the acknowledged size, as a crash leaves
them, are passed over when reading, and cut before the next append.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from archive import durable
from archive.custody.lines import size_or_zero
from archive.custody.private import (
    PRIVATE,
    Placed,
    PrivateFile,
    end_below,
    lines_by_record,
    newest,
    parse_private,
    without,
)
from archive.custody.segments import Segment, pieces


class PrivateFolder:
    """``private/`` of the log in ``folder``, whose files are cut every ``segment`` records."""

    __slots__ = ("_end", "folder", "segment")

    def __init__(self, folder: Path, *, segment: int) -> None:
        self.folder = folder / PRIVATE
        self.segment = segment
        self._end: tuple[str, int] | None = None

    def files(self) -> list[PrivateFile]:
        """The files that count, in the order of their records."""
        names = self._names()
        firsts = sorted({file.first for name in names if (file := parse_private(name)) is not None})
        return [file for first in firsts if (file := newest(names, first)) is not None]

    def strangers(self) -> list[str]:
        """Names of entries that are none of the files that count."""
        counting = {file.name for file in self.files()}
        return sorted(name for name in self._names() if name not in counting)

    def file(self, n: int) -> PrivateFile | None:
        """The file that holds the lines of record ``n``; None where there is none."""
        return newest(self._names(), n - n % self.segment)

    def path(self, n: int) -> Path | None:
        """Where that file lies."""
        file = self.file(n)
        return None if file is None else self.folder / file.name

    def read(self, run: Segment) -> Iterator[tuple[int, list[Placed]]]:
        """The lines of each record of ``run`` that has some, in order; ``run`` is inside one block.

        Raises ValueError at what is no line, or out of order.
        """
        for n, held in lines_by_record(self.lines(run)):
            if n >= run.end:
                return
            if n >= run.first:
                yield n, held

    def lines(self, run: Segment) -> Iterator[bytes]:
        """The lines of the file of this block as they lie on disk, whole ones only, without their LF."""
        path = self.path(run.first)
        if path is None:
            return
        with open(path, "rb") as file:
            for line in file:
                if not line.endswith(b"\n"):
                    return
                yield line[:-1]

    def append(self, first: int, lines: Sequence[Sequence[bytes]]) -> None:
        """Bring the lines of the records from ``first`` on to the medium; the caller holds the log's lock.

        What lies above ``first`` was never acknowledged and is cut.
        """
        created = False
        for run in pieces(first, first + len(lines), self.segment):
            some = [line for held in lines[run.first - first : run.end - first] for line in held]
            path = self.path(run.first)
            if path is not None:
                self._cut(path, run.first)
            if not some:
                continue
            if path is None:
                created = True
                if not self.folder.is_dir():
                    self.folder.mkdir()
                    durable.sync_folder(self.folder.parent)
                path = self.folder / PrivateFile(run.first - run.first % self.segment, None).name
            with open(path, "ab") as file:
                file.write(b"\n".join(some) + b"\n")
                file.flush()
                durable.sync_file(file.fileno())
                self._end = path.name, file.tell()
        if created:
            durable.sync_folder(self.folder)

    def settle(self, whole: Segment) -> None:
        """Give the file of a block that is complete and acknowledged its final name."""
        file = newest(self._names(), whole.first)
        if file is not None and file.count is None:
            settled = PrivateFile(whole.first, whole.count, file.generation)
            durable.publish(self.folder / file.name, self.folder / settled.name)

    def owes(self, block: Segment, erased: Mapping[int, frozenset[int]], generation: int) -> bool:
        """Whether ``erase`` with the same words has anything to do."""
        file = self.file(block.first)
        if file is None or file.generation < generation or self._older(file) or any(map(_is_torn, self._names())):
            return True
        named = tuple(b'{"i":%d,"n":%d,' % (i, n) for n, places in erased.items() for i in places)
        return any(line.startswith(named) for line in self.lines(block))

    def erase(self, block: Segment, erased: Mapping[int, frozenset[int]], *, generation: int = 0) -> int:
        """Write the file of a block anew without these lines, then remove every older one; answers how many went.

        The file is then of this ``generation``, or of the next one where none is given. May be done twice. The caller
        holds the log's lock, and the log says why.
        """
        file = self.file(block.first)
        if file is None and not generation:
            return 0
        lines = [] if file is None else list(self.lines(block))
        left = list(without(lines, erased))
        file = file or PrivateFile(block.first, block.count if block.count == self.segment else None, -1)
        if len(left) < len(lines) or file.generation < generation:
            file = replace(file, generation=max(file.generation, generation) if generation else file.generation + 1)
            if not self.folder.is_dir():
                self.folder.mkdir()
                durable.sync_folder(self.folder.parent)
            durable.write_atomic(self.folder / file.name, b"".join(line + b"\n" for line in left))
        self._end = None
        for name in [old.name for old in self._older(file)] + [name for name in self._names() if _is_torn(name)]:
            durable.promise(f"remove {name}")
            (self.folder / name).unlink()
        durable.sync_folder(self.folder)
        return len(lines) - len(left)

    def _older(self, file: PrivateFile) -> list[PrivateFile]:
        """The files that ``file`` takes the place of."""
        found = [old for name in self._names() if (old := parse_private(name)) is not None]
        return [old for old in found if old.first == file.first and old != file]

    def _cut(self, path: Path, size: int) -> None:
        """Cut what a crash left above the records acknowledged."""
        if self._end == (path.name, size_or_zero(path)):
            return
        end = end_below(path, size)
        if os.stat(path).st_size > end:
            with open(path, "r+b") as file:
                file.truncate(end)
                durable.sync_file(file.fileno())

    def _names(self) -> list[str]:
        try:
            return os.listdir(self.folder)
        except FileNotFoundError:
            return []


def _is_torn(name: str) -> bool:
    """Whether a file is what a kill left of a durable write."""
    return name.startswith(".") and name.endswith(".tmp")
