"""Canonical bytes (RFC 8785) of JSON values, and of the records of the custody log (DESIGN §7.1).

A record is spelled in exactly one way, because digests are taken of its bytes. The subset of JSON is small: no floats,
ASCII keys, integers that every JSON reader holds exactly. msgspec writes it; the tests hold it against ``rfc8785``.
"""

from __future__ import annotations

import operator
import re
import types
import typing
from binascii import a2b_base64
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial

import msgspec

from archive.model.moments import format_moment
from archive.model.records import RECORD_TYPES, Octets, Record

LARGEST = 2**53 - 1
"""Largest magnitude of an integer that is written as a number (RFC 8785 §3.2.2.3, RFC 7493 §2.2)."""

VERSION = 1
"""Version of the records this program writes and reads: their field ``v``."""


# Ordering by code point is RFC 8785's ordering by UTF-16 unit as long as keys are ASCII, which _check sees to.
_write = msgspec.json.Encoder(order="sorted").encode
_write_in_order = msgspec.json.Encoder().encode
_read = msgspec.json.Decoder().decode

_KIND = re.compile(rb'"kind":"([a-z-]+)"')
"""The kind of a record, unless its attributes have a member of that name."""


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
    shape = _record_shape(type(record))
    try:
        return _write_in_order(_spelled(shape, record))
    except UnicodeEncodeError:
        raise ValueError(f"{record.kind} record: text that is not Unicode (a lone surrogate)") from None
    except ValueError as error:
        raise ValueError(f"{record.kind} record, {error}") from error


def decode_record(data: bytes) -> Record:
    """The record that ``encode_record`` spelled as ``data``.

    Raises ValueError for any other bytes: unknown kind, unknown or missing field, wrong type, another spelling of the
    same value, or a version that a newer program wrote.
    """
    record = _read_at_once(data)
    return _read_in_steps(data) if record is None else record


def _read_at_once(data: bytes) -> Record | None:
    """The record, made by msgspec; None for anything that is not to the last bit what ``encode_record`` spells of it.

    msgspec is told to be lenient, so that decimal strings become integers: spelling its answer again is the check.
    """
    shown = _KIND.search(data)
    found = RECORD_TYPES.get(shown[1].decode("ascii")) if shown else None
    if found is None:
        return None
    try:
        record = _reader(found)(data)
        return record if encode_record(record) == data else None
    except (ValueError, RecursionError):
        return None


def _read_in_steps(data: bytes) -> Record:
    """The same, field by field, to say what is wrong."""
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
    try:
        read = _read_fields(_record_shape(found), spelled)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{kind} record, {error}") from error
    return found(**read)


def _check(value: object) -> None:
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return
    if kind is int:
        _spell_int(typing.cast(int, value))
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


# Below: how each type of field is spelled. Whether a value may be written is for nearly all fields a question of its
# type, so the types of a record's values are checked together and remembered; only the few spellings that depend on the
# value run for each record. ``parse`` only converts, because ``decode_record`` spells its result again and compares.
# What a field holds is evidence, and an error may end in a log that is passed on: messages name types, not texts.

_Spell = Callable[[typing.Any], object]
_Parse = Callable[[typing.Any], object]


@dataclass(frozen=True, slots=True)
class _Codec:
    """How fields of one type are spelled: ``types`` are what they may hold, exactly, called ``what`` in messages.

    ``spell`` refuses values and gives what msgspec is to write; None where it writes every value as it is. ``parse`` is
    None where what was read is the value.
    """

    what: str
    types: frozenset[type]
    spell: _Spell | None = None
    parse: _Parse | None = None

    def refusal(self, held: type) -> str:
        """What is wrong with a value of another type."""
        return f"not {self.what} but {held.__name__}"


@dataclass(frozen=True, slots=True)
class _Shape:
    """How values of one frozen class are spelled; worked out once per class.

    ``names`` are the members of the JSON object in the order in which they are written, ``fields`` those that are given
    to the class; ``struct`` is what msgspec writes in that order. ``accepted`` are the combinations of types that were
    found right so far.
    """

    names: tuple[str, ...]
    fields: frozenset[str]
    values: Callable[[object], tuple[object, ...]]
    struct: type[msgspec.Struct]
    codecs: tuple[_Codec, ...]
    spell: tuple[tuple[int, _Spell], ...]
    parse: tuple[tuple[str, _Parse], ...]
    accepted: set[tuple[type, ...]]


_READERS: dict[type[Record], Callable[[bytes], Record]] = {}


def _reader(record_type: type[Record]) -> Callable[[bytes], Record]:
    reader = _READERS.get(record_type)
    if reader is None:
        reader = _READERS[record_type] = msgspec.json.Decoder(record_type, strict=False).decode
    return reader


_RECORD_SHAPES: dict[type[Record], _Shape] = {}


def _record_shape(record_type: type[Record]) -> _Shape:
    shape = _RECORD_SHAPES.get(record_type)
    if shape is None:
        kind = getattr(record_type, "kind", None)
        if kind is None or RECORD_TYPES.get(kind) is not record_type:
            raise ValueError(f"{record_type.__name__} is not one of the records of the custody log")
        version = _Codec("a version", frozenset({int}), _spell_version)
        shape = _RECORD_SHAPES[record_type] = _shape(record_type, {"kind": _CODECS[str], "v": version})
    return shape


def _shape(of: type, given: dict[str, _Codec]) -> _Shape:
    """The shape of a class, with codecs ``given`` for some of its attributes."""
    # Without localns a field named ``bytes`` would hide the type of that name.
    hints = typing.get_type_hints(of, localns={})
    of_class = {field.name: _codec(hints[field.name]) for field in fields(of)}
    found = of_class | given
    names = tuple(sorted(found))
    codecs = tuple(found[name] for name in names)
    return _Shape(
        names=names,
        fields=frozenset(of_class),
        values=operator.attrgetter(*names) if len(names) > 1 else lambda value: (getattr(value, names[0]),),
        struct=msgspec.defstruct(of.__name__, names, gc=False),
        codecs=codecs,
        spell=tuple((place, codec.spell) for place, codec in enumerate(codecs) if codec.spell is not None),
        parse=tuple((name, codec.parse) for name, codec in of_class.items() if codec.parse is not None),
        accepted=set(),
    )


def _spelled(shape: _Shape, value: object) -> msgspec.Struct:
    """What msgspec is to write for ``value``; ValueError naming the field that holds what it may not."""
    values = [*shape.values(value)]
    held = (*map(type, values),)
    if held not in shape.accepted:
        _accept(shape, held)
    place = 0
    try:
        for place, spell in shape.spell:
            values[place] = spell(values[place])
    except (ValueError, OverflowError) as error:
        raise ValueError(f"field {shape.names[place]}: {error}") from error
    return shape.struct(*values)


def _accept(shape: _Shape, held: tuple[type, ...]) -> None:
    """Remember a combination of types as right; ValueError naming the field where it is not."""
    for name, codec, kind in zip(shape.names, shape.codecs, held, strict=True):
        if kind not in codec.types:
            raise ValueError(f"field {name}: {codec.refusal(kind)}")
    shape.accepted.add(held)


def _read_fields(shape: _Shape, spelled: dict[str, object]) -> dict[str, typing.Any]:
    """What the class is made of again; ``spelled`` is used up."""
    if spelled.keys() != shape.fields:
        raise ValueError(f"unknown or missing fields {sorted(spelled.keys() ^ shape.fields)}")
    for name, parse in shape.parse:
        try:
            spelled[name] = parse(spelled[name])
        except (ValueError, OverflowError) as error:
            raise ValueError(f"field {name}: {error}") from error
    return spelled


def _codec(hint: object) -> _Codec:
    if hint is Octets:
        return _Codec("an integer", frozenset({int}), str, _parse_octets)
    if isinstance(hint, typing.NewType):
        return _codec(hint.__supertype__)
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
        return _optional(_codec(_the_one_beside_none(hint)))
    if typing.get_origin(hint) is tuple:
        return _list_codec(_codec(_the_one_repeated(hint)))
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return _Codec(hint.__name__, frozenset({hint}), None, hint)
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


def _optional(codec: _Codec) -> _Codec:
    spell, parse = _unless_none(codec.spell), _unless_none(codec.parse)
    return _Codec(f"{codec.what} or nothing", codec.types | {type(None)}, spell, parse)


def _unless_none(convert: _Spell | None) -> _Spell | None:
    return None if convert is None else lambda value: None if value is None else convert(value)


def _the_one_repeated(hint: object) -> object:
    members = typing.get_args(hint)
    if len(members) != 2 or members[1] is not Ellipsis:
        raise TypeError(f"no spelling is defined for fields of type {hint!r}")
    return members[0]


def _list_codec(codec: _Codec) -> _Codec:
    def spell_list(value: tuple[object, ...]) -> object:
        strange = set(map(type, value)) - codec.types
        if strange:
            raise ValueError(codec.refusal(strange.pop()))
        return value if codec.spell is None else [*map(codec.spell, value)]

    def parse_list(value: object) -> tuple[object, ...]:
        if type(value) is not list:
            raise ValueError(f"not a list but {type(value).__name__}")
        return tuple(value) if codec.parse is None else tuple(map(codec.parse, value))

    return _Codec("a tuple", frozenset({tuple}), spell_list, parse_list)


def _object_codec(of: type) -> _Codec:
    """A frozen value inside a record: a JSON object of exactly its fields."""
    shape = _shape(of, {})

    def parse_object(value: object) -> object:
        if type(value) is not dict:
            raise ValueError(f"not the fields of {of.__name__} but {type(value).__name__}")
        return of(**_read_fields(shape, value))

    return _Codec(of.__name__, frozenset({of}), partial(_spelled, shape), parse_object)


def _spell_version(value: int) -> int:
    if value != VERSION:
        raise ValueError(f"this program writes version {VERSION}, not {value!r}")
    return value


def _spell_int(value: int) -> int:
    if not -LARGEST <= value <= LARGEST:
        raise ValueError("not an integer within ±(2^53-1)")
    return value


def _spell_moment(value: datetime) -> object:
    # msgspec writes a moment in UTC as we do, and much faster, unless it can leave out the decimals.
    return value if value.tzinfo is UTC and value.microsecond else format_moment(value)


def _spell_attributes(value: dict[str, str]) -> dict[str, str]:
    for name, text in value.items():
        if type(name) is not str or not name.isascii() or type(text) is not str:
            raise ValueError("attributes are text under ASCII names")
    return dict(sorted(value.items()))


def _text(value: object) -> str:
    if type(value) is not str:
        raise ValueError(f"not text but {type(value).__name__}")
    return value


def _parse_octets(value: object) -> int:
    return int(_text(value))


def _parse_bytes(value: object) -> bytes:
    return a2b_base64(_text(value))


def _parse_moment(value: object) -> datetime:
    return datetime.fromisoformat(_text(value))  # fifty times as fast as strptime


_CODECS: dict[object, _Codec] = {
    str: _Codec("text", frozenset({str})),
    bool: _Codec("true or false", frozenset({bool})),
    int: _Codec("an integer", frozenset({int}), _spell_int),
    bytes: _Codec("bytes", frozenset({bytes}), None, _parse_bytes),
    datetime: _Codec("a moment", frozenset({datetime}), _spell_moment, _parse_moment),
    dict[str, str]: _Codec("attributes", frozenset({dict}), _spell_attributes),
}
