"""Duplicates stored once: which files of a lot need no room of their own, because their bytes are stored already.

Only where it was agreed on, and only where nothing but the name and the time is another: the same bytes by both
digests, the same accession, the same stated rights, the same group. A file that belongs together with others is stored
with them, and so is one that the producer's digests contradict.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace

from archive import canonical
from archive.catalogue.rows import here
from archive.holdings.sealing import own_disk
from archive.ingest.appraise import Decision
from archive.ingest.workbench import Workbench
from archive.model.identifiers import AccessionId, FileId, PackageId
from archive.model.packages import Outcome
from archive.packages.content import PackagedFile, Reference
from archive.packages.folder import delivered_file
from profiles.ingest_profile import Duplicates, IngestProfile


@dataclass(frozen=True, slots=True)
class Likeness:
    """What two files must share for one to stand for both; ``rights`` is the statement in canonical JSON, or empty."""

    sha256: str
    blake3: str
    size: int
    rights: str


Holder = tuple[FileId, PackageId]
"""A file that is stored, and where."""


def store_once(decision: Decision, *, accession: AccessionId, terms: IngestProfile, bench: Workbench) -> Decision:
    """``decision`` with its duplicates as references, where that was agreed on; their copies in staging go then."""
    if terms.duplicates is not Duplicates.REFERENCE:
        return decision
    decided = refer(decision, held=_held(decision, accession, bench))
    with own_disk(decision.received.folder):
        for reference in decided.references:
            copy = delivered_file(decision.received.folder, reference.file.path)
            copy.unlink()
            with contextlib.suppress(OSError):
                os.removedirs(copy.parent)  # as far up as nothing else lies there
    return decided


def refer(decision: Decision, *, held: Mapping[Likeness, Holder]) -> Decision:
    """``decision`` with each file as a reference whose like is in ``held`` or stored by this lot. Pure."""
    known = dict(held)
    stored: list[PackagedFile] = []
    references: list[Reference] = []
    for file in decision.files:
        like = _likeness(file)
        holder = known.get(like)
        if holder is not None and _may_refer(file):
            references.append(Reference(file, *holder))
            continue
        stored.append(file)
        if file.outcome in (Outcome.ACCEPTED, Outcome.DUPLICATE):
            known.setdefault(like, (file.id, decision.received.lot.package))
    left = {file.id for file in stored}
    signatures = tuple(signature for signature in decision.signatures if signature.file in left)
    return replace(decision, files=tuple(stored), references=tuple(references), signatures=signatures)


def _may_refer(file: PackagedFile) -> bool:
    agrees = all(given.agrees for given in file.producer_digests)
    return file.outcome is Outcome.DUPLICATE and file.item is None and agrees


def _likeness(file: PackagedFile) -> Likeness:
    statement = None if file.rights is None else file.rights.statement.as_text()
    rights = "" if statement is None else canonical.encode(statement).decode()
    return Likeness(file.sha256, file.blake3, file.size, rights)


def _held(decision: Decision, accession: AccessionId, bench: Workbench) -> dict[Likeness, Holder]:
    """Files stored by earlier lots of the accession that files of this one may be like, the first stored first."""
    group = decision.received.lot.group
    rows = bench.holdings.catalogue.stored(
        accession, None if group is None else group.id, [file.sha256 for file in decision.files]
    )
    stated = bench.holdings.catalogue.statements([row.id for row in rows])
    held: dict[Likeness, Holder] = {}
    for row in rows:
        if row.sha256 is not None and row.blake3 is not None and row.aip is not None:
            like = Likeness(row.sha256, row.blake3, here(row.size), stated.get(row.id, ""))
            held.setdefault(like, (row.id, row.aip))
    return held
