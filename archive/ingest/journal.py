"""The journal of one accession: what stood in the delivery, with every identifier given before a byte is copied.

One walk writes it, into ``staging/<accession>/journal.jsonl``; a run that was killed finds there the same identifiers
again. It is also the listing that goes into the accession package. One JSON object a line: ``path`` (as a person reads
it) and ``path_b64`` (byte for byte), ``kind``, ``size``, ``mtime_ns``; for an item ``file`` and the ``package`` it is
meant for.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from archive import durable
from archive.config import PackagePolicy
from archive.ingest.survey import Delivery, oddity
from archive.model.entries import EntryKind
from archive.model.identifiers import FileId, PackageId, new_identifier
from archive.model.names import shown
from archive.storage.walking import Walked
from profiles.finding import Finding

JOURNAL = "journal.jsonl"


@dataclass(frozen=True, slots=True)
class Expected:
    """One item as it was seen when the delivery was listed; size in octets, ``mtime`` in nanoseconds since 1970."""

    file: FileId
    name: bytes
    size: int
    mtime: int
    hard_link_group: str | None = None


@dataclass(frozen=True, slots=True)
class Lot:
    """The items meant for one AIP."""

    package: PackageId
    files: tuple[Expected, ...]


@dataclass(frozen=True, slots=True)
class Earlier:
    """What the accession knows already of the same delivery.

    ``decided`` are items by name, size and time that are not received again; ``waiting`` gives the identifier under
    which a pending item was announced, which it keeps.
    """

    decided: Set[tuple[bytes, int, int]] = frozenset()
    waiting: Mapping[bytes, FileId] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Listed:
    """The delivery as listed: its digest, how many items it has, and what is unusual. ``path`` holds the journal."""

    path: Path
    sha256: str
    items: int
    findings: tuple[Finding, ...]
    blocked: bool
    """Whether a folder or entry could not be looked at, so that nobody can say everything was received."""


def list_delivery(delivery: Delivery, path: Path, *, policy: PackagePolicy, earlier: Earlier) -> Listed:
    """Walk the delivery once and write its journal to ``path``, synced.

    An item decided ``earlier`` is listed without being meant for a package again.
    """
    hasher, findings, items, blocked = hashlib.sha256(), list[Finding](), 0, False
    packer = _Packer(policy)
    with open(path, "xb") as out:
        for walked in delivery.walk():
            hasher.update(_fingerprint(walked))
            found = oddity(walked)
            if found is not None:
                findings.append(found)
                blocked = blocked or walked.error is not None
            name = delivery.item_name(walked)
            line = _entry(walked)
            if name is not None:
                items += 1
                line["name_b64"] = _b64(name)
                if (name, walked.size, walked.mtime_ns) not in earlier.decided:
                    identifier = earlier.waiting.get(name) or new_identifier()
                    line |= {"file": identifier, "package": packer.place(walked.size)}
            packer.put(line, out.write)
        packer.finish(out.write)
        out.flush()
        durable.sync_file(out.fileno())
    return Listed(path, hasher.hexdigest(), items, tuple(findings), blocked)


class _Packer:
    """Fills packages in order; files larger than a package each get their own and come last in the journal."""

    def __init__(self, policy: PackagePolicy) -> None:
        self._policy = policy
        self._package = PackageId(new_identifier())
        self._files = self._bytes = 0
        self._late: list[dict[str, object]] = []

    def place(self, size: int) -> PackageId:
        """The package for the next file of ``size`` octets."""
        if size > self._policy.max_bytes:
            return PackageId(new_identifier())
        if self._files >= self._policy.max_files or self._bytes + size > self._policy.max_bytes:
            self._package, self._files, self._bytes = PackageId(new_identifier()), 0, 0
        self._files += 1
        self._bytes += size
        return self._package

    def put(self, line: dict[str, object], write: Callable[[bytes], object]) -> None:
        """Write a line now, or remember it for the end."""
        if line.get("package") not in (None, self._package):
            self._late.append(line)
        else:
            write(_encode(line))

    def finish(self, write: Callable[[bytes], object]) -> None:
        """Write what was remembered."""
        for line in self._late:
            write(_encode(line))


def lots(path: Path) -> Iterator[Lot]:
    """The lots of a journal, in its order, one in memory at a time."""
    meant = (line for line in _items(path) if "package" in line)
    for package, lines in groupby(meant, key=lambda line: line["package"]):
        yield Lot(PackageId(str(package)), tuple(_expected(line) for line in lines))


def item_names(path: Path) -> Iterator[bytes]:
    """Delivered names of all items in a journal, also of those received by an earlier run."""
    return (base64.b64decode(str(line["name_b64"])) for line in _items(path))


def is_blocked(path: Path) -> bool:
    """Whether something could not be looked at when this journal was written, so that more is still to come."""
    return any("error" in line for line in _entries(path))


def _items(path: Path) -> Iterator[dict[str, object]]:
    return (line for line in _entries(path) if "name_b64" in line)


def _entries(path: Path) -> Iterator[dict[str, object]]:
    with open(path, "rb") as file:
        for raw in file:
            yield json.loads(raw)


def _expected(line: dict[str, object]) -> Expected:
    group = line.get("hard_link_group")
    return Expected(
        file=FileId(str(line["file"])),
        name=base64.b64decode(str(line["name_b64"])),
        size=int(str(line["size"])),
        mtime=int(str(line["mtime_ns"])),
        hard_link_group=None if group is None else str(group),
    )


def _entry(walked: Walked) -> dict[str, object]:
    line: dict[str, object] = {
        "path": shown(walked.path),
        "path_b64": _b64(walked.path),
        "kind": str(walked.kind),
        "size": walked.size,
        "mtime_ns": walked.mtime_ns,
    }
    if walked.target is not None:
        line |= {"target": shown(walked.target), "target_b64": _b64(walked.target)}
    if walked.links > 1 and walked.kind is EntryKind.FILE:
        line["hard_link_group"] = f"inode-{walked.inode[1]}"
    if walked.empty:
        line["empty"] = True
    if walked.error is not None:
        line["error"] = walked.error
    return line


def _fingerprint(walked: Walked) -> bytes:
    """What makes two deliveries the same: names, kinds, sizes, times of files, and where links point."""
    time = walked.mtime_ns if walked.kind is EntryKind.FILE else 0
    facts = (_b64(walked.path), str(walked.kind), walked.size, time, _b64(walked.target or b""))
    return json.dumps(facts).encode() + b"\n"


def _encode(line: dict[str, object]) -> bytes:
    return json.dumps(line, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def journal_path(staging: Path, accession: str) -> Path:
    """Where the journal of an accession lies."""
    return staging / accession / JOURNAL


def make_staging(folder: Path) -> None:
    """Make a staging folder and sync its parent."""
    os.makedirs(folder, mode=0o700, exist_ok=True)
    durable.sync_folder(folder.parent)
