"""Which class stands for which kind and version of record, and how older versions lead to the newest.

A new kind or version is declared here, in one line: its class is in one of the registers below, and where it takes the
place of an older version, ``UPCASTS`` says how that one is read. A class that was released is never changed and never
taken out.
"""

from __future__ import annotations

import json
import operator
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from archive.model import records_of_0_1 as first
from archive.model.acts import Act
from archive.model.copy_records import COPY_KINDS
from archive.model.delivery_records import DELIVERY_KINDS
from archive.model.digests import sha256_hex
from archive.model.governance_records import ED25519_SPKI, GOVERNANCE_KINDS
from archive.model.handover_records import HANDOVER_KINDS
from archive.model.knowledge_records import KNOWLEDGE_KINDS
from archive.model.log_records import LOG_KINDS
from archive.model.record import Record
from archive.model.records_of_0_1 import V1

CLASSES: tuple[type[Record], ...] = (
    *V1,
    *DELIVERY_KINDS,
    *COPY_KINDS,
    *KNOWLEDGE_KINDS,
    *GOVERNANCE_KINDS,
    *HANDOVER_KINDS,
    *LOG_KINDS,
)
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

_IN_FINAL_WORDS = {"aip": "package", "package": "package_kind"}
"""What fields of version 1 that speak of an AIP are called since."""

_Changed = Mapping[str, Callable[[Any], object]]
"""How fields are made that are not what they were, from the record of the older version."""

CHANGED: dict[type[Record], _Changed] = {
    first.ConsentV1: {"consent": lambda old: old.ref},
    first.ConsentWithdrawnV1: {"consent": lambda old: old.ref},
    first.SignaturesV1: {"file_name": lambda old: old.file},
    first.TombstoneV1: {"files": lambda old: _texts(old.files)},
    first.KeyV1: {"public_key": lambda old: ED25519_SPKI + old.public_key},
    first.RequestV1: {"act": lambda old: Act(old.act), "reason_sha256": lambda old: ""},
}
"""For classes of which more is new than the words: those fields."""


def _texts(spelled: str) -> tuple[str, ...]:
    try:
        found = json.loads(spelled)
    except ValueError:
        found = None
    if not isinstance(found, list) or not all(isinstance(text, str) for text in found):
        raise ValueError("field files: not a list of texts in JSON")
    return tuple(found)


def _leading(old: type[Record], new: type[Record]) -> Callable[[Any], Record]:
    """What leads a record of ``old`` to ``new``, the next version of its kind; ``v`` stays."""
    changed = CHANGED.get(old, {})
    of_old = [field.name for field in fields(old)]
    of_new = {field.name for field in fields(new)}
    renamed = {name: _IN_FINAL_WORDS[name] for name in of_old if "aip" in of_old and name in _IN_FINAL_WORDS}
    kept = [name for name in of_old if renamed.get(name, name) in of_new and renamed.get(name, name) not in changed]
    names = [renamed.get(name, name) for name in kept]
    values = operator.attrgetter(*kept)

    def lead(record: Record) -> Record:
        given = dict(zip(names, values(record), strict=True))
        for name, make in changed.items():
            given[name] = make(record)
        return new(**given)

    return lead


def _upcasts() -> dict[type[Record], Callable[[Any], Record]]:
    leading: dict[type[Record], Callable[[Any], Record]] = {}
    for (kind, version), old in VERSIONS.items():
        new = VERSIONS.get((kind, version + 1))
        if new is not None:
            leading[old] = _leading(old, new)
    return leading


UPCASTS = _upcasts()
"""How a record of an older class is led to the next one."""

KINDS_OF_0_1: frozenset[tuple[str, int]] = frozenset((of.kind, 1) for of in V1)
"""Kinds and versions that a log holds before its first ``program`` record."""


def known_kinds() -> frozenset[tuple[str, int]]:
    """Every kind and version that this program reads."""
    return frozenset(VERSIONS)


def vocabulary() -> str:
    """SHA-256 of these, in hexadecimal: two programs that read the same records have the same."""
    return sha256_hex(" ".join(f"{kind}/{version}" for kind, version in sorted(VERSIONS)).encode())


def upcast(record: Record) -> Record:
    """``record`` in the newest class of its kind; ``v`` still says in which version it was written.

    Raises ValueError where an older record holds what has no meaning.
    """
    while (lead := UPCASTS.get(type(record))) is not None:
        record = lead(record)
    return record
