"""The docket: who may sign, what was asked, who approved, and which acts of the log were allowed. Pure.

The records are taken in the order of their numbers, as the log holds them. Each is judged by what stands before it, so
that the same fold tells how a request stands now, and whether every act the log holds was allowed when it was done.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from archive import canonical
from archive.config import PROTECTIVE, lowered
from archive.custody.keys import is_signed_by
from archive.holdings.statements import approval_statement, reason_paper, request_statement
from archive.model.acts import Act, Algorithm, KeyRole
from archive.model.digests import sha256_hex
from archive.model.governance_records import ED25519_SPKI
from archive.model.log_records import ClockRecord, ErasedOpening, ErasureRecord, SetAsideRecord
from archive.model.records import (
    ApprovalRecord,
    CarriedOutRecord,
    HandoverVolumeRecord,
    KeyRecord,
    KeyRetiredRecord,
    LegalHoldLiftedRecord,
    LegalHoldRecord,
    LocationRetiredRecord,
    PolicyRecord,
    Record,
    RequestRecord,
    RequestWithdrawnRecord,
    SealRecord,
    TombstoneRecord,
)
from profiles.finding import Finding, Severity
from profiles.finding_codes import FindingCode

PAPERS = frozenset(
    kind.kind
    for kind in (
        KeyRecord,
        KeyRetiredRecord,
        PolicyRecord,
        RequestRecord,
        ApprovalRecord,
        RequestWithdrawnRecord,
        CarriedOutRecord,
        LegalHoldRecord,
        LegalHoldLiftedRecord,
        LocationRetiredRecord,
        TombstoneRecord,
        HandoverVolumeRecord,
        SetAsideRecord,
        ErasureRecord,
        ClockRecord,
    )
)
"""Kinds of records that a docket is made of."""

APPROVERS = 2
"""Persons with an approver's key it takes for dual control. Once there were so many, it is in force for ever."""


class Standing(StrEnum):
    """How a request stands."""

    WAITING = "waiting"
    DELAYED = "delayed"
    READY = "ready"
    BEGUN = "begun"
    DONE = "done"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    VOID = "void"


@dataclass(frozen=True, slots=True)
class Key:
    """A signing key, by its public half. ``holder`` is the person who alone has an approver's secret."""

    name: str
    role: str
    public: bytes
    holder: str
    algorithm: Algorithm = Algorithm.ED25519
    active: bool = True

    def signed(self, signature: bytes, statement: bytes) -> bool:
        """Whether the signature over a statement is this key's. Of Ed25519 only, so far."""
        raw = self.public.removeprefix(ED25519_SPKI)
        return self.algorithm is Algorithm.ED25519 and is_signed_by(raw, signature, statement)


@dataclass(frozen=True, slots=True)
class Approval:
    """Another person's signature under a request."""

    number: int
    key: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Filed:
    """A request as the log has it. ``void`` says why it can never be carried out, where it cannot."""

    number: int
    record: RequestRecord
    approvals: tuple[Approval, ...] = ()
    begun: bool = False
    done: bool = False
    withdrawn: bool = False
    void: str | None = None

    def standing(self, now: datetime) -> Standing:
        """How the request stands at a moment."""
        if self.done:
            return Standing.DONE
        if self.withdrawn:
            return Standing.WITHDRAWN
        if self.begun:
            return Standing.BEGUN
        if self.void is not None:
            return Standing.VOID
        if now >= self.record.expires:
            return Standing.EXPIRED
        if not self.approvals:
            return Standing.WAITING
        return Standing.READY if now >= self.record.not_before else Standing.DELAYED

    def subjects(self) -> list[dict[str, object]]:
        """The exact list of what is to be acted upon."""
        found = canonical.decode(self.record.subjects.encode())
        return [dict(entry) for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []


@dataclass(slots=True)
class Docket:
    """The state of everything that needs two persons; grows by ``take``.

    ``archive`` is whose docket it is: a request that was signed for another archive allows nothing here.
    """

    archive: str
    keys: dict[str, Key] = field(default_factory=dict)
    requests: dict[str, Filed] = field(default_factory=dict)
    settings: dict[str, int] = field(default_factory=dict)
    holds: dict[str, LegalHoldRecord] = field(default_factory=dict)
    accessions: dict[str, str] = field(default_factory=dict)
    """The accession of each package, as far as ``seal`` records were taken."""

    @classmethod
    def of(cls, archive: str, numbered: Iterable[tuple[int, Record]]) -> Docket:
        """The docket of an archive after these records."""
        docket = cls(archive)
        papers = list(numbered)
        for n, record in counted(papers, fallen_in(papers)):
            docket.take(n, record)
        return docket

    @property
    def dual_control(self) -> bool:
        """Whether two persons ever had an approver's key: from then on nobody changes keys or policy alone."""
        return dual_control(self.keys.values())

    def take(self, n: int, record: Record) -> str | None:
        """Take the next record; answer why it should not be in the log, or None where all is right."""
        match record:
            case KeyRecord():
                return self._key(record)
            case KeyRetiredRecord():
                return self._retire(record)
            case PolicyRecord():
                return self._policy(record)
            case RequestRecord():
                return self._request(n, record)
            case ApprovalRecord():
                return self._approval(n, record)
            case RequestWithdrawnRecord():
                return self._change(record.request, withdrawn=True)
            case CarriedOutRecord():
                return self._carried_out(record)
            case LegalHoldRecord():
                self.holds.setdefault(record.hold, record)
            case LegalHoldLiftedRecord():
                self.holds.pop(record.hold, None)
                return self._allowed(record, record.request, Act.HOLD_LIFT, {"hold": record.hold})
            case LocationRetiredRecord():
                return self._allowed(record, record.request, Act.LOCATION_RETIREMENT, {"location": record.name})
            case TombstoneRecord():
                return self._deaccession(record)
            case HandoverVolumeRecord() if self.dual_control:
                return self._allowed(record, record.request, Act.EXPORT, {"handover": record.handover})
            case SetAsideRecord():
                subject = {"record": record.number, "commitment": record.commitment}
                return self._allowed(record, record.request, Act.SET_ASIDE, subject)
            case ErasureRecord():
                return self._erasure(record)
            case SealRecord():
                self.accessions[record.package] = record.accession
        return None

    def why_no_signer(self, name: str) -> str | None:
        """Why the key of that name cannot sign requests and approvals now; None where it can."""
        key = self.keys.get(name)
        if key is None:
            return f"there is no key '{name}'"
        if key.role != KeyRole.APPROVER:
            return f"the key '{name}' has the role {key.role}; an approver's key is needed"
        return None if key.active else f"the key '{name}' was retired"

    def why_not_approver(self, filed: Filed, name: str) -> str | None:
        """Why the key of that name cannot approve a request; None where it can."""
        refused = self.why_no_signer(name)
        if refused is not None:
            return refused
        key, other = self.keys[name], self.keys.get(filed.record.requested_by)
        if other is None or other.name == name:
            return f"the key '{name}' asked for this itself; another person's key is needed"
        if other.holder == key.holder:
            return f"the keys '{name}' and '{other.name}' are of the same person ({key.holder})"
        if any(known.key == name for known in filed.approvals):
            return f"the key '{name}' has approved this already"
        return None

    def _key(self, record: KeyRecord) -> str | None:
        if record.name in self.keys:
            return f"there is a key '{record.name}' already"
        wrong = None
        first_for_the_log = record.role == KeyRole.LOG and all(key.role != KeyRole.LOG for key in self.keys.values())
        if self.dual_control and not first_for_the_log:
            subject = key_subject(record.name, record.role, record.raw, record.holder)
            wrong = self._allowed(record, record.request, Act.KEY_ADDITION, subject)
        self.keys[record.name] = Key(record.name, record.role, record.public_key, record.holder, record.algorithm)
        return wrong

    def _retire(self, record: KeyRetiredRecord) -> str | None:
        wrong = None
        if self.dual_control:
            wrong = self._allowed(record, record.request, Act.KEY_RETIREMENT, {"key": record.name})
        if record.name in self.keys:
            self.keys[record.name] = replace(self.keys[record.name], active=False)
        for identifier, filed in self.requests.items():
            signed = {filed.record.requested_by, *(approval.key for approval in filed.approvals)}
            if record.name in signed and not (filed.begun or filed.done):
                self.requests[identifier] = replace(filed, void=f"the key '{record.name}' under it was retired")
        return wrong

    def _policy(self, record: PolicyRecord) -> str | None:
        settings = {name: int(value) for name, value in record.settings.items() if name in PROTECTIVE}
        wrong, less = None, lowered(settings, self.settings)
        if less and self.dual_control:
            for name, value in less.items():
                subject = {"setting": name, "from": self.settings[name], "to": value}
                wrong = wrong or self._allowed(record, record.request, Act.POLICY, subject)
        self.settings |= settings
        return wrong

    def _deaccession(self, record: TombstoneRecord) -> str | None:
        subject = {"package": str(record.package), "files": [*record.files]}
        wrong = self._allowed(record, record.request, Act.DELETION, subject)
        named = {str(record.package), self.accessions.get(record.package), *record.files}
        held = next((hold for hold in self.holds.values() if hold.subject in named), None)
        return wrong or (None if held is None else f"the legal hold {held.hold} stood against it")

    def _erasure(self, record: ErasureRecord) -> str | None:
        """Each line and each opening it names stands in the list that was approved."""
        named: list[dict[str, object]] = [{"n": line.n, "i": line.i} for line in record.lines]
        named += [opening_subject(opening) for opening in record.openings]
        if not named:
            return "it names nothing that is erased"
        wrong = (self._allowed(record, record.request, Act.ERASURE, subject) for subject in named)
        return next((why for why in wrong if why is not None), None)

    def _request(self, n: int, record: RequestRecord) -> str | None:
        void = self._unsound(record)
        if record.request in self.requests:
            return f"request {record.request} was filed twice"
        self.requests[record.request] = Filed(n, record, void=void)
        return void

    def _unsound(self, record: RequestRecord) -> str | None:
        refused = self.why_no_signer(record.requested_by)
        if refused is not None:
            return refused
        if record.archive != self.archive:
            return f"it was signed for another archive ({record.archive})"
        if sha256_hex(record.subjects.encode()) != record.subjects_sha256:
            return "its list does not have the digest that was signed"
        if not self.keys[record.requested_by].signed(record.signature, request_statement(record)):
            return f"it does not carry the signature of '{record.requested_by}'"
        delay, valid = timedelta(hours=record.delay_hours), timedelta(days=record.valid_days)
        if record.not_before - record.time != delay or record.expires - record.not_before != valid:
            return "its times are not those that were signed"
        if record.delay_hours < self.settings.get("approvals.delay_hours", 0):
            return "its delay is shorter than the policy says"
        if record.valid_days > self.settings.get("approvals.valid_days", record.valid_days):
            return "it stays valid for longer than the policy says"
        return None

    def _approval(self, n: int, record: ApprovalRecord) -> str | None:
        filed = self.requests.get(record.request)
        if filed is None:
            return f"request {record.request} is not known"
        refused = self.why_not_approver(filed, record.key)
        if refused is not None:
            return refused
        if not self.keys[record.key].signed(record.signature, approval_statement(filed.record, record.key, v=record.v)):
            return f"it does not carry the signature of '{record.key}'"
        if filed.standing(record.time) not in (Standing.WAITING, Standing.DELAYED, Standing.READY):
            return f"request {record.request} was {filed.standing(record.time)}"
        approval = Approval(n, record.key, record.time)
        self.requests[record.request] = replace(filed, approvals=(*filed.approvals, approval))
        return None

    def _carried_out(self, record: CarriedOutRecord) -> str | None:
        filed = self.requests.get(record.request)
        if filed is None:
            return f"request {record.request} is not known"
        standing = filed.standing(record.time)
        if standing in (Standing.READY, Standing.BEGUN):
            return self._change(record.request, done=True)
        if standing is Standing.DELAYED:
            self._change(record.request, done=True)  # what was done too early is told, and not done again
        return f"request {record.request} was {standing}"

    def _allowed(self, record: Record, request: str | None, act: Act, subject: Mapping[str, object]) -> str | None:
        """Why ``record`` was not allowed by a request that was ready when it was made; None where it was."""
        if request is None:
            return "it needs an approved request, and names none"
        filed = self.requests.get(request)
        if filed is None:
            return f"request {request} is not known"
        if filed.record.act is not act:
            return f"request {request} asks for another act ({filed.record.act})"
        standing = filed.standing(record.time)
        late = act is Act.EXPORT and filed.approvals and standing is Standing.EXPIRED
        if standing not in (Standing.READY, Standing.BEGUN) and not late:  # what is written for days may end late
            return f"request {request} was {standing}"
        if not any(subject.items() <= entry.items() for entry in filed.subjects()):
            return f"request {request} does not name this"
        self.requests[request] = replace(filed, begun=True)
        return None

    def _change(self, request: str, **changes: bool) -> str | None:
        filed = self.requests.get(request)
        if filed is None:
            return f"request {request} is not known"
        self.requests[request] = replace(filed, **changes)  # type: ignore[arg-type]  # three flags
        return None


def counted(
    numbered: Iterable[tuple[int, Record]], fallen: Sequence[tuple[int, datetime]]
) -> Iterator[tuple[int, Record]]:
    """Records of the log, or some of them in order, with the times by which delays and expiries count.

    ``fallen`` are number and time of each ``clock`` record. A record that is dated later than one behind it was made by
    a clock that ran ahead, and is without time: it counts as made when the last one before it was that has a time. A
    request keeps the time its delay begins with.
    """
    last: datetime | None = None
    for n, record in numbered:
        without = [time for at, time in fallen if n < at and time < record.time]
        last = last or min(without) if without else record.time
        moved = last != record.time and not isinstance(record, RequestRecord)
        yield n, replace(record, time=last) if moved else record


def fallen_in(numbered: Iterable[tuple[int, Record]]) -> list[tuple[int, datetime]]:
    """Number and time of each ``clock`` record among these."""
    return [(n, record.time) for n, record in numbered if isinstance(record, ClockRecord)]


class _HasHolder(Protocol):
    @property
    def role(self) -> str: ...

    @property
    def holder(self) -> str: ...


def dual_control(keys: Iterable[_HasHolder]) -> bool:
    """Whether these keys, retired ones included, are approvers' keys of two persons or more."""
    return len({key.holder for key in keys if key.role == KeyRole.APPROVER}) >= APPROVERS


def key_subject(name: str, role: str, public: bytes, holder: str) -> dict[str, object]:
    """How a key to be added is named in a request."""
    return {"key": name, "role": str(role), "public_key": base64.b64encode(public).decode("ascii"), "holder": holder}


def opening_subject(opening: ErasedOpening) -> dict[str, object]:
    """How an opening to be erased is named in a request: two persons sign what is kept of it."""
    return {"kept": dict(opening.kept), "kind": opening.kind, "n": opening.n, "v": opening.v}


def examine_acts(
    archive: str, numbered: Iterable[tuple[int, Record]], *, fallen: Sequence[tuple[int, datetime]] = ()
) -> Iterator[Finding]:
    """Every record of keys, policies, requests, approvals and acts that should not be in the log as it stands there.

    Takes at least the kinds in ``PAPERS``; with those of kind ``seal`` a hold on a whole accession is seen too.
    ``fallen`` are number and time of each ``clock`` record.
    """
    docket = Docket(archive)
    for n, record in counted(numbered, fallen):
        wrong = docket.take(n, record)
        if wrong is not None:
            message = f"the log holds a record of kind {record.kind} that was not allowed: {wrong}"
            yield Finding(FindingCode.ACT_NOT_ALLOWED, Severity.ERROR, f"record {n}", message, "ADR 0016")
        if isinstance(record, RequestRecord) and not _reason_is_signed(record):
            message = f"the reason of request {record.request} is not the one whose digest was signed"
            yield Finding(FindingCode.REASON_NOT_SIGNED, Severity.ERROR, f"record {n}", message, "ADR 0016")


def _reason_is_signed(record: RequestRecord) -> bool:
    """Whether the reason, where it is here, has the digest that was signed; a request of version 1 signs it in clear.

    No judgement of an act rests on it: the reason may be withheld or erased.
    """
    here = record.v > 1 and not record.absent
    return not here or record.reason_sha256 == sha256_hex(reason_paper(record.reason, record.reason_salt))
