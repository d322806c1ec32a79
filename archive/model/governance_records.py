"""The records of the custody log about who may do what: keys, agents, settings, requests, approvals and legal holds.

Why somebody asks may name a person. So what is signed, and what stands in the open, is a digest of the reason under a
salt of its own; the reason itself is a private line that can be erased while the signatures stay checkable.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar, Self

from archive.model.acts import Act, AgentRole, Algorithm, HoldScope
from archive.model.record import PrivateRecord, own, text

ED25519_SPKI = bytes.fromhex("302a300506032b6570032100")
"""What stands before the 32 octets of an Ed25519 key in a SubjectPublicKeyInfo (RFC 8410 §4)."""


@dataclass(frozen=True, slots=True)
class Assertion:
    """What an authenticator says beside its signature (WebAuthn Level 2 §6.1, OpenSSH PROTOCOL.u2f).

    The challenge is the SHA-256 of the statement that is signed. ``client_data`` is None for a key of ssh.
    """

    authenticator_data: bytes
    client_data: bytes | None
    user_verified: bool
    backup_eligible: bool
    counter: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRecord(PrivateRecord):
    """A signing key became known by its public half, a SubjectPublicKeyInfo in DER (RFC 5280 §4.1).

    ``role`` is ``log`` (signs checkpoints) or ``approver`` (signs requests and approvals); ``name`` is unique for ever.
    ``holder`` is the code of the person who alone has an approver's secret. ``request`` is the approved request where
    one was needed. Of an authenticator's key, ``credential_id``, ``relying_party`` (RP ID, or the application of ssh)
    and the ``origins`` it may sign at are fixed here.
    """

    kind: ClassVar[str] = "key"
    v: int = 2
    name: str
    role: str
    algorithm: Algorithm = Algorithm.ED25519
    public_key: bytes
    holder: str = ""
    request: str | None = None
    credential_id: bytes | None = None
    relying_party: str | None = None
    origins: tuple[str, ...] = ()

    @property
    def raw(self) -> bytes:
        """The 32 octets of an Ed25519 key; of another algorithm the whole SubjectPublicKeyInfo."""
        return self.public_key.removeprefix(ED25519_SPKI)


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRecord(PrivateRecord):
    """A person asks for an act that nobody may do alone.

    ``subjects`` is the exact list of what is to be acted upon, in canonical JSON. ``signature`` is that of the key
    ``requested_by`` over the request's statement (``archive.holdings.statements``), which holds the list's digest and
    ``reason_sha256``, the digest of ``{"reason","salt"}`` in canonical JSON. The act may be carried out from
    ``not_before`` on, which is ``time`` and ``delay_hours``, until ``expires``, which is ``valid_days`` later.
    """

    kind: ClassVar[str] = "request"
    v: int = 2
    request: str
    act: Act
    archive: str
    subjects: str
    subjects_sha256: str
    reason_sha256: str
    reason_salt: bytes = text(default=b"")
    requested_by: str
    delay_hours: int
    valid_days: int
    not_before: datetime
    expires: datetime
    signature: bytes
    assertion: Assertion | None = None

    def raised(self, time: datetime, *, clock: str) -> Self:
        """The delay and the days of validity count from the later time; what was signed names neither end."""
        by = time - self.time
        return replace(self, time=time, clock=clock, not_before=self.not_before + by, expires=self.expires + by)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRecord(PrivateRecord):
    """Another person approves a request; ``signature`` is that of ``key`` over the approval's statement."""

    kind: ClassVar[str] = "approval"
    v: int = 2
    request: str
    key: str
    signature: bytes
    assertion: Assertion | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRetiredRecord(PrivateRecord):
    """A signing key signs no more; what it signed before stays signed."""

    kind: ClassVar[str] = "key-retired"
    v: int = 2
    name: str
    request: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentRecord(PrivateRecord):
    """Somebody or something that acts became known, under a code that is no name.

    What the agent may reach: deliveries of these ``producers``, these ``cases``, and nothing above this
    ``sensitivity``; an empty list and None set no bound.
    """

    kind: ClassVar[str] = "agent"
    v: int = 2
    code: str
    role: AgentRole
    producers: tuple[str, ...] = own(default=())
    cases: tuple[str, ...] = own(default=())
    sensitivity: str | None = own(default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRecord(PrivateRecord):
    """The settings that protect the holdings, as they hold from now on.

    ``request`` is the approved request where a setting was lowered under dual control.
    """

    kind: ClassVar[str] = "policy"
    v: int = 2
    settings: dict[str, str]
    request: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestWithdrawnRecord(PrivateRecord):
    """A request will not be carried out any more."""

    kind: ClassVar[str] = "request-withdrawn"
    v: int = 2
    request: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CarriedOutRecord(PrivateRecord):
    """All that a request asked for was done, but for removals at locations that were offline."""

    kind: ClassVar[str] = "carried-out"
    v: int = 2
    request: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalHoldRecord(PrivateRecord):
    """A file, a package or all of an accession must not be deleted until the hold is lifted."""

    kind: ClassVar[str] = "legal-hold"
    v: int = 2
    hold: str
    scope: HoldScope
    subject: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalHoldLiftedRecord(PrivateRecord):
    """A legal hold ended, on an approved request."""

    kind: ClassVar[str] = "legal-hold-lifted"
    v: int = 2
    hold: str
    request: str


GOVERNANCE_KINDS: tuple[type[PrivateRecord], ...] = (
    KeyRecord,
    KeyRetiredRecord,
    AgentRecord,
    PolicyRecord,
    RequestRecord,
    ApprovalRecord,
    RequestWithdrawnRecord,
    CarriedOutRecord,
    LegalHoldRecord,
    LegalHoldLiftedRecord,
)
"""The kinds of this file."""
