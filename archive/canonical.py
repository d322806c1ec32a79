"""Canonical bytes (RFC 8785) of JSON values, and of the records of the custody log (DESIGN §7.1).

A record is spelled in exactly one way, because digests are taken of its bytes. The subset of JSON is small: no floats,
ASCII keys, integers that every JSON reader holds exactly. msgspec writes it; the tests hold it against ``rfc8785``.
"""

from __future__ import annotations

import base64
import operator
import types
import typing
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from enum import StrEnum

import msgspec

from archive.model.moments import format_moment
from archive.model.records import RECORD_TYPES, Octets, Record

LARGEST = 2**53 - 1
"""Largest magnitude of an integer that is written as a number (RFC 8785 §3.2.2.3, RFC 7493 §2.2)."""

VERSION = 1
"""Version of the records this program writes and reads: their field ``v``."""


# Ordering by code point is RFC 8785's ordering by UTF-16 unit as long as keys are ASCII, which _check sees to.
_write = msgspec.json.Encoder(order="sorted").encode
_read = msgspec.json.Decoder().decode


def encode(value: object) -> bytes:
    """``value`` in canonical JSON (RFC 8785).

    Takes str, bool, None, int within ±(2^53-1), list, tuple, and dict with ASCII str keys. Raises ValueError for
    anything else: floats, other types and their subclasses, lone surrogates, nesting too deep to read again.
    """
    try:
        _check(value)
        return _write(value)
    except RecursionError:
        raise ValueError("nested too deeply for canonical JSON") from None


def decode(data: bytes) -> object:
    """The value that ``encode`` spelled as ``data``; raises ValueError for any other spelling."""
    value = _parse(data)
    if encode(value) != data:
        raise ValueError("not canonical JSON: another spelling of the same value")
    return value


def encode_record(record: Record) -> bytes:
    """``record`` in canonical JSON: its fields and its kind (DESIGN §7.1).

    Raises ValueError where a field does not hold what its type promises, or the version is not ours to write.
    """
    plan = _plan(type(record))
    spelled: dict[str, object] = {"kind": plan.kind}
    name = "v"
    try:
        if record.v != VERSION:
            raise ValueError(f"this program writes version {VERSION}, not {record.v!r}")
        for name, spell, value in zip(plan.names, plan.spell, plan.values(record), strict=True):
            spelled[name] = spell(value)
    except ValueError as error:
        raise ValueError(f"{plan.kind} record, field {name}: {error}") from error
    try:
        return _write(spelled)
    except UnicodeEncodeError:
        raise ValueError(f"{plan.kind} record: text that is not Unicode (a lone surrogate)") from None


def decode_record(data: bytes) -> Record:
    """The record that ``encode_record`` spelled as ``data``.

    Raises ValueError for any other bytes: unknown kind, unknown or missing field, wrong type, another spelling of the
    same value, or a version that a newer program wrote.
    """
    spelled = _parse(data)
    if not isinstance(spelled, dict):
        raise ValueError(f"a record is a JSON object, not {type(spelled).__name__}")
    version = spelled.get("v")
    if version is not None and (type(version) is not int or version != VERSION):
        raise ValueError(f"record version {version!r}: a newer program wrote it, this one reads version {VERSION}")
    record = _build(spelled)
    if encode_record(record) != data:  # also finds what a lenient parser let pass: twin keys, spaces, "+1", "AB=="
        raise ValueError(f"{record.kind} record in another spelling than the canonical one")
    return record


def _build(spelled: dict[str, object]) -> Record:
    kind = spelled.pop("kind", None)
    found = RECORD_TYPES.get(kind) if isinstance(kind, str) else None
    if found is None:
        raise ValueError(f"unknown kind of record {kind!r}; a newer program may have written it")
    plan = _plan(found)
    if spelled.keys() != plan.members:
        raise ValueError(f"{kind} record: unknown or missing fields {sorted(spelled.keys() ^ plan.members)}")
    read: dict[str, typing.Any] = {}
    for name, parse in zip(plan.names, plan.parse, strict=True):
        try:
            read[name] = spelled[name] if parse is None else parse(spelled[name])
        except (ValueError, OverflowError) as error:
            raise ValueError(f"{kind} record, field {name}: {error}") from error
    return found(**read)


def _check(value: object) -> None:
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return
    if kind is int:
        _spell_int(value)
    elif kind is dict:
        _check_dict(typing.cast(dict[object, object], value))
    elif kind is list or kind is tuple:
        for member in typing.cast(list[object], value):
            _check(member)
    else:
        raise ValueError(f"not for canonical JSON: {kind.__name__}")


def _check_dict(value: dict[object, object]) -> None:
    for key, member in value.items():
        if type(key) is not str or not key.isascii():
            raise ValueError("keys are ASCII text")
        _check(member)


def _parse(data: bytes) -> object:
    try:
        return _read(data)
    except RecursionError:
        raise ValueError("nested too deeply for canonical JSON") from None


# Below: how each type of field is spelled. ``spell`` checks too, so that what was written can be read; ``parse`` only
# converts, because ``decode_record`` spells its result again and compares. What a field holds is evidence, and an error
# may end in a log that is passed on: messages name types, not texts.

_Spell = Callable[[typing.Any], object]
_Parse = Callable[[typing.Any], object]


@dataclass(frozen=True, slots=True)
class _Plan:
    """How one kind of record is spelled; worked out once per class. ``parse`` is None where nothing is converted."""

    kind: str
    names: tuple[str, ...]
    members: frozenset[str]
    values: Callable[[Record], tuple[object, ...]]
    spell: tuple[_Spell, ...]
    parse: tuple[_Parse | None, ...]


_PLANS: dict[type[Record], _Plan] = {}


def _plan(record_type: type[Record]) -> _Plan:
    plan = _PLANS.get(record_type)
    if plan is None:
        plan = _PLANS[record_type] = _work_out(record_type)
    return plan


def _work_out(record_type: type[Record]) -> _Plan:
    kind = getattr(record_type, "kind", None)
    if kind is None or RECORD_TYPES.get(kind) is not record_type:
        raise ValueError(f"{record_type.__name__} is not one of the records of the custody log")
    # Without localns a field named ``bytes`` would hide the type of that name.
    hints = typing.get_type_hints(record_type, localns={})
    names = tuple(field.name for field in fields(record_type))
    codecs = [_codec(hints[name]) for name in names]
    return _Plan(
        kind=kind,
        names=names,
        members=frozenset(names),
        values=operator.attrgetter(*names),
        spell=tuple(spell for spell, _ in codecs),
        parse=tuple(parse for _, parse in codecs),
    )


def _codec(hint: object) -> tuple[_Spell, _Parse | None]:
    if hint is Octets:
        return _spell_octets, _parse_octets
    if isinstance(hint, typing.NewType):
        return _codec(hint.__supertype__)
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
        return _optional(*_codec(_the_one_beside_none(hint)))
    if typing.get_origin(hint) is tuple:
        return _list_codec(*_codec(_the_one_repeated(hint)))
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return _word_codec(hint)
    if isinstance(hint, type) and is_dataclass(hint):
        return _object_codec(hint)
    try:
        return _CODECS[hint]
    except KeyError:
        raise TypeError(f"no spelling is defined for fields of type {hint!r}") from None


def _the_one_beside_none(hint: object) -> object:
    beside = [member for member in typing.get_args(hint) if member is not type(None)]
    if len(beside) != 1:
        raise TypeError(f"no spelling is defined for fields of type {hint!r}")
    return beside[0]


def _optional(spell: _Spell, parse: _Parse | None) -> tuple[_Spell, _Parse | None]:
    def spell_optional(value: object) -> object:
        return None if value is None else spell(value)

    def parse_optional(value: object) -> object:
        return None if value is None or parse is None else parse(value)

    return spell_optional, None if parse is None else parse_optional


def _the_one_repeated(hint: object) -> object:
    members = typing.get_args(hint)
    if len(members) != 2 or members[1] is not Ellipsis:
        raise TypeError(f"no spelling is defined for fields of type {hint!r}")
    return members[0]


def _list_codec(spell: _Spell, parse: _Parse | None) -> tuple[_Spell, _Parse]:
    def spell_list(value: object) -> list[object]:
        if type(value) is not tuple:
            raise ValueError(f"not a tuple but {type(value).__name__}")
        return [spell(member) for member in value]

    def parse_list(value: object) -> tuple[object, ...]:
        if type(value) is not list:
            raise ValueError(f"not a list but {type(value).__name__}")
        return tuple(value) if parse is None else tuple(map(parse, value))

    return spell_list, parse_list


def _object_codec(of: type) -> tuple[_Spell, _Parse]:
    """A frozen value inside a record: a JSON object of exactly its fields."""
    hints = typing.get_type_hints(of, localns={})
    codecs = {name: _codec(hint) for name, hint in hints.items()}

    def spell_object(value: object) -> dict[str, object]:
        if type(value) is not of:
            raise ValueError(f"not {of.__name__} but {type(value).__name__}")
        return {name: spell(getattr(value, name)) for name, (spell, _) in codecs.items()}

    def parse_object(value: object) -> object:
        if type(value) is not dict or value.keys() != codecs.keys():
            raise ValueError(f"not the fields of {of.__name__}")
        return of(**{name: value[name] if parse is None else parse(value[name]) for name, (_, parse) in codecs.items()})

    return spell_object, parse_object


def _word_codec(words: type[StrEnum]) -> tuple[_Spell, _Parse]:
    def spell_word(value: object) -> str:
        if type(value) is not words:
            raise ValueError(f"not {words.__name__} but {type(value).__name__}")
        return value.value

    return spell_word, words


def _spell_str(value: object) -> str:
    if type(value) is not str:
        raise ValueError(f"not text but {type(value).__name__}")
    return value


def _spell_bool(value: object) -> bool:
    if type(value) is not bool:
        raise ValueError(f"not true or false but {type(value).__name__}")
    return value


def _spell_int(value: object) -> int:
    if type(value) is not int or not -LARGEST <= value <= LARGEST:
        raise ValueError(f"not an integer within ±(2^53-1): {type(value).__name__}")
    return value


def _spell_octets(value: object) -> str:
    if type(value) is not int:
        raise ValueError(f"not an integer but {type(value).__name__}")
    return str(value)


def _parse_octets(value: object) -> int:
    return int(_spell_str(value))


def _spell_bytes(value: object) -> str:
    if type(value) is not bytes:
        raise ValueError(f"not bytes but {type(value).__name__}")
    return base64.b64encode(value).decode("ascii")


def _parse_bytes(value: object) -> bytes:
    return base64.b64decode(_spell_str(value))


def _spell_moment(value: object) -> str:
    if not isinstance(value, datetime):
        raise ValueError(f"not a moment but {type(value).__name__}")
    return format_moment(value)


def _parse_moment(value: object) -> datetime:
    return datetime.fromisoformat(_spell_str(value))  # fifty times as fast as strptime


def _spell_attributes(value: object) -> dict[str, str]:
    if type(value) is not dict:
        raise ValueError(f"not attributes but {type(value).__name__}")
    for name, text in value.items():
        if type(name) is not str or not name.isascii() or type(text) is not str:
            raise ValueError("attributes are text under ASCII names")
    return value


_CODECS: dict[object, tuple[_Spell, _Parse | None]] = {
    str: (_spell_str, None),
    bool: (_spell_bool, None),
    int: (_spell_int, None),
    bytes: (_spell_bytes, _parse_bytes),
    datetime: (_spell_moment, _parse_moment),
    dict[str, str]: (_spell_attributes, None),
}
