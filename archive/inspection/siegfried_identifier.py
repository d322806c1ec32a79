"""Format identification with siegfried (``pygfried``), safe for evidence that strangers made.

Siegfried is a program in Go that runs within this process: it cannot be interrupted, would wait at a FIFO for ever,
reads 4 GB of zeros to their end and unpacks a member of any size to the temporary folder. So a file is opened and
looked at here first, and siegfried is shown what it can be shown. Nor does Go survive a fork: a child would wait for
threads it does not have, and is refused instead.
"""

from __future__ import annotations

import errno
import os
import re
from typing import Any

from archive.errors import ArchiveError
from archive.inspection.evidence_file import EvidenceFile
from archive.inspection.exhibit import Withheld, exhibit
from archive.inspection.identification import EMPTY, FormatIdentifier, FormatMatch, Identification, printable
from archive.inspection.signature_file import SignatureFile, SignaturesError
from archive.inspection.zip_directory import ALLOWANCE
from archive.model.formats import Basis

_REASONS = (
    ("container name", Basis.CONTAINER),
    ("container match", Basis.SIGNATURE),  # only the container's own magic fits
    ("byte match", Basis.SIGNATURE),
    ("xml match", Basis.SIGNATURE),
    ("riff match", Basis.SIGNATURE),
    ("text match", Basis.TEXT),
)
"""How siegfried words its bases (``pkg/core`` of siegfried 1.11), the best first; anything else comes from the name."""

_EVERYDAY = ("match on extension only", "no match")
"""How warnings begin that only repeat the basis, or list what the extension might mean."""


_loaded_by: int | None = None
"""The process that loaded siegfried."""


class SiegfriedIdentifier(FormatIdentifier):
    """Answers as siegfried does, file by file; see ``FormatIdentifier`` for the promises.

    Of a file beyond ``exhibit.WHOLE`` octets that is no container, siegfried sees the two ends; a container that
    declares absurd sizes it does not see at all. Each of these says so in ``warning``. May be shared by threads.
    """

    tool = "siegfried"

    def __init__(self, *, signature: SignatureFile | None = None) -> None:
        """Load ``signature``, or what comes with pygfried: 30 ms and 100 MB.

        Raises ArchiveError when siegfried cannot be had, SignaturesError when it does not take the file.
        """
        global _loaded_by
        _refuse_after_fork()
        try:
            import pygfried

            _loaded_by = os.getpid()
            self.tool_version = pygfried.version()
            self._scanner: Any = pygfried.Scanner() if signature is None else _load(pygfried, signature)
            self.signatures = _spell_version(self._scanner.identify(__file__, True), signature)
        except (ImportError, OSError, LookupError) as error:
            raise ArchiveError(
                f"siegfried cannot be loaded: {error!r}",
                hint="install pygfried again: pip install --force-reinstall pygfried",
            ) from error

    def examine(self, file: EvidenceFile, *, name: str) -> Identification:
        """What ``file``, delivered as ``name``, is; raises OSError when it cannot be read."""
        file.begin(allowance=ALLOWANCE)
        _refuse_after_fork()
        if file.size == 0:
            return self._answer((), warning=EMPTY)
        try:
            with exhibit(file, name=name) as shown:
                return self._read(self._scanner.identify(shown.path, True)["files"][0], shown.warning)
        except Withheld as reason:
            warning = f"siegfried was not asked: {reason}"
            return Identification((), self.tool, self.tool_version, self.signatures, warning, failed=True)

    def _read(self, said: Any, warning: str | None) -> Identification:
        if not said["matches"]:
            raise OSError(errno.EIO, printable(said["errors"] or "no answer"))
        matches = tuple(_read_match(match) for match in said["matches"] if match["id"] != "UNKNOWN")
        told = [match["warning"] for match in said["matches"] if not match["warning"].startswith(_EVERYDAY)]
        found_by_bytes = any(match.basis.by_bytes for match in matches)
        warnings = [said["errors"], *told, "" if found_by_bytes else warning or ""]
        return self._answer(
            matches,
            warning=printable("; ".join(dict.fromkeys(filter(None, warnings)))) or None,
            damaged=bool(said["errors"]),
        )

    def _answer(
        self, matches: tuple[FormatMatch, ...], *, warning: str | None, damaged: bool = False
    ) -> Identification:
        return Identification(matches, self.tool, self.tool_version, self.signatures, warning, damaged)


def _refuse_after_fork() -> None:
    if _loaded_by not in (None, os.getpid()):
        raise ArchiveError(
            "siegfried cannot be used in a process forked from one that had loaded it",
            hint="start the process anew (spawn) instead of forking it",
        )


def _read_match(said: Any) -> FormatMatch:
    basis = next((basis for words, basis in _REASONS if words in said["basis"]), Basis.EXTENSION)
    puid = said["id"].encode("ascii", "backslashreplace").decode("ascii")  # a signature file may hold anything
    return FormatMatch(puid, said["format"] or puid, said["version"] or None, said["mime"] or None, basis)


def _load(pygfried: Any, signature: SignatureFile) -> Any:
    """A scanner with that file."""
    version = ".".join(pygfried.version().split(".")[:2])
    hint = f"siegfried {version} takes signature files made for {version}; it goes back to its own with: "
    hint += "archive formats update --as-shipped siegfried --even-if-older"
    made_for = ".".join(map(str, signature.read()[4:6]))
    if made_for != version:  # siegfried itself refuses older ones only, and would read newer ones as it can
        raise SignaturesError(f"{signature.path} was made for siegfried {made_for}, here is {version}", hint=hint)
    with signature.in_memory() as path:
        try:
            return pygfried.Scanner(signature=path)
        except OSError as error:
            raise SignaturesError(
                f"siegfried {pygfried.version()} cannot load {signature.path}: {printable(str(error))}", hint=hint
            ) from error


def _spell_version(said: Any, signature: SignatureFile | None) -> str:
    identifiers = said["identifiers"]
    details = "; ".join(str(identifier["details"]) for identifier in identifiers)
    found = re.match(r"DROID_SignatureFile_V(\d+)\.xml; container-signature-(\d+)\.xml", details)
    version = f"PRONOM v{found[1]}, containers {found[2]}" if found else printable(details)
    if signature is None:
        return version
    if not found or len(identifiers) != 1:
        raise SignaturesError(
            f"{signature.path} does not hold the signatures of PRONOM and only those, but: {printable(details)}",
            hint="take siegfried's default.sig, or one built by roy from PRONOM alone",
        )
    return f"{version} (sha256 {signature.mark})"
