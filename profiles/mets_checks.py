"""The small checks of which the E-ARK requirements are made: an element is there, an attribute has a value.

Each function answers a check for a path of METS elements (see `premis.mets_outline`). A check says nothing about
elements that are not there; that they are is a requirement of its own.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from functools import cache, lru_cache
from importlib import resources

from premis.datetimes import check_datetime
from premis.mets import decode_href
from premis.mets_outline import MetsElement
from profiles.requirement import Breach, Check, Document

_MEDIA_TYPE = re.compile(
    r"(application|audio|example|font|haptics|image|message|model|multipart|text|video)/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]*"
    r"( *;.*)?"
)
"""A media type of a top-level type that IANA registers (RFC 6838 §4.2)."""

_XSD_DATETIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?", re.ASCII)

CHECKSUM_DIGITS = {
    "Adler-32": 8,
    "CRC32": 8,
    "HAVAL": None,
    "MD5": 32,
    "MNP": None,
    "SHA-1": 40,
    "SHA-256": 64,
    "SHA-384": 96,
    "SHA-512": 128,
    "TIGER": 48,
    "WHIRLPOOL": 128,
}
"""The checksum types of METS 1.12.1 and how many hexadecimal digits each has; None where that varies."""

METADATA_TYPES = frozenset(
    [
        "MARC",
        "MODS",
        "EAD",
        "DC",
        "NISOIMG",
        "LC-AV",
        "VRA",
        "TEIHDR",
        "DDI",
        "FGDC",
        "LOM",
        "PREMIS",
        "PREMIS:OBJECT",
        "PREMIS:AGENT",
        "PREMIS:RIGHTS",
        "PREMIS:EVENT",
        "TEXTMD",
        "METSRIGHTS",
        "ISO 19115:2003 NAP",
        "EAC-CPF",
        "LIDO",
        "OTHER",
    ]
)
"""What MDTYPE may be (METS 1.12.1)."""


@cache
def vocabulary(name: str) -> frozenset[str]:
    """The terms of one vocabulary of E-ARK CSIP 2.2, by the last word of its name, such as ``Status``."""
    text = resources.files("profiles").joinpath("data/eark/vocabularies-2.2.json").read_text(encoding="utf-8")
    return frozenset(json.loads(text)[name])


def has_child(path: str, child: str, *, at_most: int | None = None) -> Check:
    """Every element at ``path`` has a ``child``, and no more of them than ``at_most``."""

    def check(document: Document) -> Iterator[Breach]:
        for element in document.root.find(path):
            count = sum(1 for _ in element.find(child))
            if count == 0:
                yield breach(element, f"has no {child}")
            elif at_most is not None and count > at_most:
                yield breach(element, f"has {count} times {child}, where {at_most} is allowed")

    return check


def has_attribute(path: str, attribute: str) -> Check:
    """Every element at ``path`` has a value for ``attribute``."""
    return judge(path, attribute, lambda _: None)


def has_value(path: str, attribute: str, allowed: Collection[str]) -> Check:
    """``attribute`` of every element at ``path`` is one of ``allowed``."""
    words = "one of its vocabulary" if len(allowed) > 5 else " or ".join(repr(word) for word in sorted(allowed))

    def wrong(value: str) -> str | None:
        return None if value in allowed else f"is {value!r} and not {words}"

    return judge(path, attribute, wrong)


def has_datetime(path: str, attribute: str) -> Check:
    """``attribute`` of every element at ``path`` is a moment that exists."""

    def wrong(value: str) -> str | None:
        try:
            check_datetime(value)
        except ValueError:
            return f"is {value!r}, which is no real date and time"
        return None if _XSD_DATETIME.fullmatch(value) else f"is {value!r}, which is no date and time"

    return judge(path, attribute, wrong)


def has_href(path: str) -> Check:
    """Every element at ``path`` says where the resource is, in percent-encoded UTF-8."""

    def wrong(value: str) -> str | None:
        try:
            decode_href(value)
        except ValueError:
            return f"is {value!r}, which is not percent-encoded UTF-8"
        return None

    return judge(path, "xlink:href", wrong)


def has_media_type(path: str) -> Check:
    """Every element at ``path`` says what media type its file has."""
    return judge(
        path,
        "MIMETYPE",
        lambda value: None if _MEDIA_TYPE.fullmatch(value) else f"is {value!r}, which is no media type",
    )


def has_size(path: str) -> Check:
    """Every element at ``path`` says how many octets its file has."""
    return judge(
        path, "SIZE", lambda value: None if value.isascii() and value.isdigit() else f"is {value!r}, which is no size"
    )


def has_checksum(path: str) -> Check:
    """Every element at ``path`` gives a checksum that can be one of the type it names."""

    def check(document: Document) -> Iterator[Breach]:
        for element in document.root.find(path):
            value, kind = element.get("CHECKSUM").strip(), element.get("CHECKSUMTYPE")
            digits = CHECKSUM_DIGITS.get(kind)
            if not value:
                yield breach(element, "has no CHECKSUM")
            elif re.fullmatch(r"[0-9A-Fa-f]+", value) is None or (digits is not None and len(value) != digits):
                yield breach(element, f"CHECKSUM {value!r} is no checksum of type {kind or 'unknown'}")

    return check


def has_identifier(path: str) -> Check:
    """Every element at ``path`` has an ID that nothing else in the document has."""

    def check(document: Document) -> Iterator[Breach]:
        given = _identifiers(document.root)
        for element in document.root.find(path):
            identifier = element.get("ID")
            if not identifier:
                yield breach(element, "has no ID")
            elif given[identifier] > 1:
                yield breach(element, f"ID {identifier!r} is given {given[identifier]} times")

    return check


def judge(path: str, attribute: str, wrong: Callable[[str], str | None]) -> Check:
    """``attribute`` of every element at ``path`` is there and ``wrong`` finds nothing to say of it."""

    def check(document: Document) -> Iterator[Breach]:
        for element in document.root.find(path):
            value = element.get(attribute)
            said = wrong(value) if value.strip() else None
            if not value.strip():
                yield breach(element, f"has no {attribute}")
            elif said is not None:
                yield breach(element, f"{attribute} {said}")

    return check


def breach(element: MetsElement, message: str) -> Breach:
    """What is wrong with one element."""
    return Breach(element.line, element.name, message)


@lru_cache(maxsize=1)  # a dozen checks ask about the same document in turn
def _identifiers(root: MetsElement) -> Counter[str]:
    """How often each ID is given."""
    return Counter(element.get("ID") for element in root.everything() if element.get("ID"))
