"""Which class stands for which kind and version of record, and how older versions lead to the newest.

A new kind or version is declared here, in one line: its class is added to ``CLASSES``, and where it takes the place of
an older version, ``UPCASTS`` says how that one is read. A class that was released is never changed and never taken out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

from archive.model.acts import Act
from archive.model.digests import sha256_hex
from archive.model.governance_records import (
    ED25519_SPKI,
    GOVERNANCE_KINDS,
    ApprovalRecord,
    KeyRecord,
    RequestRecord,
)
from archive.model.log_records import LOG_KINDS
from archive.model.record import Record
from archive.model.records import V1, ApprovalV1, KeyV1, RequestV1

CLASSES: tuple[type[Record], ...] = (*V1, *LOG_KINDS, *GOVERNANCE_KINDS)
"""Every kind and version that this program reads, older versions first."""


def version_of(of: type[Record]) -> int:
    """The version that a class spells."""
    (version,) = (field.default for field in fields(of) if field.name == "v")
    if not isinstance(version, int):
        raise TypeError(f"{of.__name__} names no version")
    return version


VERSIONS: dict[tuple[str, int], type[Record]] = {(of.kind, version_of(of)): of for of in CLASSES}
"""The class of each kind and version."""

NEWEST: dict[str, type[Record]] = {of.kind: of for of in CLASSES}
"""The class that a record of each kind is written in, and led to when it is read."""

_COMMON = ("time", "clock", "actor", "machine", "version", "reason")
"""What every version of every kind says."""


def _common(old: Record) -> dict[str, Any]:
    return {name: getattr(old, name) for name in _COMMON}


def _key(old: KeyV1) -> KeyRecord:
    return KeyRecord(
        **_common(old),
        name=old.name,
        role=old.role,
        public_key=ED25519_SPKI + old.public_key,
        holder=old.holder,
        request=old.request,
    )


def _request(old: RequestV1) -> RequestRecord:
    return RequestRecord(
        **_common(old),
        request=old.request,
        act=Act(old.act),
        archive=old.archive,
        subjects=old.subjects,
        subjects_sha256=old.subjects_sha256,
        reason_sha256="",
        requested_by=old.requested_by,
        delay_hours=old.delay_hours,
        valid_days=old.valid_days,
        not_before=old.not_before,
        expires=old.expires,
        signature=old.signature,
    )


def _approval(old: ApprovalV1) -> ApprovalRecord:
    return ApprovalRecord(**_common(old), request=old.request, key=old.key, signature=old.signature)


UPCASTS: dict[type[Record], Callable[[Any], Record]] = {KeyV1: _key, RequestV1: _request, ApprovalV1: _approval}
"""How a record of an older class is led to the next one; the codec repeats this up to the newest."""

KINDS_OF_0_1: frozenset[tuple[str, int]] = frozenset((of.kind, 1) for of in V1)
"""Kinds and versions that a log holds before its first ``program`` record."""


def known_kinds() -> frozenset[tuple[str, int]]:
    """Every kind and version that this program reads."""
    return frozenset(VERSIONS)


def vocabulary() -> str:
    """SHA-256 of these, in hexadecimal: two programs that read the same records have the same."""
    return sha256_hex(" ".join(f"{kind}/{version}" for kind, version in sorted(VERSIONS)).encode())


def upcast(record: Record) -> Record:
    """``record`` in the newest class of its kind; ``v`` still says in which version it was written."""
    while (step := UPCASTS.get(type(record))) is not None:
        record = replace(step(record), v=record.v)
    return record
