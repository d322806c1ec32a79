"""Versions of the BagIt format, and what became stricter with 1.0."""

from __future__ import annotations

from typing import NamedTuple

from profiles.finding import Severity


class Version(NamedTuple):
    """A BagIt version, ``M.N`` (RFC 8493 §2.1.1)."""

    major: int
    minor: int

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}"


V1_0 = Version(1, 0)
"""RFC 8493."""

SUPPORTED = (*(Version(0, minor) for minor in range(93, 98)), V1_0)
"""The drafts draft-kunze-bagit-00 (0.93) to -13 (0.97), and RFC 8493."""


def severity_by_version(version: Version | None) -> Severity:
    """ERROR under 1.0, WARNING under earlier or unknown versions, for rules that 1.0 made strict."""
    return Severity.ERROR if version == V1_0 else Severity.WARNING


def info_name(version: Version | None) -> bytes:
    """Name of the file that describes the bag: ``package-info.txt`` up to 0.95, ``bag-info.txt`` since."""
    return b"package-info.txt" if version is not None and version < (0, 96) else b"bag-info.txt"
