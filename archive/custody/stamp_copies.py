"""Copies of time-stamps at storage locations: the same files below ``custody/timestamps/``, never overwritten.

Only whole ones are copied, in the order in which the log recorded them, and of each the response last. So a location
that has one has all that came before, and the newest one there is looked at each time. ``compare_stamps`` looks at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from archive import durable
from archive.custody.instructions import RESPONSE, REVOCATION
from archive.custody.stamps import Place, is_whole, make_folders, read_files
from archive.custody.store import CUSTODY, SegmentStore
from archive.errors import CustodyError
from profiles.finding import Finding, Severity
from profiles.finding_codes import FindingCode


def copy_stamps(custody: Path, store: SegmentStore, recorded: Sequence[Place]) -> int:
    """Copy what the location does not hold yet of the time-stamps below the log's folder; how many were missing.

    ``recorded`` are all that the log knows, in its order. Raises CustodyError, and overwrites nothing, where the
    location holds another file under the same name.
    """
    missing, held = list[Place](), list[Place]()
    for place in (place for place in reversed(recorded) if is_whole(custody, place)):
        if _key(place, RESPONSE) in _names(store, place):
            held.append(place)
            break
        missing.append(place)
    for place in (*held, *reversed(missing)):
        _copy_one(custody, store, place)
    return len(missing)


def restore_stamps(custody: Path, store: SegmentStore, recorded: Sequence[Place]) -> int:
    """Bring every time-stamp that the log knows and the location holds whole back into the log's folder; how many.

    Nothing about them is checked: that is ``archive.custody.stamp_examination``'s.
    """
    restored = 0
    for place in recorded:
        files = dict(_held(store, place))
        if is_whole(custody, place) or RESPONSE not in files:
            continue
        for name in sorted(files, key=lambda name: (name == RESPONSE, name)):
            make_folders(custody, (custody / place.key / name).parent)
            durable.write_atomic(custody / place.key / name, files[name])
        restored += 1
    return restored


def compare_stamps(custody: Path, store: SegmentStore, recorded: Sequence[Place], *, location: str) -> list[Finding]:
    """Where a location's copies of the time-stamps are not what the archive itself holds, each file named."""
    findings = []
    for place in recorded:
        ours, theirs = read_files(custody / place.key), dict(_held(store, place))
        for name in sorted(ours.keys() | theirs.keys()):
            if ours.get(name) == theirs.get(name):
                continue
            what = "is missing" if name not in theirs else "differs" if name in ours else "is not in the archive itself"
            message = f"{_key(place, name)} at location '{location}' {what}; compare it with a third copy"
            findings.append(Finding(FindingCode.TIMESTAMP_COPY_DIFFERS, Severity.ERROR, location, message, "DESIGN §7"))
    return findings


def _copy_one(custody: Path, store: SegmentStore, place: Place) -> None:
    held = set(_names(store, place))
    files = read_files(custody / place.key)
    for name in sorted(files, key=lambda name: (name == RESPONSE, name)):
        key = _key(place, name)
        if key not in held:
            try:
                store.put(key, files[name])
                continue
            except FileExistsError:  # it was not among the names a moment ago
                pass
        if store.read(key) != files[name]:
            raise CustodyError(
                f"the location's {key} is not the file that the archive itself holds: one of them was altered",
                hint="nothing was overwritten; compare both with the copy at a third location",
            )


def _held(store: SegmentStore, place: Place) -> Iterator[tuple[str, bytes]]:
    for key in _names(store, place):
        yield key.removeprefix(f"{CUSTODY}{place.key}/"), store.read(key)


def _names(store: SegmentStore, place: Place) -> list[str]:
    """Keys of one time-stamp's files; asked for folder by folder, which is all that some stores can answer."""
    folder = CUSTODY + place.key
    return sorted({*store.keys(f"{folder}/"), *store.keys(f"{folder}/{REVOCATION}/")})


def _key(place: Place, name: str) -> str:
    return f"{CUSTODY}{place.key}/{name}"
