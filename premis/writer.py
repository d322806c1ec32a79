"""PREMIS 3.0 written as a stream: objects, events, agents, rights, in constant memory.

The grammar is `premis._shapes`; here it is turned, once, into small functions that put strings into a list. There is
no tree and no XML library: what this writes is checked character by character by `premis.escaping`.
"""

from collections.abc import Callable, Iterable
from functools import lru_cache
from itertools import chain
from operator import attrgetter
from typing import Any, BinaryIO, Final, TypeAlias

from premis._shapes import AGENT, EVENT, OBJECTS, RIGHTS_STATEMENT, Inlined, Kind, Leaf, Nested, Noted, Part, Shape
from premis.escaping import embed, escape_attribute, escape_text
from premis.model import (
    Agent,
    Entity,
    Event,
    Object,
    Rights,
    RightsExtension,
    RightsStatement,
    Unknown,
    UnknownAttribute,
    UnknownElement,
)
from premis.terms import Term

PREMIS_NAMESPACE: Final = "http://www.loc.gov/premis/v3"
XSI_NAMESPACE: Final = "http://www.w3.org/2001/XMLSchema-instance"
_XML_NAMESPACE: Final = "http://www.w3.org/XML/1998/namespace"

_HEAD: Final = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    f'<premis xmlns="{PREMIS_NAMESPACE}" xmlns:xsi="{XSI_NAMESPACE}" version="3.0">\n'
).encode()
_TAIL: Final = b"</premis>\n"

Put: TypeAlias = Callable[[str], None]


def write_premis(
    out: BinaryIO,
    *,
    objects: Iterable[Object],
    events: Iterable[Event] = (),
    agents: Iterable[Agent] = (),
    rights: Iterable[Rights] = (),
) -> None:
    """Write one PREMIS 3.0 document, UTF-8, one entity a line, taking each iterable once and in turn.

    Raises ValueError without an object (the schema wants one), and for a character that XML 1.0 cannot carry or an
    extension that is not well formed, naming the element; what was written by then is not a document.
    """
    remaining = iter(objects)
    first = next(remaining, None)
    if first is None:
        raise ValueError("a PREMIS document needs at least one object")
    out.write(_HEAD)
    for entity in chain((first,), remaining, events, agents, rights):
        out.write(render(entity).encode())
    out.write(_TAIL)


def render(entity: Entity) -> str:
    """One object, event, agent or rights statement as its XML element and a line feed.

    The element relies on the namespaces that `write_premis` declares. Raises as `write_premis` does.
    """
    pieces: list[str] = []
    try:
        write = _ENTITIES[type(entity)]
    except KeyError:
        raise TypeError(f"{type(entity).__name__} is no PREMIS entity") from None
    write(entity, pieces.append)
    pieces.append("\n")
    return "".join(pieces)


class _Kept:
    """What a unit holds beyond its fields, sorted by where it goes."""

    __slots__ = ("_attributes", "_elements")

    def __init__(self, unknown: tuple[Unknown, ...]) -> None:
        self._attributes: dict[tuple[str, int], str] = {}
        self._elements: dict[str, list[str]] = {}
        for number, item in enumerate(unknown):
            if isinstance(item, UnknownElement):
                self._elements.setdefault(item.where, []).append(embed(item.xml, item.where or "unknown element"))
            else:
                place = item.where, item.index
                self._attributes[place] = self._attributes.get(place, "") + _attribute(item, number)

    def attributes(self, where: str, index: int = 0) -> str:
        return self._attributes.get((where, index), "")

    def elements(self, where: str) -> list[str]:
        return self._elements.get(where, [])


# Renders one part of a unit: the unit, where to put strings, and what the unit keeps beyond its fields.
_PartWriter: TypeAlias = Callable[[Any, Put, _Kept | None], None]
_UnitWriter: TypeAlias = Callable[[Any, Put], None]


def _unit_writer(shape: Shape, element: str, attributes: str = "") -> _UnitWriter:
    parts = tuple(_part_writer(part) for part in shape.parts)
    start, end = f"<{element}{attributes}>", f"</{element}>"
    start_of_kept = start[:-1]

    def write(unit: Any, put: Put) -> None:
        if unit.unknown:
            kept = _Kept(unit.unknown)
            put(f"{start_of_kept}{kept.attributes('')}>")
            for part in parts:
                part(unit, put, kept)
            for xml in kept.elements(""):
                put(xml)
        else:
            put(start)
            for part in parts:
                part(unit, put, None)
        put(end)

    return write


def _part_writer(part: Part) -> _PartWriter:
    if isinstance(part, Leaf):
        return _many_leaves_writer(part) if part.many else _leaf_writer(part)
    if isinstance(part, Nested):
        return _nested_writer(part)
    if isinstance(part, Noted):
        return _noted_writer(part)
    if isinstance(part, Inlined):
        return _inlined_writer(part)
    return _wrapped_writer(part.element, tuple(_part_writer(leaf) for leaf in part.parts))


def _nested_writer(part: Nested) -> _PartWriter:
    get = attrgetter(part.field)
    write = _unit_writer(part.shape, part.element)
    if part.element in _REPEATED:
        write = _remembering(write)

    def write_many(unit: Any, put: Put, _kept: _Kept | None) -> None:
        for value in get(unit):
            write(value, put)

    def write_one(unit: Any, put: Put, _kept: _Kept | None) -> None:
        value = get(unit)
        if value is not None:
            write(value, put)

    return write_many if part.many else write_one


# Of these an archive has a few dozen different ones and writes them for every file.
_REPEATED: Final = frozenset({"format", "eventOutcomeInformation", "linkingAgentIdentifier", "creatingApplication"})


def _remembering(write: _UnitWriter) -> _UnitWriter:
    """``write``, which renders equal units once and puts the same string again."""

    @lru_cache(maxsize=1024)
    def rendered(unit: Any) -> str:
        pieces: list[str] = []
        write(unit, pieces.append)
        return "".join(pieces)

    def write_rendered(unit: Any, put: Put) -> None:
        put(rendered(unit))

    return write_rendered


def _noted_writer(part: Noted) -> _PartWriter:
    get = attrgetter(part.field)
    write_detail = _unit_writer(part.shape, part.element)
    note = part.shape.parts[0]
    assert isinstance(note, Leaf)
    start, end, inner = f"<{part.element}><{note.element}>", f"</{note.element}></{part.element}>", note.element

    def write(unit: Any, put: Put, _kept: _Kept | None) -> None:
        for value in get(unit):
            if isinstance(value, str):
                put(f"{start}{escape_text(value, inner)}{end}")
            else:
                write_detail(value, put)

    return write


def _inlined_writer(part: Inlined) -> _PartWriter:
    get = attrgetter(part.field)
    parts = tuple(_part_writer(inner) for inner in part.shape.parts)

    def write(unit: Any, put: Put, _kept: _Kept | None) -> None:
        value = get(unit)
        kept = _Kept(value.unknown) if value.unknown else None
        for inner in parts:
            inner(value, put, kept)

    return write


def _wrapped_writer(element: str, parts: tuple[_PartWriter, ...]) -> _PartWriter:
    start, end = f"<{element}>", f"</{element}>"

    def write(unit: Any, put: Put, kept: _Kept | None) -> None:
        pieces: list[str] = []
        for part in parts:
            part(unit, pieces.append, kept)
        attributes = ""
        if kept is not None:
            pieces += kept.elements(element)
            attributes = kept.attributes(element)
        if pieces or attributes:
            put(f"<{element}{attributes}>" if attributes else start)
            put("".join(pieces))
            put(end)

    return write


def _leaf_writer(part: Leaf) -> _PartWriter:
    get = attrgetter(part.field)
    content = _CONTENT[part.kind]
    element, end = part.element, f"</{part.element}>"

    def write(unit: Any, put: Put, kept: _Kept | None) -> None:
        value = get(unit)
        if value is not None:
            more = "" if kept is None else kept.attributes(element)
            put(f"<{element}{more}{content(value, element)}{end}")

    return write


def _many_leaves_writer(part: Leaf) -> _PartWriter:
    get = attrgetter(part.field)
    content = _CONTENT[part.kind]
    element, end = part.element, f"</{part.element}>"

    def write(unit: Any, put: Put, kept: _Kept | None) -> None:
        for index, value in enumerate(get(unit)):
            more = "" if kept is None else kept.attributes(element, index)
            put(f"<{element}{more}{content(value, element)}{end}")

    return write


def _text_content(value: str, element: str) -> str:
    return f">{escape_text(value, element)}"


@lru_cache(maxsize=4096)  # an archive uses a few dozen terms, millions of times
def _term_content(value: Term, element: str) -> str:
    named = (("authority", value.authority), ("authorityURI", value.authorityURI), ("valueURI", value.valueURI))
    attributes = "".join(f' {name}="{escape_attribute(text, element)}"' for name, text in named if text is not None)
    return f"{attributes}>{escape_text(value.value, element)}"


def _number_content(value: int, _element: str) -> str:
    return f">{value:d}"


def _raw_content(value: bytes, element: str) -> str:
    return f">{embed(value, element)}"


# What follows the name of the start tag, up to the end tag.
_CONTENT: Final[dict[Kind, Callable[[Any, str], str]]] = {
    Kind.TEXT: _text_content,
    Kind.TERM: _term_content,
    Kind.NUMBER: _number_content,
    Kind.RAW: _raw_content,
}


def _attribute(item: UnknownAttribute, number: int) -> str:
    """A kept attribute, with a declaration of its namespace where it has one of its own."""
    where = item.where or "unknown attribute"
    value = escape_attribute(item.value, where)
    namespace, _, name = item.name.removeprefix("{").rpartition("}")
    if not namespace:
        return f' {name}="{value}"'
    if namespace in _PREFIXES:
        return f' {_PREFIXES[namespace]}:{name}="{value}"'
    return f' xmlns:u{number}="{escape_attribute(namespace, where)}" u{number}:{name}="{value}"'


_PREFIXES: Final = {XSI_NAMESPACE: "xsi", _XML_NAMESPACE: "xml"}


def _rights_statement_writer() -> _UnitWriter:
    write_statement = _unit_writer(RIGHTS_STATEMENT, "rightsStatement")

    def write(statement: Any, put: Put) -> None:
        # Some documents hang attributes on the element around the statement; the statement keeps them.
        kept = _Kept(statement.unknown)
        put(f"<rights{kept.attributes('rights')}>")
        write_statement(statement, put)
        put("".join(kept.elements("rights")))
        put("</rights>")

    return write


def _write_rights_extension(extension: Any, put: Put) -> None:
    put(f"<rights><rightsExtension{_raw_content(extension.xml, 'rightsExtension')}</rightsExtension></rights>")


_ENTITIES: Final[dict[Any, _UnitWriter]] = {
    **{shape.type: _unit_writer(shape, "object", f' xsi:type="{name}"') for name, shape in OBJECTS.items()},
    Event: _unit_writer(EVENT, "event"),
    Agent: _unit_writer(AGENT, "agent"),
    RightsStatement: _rights_statement_writer(),
    RightsExtension: _write_rights_extension,
}
