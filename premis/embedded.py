"""PREMIS inside METS: entities that others wrap into metadata sections, as Archivematica does for every file.

We reference PREMIS and never wrap it; this is for reading. PREMIS that a METS document references is read with
`premis.reader.read_premis`, file by file.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from lxml import etree

from premis.errors import PremisError
from premis.mets import METS_NAMESPACE
from premis.model import Entity
from premis.parsing import elements, free, line_of
from premis.reader import entities_of

_METS: Final = f"{{{METS_NAMESPACE}}}"
_SECTIONS: Final = frozenset(f"{_METS}{name}" for name in ("techMD", "rightsMD", "sourceMD", "digiprovMD"))


@dataclass(frozen=True, slots=True)
class Embedded:
    """One PREMIS entity and where METS has it: the IDs of the section and of the amdSec around it."""

    entity: Entity
    section: str
    administrative_section: str


def read_embedded(source: BinaryIO | Path) -> Iterator[Embedded]:
    """The PREMIS 3.0 entities wrapped in one METS document, in its order, in memory for one section at a time.

    Wrapped metadata of other kinds is passed over. Raises PremisError, with the line where it can, for PREMIS of
    another version, for what is not METS, not well formed, or has a document type declaration; OSError.
    """
    seen_root = False
    for event, element in elements(source):
        if event == "start":
            if not seen_root and element.tag != f"{_METS}mets":
                raise PremisError(f"the root element {element.tag} is not mets", line_of(element))
            seen_root = True
        elif element.tag in _SECTIONS:
            yield from _section(element)
            free(element)


def _section(section: etree._Element) -> Iterator[Embedded]:
    around = section.getparent()
    identifier = "" if around is None else around.get("ID", "")
    for wrapper in section.iterchildren(f"{_METS}mdWrap"):
        if not wrapper.get("MDTYPE", "").startswith("PREMIS"):
            continue
        for data in wrapper.iterchildren(f"{_METS}xmlData"):
            for child in data.iterchildren(tag=etree.Element):
                for entity in entities_of(child):
                    yield Embedded(entity, section.get("ID", ""), identifier)
