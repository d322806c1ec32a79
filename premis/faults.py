"""What is wrong with a document: data for the caller to judge, not an exception."""

from dataclasses import dataclass
from enum import StrEnum


class Code(StrEnum):
    """What kind of fault it is; stable, so that callers may keep tables of them."""

    NOT_XML = "not-xml"
    SCHEMA = "schema"
    NOT_METS = "not-mets"
    NOT_PREMIS = "not-premis"
    ID_DUPLICATE = "id-duplicate"
    ID_UNRESOLVED = "id-unresolved"
    ID_WRONG_TARGET = "id-wrong-target"
    HREF_MISSING = "href-missing"
    HREF_UNREADABLE = "href-unreadable"
    HREF_OUTSIDE = "href-outside"
    HREF_SYMLINK = "href-symlink"
    FILE_MISSING = "file-missing"
    FILE_NOT_REGULAR = "file-not-regular"
    SIZE_MISSING = "size-missing"
    SIZE_WRONG = "size-wrong"
    CHECKSUM_MISSING = "checksum-missing"
    CHECKSUM_UNSUPPORTED = "checksum-unsupported"
    CHECKSUM_WRONG = "checksum-wrong"
    IDENTIFIER_DUPLICATE = "identifier-duplicate"
    IDENTIFIER_EMPTY = "identifier-empty"
    LINK_UNRESOLVED = "link-unresolved"
    DATETIME_UNREAL = "datetime-unreal"
    TERM_UNKNOWN = "term-unknown"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a document.

    ``line`` counts from 1, None where it is not known; ``element`` is the name of the element concerned, ``""`` for
    the document; ``source`` is the rule that was broken, such as ``METS 1.12.1``; ``document`` is the document's path
    relative to the package, ``""`` where a single document was judged.
    """

    code: Code
    line: int | None
    element: str
    message: str
    source: str
    document: str = ""
