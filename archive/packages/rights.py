"""Rights in PREMIS: one statement for each way in which files may or may not be passed on (PREMIS 3.0, 4.1).

What stands here was decided on the day of sealing. The archive decides again before anything is passed on, from the
same statements and the register of consents as it then is.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import date

from archive.model.rights import Basis, Decision, Statement
from archive.model.terms import Recipient
from archive.packages.content import AipContent, StatedRights
from archive.packages.preservation import embargo, uuid_identifier
from premis.model import (
    DocumentationIdentifier,
    Identifier,
    LinkingObject,
    OtherRightsInformation,
    Period,
    RightsGranted,
    RightsStatement,
)
from premis.terms import local, term

_FORM = local("consent form")


def file_rights(content: AipContent) -> Iterator[RightsStatement]:
    """A rights statement for each distinct statement and decision, linked to the files it holds for."""
    today = content.provenance.sealed_at.date()
    alike: dict[StatedRights, list[Identifier]] = {}
    for file in content.files:
        if file.rights is not None:
            alike.setdefault(file.rights, []).append(uuid_identifier(file.id))
    for rights, files in alike.items():
        yield _statement(rights, tuple(files), today)


def _statement(rights: StatedRights, files: tuple[Identifier, ...], today: date) -> RightsStatement:
    statement, decision = rights.statement, rights.decision
    notes = (f"stated: {in_words(statement)}", f"decided on {today}: {decision.in_words(today)}")
    if not decision.recipients:
        return embargo(files, notes=notes)
    bases = [basis for basis in Basis if basis in statement.rights_basis] or [Basis.CONSENT]
    begins = max([today, *(consent.given for consent in decision.consents)])
    starts = begins if decision.not_before is None else max(begins, decision.not_before)
    return RightsStatement(
        identifier=uuid_identifier(str(uuid.uuid4())),
        basis=term("rightsBasis", "other"),
        other=OtherRightsInformation(
            basis=local(str(bases[0])),
            documentation=tuple(
                DocumentationIdentifier(Identifier("local", f"consent:{consent.ref}"), _FORM)
                for consent in decision.consents
            ),
            notes=notes,
        ),
        granted=(
            RightsGranted(
                act=local("disseminate"),
                restrictions=tuple(_restrictions(decision)),
                term_of_grant=Period(
                    starts.isoformat(), None if decision.until is None else decision.until.isoformat()
                ),
            ),
        ),
        objects=tuple(LinkingObject(identifier) for identifier in files),
    )


def _restrictions(decision: Decision) -> Iterator[str]:
    """To whom, and under which conditions, as words of the codebook."""
    if decision.recipients != frozenset(Recipient):
        yield f"only to: {', '.join(recipient for recipient in Recipient if recipient in decision.recipients)}"
    yield from sorted(decision.conditions)


def in_words(statement: Statement) -> str:
    """A statement in a line; ``?`` stands for words that are no code."""
    return "; ".join(f"{column}={' '.join(words)}" for column, words in statement.items() if words)
