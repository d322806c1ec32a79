"""Who has a key: agents, adding keys and retiring them."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from archive.custody.keys import create_key, key_path, load_key
from archive.errors import ArchiveError, UsageError
from archive.holdings.acting import Acting, Performance, Subjects, text
from archive.holdings.approvals import carried_out, needs_two_persons
from archive.holdings.docket import APPROVERS, Filed, key_subject
from archive.holdings.holdings import Holdings
from archive.model.acts import UNNAMED, AgentRole, KeyRole
from archive.model.governance_records import ED25519_SPKI
from archive.model.records import AgentRecord, KeyRecord, KeyRetiredRecord
from profiles.finding import Finding

_CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key to be added, by its public half."""

    name: str
    role: KeyRole
    public: bytes
    holder: str

    def subject(self) -> dict[str, object]:
        """How it stands in a request."""
        return key_subject(self.name, self.role, self.public, self.holder)


def check_agent(holdings: Holdings, code: str) -> None:
    """Refuse a code that cannot be an agent's, or is taken; UsageError."""
    if not _CODE.fullmatch(code) or code == UNNAMED:
        raise UsageError(
            f"'{code}' cannot be the code of an agent",
            hint="use small letters, digits and hyphens; a code, not a name: who it is stands on paper elsewhere",
        )
    if any(agent.code == code for agent in holdings.catalogue.agents()):
        raise UsageError(f"there is an agent '{code}' already", hint="archive agent list shows the agents")


def add_agent(holdings: Holdings, code: str, role: AgentRole, *, reason: str = "") -> None:
    """Register somebody or something that acts. Raises UsageError as ``check_agent`` does."""
    check_agent(holdings, code)
    holdings.record([AgentRecord(**holdings.stamp(reason), code=code, role=role)])


def check_new_key(holdings: Holdings, *, name: str, role: KeyRole, holder: str) -> None:
    """Refuse, making nothing, a key that could not be added; UsageError saying why."""
    if not _CODE.fullmatch(name):
        raise UsageError(f"'{name}' cannot be the name of a key", hint="use small letters, digits and hyphens")
    if holdings.catalogue.key(name) is not None:
        raise UsageError(f"there is, or was, a key '{name}'", hint="a name is never used twice; take another")
    if role is KeyRole.APPROVER and holder not in {agent.code for agent in holdings.catalogue.agents()}:
        raise UsageError(
            f"'{holder}' is not a registered agent, and an approver's key belongs to a person",
            hint=f"archive agent add {holder or 'CODE'} --role approver, then --holder {holder or 'CODE'}",
        )


def secret_for(folder: Path, name: str) -> bytes:
    """The public half of the secret called ``name`` in ``folder``, which is made unless it lies there already.

    It lies there where an earlier run of the same command was killed.
    """
    if os.path.lexists(key_path(folder, name)):
        return load_key(folder, name).public
    try:
        return create_key(folder, name).public
    except OSError as error:
        raise ArchiveError(f"{folder}: the key cannot be written: {error.strerror or error}") from error


def require_new_public(holdings: Holdings, public: bytes) -> None:
    """Refuse a public half that is known under another name: it would be one key and not two."""
    keys = holdings.catalogue.keys()
    known = next((key for key in keys if key.public_key == public), None)
    if known is not None:
        raise UsageError(f"this is the key '{known.name}', which is known already", hint="one secret is one key")


def may_add_freely(holdings: Holdings, role: KeyRole) -> bool:
    """Whether a key of this role may be added by one person: the first approvers', and the first of the log."""
    if not needs_two_persons(holdings):
        return True
    keys = holdings.catalogue.keys()
    return role is KeyRole.LOG and all(key.role != KeyRole.LOG for key in keys)


def add_key(holdings: Holdings, key: NewKey, *, request: str | None) -> None:
    """Record a key by its public half."""
    require_new_public(holdings, key.public)
    record = KeyRecord(
        **holdings.stamp(),
        name=key.name,
        role=str(key.role),
        public_key=ED25519_SPKI + key.public,
        holder=key.holder,
        request=request,
    )
    holdings.record([record] if request is None else [record, carried_out(holdings, request)])


def check_retirement(holdings: Holdings, name: str) -> None:
    """Refuse to retire a key that is not there, or without which no two persons could ask and approve any more."""
    known = holdings.catalogue.key(name)
    if known is None:
        raise UsageError(f"there is no key '{name}'", hint="archive key list shows the keys")
    if known.retired_at is not None:
        raise UsageError(f"the key '{name}' was retired on {known.retired_at}")
    keys = holdings.catalogue.keys()
    left = {key.holder for key in keys if key.role == KeyRole.APPROVER and key.retired_at is None and key.name != name}
    if known.role == KeyRole.APPROVER and len(left) < APPROVERS and needs_two_persons(holdings):
        raise ArchiveError(
            f"without the key '{name}' there would be {len(left)} persons left who can approve; two are needed",
            hint="add another person's key first: archive key new",
        )


def retire_key(holdings: Holdings, name: str, *, reason: str) -> None:
    """Record that a key signs no more, where one person may say so."""
    holdings.record([KeyRetiredRecord(**holdings.stamp(reason), name=name)])


def _check_additions(acting: Acting, subjects: Subjects) -> None:
    for key in _keys_in(subjects):
        check_new_key(acting.holdings, name=key.name, role=key.role, holder=key.holder)
        require_new_public(acting.holdings, key.public)


def _words_of_additions(_acting: Acting, subjects: Subjects) -> list[str]:
    return [
        f"add the key '{key.name}' of {key.holder or 'the log'}, role {key.role}, public half "
        f"{base64.b64encode(key.public).decode()}"
        for key in _keys_in(subjects)
    ]


def _carry_out_additions(acting: Acting, filed: Filed) -> list[Finding]:
    for key in _keys_in(filed.subjects()):
        add_key(acting.holdings, key, request=filed.record.request)
    return []


def _keys_in(subjects: Subjects) -> Iterable[NewKey]:
    for subject in subjects:
        public = base64.b64decode(text(subject, "public_key"), validate=True)
        yield NewKey(text(subject, "key"), KeyRole(text(subject, "role")), public, text(subject, "holder"))


def _check_retirements(acting: Acting, subjects: Subjects) -> None:
    for subject in subjects:
        check_retirement(acting.holdings, text(subject, "key"))


def _words_of_retirements(_acting: Acting, subjects: Subjects) -> list[str]:
    return [f"retire the key '{text(subject, 'key')}': it signs no more" for subject in subjects]


def _carry_out_retirements(acting: Acting, filed: Filed) -> list[Finding]:
    request = filed.record.request
    records = [
        KeyRetiredRecord(**acting.holdings.stamp(filed.record.reason), name=text(subject, "key"), request=request)
        for subject in filed.subjects()
    ]
    acting.holdings.record([*records, carried_out(acting.holdings, request)])
    return []


KEY_ADDITION = Performance(_check_additions, _words_of_additions, _carry_out_additions)
KEY_RETIREMENT = Performance(_check_retirements, _words_of_retirements, _carry_out_retirements)
