"""Appraising: facts in, a decision per file out. Pure.

Nothing delivered is dropped: a duplicate is received again with its own provenance and stored again, and what may be
done with a file whose rights nobody stated is nothing (embargo).
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from types import MappingProxyType

from archive.ingest.examine import Examined
from archive.ingest.journal import Expected
from archive.ingest.receive import Received
from archive.inspection.verdict import summary
from archive.model.formats import Tool
from archive.model.identifiers import FileId
from archive.model.packages import Outcome
from archive.model.quarantine import QuarantineReason
from archive.packages.content import JudgedSignature, PackagedFile, Reference, StatedRights

_NOTHING: Mapping[FileId, QuarantineReason] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a lot: files for the package, files that wait, and files that are kept apart, with reasons."""

    received: Received
    files: tuple[PackagedFile, ...]
    pending: tuple[Expected, ...]
    tools: tuple[Tool, ...]
    """The identifiers that were asked what the files are."""
    signatures: tuple[JudgedSignature, ...]
    references: tuple[Reference, ...] = ()
    """Received files that need no room in a package."""
    apart: tuple[PackagedFile, ...] = ()
    why: Mapping[FileId, QuarantineReason] = field(default_factory=dict)


def appraise(
    examined: Examined,
    *,
    rights: Mapping[FileId, StatedRights],
    held: Set[str],
    apart: Mapping[FileId, QuarantineReason] = _NOTHING,
) -> Decision:
    """Accept every file that could be read and is not to be kept ``apart``.

    One whose SHA-256 is in ``held`` or came before it is a duplicate; never one of bytes that are kept apart.
    """
    seen = set(held)
    files, kept_apart = list[PackagedFile](), list[PackagedFile]()
    for (file, answers), scan in zip(examined.pairs(), examined.scans, strict=True):
        outcome = Outcome.DUPLICATE if file.sha256 in seen else Outcome.ACCEPTED
        if file.expected.file in apart:
            outcome = Outcome.QUARANTINED
        else:
            seen.add(file.sha256)
        (kept_apart if outcome is Outcome.QUARANTINED else files).append(
            PackagedFile(
                id=file.expected.file,
                name=file.expected.name,
                path=file.path,
                size=file.size,
                sha256=file.sha256,
                blake3=file.blake3,
                mtime_ns=file.mtime_ns,
                outcome=outcome,
                identification=summary(answers),
                answers=answers,
                producer_digests=file.producer_digests,
                digests=file.digests,
                hard_link_group=file.expected.hard_link_group,
                item=file.expected.item,
                rights=rights.get(file.expected.file),
                scan=scan,
            )
        )
    return Decision(
        received=examined.received,
        files=tuple(files),
        pending=examined.received.pending,
        tools=examined.tools,
        signatures=examined.signatures,
        apart=tuple(kept_apart),
        why=apart,
    )
