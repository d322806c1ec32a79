"""Signature files move on: a newer one is taken offline, tried, pinned by its digest, and used from then on.

It is kept as ``signatures/<sha256>/<name>`` in the archive's folder, and under the same key at every location, so that
an archive made again from one of them knows formats by the same signatures. The custody log says which one is in force.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from archive import durable
from archive.catalogue.rows import SignaturesRow
from archive.errors import ArchiveError, StorageError, UsageError
from archive.holdings.holdings import Holdings
from archive.inspection import pool
from archive.inspection.fido_identifier import FidoIdentifier
from archive.inspection.identification import FormatIdentifier
from archive.inspection.pool import Makers
from archive.inspection.siegfried_identifier import SiegfriedIdentifier
from archive.inspection.signature_file import FidoFiles, SignatureFile
from archive.inspection.trial import try_out
from archive.model.digests import sha256_hex
from archive.model.formats import Tool
from archive.model.records import SignaturesRecord
from archive.planning.offered import CONTAINERS, FIDO, FORMATS, SIEGFRIED, SIGNATURES, Offered
from archive.storage.backend import StorageBackend
from archive.storage.folders import make_folders
from profiles.finding import Finding, Severity
from profiles.finding_codes import FindingCode

FOLDER = "signatures"

_VERSIONS = re.compile(r"PRONOM v(\d+), containers (\d+)")

InForce = dict[tuple[str, str], SignaturesRow]
"""The signature file that each part of a tool was told to use."""


@dataclass(frozen=True, slots=True)
class Adoption:
    """One part of a tool's signatures that changes, or is used as before (``known``)."""

    tool: str
    part: str
    release: str
    sha256: str | None
    file: str | None
    before: SignaturesRow | None
    before_release: str
    known: bool


def witnesses(holdings: Holdings) -> Makers:
    """Who is asked about a file in this archive: as everywhere, with the signatures that are in force here."""
    pinned = in_force(holdings)
    if not pinned:
        return pool.WITNESSES
    replaced = {make: _maker(make, holdings.home, pinned) for make in pool.WITNESSES}
    return tuple(replaced.values())


def in_force(holdings: Holdings) -> InForce:
    """The signature files that tools were told to use, without those that use their own again."""
    return {(row.tool, row.part): row for row in holdings.catalogue.signatures() if row.sha256 is not None}


def prepare(holdings: Holdings, offered: Sequence[Offered], *, even_if_older: bool) -> list[Adoption]:
    """What taking these files would change, tried out in a process of its own.

    Raises SignaturesError for what the tool cannot use, UsageError for what is older than what is in force.
    """
    pinned, shipped = in_force(holdings), cache(_shipped)
    adoptions = []
    for tool in dict.fromkeys(one.tool for one in offered):
        told = try_out(_with(tool, holdings.home, pinned, [one for one in offered if one.tool == tool]))
        for one in offered:
            if one.tool == tool:
                adoptions.append(_adoption(one, told, pinned.get((tool, one.part)), shipped=shipped))
    _refuse_older(adoptions, even_if_older=even_if_older)
    return adoptions


def prepare_shipped(holdings: Holdings, tool: str, *, even_if_older: bool) -> list[Adoption]:
    """What going back to the signatures that come with ``tool`` would change; UsageError where they are in force."""
    pinned = {part: row for (of, part), row in in_force(holdings).items() if of == tool}
    if not pinned:
        raise UsageError(f"{tool} uses the signatures that come with it already")
    told = _shipped(tool)
    adoptions = [
        Adoption(tool, part, _release(told, part), None, None, row, row.release, known=False)
        for part, row in pinned.items()
    ]
    _refuse_older(adoptions, even_if_older=even_if_older)
    return adoptions


def adopt(holdings: Holdings, offered: Sequence[Offered], adoptions: Sequence[Adoption]) -> None:
    """Keep the files, then record what is in force from now on; ``copy_signatures`` brings them to the locations."""
    names = {one.sha256: one.file for one in adoptions}
    for given in offered:
        _write(holdings.home, f"{FOLDER}/{given.sha256}/{names[given.sha256]}", given.data)
    records = [
        SignaturesRecord(
            **holdings.stamp(),
            tool=one.tool,
            part=one.part,
            release=one.release,
            sha256=one.sha256,
            file_name=one.file,
        )
        for one in adoptions
        if not one.known
    ]
    holdings.record(records)


def copy_signatures(holdings: Holdings) -> list[Finding]:
    """Bring the files in force to every location that can be reached and does not hold them; what went wrong."""
    findings = []
    for row in in_force(holdings).values():
        file = _file(holdings.home, row)
        for location in holdings.online():
            try:
                if location.backend.stat(_key(row)) is None:
                    location.backend.put(_key(row), file.read())
            except FileExistsError:
                pass  # another command has just brought it
            except (OSError, ArchiveError) as error:
                message = f"signature file {row.file} could not be copied to location '{location.name}': {error}"
                findings.append(Finding(FindingCode.SIGNATURES_COPY_FAILED, Severity.WARNING, location.name, message))
    return findings


def restore_signatures(holdings: Holdings, source: StorageBackend) -> list[str]:
    """Fetch the files in force from a location's copies; names of those that are not there as they were pinned."""
    missing = []
    for row in in_force(holdings).values():
        try:
            data = source.read(_key(row))
        except OSError:
            data = b""
        if sha256_hex(data) == row.sha256:
            _write(holdings.home, _key(row), data)
        else:
            missing.append(str(row.file))
    return missing


def _maker(make: Callable[[], FormatIdentifier], home: Path, pinned: InForce) -> Callable[[], FormatIdentifier]:
    if make is SiegfriedIdentifier and (SIEGFRIED, SIGNATURES) in pinned:
        return partial(SiegfriedIdentifier, signature=_file(home, pinned[SIEGFRIED, SIGNATURES]))
    if make is FidoIdentifier and any(tool == FIDO for tool, _ in pinned):
        return partial(FidoIdentifier, files=_fido_files(home, pinned))
    return make


def _with(tool: str, home: Path, pinned: InForce, offered: Sequence[Offered]) -> Callable[[], FormatIdentifier]:
    """The identifier with the offered files, and for the parts that are not offered with those in force."""
    if tool == SIEGFRIED:
        return partial(SiegfriedIdentifier, signature=offered[0].pinned())
    parts = {one.part: one for one in offered}
    files = _fido_files(home, {key: row for key, row in pinned.items() if key[1] not in parts})
    formats, containers = parts.get(FORMATS), parts.get(CONTAINERS)
    return partial(
        FidoIdentifier,
        files=FidoFiles(
            formats=files.formats if formats is None else formats.pinned(),
            formats_version=files.formats_version if formats is None else formats.release,
            containers=files.containers if containers is None else containers.pinned(),
            containers_version=files.containers_version if containers is None else containers.release,
        ),
    )


def _fido_files(home: Path, pinned: InForce) -> FidoFiles:
    formats, containers = pinned.get((FIDO, FORMATS)), pinned.get((FIDO, CONTAINERS))
    return FidoFiles(
        formats=None if formats is None else _file(home, formats),
        formats_version="" if formats is None else formats.release,
        containers=None if containers is None else _file(home, containers),
        containers_version="" if containers is None else containers.release,
    )


def _adoption(one: Offered, told: Tool, before: SignaturesRow | None, *, shipped: Callable[[str], Tool]) -> Adoption:
    release = one.release or _release(told, one.part)
    before_release = before.release if before is not None else _release(shipped(one.tool), one.part)
    known = before is not None and before.sha256 == one.sha256
    file = before.file if before is not None and known else one.stored_as
    return Adoption(one.tool, one.part, release, one.sha256, file, before, before_release, known)


def _shipped(tool: str) -> Tool:
    return try_out(FidoIdentifier if tool == FIDO else SiegfriedIdentifier)


def _release(told: Tool, part: str) -> str:
    """The release of one part, read off what an identifier says of itself."""
    found = _VERSIONS.match(told.signatures)
    if found is None:
        raise ArchiveError(f"{told.tool} does not say which PRONOM it has, but: {told.signatures}")
    return {FORMATS: found[1], CONTAINERS: found[2]}.get(part, found[0])


def _refuse_older(adoptions: Iterable[Adoption], *, even_if_older: bool) -> None:
    for one in adoptions:
        if not even_if_older and _order(one.release) < _order(one.before_release):
            raise UsageError(
                f"{one.tool} {one.part} {one.release} is older than what is in force, {one.before_release}",
                hint="nothing was changed; --even-if-older takes it all the same",
            )


def _order(release: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", release)))


def _file(home: Path, row: SignaturesRow) -> SignatureFile:
    return SignatureFile(home / _key(row), str(row.sha256))


def _key(row: SignaturesRow) -> str:
    return f"{FOLDER}/{row.sha256}/{row.file}"


def _write(home: Path, key: str, data: bytes) -> None:
    """Put the file in its place; what stands there and is something else is kept under another name."""
    path = home / key
    try:
        make_folders(home, path.parent)
        if path.is_file() and path.read_bytes() == data:
            return
        if os.path.lexists(path):
            number = 1
            while os.path.lexists(aside := path.with_name(f"{path.name}.altered-{number}")):
                number += 1
            durable.publish(path, aside)
        durable.write_atomic(path, data)
    except OSError as error:
        raise StorageError(
            f"{path}: {error.strerror or error}", hint="free space or mend the disk, then give the same command again"
        ) from error
