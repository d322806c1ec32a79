"""Acts that no single person may do: what they are called, and who may be named in the log."""

from __future__ import annotations

from enum import StrEnum

UNNAMED = "unnamed"
"""The actor of a command that was given without ``--as``."""


class Act(StrEnum):
    """What is asked for in a request, and done only after another person has approved it (ADR 0016)."""

    DELETION = "deletion"
    LOCATION_RETIREMENT = "location-retirement"
    POLICY = "policy"
    KEY_ADDITION = "key-addition"
    KEY_RETIREMENT = "key-retirement"
    HOLD_LIFT = "hold-lift"
    EXPORT = "export"
    SET_ASIDE = "set-aside"
    ERASURE = "erasure"


class ActV1(StrEnum):
    """The acts that a request of version 1 may name; words are added to ``Act`` alone."""

    DELETION = "deletion"
    LOCATION_RETIREMENT = "location-retirement"
    POLICY = "policy"
    KEY_ADDITION = "key-addition"
    KEY_RETIREMENT = "key-retirement"
    HOLD_LIFT = "hold-lift"
    EXPORT = "export"


class Algorithm(StrEnum):
    """With what a key signs (DESIGN §9; COSE names, WebAuthn Level 2 §5.8.5)."""

    ED25519 = "ed25519"
    SSH_SK_ED25519 = "ssh-sk-ed25519"
    SSH_SK_ES256 = "ssh-sk-es256"
    WEBAUTHN_ES256 = "webauthn-es256"
    WEBAUTHN_EDDSA = "webauthn-eddsa"
    WEBAUTHN_RS256 = "webauthn-rs256"


class AgentRole(StrEnum):
    """What an agent is there for; said once, and no barrier: what an agent may do is decided by keys."""

    ARCHIVIST = "archivist"
    APPROVER = "approver"
    TECHNICIAN = "technician"
    AUDITOR = "auditor"
    SOFTWARE = "software"


class KeyRole(StrEnum):
    """What a signing key is for."""

    LOG = "log"
    APPROVER = "approver"


class HoldScope(StrEnum):
    """What a legal hold keeps from being deleted."""

    FILE = "file"
    PACKAGE = "package"
    ACCESSION = "accession"
