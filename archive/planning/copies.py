"""Where the files of a package can be read: in every copy that counts as good and can be reached."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from archive.catalogue.rows import FileRow, PackageRow, ReplicaRow
from archive.holdings.holdings import Holdings
from archive.model.names import shown
from archive.model.packages import ReplicaState
from archive.packages.folder import CONTENT
from archive.packages.sealed import read_promise
from archive.storage.directory import DirectoryReader
from profiles.finding import Finding, Severity
from profiles.finding_codes import FindingCode


@dataclass(frozen=True, slots=True)
class Place:
    """A path to a file, and the number of the copy it belongs to."""

    copy: int
    path: Path


class Copies:
    """The good copies of one package that can be reached, and where each file lies in them.

    A file is found by its SHA-256 in the package's manifest, which the custody log vouches for.
    """

    def __init__(self, holdings: Holdings, package: PackageRow) -> None:
        self._package = package
        self._readers: list[tuple[str, DirectoryReader]] = []
        self._reasons: list[str] = []
        order = list(holdings.locations)
        for replica in sorted(holdings.catalogue.replicas(package.id), key=lambda one: order.index(one.location)):
            self._open(holdings, replica)
        promise = read_promise(package, [reader for _, reader in self._readers])
        content = CONTENT.encode()
        self._paths = {e.sha256: path for path, e in promise.files.items() if e.sha256 and path.startswith(content)}
        if self._readers and not self._paths:
            self._reasons.append("no copy holds the list of its files as it was sealed")
        self._lacking: dict[str, list[FileRow]] = {}

    def _open(self, holdings: Holdings, replica: ReplicaRow) -> None:
        location = holdings.locations[replica.location]
        if replica.state is not ReplicaState.OK:
            self._reasons.append(f"the copy at '{location.name}' is {replica.state}")
        elif (reason := location.offline()) is not None:
            self._reasons.append(f"location '{location.name}' is offline: {reason}")
        else:
            self._readers.append((location.name, location.reader(replica.key)))

    def place(self, file: FileRow, *, after: Place | None = None) -> Place | None:
        """Where the file lies with the size it has, in the first good copy, or the first ``after`` another place."""
        path = self._paths.get(file.sha256 or "")
        if path is None:
            return None
        for number, (name, reader) in enumerate(self._readers):
            if after is not None and number <= after.copy:
                continue
            found = _found(reader, path, file.size)
            if found is not None:
                return Place(number, found)
            self._lacking.setdefault(name, []).append(file)
        return None

    def doubts(self) -> Iterator[Finding]:
        """Copies that count as good and lack files."""
        for name, files in self._lacking.items():
            more = f" and {len(files) - 1:,} more" if len(files) > 1 else ""
            message = f"{shown(files[0].name)}{more} cannot be read in the copy at '{name}'"
            yield doubt(self._package, message)

    def why(self) -> str:
        """Why a file lies nowhere."""
        lacking = [f"it is missing, or has another size, at '{name}'" for name in self._lacking]
        return "; ".join([*lacking, *self._reasons]) or "there is no copy"


def _found(reader: DirectoryReader, path: bytes, size: int) -> Path | None:
    try:
        place = reader.within(path)
        status = os.stat(place, follow_symlinks=False)
    except OSError:
        return None
    return place if stat.S_ISREG(status.st_mode) and status.st_size == size else None


def doubt(package: PackageRow, message: str) -> Finding:
    """A copy that counts as good, and of which something could not be read."""
    message += "; another copy was read: archive audit finds and repairs damage"
    return Finding(FindingCode.COPY_NOT_READ, Severity.WARNING, package.id, message)
