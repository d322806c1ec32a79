"""Items in PREMIS: files that belong together, and what came of checking the signatures among them.

An item is an intellectual entity of its own, "a set of content that is described as a unit" (PREMIS 3.0, 1.2): each of
its files is part of it, structurally. That a time-stamp is about one file and not another is said by the event in which
it was checked, not by a relationship: only checking can know.
"""

from __future__ import annotations

from collections.abc import Iterator

from archive.model.identifiers import FileId
from archive.model.signatures import SignatureJudgement, SignatureOutcome
from archive.packages.content import AipContent
from archive.packages.preservation import FAIL, SUCCESS, WARNING, new_event, structural, uuid_identifier, xml_text
from premis.model import Event, IntellectualEntity

CHECKED = "digital signature validation"
_OUTCOMES = {
    SignatureOutcome.VALID: SUCCESS,
    SignatureOutcome.INVALID: FAIL,
    SignatureOutcome.UNVERIFIABLE: WARNING,
}


def item_entities(content: AipContent) -> Iterator[IntellectualEntity]:
    """Every item with several files, and which they are."""
    members: dict[str, list[FileId]] = {}
    for file in content.files:
        if file.item is not None:
            members.setdefault(file.item, []).append(file.id)
    for item, files in members.items():
        parts = structural("has Part", *(uuid_identifier(file) for file in files))
        yield IntellectualEntity((uuid_identifier(item),), relationships=(parts,))


def signature_events(content: AipContent) -> Iterator[Event]:
    """What came of signatures and time-stamps: an event for each that was checked, one for all that nobody could."""
    alike: dict[tuple[str, SignatureJudgement], list[FileId]] = {}
    for signature in content.signatures:
        if signature.judgement.outcome is SignatureOutcome.UNVERIFIABLE:
            alike.setdefault((signature.kind, signature.judgement), []).append(signature.file)
        else:
            yield _event(content, signature.kind, signature.judgement, [signature.file, *signature.of])
    for (kind, judgement), files in alike.items():
        yield _event(content, kind, judgement, files)


def _event(content: AipContent, kind: str, judgement: SignatureJudgement, files: list[FileId]) -> Event:
    return new_event(
        CHECKED,
        at=content.provenance.sealed_at,
        objects=tuple(uuid_identifier(file) for file in files),
        outcome=_OUTCOMES[judgement.outcome],
        detail=f"signature or time-stamp delivered as {kind}",
        note=xml_text(f"{judgement.outcome} ({judgement.reason})"),
    )
