"""Format identification with our own few signatures (``local_signatures``), beside the registries' identifiers."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Set

from archive.inspection.containers import CONTAINER_ALLOWANCE
from archive.inspection.evidence_file import AllowanceSpent, EvidenceFile
from archive.inspection.identification import LOCAL, FormatIdentifier, FormatMatch, Identification
from archive.inspection.local_signatures import BY_HEAD, BY_MEMBERS, MAGIC, LocalFormat
from archive.model.formats import Basis

HEAD = 4096
"""Octets of the beginning that are looked at."""

MOST_MEMBERS = 2_000
"""Members of a ZIP file above which its names are not looked at by us; FIDO and siegfried look inside any."""


class LocalIdentifier(FormatIdentifier):
    """Answers with identifiers of ours (``local/…``), or with what the first octets resemble, or not at all.

    See ``FormatIdentifier`` for the promises. May be shared by threads.
    """

    tool = "evidence-archive-signatures"
    tool_version = "1"
    ours = True

    def __init__(self) -> None:
        """Spell what is known as a version: it changes whenever a signature is added."""
        known = [signature.format.puid for signature in (*BY_HEAD, *BY_MEMBERS)] + [f"{m!r}" for m in MAGIC]
        self.signatures = "local signatures " + hashlib.sha256("\n".join(known).encode()).hexdigest()[:12]

    def examine(self, file: EvidenceFile, *, name: str) -> Identification:
        """What ``file`` is; its name says nothing here. Raises OSError when it cannot be read."""
        file.begin(allowance=CONTAINER_ALLOWANCE)
        head = file.head(HEAD)
        for signature in BY_HEAD:
            if signature.fits(head, file.size):
                return self._answer(_match(signature.format, Basis.SIGNATURE))
        if head.startswith(b"PK\3\4"):
            names = _member_names(file)
            for of_members in BY_MEMBERS:
                if of_members.fits(names):
                    return self._answer(_match(of_members.format, Basis.CONTAINER))
        return self._answer(*_resembling(head))

    def _answer(self, *matches: FormatMatch) -> Identification:
        return Identification(matches, self.tool, self.tool_version, self.signatures, None, ours=True)


def _match(format: LocalFormat, basis: Basis) -> FormatMatch:
    return FormatMatch(format.puid, format.name, None, format.mime, basis)


def _resembling(head: bytes) -> tuple[FormatMatch, ...]:
    for octets, offset, name, title in MAGIC:
        if head.startswith(octets, offset):
            return (FormatMatch(f"{LOCAL}magic-{name}", f"begins as: {title}", None, None, Basis.MAGIC),)
    return ()


def _member_names(file: EvidenceFile) -> Set[str]:
    """Names inside a ZIP file; none when it is damaged or has too many."""
    # The number of members stands 10 octets into the trailer; a look there spares the reading of a huge directory.
    tail = file.tail(22 + 0xFFFF)
    at = tail.rfind(b"PK\5\6")
    if at < 0 or int.from_bytes(tail[at + 10 : at + 12], "little") > MOST_MEMBERS:
        return frozenset()
    try:
        with zipfile.ZipFile(file) as archive:
            return frozenset(archive.namelist())
    except AllowanceSpent:
        return frozenset()
    except Exception as error:
        if file.failure is not None:
            raise file.failure from error
        return frozenset()
