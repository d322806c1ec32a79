"""Looking inside ZIP and OLE files for the members that tell a format, without trusting what they say about themselves.

FIDO reads whole members into memory; a few kilobytes of ZIP can declare, and deflate to, any number of gigabytes.
Here a member is read up to ``MEMBER_LIMIT`` and a container up to the allowance of its ``EvidenceFile``.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import IO, Any

from archive.inspection.evidence_file import AllowanceSpent, EvidenceFile
from archive.inspection.identification import describe, printable
from archive.inspection.signatures import Format, MemberSignature

MEMBER_LIMIT = 16 << 20
"""Octets of one member that are looked at: the members that tell a format are mostly small, and begin with it."""

CONTAINER_ALLOWANCE = 32 << 20
"""Octets read of one container: its directory and the members looked at. The largest ZIP directory that fits, 700,000
files with names of one letter, costs 200 MB of memory (*measured*); one of 300,000 ordinary files is smaller."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a look inside found, and why it may have found less than there is: ``damaged`` when it is no container."""

    formats: tuple[Format, ...]
    warning: str | None
    damaged: bool = False


@dataclass(frozen=True, slots=True)
class _Member:
    data: bytes
    warning: str | None = None


ReadMember = Callable[[str], _Member | None]
"""Gives a member by its path, or None where there is none."""

OpenMembers = Callable[[EvidenceFile], AbstractContextManager[ReadMember]]
"""Opens a container of one kind."""


def look_into_zip(file: EvidenceFile, signatures: Mapping[str, tuple[MemberSignature, ...]]) -> Look:
    """Formats that the members of a ZIP file tell. Raises OSError only when the medium cannot be read."""
    return _look(file, signatures, open_members=_zip_members)


def look_into_ole(file: EvidenceFile, signatures: Mapping[str, tuple[MemberSignature, ...]]) -> Look:
    """Formats that the streams of an OLE compound file tell. Raises OSError only when the medium cannot be read."""
    return _look(file, signatures, open_members=_ole_streams)


def opens_as_ole(file: EvidenceFile) -> bool:
    """Whether the directory of an OLE compound file can be read. Raises OSError only when the medium cannot be read."""
    return not _look(file, {}, open_members=_ole_streams).damaged


def _look(
    file: EvidenceFile, signatures: Mapping[str, tuple[MemberSignature, ...]], *, open_members: OpenMembers
) -> Look:
    try:
        with open_members(file) as read_member:
            return _match_members(read_member, signatures)
    except AllowanceSpent:
        return Look((), f"the container was not looked into: more than {CONTAINER_ALLOWANCE} octets to read")
    except Exception as error:
        # zipfile and olefile raise nearly anything over damaged content; an error of the medium is kept by the file.
        if file.failure is not None:
            raise file.failure from error
        return Look((), f"the container could not be looked into: {describe(error)}", damaged=True)


def _match_members(read_member: ReadMember, signatures: Mapping[str, tuple[MemberSignature, ...]]) -> Look:
    formats: dict[str, Format] = {}
    warnings = []
    for path, of_member in signatures.items():
        member = read_member(path)
        if member is None:
            continue
        if member.warning is not None:
            warnings.append(member.warning)
        for signature in of_member:
            if signature.regex.search(member.data) is not None:
                formats.setdefault(signature.format.puid, signature.format)
    return Look(tuple(formats.values()), "; ".join(warnings) or None)


@contextmanager
def _zip_members(file: EvidenceFile) -> Iterator[ReadMember]:
    with zipfile.ZipFile(file) as archive:
        names = frozenset(archive.namelist())
        yield lambda path: _read_zip_member(archive, path) if path in names else None


def _read_zip_member(archive: zipfile.ZipFile, path: str) -> _Member:
    method = archive.getinfo(path).compress_type
    # Only for these two does zipfile inflate no more than it was asked for; 50 octets of bzip2 may hold 45 MB.
    if method not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return _Member(b"", f"member {path} was not read: compression method {method}")
    with archive.open(path) as stream:
        return _limited(stream, path)


@contextmanager
def _ole_streams(file: EvidenceFile) -> Iterator[ReadMember]:
    import olefile  # type: ignore[import-untyped]  # FIDO's own dependency; ships no types

    with olefile.OleFileIO(file) as ole:
        # olefile reads a stream whole, however large it is declared; so the declarations are cut first. The root's
        # is that of the stream which holds all small ones, and a part of that would be worth nothing.
        for entry in ole.direntries[1:]:
            if entry is not None:
                entry.size = min(entry.size, MEMBER_LIMIT + 1)
        paths = ["/".join(parts) for parts in ole.listdir()]
        yield lambda path: _read_ole_stream(ole, _find_stream(path, paths))


def _find_stream(path: str, paths: list[str]) -> str | None:
    """FIDO's rule: the first stream of that name, with or without one more character before it (1, then CompObj)."""
    return next((stream for stream in paths if path in (stream, stream[1:])), None)


def _read_ole_stream(ole: Any, path: str | None) -> _Member | None:
    if path is None:
        return None
    with ole.openstream(path) as stream:
        return _limited(stream, path)


def _limited(stream: IO[bytes], path: str) -> _Member:
    data = stream.read(MEMBER_LIMIT)
    if len(data) < MEMBER_LIMIT or not stream.read(1):
        return _Member(data)
    return _Member(data, f"member {printable(path)} was read up to {MEMBER_LIMIT} octets")
