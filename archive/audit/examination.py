"""One replica, judged: what became of each file, and whether a hand was at work."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from archive.catalogue.rows import PackageRow, ReplicaRow
from archive.model.fixity import DAMAGE, FixityOutcome
from archive.packages.comparison import FileResult, compare
from archive.packages.sealed import (
    MANIFEST,
    TAGMANIFEST,
    Promise,
    agrees_with_itself,
    own_payload_list,
    read_promise,
)
from archive.progress import Progress
from archive.storage.directory import DirectoryLocation, DirectoryReader


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
    location: DirectoryLocation,
    *,
    others: Sequence[DirectoryReader],
    progress: Progress,
) -> Examined | None:
    """Read a replica in full; None where a person asked to stop before its end, after the file in hand.

    ``others`` are the package's other replicas, asked only for lists this one has lost.
    """
    if not location.holds(replica.key):
        return Examined(package, replica, Counter({FixityOutcome.MISSING: files_of(package)}), 0, (), gone=True)
    reader = location.reader(replica.key)
    promise = read_promise(package, [reader, *others])
    counts: Counter[FixityOutcome] = Counter()
    size, wrong, notes = 0, list[FileResult](), list[str]()
    for result in _results(reader, promise):
        counts[result.outcome] += 1
        size += result.size
        if result.outcome is not FixityOutcome.OK:
            wrong.append(result)
        elif result.detail:
            notes.append(f"{result.path!r}: {result.detail}")
        progress.advance()
        if progress.stopping():
            return None
    suspicion = _tampering(reader, promise, wrong) if any(result.is_damage for result in wrong) else None
    return Examined(package, replica, counts, size, tuple(wrong), tuple(notes), tampering=suspicion)


def _results(reader: DirectoryReader, promise: Promise) -> Iterator[FileResult]:
    """The comparison; a folder that cannot be listed makes every file unreadable, which is a result too."""
    try:
        yield from compare(reader, promise)
    except OSError as error:
        for path, expected in promise.files.items():
            detail = f"the folder cannot be listed: {error.strerror or error}"
            yield FileResult(path, FixityOutcome.UNREADABLE, expected_sha256=expected.sha256, detail=detail)


def _tampering(reader: DirectoryReader, promise: Promise, wrong: Sequence[FileResult]) -> str | None:
    """Why a replica that is not what was sealed looks made so by a hand, or None where chance explains it.

    Chance does not compute digests: a tagmanifest made anew that fits the changed tag files, or a manifest made anew
    that fits a changed file, was made by somebody.
    """
    by_path = {result.path: result for result in wrong}
    if TAGMANIFEST in by_path and by_path[TAGMANIFEST].outcome is FixityOutcome.ALTERED:
        present = [entry.path for entry in reader.entries() if entry.kind == "file"]
        if agrees_with_itself(reader, present):
            return "its tagmanifest agrees with its files and not with the custody log"
    if MANIFEST in by_path and by_path[MANIFEST].outcome is FixityOutcome.ALTERED:
        listed = own_payload_list(reader)
        for result in wrong:
            if result.path.startswith(b"data/") and result.sha256 and listed.get(result.path) == result.sha256:
                return f"its manifest was made to fit {result.path!r}, which is not what was sealed"
    return None
