"""The fetch file, ``fetch.txt``: payload that was left for the receiver to fetch (RFC 8493 §2.2.3).

Nothing is ever fetched here. A listed file that is absent makes the bag incomplete; one that is present is judged like
any other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from archive.bags.tagfiles import LineFaults, split_lines
from profiles.finding import Finding, Severity
from profiles.finding_codes import FindingCode

NAME = b"fetch.txt"
"""The file's name in the bag's root."""

_SOURCE = "RFC 8493 §2.2.3"
_LINE = re.compile(r"(?P<url>[^ \t]+)[ \t]+(?P<size>[0-9]{1,30}|-)[ \t]+(?P<path>.+)", re.DOTALL)
_ABSOLUTE_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:.+", re.DOTALL)  # RFC 3986 §4.3


@dataclass(frozen=True, slots=True)
class Line:
    """One file to fetch: where from, its size in octets if said, and its path as spelled in the file."""

    url: str
    size: int | None
    path: str


@dataclass(frozen=True, slots=True)
class FetchEntry:
    """One file to fetch, its path found among the names in the bag or as the standard reads it."""

    url: str
    size: int | None
    path: bytes


def parse_fetch(text: str) -> tuple[tuple[Line, ...], tuple[Finding, ...]]:
    """The files to fetch, in the order of the file, and what is wrong with its lines."""
    lines: list[Line] = []
    faults = LineFaults("fetch.txt", _SOURCE)
    for number, text_line in enumerate(split_lines(text), 1):
        match = _LINE.fullmatch(text_line)
        if match is None:
            fault = "has lines that are not a URL, a size or -, and a path"
            faults.note(number, code=FindingCode.FETCH_LINE_MALFORMED, severity=Severity.ERROR, fault=fault)
            continue
        lines.append(Line(match["url"], None if match["size"] == "-" else int(match["size"]), match["path"]))
        if not _ABSOLUTE_URI.fullmatch(match["url"]):
            fault = "has lines that do not begin with an absolute URI"
            faults.note(number, code=FindingCode.FETCH_URL_MALFORMED, severity=Severity.ERROR, fault=fault)
    return tuple(lines), faults.findings()
