"""Text and bytes of a record are private unless a reason is given (DESIGN §7.7)."""

from __future__ import annotations

import dataclasses
import types
import typing
from datetime import datetime
from enum import StrEnum

import pytest

from archive.model.open_fields import REASONS
from archive.model.record import PrivateRecord, Record, group_of, is_each_file, is_in_memory
from archive.model.record_versions import NEWEST

NOTHING_TO_READ = (int, bool, datetime)


def open_fields(of: type[Record]) -> list[str]:
    declared = [f for f in dataclasses.fields(of) if not is_in_memory(f)]
    return [f.name for f in declared if group_of(f) is None and not is_each_file(f)]


def holds_text(hint: object) -> bool:
    """Whether a person could write words into a field of this type."""
    hint = getattr(hint, "__supertype__", hint)
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is not None:
        return any(holds_text(part) for part in typing.get_args(hint) if part not in (type(None), ...))
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return any(holds_text(part) for part in typing.get_type_hints(hint, localns={}).values())
    return isinstance(hint, type) and issubclass(hint, str | bytes) and not issubclass(hint, StrEnum)


@pytest.mark.parametrize("kind", NEWEST)
def test_every_open_text_gives_its_reason(kind: str) -> None:
    hints = typing.get_type_hints(NEWEST[kind], localns={})
    without = [name for name in open_fields(NEWEST[kind]) if holds_text(hints[name]) and name not in REASONS]
    assert without == []


def test_no_reason_is_left_over() -> None:
    used = {name for of in NEWEST.values() for name in open_fields(of)}
    assert sorted(set(REASONS) - used) == []


@pytest.mark.parametrize("kind", NEWEST)
def test_what_is_written_today_has_private_lines(kind: str) -> None:
    assert issubclass(NEWEST[kind], PrivateRecord)


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("receipt", {"name", "size", "sha256", "blake3", "mtime", "reason"}),
        ("consent", {"ref", "person", "scope", "terms", "given", "expires", "reason"}),
        ("location", {"uri", "attributes", "reason"}),
        ("damage", {"path", "expected_sha256", "observed_sha256", "reason"}),
        ("transfer", {"source", "medium", "seal", "seal_state", "handed_over_by", "received_by", "handed_over_at",
                      "note_name", "note_sha256", "reason"}),
    ],
)  # fmt: skip
def test_what_tells_of_persons_or_content_is_private(kind: str, names: set[str]) -> None:
    of = NEWEST[kind]
    assert {f.name for f in dataclasses.fields(of) if group_of(f) is not None} == names
