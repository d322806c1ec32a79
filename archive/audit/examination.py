"""One replica, judged: what became of each file, and whether a hand was at work."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from archive.catalogue.rows import PackageRow, ReplicaRow
from archive.model.entries import Entry, EntryKind
from archive.model.fixity import DAMAGE, FixityOutcome
from archive.model.names import shown
from archive.packages.comparison import FileResult, compare
from archive.packages.sealed import (
    MANIFEST,
    MANIFEST_BLAKE3,
    TAGMANIFEST,
    Promise,
    agrees_with_itself,
    own_list,
    read_promise,
)
from archive.progress import Progress
from archive.storage.location import Location, PackageReader


@dataclass(frozen=True, slots=True)
class Examined:
    """One replica after it was read. ``results`` hold only what is not ``ok``; ``counts`` and ``size`` hold all.

    ``gone`` means that nothing stands where the package should; ``tampering`` says why a hand is suspected;
    ``was_read`` is false where the replica could not or must not be read.
    """

    package: PackageRow
    replica: ReplicaRow
    counts: Counter[FixityOutcome]
    size: int
    results: tuple[FileResult, ...]
    notes: tuple[str, ...] = ()
    gone: bool = False
    tampering: str | None = None
    was_read: bool = True

    @property
    def damaged(self) -> bool:
        """Whether the replica is not what was sealed."""
        return any(self.counts[outcome] for outcome in DAMAGE)

    @property
    def files(self) -> int:
        """How many files were looked for or found."""
        return self.counts.total()


def files_of(package: PackageRow) -> int:
    """How many files a sealed package has, payload and tag files together."""
    return package.files + package.tag_files


def set_apart(package: PackageRow, replica: ReplicaRow, outcome: FixityOutcome, note: str) -> Examined:
    """A replica that was not read at all: offline, frozen, or in dispute."""
    return Examined(package, replica, Counter({outcome: files_of(package)}), 0, (), notes=(note,), was_read=False)


def examine(
    package: PackageRow,
    replica: ReplicaRow,
    location: Location,
    *,
    others: Sequence[PackageReader],
    progress: Progress,
) -> Examined | None:
    """Read a replica in full; None where a person asked to stop before its end, after the file in hand.

    ``others`` are the package's other replicas, asked only for lists this one has lost.
    """
    try:
        gone = not location.holds(replica.key)
    except OSError as error:
        return _unreadable(package, replica, error)
    if gone:
        return Examined(package, replica, Counter({FixityOutcome.MISSING: files_of(package)}), 0, (), gone=True)
    reader = location.reader(replica.key)
    promise = read_promise(package, [reader, *others])
    counts: Counter[FixityOutcome] = Counter()
    size, wrong, notes = 0, list[FileResult](), list[str]()
    for result in compare(reader, promise):
        counts[result.outcome] += 1
        size += result.size
        if result.outcome is not FixityOutcome.OK:
            wrong.append(result)
        elif result.detail:
            notes.append(f"{shown(result.path)}: {result.detail}")
        progress.advance()
        if progress.stopping():
            return None
    suspicion = _tampering(package, reader, promise, wrong) if any(result.is_damage for result in wrong) else None
    return Examined(package, replica, counts, size, tuple(wrong), tuple(notes), tampering=suspicion)


def _unreadable(package: PackageRow, replica: ReplicaRow, error: OSError) -> Examined:
    """A replica of which the disk does not even say whether it is there: no loss, and nothing was checked."""
    note = f"the disk does not say whether the package is there: {error.strerror or error}"
    return set_apart(package, replica, FixityOutcome.TOOL_ERROR, note)


def _tampering(package: PackageRow, reader: PackageReader, promise: Promise, wrong: Sequence[FileResult]) -> str | None:
    """Why a replica that is not what was sealed looks made so by a hand, or None where chance explains it.

    Chance does not compute digests: a manifest that is not the sealed one and yet fits a file that is not the sealed
    one either, or leaves out just what is gone, was made by somebody.
    """
    by_path = {result.path: result for result in wrong}
    for manifest in (TAGMANIFEST, MANIFEST, MANIFEST_BLAKE3):
        if manifest in by_path and by_path[manifest].outcome is FixityOutcome.ALTERED:
            listed = own_list(reader, manifest)
            made_to_fit = _made_to_fit(manifest, listed, promise, by_path)
            if made_to_fit is not None:
                return f"its {manifest.decode()} was made to fit {shown(made_to_fit)}, which is not what was sealed"
    if TAGMANIFEST in by_path and MANIFEST_BLAKE3 not in promise.files:  # no replica has the sealed list of tag files
        present = [entry.path for entry in _entries(reader) if entry.kind is EntryKind.FILE]
        if agrees_with_itself(package, reader, present):
            return "its tagmanifest agrees with its files and not with the custody log"
    return None


def _made_to_fit(
    manifest: bytes, listed: Mapping[bytes, str], promise: Promise, by_path: Mapping[bytes, FileResult]
) -> bytes | None:
    """The path of a wrong file that the replica's own ``manifest`` gives out as right, or of one it no longer lists."""
    for path, digest in listed.items():
        result = by_path.get(path)
        if result is not None and digest == (result.blake3 if manifest == MANIFEST_BLAKE3 else result.sha256):
            return path
    expected = {path for path in promise.files if path != TAGMANIFEST and _lists(manifest, path)}
    left_out = expected - listed.keys()
    gone = all(path in by_path and by_path[path].outcome is FixityOutcome.MISSING for path in left_out)
    if left_out and gone and listed and listed.keys() <= expected:
        return min(left_out)
    return None


def _lists(manifest: bytes, path: bytes) -> bool:
    """Whether ``path`` belongs into ``manifest``: payload into the two payload manifests, the rest into the other."""
    return path.startswith(b"data/") is (manifest != TAGMANIFEST)


def _entries(reader: PackageReader) -> Iterator[Entry]:
    with contextlib.suppress(OSError):  # what could not be listed has its own result
        yield from reader.entries()
