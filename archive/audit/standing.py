"""What stands at a location, by its names: the files of each package against its lists, and what nothing speaks of.

No file of evidence is read for this; whether its octets are right is for the audit. A name is enough to see that a
file was taken away or slipped in.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator

from archive.audit.checks import odd
from archive.bags.reader import BagReader
from archive.catalogue.rows import PackageRow
from archive.custody.epoch_files import EPOCHS_PREFIX, parse_epoch_name
from archive.custody.note_copies import NOTES_PREFIX
from archive.custody.notes import KEYS, parse_note_name
from archive.custody.private import PRIVATE, parse_private
from archive.custody.segments import LEAVES, OPENINGS, parse_segment, parse_settled
from archive.model.entries import EntryKind
from archive.model.names import shown
from archive.packages.sealed import read_promise
from archive.storage.location import MARKER, Location, Standing
from profiles.finding import Finding
from profiles.finding_codes import FindingCode

_CUSTODY = re.compile(
    r"custody/(verify_(?:custody|acts)\.py|VERIFY-BY-HAND\.txt|timestamps/[0-9]{20}/[a-z0-9-]+/[^/]+)"
)
"""What may stand beside the copy of the log's own parts."""


def misplaced(location: Location) -> str | None:
    """Why a location that counts as offline is odd all the same: what lies in its place says that it is another one."""
    found = location.identity()
    if found is not None:
        return f"{location.where()} says in {MARKER} that it is location '{found.name}' of archive {found.archive}"
    try:
        holds_packages = next(location.package_keys(), None) is not None
    except OSError:
        return None
    return f"{location.where()} holds packages and no {MARKER} that can be read" if holds_packages else None


def differing_names(package: PackageRow, reader: BagReader, others: Iterable[BagReader]) -> tuple[list[str], list[str]]:
    """Files that the lists of a package name and its replica lacks, and those that it holds and they do not name.

    The lists are those the log vouches for, in this replica or in ``others``; two empty answers where there are none.
    Raises OSError where the replica cannot be listed.
    """
    promise = read_promise(package, (reader, *others))
    if not promise.complete:
        return [], []
    entries = {entry.path: entry.kind for entry in reader.entries() if entry.kind is not EntryKind.FOLDER}
    files = {path for path, kind in entries.items() if kind is EntryKind.FILE}
    missing = sorted(promise.files.keys() - files)
    spare = sorted(entries.keys() - promise.files.keys())
    return [shown(path) for path in missing], [shown(path) for path in spare]


def strangers(location: Location) -> Iterator[Finding]:
    """Whatever stands at a location and is neither a package nor anything that belongs beside packages."""
    for found in location.inventory():
        if found.standing is Standing.UNFINISHED:
            message = "a command was broken off here; the same command clears it away, or begins anew"
            yield odd(FindingCode.LOCATION_UNFINISHED, f"{location.name}: {shown(os.fsencode(found.key))}", message)
        elif found.standing is Standing.STRANGER or not _belongs_to_log(found.key):
            yield _stranger(location, found.key)


def _belongs_to_log(key: str) -> bool:
    folder, _, name = key.rpartition("/")
    if name.startswith(".") and name.endswith(".tmp"):  # what a kill left of a durable write
        return True
    if folder == f"custody/{OPENINGS}":
        return parse_settled(name) is not None
    if folder == f"custody/{LEAVES}":
        return parse_segment(name) is not None
    if folder == f"custody/{PRIVATE}":
        return parse_private(name) is not None
    if f"{folder}/" == NOTES_PREFIX:
        return name == KEYS or parse_note_name(name) is not None
    if f"{folder}/" == EPOCHS_PREFIX:
        return parse_epoch_name(name) is not None
    return _CUSTODY.fullmatch(key) is not None


def _stranger(location: Location, key: str) -> Finding:
    message = "neither the log nor the program knows what this is; find out who put it there, then take it away"
    return odd(FindingCode.LOCATION_STRANGER, f"{location.name}: {shown(os.fsencode(key))}", message)
