"""What of a file is shown to a program that we can neither interrupt nor hold to an allowance.

Most files are shown as they are. Of a large file that is no container, or only begins as one, the two ends are shown,
in memory; a container whose directory declares more than anybody should unpack is withheld.
"""

from __future__ import annotations

import os
import os.path
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from archive.inspection.containers import opens_as_ole
from archive.inspection.evidence_file import AllowanceSpent, EvidenceFile
from archive.inspection.zip_directory import ALLOWANCE, members

WHOLE = 64 << 20
"""Octets up to which any file is shown whole; 64 MB of zeros, the worst there is, take half a second (*measured*)."""

END = 16 << 20
"""Octets of either end of a larger file that are shown. PRONOM's signatures look no further than some kilobytes."""

MOST_INFLATED = 256 << 20
"""Octets that a compressed member of a container may declare: more is unpacked by nobody to learn a format."""

_ZIP = b"PK\3\4"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


class Withheld(Exception):
    """The file is not shown, for the reason given."""


@dataclass(frozen=True, slots=True)
class Exhibit:
    """Where the program finds what it is shown, and what is to be said when that was not enough."""

    path: str
    warning: str | None = None


@contextmanager
def exhibit(file: EvidenceFile, *, name: str) -> Iterator[Exhibit]:
    """``file``, which was delivered as ``name``, under a path with the delivered extension.

    Raises Withheld for a container that nobody should unpack, OSError when the medium cannot be read.
    """
    if _is_container(file) or file.size <= WHOLE:
        with _under_its_extension(os.fspath(file.path), name) as place:
            yield Exhibit(place)
    else:
        with _ends_of(file) as ends, _under_its_extension(ends, name) as place:
            yield Exhibit(place, f"only the first and last {END} octets were looked at")


def _is_container(file: EvidenceFile) -> bool:
    """Whether the file has a container's directory, so that no program reads more of it than it must.

    One that only begins as a container would be read from end to end. Raises Withheld for a bomb.
    """
    head = file.head(8)
    if head.startswith(_ZIP):
        return _has_members(file)
    return head.startswith(_OLE) and opens_as_ole(file)


def _has_members(file: EvidenceFile) -> bool:
    found = False
    try:
        for member in members(file):
            found = True
            if member.compressed and member.declared > MOST_INFLATED:
                raise Withheld(f"a member of {member.packed} octets declares {member.declared}")
    except AllowanceSpent:
        raise Withheld(f"a ZIP directory of more than {ALLOWANCE} octets") from None
    return found


@contextmanager
def _under_its_extension(path: str, name: str) -> Iterator[str]:
    """``path``, or a link to it whose name has the extension of ``name`` and that every program can spell."""
    extension = os.path.splitext(name)[1]
    if os.path.splitext(path)[1] == extension and path.isprintable():
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="evidence-") as folder:
        link = os.path.join(folder, "evidence" + (extension if _plain(extension) else ""))
        os.symlink(os.path.abspath(path), link)
        yield link


def _plain(extension: str) -> bool:
    return len(extension) <= 64 and extension.isprintable() and "/" not in extension


@contextmanager
def _ends_of(file: EvidenceFile) -> Iterator[str]:
    """A path to the two ends of a file, joined, in memory: evidence is not copied to a temporary folder."""
    if not hasattr(os, "memfd_create"):
        raise Withheld(f"a file of more than {WHOLE} octets, on a system without files in memory")
    descriptor = os.memfd_create("evidence")
    try:
        with os.fdopen(os.dup(descriptor), "wb") as memory:
            memory.write(file.head(END))
            memory.write(file.tail(END))
        yield f"/proc/self/fd/{descriptor}"
    finally:
        os.close(descriptor)
