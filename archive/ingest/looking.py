"""The survey: one walk over a delivery that counts what stands there. Nothing is copied, and nothing is written to it.

Memory does not grow with the delivery: counters, the few that stand out, first examples, and scratch databases.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from archive.bags.completeness import judge_completeness, judge_oxum
from archive.bags.validation import validate
from archive.config import PackagePolicy
from archive.ingest import beginnings
from archive.ingest.candidates import Candidates
from archive.ingest.facts import BagFacts, HardLinked, Survey, TableFacts
from archive.ingest.given_digests import GivenDigests, Held, Opener, reading
from archive.ingest.groups import Group, Ordered, in_order, remarks_on
from archive.ingest.links import Leads, where_it_leads
from archive.ingest.listing import Listing
from archive.ingest.matching import match
from archive.ingest.metadata import MetadataTable
from archive.ingest.name_facts import LONGEST_PATH, NameKind, Names, noticed_in
from archive.ingest.noticed import Noticed, Notices
from archive.ingest.survey import Delivery, oddity
from archive.ingest.tallies import Tallies
from archive.ingest.terms import within
from archive.ingest.told import Told, told
from archive.ingest.twice import Twice
from archive.model.entries import EntryKind
from archive.progress import Progress, Silent
from archive.storage.descent import open_unlinked
from archive.storage.folders import DirectoryReader
from archive.storage.walking import Walked
from profiles.finding import Finding
from profiles.finding_codes import FindingCode
from profiles.ingest_profile import NO_AGREEMENT

_ALL = "archive ingest lists all of them among its papers"
_BATCH = 500
_KINDS = {EntryKind.FIFO: Noticed.FIFO, EntryKind.SOCKET: Noticed.SOCKET, EntryKind.DEVICE: Noticed.DEVICE}
_LEADS = {
    Leads.INSIDE: Noticed.LINK_INSIDE,
    Leads.OUTSIDE: Noticed.LINK_OUTSIDE,
    Leads.NOWHERE: Noticed.LINK_BROKEN,
    Leads.CIRCLE: Noticed.LINK_LOOP,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How a survey looks.

    ``policy`` bounds packages; ``scratch`` is a folder with room (None: the system's own). ``quick`` opens no file;
    ``verify`` reads every file whose digest the producer gave. ``held`` asks an archive; ``now`` judges dates.
    """

    policy: PackagePolicy
    now: datetime
    scratch: Path | None = None
    quick: bool = False
    verify: bool = False
    held: Held | None = None
    opener: Opener = open_unlinked
    progress: Progress = field(default_factory=Silent)


def survey(delivery: Delivery, manner: Manner) -> Survey:
    """Count what stands in the delivery, and compare it with what the producer said of it."""
    seen = _Seen(delivery, manner)
    manner.progress.stage("looking")
    for number, walked in enumerate(delivery.walk(), start=1):
        seen.take(walked)
        if number % _BATCH == 0:
            manner.progress.advance(_BATCH)
    manner.progress.stage("comparing")
    return seen.result()


class _Seen:
    """What one walk has seen so far."""

    def __init__(self, delivery: Delivery, manner: Manner) -> None:
        self._delivery, self._manner = delivery, manner
        self._root = os.fsencode(delivery.source)
        self._files = self._folders = self._bytes = 0
        self._notices, self._names, self._candidates = Notices(), Names(), Candidates()
        self._tallies = Tallies(self._notices, now=manner.now)
        self._listing, self._twice = Listing(manner.scratch), Twice(manner.scratch)
        self._oddities = Told()
        check = manner.verify and delivery.bag is None  # a bag is checked as a whole
        opener = manner.opener if check else None
        self._digests = GivenDigests(delivery, self._notices, held=manner.held, opener=opener)
        self._devices = [(b"", os.stat(self._root).st_dev)]

    def take(self, walked: Walked) -> None:
        """Take one entry of the walk."""
        name = self._delivery.item_name(walked)
        folder, _, base = walked.path.rpartition(b"/")
        self._listing.add(walked.path, name=name, size=walked.size, mtime=0, line=b"")
        self._twice.add_name(folder, base, walked.path)
        self._tallies.placed(walked.path)
        self._named(walked.path, base)
        if (found := oddity(walked)) is not None:
            self._oddities.add(found)
        if walked.kind is EntryKind.FILE:
            self._file(walked, base, name)
        elif walked.kind is EntryKind.FOLDER:
            self._folder(walked)
        elif walked.kind is EntryKind.LINK:
            target = walked.target or b""
            leads = where_it_leads(self._root, walked.path, target)
            self._notices.add(_LEADS[leads], walked.path, os.fsdecode(target))
        elif walked.kind in _KINDS:
            self._notices.add(_KINDS[walked.kind], walked.path)
        else:
            self._notices.add(Noticed.UNREADABLE_ENTRY, walked.path, walked.error or "")

    def _named(self, path: bytes, base: bytes) -> None:
        self._names.add(base)
        for what, note in noticed_in(base):
            self._notices.add(what, path, note)
        if len(path) > LONGEST_PATH and (length := len(path.decode("utf-8", "surrogateescape"))) > LONGEST_PATH:
            self._notices.add(Noticed.WINDOWS_LONG_PATH, path, f"{length:,} characters")

    def _folder(self, walked: Walked) -> None:
        self._folders += 1
        if walked.error is not None:
            self._notices.add(Noticed.UNREADABLE_FOLDER, walked.path, walked.error)
        elif walked.empty:
            self._notices.add(Noticed.EMPTY_FOLDER, walked.path)
        while self._devices and not walked.path.startswith(self._devices[-1][0]):
            self._devices.pop()
        device = walked.inode[0]
        if device != self._devices[-1][1]:
            self._notices.add(Noticed.MOUNT_POINT, walked.path)
        self._devices.append((walked.path + b"/", device))

    def _file(self, walked: Walked, base: bytes, name: bytes | None) -> None:
        if base == b"bagit.txt" and b"/" in walked.path:
            self._notices.add(Noticed.BAG_INSIDE, walked.path.rpartition(b"/")[0])
        if walked.links > 1:
            self._twice.add_link(walked.inode, walked.size, walked.path)
        if name is None:
            return
        self._files += 1
        self._bytes += walked.size
        self._candidates.add(walked.path, base)
        if walked.size == 0:
            self._notices.add(Noticed.EMPTY_FILE, walked.path)
        if _has_holes(walked):
            note = f"{walked.allocated or 0:,} of {walked.size:,} bytes lie on the disk"
            self._notices.add(Noticed.SPARSE, walked.path, note, size=walked.size)
        self._attributes(walked)
        beginning = self._beginning(walked)
        self._tallies.add(walked.path, base, size=walked.size, mtime_ns=walked.mtime_ns, beginning=beginning)
        if self._manner.quick or beginning != beginnings.NOT_READ:
            self._digests.take(name, walked)

    def _attributes(self, walked: Walked) -> None:
        with contextlib.suppress(OSError, AttributeError):  # not every system and disk has them
            found = os.listxattr(os.path.join(self._root, walked.path), follow_symlinks=False)
            if theirs := [name for name in found if name.startswith("user.")]:
                self._notices.add(Noticed.ATTRIBUTES, walked.path, ", ".join(theirs[:3]))

    def _beginning(self, walked: Walked) -> str:
        if walked.size == 0:
            return beginnings.EMPTY
        if self._manner.quick:
            return beginnings.NOT_READ
        with reading(walked, self._notices):
            with contextlib.closing(self._manner.opener(os.path.join(self._root, walked.path))) as file:
                head = file.read(beginnings.LENGTH)
            word = beginnings.told_by(head)
            if word in beginnings.ARCHIVES:
                self._notices.add(Noticed.ARCHIVE, walked.path, word, size=walked.size)
                if beginnings.is_locked(head):
                    self._notices.add(Noticed.ENCRYPTED, walked.path, word, size=walked.size)
            return word
        return beginnings.NOT_READ

    def result(self) -> Survey:
        """Everything together."""
        delivery, manner = self._delivery, self._manner
        policy = within(delivery.terms, manner.policy)
        linked, remarks = self._stand_twice(), Told()
        table = None
        if delivery.metadata is not None:
            table = self._compare(delivery.metadata, remarks, at_most=policy.max_files)
        names = (name for item in self._listing.names(at_most=policy.max_files) for name in item)
        for finding in delivery.unlisted(names):
            remarks.add(finding)
        found = self._listing.items(at_most=policy.max_files)
        ordered = in_order(found, delivery.terms, delivery.metadata, scratch=manner.scratch)
        items, packages, groups = _count(self._remarked(ordered, remarks), policy)
        return Survey(
            source=delivery.source,
            files=self._files,
            items=items,
            folders=self._folders,
            bytes=self._bytes,
            names={kind: self._names.kinds[kind] for kind in NameKind},
            guess=self._names.guess(),
            hard_links=linked,
            bag=_judge_bag(delivery, manner),
            table=table,
            digests=self._digests.facts(),
            noticed=self._notices.counts(),
            shape=self._tallies.shape(),
            candidates=self._candidates.kept(),
            candidates_more=self._candidates.more,
            packages=packages,
            terms=None if delivery.terms == NO_AGREEMENT else delivery.terms.id,
            groups=groups or None,
            remarks=(*told(delivery.findings, where=_ALL), *remarks.findings(where=_ALL)),
            oddities=self._oddities.findings(where=_ALL),
            quick=manner.quick,
        )

    def _remarked(self, ordered: Ordered, remarks: Told) -> Ordered:
        """The same items; what a person should know of where each would be packed is told on the way."""
        for group, entries in ordered:
            if group is not None:
                for finding in remarks_on(group, entries, self._delivery.terms):
                    remarks.add(finding)
            yield group, entries

    def _stand_twice(self) -> HardLinked:
        """Notice twins and files of several names."""
        for twins in self._twice.twins():
            what = Noticed.CASE_TWINS if twins.capitals else Noticed.NORMALISATION_TWINS
            spelled = [os.fsdecode(path.rpartition(b"/")[2]) for path in twins.paths[:4]]
            if not twins.capitals:  # they look alike: only their code points tell them apart
                spelled = [name.encode("ascii", "backslashreplace").decode("ascii") for name in spelled]
            self._notices.add(what, twins.paths[0], ", ".join(spelled if not twins.capitals else spelled[1:]))
        files = names = once = by_name = 0
        for group in self._twice.hard_links():
            files, names = files + 1, names + group.count
            once, by_name = once + group.size, by_name + group.size * group.count
            self._notices.add(Noticed.HARD_LINK, group.first, f"{group.count:,} names", size=group.size)
        return HardLinked(files, names, once, by_name)

    def _compare(self, metadata: MetadataTable, remarks: Told, *, at_most: int) -> TableFacts:
        """The table against the files."""
        counts, files = {str(FindingCode.FILE_WITHOUT_ROW): 0, str(FindingCode.ROW_WITHOUT_FILE): 0}, 0
        latest: tuple[bytes, ...] = ()

        def items() -> Iterator[tuple[bytes, ...]]:
            nonlocal latest
            for names in self._listing.names(at_most=at_most):
                latest = names
                yield names

        for finding in match(metadata.rows, items(), orphans=self._delivery.terms.orphans):
            remarks.add(finding)
            if finding.code in counts:
                counts[finding.code] += 1
                files += len(latest) if finding.code == FindingCode.FILE_WITHOUT_ROW else 0
        return TableFacts(
            name=metadata.name,
            reading=metadata.reading,
            rows=metadata.rows.count(),
            files_with_row=self._files - files,
            rows_without_file=counts[FindingCode.ROW_WITHOUT_FILE],
            items_without_row=counts[FindingCode.FILE_WITHOUT_ROW],
            files_without_row=files,
        )


def _has_holes(walked: Walked) -> bool:
    """Whether so much is missing on the disk that it is no rounding; small files may lie within their inode."""
    return walked.allocated is not None and walked.size - walked.allocated >= 4096


def _count(ordered: Ordered, policy: PackagePolicy) -> tuple[int, int, int]:
    """How many items there are, into how many packages they would be packed, and of how many groups (0: none)."""
    items = packages = groups = files = size = 0
    latest: Group | None = None
    packed: Group | None = None
    for group, item in ordered:
        sizes = [entry.size for entry in item if entry.name is not None]
        if not sizes:
            continue
        items += 1
        groups += group != latest
        full = files + len(sizes) > policy.max_files or size + sum(sizes) > policy.max_bytes
        if len(sizes) > policy.max_files or sum(sizes) > policy.max_bytes:
            packages += 1  # one of its own
        elif not files or full or group != packed:
            packages, files, size, packed = packages + 1, len(sizes), sum(sizes), group
        else:
            files, size = files + len(sizes), size + sum(sizes)
        latest = group
    return items, packages, groups


def _judge_bag(delivery: Delivery, manner: Manner) -> BagFacts | None:
    """What the bag's own lists say; with ``verify``, the strict judgement of every file."""
    bag = delivery.bag
    if bag is None:
        return None
    payload = list(bag.payload())
    algorithms = tuple(bag.payload_manifests)
    version = None if bag.version is None else str(bag.version)
    if manner.verify:
        manner.progress.stage("reading the bag")
        reader = DirectoryReader(delivery.source, opener=lambda path: manner.opener(os.fsencode(path)))
        verdict = validate(reader)
        return BagFacts(version, algorithms, len(payload), verdict.valid, _few(verdict.findings))
    size = sum(entry.size for entry in payload)
    found = (*bag.findings, *judge_completeness(bag), *judge_oxum(bag, octets=size, streams=len(payload)))
    return BagFacts(version, algorithms, len(payload), None, _few(found))


def _few(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(told(findings, where="archive verify names them all"))
