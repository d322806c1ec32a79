"""Bag metadata, ``bag-info.txt``, and ``package-info.txt`` up to version 0.95 (RFC 8493 §2.2.2)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from archive.bags.tagfiles import LineFaults, split_lines
from archive.bags.versions import V1_0, Version
from profiles.finding import Finding, Severity
from profiles.finding_codes import FindingCode

_SOURCE = "RFC 8493 §2.2.2"
_OXUM = re.compile(r"([0-9]{1,30})\.([0-9]{1,30})")
_BLANK = " \t"


def parse_oxum(text: str) -> tuple[int, int]:
    """Octet count and stream count of a payload (RFC 8493 §2.2.2).

    Raises ValueError unless ``text`` is two decimal numbers joined by a dot.
    """
    match = _OXUM.fullmatch(text)
    if match is None:
        raise ValueError("not two decimal numbers joined by a dot")
    return int(match[1]), int(match[2])


def write_oxum(octets: int, streams: int) -> str:
    """The value of Payload-Oxum for a payload of ``octets`` in ``streams`` files."""
    return f"{octets}.{streams}"


def values(elements: Iterable[tuple[str, str]], label: str) -> tuple[str, ...]:
    """Every value under ``label``, in order; reserved labels are compared without case."""
    return tuple(value for name, value in elements if name.lower() == label.lower())


def write_info(elements: Iterable[tuple[str, str]]) -> bytes:
    """``bag-info.txt`` in UTF-8 with LF, in the order given; a value of several lines is folded.

    Raises ValueError for what would not be read back the same: a label that is empty, holds a colon or a line break or
    begins or ends with white space; a value that holds CR, or a later line of one that is blank or begins with white
    space.
    """
    return "".join(f"{_writable_label(label)}: {_fold(value)}\n" for label, value in elements).encode("utf-8")


def parse_info(
    text: str, *, name: str, version: Version | None
) -> tuple[tuple[tuple[str, str], ...], tuple[Finding, ...]]:
    """Labels and values in the order of the file, and what is wrong with its lines.

    Folded lines are joined by LF without their padding. Up to 0.97 white space around the colon belongs to neither
    side; since 1.0 exactly one character of it follows the colon.
    """
    elements: list[tuple[str, list[str]]] = []
    faults = LineFaults(name, _SOURCE)
    for number, line in enumerate(split_lines(text), 1):
        if not line.strip(_BLANK):
            faults.note(number, code=FindingCode.INFO_BLANK_LINE, severity=Severity.WARNING, fault="has blank lines")
        elif line[0] in _BLANK and elements:
            elements[-1][1].append(_unpad(line, version))
        elif line[0] in _BLANK or not line.partition(":")[0].strip(_BLANK) or ":" not in line:
            fault = "has lines that are neither a label, a colon and a value, nor the continuation of one"
            faults.note(number, code=FindingCode.INFO_LINE_MALFORMED, severity=Severity.ERROR, fault=fault)
        else:
            label, value = _element(line, version)
            elements.append((label, [value]))
            if severity := _spacing(line, version):
                fault = "has white space other than a single one after the colon"
                faults.note(number, code=FindingCode.INFO_WHITESPACE, severity=severity, fault=fault)
    return tuple((label, "\n".join(folded)) for label, folded in elements), faults.findings()


def _element(line: str, version: Version | None) -> tuple[str, str]:
    label, _, value = line.partition(":")
    if version != V1_0:
        return label.strip(_BLANK), value.strip(_BLANK)
    return label.strip(_BLANK), value[1:] if value[:1] in (" ", "\t") else value


def _unpad(line: str, version: Version | None) -> str:
    return line.lstrip(_BLANK) if version == V1_0 else line.strip(_BLANK)


def _spacing(line: str, version: Version | None) -> Severity | None:
    """How wrong the white space around the first colon is."""
    label, _, value = line.partition(":")
    if version != V1_0 or (label == label.strip(_BLANK) and value[:1] in (" ", "\t")):
        return None
    # An editor that trims line ends makes "Label: " into "Label:"; nothing is lost by it.
    return Severity.ERROR if value or label != label.strip(_BLANK) else Severity.WARNING


def _writable_label(label: str) -> str:
    if not label.strip() or label != label.strip() or re.search(r"[:\r\n]", label):
        raise ValueError(f"not a label: {label!r}")
    return label


def _fold(value: str) -> str:
    first, *rest = value.split("\n")
    if "\r" in value or any(not line.strip(_BLANK) or line[0] in _BLANK for line in rest):
        raise ValueError(f"not a value that can be folded: {value!r}")
    return "\n      ".join((first, *rest))
