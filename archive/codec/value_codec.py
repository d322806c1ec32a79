"""How fields of frozen classes are spelled in JSON, and read again: the types decide (DESIGN §7.1).

Whether a value may be written is for nearly all fields a question of its type, so the types of a record's values are
checked together and remembered; only the few spellings that depend on the value run for each record. ``parse`` only
converts, because whoever reads a record spells it again and compares. What a field holds is evidence, and an error may
end in a log that is passed on: messages name types, not texts.
"""

from __future__ import annotations

import operator
import types
import typing
from binascii import a2b_base64
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial

import msgspec

from archive.canonical import check_int
from archive.model.moments import format_moment
from archive.model.record import Octets

_Spell = Callable[[typing.Any], object]
_Parse = Callable[[typing.Any], object]

NOTHING: Mapping[str, typing.Any] = types.MappingProxyType({})
"""No fields."""


@dataclass(frozen=True, slots=True)
class Codec:
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
class Shape:
    """How values of one frozen class are spelled; worked out once per class.

    ``names`` are the members of the JSON object in the order in which they are written, ``fields`` those that are given
    to the class; ``struct`` is what msgspec writes in that order. ``accepted`` are the combinations of types that were
    found right so far.
    """

    names: tuple[str, ...]
    fields: frozenset[str]
    values: Callable[[object], tuple[object, ...]]
    struct: type[msgspec.Struct]
    codecs: tuple[Codec, ...]
    spell: tuple[tuple[int, _Spell], ...]
    parse: tuple[tuple[str, _Parse], ...]
    accepted: set[tuple[type, ...]]


def shape_of(of: type, given: Mapping[str, Codec] = NOTHING, *, only: Collection[str] | None = None) -> Shape:
    """The shape of a class, or of those of its fields that are in ``only``; ``given`` are codecs of more attributes."""
    # Without localns a field named ``bytes`` would hide the type of that name.
    hints = typing.get_type_hints(of, localns={})
    named = [field.name for field in fields(of) if only is None or field.name in only]
    of_class = {name: codec_of(hints[name]) for name in named if name not in given}
    return shape_from(of.__name__, of_class, given)


def shape_from(called: str, of_class: Mapping[str, Codec], given: Mapping[str, Codec] = NOTHING) -> Shape:
    """The shape of objects with fields ``of_class``, which are read again, and ``given``, which are only written."""
    found = {**of_class, **given}
    names = tuple(sorted(found))
    codecs = tuple(found[name] for name in names)
    return Shape(
        names=names,
        fields=frozenset(of_class),
        values=operator.attrgetter(*names) if len(names) > 1 else lambda value: (getattr(value, names[0]),),
        struct=msgspec.defstruct(called, names, gc=False),
        codecs=codecs,
        spell=tuple((place, codec.spell) for place, codec in enumerate(codecs) if codec.spell is not None),
        parse=tuple((name, codec.parse) for name, codec in of_class.items() if codec.parse is not None),
        accepted=set(),
    )


def spell_value(shape: Shape, value: object) -> msgspec.Struct:
    """What msgspec is to write for ``value``; ValueError naming the field that holds what it may not."""
    return spell_values(shape, [*shape.values(value)])


def spell_values(shape: Shape, values: list[object]) -> msgspec.Struct:
    """As ``spell_value``, of values in the order of ``shape.names``; the list is used up."""
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


def _accept(shape: Shape, held: tuple[type, ...]) -> None:
    """Remember a combination of types as right; ValueError naming the field where it is not."""
    for name, codec, kind in zip(shape.names, shape.codecs, held, strict=True):
        if kind not in codec.types:
            raise ValueError(f"field {name}: {codec.refusal(kind)}")
    shape.accepted.add(held)


def read_fields(shape: Shape, spelled: dict[str, object]) -> dict[str, typing.Any]:
    """What the class is made of again; ``spelled`` is used up."""
    if spelled.keys() != shape.fields:
        raise ValueError(f"unknown or missing fields {sorted(spelled.keys() ^ shape.fields)}")
    for name, parse in shape.parse:
        try:
            spelled[name] = parse(spelled[name])
        except (ValueError, OverflowError) as error:
            raise ValueError(f"field {name}: {error}") from error
    return spelled


def codec_of(hint: object) -> Codec:
    """The codec for fields of this type; raises TypeError for a type that records do not use."""
    if hint is Octets:
        return Codec("an integer", frozenset({int}), str, _parse_octets)
    if isinstance(hint, typing.NewType):
        return codec_of(hint.__supertype__)
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
        return _optional(codec_of(_the_one_beside_none(hint)))
    if typing.get_origin(hint) is tuple:
        return _list_codec(codec_of(_the_one_repeated(hint)))
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return Codec(hint.__name__, frozenset({hint}), None, hint)
    if isinstance(hint, type) and is_dataclass(hint):
        return _object_codec(hint)
    try:
        return CODECS[hint]
    except KeyError:
        raise TypeError(f"no spelling is defined for fields of type {hint!r}") from None


def _the_one_beside_none(hint: object) -> object:
    beside = [member for member in typing.get_args(hint) if member is not type(None)]
    if len(beside) != 1:
        raise TypeError(f"no spelling is defined for fields of type {hint!r}")
    return beside[0]


def _optional(codec: Codec) -> Codec:
    spell, parse = _unless_none(codec.spell), _unless_none(codec.parse)
    return Codec(f"{codec.what} or nothing", codec.types | {type(None)}, spell, parse)


def _unless_none(convert: _Spell | None) -> _Spell | None:
    return None if convert is None else lambda value: None if value is None else convert(value)


def _the_one_repeated(hint: object) -> object:
    members = typing.get_args(hint)
    if len(members) != 2 or members[1] is not Ellipsis:
        raise TypeError(f"no spelling is defined for fields of type {hint!r}")
    return members[0]


def _list_codec(codec: Codec) -> Codec:
    def spell_list(value: tuple[object, ...]) -> object:
        strange = set(map(type, value)) - codec.types
        if strange:
            raise ValueError(codec.refusal(strange.pop()))
        return value if codec.spell is None else [*map(codec.spell, value)]

    def parse_list(value: object) -> tuple[object, ...]:
        if type(value) is not list:
            raise ValueError(f"not a list but {type(value).__name__}")
        return tuple(value) if codec.parse is None else tuple(map(codec.parse, value))

    return Codec("a tuple", frozenset({tuple}), spell_list, parse_list)


def _object_codec(of: type) -> Codec:
    """A frozen value inside a record: a JSON object of exactly its fields."""
    shape = shape_of(of)

    def parse_object(value: object) -> object:
        if type(value) is not dict:
            raise ValueError(f"not the fields of {of.__name__} but {type(value).__name__}")
        return of(**read_fields(shape, value))

    return Codec(of.__name__, frozenset({of}), partial(spell_value, shape), parse_object)


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


CODECS: dict[object, Codec] = {
    str: Codec("text", frozenset({str})),
    bool: Codec("true or false", frozenset({bool})),
    int: Codec("an integer", frozenset({int}), check_int),
    bytes: Codec("bytes", frozenset({bytes}), None, _parse_bytes),
    datetime: Codec("a moment", frozenset({datetime}), _spell_moment, _parse_moment),
    dict[str, str]: Codec("attributes", frozenset({dict}), _spell_attributes),
}
"""The codecs of the plain types."""
