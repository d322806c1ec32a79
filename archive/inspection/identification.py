"""Answers of a format identifier, as frozen values: which formats fit, on what basis, and according to whom.

Also the wording of warnings, which may quote what strangers wrote.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from archive.inspection.evidence_file import EvidenceFile
from archive.model.formats import Basis, Tool

EMPTY = "empty file"
"""The warning over a file of no octets, the same from every tool."""

LOCAL = "local/"
"""How identifiers begin that we assigned ourselves, to what no registry knows or tells apart."""


@dataclass(frozen=True, slots=True)
class FormatMatch:
    """One format that fits a file.

    ``puid`` is unique within ``registry``; ``mime`` is the first media type the registry lists.
    """

    puid: str
    name: str
    version: str | None
    mime: str | None
    basis: Basis

    @property
    def registry(self) -> str:
        """Who assigned ``puid``: PRONOM, FIDO for its own such as ``fido-fmt/189.word``, or we, for ``local/…``."""
        if self.puid.startswith(LOCAL):
            return "evidence-archive"
        return "PRONOM" if self.puid.startswith(("fmt/", "x-fmt/")) else "FIDO"


@dataclass(frozen=True, slots=True)
class Identification:
    """Everything one tool says about one file; no match means unknown.

    ``matches`` are distinct, in the tool's own order, which is the same in every run. ``warning`` says why the answer
    is less than it could be, in one printable line, or is None. ``damaged``: the file begins as a container does,
    and could not be read as one. ``failed``: the tool did not get to an answer at all; ``unread``: because the file
    could not be read. ``ours``: our own signatures answer, and no registry's.
    """

    matches: tuple[FormatMatch, ...]
    tool: str
    tool_version: str
    signatures: str
    warning: str | None
    damaged: bool = False
    failed: bool = False
    unread: bool = False
    ours: bool = False

    @property
    def basis(self) -> Basis | None:
        """The best reason for any of the matches; None without any."""
        return next((basis for basis in Basis if any(match.basis is basis for match in self.matches)), None)

    @property
    def format(self) -> FormatMatch | None:
        """The one format that may be named: the only match, and by content. A guess by extension is never it."""
        if len(self.matches) == 1 and self.matches[0].basis not in (Basis.MAGIC, Basis.EXTENSION):
            return self.matches[0]
        return None

    @property
    def said_by(self) -> Tool:
        """Who answers."""
        return Tool(self.tool, self.tool_version, self.signatures)

    @property
    def note(self) -> str:
        """A sentence for PREMIS ``formatNote``: the basis, the tool and its signatures, and the warning if any."""
        parts = [self._finding(), f"{self.tool} {self.tool_version}, {self.signatures}"]
        if self.warning is not None:
            parts.append(f"warning: {self.warning}")
        return "; ".join(parts)

    def _finding(self) -> str:
        if not self.matches:
            return "unknown" if self.warning else "unknown: no signature, no container, no extension match"
        puids = ", ".join(match.puid for match in self.matches)
        basis = self.basis
        if basis is Basis.EXTENSION:
            return f"extension suggests {puids} (not confirmed by content)"
        return f"basis: {basis}" if len(self.matches) == 1 else f"basis: {basis}, fits several: {puids}"


Answers = tuple[Identification, ...]
"""What each witness said of one file, in the order they were named."""


class FormatIdentifier(Protocol):
    """Tells formats apart; who inherits from this and implements ``examine`` has ``identify``.

    ``tool`` and ``tool_version`` name the program, ``signatures`` what it knows, by version, as a PREMIS agent note
    wants it; ``ours``: what it knows are our own signatures.
    """

    tool: str
    tool_version: str
    signatures: str
    ours: bool = False

    def examine(self, file: EvidenceFile, *, name: str) -> Identification:
        """What ``file``, our copy, is; ``name`` is the name it was delivered under, whose extension counts.

        Never raises for what a file contains; raises OSError when it cannot be read.
        """
        ...

    def identify(self, path: Path, *, name: str) -> Identification:
        """As ``examine``, of the file that lies at ``path``; OSError also where it cannot be opened."""
        with EvidenceFile(path) as file:
            return self.examine(file, name=name)


def describe(error: BaseException) -> str:
    """An error in one printable line, for a warning; of an OSError only its reason, not our paths."""
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return printable(f"{type(error).__name__}: {text}" if text else type(error).__name__)


def printable(text: str) -> str:
    """``text`` in at most 200 characters that XML and a terminal can take: messages quote names from the content."""
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
    return shown if len(shown) <= 200 else shown[:199] + "…"
