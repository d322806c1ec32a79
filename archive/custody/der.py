"""DER (ITU-T X.690): reading strictly, and writing what was read. As much of it as a time-stamp needs.

Strictly, because what no signature covers must not have a second spelling: definite lengths in their shortest form,
tags below 31, nothing left over.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

BOOLEAN, INTEGER, BITS, OCTETS, NULL, OID, UTF8, MOMENT = 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0C, 0x18
SEQUENCE, SET = 0x30, 0x31
"""Identifier octets of the universal types, the last two constructed (X.690 §8.1.2)."""

LARGEST = 64 << 20
"""Octets of the largest value that is read at all."""

_MOMENT = re.compile(r"([0-9]{14})(?:\.([0-9]+))?Z")


def context(number: int) -> int:
    """The identifier octet of a constructed, context-specific tag."""
    return 0xA0 | number


@dataclass(frozen=True, slots=True)
class Element:
    """One value: its identifier octet, its contents, and all of its octets as they were read."""

    tag: int
    content: bytes
    encoded: bytes

    def parts(self) -> tuple[Element, ...]:
        """The values inside a constructed one; raises ValueError where it is none, or holds something else."""
        if not self.tag & 0x20:
            raise ValueError(f"a value with tag {self.tag:#04x} has no parts")
        return read_all(self.content)


def read(data: bytes) -> Element:
    """The one value that ``data`` spells; raises ValueError for anything else."""
    element = _first(data, 0)
    if len(element.encoded) != len(data):
        raise ValueError(f"{len(data) - len(element.encoded)} octets follow the value")
    return element


def read_all(data: bytes) -> tuple[Element, ...]:
    """The values that ``data`` spells, one after the other; raises ValueError for anything else."""
    found = []
    position = 0
    while position < len(data):
        found.append(_first(data, position))
        position += len(found[-1].encoded)
    return tuple(found)


def write(tag: int, *parts: bytes) -> bytes:
    """The value with this identifier octet and these contents."""
    content = b"".join(parts)
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content


def _first(data: bytes, start: int) -> Element:
    if len(data) < start + 2:
        raise ValueError("the data ends within a value")
    tag, size, head = data[start], data[start + 1], start + 2
    if tag & 0x1F == 0x1F:
        raise ValueError(f"tag {tag:#04x} is not used here")
    if size & 0x80:
        octets = data[head : head + (size & 0x7F)]
        size, head = int.from_bytes(octets, "big"), head + len(octets)
        if size < 0x80 or octets[0] == 0:
            raise ValueError("a length is not spelled as DER spells it")
    if size > LARGEST or len(data) < head + size:
        raise ValueError("the data ends within a value")
    return Element(tag, data[head : head + size], data[start : head + size])


def expect(element: Element, tag: int) -> Element:
    """The same element; raises ValueError where it has another tag."""
    if element.tag != tag:
        raise ValueError(f"a value has tag {element.tag:#04x}, not {tag:#04x}")
    return element


def integer(element: Element) -> int:
    """An INTEGER (X.690 §8.3)."""
    content = expect(element, INTEGER).content
    if not content or (len(content) > 1 and content[0] in (0x00, 0xFF) and content[0] >> 7 == content[1] >> 7):
        raise ValueError("an integer is not spelled as DER spells it")
    return int.from_bytes(content, "big", signed=True)


def boolean(element: Element) -> bool:
    """A BOOLEAN (X.690 §11.1)."""
    content = expect(element, BOOLEAN).content
    if content not in (b"\x00", b"\xff"):
        raise ValueError("a boolean is not spelled as DER spells it")
    return content == b"\xff"


def octets(element: Element) -> bytes:
    """The contents of an OCTET STRING in one piece."""
    return expect(element, OCTETS).content


def oid(element: Element) -> str:
    """An OBJECT IDENTIFIER in dotted decimals (X.690 §8.19)."""
    content = expect(element, OID).content
    if not content or content[-1] & 0x80:
        raise ValueError("an object identifier ends within a number")
    numbers, number, begins = list[int](), 0, True
    for octet in content:
        if begins and octet == 0x80:
            raise ValueError("an object identifier is not spelled as DER spells it")
        number, begins = number << 7 | octet & 0x7F, not octet & 0x80
        if begins:
            numbers.append(number)
            number = 0
    first = min(numbers[0] // 40, 2)
    return ".".join(map(str, (first, numbers[0] - 40 * first, *numbers[1:])))


def text(element: Element) -> str:
    """A UTF8String."""
    return expect(element, UTF8).content.decode("utf-8")


def moment(element: Element) -> datetime:
    """A GeneralizedTime in UTC with its seconds (X.690 §11.7); what is finer than a microsecond is cut.

    Zeros at the end of a fraction are let pass: a signature covers every time that is read here.
    """
    match = _MOMENT.fullmatch(expect(element, MOMENT).content.decode("ascii", "replace"))
    if match is None:
        raise ValueError("a time is not in UTC, or lacks its seconds")
    try:
        whole = datetime.strptime(match[1], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        raise ValueError("a time that no calendar knows") from None
    return whole + timedelta(microseconds=int((match[2] or "")[:6].ljust(6, "0")))


def bits(element: Element) -> frozenset[int]:
    """Numbers of the bits that are set in a BIT STRING, the first being 0 (X.690 §8.6)."""
    content = expect(element, BITS).content
    if not content or content[0] > 7 or (content[0] and (len(content) == 1 or content[-1] & (1 << content[0]) - 1)):
        raise ValueError("a string of bits is not spelled as DER spells it")
    return frozenset(8 * i + bit for i, octet in enumerate(content[1:]) for bit in range(8) if octet & 0x80 >> bit)
