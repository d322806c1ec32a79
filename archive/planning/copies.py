"""Where the files of a package can be read: in every copy that counts as good and can be reached."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from archive.catalogue.rows import FileRow, PackageRow, ReplicaRow, here
from archive.holdings.holdings import Holdings
from archive.model.digests import CHUNK
from archive.model.names import shown
from archive.model.packages import ReplicaState
from archive.packages.folder import CONTENT
from archive.packages.sealed import read_promise
from archive.storage.location import PackageReader
from profiles.finding import Finding, Severity
from profiles.finding_codes import FindingCode


@dataclass(frozen=True, slots=True)
class Place:
    """Where a file lies in one copy, which has a number. ``path`` is None where it is packed with others."""

    copy: int
    path: Path | None
    inside: bytes
    reader: PackageReader
    scratch: Path

    @property
    def where(self) -> str:
        """The place in words for a person."""
        return f"{self.reader.where}/{shown(self.inside)}" if self.path is None else str(self.path)

    @contextmanager
    def lent(self) -> Iterator[Path]:
        """A path at which the file can be read meanwhile, also by other processes of ours.

        What is packed is copied to a file without a name in the folder ``scratch``. OSError where that cannot be done.
        """
        if self.path is not None:
            yield self.path
            return
        with tempfile.TemporaryFile(dir=self.scratch) as copy:
            with self.reader.open(self.inside) as stream:
                shutil.copyfileobj(stream, copy, CHUNK)
            copy.flush()
            yield Path(f"/proc/{os.getpid()}/fd/{copy.fileno()}")


class Copies:
    """The good copies of one package that can be reached, and where each file lies in them.

    A file is found by its SHA-256 in the package's manifest, which the custody log vouches for.
    """

    def __init__(self, holdings: Holdings, package: PackageRow) -> None:
        self._package = package
        self._readers: list[tuple[str, PackageReader]] = []
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
        self._scratch = holdings.home

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
            if _is_there(reader, path, here(file.size)):
                return Place(number, reader.local(path), path, reader, self._scratch)
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


def _is_there(reader: PackageReader, path: bytes, size: int) -> bool:
    try:
        return reader.size(path) == size
    except OSError:
        return False


def doubt(package: PackageRow, message: str) -> Finding:
    """A copy that counts as good, and of which something could not be read."""
    message += "; another copy was read: archive audit finds and repairs damage"
    return Finding(FindingCode.COPY_NOT_READ, Severity.WARNING, package.id, message)
