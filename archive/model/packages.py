"""Packages and their replicas: where a bag lies, and how a replica is doing."""

from __future__ import annotations

from enum import StrEnum

from archive.model.identifiers import PackageId


class PackageKind(StrEnum):
    """What a sealed bag is: evidence, the papers of one accession, or evidence kept apart, encrypted.

    OAISPACKAGETYPE AIP, AIC and AIP.
    """

    AIP = "aip"
    ACCESSION = "accession-package"
    QUARANTINE = "quarantine-package"


class ReplicaState(StrEnum):
    """The last word on one package at one location.

    Of a deaccessioned package the replica is due for removal until it was removed; a replica at a location that was
    retired counts no more, and nobody looks at it.
    """

    OK = "ok"
    DAMAGED = "damaged"
    MISSING = "missing"
    FROZEN = "frozen"
    OFFLINE = "offline"
    REMOVAL_DUE = "removal-due"
    REMOVED = "removed"
    RETIRED = "retired"


PAST = frozenset({ReplicaState.REMOVAL_DUE, ReplicaState.REMOVED, ReplicaState.RETIRED})
"""States of replicas that are held no more."""


class Outcome(StrEnum):
    """What became of one delivered file; the summands of the conservation law (DESIGN §2)."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    QUARANTINED = "quarantined"
    REJECTED = "rejected"
    PENDING = "pending"


def replica_key(package: PackageId) -> str:
    """Where a package lies below a location: its first two characters, then its identifier."""
    return f"{package[:2]}/{package}"
