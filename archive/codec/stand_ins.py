"""What is kept of a record of the first form whose opening is erased, and the record that is read in its place.

Kept is what the next version of its kind declares open, field by field as text: numbers in decimal, moments as they are
spelled, identifiers in a list with blanks between, and nothing where there is none. The record that is made of it has
the same effect in the fold as one whose private lines are all erased.
"""

from __future__ import annotations

from dataclasses import MISSING, dataclass, fields, replace

import msgspec

from archive import canonical
from archive.codec.record_codec import of_first_form
from archive.codec.value_codec import Shape, shape_of, spell_value
from archive.model.log_records import ErasedOpening
from archive.model.record import Group, PrivateRecord, Record, group_of, is_each_file, is_in_memory
from archive.model.record_versions import UPCASTS, VERSIONS, upcast, version_of


@dataclass(frozen=True, slots=True)
class StandIn:
    """What stands in the place of a record whose opening was erased: bytes to look things up in, and the record."""

    spelled: bytes
    record: Record


def kept_of(n: int, spelled: bytes) -> ErasedOpening:
    """What would stay of record ``n``, which is spelled so, if its opening were erased.

    Raises ValueError where it is not of the first form, and where its open part cannot be kept as text.
    """
    old = of_first_form(spelled)
    return ErasedOpening(n, old.kind, old.v, _kept(UPCASTS[type(old)](old)))


def stand_in(opening: ErasedOpening) -> StandIn:
    """What is read in the place of the record. Raises ValueError where ``kept`` is not what ``kept_of`` gives."""
    of, then = VERSIONS.get((opening.kind, opening.v)), VERSIONS.get((opening.kind, opening.v + 1))
    if of is None or issubclass(of, PrivateRecord) or then is None:
        raise ValueError(f"kind {opening.kind!r}, version {opening.v}, is not of the first form")
    try:
        made = msgspec.convert(_values(then, opening), then, strict=False)
    except msgspec.ValidationError as error:
        raise ValueError(f"what was kept is no {opening.kind} record: {error}") from None
    if _kept(made) != opening.kept:
        raise ValueError("what was kept has other fields, or is spelled in another way")
    spelled = canonical.encode({**opening.kept, "kind": opening.kind, "v": opening.v})
    return StandIn(spelled, replace(upcast(made), v=opening.v))


def _values(of: type[Record], opening: ErasedOpening) -> dict[str, object]:
    """All fields of a record of the second form, as JSON values; every private line of it is absent."""
    shape, groups = _open_part(of), {group_of(field) for field in fields(of)}
    found: dict[str, object] = {
        field.name: None if field.default is MISSING else field.default
        for field in fields(of)
        if group_of(field) is not None
    }
    for name, codec in zip(shape.names, shape.codecs, strict=True):
        text = opening.kept.get(name)
        found[name] = (text.split(" ") if text else []) if text is not None and tuple in codec.types else text
    return found | {"v": version_of(of), "absent": tuple(i for i, group in enumerate(Group) if group in groups)}


def _kept(record: Record) -> dict[str, str]:
    """The open part of a record of the second form, as text."""
    values = msgspec.json.decode(msgspec.json.encode(spell_value(_open_part(type(record)), record)))
    return {name: text for name, value in sorted(values.items()) if (text := _text(name, value)) is not None}


_OPEN_PARTS: dict[type[Record], Shape] = {}


def _open_part(of: type[Record]) -> Shape:
    """How the open fields of a class are spelled; ValueError where it tells of each of many files."""
    if of in _OPEN_PARTS:
        return _OPEN_PARTS[of]
    if any(is_each_file(field) for field in fields(of)):
        raise ValueError(f"a {of.kind} record tells of many files at once")
    shown = [field.name for field in fields(of) if group_of(field) is None and not is_in_memory(field)]
    return _OPEN_PARTS.setdefault(of, shape_of(of, only={*shown} - {"v"}))


def _text(name: str, value: object) -> str | None:
    """A JSON value as text; None for nothing."""
    if value is None or type(value) is str:
        return value
    if type(value) is int:
        return str(value)
    if isinstance(value, list) and all(type(one) is str and one and " " not in one for one in value):
        return " ".join(value)
    raise ValueError(f"its open field '{name}' holds more than text, numbers and identifiers")
