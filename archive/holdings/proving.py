"""Proofs about the holdings: which records speak of a thing, and what is given to somebody who wants it proven."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import TypeVar

from archive import canonical
from archive.catalogue.rows import Row
from archive.custody.checkpoint import Verifier
from archive.custody.log import CustodyLog
from archive.custody.notes import checkpoint_in, newest_note, note_sizes, read_note
from archive.custody.openings import is_erased_line
from archive.custody.proof_files import ConsistencyProof, InclusionProof, Proof, parse_proof, verify_proof
from archive.custody.tree import Tree
from archive.errors import ArchiveError, CustodyError, UsageError
from archive.holdings.checkpoints import verifiers
from archive.holdings.holdings import Holdings
from archive.model.identifiers import AccessionId, FileId, IncidentId, PackageId

P = TypeVar("P", bound=Proof)


def records_about(holdings: Holdings, identifier: str, *, every: bool = False) -> list[int]:
    """Numbers of the records that speak of ``identifier``: of a record itself (``#17``), or of any thing that has one.

    The catalogue knows which record spoke last of a file, package, accession, incident, handover, location, producer
    or key; ``every`` goes through the whole log for all that name it, and so it is done for anything else. Raises
    UsageError where none does.
    """
    log = holdings.log
    if identifier.startswith("#"):
        digits = identifier[1:]
        if not (digits.isascii() and digits.isdigit() and int(digits) < log.size):
            raise UsageError(f"there is no record {identifier}", hint=f"records are #0 to #{log.size - 1}")
        return [int(digits)]
    if not every and (row := _row(holdings, identifier)) is not None and row.leaf < log.size:
        ((n, _, spelled),) = log.entries(row.leaf, row.leaf + 1)
        if canonical.encode(identifier) in spelled:  # the catalogue is no witness of itself
            return [n]
    found = list(_scan(log, identifier))
    if not found:
        raise UsageError(
            f"no record of the custody log names {identifier}", hint="archive list and archive find show identifiers"
        )
    return found


class Told(StrEnum):
    """How much of what was recorded goes with a proof."""

    ALL = "all"
    """The record and all its private lines."""
    CONTENT = "content"
    """The record with size and digests of the files it names, and without names, times, paths and reasons."""
    SKELETON = "skeleton"
    """The record without its private lines: identifiers, outcome and counts."""
    NOTHING = "nothing"
    """That something was recorded, and on which day."""


def prove_record(holdings: Holdings, n: int, *, told: Told = Told.ALL, size: int | None = None) -> InclusionProof:
    """That record ``n`` is in the log, by the checkpoint of ``size`` records or the newest; checked before it is given.

    Raises UsageError where that checkpoint does not exist or does not reach so far, and where an opening is asked for
    that was erased; CustodyError where log and checkpoint do not fit together.
    """
    note = _note(holdings, size)
    checkpoint = checkpoint_in(note, "the checkpoint")
    if n >= checkpoint.size:
        raise UsageError(
            f"record {n} is not in the checkpoint of {checkpoint.size} records",
            hint="archive custody checkpoint makes one over all of the log; then give the same command again",
        )
    ((_, pair, _, lines),) = holdings.log.full_entries(n, n + 1)
    path = Tree(holdings.log).inclusion(n, checkpoint.size)
    if told is not Told.NOTHING and is_erased_line(pair.opening):
        raise UsageError(
            f"the opening of record {n} was erased: nobody can show any more what it said",
            hint="--withhold proves that something was recorded on that day",
        )
    opening = None if told is Told.NOTHING else pair.opening
    private = tuple(line.line for line in lines if _is_told(line.i, told))
    proof = InclusionProof(n, checkpoint.size, pair.leaf, opening, path, note, private)
    return _checked(proof, verifiers(holdings))


def prove_consistency(holdings: Holdings, first: int, second: int | None) -> ConsistencyProof:
    """That the log of one checkpoint is the beginning of that of another, or of the newest; sizes in records.

    Raises as ``prove_record``.
    """
    later = _note(holdings, second)
    size = checkpoint_in(later, "the checkpoint").size
    if first > size:
        raise UsageError(f"{first} records are more than {size}", hint="give the smaller size first")
    path = Tree(holdings.log).consistency(first, size) if size <= holdings.log.size else ()
    return _checked(ConsistencyProof(first, size, path, _note(holdings, first), later), verifiers(holdings))


def _is_told(place: int, told: Told) -> bool:
    """Whether a private line goes with a proof; behind the first two there are two for each file, content first."""
    return told is Told.ALL or (told is Told.CONTENT and place >= 2 and place % 2 == 0)


def _checked(proof: P, known: list[Verifier]) -> P:
    """The proof, once it convinced us as it must convince a stranger."""
    try:
        verify_proof(parse_proof(proof.octets), known)
    except ValueError as error:
        raise CustodyError(
            f"the custody log and its checkpoint do not fit together: {error}",
            hint="archive custody verify says more; nothing was given out",
        ) from error
    return proof


def _note(holdings: Holdings, size: int | None) -> bytes:
    sizes = note_sizes(holdings.log.folder)
    if size is None:
        newest = newest_note(holdings.log.folder)
        if newest is None:
            raise ArchiveError("no checkpoint was made yet", hint="archive custody checkpoint makes one")
        return newest
    if size not in sizes:
        near = ", ".join(str(known) for known in sorted(sizes, key=lambda known: abs(known - size))[:5]) or "none"
        raise UsageError(f"there is no checkpoint of {size} records", hint=f"there are: {near}")
    return read_note(holdings.log.folder, size)


def _row(holdings: Holdings, identifier: str) -> Row | None:
    catalogue = holdings.catalogue
    locations = {row.name: row for row in catalogue.locations()}
    return (
        catalogue.file(FileId(identifier))
        or catalogue.package(PackageId(identifier))
        or catalogue.accession(AccessionId(identifier))
        or catalogue.incident(IncidentId(identifier))
        or catalogue.handover(identifier)
        or catalogue.producer(identifier)
        or catalogue.key(identifier)
        or locations.get(identifier)
    )


def _scan(log: CustodyLog, identifier: str) -> Iterator[int]:
    needle = canonical.encode(identifier)
    for n, _, spelled in log.entries():
        if needle in spelled:
            yield n
