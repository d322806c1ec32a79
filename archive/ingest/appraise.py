"""Appraising: facts in, a decision per file out. Pure.

Nothing delivered is dropped: a duplicate is received again with its own provenance and stored again, and what may be
done with a file whose rights nobody stated is nothing (embargo).
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass

from archive.ingest.examine import Examined
from archive.ingest.journal import Expected
from archive.ingest.receive import Received
from archive.inspection.verdict import summary
from archive.model.formats import Tool
from archive.model.identifiers import FileId
from archive.model.packages import Outcome
from archive.packages.content import JudgedSignature, PackagedFile, Reference, StatedRights


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a lot: files for the package, and files that wait."""

    received: Received
    files: tuple[PackagedFile, ...]
    pending: tuple[Expected, ...]
    tools: tuple[Tool, ...]
    """The identifiers that were asked what the files are."""
    signatures: tuple[JudgedSignature, ...]
    references: tuple[Reference, ...] = ()
    """Received files that need no room in a package."""


def appraise(examined: Examined, *, rights: Mapping[FileId, StatedRights], held: Set[str]) -> Decision:
    """Accept every file that could be read; one whose SHA-256 is in ``held`` or came before it is a duplicate."""
    seen = set(held)
    files = []
    for file, answers in examined.pairs():
        outcome = Outcome.DUPLICATE if file.sha256 in seen else Outcome.ACCEPTED
        seen.add(file.sha256)
        files.append(
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
            )
        )
    received = examined.received
    return Decision(received, tuple(files), received.pending, examined.tools, examined.signatures)
