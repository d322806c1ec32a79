"""Receiving: the delivered bytes are copied into staging and digested, each read once (DESIGN §4.2)."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import RawIOBase
from itertools import cycle
from pathlib import Path

from archive.errors import ReadFailure
from archive.holdings.sealing import own_disk
from archive.ingest.digesting import LARGE, digesting, piece_memory
from archive.ingest.journal import Expected, Lot
from archive.ingest.opening import Opened, opened_ahead
from archive.ingest.survey import Delivery
from archive.ingest.workbench import Workbench
from archive.model.digests import ALGORITHMS, SEALED, Digester
from archive.model.names import PackagePaths, PayloadPath, shown
from archive.packages.content import ProducerDigest
from archive.packages.folder import delivered_file
from archive.storage.direct import NewFile
from archive.storage.folders import discard
from profiles.finding import Finding, Severity
from profiles.finding_codes import FindingCode

MOST_GROWTH = 1 << 30
"""Octets by which a file may have grown since it was listed; one that grows as fast as it is read would never end."""

Memory = Sequence[memoryview]
"""What pieces of files are read into, in turn."""


@dataclass(frozen=True, slots=True)
class ReceivedFile:
    """One delivered file, copied: its bytes lie at ``path`` in the package's folder and have these digests."""

    expected: Expected
    path: PayloadPath
    size: int
    sha256: str
    blake3: str
    mtime_ns: int
    producer_digests: tuple[ProducerDigest, ...]
    digests: tuple[tuple[str, str], ...] = ()
    """Those that were agreed on beside SHA-256 and BLAKE3, by algorithm."""


@dataclass(frozen=True, slots=True)
class Received:
    """A lot after its one reading. ``pending`` are the files that could not be read, each with its finding."""

    lot: Lot
    folder: Path
    files: tuple[ReceivedFile, ...]
    pending: tuple[Expected, ...]
    findings: tuple[Finding, ...]
    received_at: datetime


def receive(
    delivery: Delivery,
    lot: Lot,
    *,
    folder: Path,
    bench: Workbench,
    told: Callable[[Path, ReceivedFile], object] = lambda *_: None,
) -> Received:
    """Copy the files of ``lot`` into ``folder``, which is begun anew, reading each byte of the delivery once.

    A file that cannot be read is pending, and the others go on; of each that is complete, ``told`` hears at once.
    Raises StorageError where staging cannot be written.
    """
    paths, memory = PackagePaths(), piece_memory()
    files, pending, findings = list[ReceivedFile](), list[Expected](), list[Finding]()
    _begin(folder)
    opened = opened_ahead(lot.files, lambda expected: bench.open_source(delivery.locate(expected.name)))
    with contextlib.closing(opened):
        for expected, source in opened:
            path = paths.path(expected.name)
            try:
                received = _copy(source, expected, path, folder=folder, memory=memory, delivery=delivery)
            except ReadFailure as error:
                pending.append(expected)
                findings.append(_unreadable(expected, error))
            else:
                files.append(received)
                told(folder, received)
                findings += _differences(received)
            bench.progress.advance(octets=expected.size)
    return Received(lot, folder, tuple(files), tuple(pending), tuple(findings), bench.holdings.stamp.clock())


def _begin(folder: Path) -> None:
    with own_disk(folder):
        discard(folder)
        folder.mkdir(parents=True)


def _copy(
    source: Opened, expected: Expected, path: PayloadPath, *, folder: Path, memory: Memory, delivery: Delivery
) -> ReceivedFile:
    if isinstance(source, ReadFailure):
        raise source
    given = [digest for digest in delivery.producer_digests(expected.name) if digest[0] in ALGORITHMS]
    agreed = tuple(dict.fromkeys(delivery.terms.digests))
    digester = Digester((*SEALED, *agreed, *(algorithm for algorithm, _, _ in given)))
    with source, digesting(digester, size=expected.size) as digest:
        pieces = _pieces(source, memory, at_most=expected.size + MOST_GROWTH)
        mtime_ns = _write(delivered_file(folder, path), source, pieces, digest, direct=expected.size >= LARGE)
    digests = digester.digests()
    return ReceivedFile(
        expected=expected,
        path=path,
        size=digester.size,
        sha256=digests["sha256"],
        blake3=digests["blake3"],
        mtime_ns=mtime_ns,
        producer_digests=tuple(
            ProducerDigest(algorithm, digest, originator, agrees=digests[algorithm] == digest)
            for algorithm, digest, originator in given
        ),
        digests=tuple((algorithm, digests[algorithm]) for algorithm in agreed),
    )


def _pieces(source: RawIOBase, memory: Memory, *, at_most: int) -> Iterator[memoryview]:
    """What ``source`` holds, piece by piece; each is whole but the last, and its memory is used again later."""
    size = 0
    for piece in cycle(memory):
        filled = _fill(source, piece)
        if filled:
            yield piece[:filled]
        size += filled
        if size > at_most:
            raise ReadFailure(f"it has {MOST_GROWTH:,} octets more than when it was listed, and does not end")
        if filled < len(piece):
            return


def _fill(source: RawIOBase, piece: memoryview) -> int:
    """Fill ``piece`` from ``source``; fewer octets than it has room for are the last ones."""
    filled = 0
    try:
        while filled < len(piece) and (octets := source.readinto(piece[filled:])):
            filled += octets
    except OSError as error:
        raise ReadFailure(error.strerror or str(error)) from error
    return filled


def _write(
    target: Path, source: RawIOBase, pieces: Iterator[memoryview], digest: Callable[[memoryview], None], *, direct: bool
) -> int:
    """Write the pieces to the new file ``target``; answer the time of the source's last change, as of the end."""
    try:
        with own_disk(target.parent), _new_file(target, direct=direct) as file:
            for piece in pieces:
                digest(piece)
                file.write(piece)
            mtime_ns = os.fstat(source.fileno()).st_mtime_ns
            os.utime(file.descriptor, ns=(mtime_ns, mtime_ns))
        return mtime_ns
    except ReadFailure:
        target.unlink(missing_ok=True)  # half a file is no evidence; the delivered one is untouched
        with contextlib.suppress(OSError):
            os.removedirs(target.parent)  # as far up as nothing else lies there
        raise


def _new_file(target: Path, *, direct: bool) -> NewFile:
    try:
        return NewFile(target, direct=direct)
    except FileNotFoundError:
        target.parent.mkdir(parents=True)
        return NewFile(target, direct=direct)


def _unreadable(expected: Expected, error: ReadFailure) -> Finding:
    message = f"cannot be read ({error.what}); the file is pending: mend the medium and give the same command again"
    return Finding(FindingCode.UNREADABLE, Severity.ERROR, shown(expected.name), message)


def _differences(received: ReceivedFile) -> Iterator[Finding]:
    if received.size != received.expected.size or received.mtime_ns != received.expected.mtime:
        message = (
            f"changed while it was being received: {received.expected.size} octets when listed, "
            f"{received.size} when read; kept as read"
        )
        yield Finding(FindingCode.CHANGED_WHILE_RECEIVED, Severity.WARNING, shown(received.expected.name), message)
    for given in received.producer_digests:
        if not given.agrees:
            message = (
                f"the bytes received do not have the {given.algorithm} digest given by {given.originator}; "
                "the file is accepted, the difference recorded"
            )
            yield Finding(FindingCode.DIGEST_MISMATCH, Severity.ERROR, shown(received.expected.name), message)
