"""The journal of one accession: what stood in the delivery, with every identifier given before a byte is copied.

One walk writes it, into ``staging/<accession>/journal.jsonl``; a run that was killed finds there the same identifiers
again. It is also the listing that goes into the accession package. One JSON object a line: ``path`` (as a person reads
it) and ``path_b64`` (byte for byte), ``kind``, ``size``, ``mtime_ns``; for a file ``file`` (its identifier) and the
``package`` it is meant for; where it belongs together with others, ``item``, which they share, and the same package;
where packages are grouped, ``group`` and ``group_kind``.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from archive import durable
from archive.config import PackagePolicy
from archive.ingest.groups import Group, GroupKind, in_order, remarks_on
from archive.ingest.listing import Entry, Listing
from archive.ingest.survey import Delivery, oddity
from archive.ingest.told import Told
from archive.model.entries import EntryKind
from archive.model.identifiers import FileId, GroupId, ItemId, PackageId, new_identifier
from archive.model.names import shown
from archive.storage.walking import Walked
from profiles.finding import Finding, Severity
from profiles.finding_codes import FindingCode
from profiles.ingest_profile import IngestProfile

JOURNAL = "journal.jsonl"


@dataclass(frozen=True, slots=True)
class Expected:
    """One file as it was seen when the delivery was listed; size in octets, ``mtime`` in nanoseconds since 1970.

    ``item`` is shared with the files it belongs together with; None where it stands alone.
    """

    file: FileId
    name: bytes
    size: int
    mtime: int
    hard_link_group: str | None = None
    item: ItemId | None = None


@dataclass(frozen=True, slots=True)
class Lot:
    """The files meant for one AIP."""

    package: PackageId
    files: tuple[Expected, ...]
    group: Group | None = None
    """Set where packages are grouped: then all files are of this one."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """What the accession knows already of the same delivery.

    ``decided`` are files by name, size and time that are not received again; ``waiting`` gives the identifier under
    which a pending file was announced, which it keeps; ``items`` the item that a name belongs to.
    """

    decided: Set[tuple[bytes, int, int]] = frozenset()
    waiting: Mapping[bytes, FileId] = field(default_factory=dict)
    items: Mapping[bytes, ItemId] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Listed:
    """The delivery as listed: its digest, how many files it has, and what is unusual. ``path`` holds the journal."""

    path: Path
    sha256: str
    files: int
    findings: tuple[Finding, ...]
    blocked: bool
    """Whether a folder or entry could not be looked at, so that nobody can say everything was received."""


def list_delivery(delivery: Delivery, path: Path, *, policy: PackagePolicy, earlier: Earlier) -> Listed:
    """Walk the delivery once and write its journal to ``path``, synced.

    A file decided ``earlier`` is listed without being meant for a package again.
    """
    listing, seen = Listing(path.parent), _Seen()
    for walked in delivery.walk():
        name = delivery.item_name(walked)
        seen.take(walked, name)
        listing.add(walked.path, name=name, size=walked.size, mtime=walked.mtime_ns, line=_encode(_entry(walked)))
    with open(path, "xb") as out:
        packer = _Packer(policy, out.write)
        items = listing.items(at_most=policy.max_files)
        for group, entries in in_order(items, delivery.terms, delivery.metadata, scratch=path.parent):
            for finding in _pack(entries, packer, earlier, group, delivery.terms):
                seen.unusual.add(finding)
        packer.finish()
        out.flush()
        durable.sync_file(out.fileno())
    return seen.listed(path)


def look_again(delivery: Delivery, path: Path) -> Listed:
    """Walk a delivery whose journal lies at ``path``: its digest tells whether it is still the one that was listed.

    Nothing is written. What was found while its files were put together (``_pack``) is not among the findings.
    """
    seen = _Seen()
    for walked in delivery.walk():
        seen.take(walked, delivery.item_name(walked))
    return seen.listed(path)


class _Seen:
    """What one walk over a delivery sees of it as a whole."""

    def __init__(self) -> None:
        self.unusual = Told()
        self._hasher = hashlib.sha256()
        self._files = 0
        self._blocked = False

    def take(self, walked: Walked, name: bytes | None) -> None:
        """The next entry; ``name`` is what it is called as a file to be received, None for all others."""
        self._hasher.update(_fingerprint(walked))
        self._files += name is not None
        found = oddity(walked)
        if found is not None:
            self.unusual.add(found)
            self._blocked = self._blocked or walked.error is not None

    def listed(self, path: Path) -> Listed:
        """All of it; the journal lies at ``path``."""
        findings = self.unusual.findings(where="the listing in the accession package has them all")
        return Listed(path, self._hasher.hexdigest(), self._files, findings, self._blocked)


def _pack(
    entries: Sequence[Entry], packer: _Packer, earlier: Earlier, group: Group | None, terms: IngestProfile
) -> Iterator[Finding]:
    """Give the files of one item their identifiers and their package, and write their lines."""
    known = next((item for entry in entries if (item := earlier.items.get(entry.name or b"")) is not None), None)
    item = (known or ItemId(new_identifier())) if len(entries) > 1 else known
    is_new = [e.name is not None and (e.name, e.size, e.mtime) not in earlier.decided for e in entries]
    package = packer.place([entry.size for entry, new in zip(entries, is_new, strict=True) if new], group)
    of_group = {} if group is None else {"group": group.id, "group_kind": group.kind}
    lines = []
    for entry, new in zip(entries, is_new, strict=True):
        more: dict[str, object] = {}
        if entry.name is not None:
            more["name_b64"] = _b64(entry.name)
            more |= {} if item is None else {"item": item}
            more |= (
                {"file": earlier.waiting.get(entry.name) or new_identifier(), "package": package, **of_group}
                if new
                else {}
            )
        lines.append(_and(entry.line, more))
    packer.put(lines, package)
    if group is not None and any(is_new):
        yield from remarks_on(group, entries, terms)
    if any(is_new) and not all(is_new):
        first, sealed = entries[is_new.index(True)], entries[is_new.index(False)]
        message = f"belongs to {shown(sealed.name or b'')}, which was received before and is sealed in another package"
        yield Finding(FindingCode.ITEM_CAME_APART, Severity.WARNING, shown(first.name or b""), message)


def _and(line: bytes, more: Mapping[str, object]) -> bytes:
    """A line with more members, without reading it again."""
    return line.removesuffix(b"}\n") + b", " + _encode(more).removeprefix(b"{") if more else line


class _Packer:
    """Fills packages in order and tears no item apart; one too large for a package gets its own, at the end."""

    def __init__(self, policy: PackagePolicy, write: Callable[[bytes], object]) -> None:
        self._policy = policy
        self._write = write
        self._package = PackageId(new_identifier())
        self._group: Group | None = None
        self._files = self._bytes = 0
        self._late: list[bytes] = []

    def place(self, sizes: Sequence[int], group: Group | None) -> PackageId:
        """The package for the next files, which have these sizes in octets, stay together and are of ``group``."""
        files, size = len(sizes), sum(sizes)
        if size > self._policy.max_bytes or files > self._policy.max_files:
            return PackageId(new_identifier())
        full = self._files + files > self._policy.max_files or self._bytes + size > self._policy.max_bytes
        if full or (group != self._group and sizes):
            self._package, self._files, self._bytes = PackageId(new_identifier()), 0, 0
        self._group = group if sizes else self._group
        self._files += files
        self._bytes += size
        return self._package

    def put(self, lines: Sequence[bytes], package: PackageId) -> None:
        """Write the lines of what was placed, now or at the end."""
        if package == self._package:
            for line in lines:
                self._write(line)
        else:
            self._late += lines

    def finish(self) -> None:
        """Write what was remembered."""
        for line in self._late:
            self._write(line)


def lots(path: Path) -> Iterator[Lot]:
    """The lots of a journal, in its order, one in memory at a time."""
    meant = (line for line in _files(path) if "package" in line)
    for package, lines in groupby(meant, key=lambda line: line["package"]):
        listed = list(lines)
        yield Lot(PackageId(str(package)), tuple(map(_expected, listed)), _group(listed[0]))


def delivered_items(path: Path) -> Iterator[tuple[bytes, ...]]:
    """Delivered names of all files in a journal, item by item, also of those received by an earlier run."""
    names: list[bytes] = []
    of: object = None
    for line in _files(path):
        name, item = base64.b64decode(str(line["name_b64"])), line.get("item")
        if names and (item is None or item != of):
            yield tuple(names)
            names = []
        names.append(name)
        of = item
    if names:
        yield tuple(names)


def is_blocked(path: Path) -> bool:
    """Whether something could not be looked at when this journal was written, so that more is still to come."""
    return any("error" in line for line in _entries(path))


def _files(path: Path) -> Iterator[dict[str, object]]:
    return (line for line in _entries(path) if "name_b64" in line)


def _entries(path: Path) -> Iterator[dict[str, object]]:
    with open(path, "rb") as file:
        for raw in file:
            yield json.loads(raw)


def _expected(line: dict[str, object]) -> Expected:
    group, item = line.get("hard_link_group"), line.get("item")
    return Expected(
        file=FileId(str(line["file"])),
        name=base64.b64decode(str(line["name_b64"])),
        size=int(str(line["size"])),
        mtime=int(str(line["mtime_ns"])),
        hard_link_group=None if group is None else str(group),
        item=None if item is None else ItemId(str(item)),
    )


def _group(line: dict[str, object]) -> Group | None:
    group = line.get("group")
    return None if group is None else Group(GroupId(str(group)), GroupKind(str(line["group_kind"])))


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


def _encode(line: Mapping[str, object]) -> bytes:
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
