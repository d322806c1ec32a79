"""PREMIS 3.0 read as a stream into the types of `premis.model`, and METS read into a light view of its references.

What the model has no place for is kept with the unit it stood in, so that writing what was read loses no element and
no attribute. Lost are comments and white space between units, attributes of the ``premis`` element, and the grouping
of several statements in one ``rights`` element.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO, Final, TypeAlias

from lxml import etree

from premis._shapes import (
    AGENT,
    EVENT,
    OBJECTS,
    RIGHTS_STATEMENT,
    Inlined,
    Kind,
    Leaf,
    Nested,
    Noted,
    Shape,
    Wrapped,
    required_fields,
)
from premis.errors import PremisError
from premis.mets_reader import MetsDocument, read_mets
from premis.model import Detail, Entity, RightsExtension, Unknown, UnknownAttribute, UnknownElement
from premis.parsing import elements, free, line_of, standalone
from premis.terms import Term
from premis.writer import PREMIS_NAMESPACE, XSI_NAMESPACE

__all__ = ["MetsDocument", "PremisError", "read_mets", "read_premis"]

_NAMESPACE: Final = f"{{{PREMIS_NAMESPACE}}}"
_XSI_TYPE: Final = f"{{{XSI_NAMESPACE}}}type"
_OLDER: Final[Mapping[str, str]] = {
    "info:lc/xmlns/premis-v2": "PREMIS 2",
    "http://www.loc.gov/standards/premis": "PREMIS 1",
    "http://www.loc.gov/standards/premis/v1": "PREMIS 1",
}
_ENTITY_NAMES: Final = frozenset({"object", "event", "agent", "rights"})


def read_premis(source: BinaryIO | Path) -> Iterator[Entity]:
    """The objects, events, agents and rights of one PREMIS 3.0 document, in its order, in constant memory.

    The root is ``premis``, or one entity by itself. The document is not validated, but what the types refuse is
    refused here. Raises PremisError, with the line where it can, for another version of PREMIS, for what is not
    PREMIS, not well formed, or has a document type declaration; OSError for what cannot be read.
    """
    depth = 0
    entity_depth = 1
    for event, element in elements(source):
        if event == "start":
            if depth == 0:
                entity_depth = _entity_depth(element)
            depth += 1
            continue
        depth -= 1
        if depth == entity_depth:
            yield from _entities(element)
            free(element)


def entities_of(element: etree._Element) -> Iterator[Entity]:
    """The entities of one ``premis`` element, or of one entity that stands by itself inside another document.

    A ``rightsStatement`` without a ``rights`` around it is read, too: METS documents of others have them. Raises
    PremisError as `read_premis` does.
    """
    if element.tag == f"{_NAMESPACE}rightsStatement":
        yield _draft(RIGHTS_STATEMENT, element).finish()
    elif _entity_depth(element) == 0:
        yield from _entities(element)
    else:
        for child in _child_elements(element):
            yield from _entities(child)


def _entity_depth(root: etree._Element) -> int:
    name = etree.QName(root)
    if name.namespace in _OLDER:
        raise PremisError(f"the document is {_OLDER[name.namespace]}; only PREMIS 3.0 is read here", line_of(root))
    if name.namespace != PREMIS_NAMESPACE or name.localname not in _ENTITY_NAMES | {"premis"}:
        raise PremisError(f"the root element {name.localname!r} is not of PREMIS 3.0", line_of(root))
    return 1 if name.localname == "premis" else 0


def _entities(element: etree._Element) -> Iterator[Entity]:
    name = _local(element)
    if name == "object":
        yield _object(element)
    elif name == "event":
        yield _build(EVENT, element)
    elif name == "agent":
        yield _build(AGENT, element)
    elif name == "rights":
        yield from _rights(element)
    else:
        raise PremisError(f"{element.tag} is no PREMIS entity", line_of(element))


def _object(element: etree._Element) -> Any:
    category = element.get(_XSI_TYPE, "")
    prefix, _, name = category.rpartition(":")
    if element.nsmap.get(prefix or None) != PREMIS_NAMESPACE or name not in OBJECTS:
        raise PremisError(f"{category!r} is no category of PREMIS object", line_of(element))
    return _draft(OBJECTS[name], element, leave_out=frozenset({_XSI_TYPE})).finish()


def _rights(element: etree._Element) -> Iterator[Entity]:
    # What stands beside the statements is given to the first of them.
    beside: list[Unknown] = _attributes(element, "rights")
    statements: list[etree._Element] = []
    extensions: list[etree._Element] = []
    for child in _child_elements(element):
        name = _local(child)
        if name == "rightsStatement":
            statements.append(child)
        elif name == "rightsExtension":
            extensions.append(child)
        else:
            beside.append(UnknownElement("rights", standalone(child)))
    if beside and not statements:
        raise PremisError("a rights element without a statement has more than extensions", line_of(element))
    for child in statements:
        draft = _draft(RIGHTS_STATEMENT, child)
        draft.unknown += beside
        beside = []
        yield draft.finish()
    for child in extensions:
        yield RightsExtension(_content(child))


# The parts that an element of some name may fill, and for each the inlined field it belongs to, if to one.
_Index: TypeAlias = Mapping[str, tuple[tuple[Leaf | Nested | Noted | Wrapped, str | None], ...]]


@cache
def _index(shape: Shape) -> _Index:
    found: dict[str, tuple[tuple[Leaf | Nested | Noted | Wrapped, str | None], ...]] = {}
    for part in shape.parts:
        if isinstance(part, Inlined):
            for name, entries in _index(part.shape).items():
                found[name] = (*found.get(name, ()), *((inner, part.field) for inner, _ in entries))
        else:
            found[part.element] = (*found.get(part.element, ()), (part, None))
    return found


@cache
def _wrapped_index(part: Wrapped) -> _Index:
    return {leaf.element: ((leaf, None),) for leaf in part.parts}


class _Draft:
    """A unit while its element is read: what its fields will be, and what no field has a place for."""

    __slots__ = ("_element", "_fields", "_inlined", "_shape", "_wrappers", "unknown")

    def __init__(self, shape: Shape, element: etree._Element) -> None:
        self._shape = shape
        self._element = element
        self._fields: dict[str, Any] = {}
        inlined = (part for part in shape.parts if isinstance(part, Inlined))
        self._inlined = {part.field: _Draft(part.shape, element) for part in inlined}
        self._wrappers: set[str] = set()
        self.unknown: list[Unknown] = []

    def read(self, element: etree._Element, index: _Index, where: str) -> None:
        """Take every child of ``element``, which is the unit's own or, named ``where``, one that wraps fields."""
        for child in _child_elements(element):
            for part, inlined in index.get(_local(child), ()):
                if (self if inlined is None else self._inlined[inlined])._take(part, child):
                    break
            else:
                self.unknown.append(UnknownElement(where, standalone(child)))

    def finish(self) -> Any:
        """The unit. Raises PremisError for one that lacks what its type demands, or holds what it refuses."""
        fields = {name: tuple(value) if isinstance(value, list) else value for name, value in self._fields.items()}
        fields |= {name: draft.finish() for name, draft in self._inlined.items()}
        missing = [name for name in required_fields(self._shape.type) if name not in fields]
        if missing:
            raise self._refusal(f"lacks {' and '.join(missing)}")
        try:
            return self._shape.type(**fields, unknown=self._unknown_in_order())
        except ValueError as error:
            raise self._refusal(str(error)) from error

    def _take(self, part: Leaf | Nested | Noted | Wrapped, child: etree._Element) -> bool:
        if isinstance(part, Wrapped):
            return self._take_wrapped(part, child)
        if isinstance(part, Leaf):
            return self._take_leaf(part, child)
        if isinstance(part, Noted):
            self._fields.setdefault(part.field, []).append(_plain(_build(part.shape, child)))
            return True
        if part.many:
            self._fields.setdefault(part.field, []).append(_build(part.shape, child))
            return True
        if part.field in self._fields:
            return False
        self._fields[part.field] = _build(part.shape, child)
        return True

    def _take_leaf(self, part: Leaf, child: etree._Element) -> bool:
        index = 0
        if part.many:
            values = self._fields.setdefault(part.field, [])
            index = len(values)
            values.append(_value(part, child))
        elif part.field in self._fields:
            return False
        else:
            self._fields[part.field] = _value(part, child)
        if child.attrib:
            named = _TERM_ATTRIBUTES if part.kind is Kind.TERM else frozenset()
            self.unknown += _attributes(child, part.element, index, named)
        return True

    def _take_wrapped(self, part: Wrapped, child: etree._Element) -> bool:
        if part.element in self._wrappers:
            return False
        self._wrappers.add(part.element)
        self.unknown += _attributes(child, part.element)
        self.read(child, _wrapped_index(part), part.element)
        return True

    def _unknown_in_order(self) -> tuple[Unknown, ...]:
        # Elements are written at the end of their unit, so they are kept in that order too.
        return tuple(sorted(self.unknown, key=lambda item: isinstance(item, UnknownElement)))

    def _refusal(self, why: str) -> PremisError:
        return PremisError(f"{etree.QName(self._element).localname}: {why}", line_of(self._element))


_TERM_ATTRIBUTES: Final = frozenset({"authority", "authorityURI", "valueURI"})


def _draft(shape: Shape, element: etree._Element, leave_out: frozenset[str] = frozenset()) -> _Draft:
    draft = _Draft(shape, element)
    draft.unknown += _attributes(element, "", 0, leave_out)
    draft.read(element, _index(shape), "")
    return draft


def _build(shape: Shape, element: etree._Element) -> Any:
    return _draft(shape, element).finish()


def _plain(detail: Detail) -> str | Detail:
    """A detail that is nothing but a note is a plain string in the model."""
    return detail if detail.note is None or detail.extensions or detail.unknown else detail.note


def _value(part: Leaf, element: etree._Element) -> Any:
    if part.kind is Kind.RAW:
        return _content(element)
    text = _text(element)
    if part.kind is Kind.NUMBER:
        return _number(text, element)
    if part.kind is Kind.TERM:
        return Term(text, element.get("authority"), element.get("authorityURI"), element.get("valueURI"))
    return text


def _text(element: etree._Element) -> str:
    if len(element) == 0:
        return element.text or ""
    pieces = [element.text or ""]
    for child in element:
        # A comment may stand inside text; the text goes on behind it.
        if isinstance(child.tag, str):
            raise PremisError(f"{_local(element)} holds elements where text belongs", line_of(child))
        pieces.append(child.tail or "")
    return "".join(pieces)


def _number(text: str, element: etree._Element) -> int:
    digits = text.strip(_XML_SPACE).removeprefix("+")
    if not (digits.isascii() and digits.isdigit()):
        raise PremisError(f"{_local(element)} is no whole number: {text!r}", line_of(element))
    return int(digits)


def _content(element: etree._Element) -> bytes:
    """The elements inside an extension, one after another."""
    children = list(element)
    if not any(isinstance(child.tag, str) for child in children):
        raise PremisError(f"{_local(element)} holds no element", line_of(element))
    _refuse_loose_text(element)
    return b"".join(map(standalone, children))


def _child_elements(element: etree._Element) -> list[etree._Element]:
    _refuse_loose_text(element)
    return [child for child in element if isinstance(child.tag, str)]


def _refuse_loose_text(element: etree._Element) -> None:
    for text in (element.text, *(child.tail for child in element)):
        if text and text.strip(_XML_SPACE):
            raise PremisError(f"{_local(element)} holds text where elements belong", line_of(element))


_XML_SPACE: Final = " \t\r\n"


def _attributes(
    element: etree._Element, where: str, index: int = 0, leave_out: frozenset[str] = frozenset()
) -> list[Unknown]:
    return [
        UnknownAttribute(where, str(name), str(value), index)
        for name, value in element.attrib.items()
        if name not in leave_out
    ]


def _local(element: etree._Element) -> str:
    """The element's name in the PREMIS namespace, or its full name in another, which no table holds."""
    tag: str = element.tag
    return tag.removeprefix(_NAMESPACE)
