"""Which class stands for which kind and version of record, and how older versions lead to the newest.

A new kind or version is declared here, in one line: its class is added to ``CLASSES``, and where it takes the place of
an older version, ``UPCASTS`` says how that one is read. A class that was released is never changed and never taken out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields

from archive.model.log_records import LOG_KINDS
from archive.model.record import Record
from archive.model.records import V1

CLASSES: tuple[type[Record], ...] = (*V1, *LOG_KINDS)
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

UPCASTS: dict[type[Record], Callable[[Record], Record]] = {}
"""How a record of an older class is led to the next one; the codec repeats this up to the newest."""

KINDS_OF_0_1: frozenset[tuple[str, int]] = frozenset((of.kind, 1) for of in V1)
"""Kinds and versions that a log holds before its first ``program`` record."""
