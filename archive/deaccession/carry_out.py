"""Carrying out a deletion: what is left is sealed anew and safe, then the tombstone, then the removal.

Each package passes from the old to the new in one append to the log. What is about to be recorded is written down
first, in ``deaccession/<request>/<old package>.sealed``; a run that was killed is finished from there.
"""

from __future__ import annotations

from pathlib import Path

from archive.catalogue.rows import here
from archive.config import STORE
from archive.deaccession.remainder import SEALED, clear, prepare, read_intent, still_named
from archive.deaccession.removal import remove_due
from archive.deaccession.request import Doomed, check, check_request, doomed_by, words
from archive.errors import ArchiveError, StorageError
from archive.holdings.acting import Acting, Performance, Subjects
from archive.holdings.approvals import OPEN, carried_out, docket_now
from archive.holdings.docket import Filed
from archive.holdings.holdings import Holdings
from archive.holdings.replicate import replicate, replication, require_right
from archive.holdings.sealing import own_disk, sealed_of
from archive.model.identifiers import PackageId
from archive.model.packages import replica_key
from archive.model.records import Octets, Record, TombstoneRecord
from archive.packages.sealed import read_promise
from archive.storage.folders import DirectoryReader
from profiles.finding import Finding

FOLDER = "deaccession"
"""Where packages are sealed anew, inside the archive's own folder."""


def carry_out(acting: Acting, filed: Filed) -> list[Finding]:
    """Delete what the request names. The same call goes on after a kill.

    Answers what is still owed: copies of what is left, and removals at locations that are offline. Raises where
    something forbids it by now; packages that were done before that stay done.
    """
    holdings, desk = acting.holdings, acting.home / FOLDER / filed.record.request
    clear_abandoned(holdings, acting.home)
    findings: list[Finding] = []
    remaining = not_done(holdings, filed)
    check(acting, remaining)
    _require_room(acting, doomed_by(holdings, remaining))
    acting.progress.stage("deleting", total=len(remaining))
    for one in doomed_by(holdings, remaining):
        check(acting, [one.subject()])
        findings += _deaccession(acting, filed, one, desk)
        acting.progress.advance()
        if acting.progress.stopping():
            raise ArchiveError("stopped; the deletion is not finished", hint="archive carry-out goes on with it")
    _, due = remove_due(holdings)
    findings += [finding for intent in sorted(desk.glob(f"*{SEALED}")) for finding in still_named(intent)]
    clear(desk)
    holdings.record([carried_out(holdings, filed.record.request)])
    return [*findings, *due]


def not_done(holdings: Holdings, filed: Filed) -> Subjects:
    """The entries of a deletion's list that were not carried out yet, by this request."""
    done = {row.package for row in holdings.catalogue.tombstones() if row.request == filed.record.request}
    return [subject for subject in filed.subjects() if subject.get("package") not in done]


def _require_room(acting: Acting, doomed: list[Doomed]) -> None:
    """What is left must reach as many locations as copies are required before anything is removed."""
    required = acting.config.copies.required
    online = [location.name for location in acting.holdings.online()]
    if not all(one.whole for one in doomed) and len(online) < required:
        raise ArchiveError(
            f"what is left must be stored at {required} locations first, and {len(online)} can be reached",
            hint="bring the others back, then give the same command again; nothing was removed",
        )


def _deaccession(acting: Acting, filed: Filed, one: Doomed, desk: Path) -> list[Finding]:
    if one.whole:
        acting.holdings.record([_tombstone(acting.holdings, filed, one, None)])
        return []
    intent = desk / f"{one.package.id}{SEALED}"
    if not intent.exists():
        prepare(acting, filed, one, intent)
    return _place(acting, filed, one, intent)


def _place(acting: Acting, filed: Filed, one: Doomed, intent: Path) -> list[Finding]:
    """Store what is left wherever that can be done, then record it together with the tombstone of the old package."""
    holdings, store = acting.holdings, acting.holdings.locations[STORE]
    seal, _ = read_intent(intent)
    staged, key = intent.parent / seal.package, replica_key(seal.package)
    if not store.holds(key):
        promise = read_promise(sealed_of(seal), [DirectoryReader(staged)])
        with own_disk(staged):
            store.take_in(staged, key, check=lambda copy: require_right(copy, promise))
    copies, findings = replicate(
        holdings, seal.package, sealed_of(seal), source=store.reader(key), held=frozenset({STORE})
    )
    required = acting.config.copies.required
    if len(copies) + 1 < required:
        raise StorageError(
            f"what is left of package {one.package.id} could be stored at {len(copies) + 1} locations, and {required} "
            "are required; nothing was removed",
            hint=f"{findings[0].message if findings else ''}; mend this, then give the same command again",
        )
    records: list[Record] = [seal, replication(holdings, seal.package, STORE), *copies]
    holdings.record([*records, _tombstone(holdings, filed, one, seal.package)])
    return findings


def _tombstone(holdings: Holdings, filed: Filed, one: Doomed, remainder: PackageId | None) -> TombstoneRecord:
    return TombstoneRecord(
        **holdings.stamp(filed.record.reason),
        request=filed.record.request,
        package=one.package.id,
        remainder=remainder,
        files=tuple(sorted(file.id for file in one.receipts)),
        bytes=Octets(sum(here(file.size) for file in one.gone)),
    )


def clear_abandoned(holdings: Holdings, home: Path) -> None:
    """Throw away what was sealed anew for requests that will not be carried out any more, and was never recorded."""
    if not (home / FOLDER).is_dir():
        return
    docket, now = docket_now(holdings), holdings.stamp.clock()
    for desk in sorted((home / FOLDER).iterdir()):
        filed = docket.requests.get(desk.name)
        if filed is not None and filed.standing(now) in OPEN:
            continue
        for intent in desk.glob(f"*{SEALED}"):
            seal, _ = read_intent(intent)
            if holdings.catalogue.package(seal.package) is None:
                for location in holdings.online():
                    location.remove(replica_key(seal.package), incidents=())
        clear(desk)


DELETION = Performance(check_request, words, carry_out)
