"""METS as a plain tree of its own elements, for rules that look at places `premis.mets_reader` has no word for.

Elements of other namespaces are left out, and comments with them. A whole document is held, so a rule may look at any
two places at once; that is a few hundred octets of memory for each element.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, Final

from lxml import etree

from premis.errors import PremisError
from premis.mets import CSIP_NAMESPACE, METS_NAMESPACE, XLINK_NAMESPACE
from premis.parsing import elements, free, line_of

_METS: Final = f"{{{METS_NAMESPACE}}}"
_PREFIXES: Final = {f"{{{CSIP_NAMESPACE}}}": "csip:", f"{{{XLINK_NAMESPACE}}}": "xlink:"}
_STEP: Final = re.compile(r"(?P<name>\w+)(?:\[(?P<attribute>\w+)(?P<how>\^?=)(?P<value>[^\]]*)\])?")
_PLAIN_STEP: Final = r"\w+(?:\[\w+\^?=[^\]]*\])?"
_PATH: Final = re.compile(f"{_PLAIN_STEP}(?:/{_PLAIN_STEP})*")


@dataclass(frozen=True, slots=True, eq=False)
class MetsElement:
    """One element: its name without namespace, its attributes, its own text, and where it begins.

    Attributes of the CSIP extension and of xlink are named ``csip:…`` and ``xlink:…``, all others by their bare name.
    """

    name: str
    attributes: dict[str, str]
    text: str
    line: int | None
    children: tuple["MetsElement", ...]

    def get(self, attribute: str) -> str:
        """The value of an attribute, ``""`` where there is none."""
        return self.attributes.get(attribute, "")

    def find(self, path: str) -> Iterator["MetsElement"]:
        """Elements below this one by a path such as ``fileSec/fileGrp[USE=Schemas]/file``, in the document's order.

        A step is a name, perhaps with a condition on one attribute: ``[A=value]``, or ``[A^=value]`` for how the
        value begins. An empty path means this element. Raises ValueError for a path that is none.
        """
        return self._below(_steps(path))

    def everything(self) -> Iterator["MetsElement"]:
        """The element itself and all below it, each before its children."""
        yield self
        for child in self.children:
            yield from child.everything()

    def _below(self, steps: tuple["_Step", ...]) -> Iterator["MetsElement"]:
        if not steps:
            yield self
            return
        for child in self.children:
            if steps[0].fits(child):
                yield from child._below(steps[1:])


def read_outline(source: BinaryIO | Path) -> MetsElement:
    """The tree of one METS document, which is not validated.

    Raises PremisError for what is not METS, not well formed, or has a document type declaration; OSError.
    """
    open_elements: list[list[MetsElement]] = [[]]
    for event, element in elements(source):
        if event == "start":
            if len(open_elements) == 1 and _name(element) != "mets":
                raise PremisError(f"the root element {element.tag} is not mets", line_of(element))
            open_elements.append([])
            continue
        children = open_elements.pop()
        name = _name(element)
        if name is not None:
            open_elements[-1].append(
                MetsElement(name, _attributes(element), (element.text or "").strip(), line_of(element), tuple(children))
            )
        if len(open_elements) > 1:
            free(element)
    ((root,),) = open_elements
    return root


@dataclass(frozen=True, slots=True)
class _Step:
    name: str
    attribute: str | None
    how: str | None
    value: str | None

    def fits(self, element: MetsElement) -> bool:
        if element.name != self.name:
            return False
        if self.attribute is None:
            return True
        found, value = element.get(self.attribute), self.value or ""
        return found.startswith(value) if self.how == "^=" else found == value


@lru_cache(maxsize=512)
def _steps(path: str) -> tuple[_Step, ...]:
    if path and _PATH.fullmatch(path) is None:
        raise ValueError(f"{path!r} is not a path of METS elements")
    return tuple(_Step(m["name"], m["attribute"], m["how"], m["value"]) for m in _STEP.finditer(path))


def _name(element: etree._Element) -> str | None:
    tag: str = element.tag
    return tag.removeprefix(_METS) if tag.startswith(_METS) else None


def _attributes(element: etree._Element) -> dict[str, str]:
    return {_attribute_name(str(name)): str(value) for name, value in element.attrib.items()}


def _attribute_name(name: str) -> str:
    for namespace, prefix in _PREFIXES.items():
        if name.startswith(namespace):
            return prefix + name.removeprefix(namespace)
    return name
