"""A replica compared with what was sealed: every file read in full, every difference a result (DESIGN §9)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from archive.bags.reader import BagReader
from archive.model.digests import SEALED, digest_stream
from archive.model.entries import Entry, EntryKind
from archive.model.fixity import DAMAGE, FixityOutcome
from archive.packages.sealed import Expected, Promise


@dataclass(frozen=True, slots=True)
class FileResult:
    """What became of checking one file; ``size`` counts octets read, ``sha256`` and ``blake3`` are what was found."""

    path: bytes
    outcome: FixityOutcome
    size: int = 0
    expected_sha256: str | None = None
    sha256: str | None = None
    blake3: str | None = None
    detail: str = ""

    @property
    def is_damage(self) -> bool:
        """Whether the replica is not what was sealed."""
        return self.outcome in DAMAGE


def compare(reader: BagReader, promise: Promise) -> Iterator[FileResult]:
    """The result for every file that should be there or is, one by one, in order of path, extra ones last.

    Where a folder cannot be listed, its files are opened all the same, and one more result says under the folder's
    path that what else lies there is not checked. Never raises.
    """
    present, unlisted = _listing(reader)
    for path, expected in promise.files.items():
        entry = present.get(path)
        if entry is None and unlisted is None:
            yield FileResult(path, FixityOutcome.MISSING, expected_sha256=expected.sha256)
        elif entry is None or entry.kind is EntryKind.FILE:
            yield _check(reader, path, expected)
        else:
            detail = f"a {entry.kind} stands in its place"
            yield FileResult(path, FixityOutcome.ALTERED, expected_sha256=expected.sha256, detail=detail)
    for path, entry in present.items():
        if path not in promise.files and entry.kind is not EntryKind.FOLDER:
            yield _surplus(reader, entry, known=promise.complete)
    if unlisted is not None:
        folder = unlisted.filename if isinstance(unlisted.filename, bytes) else b""
        detail = f"a folder cannot be listed: {unlisted.strerror or unlisted}"
        yield FileResult(folder, FixityOutcome.NOT_CHECKED, detail=detail)


def _listing(reader: BagReader) -> tuple[dict[bytes, Entry], OSError | None]:
    """Every entry that could be listed, by path, and why the list is not complete."""
    present: dict[bytes, Entry] = {}
    try:
        for entry in reader.entries():
            present[entry.path] = entry
    except OSError as error:
        return present, error
    return present, None


def _check(reader: BagReader, path: bytes, expected: Expected) -> FileResult:
    first = _read(reader, path, expected)
    if first.outcome is FixityOutcome.OK:
        return first
    second = _read(reader, path, expected)  # independent: reopened, and read from the medium
    if second.outcome is FixityOutcome.OK:
        return replace(second, detail=f"the first reading said {first.outcome}, a second one found the file right")
    return second


def _read(reader: BagReader, path: bytes, expected: Expected) -> FileResult:
    try:
        with reader.open(path) as stream:
            size, digests = digest_stream(stream, SEALED)
    except FileNotFoundError:
        return FileResult(path, FixityOutcome.MISSING, expected_sha256=expected.sha256)
    except OSError as error:
        detail = error.strerror or str(error)
        return FileResult(path, FixityOutcome.UNREADABLE, expected_sha256=expected.sha256, detail=detail)
    wanted = [(name, digest) for name, digest in zip(SEALED, (expected.sha256, expected.blake3), strict=True) if digest]
    if not wanted:
        return FileResult(path, FixityOutcome.NOT_CHECKED, size, detail="no trustworthy digest to compare with")
    right = all(digests[name] == digest for name, digest in wanted)
    outcome = FixityOutcome.OK if right else FixityOutcome.ALTERED
    return FileResult(path, outcome, size, expected.sha256, **digests)


def _surplus(reader: BagReader, entry: Entry, *, known: bool) -> FileResult:
    if not known:
        detail = "no trustworthy list says whether it belongs"
        return FileResult(entry.path, FixityOutcome.NOT_CHECKED, detail=detail)
    if entry.kind is not EntryKind.FILE:
        return FileResult(entry.path, FixityOutcome.EXTRA, detail=f"a {entry.kind}")
    try:
        with reader.open(entry.path) as stream:
            size, digests = digest_stream(stream, SEALED)
    except OSError as error:
        return FileResult(entry.path, FixityOutcome.EXTRA, detail=error.strerror or str(error))
    return FileResult(entry.path, FixityOutcome.EXTRA, size, **digests)
