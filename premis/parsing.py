"""The one place where foreign bytes become lxml elements: no entities, no doctype, no network, no huge trees.

A document type declaration is refused outright. PREMIS and METS need none, and every entity attack does.
"""

from collections.abc import Iterator
from contextlib import nullcontext
from copy import deepcopy
from pathlib import Path
from typing import Any, BinaryIO, Final, TypeAlias, cast

from lxml import etree

from premis.errors import PremisError

Source: TypeAlias = BinaryIO | Path | bytes

_CHUNK: Final = 1 << 16
_OPTIONS: Final[dict[str, Any]] = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "dtd_validation": False,
    "huge_tree": False,
    # Identifiers are looked up by us, and a table of them would grow with the document.
    "collect_ids": False,
}


def elements(source: BinaryIO | Path) -> Iterator[tuple[str, etree._Element]]:
    """``("start", element)`` and ``("end", element)`` for each element as it is read.

    The caller frees the elements it is done with. Raises PremisError for a document that is not well formed or has a
    document type declaration, OSError for one that cannot be read.
    """
    parser = etree.XMLPullParser(events=("start", "end"), **_OPTIONS)
    seen_root = False
    with source.open("rb") if isinstance(source, Path) else nullcontext(source) as stream:
        try:
            while chunk := stream.read(_CHUNK):
                parser.feed(chunk)
                for event, element in _events(parser):
                    if not seen_root:
                        _refuse_doctype(element)
                        seen_root = True
                    yield event, element
            parser.close()
            yield from _events(parser)
        except etree.XMLSyntaxError as error:
            raise _not_well_formed(error) from error


def tree(source: Source) -> etree._Element:
    """The root element of a whole document in memory. Raises as `elements` does."""
    parser = etree.XMLParser(**_OPTIONS)
    try:
        if isinstance(source, bytes):
            root = etree.fromstring(source, parser)
        else:
            with source.open("rb") if isinstance(source, Path) else nullcontext(source) as stream:
                root = etree.parse(stream, parser).getroot()
    except etree.XMLSyntaxError as error:
        raise _not_well_formed(error) from error
    _refuse_doctype(root)
    return root


def free(element: etree._Element) -> None:
    """Give back the memory of an element that has been read, and of what stood before it."""
    element.clear()
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]


def line_of(element: etree._Element) -> int | None:
    """The line on which an element begins, where lxml knows it."""
    return cast(int | None, element.sourceline)


def standalone(element: etree._Element) -> bytes:
    """An element, without its tail, as UTF-8 bytes that are well formed outside their document.

    A namespace declared further up goes along where a name uses it, and where its prefix seems to be used in content,
    such as ``xsi:type="e:delivered"``.
    """
    if not isinstance(element.tag, str):  # a comment or processing instruction
        return _serialised(deepcopy(element))
    copy = deepcopy(element)
    xml = _serialised(copy)
    # The stubs do not know that the prefix of a default namespace is None.
    above, within = cast(dict[str, str], element.nsmap), cast(dict[str, str], copy.nsmap)
    lost = {p: uri for p, uri in above.items() if p and p not in within and f"{p}:".encode() in xml}
    if lost:
        attributes = {str(name): str(value) for name, value in copy.attrib.items()}
        again = etree.Element(element.tag, attributes, nsmap=within | lost)
        again.text = copy.text
        again.extend(list(copy))
        xml = _serialised(again)
    # Outside its document an element in no namespace need not say so; `premis.escaping.embed` says it again.
    superfluous = f'<{element.tag} xmlns=""'.encode()
    return b"<" + element.tag.encode() + xml[len(superfluous) :] if xml.startswith(superfluous) else xml


def _serialised(element: etree._Element) -> bytes:
    element.tail = None
    xml: bytes = etree.tostring(element, encoding="utf-8", xml_declaration=False)
    return xml


def _events(parser: etree.XMLPullParser) -> Iterator[tuple[str, etree._Element]]:
    # The stubs know of events without an element; this parser reports start and end alone.
    return cast(Iterator[tuple[str, etree._Element]], parser.read_events())


def _refuse_doctype(element: etree._Element) -> None:
    if element.getroottree().docinfo.doctype:  # type: ignore[attr-defined]  # the stubs omit it
        raise PremisError("the document has a document type declaration, which could hide entities", 1)


def _not_well_formed(error: etree.XMLSyntaxError) -> PremisError:
    return PremisError(f"not well-formed XML: {error.msg}", error.lineno)
