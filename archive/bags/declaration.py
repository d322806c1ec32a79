"""The bag declaration, ``bagit.txt`` (RFC 8493 §2.1.1)."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from archive.bags.tagfiles import is_known_encoding, split_lines
from archive.bags.versions import SUPPORTED, V1_0, Version, severity_by_version
from profiles.finding import Finding, Severity
from profiles.finding_codes import FindingCode

NAME = b"bagit.txt"
"""Where every bag declares itself."""

_SOURCE = "RFC 8493 §2.1.1"
_VERSION_LABEL = "BagIt-Version"
_ENCODING_LABEL = "Tag-File-Character-Encoding"
_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF32_LE, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_LINE = re.compile(r"(?P<label>[^:]*):(?P<value>.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Declaration:
    """What ``bagit.txt`` declares, and what is wrong with it.

    ``version`` is None where it is absent, malformed or not one of ours; ``encoding`` is UTF-8 where it is absent or
    unknown, so that the rest of the bag can still be read.
    """

    version: Version | None
    encoding: str
    findings: tuple[Finding, ...]


ABSENT = Declaration(
    None,
    "UTF-8",
    (Finding(FindingCode.DECLARATION_MISSING, Severity.ERROR, "bagit.txt", "The bag has no file bagit.txt.", _SOURCE),),
)
"""The declaration of a folder that holds no ``bagit.txt``."""

UNKNOWN = Declaration(None, "UTF-8", ())
"""A declaration that could not be read, for a reason already told."""


def write_declaration() -> bytes:
    """The ``bagit.txt`` of the bags we write: version 1.0, UTF-8."""
    return f"{_VERSION_LABEL}: {V1_0}\n{_ENCODING_LABEL}: UTF-8\n".encode()


def parse_declaration(data: bytes) -> Declaration:
    """The declaration in the octets of a ``bagit.txt``; every departure from the form is a finding."""
    findings: list[Finding] = []
    lines = list(split_lines(_decode(data, findings)))
    fields = _fields(lines)
    version = _version(fields.get(_VERSION_LABEL.lower()), findings)
    encoding = _encoding(fields.get(_ENCODING_LABEL.lower()), version, findings)
    findings += _spelling(lines, version)
    return Declaration(version, encoding, tuple(findings))


def _decode(data: bytes, findings: list[Finding]) -> str:
    codec = "utf-8"
    if data.startswith(_MARKS):
        findings.append(_error(FindingCode.DECLARATION_BYTE_ORDER_MARK, "bagit.txt begins with a byte-order mark."))
        codec = "utf-8-sig" if data.startswith(codecs.BOM_UTF8) else "utf-16"
    try:
        return data.decode(codec)
    except UnicodeError:
        findings.append(_error(FindingCode.DECLARATION_ENCODING, "bagit.txt is not text in UTF-8."))
        return data.decode(codec, "replace")


def _fields(lines: list[str]) -> dict[str, str]:
    fields: dict[str, str] = {}
    for line in lines:
        if match := _LINE.fullmatch(line):
            fields.setdefault(match["label"].strip(" \t").lower(), match["value"].strip(" \t"))
    return fields


def _version(text: str | None, findings: list[Finding]) -> Version | None:
    if text is None:
        findings.append(_error(FindingCode.DECLARATION_VERSION_MISSING, "bagit.txt does not say BagIt-Version."))
        return None
    match = re.fullmatch(r"([0-9]{1,4})\.([0-9]{1,4})", text)
    if match is None:
        findings.append(
            _error(FindingCode.DECLARATION_VERSION_MALFORMED, "The BagIt version is not two numbers and a dot.")
        )
        return None
    for version in SUPPORTED:
        if str(version) == text:
            return version
    findings.append(
        _error(FindingCode.DECLARATION_VERSION_UNSUPPORTED, f"There are no rules here for BagIt version {text}.")
    )
    return None


def _encoding(text: str | None, version: Version | None, findings: list[Finding]) -> str:
    if text is None:
        findings.append(
            _error(FindingCode.DECLARATION_ENCODING_MISSING, "bagit.txt does not say Tag-File-Character-Encoding.")
        )
        return "UTF-8"
    if not is_known_encoding(text):
        findings.append(
            _error(FindingCode.DECLARATION_ENCODING_UNKNOWN, "The encoding of the tag files is not known here.")
        )
        return "UTF-8"
    if version == V1_0 and codecs.lookup(text).name != "utf-8":
        message = f"The tag files are in {text}; UTF-8 is what every tool reads."
        findings.append(
            Finding(FindingCode.DECLARATION_ENCODING_NOT_UTF_8, Severity.WARNING, "bagit.txt", message, _SOURCE)
        )
    return text


def _spelling(lines: list[str], version: Version | None) -> list[Finding]:
    """What the first two lines are, against what they must be to the letter."""
    severity = severity_by_version(version)
    labels = [line.partition(":")[0].strip(" \t") for line in lines]
    expected = [_VERSION_LABEL, _ENCODING_LABEL]
    findings = []
    if set(map(str.lower, expected)) <= set(map(str.lower, labels)):
        if [label.lower() for label in labels] != [label.lower() for label in expected]:
            message = "bagit.txt is not exactly the two lines BagIt-Version and Tag-File-Character-Encoding."
            findings.append(Finding(FindingCode.DECLARATION_LINES, severity, "bagit.txt", message, _SOURCE))
        elif labels != expected:
            message = "The labels in bagit.txt are spelled with other capitals than the standard's."
            findings.append(Finding(FindingCode.DECLARATION_LABEL_CASE, severity, "bagit.txt", message, _SOURCE))
    if any(_has_stray_space(line) for line in lines if ":" in line):
        message = "bagit.txt has white space other than the single one after each colon."
        findings.append(Finding(FindingCode.DECLARATION_WHITESPACE, severity, "bagit.txt", message, _SOURCE))
    return findings


def _has_stray_space(line: str) -> bool:
    label, _, value = line.partition(":")
    return label != label.strip() or value[:1] != " " or value[1:] != value[1:].strip()


def _error(code: FindingCode, message: str) -> Finding:
    return Finding(code, Severity.ERROR, "bagit.txt", message, _SOURCE)
