"""Format identification with opf-fido's signatures, safe for evidence that strangers made.

opf-fido 1.6.1 as it comes fails with its own defaults, prints its answers, keeps its state in one object, reads whole
members of containers, loops for ever over a file that shrinks, and leaves its caller with any exception a damaged
container raises. ``FidoIdentifier`` takes FIDO's tables and rules and none of that.
"""

from __future__ import annotations

from collections.abc import Iterable

from archive.inspection.containers import CONTAINER_ALLOWANCE, Look, look_into_ole, look_into_zip
from archive.inspection.deadline import DeadlinePassed, within
from archive.inspection.evidence_file import EvidenceFile
from archive.inspection.identification import EMPTY, FormatIdentifier, FormatMatch, Identification, describe
from archive.inspection.signature_file import SHIPPED, FidoFiles
from archive.inspection.signatures import Format, fido_tables
from archive.model.formats import Basis

BUFFER = 128 * 1024
"""Octets read at either end of a file (``bufsize`` in ``fido.fido.defaults``)."""

DEADLINE = 30.0
"""Seconds one file may take. Ordinary files take milliseconds; see ``deadline`` for those that do not."""


class FidoIdentifier(FormatIdentifier):
    """Answers as FIDO does, file by file; see ``FormatIdentifier`` for the promises.

    A format that several signatures fit is listed once. Where FIDO has no answer, for a container it fails on, the
    file's own bytes are one; where FIDO would read without end, members are read up to a limit and only when stored
    or deflated. Each of these says so in ``warning``.

    The object never changes and may be shared by threads, but only in the main thread of a process can a hostile
    file be stopped at ``deadline`` seconds (see ``archive.inspection.deadline``).
    """

    tool = "fido"

    def __init__(self, *, files: FidoFiles = SHIPPED, deadline: float = DEADLINE) -> None:
        """Load FIDO's tables, 300 ms for the first in a process; ArchiveError when they cannot be had."""
        self._tables = fido_tables(files)
        self._deadline = deadline
        self.tool_version = self._tables.tool_version
        self.signatures = self._tables.version

    def examine(self, file: EvidenceFile, *, name: str) -> Identification:
        """What ``file``, delivered as ``name``, is; raises OSError when it cannot be read."""
        file.begin(allowance=CONTAINER_ALLOWANCE)
        if file.size == 0:
            return self._answer(self._tables.match_extension(name), warning=EMPTY)
        try:
            return within(self._deadline, lambda: self._examine(file, name))
        except DeadlinePassed:
            return self._failed(f"identification was given up after {self._deadline:g} seconds")
        except OSError:
            raise
        except Exception as error:
            return self._failed(f"identification failed: {describe(error)}")

    def _examine(self, file: EvidenceFile, name: str) -> Identification:
        head = file.head(BUFFER)
        tail = head if file.size <= BUFFER else file.tail(BUFFER)
        by_signature = self._tables.match_bytes(head, tail)
        inside = self._look_inside(file, by_signature)
        if inside.formats:
            return self._answer(inside.formats, basis=Basis.CONTAINER, warning=inside.warning)
        if by_signature:
            return self._answer(by_signature, basis=Basis.SIGNATURE, warning=inside.warning, damaged=inside.damaged)
        return self._answer(self._tables.match_extension(name), basis=Basis.EXTENSION)

    def _look_inside(self, file: EvidenceFile, formats: Iterable[Format]) -> Look:
        kind = next((format.container for format in formats if format.container), None)
        if kind == "zip":
            return look_into_zip(file, self._tables.zip_members)
        if kind == "ole":
            return look_into_ole(file, self._tables.ole_streams)
        return Look((), None)

    def _failed(self, warning: str) -> Identification:
        return Identification((), self.tool, self.tool_version, self.signatures, warning, failed=True)

    def _answer(
        self,
        formats: Iterable[Format],
        *,
        basis: Basis = Basis.EXTENSION,
        warning: str | None = None,
        damaged: bool = False,
    ) -> Identification:
        return Identification(
            matches=tuple(FormatMatch(f.puid, f.name, f.version, f.mime, basis) for f in formats),
            tool=self.tool,
            tool_version=self.tool_version,
            signatures=self.signatures,
            warning=warning,
            damaged=damaged,
        )
