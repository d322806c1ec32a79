"""A producer's checksum files, given or found in the delivery: which digest is said to be of which delivered file.

Their lines lie on disk while a command runs, so that a million of them need no memory. Needs no archive. Paths are
octets, relative to the delivered folder.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, groupby, islice
from pathlib import Path

from archive.errors import ArchiveError, UsageError
from archive.ingest.checksum_lines import (
    Listing,
    Unread,
    declared_algorithm,
    is_checksum_name,
    parse_line,
    spoken_of,
)
from archive.ingest.checksum_paths import Placement, alike, guesses, is_plain_file, place
from archive.ingest.checksum_text import Spool, lines_of
from archive.ingest.scratch import scratch_database, writing_scratch
from archive.ingest.told import Told
from archive.model.names import shown
from profiles.finding import Finding, Severity
from profiles.finding_codes import FindingCode

_SCHEMA = """
CREATE TABLE list (
    number INTEGER PRIMARY KEY, name BLOB NOT NULL, path BLOB, sha256 TEXT NOT NULL, size INTEGER NOT NULL,
    start INTEGER NOT NULL, of_one INTEGER NOT NULL, lines INTEGER NOT NULL, unread INTEGER NOT NULL
) STRICT;
CREATE INDEX list_by_path ON list (path);
CREATE TABLE line (
    list INTEGER NOT NULL, number INTEGER NOT NULL, algorithm TEXT NOT NULL, digest TEXT NOT NULL,
    path BLOB NOT NULL, alike BLOB NOT NULL, met INTEGER NOT NULL
) STRICT;
CREATE INDEX line_by_alike ON line (alike);
CREATE INDEX line_by_path ON line (list, path, algorithm);
"""
_SAMPLE = 50
"""Paths of a list that are looked for to find out from which folder they count."""
_NAMED_LINES = 5
_EVERY_LINE = "the checksum file has every line"


@dataclass(frozen=True, slots=True)
class ChecksumList:
    """One checksum file as received; ``path`` where it lies in the delivery, None where it was given beside it.

    ``lines`` give a digest, ``unread`` are those nobody can make one of; ``start`` is where it is kept.
    """

    name: bytes
    path: bytes | None
    sha256: str
    size: int
    lines: int
    unread: int
    start: int


@dataclass(frozen=True, slots=True)
class _Line:
    id: int
    list: int
    number: int
    algorithm: str
    digest: str
    path: bytes


class Checksums:
    """The digests of all checksum files of one delivery. Each lookup is a question to a scratch database."""

    def __init__(self, root: Path, *, payload: bytes = b"", scratch: Path | None = None) -> None:
        """``root`` is the delivered folder; ``payload`` the folder in it, with a stroke, where a bag has its files."""
        self._root = os.fsencode(root)
        self._payload = payload
        self._database = scratch_database(scratch, _SCHEMA)
        self._spool = Spool(scratch)
        self._told = Told()
        self._scopes: set[bytes] = set()
        self._lists = 0
        self._given: list[str] = []
        self._other_encodings = False

    def findings(self) -> tuple[Finding, ...]:
        """What is wrong with the files and their lines, and where several lines speak of one file."""
        told = Told()
        for finding in chain(self._told.findings(where=_EVERY_LINE), self._repeated()):
            told.add(finding)
        return told.findings(where=_EVERY_LINE)

    @property
    def given(self) -> tuple[str, ...]:
        """SHA-256 of each file that was given by hand, in order."""
        return tuple(sorted(set(self._given)))

    def lists(self) -> Iterator[ChecksumList]:
        """Every checksum file that is not one delivered file's own, in the order they were met."""
        query = "SELECT name, path, sha256, size, lines, unread, start FROM list WHERE of_one = 0 ORDER BY number"
        return (ChecksumList(*found) for found in self._database.execute(query))

    def octets(self, one: ChecksumList) -> Iterator[bytes]:
        """A checksum file as received, in pieces."""
        return self._spool.pieces(one.start, one.size)

    def take_given(self, path: Path) -> None:
        """Take in a file that a person points to.

        Raises UsageError or ArchiveError where it cannot be read or holds no checksum at all.
        """
        real = os.fsencode(os.path.realpath(path))
        inside = real.removeprefix(self._root + b"/") if real.startswith(self._root + b"/") else None
        try:
            start, size, sha256 = self._spool.take(real)
        except FileNotFoundError:
            raise UsageError(f"there is no checksum file {path}") from None
        except OSError as error:
            raise ArchiveError(f"{path}: cannot be read: {error.strerror or error}") from error
        if self._fill(inside or os.fsencode(path.name), inside, start=start, size=size, sha256=sha256) == 0:
            raise UsageError(
                f"{path}: no line of it is a checksum",
                hint="a line is a digest and a path, as sha256sum writes it; a table is given with --metadata",
            )
        self._given.append(sha256)

    def take_found(self, path: bytes) -> None:
        """Take in a file of the delivery that has the name of a checksum file; one taken in before is passed over."""
        if self._is_taken(path):
            return
        try:
            start, size, sha256 = self._spool.take(os.path.join(self._root, path))
        except OSError as error:
            self._tell(FindingCode.CHECKSUM_FILE_UNREADABLE, path, f"cannot be read: {error.strerror or error}")
            return
        if self._fill(path, path, start=start, size=size, sha256=sha256) == 0 and size:
            message = "has the name of a checksum file, and no line of it is a checksum; nothing was compared with it"
            self._tell(FindingCode.NO_CHECKSUMS, path, message)

    def digests(self, path: bytes) -> Iterator[tuple[str, str, str]]:
        """Algorithm, digest, and the file and line it stands in, for a delivered file; what a file repeats once."""
        for number, lines in groupby(self._lines(path), key=lambda line: line.list):
            said: dict[tuple[str, str], int] = {}
            for line in lines:
                said.setdefault((line.algorithm, line.digest), line.number)
            name = shown(self._name(number))
            for (algorithm, digest), where in said.items():
                yield algorithm, digest, f"{name} line {where}"

    def compare(self, paths: Iterable[bytes]) -> Iterator[Finding]:
        """What is on one side only: delivered files in no list as they come, then lines whose file is not there."""
        with writing_scratch(self._database):
            for path in paths:
                lines = self._lines(path)
                for line in lines:
                    self._database.execute("UPDATE line SET met = 1 WHERE rowid = ?", (line.id,))
                if not lines and self._is_covered(path) and not self._is_taken(path):
                    message = "the file was delivered, and stands in no checksum file; it is accepted"
                    yield Finding(FindingCode.DELIVERED_NOT_LISTED, Severity.WARNING, shown(path), message)
        query = (
            "SELECT list.name, line.number, line.path FROM line JOIN list ON list.number = line.list "
            "WHERE met = 0 ORDER BY line.list, line.number"
        )
        for name, number, path in self._database.execute(query):
            if not is_plain_file(self._root, path):  # else it is there and no item, such as a bag's own files
                message = f"line {number} of {shown(name)} lists this file, and it was not delivered"
                yield Finding(FindingCode.LISTED_NOT_DELIVERED, Severity.ERROR, shown(path), message)

    def _fill(self, name: bytes, path: bytes | None, *, start: int, size: int, sha256: str) -> int:
        """Take in the lines of one file; answer how many give a digest. Where none does, no line is told of."""
        self._lists += 1
        one = spoken_of(os.path.basename(name))
        folder = _folder(path or b"")
        reading = _Reading(name, self._spool.pieces(start, size), one=one)
        found = iter(reading)
        sample = list(islice(found, _SAMPLE))
        placement = place(
            [said.path or b"" for _, said in sample],
            list(dict.fromkeys((folder, self._payload, b""))),
            is_there=lambda path: is_plain_file(self._root, path),
        )
        rows = self._rows(reading, chain(sample, found), placement, own=path)
        of_one = one is not None and path is not None and is_plain_file(self._root, folder + one)
        with writing_scratch(self._database):
            self._database.executemany("INSERT INTO line VALUES (?, ?, ?, ?, ?, ?, 0)", rows)
            lines = self._count("SELECT COUNT(*) FROM line WHERE list = ?", self._lists)
            row = (self._lists, name, path, sha256, size, start, of_one, lines, reading.unread)
            self._database.execute("INSERT INTO list VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
        if lines and not of_one:
            self._scopes.add(placement.folder)
        for finding in reading.told.findings(where=_EVERY_LINE) if lines else ():
            self._told.add(finding)
        return lines

    def _rows(
        self, reading: _Reading, found: Iterable[tuple[int, Listing]], placement: Placement, *, own: bytes | None
    ) -> Iterator[tuple[object, ...]]:
        """What is kept of each line: the path it means in the delivery, and that path so that spellings are equal."""
        for number, said in found:
            path = placement.of(said.path or b"")
            if path is None:
                reading.tell(number, FindingCode.CHECKSUM_PATH_OUTSIDE, "names a file outside the delivery")
            elif path == own:
                message = "speaks of the checksum file itself, which cannot be right; it is not compared"
                reading.tell(number, FindingCode.CHECKSUM_OF_ITSELF, message, Severity.INFO)
            else:
                key = alike(path)
                self._other_encodings = self._other_encodings or not _is_utf8(key)
                yield self._lists, number, said.algorithm, said.digest, path, key

    def _tell(self, code: FindingCode, path: bytes, message: str) -> None:
        self._told.add(Finding(code, Severity.WARNING, shown(path), message))

    # Looking up

    def _lines(self, path: bytes) -> list[_Line]:
        """The lines about a delivered file, list by list: exactly so where a list has it, else whatever is alike."""
        lines = self._alike(alike(path))
        if not lines and not path.isascii() and (self._other_encodings or not _is_utf8(path)):
            found = [guessed for key in dict.fromkeys(guesses(path)) if (guessed := self._alike(key))]
            lines = found[0] if len(found) == 1 else []
        exact = {line.list for line in lines if line.path == path}
        return [line for line in lines if line.path == path or line.list not in exact]

    def _alike(self, key: bytes) -> list[_Line]:
        query = "SELECT rowid, list, number, algorithm, digest, path FROM line WHERE alike = ? ORDER BY list, number"
        return [_Line(*found) for found in self._database.execute(query, (key,))]

    def _name(self, number: int) -> bytes:
        return bytes(self._database.execute("SELECT name FROM list WHERE number = ?", (number,)).fetchone()[0])

    def _is_taken(self, path: bytes) -> bool:
        return self._count("SELECT COUNT(*) FROM list WHERE path = ?", path) > 0

    def _count(self, query: str, value: object) -> int:
        return int(self._database.execute(query, (value,)).fetchone()[0])

    def _is_covered(self, path: bytes) -> bool:
        """Whether some list speaks of the folder a file lies in, or of one above."""
        folder = _folder(path)
        while folder and folder not in self._scopes:
            folder = _folder(folder[:-1])
        return folder in self._scopes

    def _repeated(self) -> Iterator[Finding]:
        query = (
            "SELECT list, path, algorithm, COUNT(DISTINCT digest) FROM line "
            "GROUP BY list, path, algorithm HAVING COUNT(*) > 1"
        )
        for number, path, algorithm, digests in self._database.execute(query):
            told = "SELECT number FROM line WHERE list = ? AND path = ? AND algorithm = ? ORDER BY number LIMIT ?"
            lines = self._database.execute(told, (number, path, algorithm, _NAMED_LINES + 1)).fetchall()
            where = ", ".join(str(line) for (line,) in lines[:_NAMED_LINES]) + (", ..." if lines[_NAMED_LINES:] else "")
            of = f"lines {where} of {shown(self._name(number))} give"
            if digests > 1:
                message = f"{of} this file different {algorithm} digests; each is compared with the bytes received"
                yield Finding(FindingCode.CHECKSUM_CONTRADICTION, Severity.WARNING, shown(path), message)
            else:
                yield Finding(
                    FindingCode.CHECKSUM_LINE_TWICE, Severity.INFO, shown(path), f"{of} this file the same digest"
                )


class _Reading:
    """The lines of one checksum file that give a digest, with their numbers, and what is wrong with the others."""

    def __init__(self, name: bytes, pieces: Iterable[bytes], *, one: bytes | None) -> None:
        """``one`` is the file that the checksum file is named after."""
        self.told = Told()
        self.unread = 0
        self._name = name
        self._pieces = pieces
        self._one = one
        self._declared = declared_algorithm(os.path.basename(name).decode("utf-8", "replace"))

    def __iter__(self) -> Iterator[tuple[int, Listing]]:
        for number, line in enumerate(lines_of(self._pieces), 1):
            said = self._said(line)
            if isinstance(said, Listing):
                yield number, said
            elif said is not None:
                self.tell(number, said.code, f"{said.why}; nothing is compared with it")

    def tell(self, number: int, code: FindingCode, why: str, severity: Severity = Severity.WARNING) -> None:
        """Remember what is wrong with a line."""
        self.unread += 1
        self.told.add(Finding(code, severity, shown(self._name), f"line {number} {why}"))

    def _said(self, line: bytes | None) -> Listing | Unread | None:
        if line is None:
            return Unread(FindingCode.CHECKSUM_LINE_MALFORMED, "is too long")
        said = parse_line(line, declared=self._declared)
        if not isinstance(said, Listing) or said.path is not None:
            return said
        if self._one is None:
            return Unread(FindingCode.CHECKSUM_LINE_MALFORMED, "is a digest without a path")
        return replace(said, path=self._one)


def find_checksums(
    root: Path,
    files: Iterable[bytes],
    *,
    given: Sequence[Path] = (),
    payload: bytes = b"",
    scratch: Path | None = None,
) -> Checksums | None:
    """The checksum files ``given`` by hand and those among the delivered ``files``; None where there is none.

    ``files`` are paths relative to ``root``, taken once. Raises UsageError or ArchiveError for one that was given and
    cannot be used.
    """
    found: Checksums | None = None
    if given:
        found = Checksums(root, payload=payload, scratch=scratch)
        for path in given:
            found.take_given(path)
    for name in files:
        if is_checksum_name(os.path.basename(name)):
            found = found or Checksums(root, payload=payload, scratch=scratch)
            found.take_found(name)
    return found


def _folder(path: bytes) -> bytes:
    """The folder of a path, with its stroke; empty at the top."""
    return path[: path.rfind(b"/") + 1]


def _is_utf8(octets: bytes) -> bool:
    try:
        octets.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
