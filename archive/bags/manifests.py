"""Payload and tag manifests: lines of a digest and a path (RFC 8493 §2.1.3 and §2.2.1)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from archive.bags.paths import refuse_unwritable
from archive.bags.tagfiles import LineFaults, split_lines
from archive.bags.versions import Version, severity_by_version
from archive.model.digests import HEX_LENGTH
from profiles.finding import Finding, Severity
from profiles.finding_codes import FindingCode

_SOURCE = "RFC 8493 §2.1.3"
_NAME = re.compile(rb"(tag)?manifest-([a-z0-9]+)\.txt")
_ALMOST_NAME = re.compile(rb"(?:tag)?manifest-[^/]+\.txt", re.IGNORECASE)
_LINE = re.compile(r"(?P<mark>\\?)(?P<digest>[0-9A-Fa-f]+)[ \t]+(?P<path>.+)", re.DOTALL)
_MD5SUM_ESCAPE = re.compile(r"\\([\\nr])")
_MD5SUM_MEANING = {"\\": "\\", "n": "\n", "r": "\r"}


class Kind(Enum):
    """What a manifest lists."""

    PAYLOAD = "payload"
    TAG = "tag"


@dataclass(frozen=True, slots=True)
class Line:
    """One listing: ``digest`` in lower case, ``path`` as it is spelled in the manifest."""

    digest: str
    path: str


def manifest_name(kind: Kind, algorithm: str) -> bytes:
    """File name of the manifest of one algorithm."""
    return f"{'tag' if kind is Kind.TAG else ''}manifest-{algorithm}.txt".encode("ascii")


def parse_manifest_name(name: bytes) -> tuple[Kind, str] | None:
    """Kind and algorithm of a manifest by its file name in the bag's root, or None where it is not one (§2.4)."""
    match = _NAME.fullmatch(name)
    return match and (Kind.TAG if match[1] else Kind.PAYLOAD, match[2].decode("ascii"))


def is_almost_manifest_name(name: bytes) -> bool:
    """Whether ``name`` looks like a manifest's without being one: capitals, or an algorithm spelled ``sha-256``."""
    return _ALMOST_NAME.fullmatch(name) is not None and parse_manifest_name(name) is None


def write_manifest(algorithm: str, digests: Mapping[bytes, str]) -> bytes:
    """A manifest in UTF-8 with LF, sorted by path, as ``sha256sum -c`` reads it.

    Raises ValueError for a path that holds ``%``, CR or LF, is not UTF-8 or not plain, and for a digest that is not
    ``algorithm``'s in lower-case hexadecimal.
    """
    digest_form = re.compile(f"[0-9a-f]{{{HEX_LENGTH[algorithm]}}}")
    lines = []
    for path in sorted(digests):
        if not digest_form.fullmatch(digests[path]):
            raise ValueError(f"not a {algorithm} digest: {digests[path]!r}")
        lines.append(f"{digests[path]}  {refuse_unwritable(path)}\n")
    return "".join(lines).encode("utf-8")


def parse_manifest(
    text: str, *, name: str, algorithm: str, version: Version | None
) -> tuple[tuple[Line, ...], tuple[Finding, ...]]:
    """The listings of one manifest, in its order, and what is wrong with its lines.

    A line of ``md5sum`` that begins with a backslash has its path unescaped. Nothing is looked up.
    """
    lines: list[Line] = []
    faults = LineFaults(name, _SOURCE)
    length = HEX_LENGTH.get(algorithm)
    for number, text_line in enumerate(split_lines(text), 1):
        match = _LINE.fullmatch(text_line)
        if not text_line.strip(" \t"):
            severity = severity_by_version(version)
            faults.note(number, code=FindingCode.MANIFEST_BLANK_LINE, severity=severity, fault="has blank lines")
        elif match is None:
            fault = "has lines that are not a digest, white space and a path"
            faults.note(number, code=FindingCode.MANIFEST_LINE_MALFORMED, severity=Severity.ERROR, fault=fault)
        else:
            lines.append(Line(match["digest"].lower(), _unescape(match)))
            if match["mark"]:
                fault = "has lines escaped as md5sum does it, whose files strict tools will not find"
                faults.note(number, code=FindingCode.MANIFEST_MD5SUM_ESCAPE, severity=Severity.WARNING, fault=fault)
            if length is not None and len(match["digest"]) != length:
                fault = f"has digests that are not the {length} characters of {algorithm}"
                faults.note(number, code=FindingCode.DIGEST_MALFORMED, severity=Severity.ERROR, fault=fault)
    return tuple(lines), faults.findings()


def _unescape(match: re.Match[str]) -> str:
    if not match["mark"]:
        return match["path"]
    return _MD5SUM_ESCAPE.sub(lambda escape: _MD5SUM_MEANING[escape[1]], match["path"])
