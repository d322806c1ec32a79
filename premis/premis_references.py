"""The identifiers that a PREMIS document gives and uses, read as a stream, and what is wrong with them.

Unlike `premis.reader` this looks at little else (dates and controlled terms), so that a document with one bad date is
judged rather than refused.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from lxml import etree

from premis.datetimes import check_datetime
from premis.errors import PremisError
from premis.faults import Code, Fault
from premis.identifiers import Identifier
from premis.parsing import elements, free, line_of
from premis.terms import Term, unknown_term
from premis.writer import PREMIS_NAMESPACE

_PREMIS: Final = f"{{{PREMIS_NAMESPACE}}}"
_SOURCE: Final = "PREMIS 3.0"

# The element that gives an entity its identifier, and the kind of entity.
_DECLARING: Final = {
    "objectIdentifier": "object",
    "eventIdentifier": "event",
    "agentIdentifier": "agent",
    "rightsStatementIdentifier": "rights",
}
# The element that leads to an entity, and the kind of entity it leads to. An environment is an object.
_LINKING: Final = {
    "linkingObjectIdentifier": "object",
    "relatedObjectIdentifier": "object",
    "linkingEnvironmentIdentifier": "object",
    "linkingEventIdentifier": "event",
    "relatedEventIdentifier": "event",
    "linkingAgentIdentifier": "agent",
    "linkingRightsStatementIdentifier": "rights",
}
# Attributes of type IDREF.
_XML_ID_REFERENCES: Final = frozenset(
    {
        "LinkAgentXmlID",
        "LinkEventXmlID",
        "LinkObjectXmlID",
        "LinkPermissionStatementXmlID",
        "RelEventXmlID",
        "RelObjectXmlID",
    }
)
_ENTITIES: Final = frozenset({"object", "event", "agent", "rights"})


@dataclass(frozen=True, slots=True)
class Key:
    """What makes an entity the one it is: its kind, and one identifier."""

    kind: str
    type: str
    value: str


@dataclass(frozen=True, slots=True)
class Link:
    """One use of an identifier."""

    element: str
    key: Key
    line: int | None


@dataclass(frozen=True, slots=True)
class PremisReferences:
    """The identifiers of one document; ``faults`` are those that need no other document to be seen."""

    declared: frozenset[Key]
    links: tuple[Link, ...]
    faults: tuple[Fault, ...]

    def unresolved(self, declared: Collection[Key], known: Collection[Identifier]) -> Iterator[Fault]:
        """Links that lead neither to one of ``declared`` nor, whatever its kind, to one of ``known``."""
        outer = {(identifier.type, identifier.value) for identifier in known}
        for link in self.links:
            if link.key not in declared and (link.key.type, link.key.value) not in outer:
                message = f"no {link.key.kind} has the identifier {link.key.type} {link.key.value!r}"
                yield Fault(Code.LINK_UNRESOLVED, link.line, link.element, message, _SOURCE)


def read_references(source: BinaryIO | Path) -> PremisReferences:
    """The identifiers of one PREMIS 3.0 document.

    Raises PremisError for what is not PREMIS 3.0, not well formed, or has a document type declaration; OSError.
    """
    reading = _Reading()
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
            for unit in element.iter():
                reading.look_at(unit)
            free(element)
    return reading.references()


def _entity_depth(root: etree._Element) -> int:
    if _name(root) not in _ENTITIES | {"premis"}:
        raise PremisError(f"the root element {root.tag} is not of PREMIS 3.0", line_of(root))
    return 1 if _name(root) == "premis" else 0


class _Reading:
    """Identifiers seen so far."""

    def __init__(self) -> None:
        self._declared: set[Key] = set()
        self._links: list[Link] = []
        self._xml_ids: set[str] = set()
        self._xml_id_links: list[tuple[str, str, int | None]] = []
        self._faults: list[Fault] = []

    def look_at(self, element: etree._Element) -> None:
        name = _name(element)
        if name is None:
            return
        if name in _DECLARING:
            self._declare(_key(_DECLARING[name], name, element), element, name)
        elif name in _LINKING:
            self._links.append(Link(name, _key(_LINKING[name], name, element), line_of(element)))
        elif name == "eventDateTime":
            self._look_at_date(element)
        if element.attrib:
            self._look_at_xml_ids(element, name)
            self._look_at_term(element, name)

    def references(self) -> PremisReferences:
        # An IDREF may stand before the ID it names.
        for id_, name, line in self._xml_id_links:
            if id_ not in self._xml_ids:
                self._faults.append(Fault(Code.ID_UNRESOLVED, line, name, f"no xmlID is {id_!r}", "XML 1.0, IDREF"))
        return PremisReferences(frozenset(self._declared), tuple(self._links), tuple(self._faults))

    def _declare(self, key: Key, element: etree._Element, name: str) -> None:
        if not key.type or not key.value:
            self._fault(Code.IDENTIFIER_EMPTY, element, name, "an identifier needs a type and a value")
        elif key in self._declared:
            message = f"another {key.kind} has the identifier {key.type} {key.value!r}"
            self._fault(Code.IDENTIFIER_DUPLICATE, element, name, message)
        self._declared.add(key)

    def _look_at_date(self, element: etree._Element) -> None:
        try:
            check_datetime((element.text or "").strip())
        except ValueError as error:
            self._fault(Code.DATETIME_UNREAL, element, "eventDateTime", str(error))

    def _look_at_term(self, element: etree._Element, name: str) -> None:
        uris = element.get("authorityURI"), element.get("valueURI")
        if uris != (None, None):
            wrong = unknown_term(Term((element.text or "").strip(), element.get("authority"), *uris))
            if wrong is not None:
                self._fault(Code.TERM_UNKNOWN, element, name, wrong)

    def _look_at_xml_ids(self, element: etree._Element, name: str) -> None:
        for attribute, value in element.attrib.items():
            if attribute == "xmlID":
                if value in self._xml_ids:
                    self._fault(Code.ID_DUPLICATE, element, name, f"the xmlID {value!r} is given a second time")
                self._xml_ids.add(str(value))
            elif attribute in _XML_ID_REFERENCES:
                self._xml_id_links.append((str(value), name, line_of(element)))

    def _fault(self, code: Code, element: etree._Element, name: str, message: str) -> None:
        self._faults.append(Fault(code, line_of(element), name, message, _SOURCE))


def _key(kind: str, name: str, element: etree._Element) -> Key:
    type_ = element.findtext(f"{_PREMIS}{name}Type", "")
    value = element.findtext(f"{_PREMIS}{name}Value", "")
    return Key(kind, str(type_).strip(), str(value).strip())


def _name(element: etree._Element) -> str | None:
    """The element's name in the PREMIS namespace; None for others, comments and processing instructions."""
    tag = element.tag
    return tag.removeprefix(_PREMIS) if isinstance(tag, str) and tag.startswith(_PREMIS) else None
