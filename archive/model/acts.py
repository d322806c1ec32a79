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
